//! What was drawn of pages for everybody, kept until something that they show changes: thousands of visitors cost as much
//! as one. At most one drawing of a page is under way at a time, and none asks the database.

use crate::feeds::{self, Show};
use crate::memory::{Known, known};
use crate::model::figures::merged;
use crate::model::maintenance::covered;
use crate::model::page::Page;
use crate::model::public::{Looked, Planned, PublicPage, TOLD_FOR, entries_of, opaque, public_page};
use crate::pages;
use axum::http::HeaderValue;
use bytes::Bytes;
use hob_base::silence::Matcher;
use hob_base::uptime::{Span, days, totals};
use hob_base::{Level, Resource, ResourceId, Result, Silence, Timestamp};
use hob_feature::Ctx;
use hob_feature::resources::STRIP_DAYS;
use hob_web::{Packed, etag, pack};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Times and shares drift with time alone; they are drawn anew this often.
const REDRAW_MS: i64 = 60_000;
/// The most documents of one page that are kept with the address that a visitor named. Visitors may name any: beyond this
/// they are drawn when asked for.
const ADDRESSED_MAX: usize = 48;
/// Smaller than this is not worth packing, in bytes.
const WORTH_BYTES: usize = 860;

/// The cache. One per hub.
#[derive(Default)]
pub(crate) struct Board(Mutex<HashMap<String, Arc<Mutex<Slot>>>>);

/// What is kept of one page.
#[derive(Default)]
struct Slot {
    drawn: Option<Drawn>,
}

struct Drawn {
    key: Key,
    /// The version of the resources at which what is shown was last looked at.
    resources: u64,
    seen: Vec<Option<Seen>>,
    view: Arc<PublicPage>,
    documents: HashMap<(Document, Packed), Sent>,
}

/// On what a drawn page depends apart from its resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    known: u64,
    silences: u64,
    /// Which minute it is.
    period: i64,
}

/// What a page shows of a resource: other changes of it do not matter.
#[derive(Debug, Clone, PartialEq)]
struct Seen {
    level: Level,
    judged: bool,
    since: Timestamp,
    reason: Option<String>,
}

/// A form of a page.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Document {
    /// The page itself.
    Page,
    /// The Atom feed, with this address of the hub in it.
    Atom(String),
    /// The RSS feed.
    Rss(String),
    /// The summary.
    Summary(String),
    /// The badge of the whole, or of one entry by position from 0.
    Badge(Option<usize>, Show),
}

impl Document {
    /// Whether it holds an address that may have come from the visitor.
    const fn is_addressed(&self) -> bool {
        matches!(self, Self::Atom(_) | Self::Rss(_) | Self::Summary(_))
    }
}

/// A document that is ready to be sent.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) bytes: Bytes,
    pub(crate) etag: HeaderValue,
    /// The word for `Content-Encoding`.
    pub(crate) coding: Option<&'static str>,
}

/// A document of the page at `slug`. `None` where there is none.
///
/// # Errors
/// When the pages were never read and the database does not answer.
pub(crate) async fn document(ctx: &Ctx, slug: &str, what: Document, how: Packed) -> Result<Option<Sent>> {
    let known = known(ctx).await?;
    let Some(page) = known.by_slug(slug) else { return Ok(None) };
    let slot = slot(ctx, &known, page);
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    let drawn = slot.current(ctx, &known, page);
    if let Some(sent) = drawn.documents.get(&(what.clone(), how)) {
        return Ok(Some(sent.clone()));
    }
    let addressed = drawn.documents.keys().filter(|(document, _)| document.is_addressed()).count();
    if what.is_addressed() && addressed >= ADDRESSED_MAX {
        // Nobody has to wait for what is not kept.
        let view = drawn.view.clone();
        drop(slot);
        return Ok(draw(ctx, page, &view, &what).map(|text| packed(&text, how)));
    }
    let Some(text) = draw(ctx, page, &drawn.view, &what) else { return Ok(None) };
    let sent = packed(&text, how);
    drawn.documents.insert((what, how), sent.clone());
    Ok(Some(sent))
}

fn packed(text: &str, how: Packed) -> Sent {
    let how = if text.len() < WORTH_BYTES { Packed::Plain } else { how };
    Sent { bytes: pack(how, text.as_bytes()), etag: etag(text.as_bytes()), coding: how.coding() }
}

/// The place of a page in the cache. Those of deleted pages are given up.
fn slot(ctx: &Ctx, known: &Known, page: &Page) -> Arc<Mutex<Slot>> {
    let board = ctx.memory.of::<Board>();
    let mut slots = board.0.lock().unwrap_or_else(PoisonError::into_inner);
    if slots.len() > known.pages.len() {
        slots.retain(|id, _| known.by_id(id).is_some());
    }
    slots.entry(page.id.clone()).or_default().clone()
}

