//! What was drawn, kept until something changes: a home page with hundreds of tiles is put together from pieces.
//!
//! The house is the same for everybody, and so is each tile; how they are arranged is each person's own. So one house is
//! kept, each tile once for each way of drawing it, and one page for each layout.

use crate::cards::{self, Shown};
use crate::layouts::{self, Mine};
use crate::links;
use crate::model::links::Links;
use crate::model::{House, Tile, house, with_incidents};
use crate::pages::{self, Look, Uptime, View};
use crate::tiles;
use axum::http::HeaderValue;
use bytes::Bytes;
use hob_base::uptime::{Span, days};
use hob_base::{Incident, Resource, ResourceId, Result};
use hob_feature::Ctx;
use hob_feature::resources::STRIP_DAYS;
use hob_web::{Frame, FrameCache, Packed, etag, live, pack};
use maud::Markup;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Shares of up-time drift with time alone; they are drawn anew this often.
const REDRAW_MS: i64 = 600_000;
/// How many different frames (users, packings) are kept.
const FRAMES_MAX: usize = 32;
/// How many different layouts are kept drawn.
const PAGES_MAX: usize = 16;

/// The cache. One per hub.
#[derive(Default)]
pub(crate) struct Board {
    tiles: Mutex<TileCache>,
    house: Mutex<Option<(Key, Arc<House>)>>,
    pages: Mutex<HashMap<usize, (PageKey, Arc<Drawn>)>>,
    packed: Mutex<HashMap<(FrameCache, Packed), (PageKey, PackedPage)>>,
}

/// What a house depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    resources: u64,
    settings: u64,
    incidents: u64,
    /// Which ten minutes it is.
    period: i64,
}

/// What a page depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PageKey {
    house: Key,
    cards: u64,
    links: u64,
    layout: (usize, u64),
}

/// A home page without its frame.
struct Drawn {
    body: Markup,
    /// The position of the live stream that it contains.
    live: String,
}

/// A page that is ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct PackedPage {
    pub(crate) bytes: Bytes,
    pub(crate) etag: HeaderValue,
}

/// The home page of who asks, packed for the browser.
///
/// # Errors
/// When settings, layouts or links cannot be read.
pub(crate) async fn home_page(frame: &Frame, how: Packed) -> Result<PackedPage> {
    let (key, drawn) = draw(frame).await?;
    let board = frame.ctx.memory.of::<Board>();
    let cache_key = (frame.cache_key(), how);
    let mut packed = board.packed.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, page)) = packed.get(&cache_key).filter(|(drawn_for, _)| *drawn_for == key) {
        return Ok(page.clone());
    }
    drop(packed);
    let page = frame.markup_at("Home", &drawn.body, &drawn.live).into_string();
    let page = PackedPage { bytes: pack(how, page.as_bytes()), etag: etag(page.as_bytes()) };
    packed = board.packed.lock().unwrap_or_else(PoisonError::into_inner);
    if packed.len() >= FRAMES_MAX {
        packed.clear();
    }
    packed.insert(cache_key, (key, page.clone()));
    Ok(page)
}

/// The home page narrowed down to what matches some words, for who has no script to do it.
///
/// # Errors
/// When settings, layouts or links cannot be read.
pub(crate) async fn filtered(frame: &Frame, words: &str) -> Result<Markup> {
    let ctx = &frame.ctx;
    let (_, house) = current(ctx).await?;
    let house = house.narrowed(words);
    let (links, mine) = (links::known(ctx).await?, layouts::of(ctx, frame.who.as_ref()).await?);
    Ok(body(ctx, &house, &mine, &links, &[], words))
}

async fn draw(frame: &Frame) -> Result<(PageKey, Arc<Drawn>)> {
    let ctx = &frame.ctx;
    // Taken before anything is read: what happens meanwhile is sent to the page once more.
    let live = live(ctx).position();
    let cards = ctx.home().version();
    let (house_key, house) = current(ctx).await?;
    let (links, mine) = (links::known(ctx).await?, layouts::of(ctx, frame.who.as_ref()).await?);
    let layout = (mine.number, mine.version);
    let key = PageKey { house: house_key, cards, links: links.version, layout };
    let board = ctx.memory.of::<Board>();
    let mut pages = board.pages.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, drawn)) = pages.get(&mine.number).filter(|(drawn_for, _)| *drawn_for == key) {
        return Ok((key, drawn.clone()));
    }
    let body = body(ctx, &house, &mine, &links, &cards::all(ctx), "");
    let drawn = Arc::new(Drawn { body, live });
    if pages.len() >= PAGES_MAX {
        pages.clear();
    }
    pages.insert(mine.number, (key, drawn.clone()));
    Ok((key, drawn))
}

