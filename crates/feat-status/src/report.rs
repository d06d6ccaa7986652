//! Gathers what reports are made of: from memory for the last ninety days, from the database for what is older.

use crate::memory::{Known, known, settings};
use crate::model::figures::{Figures, figures};
use crate::model::maintenance::spans_by_resource;
use crate::model::month::Month;
use crate::model::objective::{Budget, Objective, Origin, burn};
use crate::store;
use hob_base::uptime::{Change, Span};
use hob_base::{Level, Resource, ResourceId, Result};
use hob_feature::Ctx;
use hob_feature::resources::STRIP_DAYS;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

/// Of how many months the page of one resource tells.
const MONTHS: usize = 12;

/// What a report is narrowed down to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// One kind; empty for all.
    pub(crate) kind: String,
    /// Words that must be in the name or id.
    pub(crate) text: String,
    /// Whether Hob's own resources are shown too.
    pub(crate) own: bool,
}

impl Filter {
    /// Whether a resource is wanted.
    pub(crate) fn takes(&self, resource: &Resource) -> bool {
        let named = || format!("{} {}", resource.name, resource.id).to_lowercase();
        (self.own || resource.id.scope() != "hob")
            && (self.kind.is_empty() || resource.id.kind() == self.kind)
            && (self.text.trim().is_empty() || {
                let name = named();
                self.text.split_whitespace().take(8).all(|word| name.contains(&word.to_lowercase()))
            })
    }
}

/// One line of a report.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// Which resource.
    pub(crate) id: ResourceId,
    /// What people call it.
    pub(crate) name: String,
    /// How it is now.
    pub(crate) level: Level,
    /// What is known of the month.
    pub(crate) figures: Figures,
    /// What is wanted.
    pub(crate) objective: Objective,
    /// Who said so.
    pub(crate) origin: Origin,
    /// How much down-time is allowed, used and left.
    pub(crate) budget: Budget,
    /// How fast it is used.
    pub(crate) burn: Option<f64>,
}

impl Row {
    /// Whether what was wanted was kept, as far as anything is known.
    pub(crate) fn is_kept(&self) -> Option<bool> {
        self.figures.uptime_percent().map(|_| self.budget.left_ms() >= 0)
    }
}

/// A report of one month.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Report {
    /// Which month.
    pub(crate) month: Month,
    /// Services first, then by kind and name.
    pub(crate) rows: Vec<Row>,
    /// How long the hub was off in it.
    pub(crate) off: Duration,
    /// Whether all changes of it are in the figures.
    pub(crate) complete: bool,
}

/// The changes of a stretch of time, wherever they come from.
struct Source {
    recorded: Option<hob_feature::resources::Recorded>,
    gaps: Arc<Vec<Span>>,
}

impl Source {
    async fn of(ctx: &Ctx, span: Span) -> Result<Self> {
        let now = ctx.clock.now();
        let reach = Duration::from_secs(STRIP_DAYS as u64 * 86_400);
        if span.from >= now.minus(reach) {
            return Ok(Self { recorded: None, gaps: ctx.resources.gaps() });
        }
        let mut recorded = ctx.resources.recorded(None, span, now).await?;
        let gaps = Arc::new(std::mem::take(&mut recorded.gaps));
        Ok(Self { recorded: Some(recorded), gaps })
    }

    fn with<T>(&self, ctx: &Ctx, id: &ResourceId, read: impl FnOnce(&[Change]) -> T) -> T {
        match &self.recorded {
            Some(recorded) => read(recorded.changes.get(id).map_or(&[], Vec::as_slice)),
            None => read(ctx.resources.history(id).changes()),
        }
    }
}

