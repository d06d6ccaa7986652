//! The page of all clusters: how each is, what of it is not read and what would grant that, and how to get there.

use super::findings::{Found, by_cause};
use super::{cluster_path, findings_of, state_badge};
use crate::clusters::{Candidate, ClusterView, Clusters, State};
use crate::gaps::Gap;
use cluster_model::{Kind, ThingKind};
use hob_base::Level;
use hob_base::wording::{counted, duration_words, listed};
use hob_feature::Ctx;
use hob_web::components::{empty, health_mark, icon, time};
use maud::{Markup, html};
use std::fmt::Write as _;

/// The topic of what clusters look like.
pub(crate) const TOPIC: &str = "kubernetes";
/// The most gaps that are told one by one.
const GAPS_MAX: usize = 60;

const LINES: &str = "[[kubernetes]]\nname = \"home\"\nkubeconfig = \"/etc/rancher/k3s/k3s.yaml\"\n";

/// The page of all clusters.
pub(crate) fn list(ctx: &Ctx) -> Markup {
    let clusters = ctx.memory.of::<Clusters>();
    let (views, candidates) = (clusters.list(), clusters.candidates());
    html! {
        div.page-head data-live-topic=(TOPIC) {
            h1 { @if views.len() == 1 { "Cluster" } @else { "Clusters" } }
            p.muted { "Every route of a cluster becomes a tile; here is what is behind them. Hob only reads: it never changes anything in a cluster." }
        }
        @for view in &views { (one(ctx, view)) }
        @if views.is_empty() && candidates.is_empty() { (none()) }
        @if !candidates.is_empty() { (found(&candidates)) }
    }
}

/// What is shown where there is no cluster.
fn none() -> Markup {
    let lines = html! {
        p { "Give Hob the kubeconfig that you use with kubectl: write three lines into hob.toml and start it again." }
        pre.terminal.take { (LINES) }
        p.muted { "A cluster whose API server has no public address is found by itself: the one that Hob runs in, else the current context of your kubeconfig." }
    };
    html! { (empty("No cluster is watched.", "", &lines)) }
}

fn one(ctx: &Ctx, view: &ClusterView) -> Markup {
    let path = cluster_path(&view.name);
    let all = findings_of(ctx, view);
    let causes = by_cause(&view.picture, &all).len();
    html! {
        section.card.cluster-card aria-label=(view.name) {
            div.section-head {
                h2 { a href=(path) { (view.name) } }
                (state_badge(&view.state))
                small { (how_found(view)) }
            }
            (state(ctx, view))
            (counts(view, &path))
            @if causes > 0 { p { (health_mark(worst(&all))) " " a href={ (path) "#findings" } { (counted(causes, "cause")) " of trouble" } } }
            @else if view.complete { p { (health_mark(Level::Ok)) " Nothing in it is broken." } }
            (gaps(&view.name, &view.gaps))
        }
    }
}

fn worst(all: &[Found]) -> Level {
    all.first().map_or(Level::Ok, |found| found.level)
}

fn how_found(view: &ClusterView) -> String {
    let how = if view.found { "found by itself, by" } else { "named in hob.toml, by" };
    format!("{how} {}", view.origin)
}

/// Whether it answers; if not, of when what is shown is.
pub(super) fn state(ctx: &Ctx, view: &ClusterView) -> Markup {
    match &view.state {
        State::Connecting => html! { p { "Hob is connecting to " (server(view)) "." } },
        State::Watching if !view.complete => {
            html! { p { "Hob reads it for the first time. This takes a few seconds." } }
        }
        State::Watching => html! {},
        State::Away { since, reason, evidence, remedy } => html! {
            div.health.critical {
                p.reason { (health_mark(Level::Critical)) " " (reason) }
                p { "Since " (time(*since, ctx)) ". " (age(ctx, view)) }
                @if !evidence.is_empty() { pre.evidence { (evidence) } }
                @if let Some(remedy) = remedy { p.remedy { (icon("remedy")) " " span.sr { "What to do: " } (remedy) } }
            }
        },
    }
}

