//! The page of one incident.

use super::{
    affected_words, deeds, graph, lasted, of_role, problem, resource_link, severity_badge, timeline, until,
};
use crate::live::topic;
use hob_base::incident::{Hush, Member, Role, TimelineEntry};
use hob_base::wording::duration_words;
use hob_base::{Incident, Level};
use hob_feature::{Ctx, Delivery, Notice};
use hob_web::components::{badge, card, encode_id, health_mark, icon, level_word, resource_path, time};
use maud::{Markup, html};
use std::sync::Arc;

/// More affected resources than this are folded.
const SHOWN_MAX: usize = 20;

/// What the page needs to be drawn.
pub(crate) struct Page<'a> {
    pub(crate) incident: &'a Incident,
    /// Oldest first.
    pub(crate) timeline: &'a [TimelineEntry],
    /// Oldest first.
    pub(crate) notices: &'a [Notice],
    /// What became of them.
    pub(crate) deliveries: &'a [Delivery],
    /// Every open incident.
    pub(crate) open: &'a [Arc<Incident>],
    /// Whether who looks may change things.
    pub(crate) may_write: bool,
    /// Why what somebody wanted could not be done.
    pub(crate) problem: Option<&'a str>,
}

/// The page.
pub(crate) fn incident(page: &Page<'_>, ctx: &Ctx) -> Markup {
    let incident = page.incident;
    html! {
        (head(incident, ctx))
        (problem(page.problem))
        div.incident {
            div.stack { (cause(incident, ctx)) (to_do(incident, ctx)) }
            @if page.may_write { aside aria-label="What you can do here" { (deeds::deeds(page, ctx)) } }
            div.stack {
                (members("What else is affected", &of_role(incident, Role::Affected), "affected", ctx))
                (members("What broke besides", &of_role(incident, Role::Besides), "besides", ctx))
                (graph::graph(incident, ctx))
                (timeline::timeline(incident, page.timeline, ctx))
                (timeline::told(page.notices, page.deliveries, ctx))
            }
        }
    }
}

fn head(incident: &Incident, ctx: &Ctx) -> Markup {
    html! {
        div.page-head data-live-topic=(topic(incident.id)) {
            p.row {
                (severity_badge(incident))
                @if incident.is_open() { (badge("open")) } @else { span.badge.ok { (icon("ok")) "over" } }
                @if incident.flapping.is_some() { (badge("comes and goes")) }
                small { "Incident " (incident.id) }
            }
            h1 { (incident.title) }
            p { (when(incident, ctx)) }
            (standing(incident, ctx))
        }
    }
}

