//! The page for everybody, in a frame of its own: no navigation, no script, and nothing of the house.

use crate::model::page::Announcement;
use crate::model::public::{Planned, PublicEntry, PublicIncident, PublicPage, State};
use hob_base::units::Percent;
use hob_base::wording::{duration_words, listed};
use hob_base::{Level, Timestamp};
use hob_feature::Ctx;
use hob_web::asset;
use hob_web::components::{icon, strip, time};
use maud::{DOCTYPE, Markup, html};

/// The whole document. `path` is where it is.
pub(crate) fn public(view: &PublicPage, path: &str, ctx: &Ctx) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover";
                // Meant for who was told the address.
                meta name="robots" content="noindex";
                meta name="color-scheme" content="light dark";
                meta name="description" content={ (view.sentence.words) "." };
                title { (view.title) }
                link rel="stylesheet" href=(asset("style.css"));
                link rel="icon" type="image/svg+xml" href=(asset("favicon.svg"));
                link rel="alternate" type="application/atom+xml" title=(view.title) href={ (path) "/feed.atom" };
                link rel="alternate" type="application/rss+xml" title=(view.title) href={ (path) "/feed.rss" };
            }
            body {
                a.skip href="#main" { "Skip to the content" }
                main.public #main tabindex="-1" { (body(view, path, ctx)) }
            }
        }
    }
}

/// The content of the page.
pub(crate) fn body(view: &PublicPage, path: &str, ctx: &Ctx) -> Markup {
    let active: Vec<&Announcement> =
        view.announcements.iter().filter(|said| said.is_active(view.at)).collect();
    html! {
        header.page-head {
            h1 { (view.title) }
            (lines(&view.intro))
        }
        p.verdict.(tone(view)) role="status" {
            (icon(tone(view).as_str()))
            span { (view.sentence.words) @if let Some(since) = view.sentence.since { " since " (time(since, ctx)) } "." }
        }
        @for said in active { (announcement(said, ctx)) }
        (planned(view, ctx))
        (entries(view, ctx))
        (happened(view, ctx))
        footer.muted {
            small {
                "As of " (time(view.at, ctx)) " (" (zone_name(ctx, view.at)) "). "
                a href={ (path) "/feed.atom" } { "Atom feed" } " · " a href={ (path) "/feed.rss" } { "RSS feed" } " · " a href={ (path) "/summary.json" } { "JSON" }
            }
        }
    }
}

/// The colour of the sentence. Where nothing is shown there is nothing to be glad about.
fn tone(view: &PublicPage) -> Level {
    if view.entries.is_empty() { Level::Unknown } else { view.state.level() }
}

fn zone_name(ctx: &Ctx, at: Timestamp) -> String {
    ctx.zone.iana_name().map_or_else(|| at.zoned(&ctx.zone).strftime("UTC%:z").to_string(), str::to_owned)
}

/// Plain text, line by line.
fn lines(text: &str) -> Markup {
    html! {
        @for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            p { @for (i, line) in paragraph.lines().enumerate() { @if i > 0 { br; } (line) } }
        }
    }
}

fn announcement(said: &Announcement, ctx: &Ctx) -> Markup {
    html! {
        section.said {
            h2 { (said.title) }
            (lines(&said.text))
            small { @if said.planned { "Planned work, " } (from_to(said.from, said.to, ctx)) }
        }
    }
}

fn from_to(from: Timestamp, to: Option<Timestamp>, ctx: &Ctx) -> Markup {
    html! { "from " (time(from, ctx)) @if let Some(to) = to { " to " (time(to, ctx)) } }
}

fn planned(view: &PublicPage, ctx: &Ctx) -> Markup {
    let ahead: Vec<&Announcement> = view.announcements.iter().filter(|said| said.from > view.at).collect();
    let work = |work: &Planned| {
        let goes_on = work.from <= view.at;
        html! {
            li {
                span.mark { (icon("remedy")) }
                p { "Planned work on " (listed(&work.names)) @if goes_on { " goes on" } }
                small { (from_to(work.from, work.to, ctx)) }
            }
        }
    };
    html! {
        @if !ahead.is_empty() || !view.planned.is_empty() {
            section.card {
                h2 { "Planned" }
                ol.timeline {
                    @for one in &view.planned { (work(one)) }
                    @for said in ahead {
                        li {
                            span.mark { (icon(if said.planned { "remedy" } else { "hob" })) }
                            div { p { strong { (said.title) } } (lines(&said.text)) }
                            small { (from_to(said.from, said.to, ctx)) }
                        }
                    }
                }
            }
        }
    }
}

