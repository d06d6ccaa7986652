//! What pages are drawn from, kept in memory: a visitor never makes the database work.

use crate::config::{self, Settings};
use crate::model::maintenance::{Window, spans_by_resource};
use crate::model::page::Page;
use crate::model::public::TOLD_FOR;
use crate::store;
use hob_base::uptime::Span;
use hob_base::{Incident, ResourceId, Result, Timestamp};
use hob_feature::resources::STRIP_DAYS;
use hob_feature::{Ctx, IncidentQuery};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Duration;

/// The most incidents that pages are drawn from.
const INCIDENTS_MAX: u32 = 500;
/// How long announcements that are over are shown to their owner.
pub(crate) const SAID_FOR: Duration = Duration::from_secs(400 * 86_400);
/// How far back maintenance is kept in mind.
pub(crate) const STRIP: Duration = Duration::from_secs((STRIP_DAYS as u64 + 1) * 86_400);

/// The memory of this feature.
#[derive(Default)]
pub(crate) struct Remembered {
    settings: OnceLock<Arc<Settings>>,
    known: RwLock<Option<Arc<Known>>>,
    /// One at a time reads the database, so that an older answer never replaces a newer one.
    reading: tokio::sync::Mutex<u64>,
    /// The maintenance under way at the last look, and when that was.
    pub(crate) open: Mutex<(Option<Timestamp>, Vec<Window>)>,
}

/// What was read from the database.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// Grows with every reading.
    pub(crate) version: u64,
    /// All pages by title.
    pub(crate) pages: Vec<Arc<Page>>,
    /// What people want of resources, in per cent.
    pub(crate) objectives: HashMap<ResourceId, f64>,
    /// The incidents of the last days.
    pub(crate) incidents: Vec<Arc<Incident>>,
    /// When there was maintenance in the last ninety days.
    pub(crate) maintenance: HashMap<ResourceId, Vec<Span>>,
}

impl Known {
    /// The page at an address.
    pub(crate) fn by_slug(&self, slug: &str) -> Option<&Arc<Page>> {
        self.pages.iter().find(|page| page.slug == slug)
    }

    /// The page with this id.
    pub(crate) fn by_id(&self, id: &str) -> Option<&Arc<Page>> {
        self.pages.iter().find(|page| page.id == id)
    }

    /// When there was maintenance of a resource.
    pub(crate) fn maintenance_of(&self, id: &ResourceId) -> &[Span] {
        self.maintenance.get(id).map_or(&[], Vec::as_slice)
    }
}

/// The memory of this feature.
pub(crate) fn remembered(ctx: &Ctx) -> Arc<Remembered> {
    ctx.memory.of()
}

/// What memory has, without asking the database.
pub(crate) fn at_hand(ctx: &Ctx) -> Option<Arc<Known>> {
    remembered(ctx).known.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// The settings of the file.
pub(crate) fn settings(ctx: &Ctx) -> Arc<Settings> {
    remembered(ctx).settings.get_or_init(|| Arc::new(config::read(&ctx.config))).clone()
}

/// What memory has; read when the first one asks.
///
/// # Errors
/// When the database does not answer the first time.
pub(crate) async fn known(ctx: &Ctx) -> Result<Arc<Known>> {
    if let Some(known) = at_hand(ctx) {
        return Ok(known);
    }
    read(ctx, true).await
}

/// Reads everything anew.
///
/// # Errors
/// When the database does not answer; memory keeps what it had.
pub(crate) async fn reload(ctx: &Ctx) -> Result<Arc<Known>> {
    read(ctx, false).await
}

async fn read(ctx: &Ctx, unless_there: bool) -> Result<Arc<Known>> {
    let memory = remembered(ctx);
    let mut version = memory.reading.lock().await;
    if let Some(known) = at_hand(ctx).filter(|_| unless_there) {
        return Ok(known);
    }
    let now = ctx.clock.now();
    let pages = store::list_pages(&ctx.db, now.minus(SAID_FOR)).await?;
    let objectives = store::list_objectives(&ctx.db).await?;
    let incidents = match ctx.incidents() {
        // Without pages nobody is told of them.
        Some(reader) if !pages.is_empty() => {
            let query = IncidentQuery {
                from: Some(now.minus(TOLD_FOR)),
                limit: INCIDENTS_MAX,
                ..IncidentQuery::default()
            };
            (reader.list)(ctx.clone(), query).await?
        }
        _ => Vec::new(),
    };
    let windows = store::list_windows(&ctx.db, Span { from: now.minus(STRIP), to: now }).await?;
    let maintenance =
        if windows.is_empty() { HashMap::new() } else { spans_by_resource(&ctx.resources.list(), &windows) };
    *version += 1;
    let pages = pages.into_iter().map(Arc::new).collect();
    let known = Arc::new(Known { version: *version, pages, objectives, incidents, maintenance });
    *memory.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known.clone());
    Ok(known)
}

/// A random id in the form of a UUID (RFC 9562, version 4).
///
/// # Errors
/// When the system has no randomness.
pub(crate) fn new_id() -> Result<String> {
    use ring::rand::{SecureRandom, SystemRandom};
    let mut bytes = [0_u8; 16];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| hob_base::Error::internal("Asking the system for random bytes", "it gave none"))?;
    let number = u128::from_be_bytes(bytes);
    Ok(crate::model::public::uuid((number >> 64) as u64, number as u64, 4))
}
