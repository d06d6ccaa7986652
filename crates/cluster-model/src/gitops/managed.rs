//! Which object of a GitOps tool brings a workload, what that tool wants, and what is served.
//!
//! A workload does not need what brings it: when a sync fails, what was there before still serves. So this is told by
//! facts, not as a dependency.

use super::cause::cause;
use super::words::cut;
use super::{deployment_id, k3s};
use crate::faults::owners::{job_id, owner_of, workload_id};
use crate::objects::{Meta, Pod, PodSpec};
use crate::{Fact, Finding, Objects, Picture, Severity, ThingId};
use std::collections::{BTreeMap, BTreeSet};

/// The longest list of images in a fact, in characters.
const IMAGES_CHARS: usize = 500;
/// How much of a digest is told.
const DIGEST_CHARS: usize = 12;

/// What brings a workload.
struct Manager {
    /// The thing, where it is one that is watched.
    id: Option<ThingId>,
    /// In words: “HelmRelease media/jellyfin”.
    title: String,
}

/// By kind, namespace and name of an object, the Application that names it.
type Applications<'a> = BTreeMap<(&'a str, &'a str, &'a str), &'a Meta>;

/// Adds to workloads who brings them, which images are wanted, and which are served.
pub(super) fn examine(objects: &Objects, picture: &mut Picture) {
    let applications = applications(objects);
    let served = served(objects);
    let mut brought = Vec::new();
    let mut tell = |id: ThingId, kind: &str, meta: &Meta, spec: &PodSpec| {
        let manager = manager(objects, &applications, kind, meta);
        let revisions =
            manager.as_ref().and_then(|manager| manager.id.as_ref()).and_then(|id| picture.things.get(id));
        let revisions: Vec<(&'static str, Fact)> = ["wanted_revision", "applied_revision"]
            .into_iter()
            .filter_map(|key| Some((key, revisions?.facts.get(key)?.clone())))
            .collect();
        let served = served.get(&id).map(joined).unwrap_or_default();
        let thing = picture.thing(id.clone());
        thing.facts.extend(revisions);
        if let Some(manager) = manager {
            if let Some(manager) = manager.id {
                thing.fact("managed_by", manager.name.as_str());
                brought.push((manager, id));
            }
            thing.fact("managed_by_title", manager.title);
        }
        let wanted: BTreeSet<String> =
            spec.containers.iter().map(|container| cut(&container.image)).collect();
        thing.fact("wanted", joined(&wanted));
        if !served.is_empty() {
            thing.fact("served", served);
        }
    };
    for (kind, meta, spec) in workloads(objects) {
        tell(ThingId::workload(&meta.namespace, kind, &meta.name), kind, meta, spec);
    }
    for job in objects.cron_jobs.iter() {
        let (meta, spec) = (&job.metadata, &job.spec.job_template.spec.template.spec);
        tell(job_id(&meta.namespace, &meta.name), "CronJob", meta, spec);
    }
    rests_on(brought, picture);
}

/// What fails because what it brings does not become ready, needs that: one outage is told once.
fn rests_on(brought: Vec<(ThingId, ThingId)>, picture: &mut Picture) {
    let is_bad = |finding: &Finding| finding.severity > Severity::Note;
    let waits = |finding: &Finding| {
        is_bad(finding) && cause(&finding.evidence).is_some_and(|cause| cause.word == "not-ready")
    };
    for (manager, workload) in brought {
        let is_down = picture.things.get(&workload).is_some_and(|thing| thing.findings.iter().any(is_bad));
        if !is_down {
            continue;
        }
        if let Some(thing) = picture.things.get_mut(&manager).filter(|thing| thing.findings.iter().any(waits))
        {
            thing.needs.insert(workload);
        }
    }
}

fn workloads(objects: &Objects) -> impl Iterator<Item = (&'static str, &Meta, &PodSpec)> {
    let deployments =
        objects.deployments.iter().map(|object| ("Deployment", &object.metadata, &object.spec.template.spec));
    let stateful = objects
        .stateful_sets
        .iter()
        .map(|object| ("StatefulSet", &object.metadata, &object.spec.template.spec));
    let daemons =
        objects.daemon_sets.iter().map(|object| ("DaemonSet", &object.metadata, &object.spec.template.spec));
    deployments.chain(stateful).chain(daemons)
}

fn joined(images: &BTreeSet<String>) -> String {
    let all = images.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    all.chars().take(IMAGES_CHARS).collect()
}

/// The images that run, with the beginning of their digests, by workload.
fn served(objects: &Objects) -> BTreeMap<ThingId, BTreeSet<String>> {
    let mut served: BTreeMap<ThingId, BTreeSet<String>> = BTreeMap::new();
    for pod in objects.pods.iter().filter(|pod| &*pod.status.phase == "Running") {
        let images: Vec<String> = running(pod).collect();
        if !images.is_empty() {
            served.entry(workload_id(&owner_of(objects, pod))).or_default().extend(images);
        }
    }
    served
}

fn running(pod: &Pod) -> impl Iterator<Item = String> {
    let images = pod.status.container_statuses.iter().filter(|status| status.state.running.is_some());
    images.filter_map(|status| {
        let wanted = pod.spec.containers.iter().find(|container| container.name == status.name)?;
        let image = cut(&wanted.image);
        let digest = status.digest().and_then(|digest| digest.strip_prefix("sha256:")?.get(..DIGEST_CHARS));
        Some(match digest {
            Some(digest) if !image.contains("@sha256:") => format!("{image}@sha256:{digest}…"),
            _ => image,
        })
    })
}

fn applications(objects: &Objects) -> Applications<'_> {
    let mut found = BTreeMap::new();
    for application in objects.applications.iter() {
        for resource in &application.status.resources {
            found.insert((&*resource.kind, &*resource.namespace, &*resource.name), &application.metadata);
        }
    }
    found
}

