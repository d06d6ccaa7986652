//! The management API.

use super::house::{desk_of, everywhere, hub, job, ping, send};
use crate::model::definition::Definition;
use hob_testkit::hub::TestHub;
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

const CHECKS: &str = "/ping/api/v3/checks/";

async fn ask(hub: &TestHub, token: &str, method: Method, path: &str, body: Value) -> (u16, Value) {
    let mut client = hub.client().with("x-api-key", token);
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let answer = client.send(method, path, &[], body.into()).await;
    let told = serde_json::from_slice(&answer.body).unwrap_or(Value::String(answer.text()));
    (answer.status.as_u16(), told)
}

fn path_of(url: &Value) -> String {
    let url = url.as_str().unwrap();
    format!("/{}", url.splitn(4, '/').nth(3).unwrap())
}

#[tokio::test]
async fn a_check_is_made_changed_paused_resumed_and_deleted() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        let body = json!({ "name": "Backups", "slug": "backups", "tags": "prod www", "timeout": 3600, "grace": 60, "unique": ["name"] });
        let (status, made) = ask(&hub, "write", Method::POST, CHECKS, body.clone()).await;
        assert_eq!((status, &made["status"], &made["timeout"]), (201, &json!("new"), &json!(3600)));
        assert_eq!(ask(&hub, "write", Method::POST, CHECKS, body).await.0, 200, "it is there already");
        ping(&hub, &path_of(&made["ping_url"])).await;
        let own = path_of(&made["update_url"]);
        let (_, up) = ask(&hub, "write", Method::GET, &own, Value::Null).await;
        assert_eq!((&up["status"], &up["n_pings"]), (&json!("up"), &json!(1)));
        assert_eq!(up["last_ping"], "2027-01-15T08:00:00+00:00");
        assert_eq!(up["next_ping"], "2027-01-15T09:00:00+00:00");
        let change = json!({ "schedule": "0 3 * * *", "tz": "Europe/Riga" });
        let (_, changed) = ask(&hub, "write", Method::POST, &own, change).await;
        assert_eq!((&changed["schedule"], &changed["tz"]), (&json!("0 3 * * *"), &json!("Europe/Riga")));
        assert_eq!(changed["name"], "Backups", "what was not named stays");
        let (_, paused) = ask(&hub, "write", Method::POST, &path_of(&made["pause_url"]), Value::Null).await;
        assert_eq!(paused["status"], "paused");
        let resume = path_of(&made["resume_url"]);
        assert_eq!(ask(&hub, "write", Method::POST, &resume, Value::Null).await.1["status"], "new");
        assert_eq!(ask(&hub, "write", Method::POST, &resume, Value::Null).await.0, 409);
        assert_eq!(ask(&hub, "write", Method::DELETE, &own, Value::Null).await.0, 200);
        assert_eq!(ask(&hub, "write", Method::GET, &own, Value::Null).await.0, 404);
        let (_, list) = ask(&hub, "write", Method::GET, CHECKS, Value::Null).await;
        assert_eq!(list, json!({ "checks": [] }));
    }
}

#[tokio::test]
async fn who_asks_shows_a_token_and_readers_learn_no_address() {
    let hub = hub().start().await;
    let code = job(&hub, "backup", "every 1d", "1h").await.code.to_string();
    for (token, status, said) in [("", 401, "missing api key"), ("nonsense", 401, "wrong api key")] {
        let (got, body) = ask(&hub, token, Method::GET, CHECKS, Value::Null).await;
        assert_eq!((got, &body["error"]), (status, &json!(said)));
    }
    let (_, list) = ask(&hub, "read", Method::GET, CHECKS, Value::Null).await;
    assert!(!list.to_string().contains(&code), "{list}");
    let unique = list["checks"][0]["unique_key"].as_str().unwrap().to_owned();
    let own = format!("{CHECKS}{unique}");
    assert_eq!(ask(&hub, "read", Method::GET, &own, Value::Null).await.1["slug"], "backup");
    assert_eq!(ask(&hub, "read", Method::GET, &format!("{own}/pings/"), Value::Null).await.0, 403);
    assert_eq!(ask(&hub, "read", Method::POST, CHECKS, json!({})).await.0, 403);
    let in_body = json!({ "api_key": "write", "name": "By its body" });
    let answer = send(&hub, Method::POST, CHECKS, in_body.to_string().as_bytes()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    assert_eq!(
        ask(&hub, "write", Method::POST, CHECKS, json!([1])).await.1["error"],
        "json validation error: value is not an object"
    );
    assert_eq!(
        ask(&hub, "write", Method::POST, CHECKS, json!({ "grace": 1 })).await.1["error"],
        "json validation error: grace is too small"
    );
}

#[tokio::test]
async fn pings_and_flips_are_listed() {
    for builder in everywhere().await {
        let hub = builder.start().await;
        let code = job(&hub, "backup", "every 1d", "1h").await.code.to_string();
        let run = "123e4567-e89b-12d3-a456-426614174000";
        ping(&hub, &format!("/ping/{code}/start?rid={run}")).await;
        hub.ctx().clock.advance(Duration::from_millis(2896));
        send(&hub, Method::POST, &format!("/ping/{code}?rid={run}"), b"<b>done</b>").await;
        super::house::until_told(&hub, "backup", "It reports").await;
        ping(&hub, &format!("/ping/{code}/7")).await;
        super::house::until_told(&hub, "backup", "It failed").await;
        let (_, body) = ask(&hub, "write", Method::GET, &format!("{CHECKS}{code}/pings/"), Value::Null).await;
        let kinds: Vec<&Value> = body["pings"].as_array().unwrap().iter().map(|ping| &ping["type"]).collect();
        assert_eq!(kinds, ["fail", "success", "start"]);
        let success = &body["pings"][1];
        assert_eq!((&success["duration"], &success["rid"]), (&json!(2.896), &json!(run)));
        assert_eq!((&success["remote_addr"], &success["method"]), (&json!("127.0.0.1"), &json!("POST")));
        let (status, text) =
            ask(&hub, "write", Method::GET, &path_of(&success["body_url"]), Value::Null).await;
        assert_eq!((status, text), (200, json!("<b>done</b>")));
        let (_, flips) = ask(&hub, "read", Method::GET, &format!("{CHECKS}{code}/flips/"), Value::Null).await;
        let ups: Vec<&Value> = flips["flips"].as_array().unwrap().iter().map(|flip| &flip["up"]).collect();
        assert_eq!(ups, [&json!(0), &json!(1)]);
        let later = format!("{CHECKS}{code}/flips/?start=4000000000");
        assert_eq!(ask(&hub, "read", Method::GET, &later, Value::Null).await.1, json!({ "flips": [] }));
    }
}

#[tokio::test]
async fn checks_are_found_by_tags_and_slug() {
    let hub = hub().start().await;
    for (slug, tags) in [("a", vec!["x", "y"]), ("b", vec!["x"])] {
        let tags = tags.into_iter().map(str::to_owned).collect();
        let definition = Definition { slug: slug.into(), tags, ..Definition::default() };
        desk_of(&hub).await.add(hub.ctx(), definition, None).await.unwrap();
    }
    for (query, count) in [("", 2), ("?tag=x", 2), ("?tag=x&tag=y", 1), ("?slug=b", 1), ("?tag=z", 0)] {
        let (_, list) = ask(&hub, "read", Method::GET, &format!("{CHECKS}{query}"), Value::Null).await;
        assert_eq!(list["checks"].as_array().unwrap().len(), count, "{query}");
    }
}
