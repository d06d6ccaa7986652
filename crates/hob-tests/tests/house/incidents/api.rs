//! `/api/v1/incidents` and `/api/v1/silences` as scripts rely on them.

use super::{break_it, impatient, mend, open};
use crate::support::{eventually, token};
use hob_testkit::client::{Answer, Client};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

async fn ids(client: &mut Client, query: &str) -> Vec<i64> {
    let answer = client.get(&format!("/api/v1/incidents{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    answer.json()["incidents"].as_array().unwrap().iter().map(|i| i["id"].as_i64().unwrap()).collect()
}

fn is_problem(answer: &Answer, status: u16, words: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert!(answer.json()["detail"].as_str().unwrap().contains(words), "{}", answer.text());
}

#[tokio::test]
async fn an_incident_is_told_with_exactly_the_fields_of_the_contract() {
    let (hub, anna) = impatient("").await;
    let mut client = token(&hub, &anna, "read").await;
    break_it(&hub, "host/home/shed", "The shed is dark.", &[]).await;
    break_it(&hub, "service/shed/80", "Nothing listens.", &["host/home/shed"]).await;
    let all = client.get("/api/v1/incidents").await.json();
    let told = &all["incidents"][0];
    let fields = BTreeSet::from([
        "id",
        "opened_at",
        "began_at",
        "closed_at",
        "severity",
        "title",
        "cause",
        "affected",
        "notified",
        "acknowledged",
        "flapping",
        "hush",
        "merged_into",
    ]);
    assert_eq!(keys(told), fields, "{told}");
    assert_eq!(
        (&told["id"], &told["severity"], &told["closed_at"]),
        (&json!(1), &json!("critical"), &Value::Null)
    );
    let cause = json!({
        "id": "host/home/shed", "name": "shed", "reason": "The shed is dark.", "evidence": "exit code 1",
        "remedy": "Start it again.",
    });
    assert_eq!(told["cause"], cause);
    let affected = told["affected"].as_array().unwrap();
    assert_eq!(affected.len(), 1, "without the cause");
    let fields = ["id", "name", "level", "worst", "role", "reason", "since", "recovered_at"];
    assert_eq!(keys(&affected[0]), BTreeSet::from(fields));
    assert_eq!((&affected[0]["id"], &affected[0]["role"]), (&json!("service/shed/80"), &json!("affected")));
    let notified = told["notified"].as_array().unwrap();
    assert_eq!(keys(&notified[0]), BTreeSet::from(["at", "kind", "through", "title", "to"]), "{told}");
    for time in ["opened_at", "began_at"] {
        let text = told[time].as_str().unwrap();
        assert!(text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok(), "{text}");
    }
    let one = client.get("/api/v1/incidents/1").await.json();
    let line = &one["timeline"][0];
    assert_eq!(keys(line), BTreeSet::from(["at", "what", "text", "by", "resource", "evidence"]), "{one}");
    assert_eq!(line["what"], "opened");
    assert_eq!(line["evidence"][0]["text"], "exit code 1", "{line}");
}

#[tokio::test]
async fn incidents_are_selected_by_state_resource_time_and_number() {
    let (hub, anna) = impatient("").await;
    let mut client = token(&hub, &anna, "read").await;
    for n in 1..=3 {
        break_it(&hub, &format!("service/nas/{n}"), "Nothing listens.", &[]).await;
        mend(&hub, &format!("service/nas/{n}")).await;
    }
    break_it(&hub, "service/nas/4", "Nothing listens.", &[]).await;
    for (query, expected) in [
        ("", &[4][..]),
        ("?state=open", &[4]),
        ("?state=closed", &[3, 2, 1]),
        ("?state=all", &[4, 3, 2, 1]),
        ("?state=all&limit=2", &[4, 3]),
        ("?state=all&limit=2&before=3", &[2, 1]),
        ("?state=all&resource=service/nas/2", &[2]),
        ("?state=open&resource=service/nas/2", &[]),
        ("?state=all&from=2001-01-01T00:00:00Z&to=2001-02-01T00:00:00Z", &[]),
        ("?state=all&from=2001-01-01T00:00:00Z", &[4, 3, 2, 1]),
        ("?to=2001-01-01T00:00:00Z", &[]),
    ] {
        assert_eq!(ids(&mut client, query).await, expected, "{query}");
    }
    for (query, words) in [
        ("state=broken", "use open, closed or all"),
        ("resource=x", "resource"),
        ("from=today", "RFC 3339"),
        ("before=-1", "not the number of an incident"),
    ] {
        is_problem(&client.get(&format!("/api/v1/incidents?{query}")).await, 422, words);
    }
    is_problem(&client.get("/api/v1/incidents/77").await, 404, "There is no incident");
}

#[tokio::test]
async fn programs_do_what_people_do() {
    let (hub, anna) = impatient("").await;
    let mut client = token(&hub, &anna, "write").await;
    break_it(&hub, "service/nas/1", "Nothing listens.", &[]).await;
    break_it(&hub, "service/nas/2", "It is slow.", &[]).await;
    let mut act = async |deed: &str, body: Value| {
        let answer = client.post_json(&format!("/api/v1/incidents/1/{deed}"), &body).await;
        assert_eq!(answer.status, 200, "{deed}: {}", answer.text());
        answer.json()
    };
    let told = act("acknowledge", json!({ "lasts": "4h" })).await;
    assert_eq!(told["acknowledged"]["by"], "token “a write token”", "{told}");
    assert!(told["acknowledged"]["until"].is_string(), "{told}");
    assert_eq!(act("release", json!({})).await["acknowledged"], Value::Null);
    assert_eq!(act("acknowledge", json!({})).await["acknowledged"]["until"], Value::Null);
    let told = act("snooze", json!({ "until": "2099-01-01T00:00:00Z" })).await;
    assert_eq!(
        (&told["hush"]["kind"], &told["hush"]["until"]),
        (&json!("snoozed"), &json!("2099-01-01T00:00:00.000Z"))
    );
    assert_eq!(act("unmute", json!({})).await["hush"], Value::Null);
    assert_eq!(act("mute", json!({})).await["hush"]["kind"], "muted");
    let told = act("note", json!({ "text": "Seen." })).await;
    let line = told["timeline"].as_array().unwrap().iter().find(|line| line["what"] == "note").unwrap();
    assert_eq!((&line["text"], &line["by"]), (&json!("Seen."), &json!("token “a write token”")));
    assert_eq!(act("merge", json!({ "into": 2 })).await["id"], 2);
    let told =
        client.post_json("/api/v1/incidents/2/split", &json!({ "resources": ["service/nas/1"] })).await;
    assert_eq!(told.json()["id"], 3, "{}", told.text());
    // A body is not needed where there is nothing to say.
    let bare = client.send(http::Method::POST, "/api/v1/incidents/3/mute", &[], bytes::Bytes::new()).await;
    assert_eq!(bare.status, 200, "{}", bare.text());
}

#[tokio::test]
async fn mistakes_are_problems_and_reading_is_not_writing() {
    let (hub, anna) = impatient("").await;
    let mut client = token(&hub, &anna, "write").await;
    break_it(&hub, "service/nas/1", "Nothing listens.", &[]).await;
    for (deed, body, status, words) in [
        ("note", json!({}), 422, "The note is empty"),
        ("note", json!({ "text": "x\n".repeat(2001) }), 422, "longer than 4000"),
        ("snooze", json!({}), 422, "how long it lasts"),
        ("snooze", json!({ "until": "2001-01-01T00:00:00Z" }), 422, "passed already"),
        ("snooze", json!({ "lasts": "1h", "until": "2099-01-01T00:00:00Z" }), 422, "not both"),
        ("acknowledge", json!({ "lasts": "soon" }), 422, "not a duration"),
        ("acknowledge", json!({ "til": "x" }), 422, "not the JSON that is expected"),
        ("merge", json!({}), 422, "number of the other incident"),
        ("merge", json!({ "into": 1 }), 422, "part of itself"),
        ("split", json!({ "resources": ["service/nas/1"] }), 422, "not all of them"),
        ("explode", json!({}), 404, "There is no action"),
    ] {
        is_problem(&client.post_json(&format!("/api/v1/incidents/1/{deed}"), &body).await, status, words);
    }
    is_problem(&client.post_json("/api/v1/incidents/77/mute", &json!({})).await, 404, "77");
    mend(&hub, "service/nas/1").await;
    is_problem(&client.post_json("/api/v1/incidents/1/mute", &json!({})).await, 409, "is over");
    let mut reader = token(&hub, &anna, "read").await;
    is_problem(&reader.post_json("/api/v1/incidents/1/note", &json!({ "text": "x" })).await, 403, "write");
    is_problem(&reader.post_json("/api/v1/silences", &json!({ "matchers": ["a=b"] })).await, 403, "write");
}

#[tokio::test]
async fn silences_are_made_listed_and_ended() {
    let (hub, anna) =
        impatient("[[maintenance]]\nname = \"Weekly\"\nwhen = [\"Sun 02:00-02:01\"]\nhosts = [\"attic\"]\n")
            .await;
    let mut client = token(&hub, &anna, "write").await;
    break_it(&hub, "service/nas/1", "Nothing listens.", &[]).await;
    let body = json!({
        "matchers": ["kind=\"service\"", { "name": "name", "value": "1|2", "isRegex": true, "isEqual": true }],
        "comment": "Moving house", "lasts": "2h",
    });
    let made = client.post_json("/api/v1/silences", &body).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    assert_eq!(
        (&made["state"], &made["read_only"], &made["created_by"]),
        (&json!("active"), &json!(false), &json!("token “a write token”"))
    );
    let id = made["id"].as_str().unwrap().to_owned();
    assert_eq!(id.len(), 36);
    eventually("the incident is silent", async || open(hub.ctx())[0].hush.clone()).await;
    let told = client.get("/api/v1/incidents/1").await.json();
    assert_eq!(
        (&told["hush"]["silence"], &told["hush"]["comment"]),
        (&json!(id), &json!("Moving house")),
        "{told}"
    );

    let all = client.get("/api/v1/silences").await.json();
    let all = all["silences"].as_array().unwrap();
    assert_eq!(all.len(), 2, "{all:?}");
    let fixed = all.iter().find(|silence| silence["read_only"] == true).unwrap();
    assert_eq!((&fixed["recurs"], &fixed["maintenance"]), (&json!(["Sun 02:00-02:01"]), &json!(true)));
    let path = format!("/api/v1/silences/{}", fixed["id"].as_str().unwrap());
    is_problem(&client.send(http::Method::DELETE, &path, &[], bytes::Bytes::new()).await, 409, "hob.toml");

    let path = format!("/api/v1/silences/{id}");
    assert_eq!(client.send(http::Method::DELETE, &path, &[], bytes::Bytes::new()).await.status, 204);
    eventually("it is heard again", async || open(hub.ctx())[0].hush.is_none().then_some(())).await;
    let gone = client.send(http::Method::DELETE, "/api/v1/silences/nonsense", &[], bytes::Bytes::new()).await;
    is_problem(&gone, 404, "nonsense");
    for (body, words) in [
        (json!({ "matchers": [], "lasts": "1h" }), "at least one matcher"),
        (json!({ "matchers": ["kind"], "lasts": "1h" }), "not a matcher"),
        (json!({ "matchers": ["kind=x"] }), "needs an end"),
        (json!({ "matchers": ["kind=x"], "ends_at": "2001-01-01T00:00:00Z" }), "passed already"),
        (json!({ "matchers": ["kind=x"], "recurs": ["whenever"] }), "whenever"),
        (json!({ "matchers": ["kind=x"], "lasts": "1h", "ends_at": "2099-01-01T00:00:00Z" }), "not both"),
    ] {
        is_problem(&client.post_json("/api/v1/silences", &body).await, 422, words);
    }
}
