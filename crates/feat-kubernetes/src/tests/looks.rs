//! Pages to be looked at: with `HOB_LOOK` set to a folder, pictures of them are left there.

use super::house::{PATIENCE, config, view};
use crate::FEATURE;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use hob_feature::{Ctx, Feature};
use hob_testkit::browser::{Browser, Page};
use hob_testkit::fake_cluster::{FakeCluster, big};
use hob_testkit::gate::BY_SCOPE;
use hob_testkit::hub::TestHub;
use hob_web::components::card;
use hob_web::{Answer, Frame};
use maud::html;
use serde_json::json;

static FEATURES: [Feature; 2] =
    [FEATURE, Feature { gate: Some(BY_SCOPE), routes: resource_pages, ..Feature::new("fake", "Fake") }];

/// In place of the page of a resource, which another feature draws: its cards.
fn resource_pages(ctx: &Ctx) -> Router {
    Router::new().route("/resources/{*id}", get(resource_page)).with_state(ctx.clone())
}

async fn resource_page(State(ctx): State<Ctx>, frame: Frame, Path(id): Path<String>) -> Answer {
    let resource = ctx.resources.get(&id.parse().unwrap()).unwrap();
    let cards = crate::pages::cards(&ctx, &resource);
    Ok(frame
        .page(&id, &html! { h1 { (resource.name) } @for one in &cards { (card(&one.title, &one.body)) } }))
}

/// A thing in the middle of a chain.
const WELL: &str = "/resources/workload/home/apps-0/deployment/jellyfin-0";

/// Ten things that are wrong.
fn faults() -> String {
    let mut text = String::new();
    for name in ["shop", "wiki", "blog"] {
        text.push_str(&format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}, namespace: web}}\n\
             spec: {{ingressClassName: traefik, rules: [{{host: {name}.example.org, http: {{paths: [{{path: /, pathType: Prefix, \
             backend: {{service: {{name: {name}-missing, port: {{number: 80}}}}}}}}]}}}}]}}\n---\n"
        ));
    }
    for name in ["apps", "infra"] {
        text.push_str(&super::house::kustomization(name, false));
        text.push_str("---\n");
    }
    text.push_str(
        "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: photos, namespace: web, creationTimestamp: \"2026-01-01T00:00:00Z\"}\n\
         spec: {accessModes: [ReadWriteOnce], storageClassName: none, resources: {requests: {storage: 10Gi}}}\nstatus: {phase: Pending}\n---\n\
         apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: backup, namespace: web, creationTimestamp: \"2026-01-01T00:00:00Z\"}\n\
         spec: {schedule: \"0 3 * * *\", jobTemplate: {spec: {template: {spec: {containers: [{name: b, image: \"restic/restic:0.17\"}]}}}}}\n",
    );
    text
}

fn break_pods(cluster: &FakeCluster) {
    for name in ["jellyfin-0", "grafana-1", "paperless-2", "immich-3"] {
        cluster.change("Deployment", "apps-0", name, |object| {
            object["status"]["readyReplicas"] = json!(0);
            object["status"]["availableReplicas"] = json!(0);
        });
    }
}

async fn shoot(page: &Page, hub: &TestHub, name: &str, path: &str) {
    let Some(folder) = std::env::var_os("HOB_LOOK") else { return };
    for (width, screen) in [(1280, "wide"), (390, "narrow")] {
        page.resize(width, 900).await.unwrap();
        for dark in [false, true] {
            page.dark(dark).await.unwrap();
            page.open(&hub.url(path)).await.unwrap();
            let tone = if dark { "dark" } else { "light" };
            let file = std::path::Path::new(&folder).join(format!("{name}-{screen}-{tone}.png"));
            page.screenshot(file).await.unwrap();
        }
    }
    page.dark(false).await.unwrap();
    page.resize(1280, 900).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fault_appears_on_the_open_page_by_itself_and_no_page_scrolls_sideways() {
    let Some(browser) = Browser::start_or_skip().await else { return };
    let page = browser.page().await.unwrap();
    let cluster = FakeCluster::start().await;
    cluster.load(big(24, 60, 3));
    let hub = TestHub::with(&FEATURES).config(&config(&[("home", &cluster, "")])).start().await;
    hub.wait_until("the cluster was read", PATIENCE, |ctx| view(ctx, "home").complete).await;
    let cookie = json!({ "name": "hob", "value": "read", "url": hub.url("/"), "httpOnly": true });
    page.cdp("Network.setCookie", cookie).await.unwrap();
    page.open(&hub.url("/kubernetes/home")).await.unwrap();
    page.wait_for_text(".findings", "Nothing in this cluster is broken.", PATIENCE).await.unwrap();
    for (name, path) in [
        ("well-list", "/kubernetes"),
        ("well-cluster", "/kubernetes/home"),
        ("well-routes", "/kubernetes/home/routes"),
    ] {
        shoot(&page, &hub, name, path).await;
    }
    page.open(&hub.url("/kubernetes/home")).await.unwrap();
    page.eval("window.untouched = true").await.unwrap();
    cluster.apply_yaml(&faults());
    break_pods(&cluster);
    cluster.forbid("secrets");
    page.wait_for_text(".findings", "shop-missing", PATIENCE).await.unwrap();
    assert_eq!(page.eval("window.untouched === true").await.unwrap(), true, "the page was loaded again");
    for path in
        ["/kubernetes", "/kubernetes/home", "/kubernetes/home/routes", "/kubernetes/home?q=jellyfin", WELL]
    {
        for width in [360, 1280] {
            page.resize(width, 800).await.unwrap();
            page.open(&hub.url(path)).await.unwrap();
            assert!(!page.scrolls_sideways().await.unwrap(), "{path} at {width}");
        }
    }
    for (name, path) in [
        ("ill-list", "/kubernetes"),
        ("ill-cluster", "/kubernetes/home"),
        ("ill-routes", "/kubernetes/home/routes"),
        ("chain-broken", "/resources/service/home/shop.example.org"),
        ("chain-well", WELL),
    ] {
        shoot(&page, &hub, name, path).await;
    }
    assert_eq!(page.console_errors().await.unwrap(), [""; 0]);
    hub.stop().await;
}
