//! What people see and do, in a real browser. Without one these tests say that they are skipped; in CI they fail.

mod access;
mod away;
mod changes;
mod home;
mod keys;
mod look;
mod newcomer;
mod pictures;
mod plain;
mod push;

use hob_testkit::browser::{Browser, Page};
use hob_testkit::client::Client;
use hob_testkit::hub::TestHub;
use serde_json::json;

/// A blank page; `None` where there is no browser.
pub(crate) async fn blank() -> Option<Page> {
    let browser = Browser::start_or_skip().await?;
    Some(browser.page().await.unwrap())
}

/// Gives the browser the session of a client, and opens a page with it.
pub(crate) async fn open_as(page: &Page, hub: &TestHub, client: &Client, path: &str) {
    for (name, value) in client.cookies() {
        let cookie = json!({ "name": name, "value": value, "url": hub.url("/"), "httpOnly": true });
        page.cdp("Network.setCookie", cookie).await.unwrap();
    }
    page.open(&hub.url(path)).await.unwrap();
}

/// The path of the address that the page shows.
async fn path(page: &Page, hub: &TestHub) -> String {
    let url = page.url().await.unwrap();
    url.strip_prefix(&hub.url("")).unwrap_or(&url).to_owned()
}

/// Nothing went wrong and nobody else was asked.
pub(crate) async fn is_clean(page: &Page, hub: &TestHub, what: &str) {
    assert_eq!(page.console_errors().await.unwrap(), [""; 0], "{what}");
    let hosts = page.requested_hosts().await.unwrap();
    assert!(hosts.iter().all(|host| *host == hub.address().to_string()), "{what} asks {hosts:?}");
}
