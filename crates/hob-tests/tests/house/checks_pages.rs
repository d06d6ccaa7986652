//! The pages of checks, as people use them: with a browser, with and without scripts, on a telephone and on a desk.

use crate::browser::{blank, is_clean, open_as};
use crate::support::{PATIENCE, house, house_with, level};
use hob_base::Level::{Critical, Ok as Well};
use hob_testkit::browser::{Page, Screen};
use hob_testkit::fake_service::FakeService;
use hob_testkit::hub::TestHub;
use serde_json::Value;

const PHONE: Screen = Screen { width: 390, height: 844, scale: 2.0, mobile: true };
const DESK: Screen = Screen { width: 1280, height: 860, scale: 1.0, mobile: false };
const KUMA: &str = include_str!("../../../feat-checks/src/import/tests/kuma.json");

async fn path(page: &Page, hub: &TestHub) -> String {
    let url = page.url().await.unwrap();
    url.strip_prefix(&hub.url("")).unwrap_or(&url).to_owned()
}

/// Everything that is done to a check, by forms alone.
async fn live_with_a_check(scripts: bool) {
    let Some(page) = blank().await else { return };
    let photos = FakeService::start().await;
    let hub = house().start().await;
    let anna = hub.set_up().await;
    page.no_javascript(!scripts).await.unwrap();
    open_as(&page, &hub, &anna, "/checks").await;
    page.click("main a[href='/checks/new']").await.unwrap();
    page.click("main a[href='/checks/new?kind=http']").await.unwrap();
    page.fill("#name", "Photos").await.unwrap();
    page.fill("#url", "photos").await.unwrap();
    page.click("main button[value=save]").await.unwrap();
    page.wait_for_text("main", "It does not begin with http", PATIENCE).await.unwrap();
    // The browser itself reports the status of that answer in its console.
    page.clear_logs().await.unwrap();
    assert_eq!(page.eval("document.getElementById('name').value").await.unwrap(), "Photos");
    page.fill("#url", &photos.url()).await.unwrap();
    page.fill("#interval", "1s").await.unwrap();
    page.click("main button[value=try]").await.unwrap();
    page.wait_for_text("#tried", "Answers with 200 OK.", PATIENCE).await.unwrap();
    page.click("main button[value=save]").await.unwrap();
    page.wait_for_text("main", "The check is made.", PATIENCE).await.unwrap();
    assert_eq!(path(&page, &hub).await, "/checks/photos?said=made");

    hub.wait_until("it is well", PATIENCE, |ctx| level(ctx, "service/added/photos") == Some(Well)).await;
    photos.stop().await;
    hub.wait_until("it is critical", PATIENCE, |ctx| level(ctx, "service/added/photos") == Some(Critical))
        .await;
    page.open(&hub.url("/checks?health=critical")).await.unwrap();
    page.wait_for_text("main table", "Photos", PATIENCE).await.unwrap();
    photos.restart().await;
    hub.wait_until("it is well again", PATIENCE, |ctx| level(ctx, "service/added/photos") == Some(Well))
        .await;

    page.open(&hub.url("/checks")).await.unwrap();
    page.click("main form[action='/checks/photos/pause'] button").await.unwrap();
    page.wait_for_text("main table", "paused", PATIENCE).await.unwrap();
    page.click("main a[href='/checks/photos']").await.unwrap();
    page.click("main a[href='/checks/photos/delete']").await.unwrap();
    page.wait_for_text("main", "Delete “Photos”?", PATIENCE).await.unwrap();
    page.click("main button.danger").await.unwrap();
    page.wait_for_text("main", "The check is deleted.", PATIENCE).await.unwrap();
    is_clean(&page, &hub, "checks").await;
}

#[tokio::test]
async fn a_check_is_made_tried_paused_and_deleted_in_a_browser() {
    live_with_a_check(true).await;
}

#[tokio::test]
async fn a_check_is_made_tried_paused_and_deleted_without_scripts() {
    live_with_a_check(false).await;
}

/// What is wrong with how the open page looks.
async fn faults(page: &Page) -> Vec<String> {
    let mut faults = page.console_errors().await.unwrap();
    if page.scrolls_sideways().await.unwrap() {
        let widest = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(e => e.outerHTML.slice(0, 90)).slice(0, 3)";
        faults.push(format!("it scrolls sideways: {}", page.eval(widest).await.unwrap()));
    }
    let holds = [
        ("document.querySelectorAll('h1').length === 1", "not one main heading"),
        (
            "new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size === document.querySelectorAll('[id]').length",
            "an id twice",
        ),
        (
            "[...document.querySelectorAll('[aria-describedby], label[for]')].every(e => document.getElementById(e.getAttribute('aria-describedby') ?? e.getAttribute('for')))",
            "a reference to nothing",
        ),
        (
            "[...document.querySelectorAll('main input:not([type=hidden]),main select,main textarea')].every(e => e.labels?.length || e.ariaLabel)",
            "an input without a label",
        ),
    ];
    for (holds, fault) in holds {
        if page.eval(holds).await.unwrap() != Value::Bool(true) {
            faults.push(fault.to_owned());
        }
    }
    page.clear_logs().await.unwrap();
    faults
}

