//! Somebody who has just started Hob.

use super::{blank, is_clean, path};
use crate::support::{PATIENCE, house_with, level, services};
use hob_base::Level;
use hob_testkit::fake_service::{Behaviour, FakeService};
use hob_testkit::hub::{PASSWORD, USER};

#[tokio::test]
async fn a_newcomer_sets_the_house_up_and_sees_what_runs() {
    let Some(page) = blank().await else { return };
    let photos = FakeService::start().await;
    photos.set(Behaviour::page("Photos"));
    let hub = house_with(&services(&[("Photos", &photos)])).start().await;
    hub.wait_until("it is well", PATIENCE, |ctx| level(ctx, "service/config/photos") == Some(Level::Ok))
        .await;
    page.open(&hub.url("/resources")).await.unwrap();
    assert_eq!(path(&page, &hub).await, "/setup", "there is nothing else yet");

    hub.set_up_in(&page).await.unwrap();
    assert_eq!(path(&page, &hub).await, "/");
    page.wait_for_text("#state", "All well", PATIENCE).await.unwrap();
    page.wait_for_text(".tile", "Photos", PATIENCE).await.unwrap();
    is_clean(&page, &hub, "the first minute").await;
}

#[tokio::test]
async fn what_a_newcomer_gets_wrong_is_said_beside_the_field_and_nothing_else_is_lost() {
    let Some(page) = blank().await else { return };
    let hub = house_with("").start().await;
    page.open(&hub.url("/")).await.unwrap();
    let code = hub.setup_code().await;
    for (name, text) in
        [("code", code.as_str()), ("name", USER), ("password", PASSWORD), ("again", "another")]
    {
        page.fill(&format!("input[name={name}]"), text).await.unwrap();
    }
    page.click("main button[type=submit]").await.unwrap();
    page.wait_for("input[name=again][aria-invalid=true]", PATIENCE).await.unwrap();
    assert_eq!(page.count("[aria-invalid]").await.unwrap(), 1);
    assert_eq!(page.eval("document.querySelector('input[name=name]').value").await.unwrap(), USER);
    assert_eq!(page.eval("document.querySelector('input[name=code]').value").await.unwrap(), code.as_str());
    page.fill("input[name=password]", PASSWORD).await.unwrap();
    page.fill("input[name=again]", PASSWORD).await.unwrap();
    page.click("main button[type=submit]").await.unwrap();
    page.wait_for("#state", PATIENCE).await.unwrap();
}

#[tokio::test]
async fn who_logs_in_comes_to_the_page_that_was_asked_for() {
    let Some(page) = blank().await else { return };
    let hub = house_with("").start().await;
    hub.set_up().await;
    page.open(&hub.url("/resources?q=door")).await.unwrap();
    page.fill("input[name=name]", USER).await.unwrap();
    page.fill("input[name=password]", "wrong").await.unwrap();
    page.click("main button[type=submit]").await.unwrap();
    page.wait_for_text("[role=alert]", "wrong", PATIENCE).await.unwrap();
    page.fill("input[name=password]", PASSWORD).await.unwrap();
    page.click("main button[type=submit]").await.unwrap();
    page.wait_until("location.pathname === '/resources'", PATIENCE).await.unwrap();
    assert_eq!(path(&page, &hub).await, "/resources?q=door");
    let cookie = page.cookies().await.unwrap().pop().unwrap();
    assert!(cookie.http_only && cookie.same_site.is_some_and(|site| site != "None"));
    page.open(&hub.url("/account")).await.unwrap();
    page.click("form[action='/logout'] button").await.unwrap();
    page.wait_until("location.pathname === '/login'", PATIENCE).await.unwrap();
    page.open(&hub.url("/")).await.unwrap();
    assert!(path(&page, &hub).await.starts_with("/login"));
}
