//! What stands above the tiles: the state of the house, and what is not well.

use crate::model::House;
use hob_base::incident::Role;
use hob_base::wording::counted;
use hob_base::{Resource, ResourceId};
use hob_feature::Ctx;
use hob_web::components::{health_mark, resource_path, time};
use maud::{Markup, html};
use std::collections::HashSet;

/// More open incidents than this are on their own list.
const INCIDENTS_MAX: usize = 3;
/// More problems than this are on the list of resources.
const PROBLEMS_MAX: usize = 12;

/// The state of the house in one sentence.
pub(crate) fn state(house: &House) -> Markup {
    html! {
        section.state #state aria-live="polite" {
            h1 { (health_mark(house.level)) span { (house.sentence) } }
        }
    }
}

/// The open incidents, the worst first.
pub(crate) fn incidents(house: &House, ctx: &Ctx) -> Markup {
    let more = house.incidents.len().saturating_sub(INCIDENTS_MAX);
    html! {
        section #open-incidents aria-label="Open incidents" {
            @if !house.incidents.is_empty() {
                ul.incidents {
                    @for incident in house.incidents.iter().take(INCIDENTS_MAX) {
                        li.(incident.severity) {
                            (health_mark(incident.severity))
                            a href={ "/incidents/" (incident.id) } { (incident.title) }
                            p {
                                "Incident, since " (time(incident.began_at, ctx))
                                @if incident.members.len() > 1 { " · " (incident.members.len() - 1) " affected" }
                                @if let Some(ack) = &incident.acknowledged { " · " (ack.by) " takes care" }
                            }
                        }
                    }
                }
            }
            @if more > 0 { p { a href="/incidents" { "And " (counted(more, "more incident")) } } }
        }
    }
}

/// What is not well, with reason and next step.
pub(crate) fn problems(house: &House, ctx: &Ctx) -> Markup {
    // What an incident explains is told there: fifty services of one dead machine are one line.
    let explained: HashSet<&ResourceId> = house
        .incidents
        .iter()
        .flat_map(|incident| &incident.members)
        .filter(|member| member.role == Role::Affected)
        .map(|member| &member.resource)
        .collect();
    let problems: Vec<_> =
        house.problems.iter().filter(|(_, resource)| !explained.contains(&resource.id)).collect();
    let more = problems.len().saturating_sub(PROBLEMS_MAX);
    html! {
        section #problems aria-label="What needs attention" {
            @if !problems.is_empty() {
                ul.problems {
                    @for (name, resource) in problems.iter().take(PROBLEMS_MAX) { (problem(name, resource, ctx)) }
                }
            }
            @if more > 0 { p { a href="/resources?health=bad" { "And " (counted(more, "more thing")) } } }
        }
    }
}

fn problem(name: &str, resource: &Resource, ctx: &Ctx) -> Markup {
    html! {
        li.problem.(resource.health.level) {
            (health_mark(resource.health.level))
            a href=(resource_path(&resource.id)) { (name) }
            span.since { "since " (time(resource.since, ctx)) }
            p.reason { (resource.health.reason) }
            @if let Some(remedy) = &resource.health.remedy { p.remedy { (remedy) } }
        }
    }
}
