//! Headers of security, caches and compression.

use crate::support::{house, observe, said};
use hob_base::Health;
use hob_testkit::client::{Answer, Client};
use std::io::Read;

fn is_guarded(answer: &Answer, what: &str) {
    let policy = answer.header("content-security-policy");
    assert!(
        policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
        "{what}: {policy}"
    );
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(answer.header(name), value, "{what}: {name}");
    }
    assert!(!answer.header("cache-control").is_empty(), "{what}");
    assert_eq!(answer.header("server"), "", "{what} tells who serves");
}

#[tokio::test]
async fn every_answer_has_the_headers_that_guard_browsers() {
    let hub = house().start().await;
    is_guarded(&hub.client().get("/").await, "before the setup");
    is_guarded(&hub.client().get("/setup").await, "the setup page");
    let mut anna = hub.set_up().await;
    for path in ["/", "/resources", "/nowhere", "/api/v1/resources", "/api/v1/nothing", "/healthz", "/readyz"]
    {
        is_guarded(&anna.get(path).await, path);
        is_guarded(&hub.client().get(path).await, path);
    }
    for path in ["/metrics", "/sw.js", "/manifest.webmanifest", "/assets/none", "/favicon.ico", "/login"] {
        is_guarded(&hub.client().get(path).await, path);
    }
    is_guarded(
        &anna.clone().with("origin", "https://evil.example").post_form("/logout", &[]).await,
        "a refusal",
    );
    is_guarded(&anna.post_form("/login", &[("x", &"x".repeat(2 << 20))]).await, "too large");
}

#[tokio::test]
async fn what_belongs_to_a_login_is_kept_by_no_cache_that_is_shared() {
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    for path in ["/", "/resources", "/account", "/api/v1/resources", "/nowhere"] {
        let cache = anna.get(path).await.header("cache-control").to_owned();
        assert!(cache.contains("private") || cache.contains("no-store"), "{path}: {cache}");
    }
}

/// The addresses of all assets that a page names.
fn assets_of(page: &str) -> Vec<String> {
    page.split(['"', '\''])
        .filter(|part| part.starts_with("/assets/"))
        .map(|part| part.split('#').next().unwrap().to_owned())
        .collect()
}

async fn packed(client: &Client, path: &str, coding: &str) -> (Answer, String) {
    let answer = client.clone().with("accept-encoding", coding).get(path).await;
    assert_eq!(answer.status, 200, "{path}");
    let mut text = Vec::new();
    match answer.header("content-encoding") {
        "br" => brotli::Decompressor::new(&answer.body[..], 4096).read_to_end(&mut text).unwrap(),
        "gzip" => flate2::read::GzDecoder::new(&answer.body[..]).read_to_end(&mut text).unwrap(),
        _ => (&answer.body[..]).read_to_end(&mut text).unwrap(),
    };
    (answer, String::from_utf8_lossy(&text).into_owned())
}

#[tokio::test]
async fn assets_are_named_by_their_content_kept_for_ever_and_packed() {
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    let mut assets = assets_of(&anna.get("/").await.text());
    assets.sort();
    assets.dedup();
    assert!(assets.len() >= 4, "{assets:?}");
    for path in &assets {
        let plain = hub.client().get(path).await;
        assert_eq!(plain.status, 200, "{path}");
        assert!(plain.header("cache-control").contains("immutable"), "{path}");
        assert!(!plain.header("content-type").is_empty(), "{path}");
        if path.ends_with(".png") {
            continue;
        }
        for (accepted, coding) in [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("identity", "")] {
            let (answer, text) = packed(&hub.client(), path, accepted).await;
            assert_eq!(answer.header("content-encoding"), coding, "{path}");
            assert!(answer.header("vary").contains("accept-encoding"), "{path}");
            assert_eq!(text, plain.text(), "{path}");
        }
    }
    assert!(
        assets.iter().any(|path| path.ends_with(".css")) && assets.iter().any(|path| path.ends_with(".js"))
    );
}

#[tokio::test]
async fn pages_are_packed_and_the_same_however_they_are_packed() {
    let hub = house().start().await;
    let anna = hub.set_up().await;
    for path in ["/", "/resources", "/api/v1/resources"] {
        let (_, plain) = packed(&anna, path, "identity").await;
        for coding in ["br", "gzip"] {
            let (answer, text) = packed(&anna, path, coding).await;
            assert_eq!(answer.header("content-encoding"), coding, "{path}");
            assert!(answer.body.len() < plain.len() / 2, "{path}: {} of {}", answer.body.len(), plain.len());
            assert!(answer.header("vary").contains("accept-encoding"), "{path}");
            assert_eq!(text.len(), plain.len(), "{path}");
        }
    }
}

#[tokio::test]
async fn who_has_the_newest_page_is_told_so_until_something_changes() {
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    observe(hub.ctx(), said("door/home/front", Health::ok("The door is closed."))).await;
    for path in ["/resources", "/api/v1/resources?kind=door"] {
        let first = anna.get(path).await;
        let tag = first.header("etag").to_owned();
        assert!(!tag.is_empty(), "{path}");
        let again = anna.clone().with("if-none-match", &tag).get(path).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{path}");
        assert_eq!(again.header("etag"), tag, "{path}");
        observe(hub.ctx(), said("door/home/front", Health::critical(format!("It is open: {path}.")))).await;
        let changed = anna.clone().with("if-none-match", &tag).get(path).await;
        assert_eq!(changed.status, 200, "{path}");
        assert!(changed.text().contains("It is open"), "{path}");
    }
}
