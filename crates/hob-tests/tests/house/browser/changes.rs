//! What changes while somebody looks, and what they change themselves.

use super::{blank, is_clean, open_as, path};
use crate::support::{PATIENCE, house, house_with, level, observe, said, services};
use hob_base::{Health, Level};
use hob_testkit::browser::Screen;
use hob_testkit::fake_service::FakeService;
use std::time::Duration;

#[tokio::test]
async fn a_service_that_stops_turns_its_tile_red_without_a_reload_and_back() {
    let Some(page) = blank().await else { return };
    let photos = FakeService::start().await;
    let hub = house_with(&services(&[("Photos", &photos)])).start().await;
    let anna = hub.set_up().await;
    hub.wait_until("it is well", PATIENCE, |ctx| level(ctx, "service/config/photos") == Some(Level::Ok))
        .await;
    open_as(&page, &hub, &anna, "/").await;
    page.wait_for(".tile.ok[id='service/config/photos']", PATIENCE).await.unwrap();
    page.eval("window.untouched = true").await.unwrap();

    photos.stop().await;
    page.wait_for(".tile.critical[id='service/config/photos']", Duration::from_secs(15)).await.unwrap();
    page.wait_for_text("#state", "Photos is broken", PATIENCE).await.unwrap();
    page.wait_for_text("#problems", "Start the service again", PATIENCE).await.unwrap();
    photos.restart().await;
    page.wait_for(".tile.ok[id='service/config/photos']", Duration::from_secs(15)).await.unwrap();
    page.wait_for_text("#state", "All well", PATIENCE).await.unwrap();
    assert_eq!(page.eval("window.untouched === true").await.unwrap(), true, "the page was loaded again");
    is_clean(&page, &hub, "watching").await;
}

#[tokio::test]
async fn a_service_that_appears_and_one_that_is_forgotten_come_and_go_by_themselves() {
    let Some(page) = blank().await else { return };
    let hub = house().start().await;
    let anna = hub.set_up().await;
    open_as(&page, &hub, &anna, "/").await;
    page.eval("window.untouched = true").await.unwrap();
    page.wait_until("document.querySelectorAll('.tile').length === 0", PATIENCE).await.unwrap();
    observe(hub.ctx(), said("service/nas/3000", Health::ok("It answers.")).named("Grafana")).await;
    page.wait_for_text(".tile", "Grafana", PATIENCE).await.unwrap();
    hub.ctx().resources.forget("service/nas/3000".parse().unwrap()).await;
    page.wait_until("document.querySelectorAll('.tile').length === 0", PATIENCE).await.unwrap();
    assert_eq!(page.eval("window.untouched === true").await.unwrap(), true);
}

#[tokio::test]
async fn the_page_of_a_resource_follows_what_happens_to_it() {
    let Some(page) = blank().await else { return };
    let hub = house().start().await;
    let anna = hub.set_up().await;
    observe(hub.ctx(), said("door/home/front", Health::ok("The door is closed."))).await;
    open_as(&page, &hub, &anna, "/resources/door/home/front").await;
    page.wait_for_text("main", "The door is closed.", PATIENCE).await.unwrap();
    observe(hub.ctx(), said("door/home/front", Health::critical("The door is open."))).await;
    page.wait_for_text("main .health", "The door is open.", PATIENCE).await.unwrap();
    page.wait_for_text(".timeline", "The door is closed.", PATIENCE).await.unwrap();
}

#[tokio::test]
async fn a_tile_is_edited_in_a_dialog() {
    let Some(page) = blank().await else { return };
    let hub = house().start().await;
    let anna = hub.set_up().await;
    observe(hub.ctx(), said("service/nas/3000", Health::ok("It answers.")).named("Grafana")).await;
    open_as(&page, &hub, &anna, "/resources/service/nas/3000").await;
    page.click("a[data-dialog]").await.unwrap();
    page.wait_for("dialog[open] input[name=name]", PATIENCE).await.unwrap();
    assert_eq!(path(&page, &hub).await, "/resources/service/nas/3000", "it is a dialog, no page");
    page.fill("dialog input[name=name]", "Charts").await.unwrap();
    page.fill("dialog input[name=group]", "Monitoring").await.unwrap();
    page.click("dialog button.primary").await.unwrap();
    page.wait_for_text("main", "Monitoring", PATIENCE).await.unwrap();
    page.wait_for_text(".tile", "Charts", PATIENCE).await.unwrap();

    // What is wrong is said, and what was entered is still there.
    page.open(&hub.url("/tiles/service/nas/3000")).await.unwrap();
    page.fill("main input[name=icon]", "chart").await.unwrap();
    page.click("main button.primary").await.unwrap();
    page.wait_for_text("#icon-note", "one or two characters", PATIENCE).await.unwrap();
    assert_eq!(page.eval("document.querySelector('main input[name=icon]').value").await.unwrap(), "chart");
    page.fill("main input[name=icon]", "G").await.unwrap();
    page.click("main button.primary").await.unwrap();
    page.wait_for_text(".tile .face", "G", PATIENCE).await.unwrap();
}

#[tokio::test]
async fn a_dialog_closes_with_its_button_and_with_escape() {
    let Some(page) = blank().await else { return };
    let hub = house().start().await;
    let anna = hub.set_up().await;
    observe(hub.ctx(), said("service/nas/3000", Health::ok("It answers.")).named("Grafana")).await;
    open_as(&page, &hub, &anna, "/resources/service/nas/3000").await;
    for close in ["button", "Escape"] {
        page.click("a[data-dialog]").await.unwrap();
        page.wait_for("dialog[open] [data-close-dialog]", PATIENCE).await.unwrap();
        if close == "button" {
            page.click("dialog [data-close-dialog]").await.unwrap();
        } else {
            page.press("Escape").await.unwrap();
        }
        page.wait_until("!document.querySelector('dialog').open", PATIENCE).await.unwrap();
    }
    is_clean(&page, &hub, "dialogs").await;
}

#[tokio::test]
async fn on_a_phone_search_is_a_tap_away() {
    let Some(page) = blank().await else { return };
    let hub = house().start().await;
    let anna = hub.set_up().await;
    observe(hub.ctx(), said("service/nas/3000", Health::ok("It answers.")).named("Grafana")).await;
    page.screen(Screen::PHONE).await.unwrap();
    open_as(&page, &hub, &anna, "/").await;
    page.click("[data-search]").await.unwrap();
    page.fill("dialog input[type=search]", "graf").await.unwrap();
    page.wait_for_text("#results", "Grafana", PATIENCE).await.unwrap();
    assert!(!page.scrolls_sideways().await.unwrap());
    page.click("#results a").await.unwrap();
    page.wait_until("location.pathname === '/resources/service/nas/3000'", PATIENCE).await.unwrap();
}