/// The report of a month.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn month_report(ctx: &Ctx, month: Month, filter: &Filter) -> Result<Report> {
    let whole = month.span(&ctx.zone);
    let source = Source::of(ctx, whole).await?;
    let windows = store::list_windows(&ctx.db, whole).await?;
    let all = ctx.resources.list();
    let maintenance = if windows.is_empty() { HashMap::new() } else { spans_by_resource(&all, &windows) };
    let known = known(ctx).await?;
    let mut rows: Vec<Row> = all
        .iter()
        .filter(|resource| resource.judged && filter.takes(resource))
        .map(|resource| {
            let work = maintenance.get(&resource.id).map_or(&[][..], Vec::as_slice);
            source.with(ctx, &resource.id, |changes| {
                row(ctx, &known, resource, &Lately { changes, gaps: &source.gaps, work }, whole)
            })
        })
        .collect();
    rows.sort_by_cached_key(|row| {
        (row.id.kind() != "service", row.id.kind().to_owned(), row.name.to_lowercase(), row.id.clone())
    });
    let now = ctx.clock.now();
    let watched = Span { from: whole.from, to: whole.to.min(now).max(whole.from) };
    let off = source.gaps.iter().map(|gap| gap.to.min(watched.to).since(gap.from.max(watched.from))).sum();
    let complete = source.recorded.is_none_or(|recorded| recorded.complete);
    Ok(Report { month, rows, off, complete })
}

/// What happened to one resource.
struct Lately<'a> {
    changes: &'a [Change],
    gaps: &'a [Span],
    work: &'a [Span],
}

fn row(ctx: &Ctx, known: &Known, resource: &Resource, lately: &Lately<'_>, month: Span) -> Row {
    let now = ctx.clock.now();
    let past = Span { from: month.from, to: month.to.min(now) };
    let figures = figures(lately.changes, lately.gaps, lately.work, past);
    let (objective, origin) = settings(ctx).objective_of(&resource.id, &known.objectives);
    Row {
        id: resource.id.clone(),
        name: resource.name.clone(),
        level: resource.health.level,
        figures,
        objective,
        origin,
        budget: Budget::new(objective, &figures, month.to.since(now.max(month.from))),
        burn: burn(objective, &figures),
    }
}

/// One month of one resource.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MonthOf {
    /// Which month.
    pub(crate) month: Month,
    /// The line of the report.
    pub(crate) row: Row,
    /// Its days.
    pub(crate) days: Vec<Option<Level>>,
}

/// The last twelve months of one resource, the newest first, and whether all changes are in them.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn year_of(ctx: &Ctx, resource: &Resource) -> Result<(Vec<MonthOf>, bool)> {
    let now = ctx.clock.now();
    let newest = Month::of(now, &ctx.zone);
    let months: Vec<Month> =
        std::iter::successors(Some(newest), |month| Some(month.before())).take(MONTHS).collect();
    let oldest = months.last().copied().unwrap_or(newest);
    let span = Span { from: oldest.span(&ctx.zone).from, to: now };
    let recorded = ctx.resources.recorded(Some(&resource.id), span, now).await?;
    let windows = store::list_windows(&ctx.db, span).await?;
    let maintenance =
        if windows.is_empty() { HashMap::new() } else { spans_by_resource(&ctx.resources.list(), &windows) };
    let work = maintenance.get(&resource.id).map_or(&[][..], Vec::as_slice);
    let history = ctx.resources.history(&resource.id);
    // What was never written as a transition since is still in memory.
    let changes = recorded.changes.get(&resource.id).map_or_else(|| history.changes(), Vec::as_slice);
    let lately = Lately { changes, gaps: &recorded.gaps, work };
    let known = known(ctx).await?;
    let told = months.into_iter().map(|month| MonthOf {
        month,
        row: row(ctx, &known, resource, &lately, month.span(&ctx.zone)),
        days: levels(&lately, &month.days(&ctx.zone), now),
    });
    Ok((told.collect(), recorded.complete))
}

/// What each day is coloured like. Days ahead have no colour.
fn levels(lately: &Lately<'_>, days: &[Span], now: hob_base::Timestamp) -> Vec<Option<Level>> {
    days.iter()
        .map(|day| {
            let past = Span { from: day.from, to: day.to.min(now).max(day.from) };
            hob_base::uptime::totals(lately.changes, lately.gaps, past).shown()
        })
        .collect()
}

/// The line of this month of one resource: from memory only.
pub(crate) fn this_month(ctx: &Ctx, known: &Known, resource: &Resource) -> Row {
    let month = Month::of(ctx.clock.now(), &ctx.zone).span(&ctx.zone);
    let (history, gaps) = (ctx.resources.history(&resource.id), ctx.resources.gaps());
    let work = known.maintenance_of(&resource.id);
    row(ctx, known, resource, &Lately { changes: history.changes(), gaps: &gaps, work }, month)
}
