//! From an object of the cluster to a resource, and back.

use super::house::{PATIENCE, has, hub, hub_with, kustomization, view};
use hob_base::ResourceId;
use hob_testkit::fake_cluster::FakeCluster;
use std::time::Duration;

/// Within this an object that was added is on the page.
const SOON: Duration = Duration::from_secs(2);

fn resources(ctx: &hob_feature::Ctx) -> Vec<String> {
    ctx.resources.list().iter().map(|resource| resource.id.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_added_changed_and_deleted_is_seen_within_two_seconds() {
    let cluster = FakeCluster::start().await;
    let hub = hub(&cluster).await;
    let id = "deployment/home/flux-system/kustomization/apps";
    cluster.apply_yaml(&kustomization("apps", true));
    hub.wait_until("it is there", SOON, |ctx| has(ctx, id)).await;
    cluster.apply_yaml(&kustomization("apps", false));
    hub.wait_until("it is broken", SOON, |ctx| super::house::health(ctx, id).starts_with("warning")).await;
    cluster.delete("Kustomization", "flux-system", "apps");
    hub.wait_until("it is gone", SOON, |ctx| !has(ctx, id)).await;
    assert_eq!(super::house::health(hub.ctx(), "cluster/home/api"), "ok: The API server answers.");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_because_nothing_changed() {
    let cluster = FakeCluster::start().await;
    let hub = hub(&cluster).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    cluster.clear_requests();
    tokio::time::sleep(Duration::from_secs(3)).await;
    let asked: Vec<_> = cluster.requests().into_iter().filter(|seen| seen.verb == "list").collect();
    assert_eq!(asked, [], "a watch is open for every kind");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_cluster_is_read_in_pages_and_secrets_only_by_type() {
    let cluster = FakeCluster::start().await;
    cluster.load(hob_testkit::fake_cluster::big(50, 600, 5));
    let hub = hub(&cluster).await;
    assert_eq!(view(hub.ctx(), "home").objects.pods.len(), 600);
    let requests = cluster.requests();
    let pages = requests.iter().filter(|seen| seen.verb == "list" && seen.resource == "pods").count();
    assert!(pages >= 3, "600 pods in pages of 250, not {pages}");
    for seen in requests.iter().filter(|seen| seen.resource == "secrets" || seen.resource == "events") {
        assert!(
            seen.query.get("fieldSelector").is_some_and(|selector| selector.starts_with("type=")),
            "{seen:?}"
        );
    }
    for kind in ["configmaps", "leases"] {
        assert!(requests.iter().all(|seen| seen.resource != kind), "{kind} are never read");
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clusters_with_the_same_names_are_two() {
    let (one, two) = (FakeCluster::start().await, FakeCluster::start().await);
    one.apply_yaml(&kustomization("apps", true));
    two.apply_yaml(&kustomization("apps", false));
    let hub = hub_with(&[("one", &one, ""), ("two", &two, "")]).await;
    hub.wait_until("both are there", PATIENCE, |ctx| {
        super::house::health(ctx, "deployment/one/flux-system/kustomization/apps").starts_with("ok")
            && super::house::health(ctx, "deployment/two/flux-system/kustomization/apps")
                .starts_with("warning")
    })
    .await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_vanished_while_the_hub_was_stopped_is_withdrawn_and_what_was_not_stays() {
    let cluster = FakeCluster::start().await;
    cluster.apply_yaml(&kustomization("stays", true));
    cluster.apply_yaml(&kustomization("goes", true));
    let first = hub(&cluster).await;
    let id = |name: &str| format!("deployment/home/flux-system/kustomization/{name}");
    first.wait_until("both are known", PATIENCE, |ctx| has(ctx, &id("goes")) && has(ctx, &id("stays"))).await;
    first.ctx().resources.settle().await;
    let again = first.stop().await;
    cluster.delete("Kustomization", "flux-system", "goes");
    let second = again.start().await;
    assert!(has(second.ctx(), &id("goes")), "{:?}", resources(second.ctx()));
    second.wait_until("the one is gone", PATIENCE, |ctx| !has(ctx, &id("goes"))).await;
    assert!(has(second.ctx(), &id("stays")));
    second.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_namespaces_that_are_named_are_read() {
    let cluster = FakeCluster::start().await;
    cluster.forbid_but_in("kustomizations", &["flux-system"]);
    cluster.apply_yaml(&kustomization("apps", true));
    let hub = hub_with(&[("home", &cluster, "namespaces = [\"flux-system\"]\nsecrets = \"never\"")]).await;
    hub.wait_until("it is there", PATIENCE, |ctx| {
        ctx.resources.get(&ResourceId::new("deployment", "home", "flux-system/kustomization/apps")).is_some()
    })
    .await;
    assert_eq!(cluster.count("list", "secrets"), 0);
    let gaps = view(hub.ctx(), "home").gaps.clone();
    assert!(
        gaps.iter().any(|gap| gap.sentence.starts_with("Secrets are not read, as hob.toml says")),
        "{gaps:?}"
    );
    hub.stop().await;
}

const INGRESS: &str = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: jellyfin, namespace: media}\n\
    spec:\n  ingressClassName: traefik\n  rules:\n  - host: jellyfin.example.org\n    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: jellyfin, port: {number: 8096}}}}]}\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_route_is_a_tile_with_a_check_and_what_it_needs() {
    let cluster = FakeCluster::start().await;
    let hub = hub(&cluster).await;
    cluster.apply_yaml(INGRESS);
    let tile: ResourceId = "service/home/jellyfin.example.org".parse().unwrap();
    hub.wait_until("it is a tile", SOON, |ctx| ctx.resources.get(&tile).is_some()).await;
    let resource = hub.ctx().resources.get(&tile).unwrap();
    assert_eq!(resource.text("cluster"), Some("home"));
    assert!(resource.text("url").is_some_and(|url| url.contains("://jellyfin.example.org")), "{resource:?}");
    assert!(resource.depends_on.iter().any(|need| need.as_str() == "cluster/home/api"), "{resource:?}");
    assert!(resource.depends_on.iter().any(|need| need.kind() == "route"), "{resource:?}");
    hub.wait_until("it is probed", SOON, |ctx| ctx.checks.find(&tile).is_some()).await;
    cluster.delete("Ingress", "media", "jellyfin");
    hub.wait_until("it is gone with its check", SOON, |ctx| {
        ctx.resources.get(&tile).is_none() && ctx.checks.find(&tile).is_none()
    })
    .await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_no_probes_gets_none() {
    let cluster = FakeCluster::start().await;
    cluster.apply_yaml(INGRESS);
    let hub = hub_with(&[("home", &cluster, "probe = false")]).await;
    hub.wait_until("it is a tile", PATIENCE, |ctx| has(ctx, "service/home/jellyfin.example.org")).await;
    assert_eq!(hub.ctx().checks.all(), []);
    hub.stop().await;
}

/// A pod whose image is not pulled, with what the kubelet says of it at the moment.
fn pulling(reason: &str, message: &str) -> serde_json::Value {
    serde_json::json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "shop", "namespace": "web", "uid": "8d2a"},
        "spec": {"nodeName": "one", "containers": [{"name": "shop", "image": "ghcr.io/anna/shop:2"}]},
        "status": {"phase": "Pending", "startTime": "2026-01-01T00:00:00Z", "containerStatuses": [{
            "name": "shop", "image": "ghcr.io/anna/shop:2", "restartCount": 0, "ready": false,
            "state": {"waiting": {"reason": reason, "message": message}}}]},
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cause_of_a_failed_pull_is_remembered_while_the_kubelet_only_says_that_it_waits() {
    let cluster = FakeCluster::start().await;
    let cause = "rpc error: code = NotFound desc = failed to pull and unpack image \"ghcr.io/anna/shop:2\": \
                 failed to resolve reference \"ghcr.io/anna/shop:2\": ghcr.io/anna/shop:2: not found";
    cluster.apply(pulling("ErrImagePull", cause));
    let hub = hub(&cluster).await;
    let id = "workload/home/web/pod/shop";
    hub.wait_until("the cause is named", PATIENCE, |ctx| {
        super::house::health(ctx, id).starts_with("critical")
    })
    .await;
    let named = super::house::health(hub.ctx(), id);
    cluster.apply(pulling("ImagePullBackOff", "Back-off pulling image \"ghcr.io/anna/shop:2\""));
    let examined = || view(hub.ctx(), "home").examined_at;
    let before = examined();
    hub.wait_until("it was looked at again", PATIENCE, |ctx| view(ctx, "home").examined_at > before).await;
    hub.ctx().resources.settle().await;
    assert_eq!(super::house::health(hub.ctx(), id), named);
    assert!(named.contains("tag") || named.contains("does not exist"), "{named}");
    hub.stop().await;
}
