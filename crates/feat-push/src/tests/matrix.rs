//! The whole matrix of rights, through sockets: who × rule × topic × reading and writing.

use super::people::{Caller, basic, everywhere, hub, hub_with};
use hob_testkit::gate::PASSWORD;
use hob_testkit::hub::TestHub;
use serde_json::{Value, json};

/// Everybody who can ask, each by what they show: nothing, passwords, tokens of people, tokens of the hub.
async fn visitors(hub: &TestHub) -> Vec<(&'static str, String)> {
    let mut ben = Caller::person(hub, "ben");
    let token =
        ben.ask("POST", "/v1/account/token", &Value::Null).await.1["token"].as_str().unwrap().to_owned();
    let mut anna = Caller::person(hub, "anna");
    let admins =
        anna.ask("POST", "/v1/account/token", &Value::Null).await.1["token"].as_str().unwrap().to_owned();
    vec![
        ("nobody", String::new()),
        ("ben", basic("ben", PASSWORD)),
        ("ben's token", format!("Bearer {token}")),
        ("ben's token as password", basic("", &token)),
        ("carla", basic("carla", PASSWORD)),
        ("anna", basic("anna", PASSWORD)),
        ("anna's token", format!("Bearer {admins}")),
        ("push", "Bearer hob_push".to_owned()),
        ("read", "Bearer hob_read".to_owned()),
        ("write", basic("any", "hob_write")),
        ("admin", "Bearer hob_admin".to_owned()),
        ("agent", "Bearer hob_agent".to_owned()),
    ]
}

fn caller(hub: &TestHub, authorization: &str) -> Caller {
    if authorization.is_empty() { Caller::nobody(hub) } else { Caller::showing(hub, authorization) }
}

/// What somebody may in truth: `rw`, `r-`, `-w` or `--`.
async fn found(hub: &TestHub, authorization: &str, topic: &str) -> String {
    let read =
        caller(hub, authorization).send("GET", &format!("/{topic}/json?poll=1"), "").await.status.as_u16();
    let auth = caller(hub, authorization).send("GET", &format!("/{topic}/auth"), "").await.status.as_u16();
    let write = caller(hub, authorization).send("PUT", &format!("/{topic}"), "x").await.status.as_u16();
    assert_eq!(read, auth, "{topic}");
    assert!([read, write].iter().all(|status| [200, 403].contains(status)), "{read} {write}");
    format!("{}{}", if read == 200 { "r" } else { "-" }, if write == 200 { "w" } else { "-" })
}

/// `expected`: Ben and his tokens, Carla, nobody in particular, and the hub's tokens push, read and write. Administrators
/// may always everything; a token for agents is nobody here.
async fn expect(hub: &TestHub, all: &[(&'static str, String)], topic: &str, expected: [&str; 6]) {
    let [ben, carla, nobody, push, read, write] = expected;
    for (who, authorization) in all {
        let may = match *who {
            "anna" | "anna's token" | "admin" => "rw",
            "ben" | "ben's token" | "ben's token as password" => ben,
            "carla" => carla,
            "push" => push,
            "read" => read,
            "write" => write,
            _ => nobody,
        };
        assert_eq!(found(hub, authorization, topic).await, may, "{who} with {topic}");
    }
}

#[tokio::test]
async fn everybody_may_what_the_rules_say_and_nothing_else() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        matrix(&hub).await;
    }
}

async fn matrix(hub: &TestHub) {
    let all = visitors(hub).await;
    let mut anna = Caller::person(hub, "anna");
    for (who, topic, permission) in [
        ("*", "news", "read-only"),
        ("*", "closed*", "deny-all"),
        ("ben", "closed-but-for-ben", "read-write"),
        ("ben", "ben-*", "write-only"),
        ("ben", "ben-reads", "read-only"),
        ("carla", "ben-*", "deny-all"),
    ] {
        let rule = json!({ "username": who, "topic": topic, "permission": permission });
        assert_eq!(anna.code("PUT", "/v1/users/access", &rule).await, 0);
    }
    let diary = json!({ "topic": "diary", "everyone": "deny-all" });
    assert_eq!(Caller::person(hub, "ben").code("POST", "/v1/account/reservation", &diary).await, 0);

    expect(hub, &all, "plain", ["rw", "rw", "-w", "-w", "rw", "rw"]).await;
    expect(hub, &all, "news", ["r-", "r-", "r-", "rw", "r-", "rw"]).await;
    expect(hub, &all, "closed-to-all", ["--", "--", "--", "-w", "r-", "rw"]).await;
    expect(hub, &all, "closed-but-for-ben", ["rw", "--", "--", "-w", "r-", "rw"]).await;
    expect(hub, &all, "ben-writes", ["-w", "--", "-w", "-w", "rw", "rw"]).await;
    expect(hub, &all, "ben-reads", ["r-", "--", "-w", "-w", "rw", "rw"]).await;
    expect(hub, &all, "diary", ["rw", "--", "--", "-w", "r-", "rw"]).await;
}

