use std::fs;
use std::time::Duration;

use serde_json::json;

use crate::browser::{Browser, Page, Screen};
use crate::fake_service::{Behaviour, FakeService, SCRIPT_TITLE};

const WAIT: Duration = Duration::from_secs(5);

fn html(body: &str) -> Behaviour {
    // With an icon that needs no request: the browser asks for one in its own time, and is given the cookie again.
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><title>Test</title><link rel=\"icon\" href=\"data:,\">\
         <meta name=\"viewport\" content=\"width=device-width\"></head><body>{body}</body></html>"
    );
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close";
    let cookie = "Set-Cookie: seen=yes; HttpOnly; SameSite=Lax";
    Behaviour::Raw(format!("{head}\r\n{cookie}\r\n\r\n{page}").into_bytes())
}

async fn open(page: &Page, service: &FakeService, body: &str) {
    service.set(html(body));
    page.open(&service.url()).await.unwrap();
}

/// Width and height of a PNG, from its first chunk.
fn png_size(path: &std::path::Path) -> (u32, u32) {
    let bytes = fs::read(path).unwrap();
    assert!(bytes.starts_with(b"\x89PNG\r\n\x1a\n"));
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    (number(16), number(20))
}

#[tokio::test]
async fn looks_at_a_page() {
    let Some(browser) = Browser::start_or_skip().await else { return };
    let service = FakeService::start().await;
    let page = browser.page().await.unwrap();
    let url = service.url();

    service.set(Behaviour::ScriptTitle);
    page.open(&url).await.unwrap();
    assert_eq!(page.title().await.unwrap(), SCRIPT_TITLE);
    assert_eq!(page.text("h1").await.unwrap(), SCRIPT_TITLE);
    assert_eq!(page.url().await.unwrap(), format!("{url}/"));

    open(&page, &service, "<h1>Hello</h1><p style='height: 2000px; width: 500px'>wide").await;
    let dir = tempfile::tempdir().unwrap();
    let (whole, part) = (dir.path().join("new/whole.png"), dir.path().join("part.png"));
    page.screenshot(&whole).await.unwrap();
    page.screenshot_viewport(&part).await.unwrap();
    assert_eq!(png_size(&part), (1280, 800));
    assert_eq!(png_size(&whole).0, 1280);
    assert!(png_size(&whole).1 > 2000);

    assert!(!page.scrolls_sideways().await.unwrap());
    page.resize(360, 700).await.unwrap();
    assert_eq!(page.eval("[innerWidth, innerHeight]").await.unwrap(), json!([360, 700]));
    assert!(page.scrolls_sideways().await.unwrap());
    page.screen(Screen::PHONE).await.unwrap();
    page.reload().await.unwrap();
    assert!(page.scrolls_sideways().await.unwrap());
    let touch =
        "[document.documentElement.clientWidth, devicePixelRatio, matchMedia('(pointer: coarse)').matches]";
    assert_eq!(page.eval(touch).await.unwrap(), json!([360, 2, true]));

    let is_dark = "matchMedia('(prefers-color-scheme: dark)').matches";
    assert_eq!(page.eval(is_dark).await.unwrap(), json!(false));
    page.dark(true).await.unwrap();
    assert_eq!(page.eval(is_dark).await.unwrap(), json!(true));

    let tree = page.accessibility_tree().await.unwrap();
    let nodes = tree["nodes"].as_array().unwrap();
    assert!(nodes.iter().any(|node| node["role"]["value"] == "heading" && node["name"]["value"] == "Hello"));
}

#[tokio::test]
async fn sees_errors_requests_and_cookies() {
    let Some(browser) = Browser::start_or_skip().await else { return };
    let (service, other) = (FakeService::start().await, FakeService::start().await);
    let page = browser.page().await.unwrap();
    let elsewhere = other.url();
    let body = format!("<img src='{elsewhere}/a.png'><script>\nundefinedFunction();</script>");
    open(&page, &service, &body).await;

    let errors = page.console_errors().await.unwrap();
    assert!(errors.iter().any(|error| error.contains("undefinedFunction")), "{errors:?}");
    let hosts = page.requested_hosts().await.unwrap();
    let expected = [service.port(), other.port()].map(|port| format!("127.0.0.1:{port}"));
    assert_eq!(hosts, expected.into());
    assert!(page.requested_urls().await.unwrap().contains(&format!("{elsewhere}/a.png")));
    page.clear_logs().await.unwrap();
    assert!(page.console_errors().await.unwrap().is_empty());
    assert!(page.requested_hosts().await.unwrap().is_empty());

    let cookies = page.cookies().await.unwrap();
    assert_eq!((cookies[0].name.as_str(), cookies[0].value.as_str()), ("seen", "yes"));
    assert!(cookies[0].http_only && cookies[0].session && !cookies[0].secure);
    assert_eq!(cookies[0].same_site.as_deref(), Some("Lax"));
    page.delete_cookie("seen").await.unwrap();
    assert!(page.cookies().await.unwrap().is_empty());
    page.reload().await.unwrap();
    page.delete_cookies().await.unwrap();
    assert!(page.cookies().await.unwrap().is_empty());
}

