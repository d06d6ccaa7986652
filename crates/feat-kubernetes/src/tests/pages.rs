//! The pages as people and programs get them.

use super::house::{PATIENCE, config, view};
use crate::FEATURE;
use hob_feature::Feature;
use hob_testkit::client::Client;
use hob_testkit::fake_cluster::{FakeCluster, big};
use hob_testkit::gate::BY_SCOPE;
use hob_testkit::hub::TestHub;
use serde_json::Value;
use std::time::Duration;

static FEATURES: [Feature; 2] = [FEATURE, Feature { gate: Some(BY_SCOPE), ..Feature::new("fake", "Fake") }];

async fn hub(toml: &str) -> (TestHub, Client) {
    let hub = TestHub::with(&FEATURES).config(toml).start().await;
    let client = hub.client().bearer("read");
    (hub, client)
}

/// A cluster with one route to a Service that nothing is behind, and one that is well.
async fn small() -> FakeCluster {
    let cluster = FakeCluster::start().await;
    cluster.load(big(3, 6, 2));
    cluster.apply_yaml(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: shop, namespace: web}\n\
         spec: {ingressClassName: traefik, rules: [{host: shop.example.org, http: {paths: [{path: /, pathType: Prefix, \
         backend: {service: {name: shopp, port: {number: 80}}}}]}}]}\n",
    );
    cluster
}

async fn read(cluster: &FakeCluster, more: &str) -> (TestHub, Client) {
    let (hub, client) = hub(&config(&[("home", cluster, more)])).await;
    hub.wait_until("the cluster was read", PATIENCE, |ctx| view(ctx, "home").complete).await;
    (hub, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_cluster_the_page_says_how_to_get_there() {
    let (hub, mut client) = hub("").await;
    let page = client.get("/kubernetes").await.text();
    assert!(page.contains("No cluster is watched.") && page.contains("[[kubernetes]]"), "{page}");
    assert!(!page.contains("href=\"/kubernetes\""), "the navigation has no entry for what is not there");
    assert_eq!(client.get("/kubernetes/none").await.status.as_u16(), 404);
    assert_eq!(hub.client().get("/api/v1/clusters").await.status.as_u16(), 401);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_stands_on_the_page_and_in_the_api_with_object_and_field() {
    let cluster = small().await;
    cluster.forbid("secrets");
    let (hub, mut client) = read(&cluster, "").await;
    let list = client.get("/kubernetes").await.text();
    assert!(list.contains("href=\"/kubernetes/home\""), "{list}");
    assert!(
        list.contains("kind: ClusterRole") && list.contains("resources: [&quot;secrets&quot;]"),
        "{list}"
    );
    let page = client.get("/kubernetes/home").await.text();
    assert!(page.contains("Ingress web/shop") && page.contains("spec.rules[0]"), "{page}");
    let routes = client.get("/kubernetes/home/routes?q=shop.example").await.text();
    assert!(routes.contains("shop.example.org"), "{routes}");
    assert!(!routes.contains("grafana"), "{routes}");
    let all: Value = client.get("/api/v1/clusters").await.json();
    assert_eq!(all["clusters"][0]["state"]["word"], "watching");
    assert_eq!(all["clusters"][0]["pods"], 6);
    let one: Value = client.get("/api/v1/clusters/home").await.json();
    let findings = one["findings"].as_array().unwrap();
    let is_missing = |found: &&Value| found["sentence"].as_str().unwrap().contains("shopp");
    let missing = findings.iter().find(is_missing).unwrap();
    assert_eq!(missing["object"], "Ingress web/shop");
    assert_eq!(missing["severity"], "critical");
    assert!(!missing["field"].as_str().unwrap().is_empty(), "{missing}");
    assert!(one["gaps"].as_array().unwrap().iter().any(|gap| gap["what"] == "secrets"), "{one}");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_is_away_shows_what_was_known_with_its_age() {
    let cluster = small().await;
    let (hub, mut client) = read(&cluster, "").await;
    cluster.stop().await;
    hub.wait_until("it is away", Duration::from_secs(60), |ctx| {
        matches!(view(ctx, "home").state, crate::clusters::State::Away { .. })
    })
    .await;
    let page = client.get("/kubernetes/home").await.text();
    assert!(page.contains("what is shown is what was known then"), "{page}");
    assert!(page.contains("Workloads"), "{page}");
    let told: Value = client.get("/api/v1/clusters/home").await.json();
    assert_eq!(told["state"]["word"], "away");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_pods_are_a_page_of_owners_that_is_small_and_quick() {
    let cluster = FakeCluster::start().await;
    cluster.load(big(500, 2_000, 100));
    let (hub, mut client) = read(&cluster, "").await;
    client.get("/kubernetes/home").await;
    for path in ["/kubernetes/home", "/kubernetes/home/routes", "/kubernetes"] {
        let from = hub.ctx().clock.monotonic();
        let page = client.get(path).await.text();
        let took = hub.ctx().clock.monotonic().saturating_sub(from);
        // A debug build on a busy machine; a release takes a tenth of it.
        assert!(took < Duration::from_secs(3), "{path} took {took:?}");
        assert!(page.len() < 300_000, "{path} has {} bytes", page.len());
    }
    let found = client.get("/kubernetes/home?q=grafana-41").await.text();
    assert!(found.contains("grafana-41") && !found.contains("jellyfin-"), "{found}");
    hub.stop().await;
}
