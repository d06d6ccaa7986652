//! A hub with nothing but a kubeconfig, before a real API server that is loaded as a cluster at home is.
//!
//! There are no nodes in it: what kubelets and controllers would write is written by the test.

use crate::support::{PATIENCE, shown};
use hob_feature::Ctx;
use hob_testkit::chart;
use hob_testkit::hub::TestHub;
use hob_testkit::real_cluster::RealCluster;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;

const HOME: &str = include_str!("kubernetes/home.yaml");
const FAULTS: &str = include_str!("kubernetes/faults.yaml");

/// Within this an object that was added is on the page.
const SOON: Duration = Duration::from_secs(2);

/// For a server of so old a version that is stopped and started while the machine is busy.
const LONG: Duration = Duration::from_secs(120);

/// The user of the kubeconfig; the rights are those of the chart.
const USER: &str = "anna";

/// Definitions of the real projects, reduced for this version of the server, where they lie beside the checkout.
fn definitions() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures/crds-1.20");
    let names = [
        "traefik-v2.11-both-groups",
        "gateway-api-v1.6.1-standard",
        "argocd-v3.5.1",
        "k3s-helm-controller-v0.17.7",
    ];
    let files = names.iter().map(|name| folder.join(format!("{name}.yaml")));
    files.filter(|file| file.is_file()).collect()
}

/// What the chart grants, granted to the user.
fn rights() -> String {
    let objects = chart::objects("hob", "default", &json!({}));
    let role = objects.iter().find(|object| object["kind"] == "ClusterRole").unwrap();
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "hob"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role["metadata"]["name"]},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": USER}],
    });
    json!({"apiVersion": "v1", "kind": "List", "items": [role, binding]}).to_string()
}

async fn hub_of(cluster: &RealCluster) -> TestHub {
    let kubeconfig = cluster.kubeconfig_for(USER, "");
    let config = format!(
        "[[kubernetes]]\nname = \"home\"\nkubeconfig = \"{}\"\nprobe = false\n[hosts]\nenabled = false\n[services]\nenabled = false\n",
        kubeconfig.display()
    );
    let features = hob::FEATURES;
    let hub = TestHub::with(features).config(&config).start().await;
    hub.wait_until("the cluster is read", LONG, |ctx| {
        shown(ctx, "service/home/jellyfin.home.test").is_some()
    })
    .await;
    hub
}

/// The addresses of the tiles that are shown, in order.
fn tiles(ctx: &Ctx) -> Vec<String> {
    let all = ctx.resources.list();
    let of_cluster = all.iter().filter(|one| one.id.kind() == "service" && one.id.scope() == "home");
    let mut urls: Vec<String> = of_cluster
        .filter(|one| one.text("hidden").is_none())
        .map(|one| one.text("url").unwrap_or("no address").to_owned())
        .collect();
    urls.sort();
    urls
}

/// What is wrong with a resource, in one line: level, sentence, evidence.
fn wrong(ctx: &Ctx, id: &str) -> String {
    let Some(resource) = shown(ctx, id) else { return format!("there is no {id}") };
    format!("{}: {} ({})", resource.health.level, resource.health.reason, resource.health.evidence)
}

