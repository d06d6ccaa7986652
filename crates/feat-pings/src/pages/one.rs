//! One job: how it is, when it is expected, what it reported, and how to let it report.

use super::snippets;
use crate::book::{Job, Logged};
use crate::model::address::Action;
use crate::model::definition::{Definition, Origin};
use crate::model::judge::{judge, page_of, resource_of, run_words, shown};
use crate::model::runs::{Run, usual};
use crate::model::state::{Phase, Status};
use crate::store::Shown;
use hob_base::units::Bytes;
use hob_base::wording::{counted, duration_words};
use hob_base::{Health, Level, Timestamp};
use hob_feature::Ctx;
use hob_web::components::{
    badge, card, chart_frame, empty, health_block, icon, resource_path, sparkline, time,
};
use maud::{Markup, html};

/// How many of the next times are shown.
const NEXT: usize = 5;

/// What the page shows.
pub(crate) struct OneView<'a> {
    /// The job.
    pub(crate) job: &'a Job,
    /// Its last pings, newest first.
    pub(crate) pings: &'a [Shown],
    /// Where Hob is reached.
    pub(crate) site: &'a str,
    /// The ping key.
    pub(crate) key: &'a str,
    /// Who may only read sees no address.
    pub(crate) may_write: bool,
}

/// The page.
pub(crate) fn one(ctx: &Ctx, view: &OneView<'_>) -> Markup {
    let Job { definition, state, .. } = view.job;
    let now = ctx.clock.now();
    let health = judge(definition, state, now, &ctx.zone).unwrap_or_else(|| {
        Health::unknown("Nothing was heard of it yet. It is expected from its first ping on.")
    });
    html! {
        div.page-head {
            h1 { (definition.title()) }
            p.row {
                @for tag in &definition.tags { (badge(tag)) }
                @if definition.origin == Origin::File { (badge("from hob.toml")) }
                @for open in &state.open { (badge(&format!("running for {}", duration_words(now.since(open.since))))) }
            }
            @if !definition.about.is_empty() { p.muted { (definition.about) } }
        }
        (health_block(&health))
        @if view.may_write { (actions(view.job)) }
        div.cards {
            (card("When it is expected", &expected(ctx, view.job, now)))
            (card("How long it takes", &run_times(view.job)))
        }
        @if view.may_write {
            (card("How it reports", &snippets::addresses(view)))
        }
        (card("What it reported", &timeline(ctx, view)))
        p { a href=(resource_path(&resource_of(&view.job.handle))) { "Its history as a resource" } }
    }
}

fn actions(job: &Job) -> Markup {
    let page = page_of(&job.handle);
    let own = job.definition.origin != Origin::File;
    let paused = job.state.phase == Phase::Paused;
    html! {
        div.actions {
            @if paused {
                form method="post" action={ (page) "/resume" } { button.primary type="submit" { "Resume" } }
            } @else {
                form method="post" action={ (page) "/pause" } { button type="submit" { "Pause" } }
            }
            @if own {
                a.button href={ (page) "/edit" } { (icon("edit")) " Change" }
                a.button href={ (page) "/delete" } data-dialog { "Delete" }
            } @else {
                span.muted { "It is set in hob.toml and can only be changed there." }
            }
        }
    }
}

fn expected(ctx: &Ctx, job: &Job, now: Timestamp) -> Markup {
    let Job { definition, state, .. } = job;
    let zone = definition.zone(&ctx.zone);
    let status = state.status(now);
    let due = state.due.filter(|_| matches!(status, Status::Up | Status::Late));
    html! {
        dl.facts {
            div { dt { "Schedule" } dd { code { (definition.schedule) } } }
            div { dt { "Grace" } dd { (definition.grace) } }
            @if let Some(due) = due { div { dt { "Next expected" } dd { (time(due, ctx)) } } }
            @if let Some(at) = state.last_success { div { dt { "Last success" } dd { (time(at, ctx)) } } }
        }
        @let next = next_times(definition, due, now, ctx);
        @if !next.is_empty() {
            div {
                p.muted { @if due.is_some() { "After that" } @else { "Its next times" } ", by the clock of " (zone.iana_name().unwrap_or("this machine")) ":" }
                ul { @for at in next { li { (at) } } }
            }
        }
    }
}