#[tokio::test]
async fn uses_a_page() {
    let Some(browser) = Browser::start_or_skip().await else { return };
    let service = FakeService::start().await;
    let page = browser.page().await.unwrap();
    let body = "<input id=name value=old><select><option value=a>A<option value=b>B</select>\
        <button onclick=\"setTimeout(() => out.textContent = 'Hello ' + document.getElementById('name').value + ' ' \
        + document.querySelector('select').value, 50)\">Go</button><p id=out></p><a href=/next>next</a>\
        <script>onkeydown = event => out.textContent = (event.shiftKey ? 'shift ' : '') + event.key</script>";
    open(&page, &service, body).await;

    page.fill("#name", "Ann \"é\"").await.unwrap();
    page.choose("select", "b").await.unwrap();
    page.click("button").await.unwrap();
    page.wait_for_text("#out", "Hello Ann \"é\" b", WAIT).await.unwrap();
    assert_eq!(page.count("option").await.unwrap(), 2);

    for (key, seen) in [("Escape", "Escape"), ("Shift+Tab", "shift Tab"), ("/", "/")] {
        page.press(key).await.unwrap();
        assert_eq!(page.text("#out").await.unwrap(), seen);
    }
    assert!(page.press("Any").await.is_err());

    assert_eq!(page.eval("Promise.resolve({a: [1, null]})").await.unwrap(), json!({ "a": [1, null] }));
    assert!(page.eval("nothing.at.all").await.unwrap_err().to_string().contains("nothing is not defined"));
    page.wait_until("document.readyState === 'complete'", WAIT).await.unwrap();
    let missing = page.wait_for("#missing", Duration::ZERO).await.unwrap_err().to_string();
    assert!(missing.contains("for #missing at http://127.0.0.1"), "{missing}");

    page.click("a").await.unwrap();
    assert_eq!(page.url().await.unwrap(), format!("{}/next", service.url()));
}

#[tokio::test]
async fn works_without_javascript() {
    let Some(browser) = Browser::start_or_skip().await else { return };
    let service = FakeService::start().await;
    let page = browser.page().await.unwrap();
    page.no_javascript(true).await.unwrap();
    let form = "<form action=/sent><input name=q><button>Send</button></form>\
        <script>document.title = 'ran'</script><noscript>No scripts</noscript>";
    open(&page, &service, form).await;
    assert_eq!(page.title().await.unwrap(), "Test");
    assert_eq!(page.text("noscript").await.unwrap(), "No scripts");
    page.fill("input", "hi").await.unwrap();
    page.click("button").await.unwrap();
    assert_eq!(page.url().await.unwrap(), format!("{}/sent?q=hi", service.url()));
    page.no_javascript(false).await.unwrap();
    page.reload().await.unwrap();
    assert_eq!(page.title().await.unwrap(), "ran");
}

#[tokio::test]
async fn the_next_page_starts_clean() {
    let Some(browser) = Browser::start_or_skip().await else { return };
    let service = FakeService::start().await;
    for _ in 0..2 {
        let page = browser.page().await.unwrap();
        assert_eq!(page.url().await.unwrap(), "about:blank");
        assert!(page.requested_hosts().await.unwrap().is_empty());
        assert!(page.console_errors().await.unwrap().is_empty());
        assert!(page.cookies().await.unwrap().is_empty());
        open(
            &page,
            &service,
            "<p id=seen></p><script>seen.textContent = '' + localStorage.x + innerWidth</script>",
        )
        .await;
        assert_eq!(page.text("#seen").await.unwrap(), "undefined1280");
        page.eval("localStorage.x = 1; console.error('mine')").await.unwrap();
        page.screen(Screen::PHONE).await.unwrap();
        page.no_javascript(true).await.unwrap();
    }
}