/// Everything of the cluster that is not well.
fn all_wrong(ctx: &Ctx) -> Vec<String> {
    let all = ctx.resources.list();
    let bad = all
        .iter()
        .filter(|one| one.id.scope() == "home" && one.judged && one.health.level > hob_base::Level::Ok);
    bad.map(|one| format!("{} {}", one.id, wrong(ctx, &one.id.to_string()))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn on_kube_apiserver_1_20_every_route_is_found_and_every_fault_is_named() {
    let Some(mut cluster) = RealCluster::builder().start_or_skip().await else { return };
    cluster.install_definitions(&definitions()).await;
    cluster.apply_with_status(HOME).await;
    cluster.apply_yaml(&rights()).await;
    let hub = hub_of(&cluster).await;
    routes(&hub).await;
    faults(&cluster, &hub).await;
    bad_days(&mut cluster, &hub).await;
    hub.stop().await;
}

async fn routes(hub: &TestHub) {
    let wanted = [
        "http://grafana.home.test",
        "http://ha.home.test",
        "https://jellyfin.home.test",
        "https://shop.home.test",
        "https://sonarr.home.test",
    ];
    hub.wait_until("five tiles", PATIENCE, |ctx| tiles(ctx).len() == wanted.len()).await;
    assert_eq!(tiles(hub.ctx()), wanted);
    hub.wait_until("everything is well", PATIENCE, |ctx| all_wrong(ctx).is_empty()).await;
    let shop = shown(hub.ctx(), "service/home/shop.home.test").unwrap();
    assert_eq!(shop.text("aliases"), Some("www.shop.home.test"), "and its API is no tile of its own");
    let sonarr = shown(hub.ctx(), "service/home/sonarr.home.test").unwrap();
    assert_eq!(sonarr.text("found_in"), Some("IngressRoute media/sonarr, IngressRoute media/sonarr-http"));
    let ports = hub.ctx().resources.list();
    let mut ports = ports.iter().filter(|one| one.id.kind() == "port" && one.id.scope() == "home");
    let mqtt = ports.next().map(|port| port.id.to_string());
    assert_eq!(mqtt.as_deref(), Some("port/home/home/mosquitto:1883/tcp"), "what no browser opens is listed");
}

/// What is planted, and words of the sentence that has to name it.
const PLANTED: &[(&str, &str)] = &[
    ("certificate/home/media/home-test-tls", "the ClusterIssuer “le” does not exist"),
    ("deployment/home/home/application/media", "warning: Argo CD cannot work out what belongs to “media”"),
    ("deployment/home/home/kustomization/apps", "warning: Flux cannot apply the Kustomization “apps”"),
    ("host/home/pi", "critical: Nobody has heard of the node “pi”"),
    (
        "image/home/ghcr.io/anna/shop:sha-9d1e2f3",
        "critical: The registry ghcr.io rejects the login in the pull secret “ghcr”",
    ),
    (
        "route/home/ingress/media/photos",
        "critical: The Service “immich” that this route names does not exist",
    ),
    (
        "route/home/ingressroute/media/radarr",
        "critical: The middleware “login” that this route names does not exist",
    ),
    ("workload/home/home/pod/paperless-0", "used more memory than its limit of 512Mi"),
    ("workload/home/monitoring/pod/loki-0", "too little memory is free"),
    ("workload/home/web/pod/shop-new", "critical: The registry ghcr.io rejects the login"),
];

async fn faults(cluster: &RealCluster, hub: &TestHub) {
    cluster.apply_with_status(FAULTS).await;
    for (id, sentence) in PLANTED {
        let end = tokio::time::Instant::now() + PATIENCE;
        while !wrong(hub.ctx(), id).contains(sentence) {
            assert!(
                tokio::time::Instant::now() < end,
                "{id} is not {sentence:?} but {}",
                wrong(hub.ctx(), id)
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    // A claim that has waited for seconds only, and the tiles of the two broken routes, are no faults of their own.
    let all = all_wrong(hub.ctx());
    assert_eq!(all.len(), PLANTED.len(), "nothing else is called broken: {all:#?}");
}

/// A right is taken away, the server is restarted, and a definition is deleted while it is watched.
async fn bad_days(cluster: &mut RealCluster, hub: &TestHub) {
    let jellyfin = "service/home/jellyfin.home.test";
    let role = chart::objects("hob", "default", &json!({}))
        .into_iter()
        .find(|one| one["kind"] == "ClusterRole")
        .unwrap();
    let mut less = role.clone();
    less["rules"].as_array_mut().unwrap().retain(|rule| rule["apiGroups"][0] != "networking.k8s.io");
    cluster.apply_yaml(&less.to_string()).await;
    // A server looks at rights when a watch begins; this one ends every watch.
    cluster.stop_api_server();
    cluster.start_api_server().await;
    cluster.apply_yaml(&ingress("added")).await;
    cluster.apply_yaml(&ingress_route("moved")).await;
    hub.wait_until("it is watched again", LONG, |ctx| shown(ctx, "service/home/moved.home.test").is_some())
        .await;
    assert!(shown(hub.ctx(), jellyfin).is_some(), "what was known stays when it may not be read any more");
    assert!(shown(hub.ctx(), "service/home/added.home.test").is_none());
    cluster.apply_yaml(&ingress_route("soon")).await;
    hub.wait_until("what is added is shown soon", SOON, |ctx| {
        shown(ctx, "service/home/soon.home.test").is_some()
    })
    .await;
    cluster.delete("crd", "default", "httproutes.gateway.networking.k8s.io").await;
    let gone = |ctx: &Ctx| shown(ctx, "service/home/grafana.home.test").is_none();
    hub.wait_until("its tile goes with the definition", LONG, gone).await;
    assert!(shown(hub.ctx(), jellyfin).is_some());
}

fn ingress(name: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}, namespace: media}}\nspec:\n  rules:\n  - host: {name}.home.test\n    \
         http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: jellyfin, port: {{name: http}}}}}}}}]}}\n"
    )
}

fn ingress_route(name: &str) -> String {
    format!(
        "apiVersion: traefik.io/v1alpha1\nkind: IngressRoute\nmetadata: {{name: {name}, namespace: media}}\nspec:\n  entryPoints: [web]\n  routes:\n  \
         - {{match: Host(`{name}.home.test`), kind: Rule, services: [{{name: sonarr, port: 80}}]}}\n"
    )
}
