//! Prometheus at the door: real tokens, and what the rest of the house makes of an alert.

use crate::support::{eventually, house, token, told};
use bytes::Bytes;
use hob_testkit::client::Client;
use http::Method;
use serde_json::json;

const ALERTS: &str = "/alertmanager/api/v2/alerts";

#[tokio::test]
async fn before_the_first_account_nobody_sends_alerts() {
    let hub = house().start().await;
    let answer = hub.client().post_json(ALERTS, &json!([{ "labels": { "alertname": "Disk" } }])).await;
    assert_eq!(answer.status, 503);
    assert!(answer.text().contains("not set up"), "{}", answer.text());
}

#[tokio::test]
async fn an_alert_of_prometheus_is_known_to_the_whole_house() {
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    let mut push = token(&hub, &anna, "push").await;
    let alert = json!([{
        "labels": { "alertname": "Disk", "instance": "nas:9100", "severity": "critical" },
        "annotations": { "summary": "The disk of nas is full" },
        "generatorURL": "http://prometheus.lan:9090/graph?g0.expr=disk",
    }]);
    assert_eq!(anna.post_json(ALERTS, &alert).await.status, 401, "a login in a browser opens no door");
    assert_eq!(push.post_json(ALERTS, &alert).await.status, 200);
    assert_eq!(push.get(ALERTS).await.status, 403);

    let mut write = token(&hub, &anna, "write").await;
    let known =
        eventually("the alert is a resource", async || told(&mut write, "?kind=alert").await.pop()).await;
    assert_eq!(known["name"], "Disk on nas:9100");
    assert_eq!(
        (known["health"].as_str(), known["reason"].as_str()),
        (Some("critical"), Some("The disk of nas is full."))
    );
    let page = anna.get(&format!("/resources/{}", known["id"].as_str().unwrap())).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("What its sender says") && page.text().contains("prometheus.lan"));
    assert_eq!(anna.get("/alertmanager").await.header("location"), "/resources?kind=alert");

    silence_and_end(&mut write).await;
}

/// A silence made through the door is one of the house, and counts at once.
async fn silence_and_end(write: &mut Client) {
    let silence = json!({
        "matchers": [{ "name": "alertname", "value": "D.*", "isRegex": true }],
        "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2096-01-01T00:00:00Z", "createdBy": "anna", "comment": "",
    });
    let made = write.post_json("/alertmanager/api/v2/silences", &silence).await;
    assert_eq!(made.status, 200, "{}", made.text());
    let alerts = write.get(ALERTS).await.json();
    assert_eq!(alerts[0]["status"]["state"], "suppressed");
    let path = format!("/alertmanager/api/v2/silence/{}", made.json()["silenceID"].as_str().unwrap());
    assert_eq!(write.send(Method::DELETE, &path, &[], Bytes::new()).await.status, 200);
    assert_eq!(write.get(ALERTS).await.json()[0]["status"]["state"], "active");
}