fn body(ctx: &Ctx, house: &House, mine: &Mine, links: &Links, cards: &[Shown], words: &str) -> Markup {
    let look = Look { compact: mine.layout.view.is_compact(house.tiles()), new_tab: mine.layout.new_tab };
    let days = strip_days(ctx);
    let gaps = ctx.resources.gaps();
    let uptime = Uptime { days: &days, gaps: &gaps };
    let board = ctx.memory.of::<Board>();
    let mut cache = board.tiles.lock().unwrap_or_else(PoisonError::into_inner);
    cache.begin(ctx.clock.now().millis() / REDRAW_MS, house);
    let view = View { house, mine, links, cards, look, words };
    pages::home(&view, ctx, |tile| cache.draw(tile, look, ctx, &uptime))
}

/// The house as it is now, without anybody's wishes.
async fn current(ctx: &Ctx) -> Result<(Key, Arc<House>)> {
    let settings = tiles::settings(ctx).await?;
    let period = ctx.clock.now().millis() / REDRAW_MS;
    let reader = ctx.incidents();
    let incidents = reader.map_or(0, |reader| *(reader.changes)(ctx).borrow());
    let key = Key { resources: ctx.resources.version(), settings: settings.version, incidents, period };
    let board = ctx.memory.of::<Board>();
    let mut kept = board.house.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, house)) = kept.as_ref().filter(|(made_for, _)| *made_for == key) {
        return Ok((key, house.clone()));
    }
    let open: Arc<Vec<Arc<Incident>>> = reader.map_or_else(Arc::default, |reader| (reader.open)(ctx));
    let house = Arc::new(with_incidents(house(&ctx.resources.list(), &settings), &open));
    *kept = Some((key, house.clone()));
    Ok((key, house))
}

/// The house as it is now.
///
/// # Errors
/// When the settings of tiles cannot be read.
pub(crate) async fn current_house(ctx: &Ctx) -> Result<Arc<House>> {
    Ok(current(ctx).await?.1)
}

/// One tile as any page can show it: what a page does not want of it, its stylesheet hides.
pub(crate) fn draw_tile(ctx: &Ctx, tile: &Tile) -> String {
    let days = strip_days(ctx);
    let gaps = ctx.resources.gaps();
    let board = ctx.memory.of::<Board>();
    let mut cache = board.tiles.lock().unwrap_or_else(PoisonError::into_inner);
    cache.draw(tile, Look::default(), ctx, &Uptime { days: &days, gaps: &gaps })
}

/// The days that strips show, made anew when the day changes.
fn strip_days(ctx: &Ctx) -> Arc<Vec<Span>> {
    #[derive(Default)]
    struct Days(Mutex<Arc<Vec<Span>>>);
    let now = ctx.clock.now();
    let kept = ctx.memory.of::<Days>();
    let mut kept = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
    let fresh = kept.last().is_some_and(|day| now >= day.from && now.since(day.from).as_secs() < 22 * 3600);
    if !fresh {
        *kept = Arc::new(days(now, &ctx.zone, STRIP_DAYS));
    }
    // The last day reaches to now; history beyond it does not exist yet, so its end may lie ahead.
    let mut all = (**kept).clone();
    if let Some(today) = all.last_mut() {
        today.to = now.max(today.from);
    }
    Arc::new(all)
}

#[derive(Default)]
struct TileCache {
    period: i64,
    drawn: HashMap<ResourceId, (Tile, HashMap<Look, String>)>,
}

impl TileCache {
    /// Forgets what has become old or belongs to tiles that are gone.
    fn begin(&mut self, period: i64, house: &House) {
        if self.period != period || self.drawn.len() > house.tiles() * 2 + 64 {
            self.period = period;
            self.drawn.clear();
        }
    }

    fn draw(&mut self, tile: &Tile, look: Look, ctx: &Ctx, uptime: &Uptime<'_>) -> String {
        let known = self.drawn.get_mut(&tile.resource.id).filter(|(drawn_for, _)| same(drawn_for, tile));
        if let Some(drawn) = known.as_ref().and_then(|(_, looks)| looks.get(&look)) {
            return drawn.clone();
        }
        let drawn = pages::tile(tile, look, ctx, uptime).into_string();
        match known {
            Some((_, looks)) => {
                looks.insert(look, drawn.clone());
            }
            None => {
                let looks = HashMap::from([(look, drawn.clone())]);
                self.drawn.insert(tile.resource.id.clone(), (tile.clone(), looks));
            }
        }
        drawn
    }
}

/// Whether two tiles look the same: a resource that changed is another one in memory.
fn same(a: &Tile, b: &Tile) -> bool {
    let is = |a: &Arc<Resource>, b: &Arc<Resource>| Arc::ptr_eq(a, b);
    is(&a.resource, &b.resource)
        && a.also.len() == b.also.len()
        && a.also.iter().zip(&b.also).all(|(a, b)| is(a, b))
        && (&a.name, &a.icon, &a.tags) == (&b.name, &b.icon, &b.tags)
}
