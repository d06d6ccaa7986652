//! `/api/v1` as scripts rely on it.

use crate::support::{house, id, observe, said, token, told};
use hob_base::{Clock, Health, Observation, Timestamp};
use hob_testkit::client::Client;
use hob_testkit::hub::TestHub;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// 23 November 2026, 14:42:00.123 UTC.
const NOW: Timestamp = Timestamp::from_millis(1_795_444_920_123);

async fn furnished() -> (TestHub, Client) {
    let hub = house().clock(Clock::fake(NOW)).start().await;
    let anna = hub.set_up().await;
    let door = said("door/home/front", Health::ok("The door is closed."))
        .named("Front door")
        .fact("battery_percent", 80_u32)
        .fact("maker", "Ikea")
        .fact("locked", true)
        .needs(id("host/home/nas"));
    observe(hub.ctx(), door).await;
    let lamp = Health::critical("The lamp is dark.").with_evidence("0 lm").with_remedy("Change the bulb.");
    observe(hub.ctx(), said("lamp/home/hall", lamp)).await;
    let found = Observation::new("test", id("service/nas/3000"), std::time::Duration::from_secs(60));
    observe(hub.ctx(), found).await;
    let client = token(&hub, &anna, "read").await;
    (hub, client)
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_resource_is_told_with_exactly_the_fields_of_the_contract() {
    let (_hub, mut client) = furnished().await;
    let all = told(&mut client, "").await;
    let fields = BTreeSet::from([
        "id",
        "kind",
        "name",
        "health",
        "reason",
        "evidence",
        "remedy",
        "since",
        "depends_on",
        "facts",
        "source",
    ]);
    for resource in &all {
        assert_eq!(keys(resource), fields, "{resource}");
        assert!(["ok", "warning", "critical", "unknown"].contains(&resource["health"].as_str().unwrap()));
    }
    let door = all.iter().find(|r| r["id"] == "door/home/front").unwrap();
    let expected = json!({
        "id": "door/home/front",
        "kind": "door",
        "name": "Front door",
        "health": "ok",
        "reason": "The door is closed.",
        "evidence": "",
        "remedy": null,
        "since": "2026-11-23T14:42:00.123Z",
        "depends_on": ["host/home/nas"],
        "facts": { "battery_percent": 80, "maker": "Ikea", "locked": true },
        "source": "test",
    });
    assert_eq!(door, &expected);
    let lamp = all.iter().find(|r| r["id"] == "lamp/home/hall").unwrap();
    assert_eq!((&lamp["evidence"], &lamp["remedy"]), (&json!("0 lm"), &json!("Change the bulb.")));
}

#[tokio::test]
async fn resources_are_filtered_by_kind_health_and_words() {
    let (_hub, mut client) = furnished().await;
    let mut ids = async |query: &str| -> Vec<String> {
        let all = told(&mut client, query).await;
        all.iter()
            .map(|r| r["id"].as_str().unwrap().to_owned())
            .filter(|id| {
                !["job/", "discovery/", "database/", "channel/", "push/"]
                    .iter()
                    .any(|own| id.starts_with(own))
            })
            .collect()
    };
    assert_eq!(ids("").await, ["door/home/front", "lamp/home/hall", "service/nas/3000"]);
    assert_eq!(ids("?kind=door").await, ["door/home/front"]);
    assert_eq!(ids("?kind=doo").await, [""; 0]);
    assert_eq!(ids("?health=critical").await, ["lamp/home/hall"]);
    assert_eq!(ids("?health=unknown").await, ["service/nas/3000"]);
    assert_eq!(ids("?q=DARK+lamp").await, ["lamp/home/hall"]);
    assert_eq!(ids("?q=ikea").await, ["door/home/front"]);
    assert_eq!(ids("?kind=door&health=critical").await, [""; 0]);
    assert_eq!(ids("?kind=door&health=ok&q=front").await, ["door/home/front"]);
    assert_eq!(ids("?kind=&health=&q=").await.len(), 3, "empty is no filter");
}

#[tokio::test]
async fn transitions_are_told_newest_first_and_by_resource() {
    let (hub, mut client) = furnished().await;
    for health in [Health::warning("The lamp flickers."), Health::ok("The lamp shines.")] {
        hub.ctx().clock.advance(std::time::Duration::from_secs(1));
        observe(hub.ctx(), said("lamp/home/hall", health)).await;
    }
    let answer = client.get("/api/v1/transitions?resource=lamp/home/hall").await.json();
    let told = answer["transitions"].as_array().unwrap();
    assert!(keys(&told[0]).is_superset(&BTreeSet::from(["at", "from", "to", "reason"])), "{}", told[0]);
    let short: Vec<_> = told.iter().map(|t| (t["at"].clone(), t["from"].clone(), t["to"].clone())).collect();
    let expected = [
        (json!("2026-11-23T14:42:02.123Z"), json!("warning"), json!("ok")),
        (json!("2026-11-23T14:42:01.123Z"), json!("critical"), json!("warning")),
        (json!("2026-11-23T14:42:00.123Z"), Value::Null, json!("critical")),
    ];
    assert_eq!(short, expected);
    assert_eq!(told[0]["reason"], "The lamp shines.");

    let limited = client.get("/api/v1/transitions?resource=lamp%2Fhome%2Fhall&limit=1").await.json();
    assert_eq!(limited["transitions"].as_array().unwrap().len(), 1);
    let nothing = client.get("/api/v1/transitions?resource=no/such/thing").await.json();
    assert_eq!(nothing, json!({ "transitions": [] }));
    let all = client.get("/api/v1/transitions").await.json();
    let ids: BTreeSet<_> =
        all["transitions"].as_array().unwrap().iter().map(|t| t["resource"].clone().to_string()).collect();
    assert!(ids.len() > 2, "{ids:?}");
    // What was found and not judged yet has no transition.
    let found = client.get("/api/v1/transitions?resource=service/nas/3000").await.json();
    assert_eq!(found, json!({ "transitions": [] }));
}

#[tokio::test]
async fn the_status_is_the_sentence_of_the_home_page() {
    let (hub, mut client) = furnished().await;
    let status = client.get("/api/v1/status").await.json();
    assert_eq!((&status["health"], &status["critical"]), (&json!("critical"), &json!(1)), "{status}");
    assert_eq!(status["sentence"], "hall is broken: The lamp is dark.");
    assert_eq!(status["problems"][0]["id"], "lamp/home/hall");
    observe(hub.ctx(), said("lamp/home/hall", Health::ok("The lamp shines."))).await;
    let status = client.get("/api/v1/status").await.json();
    assert_eq!((&status["health"], &status["problems"]), (&json!("ok"), &json!([])), "{status}");
}

#[tokio::test]
async fn a_house_with_a_thousand_resources_answers_whole() {
    let (hub, mut client) = furnished().await;
    for n in 0..1000 {
        hub.ctx().resources.observe(said(&format!("service/nas/{n}"), Health::ok("It answers."))).await;
    }
    hub.ctx().resources.settle().await;
    let begun = tokio::time::Instant::now();
    assert_eq!(told(&mut client, "?kind=service").await.len(), 1001);
    println!("1,000 resources were told in {:?}", begun.elapsed());
    assert_eq!(client.get("/").await.status, 200);
}
