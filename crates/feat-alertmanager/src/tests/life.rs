//! The life of an alert in a whole hub: it fires, is told, survives restarts, and ends one way or another.

use super::house::{START, ask, get, hub, post, still_hub, the_alert};
use crate::jobs::TELL;
use hob_base::silence::labels_of;
use hob_base::{Clock, Fact, Health, Level, Observation};
use hob_testkit::hub::TestHub;
use http::Method;
use serde_json::{Value, json};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);

/// As Prometheus sends it at this moment: it ends in four minutes.
fn disk(clock: &Clock, ends_in: i64) -> Value {
    let end = clock.now().millis() + ends_in * 1000;
    json!([{
        "labels": { "alertname": "Disk", "instance": "nas:9100", "severity": "critical", "url": "a label" },
        "annotations": { "summary": "The disk of nas is full", "runbook_url": "https://runbooks.lan/disk" },
        "startsAt": START.rfc3339(),
        "endsAt": hob_base::Timestamp::from_millis(end).rfc3339(),
        "generatorURL": "http://prom:9090/graph?g0.expr=disk",
    }])
}

fn level(hub: &TestHub) -> Option<Level> {
    the_alert(hub).map(|alert| alert.health.level)
}

/// Minutes pass, in which the house is told what changes.
async fn pass(hub: &TestHub, clock: &Clock, minutes: u32) {
    for _ in 0..minutes {
        clock.advance(MINUTE);
        hub.run_job(TELL).await;
    }
}

#[tokio::test]
async fn an_alert_is_a_resource_with_all_that_is_known_of_it() {
    let (hub, clock) = still_hub().await;
    let host =
        Observation::new("test", "host/home/nas".parse().unwrap(), MINUTE).judged(Health::ok("It runs."));
    hub.ctx().resources.observe(host).await;
    hub.ctx().resources.settle().await;
    post(&hub, &disk(&clock, 240)).await;
    let alert = the_alert(&hub).unwrap();
    assert!(alert.id.as_str().starts_with("alert/prometheus/") && alert.id.name().len() == 16);
    assert_eq!(alert.name, "Disk on nas:9100");
    assert_eq!(
        (alert.health.level, alert.health.reason.as_str()),
        (Level::Critical, "The disk of nas is full.")
    );
    assert_eq!(
        alert.health.remedy.as_deref(),
        Some("The runbook says what to do: https://runbooks.lan/disk")
    );
    assert_eq!(alert.depends_on, ["host/home/nas".parse().unwrap()]);
    let labels = labels_of(&alert);
    assert_eq!((labels["alertname"].as_str(), labels["severity"].as_str()), ("Disk", "critical"));
    assert_eq!(
        alert.facts.get("url").and_then(Fact::as_text),
        Some("a label"),
        "a label goes before what Hob says"
    );

    let cards = crate::pages::cards(hub.ctx(), &alert);
    let card = cards[0].body.clone().into_string();
    for part in ["nas:9100", "runbook_url", "href=\"http://prom:9090/graph?g0.expr=disk\"", "<caption"] {
        assert!(card.contains(part), "{part}: {card}");
    }
}

#[tokio::test]
async fn the_page_shows_what_others_say_as_text() {
    let (hub, _) = still_hub().await;
    let evil = json!([{
        "labels": { "alertname": "<script>alert(1)</script>" },
        "annotations": { "runbook_url": "javascript:alert(1)" },
        "generatorURL": "/javascript:alert(1)",
    }]);
    post(&hub, &evil).await;
    let card = crate::pages::cards(hub.ctx(), &the_alert(&hub).unwrap())[0].body.clone().into_string();
    assert!(!card.contains("<script>") && !card.contains("href"), "{card}");
}

