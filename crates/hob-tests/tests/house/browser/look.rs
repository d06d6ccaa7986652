//! Every page on every screen.

use super::{blank, is_clean, open_as};
use crate::answers::{all_pages, furnish};
use crate::support::{house, observe, said};
use hob_base::Health;
use hob_testkit::browser::{Page, Screen};
use hob_testkit::client::Client;
use hob_testkit::hub::TestHub;
use hob_web::components::{encode_id, resource_path};

/// All pages of a house in which every kind of thing is wrong.
async fn furnished() -> (TestHub, Client, Vec<String>) {
    let hub = house().start().await;
    let anna = hub.set_up().await;
    let ids = furnish(&hub).await;
    let long = "Averylongnamewithoutasingleplacetobreakaline".repeat(2);
    let wide = said("service/nas/9999", Health::critical(format!("It is broken: {long}.")));
    observe(hub.ctx(), wide.named(long).fact("url", "http://127.0.0.1:9999/")).await;
    let image = said("service/nas/9998", Health::ok("It answers.")).named("<img src=/x onerror=alert(1)>");
    observe(hub.ctx(), image).await;
    let mut paths: Vec<String> = all_pages().iter().map(|path| (*path).to_owned()).collect();
    paths.extend(ids.iter().map(resource_path));
    paths.push(format!("/tiles/{}", encode_id(&ids[3])));
    paths.push("/resources/service/nas/9999".to_owned());
    paths.sort();
    paths.dedup();
    (hub, anna, paths)
}

async fn check(page: &Page, hub: &TestHub, what: &str, problems: &mut Vec<String>) {
    let errors = page.console_errors().await.unwrap();
    if !errors.is_empty() {
        problems.push(format!("{what}: {errors:?}"));
    }
    let hosts = page.requested_hosts().await.unwrap();
    if hosts.iter().any(|host| *host != hub.address().to_string()) {
        problems.push(format!("{what} asks {hosts:?}"));
    }
    if page.scrolls_sideways().await.unwrap() {
        let widest = "[...document.querySelectorAll('main *, header *')].filter(e => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(e => e.outerHTML.slice(0, 90)).slice(0, 3)";
        problems.push(format!("{what} scrolls sideways: {}", page.eval(widest).await.unwrap()));
    }
    if page.count("h1").await.unwrap() != 1 {
        problems.push(format!("{what} has {} main headings", page.count("h1").await.unwrap()));
    }
    page.clear_logs().await.unwrap();
}

async fn look_at_all(screen: Screen) {
    let Some(page) = blank().await else { return };
    let (hub, anna, paths) = furnished().await;
    page.screen(screen).await.unwrap();
    open_as(&page, &hub, &anna, "/").await;
    let mut problems = Vec::new();
    let mut dark = false;
    for path in &paths {
        page.open(&hub.url(path)).await.unwrap();
        check(&page, &hub, &what(path, dark), &mut problems).await;
        // The other way, while it is open.
        dark = !dark;
        page.dark(dark).await.unwrap();
        check(&page, &hub, &what(path, dark), &mut problems).await;
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

fn what(path: &str, dark: bool) -> String {
    format!("{path} in the {}", if dark { "dark" } else { "light" })
}

#[tokio::test]
async fn every_page_is_clean_on_a_desk_in_the_light_and_in_the_dark() {
    look_at_all(Screen::DESKTOP).await;
}

#[tokio::test]
async fn every_page_is_clean_on_a_phone_in_the_light_and_in_the_dark() {
    look_at_all(Screen::PHONE).await;
}

#[tokio::test]
async fn the_doors_are_clean_on_a_phone() {
    let Some(page) = blank().await else { return };
    let hub = house().start().await;
    page.screen(Screen::PHONE).await.unwrap();
    let mut problems = Vec::new();
    page.open(&hub.url("/setup")).await.unwrap();
    check(&page, &hub, "setup", &mut problems).await;
    hub.set_up().await;
    page.open(&hub.url("/login")).await.unwrap();
    check(&page, &hub, "login", &mut problems).await;
    assert!(problems.is_empty(), "{problems:#?}");
}

#[tokio::test]
async fn every_entry_of_the_navigation_leads_somewhere_and_says_where_one_is() {
    let Some(page) = blank().await else { return };
    let (hub, anna, _) = furnished().await;
    open_as(&page, &hub, &anna, "/").await;
    let links = page
        .eval("[...document.querySelectorAll('header nav a')].map(a => a.getAttribute('href'))")
        .await
        .unwrap();
    let links: Vec<String> =
        links.as_array().unwrap().iter().map(|link| link.as_str().unwrap().to_owned()).collect();
    assert!(links.len() >= 3, "{links:?}");
    for link in &links {
        page.click(&format!("header nav a[href='{link}']")).await.unwrap();
        page.wait_until(&format!("location.pathname === '{link}'"), crate::support::PATIENCE).await.unwrap();
        assert_eq!(page.count("header nav a[aria-current=page]").await.unwrap(), 1, "{link}");
    }
    is_clean(&page, &hub, "the navigation").await;
}

#[tokio::test]
async fn a_page_is_dark_where_people_prefer_that() {
    let Some(page) = blank().await else { return };
    let (hub, anna, _) = furnished().await;
    open_as(&page, &hub, &anna, "/").await;
    // The sum of red, green and blue of the background.
    let light = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number).reduce((a, b) => a + b)";
    assert!(page.eval(light).await.unwrap().as_f64().unwrap() > 600.0);
    page.dark(true).await.unwrap();
    assert!(page.eval(light).await.unwrap().as_f64().unwrap() < 150.0);
}

#[tokio::test]
async fn what_others_call_themselves_is_text_in_the_browser_too() {
    let Some(page) = blank().await else { return };
    let (hub, anna, _) = furnished().await;
    open_as(&page, &hub, &anna, "/").await;
    page.wait_for_text(
        "li.tile[id='service/nas/9998']",
        "<img src=/x onerror=alert(1)>",
        crate::support::PATIENCE,
    )
    .await
    .unwrap();
    assert_eq!(page.count("main img[src='/x']").await.unwrap(), 0);
    is_clean(&page, &hub, "a hostile name").await;
}
