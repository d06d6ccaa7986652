//! What is served now against what is wanted: the image and digest that pods really run, the image that the manifest names,
//! and what the GitOps tool has applied of what it should. Pure.

use super::chain::text;
use cluster_model::faults::owners::{owner_of, workload_id};
use cluster_model::objects::{Container, Pod};
use cluster_model::{Objects, Picture, Thing, ThingId, ThingKind};
use std::collections::BTreeMap;

/// The most workloads of one chain.
const WORKLOADS_MAX: usize = 6;
/// The most containers of one workload.
const CONTAINERS_MAX: usize = 12;

/// What one container of a workload runs and should run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Served {
    /// The container.
    pub(crate) container: String,
    /// The image that the manifest names; empty where no manifest is known.
    pub(crate) wanted: String,
    /// What pods run: image, digest (empty where the runtime does not tell), and how many pods.
    pub(crate) runs: Vec<(String, String, usize)>,
}

impl Served {
    /// How many pods run another image than the manifest names, of how many.
    pub(crate) fn behind(&self) -> (usize, usize) {
        let count = |other: bool| {
            let runs = self.runs.iter().filter(|(image, ..)| !other || *image != self.wanted);
            runs.map(|(_, _, pods)| pods).sum()
        };
        (if self.wanted.is_empty() { 0 } else { count(true) }, count(false))
    }
}

/// A workload with its containers, and who keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Workload {
    /// The workload.
    pub(crate) id: ThingId,
    /// Its containers in order.
    pub(crate) containers: Vec<Served>,
    /// The object of a GitOps tool that keeps it.
    pub(crate) kept_by: Option<Keeper>,
}

/// An object of a GitOps tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keeper {
    /// The object, where it is one that is watched.
    pub(crate) id: Option<ThingId>,
    /// What people call it.
    pub(crate) name: String,
    /// What it has applied. May be empty.
    pub(crate) applied: String,
    /// What it should apply. May be empty.
    pub(crate) wanted: String,
}

/// What these workloads serve and should serve.
pub(crate) fn served<'a>(
    objects: &Objects,
    picture: &Picture,
    workloads: impl IntoIterator<Item = &'a ThingId>,
) -> Vec<Workload> {
    let running = workloads.into_iter().filter(|id| id.kind == ThingKind::Workload).take(WORKLOADS_MAX);
    running.filter_map(|id| one(objects, picture, id)).collect()
}

fn one(objects: &Objects, picture: &Picture, id: &ThingId) -> Option<Workload> {
    let namespace = id.name.split('/').next().unwrap_or_default();
    let pods: Vec<&Pod> = objects
        .pods
        .in_namespace(namespace)
        .map(AsRef::as_ref)
        .filter(|pod| is_alive(pod) && workload_id(&owner_of(objects, pod)) == *id)
        .collect();
    let mut containers: BTreeMap<&str, Served> = BTreeMap::new();
    let empty = |name: &str, wanted: &str| Served {
        container: name.to_owned(),
        wanted: wanted.to_owned(),
        runs: Vec::new(),
    };
    for container in template(objects, id).unwrap_or_default().iter().take(CONTAINERS_MAX) {
        containers.insert(&container.name, empty(&container.name, &container.image));
    }
    for pod in pods {
        for container in &pod.spec.containers {
            if containers.len() >= CONTAINERS_MAX && !containers.contains_key(&*container.name) {
                continue;
            }
            let served = containers.entry(&container.name).or_insert_with(|| empty(&container.name, ""));
            note(served, pod, container);
        }
    }
    let kept_by = picture.things.get(id).and_then(keeper);
    let containers: Vec<Served> = containers.into_values().collect();
    (!containers.is_empty() || kept_by.is_some()).then(|| Workload { id: id.clone(), containers, kept_by })
}

fn is_alive(pod: &Pod) -> bool {
    !matches!(&*pod.status.phase, "Succeeded" | "Failed") && pod.metadata.deleted_ms.is_none()
}

