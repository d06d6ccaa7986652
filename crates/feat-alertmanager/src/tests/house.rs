//! What the tests share: a hub, its clock, and who knocks at its door.

use bytes::Bytes;
use hob_base::{Clock, Resource, Timestamp};
use hob_feature::Feature;
use hob_testkit::client::{Answer, Client};
use hob_testkit::gate::BY_SCOPE;
use hob_testkit::hub::{TestHub, TestHubBuilder};
use http::Method;
use serde_json::Value;
use std::sync::Arc;

/// 15 January 2027, 08:00 in UTC.
pub(super) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

const FEATURES: &[Feature] =
    &[crate::FEATURE, Feature { gate: Some(BY_SCOPE), ..Feature::new("gate", "Gate") }];

/// A hub with the real clock.
pub(super) fn hub() -> TestHubBuilder {
    TestHub::with(FEATURES)
}

/// A hub whose clock stands still.
pub(super) async fn still_hub() -> (TestHub, Clock) {
    let clock = Clock::fake(START);
    (hub().clock(clock.clone()).start().await, clock)
}

/// Asks with a token.
pub(super) async fn ask(hub: &TestHub, token: &str, method: Method, path: &str, body: &str) -> Answer {
    let headers = [("content-type", "application/json")];
    let mut client: Client = hub.client().bearer(token);
    let path = format!("/alertmanager{path}");
    client.send(method, &path, &headers, Bytes::copy_from_slice(body.as_bytes())).await
}

/// Posts alerts and has the house told of them.
pub(super) async fn post(hub: &TestHub, alerts: &Value) {
    let answer = ask(hub, "push", Method::POST, "/api/v2/alerts", &alerts.to_string()).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, String::new()));
    hub.run_job(crate::jobs::TELL).await;
}

/// What a reader gets.
pub(super) async fn get(hub: &TestHub, path: &str) -> Value {
    let answer = ask(hub, "read", Method::GET, path, "").await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

/// The only alert that the house knows.
pub(super) fn the_alert(hub: &TestHub) -> Option<Arc<Resource>> {
    let mut alerts = hub.ctx().resources.of_kind("alert");
    assert!(alerts.len() <= 1, "{alerts:?}");
    alerts.pop()
}