/// Where pictures go for who wants to see them: the folder in `HOB_CHECKS_PICTURES`.
async fn photograph(page: &Page, name: &str) {
    if let Ok(folder) = std::env::var("HOB_CHECKS_PICTURES") {
        page.screenshot(format!("{folder}/{name}.png")).await.unwrap();
    }
}

#[tokio::test]
async fn every_page_of_checks_fits_a_telephone_and_a_desk() {
    let Some(page) = blank().await else { return };
    let long = "averylongnamewithoutasingleplacetobreakaline";
    let file = format!("[[service]]\nname = \"{long}\"\nurl = \"http://127.0.0.1:9/{long}/{long}/{long}\"\n");
    let hub = house_with(&file).start().await;
    let mut anna = hub.set_up().await;
    let fields = [
        ("kind", "http"),
        ("name", long),
        ("url", "http://127.0.0.1:9/x"),
        ("expect_text", "Welcome"),
        ("secret_name_0", "X-Api-Key"),
        ("secret_value_0", "x"),
        ("login", "basic"),
        ("user", "me"),
        ("password", "x"),
    ];
    assert_eq!(anna.post_form("/checks/new", &fields).await.status, 303);
    let spec = hob_feature::CheckSpec::new(
        crate::support::id("service/nas/3000"),
        hob_feature::CheckTarget::found("http://127.0.0.1:9/"),
        std::time::Duration::from_secs(60),
    );
    hub.ctx().checks.publish("test", vec![spec]);
    let mine = format!("/checks/{long}");
    hub.wait_until("all are published", PATIENCE, |ctx| ctx.checks.all().len() >= 3).await;
    let delete = format!("{mine}/delete");
    let mut pages = vec![
        "/checks",
        "/checks?q=nothing+is+like+that",
        "/checks/new",
        &mine,
        &delete,
        "/checks/import",
        "/checks/override/service/nas/3000",
    ];
    let kinds: Vec<String> =
        ["http", "tcp", "ping", "dns", "tls", "domain", "docker", "group", "postgres", "grpc", "registry"]
            .iter()
            .map(|kind| format!("/checks/new?kind={kind}"))
            .collect();
    pages.extend(kinds.iter().map(String::as_str));
    open_as(&page, &hub, &anna, "/checks").await;
    let mut wrong = Vec::new();
    for (screen, name) in [(PHONE, "phone"), (DESK, "desk")] {
        page.screen(screen).await.unwrap();
        for (at, path) in pages.iter().enumerate() {
            page.open(&hub.url(path)).await.unwrap();
            page.eval("document.querySelectorAll('details').forEach(d => d.open = true)").await.unwrap();
            wrong.extend(faults(&page).await.into_iter().map(|fault| format!("{path} on a {name}: {fault}")));
            photograph(&page, &format!("{name}-{at}")).await;
        }
        // What comes back when something is wrong, and what would be imported.
        page.open(&hub.url("/checks/new?kind=http")).await.unwrap();
        page.click("main button[value=save]").await.unwrap();
        page.wait_for(".field.wrong", PATIENCE).await.unwrap();
        // The browser reports the status of the answer in its own console.
        page.clear_logs().await.unwrap();
        wrong.extend(faults(&page).await.into_iter().map(|fault| format!("mistakes on a {name}: {fault}")));
        photograph(&page, &format!("{name}-mistakes")).await;
        page.open(&hub.url("/checks/import")).await.unwrap();
        let text = serde_json::to_string(KUMA).unwrap();
        page.eval(&format!("document.getElementById('text').value = {text}")).await.unwrap();
        page.click("main button.primary").await.unwrap();
        page.wait_for_text("h1", "From Uptime Kuma", PATIENCE).await.unwrap();
        wrong.extend(faults(&page).await.into_iter().map(|fault| format!("preview on a {name}: {fault}")));
        photograph(&page, &format!("{name}-preview")).await;
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_file_is_chosen_looked_at_and_taken_in_a_browser() {
    let Some(page) = blank().await else { return };
    let hub = house().start().await;
    let anna = hub.set_up().await;
    page.no_javascript(true).await.unwrap();
    open_as(&page, &hub, &anna, "/checks/import").await;
    let file = tempfile::Builder::new().suffix(".json").tempfile().unwrap();
    // Paused, since what is taken is not on this machine.
    std::fs::write(
        file.path(),
        KUMA.replace("\"active\": true", "\"active\": false").replace("\"active\": 1", "\"active\": 0"),
    )
    .unwrap();
    page.eval("document.getElementById('file').labels.length").await.unwrap();
    let root = page.cdp("DOM.getDocument", serde_json::json!({})).await.unwrap();
    let query = serde_json::json!({ "nodeId": root["root"]["nodeId"], "selector": "#file" });
    let node = page.cdp("DOM.querySelector", query).await.unwrap();
    let files = serde_json::json!({ "nodeId": node["nodeId"], "files": [file.path()] });
    page.cdp("DOM.setFileInputFiles", files).await.unwrap();
    page.click("main button.primary").await.unwrap();
    page.wait_for_text("h1", "From Uptime Kuma: 19 checks", PATIENCE).await.unwrap();
    page.click("main form button.primary").await.unwrap();
    page.wait_for_text("main", "The checks are made.", PATIENCE).await.unwrap();
    page.wait_for_text("main", "19 checks.", PATIENCE).await.unwrap();
    is_clean(&page, &hub, "import").await;
}
