//! What is known of a moment that is worth keeping with an incident: the last lines of what fell over.

use crate::clusters::Clusters;
use crate::publish::resource_id;
use hob_base::Resource;
use hob_base::incident::{Evidence, EvidenceBody};
use hob_feature::Ctx;

/// The most logs that are kept with one incident.
const MAX: usize = 3;

/// The last lines of the containers of a resource.
pub(crate) fn evidence(ctx: &Ctx, resource: &Resource) -> Vec<Evidence> {
    let Some(view) = ctx.memory.of::<Clusters>().get(resource.id.scope()) else { return Vec::new() };
    if view.tails.0.is_empty() {
        return Vec::new();
    }
    let found = view
        .picture
        .findings()
        .filter(|(id, finding)| finding.logs_of.is_some() && resource_id(&view.name, id) == resource.id);
    let mut all: Vec<Evidence> = found
        .filter_map(|(_, finding)| {
            let (pod, container) = finding.logs_of.as_ref()?;
            let tail = view.tails.of(finding)?;
            Some(Evidence {
                title: format!("Last lines of {container} in {pod}"),
                body: EvidenceBody::Text(tail.to_owned()),
            })
        })
        .collect();
    all.dedup();
    all.truncate(MAX);
    all
}
