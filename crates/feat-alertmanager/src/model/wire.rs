//! The JSON of Alertmanager's API, version 2 (`api/v2/openapi.yaml` of 0.28): what comes in, bounded while it is read,
//! and what goes out, field by field in the order of the original.

use super::RECEIVER;
use super::alert::{Alert, Fingerprint, Labels, PAIRS_MAX};
use super::silence::State;
use hob_base::{Silence, Timestamp};
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

/// The end of what has none: the protocol wants one.
const FOR_EVER: Timestamp = Timestamp::from_millis(253_402_128_000_000);

/// A moment in RFC 3339; Go's zero time, an empty text and nothing at all are none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Moment(pub(crate) Option<Timestamp>);

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(Self(None)) };
        if text.is_empty() {
            return Ok(Self(None));
        }
        let shown: String = text.chars().take(60).collect();
        let parsed: jiff::Timestamp = text.parse().map_err(|_| {
            serde::de::Error::custom(format_args!(
                "parsing time {shown:?}: it is not in the form of RFC 3339"
            ))
        })?;
        let zero = parsed.as_millisecond() <= -62_135_596_800_000;
        Ok(Self((!zero).then(|| Timestamp::from_millis(parsed.as_millisecond()))))
    }
}

/// Labels or annotations, of which no more are kept than can be used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Pairs {
    /// The first ones.
    pub(crate) pairs: Labels,
    /// Whether there were more than [`PAIRS_MAX`].
    pub(crate) over: bool,
}

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Pairs;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut read = Pairs::default();
                while !read.over
                    && let Some((name, value)) = map.next_entry::<String, String>()?
                {
                    read.pairs.insert(name, value);
                    // One that is empty does not count, but is kept until that is known.
                    read.over = read.pairs.len() > 2 * PAIRS_MAX;
                }
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(read)
            }
        }
        deserializer.deserialize_map(Reader)
    }
}

/// One alert of `POST /alerts`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PostedAlert {
    /// Required.
    pub(crate) labels: Option<Pairs>,
    #[serde(default)]
    pub(crate) annotations: Option<Pairs>,
    #[serde(default)]
    pub(crate) starts_at: Moment,
    #[serde(default)]
    pub(crate) ends_at: Moment,
    #[serde(default, rename = "generatorURL")]
    pub(crate) generator_url: Option<String>,
}

/// The body of `POST /alerts`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PostedAlerts {
    /// The first ones.
    pub(crate) alerts: Vec<PostedAlert>,
    /// How many more there were.
    pub(crate) left: usize,
}

impl PostedAlerts {
    /// As many alerts as are ever looked at in one request.
    const MAX: usize = super::book::ALERTS_MAX;
}

impl<'de> Deserialize<'de> for PostedAlerts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = PostedAlerts;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of alerts")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<PostedAlerts, A::Error> {
                let mut read = PostedAlerts::default();
                while read.alerts.len() < PostedAlerts::MAX
                    && let Some(alert) = list.next_element()?
                {
                    read.alerts.push(alert);
                }
                while list.next_element::<IgnoredAny>()?.is_some() {
                    read.left += 1;
                }
                Ok(read)
            }
        }
        deserializer.deserialize_seq(Reader)
    }
}

/// What the schema forbids: the code of go-openapi, and its text.
pub(crate) type Violation = (u16, String);

fn required(field: &str) -> Violation {
    (602, format!("{field} in body is required"))
}

/// What the schema says of posted alerts before any is looked at.
pub(crate) fn check_alerts(posted: &PostedAlerts) -> Result<(), Violation> {
    for (i, alert) in posted.alerts.iter().enumerate() {
        if let Some(url) = alert.generator_url.as_deref().filter(|url| !is_uri(url)) {
            let shown: String = url.chars().take(200).collect();
            return Err((601, format!("{i}.generatorURL in body must be of type uri: {shown:?}")));
        }
        if alert.labels.is_none() {
            return Err(required(&format!("{i}.labels")));
        }
    }
    Ok(())
}

/// As `url.ParseRequestURI` of Go has it, nearly: a path, or a scheme with something behind it. Nothing is also right.
fn is_uri(text: &str) -> bool {
    let scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    let absolute = text.split_once(":/").is_some_and(|(before, _)| scheme(before));
    text.is_empty()
        || ((text.starts_with('/') || absolute) && !text.chars().any(|c| c.is_control() || c == ' '))
}

/// One matcher of a posted silence.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PostedMatcher {
    pub(crate) name: Option<String>,
    pub(crate) value: Option<String>,
    pub(crate) is_regex: Option<bool>,
    #[serde(default)]
    pub(crate) is_equal: Option<bool>,
}

/// The body of `POST /silences`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PostedSilence {
    pub(crate) id: Option<String>,
    pub(crate) matchers: Option<Vec<PostedMatcher>>,
    pub(crate) starts_at: Moment,
    pub(crate) ends_at: Moment,
    pub(crate) created_by: Option<String>,
    pub(crate) comment: Option<String>,
}

