//! Clusters that nobody named, and a hub that starts while its cluster is away.

use super::house::{PATIENCE, has, health, hub, kustomization, view};
use crate::clusters::{Clusters, State};
use crate::config::Settings;
use crate::figures::Figures;
use crate::find::Surroundings;
use crate::jobs::watch_all;
use hob_testkit::fake_cluster::FakeCluster;
use hob_testkit::hub::TestHub;
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;

/// A hub that looks for clusters only where the test says.
async fn looking(kubeconfig: PathBuf, check: impl AsyncFnOnce(&TestHub)) {
    let hub = TestHub::with(&[]).start().await;
    let around = Surroundings { kubeconfig: Some(kubeconfig.into()), ..Surroundings::default() };
    let settings = Settings { auto: true, ..Settings::default() };
    let figures = Figures::register(&hub.ctx().metrics);
    let stop = CancellationToken::new();
    let watching = watch_all(hub.ctx().clone(), stop.clone(), settings, figures, around);
    let trying = async {
        check(&hub).await;
        stop.cancel();
    };
    let (watched, ()) = tokio::join!(watching, trying);
    watched.unwrap();
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cluster_of_a_kubeconfig_is_watched_without_a_line_of_settings() {
    let cluster = FakeCluster::builder().tls().named("lab").start().await;
    cluster.apply_yaml(&kustomization("apps", true));
    looking(cluster.kubeconfig(), async |hub| {
        hub.wait_until("it was found", PATIENCE, |ctx| {
            has(ctx, "deployment/lab/flux-system/kustomization/apps")
        })
        .await;
        assert!(view(hub.ctx(), "lab").found);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kubeconfig_whose_cluster_is_long_gone_is_nobodys_outage() {
    let cluster = FakeCluster::builder().tls().named("old").start().await;
    cluster.refuse_everybody(true);
    looking(cluster.kubeconfig(), async |hub| {
        hub.wait_until("it is known to be away", PATIENCE, |ctx| {
            matches!(view(ctx, "old").state, State::Away { .. })
        })
        .await;
        hub.ctx().resources.settle().await;
        assert!(!has(hub.ctx(), "cluster/old/api"), "the page says it, and nobody is told");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kubeconfig_that_cannot_be_used_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("config");
    std::fs::write(&path, "kind: Config\ncurrent-context: gone\n").unwrap();
    looking(path, async |hub| {
        let clusters = hub.ctx().memory.of::<Clusters>();
        hub.wait_until("it is named", PATIENCE, |_| !clusters.candidates().is_empty()).await;
        assert!(clusters.candidates()[0].reason.contains("does not hold the context “gone”"));
        assert_eq!(clusters.list().len(), 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_starts_while_its_cluster_is_away_says_what_was_known() {
    let cluster = FakeCluster::start().await;
    cluster.apply_yaml(&kustomization("apps", true));
    let apps = "deployment/home/flux-system/kustomization/apps";
    let first = hub(&cluster).await;
    first.wait_until("it is there", PATIENCE, |ctx| health(ctx, apps).starts_with("ok")).await;
    first.ctx().resources.settle().await;
    let again = first.stop().await;
    cluster.stop().await;
    let clock = hob_base::Clock::fake(hob_base::Clock::system().now());
    let second = again.clock(clock.clone()).start().await;
    for _ in 0..200 {
        clock.advance(std::time::Duration::from_secs(10));
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    second.ctx().resources.settle().await;
    assert!(health(second.ctx(), apps).starts_with("ok"), "{}", health(second.ctx(), apps));
    assert!(health(second.ctx(), "cluster/home/api").starts_with("critical"));
    second.stop().await;
}
