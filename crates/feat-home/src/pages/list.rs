//! The list of all resources.

use crate::model::Settings;
use hob_base::wording::counted;
use hob_base::{Level, Resource};
use hob_feature::Ctx;
use hob_web::components::{empty, health_mark, level_word, resource_path, table, time};
use maud::{Markup, html};
use std::sync::Arc;

/// What the list is narrowed down to.
pub(crate) struct Filter<'a> {
    pub(crate) kind: Option<&'a str>,
    pub(crate) health: Option<&'a str>,
    pub(crate) text: &'a str,
}

pub(crate) fn list(
    shown: &[Arc<Resource>],
    kinds: &[String],
    filter: &Filter<'_>,
    settings: &Settings,
    ctx: &Ctx,
) -> Markup {
    html! {
        div.page-head data-live-topic="home" {
            h1 { "Resources" }
            p.muted { "Everything that Hob knows of: " (counted(shown.len(), "resource")) @if shown.len() > ROWS_MAX { ", the first " (ROWS_MAX) " are shown" } "." }
        }
        form.row method="get" action="/resources" role="search" {
            div.field { label.sr for="q" { "Containing" } input #q name="q" type="search" value=(filter.text) placeholder="Name, reason, fact …"; }
            div.field { label.sr for="kind" { "Kind" } select #kind name="kind" {
                option value="" { "All kinds" }
                @for kind in kinds { option value=(kind) selected[filter.kind == Some(kind)] { (kind) } }
            } }
            div.field { label.sr for="health" { "Health" } select #health name="health" {
                option value="" { "Any health" }
                option value="bad" selected[filter.health == Some("bad")] { "not well" }
                @for level in Level::ALL { option value=(level) selected[filter.health == Some(level.as_str())] { (level_word(level)) } }
            } }
            button type="submit" { "Show" }
        }
        @if shown.is_empty() { (empty("Nothing matches.", "Try fewer words, or another kind or health.", &html! { a.button href="/resources" { "Show all" } })) }
        @else { (table("Resources", &["Name", "Kind", "Reason", "Since"], shown.iter().take(ROWS_MAX).map(|r| row(r, settings, ctx)))) }
    }
}

/// A browser lays out this many rows without delay.
const ROWS_MAX: usize = 500;

fn row(resource: &Resource, settings: &Settings, ctx: &Ctx) -> Markup {
    html! {
        tr {
            th scope="row" { (health_mark(resource.health.level)) " " a href=(resource_path(&resource.id)) { (settings.name_of(resource)) } }
            td { (resource.id.kind()) br; small { (resource.id.scope()) } }
            td { (resource.health.reason) }
            td.number { (time(resource.since, ctx)) }
        }
    }
}
