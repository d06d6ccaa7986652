//! The API of checks.

use super::desk::{hub, until, who};
use hob_base::Level;
use hob_testkit::client::{Answer, Client};
use hob_testkit::fake_service::FakeService;
use http::Method;
use serde_json::{Value, json};

async fn send(client: &mut Client, method: Method, path: &str, body: &Value) -> Answer {
    client.send(method, path, &[("content-type", "application/json")], body.to_string().into()).await
}

#[tokio::test]
async fn checks_are_made_replaced_paused_and_deleted_by_programs() {
    let (hub, web) = (hub().start().await, FakeService::start().await);
    let mut script = who(&hub, "write");
    let body = json!({ "name": "Web", "target": { "kind": "http", "url": web.url() }, "every": 1000, "tags": ["a"] });
    let made = script.post_json("/api/v1/checks", &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!((&made.json()["slug"], &made.json()["failures"]), (&json!("web"), &json!(2)));
    until(&hub, "service/added/web", Some(Level::Ok)).await;
    let list = script.get("/api/v1/checks?q=web").await.json();
    let one = &list["checks"][0];
    assert_eq!(
        (&one["id"], &one["origin"], &one["health"], &one["every"]),
        (&json!("web"), &json!("added"), &json!("ok"), &json!(1000))
    );
    assert_eq!(one["definition"]["tags"], json!(["a"]));

    let mut changed = script.get("/api/v1/checks/web").await.json();
    changed["target"]["expect_text"] = json!(["Welcome home"]);
    changed["failures"] = json!(1);
    assert_eq!(
        send(&mut script, Method::PUT, "/api/v1/checks/web", &changed).await.status,
        200,
        "what is told is taken"
    );
    until(&hub, "service/added/web", Some(Level::Critical)).await;
    assert_eq!(script.post_json("/api/v1/checks/web/run", &json!({})).await.status, 202);
    assert_eq!(script.post_json("/api/v1/checks/web/pause", &json!({})).await.status, 204);
    assert_eq!(script.get("/api/v1/checks?health=paused").await.json()["checks"][0]["paused"], json!(true));
    assert_eq!(script.post_json("/api/v1/checks/web/resume", &json!({})).await.status, 204);
    assert_eq!(send(&mut script, Method::DELETE, "/api/v1/checks/web", &json!({})).await.status, 204);
    for path in ["/api/v1/checks/web", "/api/v1/checks/nobody"] {
        assert_eq!(script.get(path).await.status, 404, "{path}");
        assert_eq!(send(&mut script, Method::DELETE, path, &json!({})).await.status, 404, "{path}");
    }
    assert_eq!(who(&hub, "read").post_json("/api/v1/checks", &body).await.status, 403);
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let hub = hub().start().await;
    let mut script = who(&hub, "write");
    let http = json!({ "kind": "http", "url": "http://nas/" });
    for (body, field, words) in [
        (json!([]), "body", "“name” and “target”"),
        (json!({}), "target", "Write for example"),
        (json!({ "target": { "kind": "htp" } }), "target", "htp"),
        (json!({ "target": http, "intervall": 1 }), "check", "intervall"),
        (
            json!({ "target": { "kind": "http", "url": "http://nas/", "expect_txt": ["x"] } }),
            "target",
            "expect_txt",
        ),
        (json!({ "name": "x", "target": { "kind": "http", "url": "nas" } }), "url", "http://"),
        (json!({ "target": http, "every": "10s" }), "check", "10s"),
        (
            json!({ "target": { "kind": "http", "url": "http://nas/", "expect_text": ["a\nb"] } }),
            "expect_text",
            "one line",
        ),
        (
            json!({ "target": { "kind": "redis", "host": "nas", "port": 1, "password": "plain" } }),
            "target",
            "{\"value\"",
        ),
        (
            json!({ "target": { "kind": "redis", "host": "nas", "port": 1, "password": { "kept": true } } }),
            "target",
            "kept",
        ),
    ] {
        let answer = script.post_json("/api/v1/checks", &body).await;
        assert_eq!(answer.status, 422, "{body}: {}", answer.text());
        let problem = answer.json();
        assert_eq!(problem["field"], field, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(words), "{problem}");
    }
    assert_eq!(script.get("/api/v1/checks").await.json(), json!({ "checks": [] }));
}

#[tokio::test]
async fn nobody_without_the_scope_admin_can_send_a_file_of_this_machine_anywhere() {
    let hub = hub().start().await;
    let (mut script, mut admin) = (who(&hub, "write"), who(&hub, "admin"));
    let with = |login: Value| json!({ "name": "Leak", "target": { "kind": "http", "url": "http://127.0.0.1:9/", "login": login } });
    let secret = json!({ "file": "/run/secrets/none" });
    for login in [
        json!({ "basic": { "user": "u", "password": secret } }),
        json!({ "bearer": { "token": { "env": "HOME" } } }),
        // The same as lists, which means the same to who reads it.
        json!({ "basic": ["u", secret] }),
        json!({ "bearer": [{ "env": "HOME" }] }),
    ] {
        let answer = script.post_json("/api/v1/checks", &with(login.clone())).await;
        assert!(answer.status == 403 || answer.status == 422, "{login}: {}", answer.text());
    }
    let headers = json!({ "name": "Leak", "target": { "kind": "http", "url": "http://127.0.0.1:9/", "secret_headers": [["X", secret]] } });
    assert_eq!(script.post_json("/api/v1/checks", &headers).await.status, 403);
    let smuggled = with(json!({ "bearer": [{ "sealed": "00ff" }] }));
    assert_eq!(admin.post_json("/api/v1/checks", &smuggled).await.status, 422);
    assert!(script.get("/api/v1/checks").await.json()["checks"].as_array().unwrap().is_empty());

    assert_eq!(admin.post_json("/api/v1/checks", &headers).await.status, 201);
    // Who may write can change the rest of it, and leaves the reference as it is.
    let mut told = script.get("/api/v1/checks/leak").await.json();
    told["group"] = json!("Family");
    assert_eq!(send(&mut script, Method::PUT, "/api/v1/checks/leak", &told).await.status, 200);
    told["target"]["url"] = json!("http://elsewhere.example/");
    assert_eq!(send(&mut script, Method::PUT, "/api/v1/checks/leak", &told).await.status, 422);
}

#[tokio::test]
async fn a_kept_secret_follows_its_header_and_not_its_place() {
    let (hub, web) = (hub().start().await, FakeService::start().await);
    let mut script = who(&hub, "write");
    let header = |name: &str, secret: Value| json!([name, secret]);
    let target = |headers: Vec<Value>| json!({ "name": "Web", "every": 1000, "target": { "kind": "http", "url": web.url(), "secret_headers": headers } });
    let two =
        target(vec![header("X-One", json!({ "value": "1" })), header("X-Two", json!({ "value": "2" }))]);
    assert_eq!(script.post_json("/api/v1/checks", &two).await.status, 201);
    let second = target(vec![header("X-Two", json!({ "kept": true }))]);
    assert_eq!(send(&mut script, Method::PUT, "/api/v1/checks/web", &second).await.status, 200);
    web.clear_requests();
    let asked = || web.requests().into_iter().find(|request| request.header("x-one").is_none());
    hub.wait_until("it is asked anew", std::time::Duration::from_secs(20), |_| asked().is_some()).await;
    assert_eq!(asked().unwrap().header("x-two"), Some("2"));
}
