//! What is known of an owner of pods, and what it needs.

use super::super::pods::{Judged, Verdict};
use super::super::{Look, memory};
use super::{Workload, need_nodes};
use crate::objects::{Container, PodSpec};
use crate::{Thing, ThingId};
use container_faults::cut;
use std::collections::BTreeSet;

/// The most names in one fact.
const NAMES_MAX: usize = 8;

/// Sets facts and needs of an owner.
pub(super) fn put(
    look: &Look<'_>,
    workload: &Workload<'_>,
    judged: &[Judged<'_>],
    ready: i64,
    thing: &mut Thing,
) {
    let owner = &workload.owner;
    thing.title.clone_from(&owner.name);
    thing.objects.insert(owner.clone());
    thing.fact("kind", owner.kind.to_lowercase());
    thing.fact("namespace", owner.namespace.clone());
    if !look.settings.unread.contains(&crate::Kind::Pod) {
        thing.fact("pods_ready", ready);
    }
    thing.fact("pods_wanted", workload.wanted);
    if let Some(created) = workload.meta.and_then(|meta| meta.created_ms) {
        thing.fact("created_ms", created);
    }
    if let Some(template) = workload.template {
        of_template(template, thing);
    }
    of_pods(look, workload, judged, thing);
    need_nodes(look, judged, thing);
}

fn of_template(template: &PodSpec, thing: &mut Thing) {
    let images: BTreeSet<&str> = template.containers.iter().map(|container| &*container.image).collect();
    thing.fact("image", joined(&images));
    for (key, name) in [("memory_limit", "memory"), ("cpu_limit", "cpu")] {
        let limit =
            |container: &Container| container.resources.limits.get(name).map(|limit| limit.0.to_string());
        let limits: Vec<String> = template.containers.iter().filter_map(limit).take(NAMES_MAX).collect();
        if !limits.is_empty() {
            thing.fact(key, cut(&limits.join(", "), 120));
        }
    }
    let all = template.containers.iter().chain(&template.init_containers);
    for container in all.filter(|container| !container.image.is_empty()) {
        thing.needs.insert(ThingId::image(&container.image));
    }
}

fn of_pods(look: &Look<'_>, workload: &Workload<'_>, judged: &[Judged<'_>], thing: &mut Thing) {
    let mut digests = BTreeSet::new();
    let mut nodes = BTreeSet::new();
    let mut restarts = 0_i64;
    let templates = workload.template.into_iter().chain(judged.iter().map(|one| &one.pod.spec));
    for claim in templates.flat_map(|spec| &spec.claims) {
        if look.objects.claims.get(&workload.owner.namespace, claim).is_some() {
            thing.needs.insert(ThingId::volume(&workload.owner.namespace, claim));
        }
    }
    for one in judged.iter().filter(|one| !matches!(one.verdict, Verdict::Finished | Verdict::Leftover)) {
        restarts =
            memory::statuses(one.pod).fold(restarts, |sum, status| sum.saturating_add(status.restart_count));
        digests.extend(one.pod.status.container_statuses.iter().filter_map(|status| status.digest()));
        if !one.pod.spec.node_name.is_empty() {
            nodes.insert(&*one.pod.spec.node_name);
        }
        // What runs may be of another version than what is wanted.
        for container in &one.pod.spec.containers {
            thing.needs.insert(ThingId::image(&container.image));
        }
    }
    thing.fact("restarts", restarts);
    if !digests.is_empty() {
        thing.fact("digest", joined(&digests));
    }
    if !nodes.is_empty() {
        thing.fact("nodes", joined(&nodes));
    }
}

fn joined(names: &BTreeSet<&str>) -> String {
    let shown: Vec<&str> = names.iter().take(NAMES_MAX).copied().collect();
    let more = names.len().saturating_sub(shown.len());
    let text = cut(&shown.join(", "), 1000);
    if more == 0 { text } else { format!("{text} and {more} more") }
}
