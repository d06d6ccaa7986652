//! View data → markup. Somebody reads these pages at three in the morning on a telephone: what, since when, why, what
//! else, what to do, in this order.

mod deeds;
mod graph;
mod incident;
mod list;
mod quiet;
#[cfg(test)]
pub(crate) mod samples;
mod silences;
mod timeline;

pub(crate) use deeds::{ACKNOWLEDGE, SNOOZE};
pub(crate) use incident::{Page, incident};
pub(crate) use list::{List, list};
pub(crate) use quiet::{Quiet, quiet};
pub(crate) use silences::{SilenceForm, SilencePage, is_fixed, new_silence, silence_state, silences};

use hob_base::incident::{Member, Role};
use hob_base::wording::duration_words;
use hob_base::{Incident, Level, ResourceId};
use hob_feature::Ctx;
use hob_web::components::{icon, level_word, resource_path, time};
use maud::{Markup, html};

/// Where an incident's page is.
pub(crate) fn incident_path(incident: &Incident) -> String {
    format!("/incidents/{}", incident.id)
}

/// For how long it has been going on, or went on. Has an id, so that the minutes can be pushed to open pages.
pub(crate) fn lasted(incident: &Incident, ctx: &Ctx) -> Markup {
    let end = incident.closed_at.unwrap_or_else(|| ctx.clock.now());
    html! { span #{ "lasted-" (incident.id) } { (duration_words(end.since(incident.began_at))) } }
}

/// `5 affected`, `5 affected, 2 well again`; empty where it is only the cause.
pub(crate) fn affected_words(incident: &Incident) -> String {
    let others: Vec<&Member> = incident.others().collect();
    if others.is_empty() {
        return "nothing else affected".to_owned();
    }
    let well = others.iter().filter(|member| member.level == Level::Ok).count();
    match well {
        0 => format!("{} affected", others.len()),
        _ if !incident.is_open() => format!("{} affected", others.len()),
        _ => format!("{} affected, {well} well again", others.len()),
    }
}

/// The resources of one role.
fn of_role(incident: &Incident, role: Role) -> Vec<&Member> {
    incident.members.iter().filter(|member| member.role == role).collect()
}

/// A label in the colour of a level, with its shape and word; for what is over the word alone.
fn severity_badge(incident: &Incident) -> Markup {
    let level = incident.severity;
    if incident.is_open() {
        html! { span.badge.(level) { (icon(level.as_str())) (level_word(level)) } }
    } else {
        html! { span.badge { (icon(level.as_str())) "was " (level_word(level)) } }
    }
}

/// The name of a resource, leading to its page where Hob still knows it.
fn resource_link(id: &ResourceId, name: &str, ctx: &Ctx) -> Markup {
    html! {
        @if ctx.resources.get(id).is_some() { a href=(resource_path(id)) { (name) } }
        @else { span title="Hob no longer knows it." { (name) } }
    }
}

/// `until 04:20`, or `until it is over`.
fn until(at: Option<hob_base::Timestamp>, ctx: &Ctx) -> Markup {
    html! { @match at { Some(at) => { "until " (time(at, ctx)) }, None => { "until it is over" } } }
}

/// Why something could not be done.
fn problem(text: Option<&str>) -> Markup {
    html! { @if let Some(text) = text { p.flash.warning role="alert" { (icon("warning")) " " (text) } } }
}

#[cfg(test)]
mod tests;