impl Slot {
    /// The page as it is now, drawn anew where something of it has changed.
    fn current(&mut self, ctx: &Ctx, known: &Known, page: &Page) -> &mut Drawn {
        let key = Key {
            known: known.version,
            silences: *ctx.silences.subscribe().borrow(),
            period: ctx.clock.now().millis().div_euclid(REDRAW_MS),
        };
        let resources = ctx.resources.version();
        let kept = self.drawn.take().filter(|drawn| drawn.key == key);
        let kept = kept.and_then(|mut drawn| {
            if drawn.resources != resources {
                if drawn.seen != seen(ctx, page) {
                    return None;
                }
                drawn.resources = resources;
            }
            Some(drawn)
        });
        self.drawn.insert(kept.unwrap_or_else(|| Drawn {
            key,
            resources,
            seen: seen(ctx, page),
            view: Arc::new(view(ctx, known, page)),
            documents: HashMap::new(),
        }))
    }
}

fn seen(ctx: &Ctx, page: &Page) -> Vec<Option<Seen>> {
    let look = |resource: Arc<Resource>| Seen {
        level: resource.health.level,
        judged: resource.judged,
        since: resource.since,
        reason: page.shows_reasons.then(|| resource.health.reason.clone()),
    };
    page.entries.iter().map(|entry| ctx.resources.get(&entry.resource).map(look)).collect()
}

fn draw(ctx: &Ctx, page: &Page, view: &PublicPage, what: &Document) -> Option<String> {
    let url = |base: &str| format!("{base}{}", page.path());
    Some(match what {
        Document::Page => pages::public(view, &page.path(), ctx).into_string(),
        Document::Atom(base) => feeds::atom(view, &url(base)),
        Document::Rss(base) => feeds::rss(view, &url(base)),
        // No tag, whoever takes it for a page.
        Document::Summary(base) => {
            feeds::summary(view, &url(base), &ctx.zone).to_string().replace('<', "\\u003c")
        }
        Document::Badge(entry, show) => feeds::badge(view, *entry, *show)?,
    })
}

/// Puts together what everybody may see now.
fn view(ctx: &Ctx, known: &Known, page: &Page) -> PublicPage {
    let now = ctx.clock.now();
    let (days, gaps) = (days(now, &ctx.zone, STRIP_DAYS), ctx.resources.gaps());
    let (under_way, planned) = maintenance(ctx, page, now);
    let month = Span { from: now.minus(Duration::from_secs(30 * 86_400)), to: now };
    let season = Span { from: days.first().map_or(now, |day| day.from), to: now };
    let look = |id: &ResourceId| {
        let history = ctx.resources.history(id);
        let blind = merged(&[&gaps, known.maintenance_of(id)]);
        let share = |span: Span| totals(history.changes(), &blind, span).uptime_percent();
        Looked {
            resource: ctx.resources.get(id),
            maintenance: under_way.contains(id),
            days: history.days(&gaps, &days),
            uptime: (share(month), share(season)),
        }
    };
    let looked = page.entries.iter().map(|entry| look(&entry.resource)).collect();
    public_page(page, looked, &known.incidents, planned, now)
}

/// What is under planned work now, and the work that is under way or begins soon. Recurring windows are told while they are
/// under way.
fn maintenance(ctx: &Ctx, page: &Page, now: Timestamp) -> (HashSet<ResourceId>, Vec<Planned>) {
    let active = ctx.silences.active(now);
    let soon = now.plus(TOLD_FOR);
    let ahead =
        ctx.silences.list().into_iter().filter(|silence| {
            silence.recurs.is_none() && silence.starts_at > now && silence.starts_at < soon
        });
    let work: Vec<(bool, Arc<Silence>)> = active
        .into_iter()
        .map(|silence| (true, silence))
        .chain(ahead.map(|silence| (false, silence)))
        .filter(|(_, silence)| silence.maintenance)
        .collect();
    if work.is_empty() {
        return (HashSet::new(), Vec::new());
    }
    let lists: Vec<&[Matcher]> = work.iter().map(|(_, silence)| silence.matchers.as_slice()).collect();
    let mut under_way = HashSet::new();
    let mut planned = Vec::new();
    for (ids, (active, silence)) in covered(&ctx.resources.list(), &lists).into_iter().zip(&work) {
        let (entries, names) = entries_of(page, |id| ids.contains(id));
        if !names.is_empty() {
            // Of a window that recurs only its silence's bounds are known here, which say nothing of tonight.
            let recurs = silence.recurs.is_some();
            planned.push(Planned {
                key: opaque(&page.id, &silence.id),
                entries,
                names,
                from: if recurs { now } else { silence.starts_at },
                to: silence.ends_at.filter(|_| !recurs),
            });
        }
        if *active {
            under_way.extend(ids);
        }
    }
    planned.sort_by_key(|work| work.from);
    (under_way, planned)
}
