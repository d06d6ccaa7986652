//! A hub with people for the tests of rights: Anna manages it; Ben, Carla and Dora do not.

use crate::FEATURE;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hob_base::{Clock, Timestamp};
use hob_feature::Feature;
use hob_testkit::client::{Answer, Client};
use hob_testkit::gate::{PASSWORD, WITH_PEOPLE};
use hob_testkit::hub::{TestHub, TestHubBuilder, postgres};
use http::Method;
use serde_json::Value;

/// 15 January 2027, 08:00 in UTC.
pub(super) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
/// The host name under which the push server answers on the hub's port.
const HOSTNAME: &str = "push.test";

const FEATURES: &[Feature] = &[FEATURE, Feature { gate: Some(WITH_PEOPLE), ..Feature::new("gate", "Gate") }];

/// A hub whose clock stands still, with more of `[push]`.
pub(super) fn hub_with(settings: &str) -> TestHubBuilder {
    let config = format!("[push]\nlisten = \"none\"\nhostname = \"{HOSTNAME}\"\n{settings}\n");
    TestHub::with(FEATURES).clock(Clock::fake(START)).config(&config)
}

/// A hub whose clock stands still.
pub(super) fn hub() -> TestHubBuilder {
    hub_with("")
}

/// The same on both databases, where there are both.
pub(super) async fn everywhere() -> Vec<TestHubBuilder> {
    let mut all = vec![hub()];
    all.extend(postgres().await.map(|location| hub().database(location)));
    all
}

/// `Basic` with name and password.
pub(super) fn basic(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

/// Somebody who talks to the push server.
pub(super) struct Caller(Client);

impl Caller {
    /// Who shows nothing.
    pub(super) fn nobody(hub: &TestHub) -> Self {
        Self(hub.client().with("host", HOSTNAME))
    }

    /// Who shows this `Authorization`.
    pub(super) fn showing(hub: &TestHub, authorization: &str) -> Self {
        Self(hub.client().with("host", HOSTNAME).with("authorization", authorization))
    }

    /// A person by name and password.
    pub(super) fn person(hub: &TestHub, name: &str) -> Self {
        Self::showing(hub, &basic(name, PASSWORD))
    }

    /// The same with one header more.
    pub(super) fn with(self, name: &str, value: &str) -> Self {
        Self(self.0.with(name, value))
    }

    pub(super) async fn send(&mut self, method: &str, path: &str, body: &str) -> Answer {
        let method: Method = method.parse().unwrap();
        self.0.send(method, path, &[], body.to_owned().into()).await
    }

    /// Sends and reads JSON; what is no JSON is its text.
    pub(super) async fn ask(&mut self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.send(method, path, &body).await;
        let told = serde_json::from_slice(&answer.body).unwrap_or(Value::String(answer.text()));
        (answer.status.as_u16(), told)
    }

    /// Sends, and gives ntfy's code of the refusal; 0 where it is none.
    pub(super) async fn code(&mut self, method: &str, path: &str, body: &Value) -> u64 {
        let (status, told) = self.ask(method, path, body).await;
        let code = told["code"].as_u64().unwrap_or(0);
        assert_eq!(code == 0, status == 200, "{method} {path}: {status} {told}");
        assert!(code == 0 || told["http"] == status, "{told}");
        code
    }
}