#[tokio::test]
async fn an_alert_that_its_sender_ends_recovers_and_is_gone_after_a_while() {
    let (hub, clock) = still_hub().await;
    post(&hub, &disk(&clock, 240)).await;
    for _ in 0..5 {
        pass(&hub, &clock, 1).await;
        post(&hub, &disk(&clock, 240)).await;
    }
    assert_eq!(level(&hub), Some(Level::Critical));
    post(&hub, &disk(&clock, 0)).await;
    assert_eq!(the_alert(&hub).unwrap().health.reason, "It is resolved.");
    assert_eq!(get(&hub, "/api/v2/alerts").await, json!([]));
    pass(&hub, &clock, 14).await;
    assert_eq!(level(&hub), Some(Level::Ok));
    pass(&hub, &clock, 1).await;
    assert_eq!(level(&hub), None);
}

#[tokio::test]
async fn repeating_an_alert_changes_nothing_that_is_shown() {
    let (hub, clock) = still_hub().await;
    post(&hub, &disk(&clock, 240)).await;
    let version = hub.ctx().resources.version();
    let facts = the_alert(&hub).unwrap().facts.clone();
    for _ in 0..10 {
        clock.advance(MINUTE);
        post(&hub, &disk(&clock, 240)).await;
    }
    let alert = the_alert(&hub).unwrap();
    assert_eq!((alert.health.level, &alert.facts), (Level::Critical, &facts));
    // Hob's own jobs tell of themselves; no alert is among what changed.
    let changes = hub.ctx().resources.transitions(Some(&alert.id), 10).await.unwrap();
    assert_eq!(changes.len(), 1);
    assert!(hub.ctx().resources.version() - version < 10, "{version} {}", hub.ctx().resources.version());
}

#[tokio::test]
async fn a_dead_prometheus_is_told_and_is_no_recovery() {
    let (hub, clock) = still_hub().await;
    post(&hub, &disk(&clock, 240)).await;
    pass(&hub, &clock, 3).await;
    assert_eq!(level(&hub), Some(Level::Critical), "a pause of three minutes is none of anybody's business");
    pass(&hub, &clock, 1).await;
    let alert = the_alert(&hub).unwrap();
    assert_eq!(alert.health.level, Level::Unknown);
    assert!(
        alert.health.reason.starts_with("http://prom:9090 has not been heard of since 15 Jan 2027, 08:00"),
        "{}",
        alert.health.reason
    );
    assert_eq!(get(&hub, "/api/v2/alerts").await, json!([]));
    pass(&hub, &clock, 60).await;
    assert_eq!(
        the_alert(&hub).unwrap().health.reason,
        alert.health.reason,
        "it stays so, and the word does not expire"
    );
    post(&hub, &disk(&clock, 240)).await;
    assert_eq!(level(&hub), Some(Level::Critical));
}

#[tokio::test]
async fn a_restart_of_the_hub_changes_nothing_while_prometheus_goes_on() {
    let (hub, clock) = still_hub().await;
    post(&hub, &disk(&clock, 240)).await;
    let before = get(&hub, "/api/v2/alerts").await;
    let builder = hub.stop().await;
    clock.advance(30 * MINUTE);
    let hub = builder.start().await;
    let after = get(&hub, "/api/v2/alerts").await;
    for part in ["labels", "annotations", "generatorURL", "fingerprint", "startsAt"] {
        assert_eq!(after[0][part], before[0][part]);
    }
    pass(&hub, &clock, 4).await;
    assert_eq!(level(&hub), Some(Level::Critical));
    post(&hub, &disk(&clock, 240)).await;
    pass(&hub, &clock, 2).await;
    let alert = the_alert(&hub).unwrap();
    assert_eq!(alert.health.level, Level::Critical);
    let changes = hub.ctx().resources.transitions(Some(&alert.id), 10).await.unwrap();
    assert_eq!(changes.len(), 1, "{changes:?}");
    // Without Prometheus it is said that nobody knows.
    pass(&hub, &clock, 3).await;
    assert_eq!(level(&hub), Some(Level::Unknown));
}