fn entries(view: &PublicPage, ctx: &Ctx) -> Markup {
    let mut groups: Vec<(&str, Vec<&PublicEntry>)> = Vec::new();
    for entry in &view.entries {
        match groups.iter_mut().find(|(title, _)| *title == entry.group) {
            Some((_, entries)) => entries.push(entry),
            None => groups.push((&entry.group, vec![entry])),
        }
    }
    html! {
        @for (title, entries) in groups {
            section.card aria-label=[title.is_empty().then_some("Services")] {
                @if !title.is_empty() { h2 { (title) } }
                ul.entries { @for one in entries { (entry(one, view, ctx)) } }
            }
        }
    }
}

fn entry(entry: &PublicEntry, view: &PublicPage, ctx: &Ctx) -> Markup {
    let share = entry.uptime.1.map(|percent| Percent(percent).to_string());
    let label = share.as_deref().map_or_else(
        || format!("{}: nothing known of the last 90 days", entry.name),
        |share| format!("{}: {share} up in the last 90 days", entry.name),
    );
    let trouble = !matches!(entry.state, State::Works);
    html! {
        li {
            div.entry {
                h3 { (entry.name) }
                span.badge.(entry.state.level()) {
                    @if entry.state == State::Maintenance { (icon("remedy")) } @else { (icon(entry.state.level().as_str())) }
                    (entry.state.words())
                }
            }
            @if trouble {
                @if let Some(since) = entry.since {
                    small { "since " (time(since, ctx)) ", for " (duration_words(view.at.since(since))) }
                }
                @if let Some(reason) = &entry.reason { p { (reason) } }
            }
            (strip(&entry.days, &label))
            p.below { span { "90 days ago" } span { (share.as_deref().unwrap_or("nothing known")) } span { "today" } }
        }
    }
}

/// Incidents and what was said, newest first.
fn happened(view: &PublicPage, ctx: &Ctx) -> Markup {
    let over = view.announcements.iter().filter(|said| said.is_over(view.at));
    let mut all: Vec<(Timestamp, Markup)> = view
        .incidents
        .iter()
        .map(|incident| (incident.began, one_incident(incident, view.at, ctx)))
        .chain(over.map(|said| (said.from, past_announcement(said, ctx))))
        .collect();
    all.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    html! {
        section.card {
            h2 { "The last 14 days" }
            @if all.is_empty() { p.muted { "Nothing happened." } }
            @else { ol.timeline { @for (_, item) in &all { (item) } } }
        }
    }
}

fn one_incident(incident: &PublicIncident, now: Timestamp, ctx: &Ctx) -> Markup {
    let level = if incident.ended.is_some() { Level::Ok } else { incident.state.level() };
    let lasted = incident.ended.unwrap_or(now).since(incident.began);
    html! {
        li {
            span.mark.(level) { (icon(level.as_str())) span.sr { @if incident.ended.is_some() { "over" } @else { "goes on" } } }
            div {
                p { strong { (incident.title) } }
                @for (name, reason) in &incident.reasons { p { (name) ": " (reason) } }
            }
            small {
                (time(incident.began, ctx))
                @if let Some(ended) = incident.ended { " to " (time(ended, ctx)) ", " (duration_words(lasted)) } @else { ", for " (duration_words(lasted)) }
            }
        }
    }
}

fn past_announcement(said: &Announcement, ctx: &Ctx) -> Markup {
    html! {
        li {
            span.mark { (icon(if said.planned { "remedy" } else { "hob" })) }
            div { p { strong { (said.title) } } (lines(&said.text)) }
            small { (from_to(said.from, said.to, ctx)) }
        }
    }
}
