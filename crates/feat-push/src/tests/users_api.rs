//! ntfy's API of users and access, with the expectations of its own tests.

use super::people::{Caller, basic, everywhere, hub};
use hob_testkit::gate::PASSWORD;
use serde_json::{Value, json};

const OWL: &str = "an owl in the barn";

#[tokio::test]
async fn only_administrators_manage() {
    let hub = hub().start().await;
    let body = json!({ "username": "emma", "password": OWL, "topic": "gold", "permission": "ro" });
    for method in ["GET", "POST", "PUT", "DELETE"] {
        for path in ["/v1/users", "/v1/users/access"] {
            if (method, path) == ("GET", "/v1/users/access") {
                continue;
            }
            assert_eq!(Caller::nobody(&hub).code(method, path, &body).await, 40101, "{method} {path}");
            assert_eq!(Caller::person(&hub, "ben").code(method, path, &body).await, 40101, "{method} {path}");
            let mut token = Caller::showing(&hub, "Bearer hob_write");
            assert_eq!(token.code(method, path, &body).await, 40101, "{method} {path}");
        }
    }
    let mut token = Caller::showing(&hub, "Bearer hob_admin");
    assert_eq!(token.code("GET", "/v1/users", &Value::Null).await, 0);
}

#[tokio::test]
async fn users_are_added_changed_listed_and_removed() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        let mut anna = Caller::person(&hub, "anna");
        let emma = json!({ "username": "emma", "password": OWL });
        assert_eq!(anna.ask("POST", "/v1/users", &emma).await, (200, json!({ "success": true })));
        assert_eq!(anna.code("POST", "/v1/users", &emma).await, 40901);
        let rule = json!({ "username": "emma", "topic": "gold*", "permission": "ro" });
        assert_eq!(anna.code("PUT", "/v1/users/access", &rule).await, 0);
        let everyone = json!({ "username": "everyone", "topic": "news", "permission": "rw" });
        assert_eq!(anna.code("PUT", "/v1/users/access", &everyone).await, 0);
        let (_, all) = anna.ask("GET", "/v1/users", &Value::Null).await;
        let expected = json!([
            { "username": "anna", "role": "admin" },
            { "username": "ben", "role": "user" },
            { "username": "carla", "role": "user" },
            { "username": "dora", "role": "user" },
            { "username": "emma", "role": "user", "grants": [{ "topic": "gold*", "permission": "read-only" }] },
            { "username": "*", "role": "anonymous", "grants": [{ "topic": "news", "permission": "read-write" }] },
        ]);
        assert_eq!(all, expected);
        let changed = json!({ "username": "emma", "password": "another owl here" });
        assert_eq!(anna.code("PUT", "/v1/users", &changed).await, 0);
        let as_emma = basic("emma", "another owl here");
        assert_eq!(Caller::showing(&hub, &as_emma).code("GET", "/v1/account", &Value::Null).await, 0);
        assert_eq!(anna.code("DELETE", "/v1/users", &json!({ "username": "emma" })).await, 0);
        assert_eq!(Caller::showing(&hub, &as_emma).code("GET", "/v1/account", &Value::Null).await, 40101);
        let (_, all) = anna.ask("GET", "/v1/users", &Value::Null).await;
        assert!(!all.to_string().contains("gold"), "the rules went, too: {all}");
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_ntfys_codes() {
    let hub = hub().start().await;
    let mut anna = Caller::person(&hub, "anna");
    for (method, path, body, code) in [
        ("POST", "/v1/users", json!({ "username": "", "password": OWL }), 40000),
        ("POST", "/v1/users", json!({ "username": "emma" }), 40000),
        ("POST", "/v1/users", json!({ "username": "emma", "password": "short" }), 40000),
        ("POST", "/v1/users", json!({ "username": "*", "password": OWL }), 40000),
        ("POST", "/v1/users", json!({ "username": "anna", "password": OWL }), 40901),
        ("POST", "/v1/users", json!({ "username": "emma", "password": OWL, "tier": "pro" }), 40030),
        ("PUT", "/v1/users", json!({ "username": "anna", "password": OWL }), 40301),
        ("DELETE", "/v1/users", json!({ "username": "zoe" }), 40031),
        ("DELETE", "/v1/users", json!({ "username": "anna" }), 40101),
        ("POST", "/v1/users/access", json!({ "username": "zoe", "topic": "x", "permission": "ro" }), 40031),
        ("POST", "/v1/users/access", json!({ "username": "ben", "topic": "x", "permission": "all" }), 40025),
        ("POST", "/v1/users/access", json!({ "username": "ben", "topic": "x y", "permission": "ro" }), 40009),
        ("DELETE", "/v1/users/access", json!({ "username": "zoe", "topic": "x" }), 40031),
    ] {
        assert_eq!(anna.code(method, path, &body).await, code, "{method} {path} {body}");
    }
    assert_eq!(anna.send("POST", "/v1/users", "[").await.json()["code"], 40024);
}

#[tokio::test]
async fn access_is_reset_by_topic_and_altogether() {
    let hub = hub().start().await;
    let mut anna = Caller::person(&hub, "anna");
    let rule = |topic: &str| json!({ "username": "ben", "topic": topic, "permission": "ro" });
    for topic in ["gold", "silver", "lead*"] {
        assert_eq!(anna.code("POST", "/v1/users/access", &rule(topic)).await, 0);
    }
    let reserved = json!({ "topic": "diary", "everyone": "deny-all" });
    assert_eq!(Caller::person(&hub, "carla").code("POST", "/v1/account/reservation", &reserved).await, 0);
    assert_eq!(anna.code("DELETE", "/v1/users/access", &rule("gold")).await, 0);
    let grants = |all: &Value, at: usize| all[at]["grants"].as_array().map_or(0, Vec::len);
    let (_, all) = anna.ask("GET", "/v1/users", &Value::Null).await;
    assert_eq!((grants(&all, 1), grants(&all, 2), grants(&all, 4)), (2, 1, 1), "{all}");
    assert_eq!(anna.code("DELETE", "/v1/users/access", &json!({ "username": "ben" })).await, 0);
    assert_eq!(anna.code("DELETE", "/v1/users/access", &json!({ "username": "*" })).await, 0);
    let (_, all) = anna.ask("GET", "/v1/users", &Value::Null).await;
    assert_eq!(
        (grants(&all, 1), grants(&all, 2), grants(&all, 4)),
        (0, 1, 1),
        "a reservation stays whole: {all}"
    );
    let ben = basic("ben", PASSWORD);
    assert_eq!(Caller::showing(&hub, &ben).code("GET", "/v1/account", &Value::Null).await, 0);
}
