//! Who comes in: the first account, logging in, tokens, and requests from elsewhere.

use crate::support::{house, token};
use bytes::Bytes;
use hob_base::{Clock, Timestamp};
use hob_testkit::client::{Answer, Client};
use hob_testkit::hub::{PASSWORD, TestHub, USER};
use http::Method;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn before_the_first_account_there_is_only_the_setup_page() {
    let hub = house().start().await;
    let mut client = hub.client();
    for path in ["/", "/resources", "/account", "/login", "/nowhere", "/system/jobs", "/search?q=x", "/live"]
    {
        let answer = client.get(path).await;
        assert!(answer.status.is_redirection(), "{path}: {}", answer.status);
        assert_eq!(answer.header("location"), "/setup", "{path}");
    }
    for path in ["/api/v1/resources", "/api/v1/status", "/api/v1/users"] {
        let answer = client.get(path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (503, "application/problem+json")
        );
        assert!(answer.json()["detail"].as_str().unwrap().contains("not set up"), "{}", answer.text());
    }
    // Figures of the house are nobody's business yet.
    assert_ne!(client.get("/metrics").await.status, 200);
    for path in ["/setup", "/healthz", "/readyz", "/manifest.webmanifest", "/sw.js"] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn the_code_from_the_console_opens_the_house_once() {
    let hub = house().start().await;
    let code = hub.setup_code().await;
    let mut stranger = hub.client();
    let form =
        |code: &'static str| [("code", code), ("name", USER), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(stranger.post_form("/setup", &form("AAAA-BBBB-CCCC")).await.status, 422);

    let mut anna = hub.set_up().await;
    let home = anna.get("/").await;
    assert_eq!(home.status, 200, "the setup logs in");
    assert!(home.text().contains(USER));
    let greeting = hub.greeting().await;
    assert!(!greeting.iter().any(|line| line.contains("Setup code")), "the code has served: {greeting:?}");
    let code: &'static str = code.leak();
    let again = stranger.post_form("/setup", &form(code)).await;
    assert!(!again.status.is_success() && stranger.cookies().is_empty(), "{}", again.status);
    assert_eq!(stranger.get("/").await.header("location"), "/login?next=%2F");
}

#[tokio::test]
async fn a_login_survives_a_restart_of_the_hub_and_a_logout_ends_it() {
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    let hub = hub.stop().await.start().await;
    assert_eq!(anna.get("/account").await.status, 200);
    let kept = anna.clone();
    assert!(anna.post_form("/logout", &[]).await.status.is_redirection());
    let mut thief = hub.client();
    for (name, value) in kept.cookies() {
        thief = thief.with("cookie", &format!("{name}={value}"));
    }
    assert_eq!(thief.get("/account").await.header("location"), "/login?next=%2Faccount");
}

#[tokio::test]
async fn guessing_a_password_is_answered_with_a_time_to_wait_after_which_the_right_one_works() {
    let clock = Clock::fake(Timestamp::from_millis(1_795_444_920_000));
    let hub = house().clock(clock.clone()).start().await;
    hub.set_up().await;
    let mut client = hub.client();
    let log_in = async |client: &mut Client, password: &str| {
        client.post_form("/login", &[("name", USER), ("password", password), ("next", "/")]).await
    };
    let mut refused = log_in(&mut client, "wrong").await;
    for _ in 0..6 {
        if refused.status == 429 {
            break;
        }
        assert_eq!(refused.status, 401);
        refused = log_in(&mut client, "wrong").await;
    }
    assert_eq!(refused.status, 429, "{}", refused.text());
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    assert_eq!(log_in(&mut client, PASSWORD).await.status, 429, "not even the right one is looked at");
    clock.advance(Duration::from_secs(wait));
    let answer = log_in(&mut client, PASSWORD).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/"));
    assert_eq!(client.get("/").await.status, 200);
}

/// A change that a foreign page, a script and Hob's own page try in turn.
async fn change(hub: &TestHub, client: &Client, headers: &[(&str, &str)]) -> Answer {
    let all: Vec<(&str, &str)> =
        [("content-type", "application/x-www-form-urlencoded")].iter().chain(headers).copied().collect();
    hub.ctx().resources.settle().await;
    client.clone().send(Method::POST, "/account/sessions/others/end", &all, Bytes::new()).await
}

#[tokio::test]
async fn a_browser_s_session_changes_nothing_for_other_sites() {
    let hub = house().start().await;
    let anna = hub.set_up().await;
    let own = format!("http://{}", hub.address());
    let foreign: [&[(&str, &str)]; 6] = [
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("origin", "http://127.0.0.1:1")],
        &[("referer", "https://evil.example/page")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", &own)],
    ];
    for headers in foreign {
        let answer = change(&hub, &anna, headers).await;
        assert_eq!(answer.status, 403, "{headers:?}");
        assert!(answer.text().contains("another site"), "{headers:?}: {}", answer.text());
    }
    let unproven = change(&hub, &anna, &[]).await;
    assert_eq!(unproven.status, 403);
    assert!(unproven.text().contains("API token"), "it says what to do: {}", unproven.text());

    let proven: [&[(&str, &str)]; 3] = [
        &[("origin", &own)],
        &[("referer", &format!("{own}/account"))],
        &[("sec-fetch-site", "same-origin")],
    ];
    for headers in proven {
        assert_eq!(change(&hub, &anna, headers).await.status, 303, "{headers:?}");
    }
}

#[tokio::test]
async fn other_sites_can_not_log_anybody_in_or_set_the_house_up() {
    let hub = house().start().await;
    let code = hub.setup_code().await;
    let mut client = hub.client().with("origin", "https://evil.example");
    let form = [("code", code.as_str()), ("name", "mallory"), ("password", PASSWORD), ("again", PASSWORD)];
    assert_eq!(client.post_form("/setup", &form).await.status, 403);
    hub.set_up().await;
    let answer = client.post_form("/login", &[("name", USER), ("password", PASSWORD)]).await;
    assert_eq!((answer.status.as_u16(), client.cookies().len()), (403, 0));
}

#[tokio::test]
async fn a_token_may_what_its_scope_says_and_needs_no_origin() {
    let hub = house().start().await;
    let anna = hub.set_up().await;
    let mut read = token(&hub, &anna, "read").await;
    let mut write = token(&hub, &anna, "write").await;
    let mut push = token(&hub, &anna, "push").await;
    let mut admin = token(&hub, &anna, "admin").await;

    for (client, name, status) in [
        (&mut read, "read", 200),
        (&mut write, "write", 200),
        (&mut push, "push", 403),
        (&mut admin, "admin", 200),
    ] {
        assert_eq!(client.get("/api/v1/resources").await.status, status, "{name}");
    }
    // Forgetting a resource changes something: who may, learns that there is none.
    for (client, name, status) in [
        (&mut read, "read", 403),
        (&mut push, "push", 403),
        (&mut write, "write", 404),
        (&mut admin, "admin", 404),
    ] {
        let answer = client.send(Method::POST, "/forget/no/such/thing", &[], Bytes::new()).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json", "{name}");
    }
    for (client, name, status) in
        [(&mut read, "read", 403), (&mut write, "write", 403), (&mut admin, "admin", 200)]
    {
        assert_eq!(client.get("/api/v1/users").await.status, status, "{name}");
    }
    let mut unknown = hub.client().bearer("hob_nothing");
    assert_eq!(unknown.get("/api/v1/resources").await.status, 401);
}

#[tokio::test]
async fn a_token_that_is_revoked_ends_at_once() {
    let hub = house().start().await;
    let anna = hub.set_up().await;
    let mut admin = token(&hub, &anna, "admin").await;
    let made = admin.post_json("/api/v1/tokens", &json!({ "name": "short", "scope": "read" })).await.json();
    let mut short = hub.client().bearer(made["token"].as_str().unwrap());
    assert_eq!(short.get("/api/v1/resources").await.status, 200);
    let path = format!("/api/v1/tokens/{}", made["id"].as_str().unwrap());
    assert_eq!(admin.send(Method::DELETE, &path, &[], Bytes::new()).await.status, 204);
    let refused = short.get("/api/v1/resources").await;
    assert_eq!((refused.status.as_u16(), refused.header("www-authenticate")), (401, "Bearer"));
}

#[tokio::test]
async fn the_local_socket_needs_no_login() {
    let hub = house().start().await;
    let stream = tokio::net::UnixStream::connect(hub.data().join("hob.sock")).await.unwrap();
    let io = hyper_util::rt::TokioIo::new(stream);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
    let request = http::Request::get("/api/v1/status").header("host", "hob.local");
    let request = request.body(http_body_util::Empty::<Bytes>::new()).unwrap();
    let answer = tokio::select! {
        answer = sender.send_request(request) => answer.unwrap(),
        _ = connection => panic!("the connection ended"),
    };
    assert_eq!(answer.status(), 200);
}