#[tokio::test]
async fn what_prometheus_does_not_repeat_after_a_restart_of_the_hub_is_unknown_since_then() {
    let (hub, clock) = still_hub().await;
    post(&hub, &disk(&clock, 240)).await;
    let builder = hub.stop().await;
    clock.advance(60 * MINUTE);
    let hub = builder.start().await;
    hub.run_job(TELL).await;
    pass(&hub, &clock, 4).await;
    assert_eq!(level(&hub), Some(Level::Critical));
    pass(&hub, &clock, 1).await;
    let lost = the_alert(&hub).unwrap();
    assert_eq!(lost.health.level, Level::Unknown);
    assert!(
        lost.health.reason.contains("since 15 Jan 2027, 09:00, so nobody knows"),
        "{}",
        lost.health.reason
    );
    let hub = hub.stop().await.start().await;
    hub.run_job(TELL).await;
    assert_eq!(the_alert(&hub).unwrap().health, lost.health);
}

#[tokio::test]
async fn what_was_resolved_or_lost_before_a_restart_is_so_after_it() {
    let (hub, clock) = still_hub().await;
    post(&hub, &disk(&clock, 240)).await;
    post(&hub, &disk(&clock, 0)).await;
    let builder = hub.stop().await;
    let hub = builder.start().await;
    hub.run_job(TELL).await;
    assert_eq!(the_alert(&hub).unwrap().health.reason, "It is resolved.");
    assert_eq!(get(&hub, "/api/v2/alerts").await, json!([]));
    post(&hub, &disk(&clock, 240)).await;
    pass(&hub, &clock, 4).await;
    let builder = hub.stop().await;
    let hub = builder.start().await;
    hub.run_job(TELL).await;
    assert_eq!(level(&hub), Some(Level::Unknown));
}

#[tokio::test]
async fn what_holds_on_is_said_again_before_the_word_expires() {
    let (hub, clock) = still_hub().await;
    post(&hub, &disk(&clock, 3600)).await;
    let said = |hub: &TestHub| {
        let alert = the_alert(hub).unwrap();
        let word = alert.words.values().next().unwrap();
        (word.heard_at, word.holds_for_ms)
    };
    let before = said(&hub);
    assert_eq!(before.1, 15 * 60_000);
    pass(&hub, &clock, 4).await;
    assert_eq!(said(&hub), before);
    pass(&hub, &clock, 1).await;
    assert_eq!(said(&hub).0, START.plus(5 * MINUTE));
    pass(&hub, &clock, 50).await;
    assert_eq!(level(&hub), Some(Level::Critical));
}

#[tokio::test]
async fn a_silence_of_the_house_suppresses_and_one_of_settings_cannot_be_ended_here() {
    let (hub, clock) = still_hub().await;
    post(&hub, &disk(&clock, 240)).await;
    let silence = |id: &str, matcher: &str| hob_base::Silence {
        id: id.to_owned(),
        matchers: vec![matcher.parse().unwrap()],
        starts_at: START,
        ends_at: None,
        recurs: Some("Sun 02:00-04:00".to_owned()),
        maintenance: true,
        created_by: "hob.toml".to_owned(),
        comment: "Backups".to_owned(),
        updated_at: START,
    };
    hub.ctx().silences.publish("test", vec![silence("sunday", "kind=alert")]);
    let told = get(&hub, "/api/v2/silence/sunday").await;
    assert_eq!(
        (told["endsAt"].as_str(), told["status"]["state"].as_str()),
        (Some("9999-12-30T00:00:00.000Z"), Some("pending"))
    );
    let answer = ask(&hub, "write", Method::DELETE, "/api/v2/silence/sunday", "").await;
    assert_eq!(answer.status, 500);
    assert!(answer.text().contains("is set in hob.toml"), "{}", answer.text());
    let always =
        hob_base::Silence { recurs: None, ends_at: Some(START.plus(MINUTE)), ..silence("now", "kind=alert") };
    hub.ctx().silences.publish("test", vec![always]);
    assert_eq!(get(&hub, "/api/v2/alerts").await[0]["status"]["silencedBy"], json!(["now"]));
}

#[tokio::test]
async fn a_hub_that_knows_of_no_alert_says_so_everywhere() {
    let hub = hub().start().await;
    for path in ["/api/v2/alerts", "/api/v2/alerts/groups", "/api/v2/silences"] {
        assert_eq!(get(&hub, path).await, json!([]), "{path}");
    }
    assert_eq!(hub.run_job(TELL).await, "No alert fires.");
}
