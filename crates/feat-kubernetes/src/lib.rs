//! The cluster: every route a person can open, what is behind it, and what is wrong with it.
//!
//! Data flow: the listener `kubernetes.watch` runs a `cluster::Watcher` for each cluster. It asks what the cluster has
//! (`discovery`), and follows each kind (`watch`: a list in pages, then changes) into the `mirror`: small structs of
//! `cluster-model`, of which raw JSON is dropped as it is read. When the mirror changed, `examine` has `cluster-model` look
//! at everything and says what is different from last time (`publish`): every thing is a resource
//! `<kind>/<cluster>/<name>`, every tile with an address gets a check. Pages read `clusters::Clusters`, memory only.
//!
//! Invariants:
//! - Nothing is polled because somebody looks. Nothing is ever written to a cluster: every request is a `GET`.
//! - Until everything was read that can be, nothing is withdrawn or called dangling.
//! - A server that is away changes nothing but the state of its cluster: what was known stays, with its age.
//! - Of secrets, only pull credentials and certificates are asked for, and only where that is permitted and wanted.
//! - What a cluster says is bounded in number and length; only `client` knows `kube`.

mod checks;
mod client;
mod cluster;
mod clusters;
mod config;
mod credentials;
mod discovery;
mod evidence;
mod examine;
mod figures;
mod find;
mod gaps;
mod jobs;
mod logs;
mod mirror;
mod pages;
mod publish;
mod routes;
mod store;
mod tails;
mod usage;
mod watch;

use hob_db::Migration;
use hob_feature::{BoxFuture, Ctx, Feature, NavEntry, boxed};

/// Kubernetes.
pub const FEATURE: Feature = Feature {
    nav: &[NavEntry { title: "Cluster", path: routes::PATH, icon: "cluster" }],
    nav_shown: pages::nav_shown,
    routes: routes::routes,
    cards: pages::cards,
    search: pages::search,
    jobs: jobs::jobs,
    evidence: evidence::evidence,
    greeting,
    config: &[config::SECTION, config::AUTO, credentials::settings::SECTION],
    migrations: MIGRATIONS,
    ..Feature::new("kubernetes", "Kubernetes")
};

const MIGRATIONS: &[Migration] =
    &[Migration { number: 1, name: "pulls", sql: include_str!("migrations/0001_pulls.sql") }];

/// Tells the console which clusters are watched. Reading one takes a moment, and the console is written at once.
fn greeting(ctx: Ctx) -> BoxFuture<Vec<String>> {
    boxed(async move {
        let clusters = ctx.memory.of::<clusters::Clusters>();
        let watched =
            clusters.list().into_iter().map(|view| match (view.version.as_str(), view.object_count()) {
                ("", _) | (_, 0) => format!("Cluster: {}  (by {})", view.name, view.origin),
                (version, objects) => {
                    format!("Cluster: {}  (Kubernetes {version}, {objects} objects)", view.name)
                }
            });
        let named = clusters
            .candidates()
            .into_iter()
            .map(|candidate| format!("Cluster: {} is not watched. {}", candidate.origin, candidate.reason));
        watched.chain(named).collect()
    })
}

#[cfg(test)]
mod tests;
