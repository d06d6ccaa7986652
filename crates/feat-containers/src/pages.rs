//! What is added to the page of a workload, and to incidents: the last lines of a container that ended badly.

use crate::jobs::Logs;
use crate::model::view::SOURCE;
use hob_base::Resource;
use hob_base::incident::{Evidence, EvidenceBody};
use hob_feature::{Card, Ctx};
use maud::html;

/// The cards of a container.
pub(crate) fn cards(ctx: &Ctx, resource: &Resource) -> Vec<Card> {
    let Some(log) = log(ctx, resource) else { return Vec::new() };
    vec![Card { title: "The last lines of its log".to_owned(), body: html! { pre.evidence { (log) } } }]
}

/// What is kept with an incident.
pub(crate) fn evidence(ctx: &Ctx, resource: &Resource) -> Vec<Evidence> {
    let Some(log) = log(ctx, resource) else { return Vec::new() };
    vec![Evidence { title: "The last lines of its log".to_owned(), body: EvidenceBody::Text(log) }]
}

fn log(ctx: &Ctx, resource: &Resource) -> Option<String> {
    let ours = resource.id.kind() == "workload" && resource.words.contains_key(&SOURCE.into());
    if ours { ctx.memory.of::<Logs>().of(&resource.id) } else { None }
}