/// How old what is shown is.
fn age(ctx: &Ctx, view: &ClusterView) -> String {
    match view.heard_at {
        Some(at) => {
            let ago = duration_words(ctx.clock.now().since(at));
            format!("It was last heard {ago} ago; what is shown is what was known then.")
        }
        None => "It was never heard since Hob was started.".to_owned(),
    }
}

fn server(view: &ClusterView) -> &str {
    if view.server.is_empty() { "its API server" } else { &view.server }
}

/// How much of what it has.
pub(super) fn counts(view: &ClusterView, path: &str) -> Markup {
    let tiles = view.picture.things.iter().filter(|(id, _)| id.kind == ThingKind::Service);
    let hidden = tiles.clone().filter(|(_, thing)| thing.facts.contains_key("hidden")).count();
    let count = |kind: ThingKind| view.picture.things.keys().filter(|id| id.kind == kind).count();
    let version = view.version.trim_start_matches('v');
    html! {
        dl.facts.counts {
            @if !version.is_empty() { div { dt { "Kubernetes" } dd { (version) } } }
            div { dt { "Addresses" } dd { a href={ (path) "/routes" } { (tiles.count()) } @if hidden > 0 { small { ", " (hidden) " of them not shown" } } } }
            div { dt { "Workloads" } dd { a href={ (path) "#workloads" } { (count(ThingKind::Workload)) } } }
            div { dt { "Pods" } dd { (view.objects.count(Kind::Pod)) } }
            div { dt { "Nodes" } dd { a href={ (path) "#nodes" } { (view.objects.count(Kind::Node)) } } }
            div { dt { "Objects read" } dd { (view.object_count()) } }
        }
    }
}

/// What is not read, what that costs, and what grants it.
pub(super) fn gaps(cluster: &str, gaps: &[Gap]) -> Markup {
    if gaps.is_empty() {
        return html! {};
    }
    let role = role(gaps);
    html! {
        details id={ "gaps-" (cluster) } {
            summary { (counted(gaps.len(), "thing")) " not read" }
            ul.sentences {
                @for gap in gaps.iter().take(GAPS_MAX) {
                    li { (gap.sentence) @if !gap.evidence.is_empty() { br; small { (gap.evidence) } } }
                }
            }
            @if !role.is_empty() {
                p { "This role grants it. Bind it to the account that Hob signs in with; Hob looks again by itself within minutes." }
                pre.terminal.take { (role) }
            }
        }
    }
}

/// A whole `ClusterRole` that grants all that is not permitted; empty where nothing is to be granted.
fn role(gaps: &[Gap]) -> String {
    let mut role = String::new();
    for gap in gaps.iter().filter(|gap| !gap.grants.is_empty()) {
        if role.is_empty() {
            role.push_str("apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: hob-more\nrules:\n");
        }
        let _ = write!(role, "{}", gap.grants);
    }
    role
}

/// Clusters that are there and are not watched.
fn found(candidates: &[Candidate]) -> Markup {
    let names: Vec<&str> = candidates.iter().map(|candidate| candidate.origin.as_str()).collect();
    html! {
        section.card aria-label="Found, and not watched" {
            h2 { "Found, and not watched" }
            p.muted { "Hob does not open a cluster of which it cannot know that it is yours to watch: " (listed(&names)) "." }
            @for candidate in candidates {
                div.candidate {
                    h3 { (candidate.origin) @if !candidate.server.is_empty() { " " small { (candidate.server) } } }
                    p { (candidate.reason) }
                    @if !candidate.lines.is_empty() {
                        p { "These lines in hob.toml have it watched as “" (candidate.name) "”:" }
                        pre.terminal.take { (candidate.lines) }
                    }
                }
            }
        }
    }
}
