//! A hub that watches fake clusters.

use crate::clusters::{ClusterView, Clusters};
use hob_feature::Ctx;
use hob_testkit::fake_cluster::FakeCluster;
use hob_testkit::hub::TestHub;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

/// How long anything may take in a test.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// `hob.toml` for these clusters, each under its name and with more lines of its own.
pub(super) fn config(clusters: &[(&str, &FakeCluster, &str)]) -> String {
    let mut text = String::new();
    for (name, cluster, more) in clusters {
        let path = cluster.kubeconfig();
        let _ =
            writeln!(text, "[[kubernetes]]\nname = \"{name}\"\nkubeconfig = \"{}\"\n{more}", path.display());
    }
    text
}

/// A hub that watches one cluster as “home”, once it has read it.
pub(super) async fn hub(cluster: &FakeCluster) -> TestHub {
    hub_with(&[("home", cluster, "")]).await
}

/// A hub that watches these clusters, once it has read them.
pub(super) async fn hub_with(clusters: &[(&str, &FakeCluster, &str)]) -> TestHub {
    let hub = TestHub::with(&[crate::FEATURE]).config(&config(clusters)).start().await;
    for (name, ..) in clusters {
        hub.wait_until("the cluster was read", PATIENCE, |ctx| view(ctx, name).complete).await;
    }
    hub
}

/// What is known of a cluster.
pub(super) fn view(ctx: &Ctx, name: &str) -> Arc<ClusterView> {
    ctx.memory.of::<Clusters>().get(name).unwrap_or_default()
}

/// Whether there is such a resource.
pub(super) fn has(ctx: &Ctx, id: &str) -> bool {
    ctx.resources.get(&id.parse().unwrap()).is_some()
}

/// The health of a resource as `level: reason`; empty where it has none.
pub(super) fn health(ctx: &Ctx, id: &str) -> String {
    let resource = ctx.resources.get(&id.parse().unwrap());
    let judged = resource.filter(|resource| resource.judged);
    judged
        .map(|resource| format!("{}: {}", resource.health.level, resource.health.reason))
        .unwrap_or_default()
}

/// An object that a GitOps tool keeps, which is a resource of its own.
pub(super) fn kustomization(name: &str, ready: bool) -> String {
    let status = if ready { "True" } else { "False" };
    format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{name: {name}, namespace: flux-system}}\n\
         spec: {{path: ./apps, interval: 10m, prune: true, sourceRef: {{kind: GitRepository, name: flux-system}}}}\n\
         status:\n  conditions:\n  - {{type: Ready, status: \"{status}\", reason: BuildFailed, message: \"path not found\"}}\n"
    )
}
