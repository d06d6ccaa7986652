//! What was drawn, kept until something changes: a home page with hundreds of tiles is put together from pieces.

use crate::model::{House, Tile, house, with_incidents};
use crate::pages::{self, Uptime};
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

/// The cache. One per hub.
#[derive(Default)]
pub(crate) struct Board {
    tiles: Mutex<TileCache>,
    page: Mutex<Option<(Key, Arc<Drawn>)>>,
    packed: Mutex<HashMap<(FrameCache, Packed), (Key, PackedPage)>>,
}

#[derive(Default)]
struct TileCache {
    period: i64,
    drawn: HashMap<ResourceId, (Arc<Resource>, String, Option<String>, String)>,
}

/// What a drawn page depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    resources: u64,
    settings: u64,
    incidents: u64,
    /// Which ten minutes it is.
    period: i64,
}

/// A drawn home page without its frame.
pub(crate) struct Drawn {
    pub(crate) house: House,
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
/// When the settings of tiles cannot be read.
pub(crate) async fn home_page(frame: &Frame, how: Packed) -> Result<PackedPage> {
    let (key, drawn) = draw(&frame.ctx).await?;
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

/// The house and the drawn page as they are now.
async fn draw(ctx: &Ctx) -> Result<(Key, Arc<Drawn>)> {
    let settings = tiles::settings(ctx).await?;
    let days = strip_days(ctx);
    let period = ctx.clock.now().millis() / REDRAW_MS;
    let reader = ctx.incidents();
    let incidents = reader.map_or(0, |reader| *(reader.changes)(ctx).borrow());
    let key = Key { resources: ctx.resources.version(), settings: settings.version, incidents, period };
    let board = ctx.memory.of::<Board>();
    let mut page = board.page.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((drawn_for, drawn)) = &*page
        && *drawn_for == key
    {
        return Ok((key, drawn.clone()));
    }
    // Taken before the resources are read: what happens meanwhile is sent to the page once more.
    let live = live(ctx).position();
    let open: Arc<Vec<Arc<Incident>>> = reader.map_or_else(Arc::default, |reader| (reader.open)(ctx));
    let house = with_incidents(house(&ctx.resources.list(), &settings), &open);
    let gaps = ctx.resources.gaps();
    let uptime = Uptime { days: &days, gaps: &gaps };
    let mut cache = board.tiles.lock().unwrap_or_else(PoisonError::into_inner);
    cache.begin(period, &house);
    let body = pages::home(&house, ctx, |tile| cache.draw(tile, ctx, &uptime));
    drop(cache);
    let drawn = Arc::new(Drawn { house, body, live });
    *page = Some((key, drawn.clone()));
    Ok((key, drawn))
}

/// The house as the page shows it.
///
/// # Errors
/// When the settings of tiles cannot be read.
pub(crate) async fn current_house(ctx: &Ctx) -> Result<Arc<Drawn>> {
    Ok(draw(ctx).await?.1)
}

/// One tile as the page shows it.
pub(crate) fn draw_tile(ctx: &Ctx, tile: &Tile) -> String {
    let days = strip_days(ctx);
    let gaps = ctx.resources.gaps();
    let board = ctx.memory.of::<Board>();
    let mut cache = board.tiles.lock().unwrap_or_else(PoisonError::into_inner);
    cache.draw(tile, ctx, &Uptime { days: &days, gaps: &gaps })
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

impl TileCache {
    /// Forgets what has become old or belongs to tiles that are gone.
    fn begin(&mut self, period: i64, house: &House) {
        let tiles: usize = house.groups.iter().map(|group| group.tiles.len()).sum();
        if self.period != period || self.drawn.len() > tiles * 2 + 64 {
            self.period = period;
            self.drawn.clear();
        }
    }

    fn draw(&mut self, tile: &Tile, ctx: &Ctx, uptime: &Uptime<'_>) -> String {
        if let Some((resource, name, icon, drawn)) = self.drawn.get(&tile.resource.id)
            && Arc::ptr_eq(resource, &tile.resource)
            && *name == tile.name
            && *icon == tile.icon
        {
            return drawn.clone();
        }
        let drawn = pages::tile(tile, ctx, uptime).into_string();
        let entry = (tile.resource.clone(), tile.name.clone(), tile.icon.clone(), drawn.clone());
        self.drawn.insert(tile.resource.id.clone(), entry);
        drawn
    }
}