fn when(incident: &Incident, ctx: &Ctx) -> Markup {
    html! {
        @match incident.closed_at {
            None => { "Since " strong { (time(incident.began_at, ctx)) } ", for " strong { (lasted(incident, ctx)) } ". " },
            Some(closed) => { "From " (time(incident.began_at, ctx)) " to " (time(closed, ctx)) ", for " (lasted(incident, ctx)) ". " },
        }
        span.muted { (capital(&affected_words(incident))) "." }
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    first + letters.as_str()
}

/// Who takes care, why nobody is told, and what it became.
fn standing(incident: &Incident, ctx: &Ctx) -> Markup {
    html! {
        @if let Some(into) = incident.merged_into {
            p { "It turned out to be a part of " a href={ "/incidents/" (into) } { "incident " (into) } "." }
        }
        @if incident.is_open() && incident.level_now() == Level::Ok {
            p { (icon("ok")) " Everything is well again; Hob waits a moment to be sure before it calls this over." }
        }
        @if let Some(flapping) = incident.flapping {
            p { "It broke " (flapping.times) " times since " (time(flapping.since, ctx)) "." }
        }
        @if let Some(ack) = &incident.acknowledged {
            p { (icon("person")) " " strong { (ack.by) } " takes care of it since " (time(ack.at, ctx)) ", " (until(ack.until, ctx)) "." }
        }
        @match &incident.hush {
            Some(Hush::Snoozed { by, until }) => p { (icon("silence")) " Nobody is told until " (time(*until, ctx)) ", as " (by) " wished." },
            Some(Hush::Muted { by }) => p { (icon("silence")) " Nobody is told unless it changes, as " (by) " wished." },
            Some(Hush::Silenced { comment, .. }) => p { (icon("silence")) " Nobody is told: a " a href="/silences" { "silence" } " covers it (" (comment) ")." },
            None => {},
        }
    }
}

fn cause(incident: &Incident, ctx: &Ctx) -> Markup {
    let cause = &incident.cause;
    let member = incident.members.iter().find(|member| member.resource == cause.resource);
    let level = member.map_or(incident.severity, |member| member.level);
    // What is well again is shown in the colour of what it was.
    let tone = if level == Level::Ok { member.map_or(incident.severity, |m| m.worst) } else { level };
    let recovered = member.and_then(|member| member.recovered_at);
    html! {
        section.health.(if incident.is_open() { tone } else { Level::Unknown }) aria-label="The cause" {
            h2 { "Why: " (resource_link(&cause.resource, &cause.name, ctx)) }
            p.reason { (health_mark(tone)) " " (cause.reason) }
            @if let Some(at) = recovered.filter(|_| incident.is_open()) { p { (icon("ok")) " It is well again since " (time(at, ctx)) "." } }
            @if !cause.evidence.is_empty() {
                details #cause-evidence { summary { "What that rests on" } pre.evidence { (cause.evidence) } }
            }
        }
    }
}

/// The remedy; where nobody knows one, where to look first.
fn to_do(incident: &Incident, ctx: &Ctx) -> Markup {
    let cause = &incident.cause;
    let known = ctx.resources.get(&cause.resource);
    let has_address = known.as_ref().is_some_and(|resource| resource.text("url").is_some());
    if !incident.is_open() {
        return html! {};
    }
    let id = encode_id(&cause.resource);
    html! {
        section.card {
            h2 { "What to do" }
            @match &cause.remedy {
                Some(remedy) => p.remedy { (icon("remedy")) " " (remedy) },
                None if known.is_some() => p { "Hob knows no remedy for this. Look at what " (cause.name) " itself says and what changed before." },
                None => p { "Hob no longer knows " (cause.name) "; see below what happened last." },
            }
            @if known.is_some() {
                p.row {
                    a.button href=(resource_path(&cause.resource)) { "Look at " (cause.name) }
                    @if has_address { a.button href={ "/open/" (id) } { (icon("link")) "Open it" } }
                }
            }
        }
    }
}

fn members(title: &str, members: &[&Member], id: &str, ctx: &Ctx) -> Markup {
    if members.is_empty() {
        return html! {};
    }
    // Who is still out comes before who is well again.
    let (out, well): (Vec<&Member>, Vec<&Member>) =
        members.iter().partition(|member| member.level != Level::Ok);
    let sorted: Vec<&Member> = out.into_iter().chain(well).collect();
    let (shown, folded) = sorted.split_at(sorted.len().min(SHOWN_MAX));
    let title = format!("{title} ({})", members.len());
    card(
        &title,
        &html! {
            ul.members { @for member in shown { (row(member, ctx)) } }
            @if !folded.is_empty() {
                details #{ (id) "-more" } {
                    summary { "And " (folded.len()) " more" }
                    ul.members { @for member in folded { (row(member, ctx)) } }
                }
            }
        },
    )
}

fn row(member: &Member, ctx: &Ctx) -> Markup {
    let gone = member.level == Level::Ok;
    html! {
        li.gone[gone] {
            (health_mark(member.level))
            div {
                @if gone { s { (resource_link(&member.resource, &member.name, ctx)) } }
                @else { (resource_link(&member.resource, &member.name, ctx)) }
                @if gone { " is well again" @if let Some(at) = member.recovered_at { " since " (time(at, ctx)) ", after " (duration_words(at.since(member.since))) } }
                @else { small { " " (level_word(member.level)) " since " (time(member.since, ctx)) } p { (member.reason) } }
            }
        }
    }
}