/// What the schema says of a posted silence.
pub(crate) fn check_silence(posted: &PostedSilence) -> Result<(), Violation> {
    let there = |is: bool, field: &str| if is { Ok(()) } else { Err(required(field)) };
    there(posted.comment.is_some(), "comment")?;
    there(posted.created_by.is_some(), "createdBy")?;
    there(posted.ends_at.0.is_some(), "endsAt")?;
    let matchers = posted.matchers.as_deref().ok_or_else(|| required("matchers"))?;
    if matchers.is_empty() {
        return Err((612, "matchers in body should have at least 1 items".to_owned()));
    }
    for (i, matcher) in matchers.iter().enumerate() {
        there(matcher.is_regex.is_some(), &format!("matchers.{i}.isRegex"))?;
        there(matcher.name.is_some(), &format!("matchers.{i}.name"))?;
        there(matcher.value.is_some(), &format!("matchers.{i}.value"))?;
    }
    there(posted.starts_at.0.is_some(), "startsAt")
}

/// A receiver.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Receiver {
    name: &'static str,
}

/// The one there is.
pub(crate) const RECEIVERS: [Receiver; 1] = [Receiver { name: RECEIVER }];

/// How an alert stands.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AlertStatus {
    inhibited_by: [&'static str; 0],
    muted_by: [&'static str; 0],
    pub(crate) silenced_by: Vec<String>,
    state: &'static str,
}

impl AlertStatus {
    /// The status of an alert that these silences mean.
    pub(crate) fn new(silenced_by: Vec<String>) -> Self {
        let state = if silenced_by.is_empty() { "active" } else { "suppressed" };
        Self { inhibited_by: [], muted_by: [], silenced_by, state }
    }
}

/// An alert as clients are told of it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GettableAlert {
    annotations: Labels,
    ends_at: String,
    fingerprint: String,
    receivers: [Receiver; 1],
    starts_at: String,
    status: AlertStatus,
    updated_at: String,
    #[serde(rename = "generatorURL", skip_serializing_if = "String::is_empty")]
    generator_url: String,
    pub(crate) labels: Labels,
}

impl GettableAlert {
    /// The form of an alert on the wire.
    pub(crate) fn new(fingerprint: Fingerprint, alert: &Alert, status: AlertStatus) -> Self {
        Self {
            annotations: alert.annotations.clone(),
            ends_at: alert.ends_at.rfc3339(),
            fingerprint: fingerprint.to_string(),
            receivers: RECEIVERS,
            starts_at: alert.starts_at.rfc3339(),
            status,
            updated_at: alert.updated_at.rfc3339(),
            generator_url: alert.generator.clone(),
            labels: alert.labels.clone(),
        }
    }
}

/// Alerts of one name.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AlertGroup {
    alerts: Vec<GettableAlert>,
    labels: Labels,
    receiver: Receiver,
}

/// Alerts by their name, the nameless first.
pub(crate) fn grouped(alerts: Vec<GettableAlert>) -> Vec<AlertGroup> {
    let mut groups = std::collections::BTreeMap::<Labels, Vec<GettableAlert>>::new();
    for alert in alerts {
        let name = alert.labels.get("alertname").map(|name| ("alertname".to_owned(), name.clone()));
        groups.entry(name.into_iter().collect()).or_default().push(alert);
    }
    let [receiver] = RECEIVERS;
    groups.into_iter().map(|(labels, alerts)| AlertGroup { alerts, labels, receiver }).collect()
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct GettableMatcher {
    is_equal: bool,
    is_regex: bool,
    name: String,
    value: String,
}

#[derive(Debug, Clone, Copy, Serialize)]
struct SilenceStatus {
    state: &'static str,
}

/// A silence as clients are told of it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GettableSilence {
    id: String,
    status: SilenceStatus,
    updated_at: String,
    comment: String,
    created_by: String,
    ends_at: String,
    matchers: Vec<GettableMatcher>,
    starts_at: String,
}

impl GettableSilence {
    /// The form of a silence on the wire.
    pub(crate) fn new(silence: &Silence, state: State) -> Self {
        let matcher = |matcher: &hob_base::silence::Matcher| GettableMatcher {
            is_equal: matcher.is_equal(),
            is_regex: matcher.is_regex(),
            name: matcher.name().to_owned(),
            value: matcher.value().to_owned(),
        };
        Self {
            id: silence.id.clone(),
            status: SilenceStatus { state: state.as_str() },
            updated_at: silence.updated_at.rfc3339(),
            comment: silence.comment.clone(),
            created_by: silence.created_by.clone(),
            ends_at: silence.ends_at.unwrap_or(FOR_EVER).rfc3339(),
            matchers: silence.matchers.iter().map(matcher).collect(),
            starts_at: silence.starts_at.rfc3339(),
        }
    }
}

/// The text that `/status` shows as the configuration: valid for amtool, true of what Hob does.
pub(crate) const CONFIG: &str = "\
# Hob answers here in Alertmanager's words. Alerts become resources and incidents of Hob, which is where
# people are told of them; there is nothing to route.
global:
  resolve_timeout: 5m
route:
  receiver: hob
  group_by: [alertname]
receivers:
  - name: hob
";

/// The answer of `/status`.
pub(crate) fn status(since: Timestamp) -> serde_json::Value {
    serde_json::json!({
        "cluster": { "peers": [], "status": "disabled" },
        "config": { "original": CONFIG },
        "uptime": since.rfc3339(),
        "versionInfo": {
            "branch": "",
            "buildDate": "",
            "buildUser": "",
            "goVersion": "",
            "revision": "Hob",
            "version": env!("CARGO_PKG_VERSION"),
        },
    })
}
