//! Without JavaScript everything works as links and forms.

use super::{blank, is_clean, open_as, path};
use crate::answers::all_pages;
use crate::support::{PATIENCE, house, observe, said};
use hob_base::Health;
use hob_testkit::hub::{PASSWORD, USER};

#[tokio::test]
async fn setting_up_logging_in_searching_and_editing_work_without_javascript() {
    let Some(page) = blank().await else { return };
    let hub = house().start().await;
    observe(hub.ctx(), said("service/nas/3000", Health::critical("Nothing listens.")).named("Grafana")).await;
    page.no_javascript(true).await.unwrap();
    hub.set_up_in(&page).await.unwrap();
    page.wait_for_text("#state", "Grafana is broken", PATIENCE).await.unwrap();

    page.click("[data-search]").await.unwrap();
    page.wait_until("location.pathname === '/search'", PATIENCE).await.unwrap();
    page.fill("main input[type=search]", "grafana").await.unwrap();
    page.press("Enter").await.unwrap();
    page.wait_for_text("#results", "Grafana", PATIENCE).await.unwrap();
    page.click("#results a").await.unwrap();
    page.wait_until("location.pathname === '/resources/service/nas/3000'", PATIENCE).await.unwrap();

    page.click("a[data-dialog]").await.unwrap();
    page.wait_until("location.pathname === '/tiles/service/nas/3000'", PATIENCE).await.unwrap();
    page.fill("main input[name=name]", "Charts").await.unwrap();
    page.click("main button.primary").await.unwrap();
    page.wait_for_text(".tile", "Charts", PATIENCE).await.unwrap();

    page.open(&hub.url("/account")).await.unwrap();
    page.click("form[action='/logout'] button").await.unwrap();
    page.wait_until("location.pathname === '/login'", PATIENCE).await.unwrap();
    page.fill("input[name=name]", USER).await.unwrap();
    page.fill("input[name=password]", PASSWORD).await.unwrap();
    page.click("main button[type=submit]").await.unwrap();
    page.wait_for("#state", PATIENCE).await.unwrap();
    assert_eq!(path(&page, &hub).await, "/");
    is_clean(&page, &hub, "without JavaScript").await;
}

#[tokio::test]
async fn every_page_can_be_read_without_javascript() {
    let Some(page) = blank().await else { return };
    let hub = house().start().await;
    let anna = hub.set_up().await;
    page.no_javascript(true).await.unwrap();
    open_as(&page, &hub, &anna, "/").await;
    for path in all_pages() {
        page.open(&hub.url(path)).await.unwrap();
        assert_eq!(page.count("h1").await.unwrap(), 1, "{path}");
        assert!(page.text("main").await.unwrap().len() > 20, "{path}");
    }
    is_clean(&page, &hub, "without JavaScript").await;
}
