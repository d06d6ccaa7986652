//! Who owns a pod: the Deployment behind its `ReplicaSet`, the `CronJob` behind its Job; and which pods a selector means.
//!
//! [`Owners`] looks at all pods once; whoever asks for many Services makes one and asks it.

use crate::objects::{Labels, Meta, Object, Pod};
use crate::{ObjectRef, Objects, ThingId, ThingKind};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The most owners that are followed upwards.
const STEPS_MAX: usize = 4;

/// The one at the top of those who own a pod; the pod itself where nobody does.
///
/// Owners that are not there (yet, or not readable) end the way: their name is taken from the reference. A `ReplicaSet`
/// that cannot be read is the Deployment whose name it carries, since only Deployments write `pod-template-hash`.
pub fn owner_of(objects: &Objects, pod: &Pod) -> ObjectRef {
    let namespace = &*pod.metadata.namespace;
    let mut at = ObjectRef::new("Pod", namespace, &pod.metadata.name);
    let mut meta: Option<&Meta> = Some(&pod.metadata);
    for _ in 0..STEPS_MAX {
        let Some(owner) = meta.and_then(Meta::controller) else { break };
        // A mirror of a pod that a kubelet runs from a file belongs to its node, which is no workload.
        if !matches!(
            &*owner.kind,
            "ReplicaSet" | "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob"
        ) {
            break;
        }
        at = ObjectRef::new(&owner.kind, namespace, &owner.name);
        meta = match &*owner.kind {
            "ReplicaSet" => objects.replica_sets.get(namespace, &owner.name).map(|set| set.meta()),
            "Job" => objects.jobs.get(namespace, &owner.name).map(|job| job.meta()),
            _ => None,
        };
        if meta.is_none() && &*owner.kind == "ReplicaSet" {
            return deployment_by_hash(pod, &owner.name).unwrap_or(at);
        }
    }
    at
}

fn deployment_by_hash(pod: &Pod, replica_set: &str) -> Option<ObjectRef> {
    let hash = pod.metadata.label("pod-template-hash")?;
    let name = replica_set.strip_suffix(hash)?.strip_suffix('-')?;
    Some(ObjectRef::new("Deployment", &pod.metadata.namespace, name))
}

/// The thing that an owner is: a `CronJob` is a job, everything else a workload.
pub fn workload_id(owner: &ObjectRef) -> ThingId {
    if owner.kind == "CronJob" {
        return job_id(&owner.namespace, &owner.name);
    }
    ThingId::workload(&owner.namespace, &owner.kind, &owner.name)
}

/// The job that a `CronJob` is.
pub fn job_id(namespace: &str, cron_job: &str) -> ThingId {
    ThingId::new(ThingKind::Job, format!("{namespace}/{cron_job}"))
}

/// Whether all labels of a selector are there. An empty selector means nothing, as with Services.
pub fn selects(selector: &Labels, labels: &Labels) -> bool {
    !selector.is_empty() && selector.iter().all(|(name, value)| labels.get(name) == Some(value))
}

/// The workloads behind a selector: the pods that it means, by owner; and owners whose pods would be meant, though there
/// is none at present (scaled to nothing, or none could be made).
///
/// For one question; who has many makes an [`Owners`] first.
pub fn workloads_behind(objects: &Objects, namespace: &str, selector: &Labels) -> BTreeSet<ThingId> {
    let mut found: BTreeSet<ThingId> = objects
        .pods
        .in_namespace(namespace)
        .filter(|pod| selects(selector, &pod.metadata.labels))
        .map(|pod| workload_id(&owner_of(objects, pod)))
        .collect();
    found.extend(templates(objects, namespace, selector));
    found
}

/// Owners whose template carries the labels of the selector.
fn templates(objects: &Objects, namespace: &str, selector: &Labels) -> BTreeSet<ThingId> {
    let mut found = BTreeSet::new();
    for deployment in objects.deployments.in_namespace(namespace) {
        if selects(selector, &deployment.spec.template.metadata.labels) {
            found.insert(ThingId::workload(namespace, "Deployment", &deployment.metadata.name));
        }
    }
    for set in objects.stateful_sets.in_namespace(namespace) {
        if selects(selector, &set.spec.template.metadata.labels) {
            found.insert(ThingId::workload(namespace, "StatefulSet", &set.metadata.name));
        }
    }
    for set in objects.daemon_sets.in_namespace(namespace) {
        if selects(selector, &set.spec.template.metadata.labels) {
            found.insert(ThingId::workload(namespace, "DaemonSet", &set.metadata.name));
        }
    }
    found
}

