//! The same against a real API server, of version 1.20: what a fake cannot know.

use super::house::{PATIENCE, has, health, view};
use hob_testkit::hub::TestHub;
use hob_testkit::real_cluster::RealCluster;
use std::time::Duration;

const INGRESS: &str = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: jellyfin, namespace: default}\n\
    spec:\n  rules:\n  - host: jellyfin.example.org\n    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: jellyfin, port: {number: 8096}}}}]}\n";

const ROLE: &str = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: hob}\nrules:\n\
    - {apiGroups: [\"networking.k8s.io\"], resources: [\"ingresses\"], verbs: [get, list, watch]}\n\
    - {apiGroups: [\"\"], resources: [\"services\", \"pods\"], verbs: [get, list, watch]}\n---\n\
    apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: hob}\n\
    roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: hob}\n\
    subjects: [{kind: User, name: hob, apiGroup: rbac.authorization.k8s.io}]\n";

const TILE: &str = "service/home/jellyfin.example.org";
const AWAY: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_is_watched_through_a_restart_on_kube_apiserver_1_20() {
    let Some(mut cluster) = RealCluster::builder().start_or_skip().await else { return };
    cluster.apply_yaml(ROLE).await;
    let path = cluster.kubeconfig_for("hob", "");
    let config = format!("[[kubernetes]]\nname = \"home\"\nkubeconfig = \"{}\"\n", path.display());
    let hub = TestHub::with(&[crate::FEATURE]).config(&config).start().await;
    hub.wait_until("it was read", PATIENCE, |ctx| view(ctx, "home").complete).await;
    assert_eq!(view(hub.ctx(), "home").version, "v1.20.2");

    cluster.apply_yaml(INGRESS).await;
    hub.wait_until("a route is a tile", Duration::from_secs(2), |ctx| has(ctx, TILE)).await;

    let gaps = view(hub.ctx(), "home").gaps.clone();
    let secrets = gaps.iter().find(|gap| gap.what == "secrets").expect("a gap");
    assert!(secrets.evidence.contains("User \"hob\" cannot list resource \"secrets\""), "{secrets:?}");
    assert!(!gaps.iter().any(|gap| gap.what == "ingresses" || gap.what == "pods"), "{gaps:?}");

    cluster.stop_api_server();
    hub.wait_until("its absence is told", AWAY, |ctx| {
        health(ctx, "cluster/home/api").starts_with("critical")
    })
    .await;
    assert!(has(hub.ctx(), TILE));
    cluster.start_api_server().await;
    hub.wait_until("it is back", AWAY, |ctx| health(ctx, "cluster/home/api").starts_with("ok")).await;
    cluster.delete("ingress", "default", "jellyfin").await;
    hub.wait_until("what is deleted is gone", PATIENCE, |ctx| !has(ctx, TILE)).await;
    hub.stop().await;
}
