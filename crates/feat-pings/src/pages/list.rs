//! All jobs on one page: what is down first.

use super::{copyable, level_of};
use crate::book::{Book, Job};
use crate::model::judge::{judge, page_of, run_words, status_word};
use crate::model::runs::usual;
use crate::model::state::Status;
use hob_base::wording::counted;
use hob_base::{Level, Timestamp};
use hob_feature::Ctx;
use hob_web::components::{badge, empty, icon, time};
use jiff::tz::TimeZone;
use maud::{Markup, html};
use std::collections::BTreeSet;

/// The most jobs on one page.
const ROWS_MAX: usize = 500;
/// The most tags that are offered.
const TAGS_MAX: usize = 30;

/// One line.
#[derive(Debug, Clone)]
struct Row {
    handle: String,
    title: String,
    status: Status,
    running: bool,
    warns: bool,
    tags: Vec<String>,
    schedule: String,
    last: Option<Timestamp>,
    next: Option<Timestamp>,
    /// Why, where it is not well.
    reason: Option<String>,
    usual_ms: Option<u32>,
}

/// What the page shows.
#[derive(Debug)]
pub(crate) struct ListView {
    rows: Vec<Row>,
    /// How many there are that are meant, shown or not.
    meant: usize,
    /// How many there are at all.
    all: usize,
    down: usize,
    tags: BTreeSet<String>,
    q: String,
    tag: String,
}

/// The jobs that are meant, in the order in which they need somebody.
pub(crate) fn list_view(book: &Book, now: Timestamp, q: &str, tag: &str) -> ListView {
    let (q, tag) = (q.trim().to_lowercase(), tag.trim().to_owned());
    let meant = |job: &&Job| {
        let Job { definition, .. } = job;
        let found =
            [definition.title(), &definition.slug].iter().any(|text| text.to_lowercase().contains(&q));
        found && (tag.is_empty() || definition.tags.contains(&tag))
    };
    let mut jobs: Vec<&Job> = book.jobs().filter(meant).collect();
    jobs.sort_by_cached_key(|job| {
        let running = job.state.open.is_empty();
        (
            job.state.status(now),
            job.state.unusual.is_none(),
            running,
            job.definition.title().to_lowercase(),
            job.id,
        )
    });
    ListView {
        meant: jobs.len(),
        all: book.len(),
        down: book.jobs().filter(|job| job.state.status(now) == Status::Down).count(),
        tags: book.jobs().flat_map(|job| job.definition.tags.iter().cloned()).take(10_000).collect(),
        rows: jobs.into_iter().take(ROWS_MAX).map(|job| row_of(job, now, book.zone())).collect(),
        q,
        tag,
    }
}

fn row_of(job: &Job, now: Timestamp, zone: &TimeZone) -> Row {
    let Job { definition, state, handle, .. } = job;
    let status = state.status(now);
    Row {
        handle: handle.to_string(),
        title: definition.title().to_owned(),
        status,
        running: !state.open.is_empty(),
        warns: state.unusual.is_some(),
        tags: definition.tags.clone(),
        schedule: definition.schedule.to_string(),
        last: state.last_heard,
        next: state.due.filter(|_| matches!(status, Status::Up | Status::Late)),
        reason: judge(definition, state, now, zone)
            .filter(|health| health.level > Level::Unknown || status == Status::Late)
            .map(|health| health.reason),
        usual_ms: usual(&state.runs),
    }
}

/// The page. Who may not write is given no key.
pub(crate) fn list(ctx: &Ctx, view: &ListView, key: Option<&str>, site: &str) -> Markup {
    html! {
        div.page-head {
            h1 { "Scheduled jobs" }
            @if view.all > 0 { p.muted { (summary(view)) } }
        }
        @if view.all == 0 {
            (nothing(key, site))
        } @else {
            (narrowing(view))
            @if view.rows.is_empty() {
                (empty("No job is meant by this.", "", &html! { a.button href="/scheduled" { "Show all" } }))
            } @else {
                (rows(ctx, view))
            }
            @if view.meant > view.rows.len() {
                p.muted { "And " (view.meant - view.rows.len()) " more. Search for a name to find them." }
            }
            @if let Some(key) = key { (the_key(key, site)) }
        }
    }
}