/// Counts one pod. What has no digest does not run yet.
fn note(served: &mut Served, pod: &Pod, container: &Container) {
    let status = pod.status.container_statuses.iter().find(|status| status.name == container.name);
    let digest = status.and_then(|status| status.digest()).unwrap_or_default();
    let same =
        served.runs.iter_mut().find(|(image, known, _)| **image == *container.image && known == digest);
    match same {
        Some((_, _, pods)) => *pods += 1,
        None => served.runs.push((container.image.to_string(), digest.to_owned(), 1)),
    }
    served.runs.sort_by(|a, b| b.2.cmp(&a.2).then_with(|| a.cmp(b)));
}

/// The containers that the manifest wants.
fn template<'a>(objects: &'a Objects, id: &ThingId) -> Option<&'a [Container]> {
    let mut parts = id.name.splitn(3, '/');
    let (namespace, kind, name) = (parts.next()?, parts.next()?, parts.next()?);
    let spec = match kind {
        "deployment" => &objects.deployments.get(namespace, name)?.spec.template.spec,
        "statefulset" => &objects.stateful_sets.get(namespace, name)?.spec.template.spec,
        "daemonset" => &objects.daemon_sets.get(namespace, name)?.spec.template.spec,
        _ => return None,
    };
    Some(&spec.containers)
}

/// Who keeps a workload, as `cluster_model::gitops` tells it.
fn keeper(thing: &Thing) -> Option<Keeper> {
    let fact = |key: &str| text(thing, key).unwrap_or_default().to_owned();
    let id = text(thing, "managed_by").map(|name| ThingId::new(ThingKind::Deployment, name));
    let name = text(thing, "managed_by_title").or_else(|| text(thing, "managed_by"))?.to_owned();
    Some(Keeper { id, name, applied: fact("applied_revision"), wanted: fact("wanted_revision") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use cluster_model::Kind;
    use serde_json::json;

    fn pod(objects: &mut Objects, name: &str, image: &str, digest: &str) {
        let owner = json!([{ "kind": "StatefulSet", "name": "shop", "controller": true }]);
        let pod = json!({
            "metadata": { "name": name, "namespace": "web", "ownerReferences": owner },
            "spec": { "containers": [{ "name": "app", "image": image }] },
            "status": { "phase": "Running", "containerStatuses": [
                { "name": "app", "image": image, "imageID": format!("ghcr.io/anna/shop@sha256:{digest}") }] },
        });
        objects.apply(Kind::Pod, pod).unwrap();
    }

    fn shop() -> Objects {
        let mut objects = Objects::default();
        let set = json!({
            "metadata": { "name": "shop", "namespace": "web" },
            "spec": { "template": { "spec": { "containers": [{ "name": "app", "image": "ghcr.io/anna/shop:2" }] } } },
        });
        objects.apply(Kind::StatefulSet, set).unwrap();
        objects
    }

    #[test]
    fn pods_that_still_run_the_old_image_are_counted() {
        let mut objects = shop();
        pod(&mut objects, "shop-0", "ghcr.io/anna/shop:1", "aa");
        pod(&mut objects, "shop-1", "ghcr.io/anna/shop:1", "aa");
        pod(&mut objects, "shop-2", "ghcr.io/anna/shop:2", "bb");
        let id = ThingId::workload("web", "StatefulSet", "shop");
        let mut picture = Picture::default();
        let thing = picture.thing(id.clone()).fact("managed_by", "flux-system/kustomization/apps");
        thing.fact("applied_revision", "main@1").fact("wanted_revision", "main@2");
        let found = served(&objects, &picture, [&id]);
        let app = &found[0].containers[0];
        assert_eq!(app.wanted, "ghcr.io/anna/shop:2");
        assert_eq!(app.runs[0], ("ghcr.io/anna/shop:1".to_owned(), "sha256:aa".to_owned(), 2));
        assert_eq!(app.behind(), (2, 3));
        let kept = found[0].kept_by.as_ref().unwrap();
        assert_eq!((kept.applied.as_str(), kept.wanted.as_str()), ("main@1", "main@2"));
    }

    #[test]
    fn what_has_no_pods_is_still_wanted_and_what_is_not_there_is_nothing() {
        let id = ThingId::workload("web", "StatefulSet", "shop");
        let found = served(&shop(), &Picture::default(), [&id]);
        assert_eq!(found[0].containers[0].behind(), (0, 0));
        let none = ThingId::workload("web", "Deployment", "none");
        assert_eq!(served(&shop(), &Picture::default(), [&none, &ThingId::host("n")]), []);
    }
}
