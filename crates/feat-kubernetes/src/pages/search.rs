//! What a search finds besides resources: clusters, namespaces, and objects that are a part of something (a pod of its
//! workload).

use super::{cluster_path, encode, heard, level};
use crate::clusters::{ClusterView, Clusters};
use crate::publish::resource_id;
use cluster_model::faults::owners::{owner_of, workload_id};
use cluster_model::{ThingId, ThingKind};
use hob_base::Level;
use hob_feature::{Ctx, SearchHit};
use hob_web::components::resource_path;
use std::collections::BTreeSet;

/// The shortest text for which objects are looked through.
const TEXT_MIN: usize = 2;
/// The most hits of one cluster.
const HITS_MAX: usize = 12;

/// What is found, best first.
pub(crate) fn search(ctx: &Ctx, text: &str) -> Vec<SearchHit> {
    let text = text.trim().to_lowercase();
    if text.chars().count() < TEXT_MIN {
        return Vec::new();
    }
    let clusters = ctx.memory.of::<Clusters>().list();
    let mut hits: Vec<SearchHit> = clusters.iter().flat_map(|view| of_cluster(ctx, view, &text)).collect();
    hits.sort_by_key(|hit| std::cmp::Reverse(hit.score));
    hits
}

fn of_cluster(ctx: &Ctx, view: &ClusterView, text: &str) -> Vec<SearchHit> {
    let mut hits = Vec::new();
    if view.name.to_lowercase().contains(text) {
        hits.push(SearchHit {
            title: format!("Cluster {}", view.name),
            detail: "What runs there, and what is wrong with it".to_owned(),
            path: cluster_path(&view.name),
            level: Some(level(&view.state)),
            score: 70,
        });
    }
    hits.extend(objects(ctx, view, text));
    hits.extend(namespaces(view, text));
    hits.extend(pods(ctx, view, text));
    hits.truncate(HITS_MAX);
    hits
}

/// Things by the objects for which they stand: `media/jellyfin` is a Deployment, a Service and an Ingress. By a name alone
/// they are found as resources.
fn objects(ctx: &Ctx, view: &ClusterView, text: &str) -> Vec<SearchHit> {
    let Some((namespace, name)) = text.split_once('/') else { return Vec::new() };
    let things = view.picture.things.iter().filter(|(id, thing)| {
        // A tile has the objects of its routes, which are found themselves.
        id.kind != ThingKind::Service
            && thing.objects.iter().any(|object| {
                object.namespace.to_lowercase() == namespace && object.name.to_lowercase().starts_with(name)
            })
    });
    let hit = |(id, thing): (&ThingId, &cluster_model::Thing)| {
        let object = thing.objects.first().map(ToString::to_string).unwrap_or_else(|| id.name.clone());
        to_thing(ctx, view, id, object, 80)
    };
    things.map(hit).take(HITS_MAX).collect()
}

fn namespaces(view: &ClusterView, text: &str) -> Vec<SearchHit> {
    let known = view.objects.namespaces.iter().map(|namespace| &*namespace.metadata.name);
    let found = known.filter(|name| name.to_lowercase().contains(text));
    let hit = |name: &str| SearchHit {
        title: format!("Namespace {name}"),
        detail: format!("Cluster {}", view.name),
        path: format!("{}?namespace={}", cluster_path(&view.name), encode(name)),
        level: None,
        score: if name.to_lowercase() == text { 65 } else { 20 },
    };
    found.map(hit).take(HITS_MAX / 2).collect()
}

/// Pods lead to what they are of; of a crowd, one is enough.
fn pods(ctx: &Ctx, view: &ClusterView, text: &str) -> Vec<SearchHit> {
    let mut seen: BTreeSet<ThingId> = BTreeSet::new();
    let mut hits = Vec::new();
    for pod in view.objects.pods.iter() {
        let name = format!("{}/{}", pod.metadata.namespace, pod.metadata.name);
        if !name.contains(text) {
            continue;
        }
        let id = workload_id(&owner_of(&view.objects, pod));
        // Its workload is found as a resource by the same words.
        if id.name.contains(text) || !view.picture.things.contains_key(&id) || !seen.insert(id.clone()) {
            continue;
        }
        hits.push(to_thing(ctx, view, &id, format!("Pod {name}"), 30));
        if hits.len() >= HITS_MAX {
            break;
        }
    }
    hits
}

fn to_thing(ctx: &Ctx, view: &ClusterView, id: &ThingId, title: String, score: u32) -> SearchHit {
    let health = heard(ctx, &view.name, id);
    SearchHit {
        title,
        detail: match &health {
            Some(health) => format!("{} of cluster {} · {}", id.kind.as_str(), view.name, health.reason),
            None => format!("{} of cluster {}", id.kind.as_str(), view.name),
        },
        path: resource_path(&resource_id(&view.name, id)),
        level: health.map(|health| health.level).filter(|level| *level != Level::Unknown),
        score,
    }
}