/// The next times of its schedule. Of a period there are none before it is heard of.
fn next_times(job: &Definition, due: Option<Timestamp>, now: Timestamp, ctx: &Ctx) -> Vec<String> {
    let zone = job.zone(&ctx.zone);
    let from = due.unwrap_or(now).max(now);
    if matches!(job.schedule, recurrence::Schedule::Period { .. }) {
        return Vec::new();
    }
    std::iter::successors(job.next_after(from, &ctx.zone), |at| job.next_after(*at, &ctx.zone))
        .take(NEXT)
        .map(|at| at.zoned(&zone).strftime("%A, %-d %b %Y, %H:%M").to_string())
        .collect()
}

fn run_times(job: &Job) -> Markup {
    let runs = &job.state.runs;
    let Some(Run { ms: last, .. }) = runs.back().copied() else {
        return html! {
            p.muted { "Nothing is known of it. Ping “/start” when it begins, and Hob measures how long it takes." }
        };
    };
    let seconds: Vec<f32> = runs.iter().map(|run| run.ms as f32 / 1000.0).collect();
    let max = seconds.iter().copied().fold(0.0_f32, f32::max);
    let usually = usual(runs).map_or_else(
        || "After five runs Hob knows what is usual.".to_owned(),
        |ms| format!("usually {}", run_words(ms)),
    );
    let label =
        format!("The last {}, the longest {}", counted(runs.len(), "run"), run_words((max * 1000.0) as u32));
    html! {
        (chart_frame("Last run", &run_words(last), &usually, &sparkline(&seconds, 0.0, f64::from(max) * 1.1, &[], &label)))
        p.muted { (label) "." }
    }
}

fn timeline(ctx: &Ctx, view: &OneView<'_>) -> Markup {
    if view.pings.is_empty() {
        let text = "The newest hundred pings will be here, with what they said.";
        return empty("Nothing yet.", text, &html! {});
    }
    html! {
        @let ignored = view.pings.iter().any(|shown| shown.ping.head.action == Some(Action::Ignored));
        @if ignored {
            p.muted { "A ping is not counted when the job stays paused, when only POST counts, or when none of the words is in its body." }
        }
        ol.timeline { @for shown in view.pings { (one_ping(ctx, view, shown)) } }
    }
}

fn one_ping(ctx: &Ctx, view: &OneView<'_>, shown_ping: &Shown) -> Markup {
    let ping = &shown_ping.ping;
    let (level, word) = told(ping);
    html! {
        li {
            span.mark.(level) { (icon(level.as_str())) }
            p { strong { (word) } " " (time(ping.at, ctx)) @if let Some(ms) = ping.head.took_ms { " · took " (run_words(ms)) } }
            div {
                small { "#" (ping.n) " · " (ping.head.method) " from " (ping.head.address) @if !ping.head.agent.is_empty() { " · " (ping.head.agent) } @if let Some(run) = ping.head.run { " · run " (run) } }
                @if let Some(body) = &ping.body { (said(view, shown_ping, body)) }
                @else if ping.size > 0 { p.muted { "What it said is no longer kept." } }
            }
        }
    }
}

fn said(view: &OneView<'_>, shown_ping: &Shown, body: &[u8]) -> Markup {
    let Shown { ping, kept } = shown_ping;
    let cut = *kept > body.len() as u64;
    html! {
        details id={ "ping-" (ping.n) } {
            summary { "What it said (" (Bytes(*kept)) @if ping.size > *kept { ", and more that is not kept" } ")" }
            pre.evidence { (shown(body)) }
            @if cut { p { a href={ (page_of(&view.job.handle)) "/pings/" (ping.n) } { "All of it" } } }
        }
    }
}

fn told(ping: &Logged) -> (Level, String) {
    let exit = ping.head.exit;
    match ping.head.action {
        Some(Action::Success) | None => (Level::Ok, "Success".to_owned()),
        Some(Action::Fail) => (
            Level::Critical,
            exit.map_or_else(|| "Failure".to_owned(), |exit| format!("Failure, exit status {exit}")),
        ),
        Some(Action::Start) => (Level::Unknown, "Start".to_owned()),
        Some(Action::Log) => (Level::Unknown, "Log".to_owned()),
        Some(Action::Ignored) => (Level::Unknown, "Not counted".to_owned()),
    }
}