#[tokio::test]
async fn what_nobody_in_particular_may_is_a_setting() {
    for (setting, may) in
        [("deny-all", "--"), ("read-only", "r-"), ("write-only", "-w"), ("read-write", "rw")]
    {
        let hub = hub_with(&format!("default_access = \"{setting}\"")).start().await;
        assert_eq!(found(&hub, "", "plain").await, may, "{setting}");
        assert_eq!(found(&hub, &basic("ben", PASSWORD), "plain").await, "rw", "{setting}");
        assert_eq!(found(&hub, "Bearer hob_agent", "plain").await, may, "{setting}");
    }
}

#[tokio::test]
async fn several_topics_are_read_only_where_each_may_be() {
    let hub = hub().start().await;
    let rule = json!({ "username": "ben", "topic": "silver", "permission": "wo" });
    assert_eq!(Caller::person(&hub, "anna").code("PUT", "/v1/users/access", &rule).await, 0);
    let mut ben = Caller::person(&hub, "ben");
    assert_eq!(ben.send("GET", "/gold/json?poll=1", "").await.status, 200);
    let answer = ben.send("GET", "/gold,silver/json?poll=1", "").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (403, &json!(40301)));
}

#[tokio::test]
async fn wrong_credentials_are_refused_even_where_nobody_needs_any() {
    let hub = hub().start().await;
    let answer = Caller::showing(&hub, &basic("ben", "wrong")).send("PUT", "/plain", "x").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (401, &json!(40101)));
    let answer = Caller::nobody(&hub).send("PUT", "/plain", "x").await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn messages_a_day_have_a_limit_of_each_visitor() {
    let hub = hub_with("visitor_messages = 2").start().await;
    let mut nobody = Caller::nobody(&hub);
    for status in [200, 200, 429] {
        assert_eq!(nobody.send("PUT", "/plain", "x").await.status, status);
    }
    assert_eq!(nobody.send("PUT", "/plain", "x").await.json()["code"], 42908);
    let mut ben = Caller::person(&hub, "ben");
    assert_eq!(ben.send("PUT", "/plain", "x").await.status, 200);
    let (_, account) = ben.ask("GET", "/v1/account", &Value::Null).await;
    assert_eq!(
        (&account["stats"]["messages"], &account["stats"]["messages_remaining"]),
        (&json!(1), &json!(1))
    );
    hub.ctx().clock.advance(std::time::Duration::from_secs(86_400));
    assert_eq!(nobody.send("PUT", "/plain", "x").await.status, 200, "tomorrow");
    let (_, stats) = nobody.ask("GET", "/v1/stats", &Value::Null).await;
    assert_eq!(stats["messages"], 4);
}

#[tokio::test]
async fn attachments_have_a_limit_of_each_visitor() {
    let hub = hub_with("exempt = []\nvisitor_attachments = \"10K\"").start().await;
    let file = "x".repeat(6000);
    let mut ben = Caller::person(&hub, "ben").with("filename", "x.txt");
    assert_eq!(ben.send("PUT", "/plain", &file).await.status, 200);
    let answer = ben.send("PUT", "/plain", &file).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (413, &json!(41301)));
    let mut carla = Caller::person(&hub, "carla").with("filename", "x.txt");
    assert_eq!(carla.send("PUT", "/plain", &file).await.status, 200);
    let (_, account) = Caller::person(&hub, "ben").ask("GET", "/v1/account", &Value::Null).await;
    assert_eq!(account["stats"]["attachment_total_size"], 6000);
    assert_eq!(account["stats"]["attachment_total_size_remaining"], 4240);
    hub.ctx().clock.advance(std::time::Duration::from_secs(4 * 3600));
    assert_eq!(ben.send("PUT", "/plain", &file).await.status, 200, "the first one is gone");
}