/// By namespace, by the name or by the value of a label.
type ByName<'a, T> = BTreeMap<&'a str, T>;

/// Pods by owner and by label, looked up once for all questions.
#[derive(Debug, Default)]
pub struct Owners<'a> {
    by_owner: BTreeMap<ObjectRef, Vec<&'a Arc<Pod>>>,
    by_label: ByName<'a, ByName<'a, ByName<'a, Labelled<'a>>>>,
}

/// What carries one label.
#[derive(Debug, Default)]
struct Labelled<'a> {
    pods: Vec<(&'a Arc<Pod>, Arc<ThingId>)>,
    templates: Vec<(&'a Labels, Arc<ThingId>)>,
}

impl<'a> Owners<'a> {
    /// Looks at all pods and all owners.
    pub fn of(objects: &'a Objects) -> Self {
        let mut owners = Self::default();
        for pod in objects.pods.iter() {
            let owner = owner_of(objects, pod);
            let id = Arc::new(workload_id(&owner));
            for (name, value) in &pod.metadata.labels {
                let labelled = owners.labelled(&pod.metadata.namespace, name, value);
                labelled.pods.push((pod, Arc::clone(&id)));
            }
            owners.by_owner.entry(owner).or_default().push(pod);
        }
        for object in objects.deployments.iter() {
            owners.template("Deployment", &object.metadata, &object.spec.template.metadata.labels);
        }
        for object in objects.stateful_sets.iter() {
            owners.template("StatefulSet", &object.metadata, &object.spec.template.metadata.labels);
        }
        for object in objects.daemon_sets.iter() {
            owners.template("DaemonSet", &object.metadata, &object.spec.template.metadata.labels);
        }
        owners
    }

    fn template(&mut self, kind: &str, meta: &'a Meta, labels: &'a Labels) {
        let id = Arc::new(ThingId::workload(&meta.namespace, kind, &meta.name));
        for (name, value) in labels {
            self.labelled(&meta.namespace, name, value).templates.push((labels, Arc::clone(&id)));
        }
    }

    fn labelled(&mut self, namespace: &'a str, name: &'a str, value: &'a str) -> &mut Labelled<'a> {
        let names = self.by_label.entry(namespace).or_default();
        names.entry(name).or_default().entry(value).or_default()
    }

    /// The pods of one owner, by name.
    pub fn pods_of(&self, owner: &ObjectRef) -> &[&'a Arc<Pod>] {
        self.by_owner.get(owner).map_or(&[], Vec::as_slice)
    }

    /// All owners that have pods, with their pods.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectRef, &[&'a Arc<Pod>])> {
        self.by_owner.iter().map(|(owner, pods)| (owner, pods.as_slice()))
    }

    /// The pods that a selector means.
    pub fn pods_behind(&self, namespace: &str, selector: &Labels) -> Vec<&'a Arc<Pod>> {
        self.rarest(namespace, selector).map_or_else(Vec::new, |labelled| {
            let pods = labelled.pods.iter().map(|(pod, _)| *pod);
            pods.filter(|pod| selects(selector, &pod.metadata.labels)).collect()
        })
    }

    /// As [`workloads_behind`], from what was looked up.
    pub fn workloads_behind(&self, namespace: &str, selector: &Labels) -> BTreeSet<ThingId> {
        let Some(labelled) = self.rarest(namespace, selector) else { return BTreeSet::new() };
        let pods = labelled.pods.iter().filter(|(pod, _)| selects(selector, &pod.metadata.labels));
        let templates = labelled.templates.iter().filter(|(labels, _)| selects(selector, labels));
        pods.map(|(_, id)| (**id).clone()).chain(templates.map(|(_, id)| (**id).clone())).collect()
    }

    /// What carries that label of the selector that the fewest carry; nothing where one of them is carried by none.
    fn rarest(&self, namespace: &str, selector: &Labels) -> Option<&Labelled<'a>> {
        let mut rarest: Option<&Labelled<'a>> = None;
        for (name, value) in selector {
            let labelled = self.by_label.get(namespace)?.get(&**name)?.get(&**value)?;
            if rarest.is_none_or(|before| labelled.size() < before.size()) {
                rarest = Some(labelled);
            }
        }
        rarest
    }
}

impl Labelled<'_> {
    fn size(&self) -> usize {
        self.pods.len().saturating_add(self.templates.len())
    }
}

#[cfg(test)]
mod tests;
