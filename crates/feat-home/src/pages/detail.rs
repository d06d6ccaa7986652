//! The page of one resource: what it is, how well it is and why, who says so, what it needs, and what happened.

use crate::model::{Settings, link_target};
use hob_base::units::Percent;
use hob_base::uptime::Span;
use hob_base::wording::duration_words;
use hob_base::{Resource, ResourceId, Transition};
use hob_feature::{Card, Ctx};
use hob_web::components::{
    badge, card, encode_id, facts, health_block, health_mark, icon, level_word, resource_path, strip, table,
    time,
};
use maud::{Markup, html};
use std::sync::Arc;

/// What the page needs to be drawn.
pub(crate) struct Detail<'a> {
    pub(crate) resource: &'a Resource,
    pub(crate) settings: &'a Settings,
    /// Newest first.
    pub(crate) transitions: &'a [Transition],
    /// What it needs; unknown ids have no resource.
    pub(crate) needs: &'a [(ResourceId, Option<Arc<Resource>>)],
    /// What needs it.
    pub(crate) needed_by: &'a [Arc<Resource>],
    /// From features.
    pub(crate) cards: &'a [Card],
    /// The last ninety days.
    pub(crate) days: &'a [Span],
    /// Whether who looks may change things.
    pub(crate) may_write: bool,
}

pub(crate) fn detail(view: &Detail<'_>, ctx: &Ctx) -> Markup {
    let resource = view.resource;
    let name = view.settings.name_of(resource);
    let id = encode_id(&resource.id);
    html! {
        div.page-head data-live-topic=(resource.id) {
            h1 { (name) }
            p.row {
                span.muted { (resource.id) }
                span.muted { (level_word(resource.health.level)) " since " (time(resource.since, ctx)) }
            }
            div.row {
                @if link_target(resource, None).is_some() { a.button.primary href={ "/open/" (id) } { (icon("link")) "Open" } }
                @if view.may_write {
                    a.button href={ "/tiles/" (id) } data-dialog { (icon("edit")) "Edit tile" }
                    form method="post" action={ "/forget/" (id) } { button type="submit" { "Forget" } }
                }
            }
        }
        (health_block(&resource.health))
        (uptime(view, ctx))
        @for extra in view.cards { (card(&extra.title, &extra.body)) }
        @if !resource.facts.is_empty() { (card("What is known", &facts(&resource.facts))) }
        @if resource.words.len() > 1 { (words(resource, ctx)) }
        @if !view.needs.is_empty() { (card("Needs", &html! { ul.links { @for (id, found) in view.needs { (need(id, found.as_deref(), view.settings)) } } })) }
        @if !view.needed_by.is_empty() {
            (card("Needed by", &html! { ul.links { @for other in view.needed_by { (need(&other.id, Some(other), view.settings)) } } }))
        }
        (card("What happened", &timeline(view.transitions, ctx)))
    }
}

fn uptime(view: &Detail<'_>, ctx: &Ctx) -> Markup {
    let history = ctx.resources.history(&view.resource.id);
    let gaps = ctx.resources.gaps();
    let last = |days: usize| {
        let from = view.days.get(view.days.len().saturating_sub(days))?.from;
        let span = Span { from, to: ctx.clock.now() };
        history.totals(&gaps, span).uptime_percent()
    };
    let figures: Vec<(usize, Option<f64>)> =
        [1, 7, 30, 90].into_iter().map(|days| (days, last(days))).collect();
    let label = figures
        .last()
        .and_then(|(_, p)| *p)
        .map_or_else(|| "no history yet".to_owned(), |p| format!("{} up in 90 days", Percent(p)));
    card(
        "Up-time",
        &html! {
            (strip(&history.days(&gaps, view.days), &label))
            p.row {
                @for (days, percent) in &figures {
                    span { strong { @if let Some(p) = percent { (Percent(*p)) } @else { "–" } } " " small { @if *days == 1 { "today" } @else { (days) " days" } } }
                }
            }
        },
    )
}

fn words(resource: &Resource, ctx: &Ctx) -> Markup {
    let rows = resource.words.iter().map(|(source, word)| {
        let said = word.health.as_ref();
        html! {
            tr {
                th scope="row" { (source) @if word.expired { " " (badge("silent")) } }
                td { @if let Some(health) = said { (health_mark(health.level)) " " (health.reason) } @else { "Knows it, does not judge it." } }
                td { (time(word.heard_at, ctx)) }
            }
        }
    });
    card("Who says what", &table("What each source says", &["Source", "Says", "Heard"], rows))
}

fn need(id: &ResourceId, found: Option<&Resource>, settings: &Settings) -> Markup {
    html! {
        li {
            @match found {
                Some(resource) => a href=(resource_path(id)) { (health_mark(resource.health.level)) span { (settings.name_of(resource)) } small { (resource.health.reason) } },
                None => span.muted { (id) " (not known to Hob)" },
            }
        }
    }
}

fn timeline(transitions: &[Transition], ctx: &Ctx) -> Markup {
    html! {
        @if transitions.is_empty() { p.muted { "Nothing yet: its health has not changed since it was found." } }
        ol.timeline {
            @for (i, transition) in transitions.iter().enumerate() {
                @let until = if i == 0 { ctx.clock.now() } else { transitions[i - 1].at };
                li {
                    (health_mark(transition.to))
                    p { (transition.reason) }
                    small {
                        (time(transition.at, ctx)) " · " (duration_words(until.since(transition.at)))
                        @if let Some(from) = transition.from { " · before: " (level_word(from)) }
                    }
                }
            }
        }
    }
}
