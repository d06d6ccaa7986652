//! Without a mouse.

use super::{blank, is_clean, open_as, path};
use crate::support::{PATIENCE, house, observe, said};
use hob_base::Health;
use hob_testkit::client::Client;
use hob_testkit::hub::TestHub;

async fn furnished() -> (TestHub, Client) {
    let hub = house().start().await;
    let anna = hub.set_up().await;
    for (port, name) in [(3000, "Grafana"), (8096, "Jellyfin"), (2283, "Immich")] {
        let service = said(&format!("service/nas/{port}"), Health::ok("It answers."));
        observe(hub.ctx(), service.named(name).fact("url", format!("http://127.0.0.1:{port}/"))).await;
    }
    (hub, anna)
}

#[tokio::test]
async fn a_slash_opens_search_and_enter_opens_what_was_found() {
    let Some(page) = blank().await else { return };
    let (hub, anna) = furnished().await;
    // On the home page the key leads to the filter of its tiles.
    open_as(&page, &hub, &anna, "/resources").await;
    page.press("/").await.unwrap();
    page.wait_until("document.activeElement.matches('dialog[open] input[type=search]')", PATIENCE)
        .await
        .unwrap();
    page.fill("dialog input[type=search]", "jelly").await.unwrap();
    page.wait_for_text("#results", "Jellyfin", PATIENCE).await.unwrap();
    page.wait_until("document.querySelectorAll('#results a').length === 1", PATIENCE).await.unwrap();
    page.press("Enter").await.unwrap();
    page.wait_until("location.pathname === '/resources/service/nas/8096'", PATIENCE).await.unwrap();
    is_clean(&page, &hub, "search").await;
}

#[tokio::test]
async fn arrows_walk_through_the_results() {
    let Some(page) = blank().await else { return };
    let (hub, anna) = furnished().await;
    open_as(&page, &hub, &anna, "/resources").await;
    page.press("/").await.unwrap();
    page.wait_for("dialog[open] input[type=search]", PATIENCE).await.unwrap();
    page.fill("dialog input[type=search]", "nas service").await.unwrap();
    page.wait_until("document.querySelectorAll('#results a').length === 3", PATIENCE).await.unwrap();
    let focused = "[...document.querySelectorAll('#results a')].indexOf(document.activeElement)";
    for (key, expected) in
        [("ArrowDown", 0), ("ArrowDown", 1), ("ArrowUp", 0), ("ArrowUp", -1), ("ArrowDown", 0)]
    {
        page.press(key).await.unwrap();
        assert_eq!(page.eval(focused).await.unwrap(), expected, "{key}");
    }
    let first = page.eval("document.activeElement.getAttribute('href')").await.unwrap();
    page.press("Enter").await.unwrap();
    page.wait_until(&format!("location.pathname === {first}"), PATIENCE).await.unwrap();
}

#[tokio::test]
async fn a_slash_in_a_form_is_only_a_slash() {
    let Some(page) = blank().await else { return };
    let (hub, anna) = furnished().await;
    open_as(&page, &hub, &anna, "/resources").await;
    page.click("main input[type=search]").await.unwrap();
    page.press("/").await.unwrap();
    assert_eq!(page.eval("document.querySelector('main input[type=search]').value").await.unwrap(), "/");
    assert_eq!(page.count("dialog[open]").await.unwrap(), 0);
}

#[tokio::test]
async fn tab_reaches_every_tile_and_one_sees_where_one_is() {
    let Some(page) = blank().await else { return };
    let (hub, anna) = furnished().await;
    open_as(&page, &hub, &anna, "/").await;
    page.wait_for(".tile", PATIENCE).await.unwrap();
    page.press("Tab").await.unwrap();
    assert_eq!(
        page.eval("document.activeElement.getAttribute('href')").await.unwrap(),
        "#main",
        "the way past the top"
    );
    // What marks the focus: an outline or another background, on the element or on its tile.
    let seen = "(() => { const e = document.activeElement, t = e.closest('.tile') ?? e;
        const marks = (x) => { const s = getComputedStyle(x); return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0; };
        return [e.closest('.tile')?.id ?? '', e.getAttribute('href') ?? '', marks(e) || marks(t)]; })()";
    let (mut tiles, mut invisible) = (Vec::new(), Vec::new());
    for _ in 0..40 {
        page.press("Tab").await.unwrap();
        let at = page.eval(seen).await.unwrap();
        let (tile, href) = (at[0].as_str().unwrap().to_owned(), at[1].as_str().unwrap().to_owned());
        if at[2] != true && !href.is_empty() {
            invisible.push(href);
        }
        if !tile.is_empty() && !tiles.contains(&tile) {
            tiles.push(tile);
        }
    }
    assert_eq!(tiles, ["service/nas/3000", "service/nas/2283", "service/nas/8096"], "by name");
    assert!(invisible.is_empty(), "the focus cannot be seen on {invisible:?}");
}

#[tokio::test]
async fn the_focus_stays_where_it_is_when_the_page_changes_under_it() {
    let Some(page) = blank().await else { return };
    let (hub, anna) = furnished().await;
    open_as(&page, &hub, &anna, "/").await;
    page.wait_for(".tile a.more", PATIENCE).await.unwrap();
    page.eval("document.querySelector(\"[id='service/nas/8096'] a.more\").focus()").await.unwrap();
    observe(hub.ctx(), said("service/nas/8096", Health::critical("Nothing listens."))).await;
    page.wait_for(".tile.critical", PATIENCE).await.unwrap();
    let focused = "document.activeElement.closest('.tile')?.id";
    assert_eq!(page.eval(focused).await.unwrap(), "service/nas/8096");
    assert_eq!(path(&page, &hub).await, "/");
}
