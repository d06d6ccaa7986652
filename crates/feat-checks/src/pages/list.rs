//! The list of all checks.

use crate::form::KINDS;
use crate::form::duration_text;
use crate::overview::{Filter, Origin, Row};
use hob_base::Level;
use hob_base::wording::{counted, tidy};
use hob_feature::Ctx;
use hob_web::components::{badge, empty, encode_id, health_mark, icon, notice, resource_path, table};
use maud::{Markup, html};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// How many are on one page.
pub(crate) const PAGE: usize = 200;

/// What the list shows.
pub(crate) struct List<'a> {
    /// All that the filter takes.
    pub(crate) rows: &'a [Row],
    /// What is wanted.
    pub(crate) filter: &'a Filter,
    /// Which page, from 0.
    pub(crate) page: usize,
    /// Whether who looks may change checks.
    pub(crate) may_write: bool,
    /// What was done.
    pub(crate) said: Option<&'a str>,
}

impl List<'_> {
    fn is_filtered(&self) -> bool {
        *self.filter != Filter::default()
    }

    /// The address of this list, for who comes back to it.
    fn address(&self, page: usize) -> String {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let Filter { text, kind, health } = self.filter;
        let mut parts = Vec::new();
        for (name, value) in [("q", text), ("kind", kind), ("health", health)] {
            if !value.is_empty() {
                parts.push(format!("{name}={}", encode(value)));
            }
        }
        if page > 0 {
            parts.push(format!("page={page}"));
        }
        if parts.is_empty() { "/checks".to_owned() } else { format!("/checks?{}", parts.join("&")) }
    }
}

/// The page.
pub(crate) fn list(list: &List<'_>, ctx: &Ctx) -> Markup {
    let begin = list.page * PAGE;
    let shown = list.rows.get(begin..).unwrap_or_default();
    let shown = &shown[..shown.len().min(PAGE)];
    let make = html! {
        @if list.may_write {
            a.button.primary href="/checks/new" { "New check" }
            a.button href="/checks/import" { "Import …" }
        }
    };
    html! {
        div.page-head {
            h1 { "Checks" }
            p.muted { "What Hob probes: what it found by itself, what stands in hob.toml, and what was made here." }
            div.row { (make) }
        }
        @if let Some(said) = list.said { (notice(Level::Ok, said)) }
        (filter(list.filter))
        @if list.rows.is_empty() && list.is_filtered() {
            (empty("No check is like that.", "Choose other words, or look at all of them.", &html! { a.button href="/checks" { "All checks" } }))
        } @else if list.rows.is_empty() {
            (empty("Nothing is checked yet.", "What listens on this machine is found within seconds. What is elsewhere is told here: a page, a port, a certificate, a database.", &make))
        } @else {
            p.muted { (counted(list.rows.len(), "check")) @if list.rows.len() > PAGE { ", " (begin + 1) " to " (begin + shown.len()) } "." }
            div.checks { (table("Checks", &["Name and last result", "Kind", "Where", "Every", "Took", ""], shown.iter().map(|one| row(one, list, ctx)))) }
            (pager(list))
        }
    }
}

fn filter(filter: &Filter) -> Markup {
    let states = [
        ("", "in any state"),
        ("critical", "critical"),
        ("warning", "with a warning"),
        ("unknown", "unknown"),
        ("ok", "well"),
        ("paused", "paused"),
    ];
    html! {
        form.row method="get" action="/checks" role="search" {
            div.field { label.sr for="q" { "Words" } input #q name="q" type="search" value=(filter.text) placeholder="Name, address or result …" autocomplete="off"; }
            div.field {
                label.sr for="kind" { "Kind" }
                select #kind name="kind" {
                    option value="" { "of any kind" }
                    @for kind in &KINDS { option value=(kind.word) selected[filter.kind == kind.word] { (kind.title) } }
                }
            }
            div.field {
                label.sr for="health" { "State" }
                select #health name="health" {
                    @for (value, text) in states { option value=(value) selected[filter.health == value] { (text) } }
                }
            }
            button type="submit" { "Show" }
        }
    }
}

fn row(row: &Row, list: &List<'_>, ctx: &Ctx) -> Markup {
    let level = row.level.unwrap_or(Level::Unknown);
    html! {
        tr {
            th scope="row" {
                (health_mark(if row.paused { Level::Unknown } else { level })) " "
                @if row.level.is_some() { a href=(resource_path(&row.id)) { (row.name) } } @else { (row.name) }
                @if row.paused { " " (badge("paused")) }
                @if row.adjusted { " " (badge("adjusted")) }
                small { (tidy(row.reason(), 160)) }
            }
            td { (row.kind) }
            td { code { (tidy(&row.place, 80)) } }
            td.number { (duration_text(row.every)) }
            td.number { @match row.took(ctx) { Some(took) => { (took.as_millis().max(1)) " ms" }, None => "–" } }
            td { (actions(row, list)) }
        }
    }
}

fn actions(row: &Row, list: &List<'_>) -> Markup {
    match &row.origin {
        Origin::File(line) => html! { small { "hob.toml, line " (line) } },
        Origin::Found if list.may_write => html! {
            a.button.small href=(override_path(&row.id)) aria-label={ "Adjust " (row.name) } { "Adjust" }
        },
        Origin::Found => html! { small { "found" } },
        Origin::Added(_) if !list.may_write => html! {},
        Origin::Added(id) => {
            let (verb, says) = if row.paused { ("resume", "Resume") } else { ("pause", "Pause") };
            html! {
                form.row method="post" action={ (check_path(id)) "/" (verb) } {
                    input type="hidden" name="back" value=(list.address(list.page));
                    a.button.small href=(check_path(id)) aria-label={ "Edit " (row.name) } { (icon("edit")) "Edit" }
                    button.small type="submit" aria-label={ (says) " " (row.name) } { (says) }
                }
            }
        }
    }
}

fn pager(list: &List<'_>) -> Markup {
    let pages = list.rows.len().div_ceil(PAGE);
    html! {
        @if pages > 1 {
            nav.row aria-label="Pages" {
                @if list.page > 0 { a.button href=(list.address(list.page - 1)) rel="prev" { "Before" } }
                span.muted { "Page " (list.page + 1) " of " (pages) }
                @if list.page + 1 < pages { a.button href=(list.address(list.page + 1)) rel="next" { "After" } }
            }
        }
    }
}

/// Where a check that people made is changed.
pub(crate) fn check_path(id: &str) -> String {
    const KEEP: percent_encoding::AsciiSet = NON_ALPHANUMERIC.remove(b'-');
    format!("/checks/{}", utf8_percent_encode(id, &KEEP))
}

/// Where a check that was found is adjusted.
pub(crate) fn override_path(id: &hob_base::ResourceId) -> String {
    format!("/checks/override/{}", encode_id(id))
}
