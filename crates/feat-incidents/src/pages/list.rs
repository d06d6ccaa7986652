//! The list of incidents: open ones first, then closed ones, newest first.

use super::{affected_words, incident_path, lasted, severity_badge};
use hob_base::{Incident, IncidentId};
use hob_feature::Ctx;
use hob_web::components::{empty, health_mark, icon, time};
use maud::{Markup, html};
use std::sync::Arc;

/// What the page needs to be drawn.
#[derive(Default)]
pub(crate) struct List<'a> {
    /// The worst first.
    pub(crate) open: &'a [Arc<Incident>],
    /// The newest first.
    pub(crate) closed: &'a [Arc<Incident>],
    /// What is searched for.
    pub(crate) text: &'a str,
    /// Of which resource.
    pub(crate) resource: &'a str,
    /// `2026-11`.
    pub(crate) month: &'a str,
    /// Whether this is not the first page.
    pub(crate) later: bool,
    /// Where older ones are.
    pub(crate) older: Option<IncidentId>,
    /// Whether anything was ever closed; tells an untroubled house from a filter that finds nothing.
    pub(crate) filtered: bool,
}

/// The page.
pub(crate) fn list(list: &List<'_>, ctx: &Ctx) -> Markup {
    html! {
        div.page-head data-live-topic=(crate::live::LIST) {
            h1 { "Incidents" }
            p.muted { "What is or was broken: one outage, one incident." }
            p.row {
                a.button.small href="/silences" { (icon("silence")) "Silences" }
                a.button.small href="/incidents/quiet" { "Quiet hours" }
            }
        }
        @if !list.later { (open(list, ctx)) }
        (filter(list))
        (closed(list, ctx))
    }
}

fn open(list: &List<'_>, ctx: &Ctx) -> Markup {
    html! {
        section aria-label="Open incidents" {
            @if list.open.is_empty() && !list.filtered {
                (empty("All is well.", "Nothing is broken just now. If something breaks, it stands here with its cause.", &html! {}))
            } @else if list.open.is_empty() {
                p.muted { "No open incident matches." }
            } @else {
                ul.incidents { @for incident in list.open { (row(incident, ctx)) } }
            }
        }
    }
}

fn row(incident: &Incident, ctx: &Ctx) -> Markup {
    html! {
        li.(incident.severity) {
            (health_mark(incident.severity))
            a href=(incident_path(incident)) { (incident.title) }
            p {
                (severity_badge(incident)) " "
                "since " (time(incident.began_at, ctx)) ", for " (lasted(incident, ctx))
                " · " (affected_words(incident))
                @if let Some(ack) = &incident.acknowledged { " · " (icon("person")) " " (ack.by) " takes care" }
                @if incident.hush.is_some() { " · " (icon("silence")) " silent" }
                @if incident.flapping.is_some() { " · comes and goes" }
            }
        }
    }
}

fn filter(list: &List<'_>) -> Markup {
    html! {
        form.row method="get" action="/incidents" role="search" {
            div.field { label.sr for="q" { "Containing" } input #q name="q" type="search" value=(list.text) placeholder="Containing …"; }
            div.field { label.sr for="resource" { "Resource" } input #resource name="resource" type="text" value=(list.resource) placeholder="Resource, such as host/home/nas"; }
            div.field { label.sr for="month" { "Month" } input #month name="month" type="month" value=(list.month) placeholder="2026-11" pattern="[0-9]{4}-[0-9]{2}"; }
            button type="submit" { "Show" }
            @if list.filtered { a.button href="/incidents" { "Show all" } }
        }
    }
}

fn closed(list: &List<'_>, ctx: &Ctx) -> Markup {
    let query = |before: IncidentId| {
        let parts = [("q", list.text), ("resource", list.resource), ("month", list.month)];
        let parts = parts.iter().filter(|(_, value)| !value.is_empty());
        let kept: String = parts.map(|(key, value)| format!("&{key}={}", encode(value))).collect();
        format!("/incidents?before={before}{kept}")
    };
    html! {
        section aria-label="Closed incidents" {
            div.section-head { h2 { "Over" } }
            @if list.closed.is_empty() {
                p.muted {
                    @if list.later { "Nothing older." }
                    @else if list.filtered { "No closed incident matches." }
                    @else { "None so far. May it stay so." }
                }
            } @else {
                ul.incidents.over { @for incident in list.closed { (past(incident, ctx)) } }
            }
            p.row {
                @if list.later { a.button href="/incidents" { "Newest" } }
                @if let Some(before) = list.older { a.button href=(query(before)) { "Older ones" } }
            }
        }
    }
}

fn past(incident: &Incident, ctx: &Ctx) -> Markup {
    html! {
        li.(incident.severity) {
            (health_mark(incident.severity))
            a href=(incident_path(incident)) { (incident.title) }
            p {
                (time(incident.began_at, ctx)) ", for " (lasted(incident, ctx)) " · " (affected_words(incident))
                @if let Some(into) = incident.merged_into { " · part of incident " (into) }
            }
        }
    }
}

/// A value as part of an address.
pub(super) fn encode(value: &str) -> String {
    let mut encoded = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/:".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