fn summary(view: &ListView) -> String {
    match view.down {
        0 => format!("{}, none of them down.", counted(view.all, "job")),
        down => format!("{}, {down} of them down.", counted(view.all, "job")),
    }
}

fn narrowing(view: &ListView) -> Markup {
    html! {
        form.row method="get" action="/scheduled" role="search" {
            @if !view.tag.is_empty() { input type="hidden" name="tag" value=(view.tag); }
            label.sr for="q" { "Search for a name" }
            input #q name="q" type="search" value=(view.q) placeholder="Search for a name" autocomplete="off";
            button type="submit" { "Search" }
            a.button.primary href="/scheduled/new" { "New job" }
        }
        @if !view.tags.is_empty() {
            p.row {
                @for tag in view.tags.iter().take(TAGS_MAX) {
                    a.badge href={ "/scheduled?tag=" (encoded(tag)) } aria-current=[(*tag == view.tag).then_some("true")] { (tag) }
                }
                @if !view.tag.is_empty() { a.badge href="/scheduled" { "all tags" } }
            }
        }
    }
}

fn encoded(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

fn rows(ctx: &Ctx, view: &ListView) -> Markup {
    html! {
        section.card {
            h2.sr { "All of them" }
            ul.timeline { @for row in &view.rows { (one_row(ctx, row)) } }
        }
    }
}

fn one_row(ctx: &Ctx, row: &Row) -> Markup {
    let level = level_of(row.status, row.warns);
    let word = if row.warns && row.status == Status::Up { "unusual" } else { status_word(row.status) };
    html! {
        li {
            span.mark.(level) { (icon(level.as_str())) }
            p.row {
                strong { a href=(page_of(&row.handle)) { (row.title) } }
                span.badge.(level) { (word) }
                @if row.running { (badge("running")) }
                @for tag in &row.tags { (badge(tag)) }
            }
            div {
                @if let Some(reason) = &row.reason { p { (reason) } }
                small {
                    (row.schedule)
                    @if let Some(at) = row.last { " · last heard " (time(at, ctx)) } @else { " · never heard" }
                    @if let Some(at) = row.next { " · next expected " (time(at, ctx)) }
                    @if let Some(ms) = row.usual_ms { " · usually takes " (run_words(ms)) }
                }
            }
        }
    }
}

fn nothing(key: Option<&str>, site: &str) -> Markup {
    let text = "A job that runs by cron or a timer pings an address of Hob each time it is done. When the ping does \
                not come in time, or says that the job failed, Hob tells you.";
    let Some(key) = key else {
        return empty("No scheduled jobs yet.", text, &html! {});
    };
    let line = format!("curl -fsS -m 10 --retry 5 '{site}/ping/{key}/my-job?create=1'");
    html! {
        (empty("No scheduled jobs yet.", text, &html! { a.button.primary href="/scheduled/new" { "New job" } }))
        section.card {
            h2 { "Or let the first ping make the job" }
            (copyable("first-ping", "A command that makes a job", &line))
            p.muted { "Put it at the end of a script. The job is called “my-job” and is expected every day, until you change that here." }
        }
    }
}

fn the_key(key: &str, site: &str) -> Markup {
    html! {
        section.card {
            h2 { "The ping key" }
            p { "With it any job can be pinged by its slug, and “?create=1” makes one that is not there yet. Who knows it can do that too." }
            (copyable("ping-key", "The address of all jobs", &format!("{site}/ping/{key}/")))
            p { a.button.small href="/scheduled/key" data-dialog { (icon("key")) " Make another key" } }
        }
    }
}
