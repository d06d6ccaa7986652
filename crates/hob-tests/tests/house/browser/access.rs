//! What assistive technology gets, and what makes Hob an app.

use super::{blank, open_as};
use crate::answers::furnish;
use crate::support::{PATIENCE, eventually, house, observe, said};
use hob_base::Health;
use hob_testkit::browser::Page;
use serde_json::Value;

/// Role and name of everything that assistive technology sees.
async fn tree(page: &Page) -> Vec<(String, String)> {
    let tree = page.accessibility_tree().await.unwrap();
    let seen = tree["nodes"].as_array().unwrap().iter().filter(|node| node["ignored"] != Value::Bool(true));
    let text = |value: &Value| value["value"].as_str().unwrap_or_default().to_owned();
    seen.map(|node| (text(&node["role"]), text(&node["name"]))).collect()
}

/// What is wrong with the open page for who cannot see it.
async fn faults(page: &Page) -> Vec<String> {
    const NAMED: [&str; 8] =
        ["link", "button", "textbox", "searchbox", "combobox", "checkbox", "image", "dialog"];
    let tree = tree(page).await;
    let nameless =
        tree.iter().filter(|(role, name)| NAMED.contains(&role.as_str()) && name.trim().is_empty());
    let mut faults: Vec<String> = nameless.map(|(role, _)| format!("a {role} without a name")).collect();
    if !tree.iter().any(|(role, name)| role == "heading" && !name.is_empty()) {
        faults.push("no heading".to_owned());
    }
    if !tree.iter().any(|(role, _)| role == "main") {
        faults.push("no main part".to_owned());
    }
    let checks = [
        ("document.documentElement.lang === 'en'", "no language"),
        ("document.title.length > 5", "no title"),
        (
            "new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size === document.querySelectorAll('[id]').length",
            "an id twice",
        ),
        (
            "[...document.querySelectorAll('[aria-describedby], [aria-labelledby], label[for]')].every(e => document.getElementById(e.getAttribute('aria-describedby') ?? e.getAttribute('for')) || e.matches('dialog'))",
            "a reference to nothing",
        ),
        (
            "[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1]).every((level, i, all) => i === 0 ? level === 1 : level <= all[i - 1] + 1)",
            "headings skip a level",
        ),
        (
            "[...document.querySelectorAll('input:not([type=hidden]):not([hidden]),select,textarea')].every(e => e.labels?.length)",
            "an input without a label",
        ),
    ];
    for (holds, fault) in checks {
        if page.eval(holds).await.unwrap() != Value::Bool(true) {
            faults.push(fault.to_owned());
        }
    }
    faults
}

#[tokio::test]
async fn every_page_has_headings_labels_names_and_a_language() {
    let Some(page) = blank().await else { return };
    let hub = house().start().await;
    let mut wrong = Vec::new();
    page.open(&hub.url("/setup")).await.unwrap();
    wrong.push(("/setup", faults(&page).await));
    let anna = hub.set_up().await;
    furnish(&hub).await;
    page.open(&hub.url("/login")).await.unwrap();
    wrong.push(("/login", faults(&page).await));
    open_as(&page, &hub, &anna, "/").await;
    let paths = [
        "/",
        "/resources",
        "/resources/door/home/back",
        "/resources/service/nas/3000",
        "/tiles/service/nas/3000",
        "/search?q=door",
        "/account",
        "/account/tokens",
        "/account/users",
        "/system/jobs",
        "/nowhere",
    ];
    for path in paths {
        page.open(&hub.url(path)).await.unwrap();
        wrong.push((path, faults(&page).await));
    }
    wrong.retain(|(_, faults)| !faults.is_empty());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_tile_says_its_name_and_its_state_to_who_cannot_see_it() {
    let Some(page) = blank().await else { return };
    let hub = house().start().await;
    let anna = hub.set_up().await;
    observe(hub.ctx(), said("service/nas/3000", Health::critical("Nothing listens.")).named("Grafana")).await;
    open_as(&page, &hub, &anna, "/").await;
    // Tiles are laid out when they come into view.
    let tree = eventually("the tile is part of the tree", async || {
        let tree = tree(&page).await;
        tree.iter().any(|(_, name)| name.contains("Grafana is critical")).then_some(tree)
    })
    .await;
    let has = |role: &str, part: &str| tree.iter().any(|(r, name)| r == role && name.contains(part));
    assert!(has("link", "Grafana"), "{tree:?}");
    assert!(has("heading", "Grafana is broken: Nothing listens."), "{tree:?}");
    assert!(has("navigation", "Main") && has("heading", "Services"), "{tree:?}");
}

#[tokio::test]
async fn dialogs_have_a_name_and_take_the_focus() {
    let Some(page) = blank().await else { return };
    let hub = house().start().await;
    let anna = hub.set_up().await;
    open_as(&page, &hub, &anna, "/resources").await;
    page.press("/").await.unwrap();
    page.wait_until("document.activeElement.matches('dialog[open] input')", PATIENCE).await.unwrap();
    let tree = tree(&page).await;
    assert!(tree.iter().any(|(role, name)| role == "dialog" && name == "Search"), "{tree:?}");
    assert!(tree.iter().any(|(role, name)| role == "searchbox" && !name.is_empty()), "{tree:?}");
    page.press("Escape").await.unwrap();
    page.wait_until("!document.querySelector('dialog').open", PATIENCE).await.unwrap();
}

#[tokio::test]
async fn hob_can_be_installed_as_an_app() {
    let Some(page) = blank().await else { return };
    let hub = house().start().await;
    let anna = hub.set_up().await;
    open_as(&page, &hub, &anna, "/").await;
    let manifest = page
        .eval("fetch(document.querySelector('link[rel=manifest]').href).then(answer => answer.json())")
        .await
        .unwrap();
    assert_eq!((&manifest["name"], &manifest["display"]), (&"Hob".into(), &"standalone".into()));
    for icon in manifest["icons"].as_array().unwrap() {
        let load = format!(
            "new Promise((good, bad) => {{ const i = new Image(); i.onload = () => good(i.naturalWidth); i.onerror = () => good(0); i.src = {}; }})",
            icon["src"]
        );
        assert!(page.eval(&load).await.unwrap().as_u64().unwrap() > 0, "{icon}");
    }
    page.wait_until("navigator.serviceWorker.getRegistration().then(r => Boolean(r?.active))", PATIENCE)
        .await
        .unwrap();
    let problems = page.cdp("Page.getInstallabilityErrors", serde_json::json!({})).await.unwrap();
    let problems = problems["installabilityErrors"].as_array().unwrap();
    // A browser without a window can never install anything.
    assert!(problems.iter().all(|problem| problem["errorId"] == "in-incognito"), "{problems:?}");
}