fn manager(objects: &Objects, applications: &Applications<'_>, kind: &str, meta: &Meta) -> Option<Manager> {
    of_argo(objects, applications, kind, meta).or_else(|| of_flux(meta)).or_else(|| of_helm(objects, meta))
}

fn watched(kind: &str, title: &str, namespace: &str, name: &str) -> Manager {
    Manager {
        id: Some(deployment_id(kind, namespace, name)),
        title: format!("{title} {}/{}", cut(namespace), cut(name)),
    }
}

/// By Argo CD's own list of objects, else by what it writes on them: `app:apps/Deployment:web/web`, where the app may
/// have its namespace in front.
fn of_argo(objects: &Objects, applications: &Applications<'_>, kind: &str, meta: &Meta) -> Option<Manager> {
    let listed = applications.get(&(kind, &*meta.namespace, &*meta.name)).copied();
    let named = || {
        let tracked = meta.annotation("argocd.argoproj.io/tracking-id").and_then(|id| id.split(':').next());
        let name = tracked.or_else(|| meta.label("argocd.argoproj.io/instance"))?;
        let (namespace, name) =
            name.split_once('_').map_or((None, name), |(space, name)| (Some(space), name));
        let fits =
            |meta: &&Meta| *meta.name == *name && namespace.is_none_or(|space| *meta.namespace == *space);
        objects.applications.iter().map(|application| &application.metadata).find(fits)
    };
    let labelled = || {
        let name = meta.label("app.kubernetes.io/instance")?;
        let mut fitting = objects.applications.iter().filter(|application| {
            *application.metadata.name == *name && application.spec.destination.namespace == meta.namespace
        });
        fitting.next().map(|application| &application.metadata)
    };
    let application = listed.or_else(named).or_else(labelled)?;
    Some(watched("Application", "Application", &application.namespace, &application.name))
}

fn of_flux(meta: &Meta) -> Option<Manager> {
    let of = |group: &str, kind: &str| {
        let name = meta.label(&format!("{group}/name"))?;
        let namespace = meta.label(&format!("{group}/namespace"))?;
        Some(watched(kind, kind, namespace, name))
    };
    of("helm.toolkit.fluxcd.io", "HelmRelease").or_else(|| of("kustomize.toolkit.fluxcd.io", "Kustomization"))
}

fn of_helm(objects: &Objects, meta: &Meta) -> Option<Manager> {
    let release = meta.annotation("meta.helm.sh/release-name")?;
    let namespace = meta.annotation("meta.helm.sh/release-namespace").unwrap_or(&meta.namespace);
    let chart = objects.k3s_helm_charts.iter().find(|chart| {
        let target =
            if chart.spec.target_namespace.is_empty() { "default" } else { &*chart.spec.target_namespace };
        *chart.metadata.name == *release && (target == namespace || *chart.metadata.namespace == *namespace)
    });
    Some(match chart {
        Some(chart) => watched(k3s::KIND, "HelmChart", &chart.metadata.namespace, &chart.metadata.name),
        None => Manager { id: None, title: format!("Helm release {}/{}", cut(namespace), cut(release)) },
    })
}
