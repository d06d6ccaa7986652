//! Pages of clusters: what is behind an address, the clusters, one cluster, its routes. They read memory only.

mod cards;
pub(crate) mod chain;
mod cluster;
pub(crate) mod findings;
pub(crate) mod list;
pub(crate) mod live;
pub(crate) mod routes;
mod search;
mod served;

pub(crate) use cards::cards;
pub(crate) use cluster::{Narrow, cluster};
pub(crate) use search::search;

use crate::clusters::{ClusterView, Clusters, State};
use crate::publish::resource_id;
use chain::Fault;
use cluster_model::{ThingId, ThingKind};
use hob_base::{Health, Level, ResourceId, Source};
use hob_feature::Ctx;
use hob_web::components::{encode_id, health_mark, icon};
use maud::{Markup, html};

/// The words of whoever else speaks of things of a cluster.
const REGISTRY: &str = "registry";

/// Whether the navigation leads to clusters: where there is none, it would lead to an empty page.
pub(crate) fn nav_shown(ctx: &Ctx) -> bool {
    let clusters = ctx.memory.of::<Clusters>();
    !clusters.list().is_empty() || !clusters.candidates().is_empty()
}

/// Where the page of a cluster is.
pub(crate) fn cluster_path(name: &str) -> String {
    format!("{}/{}", crate::routes::PATH, encode(name))
}

/// Text as a part of a query.
pub(crate) fn encode(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let id = encode_id(&ResourceId::new("x", "x", text));
    id.strip_prefix("x/x/").unwrap_or(&id).replace('/', "%2F")
}

/// What all sources together say of a thing, where anybody judges it.
pub(crate) fn heard(ctx: &Ctx, cluster: &str, id: &ThingId) -> Option<Health> {
    let resource = ctx.resources.get(&resource_id(cluster, id))?;
    resource.judged.then(|| resource.health.clone())
}

/// What a registry says of an image or a credential.
pub(crate) fn registry(ctx: &Ctx, cluster: &str, id: &ThingId) -> Option<Health> {
    if !matches!(id.kind, ThingKind::Credential | ThingKind::Image) {
        return None;
    }
    let resource = ctx.resources.get(&resource_id(cluster, id))?;
    let word = resource.words.get(&Source::from(REGISTRY))?;
    word.health.clone().filter(|_| !word.expired)
}

/// Everything that was found in a cluster.
pub(crate) fn findings_of(ctx: &Ctx, view: &ClusterView) -> Vec<findings::Found> {
    findings::all(&view.picture, &|id| registry(ctx, &view.name, id))
}

/// The thing that a resource stands for.
fn find(view: &ClusterView, resource: &ResourceId) -> Option<ThingId> {
    let things = &view.picture.things;
    let of_kind = |id: &&ThingId| id.kind.as_str() == resource.kind();
    // Most names are those of the things; only very long ones have to be looked for.
    let direct = things.keys().filter(of_kind).find(|id| id.name == resource.name());
    direct
        .or_else(|| things.keys().filter(of_kind).find(|id| resource_id(&view.name, id) == *resource))
        .cloned()
}

/// How well a cluster is, in a word for its page.
fn level(state: &State) -> Level {
    match state {
        State::Connecting => Level::Unknown,
        State::Watching => Level::Ok,
        State::Away { .. } => Level::Critical,
    }
}

/// Whether it answers, as a badge: how well what is in it is, is said elsewhere.
fn state_badge(state: &State) -> Markup {
    let level = level(state);
    let word = match state {
        State::Connecting => "connecting",
        State::Watching => "watched",
        State::Away { .. } => "away",
    };
    html! { span.badge.(level) { (icon(level.as_str())) (word) } }
}

/// What is wrong, where, what it rests on, and what to do.
fn fault_block(level: Level, fault: &Fault) -> Markup {
    html! {
        p.reason { (health_mark(level)) " " (fault.sentence) }
        @if !fault.object.is_empty() {
            p.where { (fault.object) @if !fault.field.is_empty() { ", " code { (fault.field) } } }
        }
        @if !fault.evidence.is_empty() { pre.evidence { (fault.evidence) } }
        @if let Some(remedy) = &fault.remedy { p.remedy { (icon("remedy")) " " span.sr { "What to do: " } (remedy) } }
    }
}
