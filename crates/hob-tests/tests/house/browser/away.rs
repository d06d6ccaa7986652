//! A browser that was left open while the hub, the login or the network went away.

use super::{blank, open_as, path};
use crate::support::{PATIENCE, house, observe, said};
use hob_base::Health;
use hob_testkit::hub::{PASSWORD, USER};

#[tokio::test]
async fn a_page_that_was_open_while_the_hub_restarted_is_fresh_again_by_itself() {
    let Some(page) = blank().await else { return };
    let hub = house().start().await;
    let anna = hub.set_up().await;
    observe(hub.ctx(), said("service/nas/3000", Health::ok("It answers.")).named("Grafana")).await;
    open_as(&page, &hub, &anna, "/").await;
    page.wait_for(".tile.ok", PATIENCE).await.unwrap();
    page.eval("window.untouched = true").await.unwrap();

    let stopped = hub.stop().await;
    page.wait_for("#live-state:not([hidden])", PATIENCE).await.unwrap();
    let hub = stopped.start().await;
    observe(hub.ctx(), said("service/nas/3000", Health::critical("Nothing listens."))).await;
    observe(hub.ctx(), said("service/nas/8096", Health::ok("It answers.")).named("Jellyfin")).await;
    page.wait_for(".tile.critical", PATIENCE).await.unwrap();
    page.wait_for("[id='service/nas/8096']", PATIENCE).await.unwrap();
    page.wait_for("#live-state[hidden]", PATIENCE).await.unwrap();
    assert_eq!(page.eval("window.untouched === true").await.unwrap(), true);

    // And it goes on listening.
    observe(hub.ctx(), said("service/nas/3000", Health::ok("It answers."))).await;
    page.wait_until("document.querySelectorAll('.tile.ok').length === 2", PATIENCE).await.unwrap();
}

#[tokio::test]
async fn a_browser_that_was_logged_out_elsewhere_goes_to_the_login_page() {
    let Some(page) = blank().await else { return };
    let hub = house().start().await;
    let anna = hub.set_up().await;
    open_as(&page, &hub, &anna, "/").await;
    let mut elsewhere = hub.client();
    elsewhere.post_form("/login", &[("name", USER), ("password", PASSWORD)]).await;
    assert_eq!(elsewhere.post_form("/account/sessions/others/end", &[]).await.status, 303);
    // The next thing that comes or goes shows it, without a click.
    observe(hub.ctx(), said("service/nas/3000", Health::ok("It answers.")).named("Grafana")).await;
    page.wait_until("location.pathname === '/login'", PATIENCE).await.unwrap();
    assert!(!page.html().await.unwrap().contains("Grafana"));

    page.fill("input[name=name]", USER).await.unwrap();
    page.fill("input[name=password]", PASSWORD).await.unwrap();
    page.click("main button[type=submit]").await.unwrap();
    page.wait_for_text(".tile", "Grafana", PATIENCE).await.unwrap();
    assert_eq!(path(&page, &hub).await, "/");
}

#[tokio::test]
async fn whatever_a_logged_out_browser_clicks_leads_to_the_login_page() {
    let Some(page) = blank().await else { return };
    let hub = house().start().await;
    let before = hob_web::live(hub.ctx()).position();
    observe(hub.ctx(), said("service/nas/3000", Health::ok("It answers.")).named("Grafana")).await;
    hub.set_up().await;
    // What is still to be pushed would make the page notice by itself, before the click.
    hub.wait_until("that is pushed", PATIENCE, |ctx| hob_web::live(ctx).position() != before).await;
    for click in ["header nav a[href='/resources']", "[data-search]", "main a[data-dialog]"] {
        let mut anna = hub.client();
        anna.post_form("/login", &[("name", USER), ("password", PASSWORD)]).await;
        open_as(&page, &hub, &anna, "/resources/service/nas/3000").await;
        // A page that does not listen yet would notice by itself.
        hub.wait_until("the page listens", PATIENCE, |ctx| hob_web::live(ctx).browsers() == 1).await;
        anna.post_form("/logout", &[]).await;
        page.click(click).await.unwrap();
        page.wait_until("location.pathname === '/login'", PATIENCE)
            .await
            .unwrap_or_else(|e| panic!("{click}: {e}"));
    }
}

#[tokio::test]
async fn a_login_that_ended_while_the_hub_was_away_leads_to_the_login_page_without_a_click() {
    let Some(page) = blank().await else { return };
    let hub = house().start().await;
    let anna = hub.set_up().await;
    open_as(&page, &hub, &anna, "/resources").await;
    let mut elsewhere = hub.client();
    elsewhere.post_form("/login", &[("name", USER), ("password", PASSWORD)]).await;
    elsewhere.post_form("/account/sessions/others/end", &[]).await;
    let _hub = hub.stop().await.start().await;
    page.wait_until("location.pathname === '/login'", PATIENCE).await.unwrap();
}

#[tokio::test]
async fn pages_that_were_left_keep_no_connection() {
    let Some(page) = blank().await else { return };
    let hub = house().start().await;
    let anna = hub.set_up().await;
    open_as(&page, &hub, &anna, "/").await;
    // More than the six connections that a browser has to one host.
    for n in 0..9 {
        page.open(&hub.url(&format!("/resources?q={n}"))).await.unwrap();
    }
    hub.wait_until("one page listens", PATIENCE, |ctx| hob_web::live(ctx).browsers() == 1).await;
    // A page that the back button brings up again listens again.
    page.eval("history.back()").await.unwrap();
    page.wait_until("location.search === '?q=7'", PATIENCE).await.unwrap();
    observe(hub.ctx(), said("door/home/7", Health::ok("The door is closed."))).await;
    observe(hub.ctx(), said("service/nas/7", Health::ok("It answers."))).await;
    page.wait_for_text("main table", "The door is closed.", PATIENCE).await.unwrap();
}
