//! A check as its owner defined it: in `hob.toml` or on a page. One value for every kind.
//!
//! It can be kept as JSON in the database (secrets in it are references or sealed) and turns into what the house works
//! with: a [`CheckSpec`] for the runner, an [`Observation`] that names the resource and says what it needs, and a
//! [`Silence`] for its maintenance windows. Whoever reads a form or a file makes the value first and asks [`mistakes`]
//! then: the names of fields in its answer are those of `hob.toml`, and of the inputs on the page.
//!
//! [`mistakes`]: CheckDefinition::mistakes

pub(crate) mod mistakes;

pub(crate) use mistakes::{Mistake, compile};

use hob_base::silence::Matcher;
use hob_base::{Observation, ResourceId, Silence, Timestamp};
use hob_feature::CheckSpec;
use hob_feature::checks::{CheckTarget, TcpCheck};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The scope of what `hob.toml` defines.
pub(crate) const CONFIG_SCOPE: &str = "config";
/// The scope of what was added on the page.
pub(crate) const ADDED_SCOPE: &str = "added";

/// What the resource of a check may be said to be.
pub(crate) const STANDS_FOR: &[&str] = &["host", "device", "service", "database", "container", "application"];

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

/// A check as its owner defined it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CheckDefinition {
    /// What makes its resource unique within its kind and scope; see [`slug`].
    pub(crate) slug: String,
    /// What people call it.
    pub(crate) name: String,
    /// What is asked, of whom, and what is expected.
    pub(crate) target: CheckTarget,
    /// How often.
    #[serde(with = "millis")]
    pub(crate) every: Duration,
    /// How long one answer may take in all.
    #[serde(with = "millis")]
    pub(crate) timeout: Duration,
    /// So many failures in a row make it critical.
    pub(crate) failures: u32,
    /// So many answers in a row make it well again.
    #[serde(default = "once")]
    pub(crate) successes: u32,
    /// How soon to look again at what is not well; `None`: within seconds.
    #[serde(default, with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub(crate) retry: Option<Duration>,
    /// An answer that takes longer is a warning; `None`: one that takes most of `timeout`.
    #[serde(default, with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub(crate) warn_after: Option<Duration>,
    /// By how much a probe may be put off at most; `None`: a little.
    #[serde(default, with = "maybe_millis", skip_serializing_if = "Option::is_none")]
    pub(crate) jitter: Option<Duration>,
    /// Windows of time in which it may fail without anybody being told, one each: `Sun 02:00-04:00`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) maintenance: Vec<String>,
    /// Windows of time outside of which it rests, one each: `Mon-Fri 07:00-19:00`. Nothing is probed then; the resource
    /// says so and is well, since nothing is expected of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) only: Vec<String>,
    /// Under which heading it is shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<String>,
    /// A built-in symbol's name, or an emoji.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) icon: Option<String>,
    /// What it is, where the kind of check does not tell: one of [`STANDS_FOR`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stands_for: Option<String>,
    /// What it needs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) depends_on: Vec<ResourceId>,
    /// Words by which silences and searches find it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tags: Vec<String>,
    /// Whether it is well when it fails.
    #[serde(default)]
    pub(crate) upside_down: bool,
    /// Whether it is probed at all.
    #[serde(default = "yes")]
    pub(crate) enabled: bool,
}

const fn once() -> u32 {
    1
}

const fn yes() -> bool {
    true
}

impl CheckDefinition {
    /// A check with what is usual for its kind; its slug is made from its name.
    pub(crate) fn new(name: impl Into<String>, target: CheckTarget) -> Self {
        let name = name.into();
        let usual = Usual::of(&target);
        Self {
            slug: slug(&name),
            name,
            every: usual.every,
            timeout: usual.timeout,
            failures: usual.failures,
            target,
            successes: 1,
            retry: None,
            warn_after: None,
            jitter: None,
            maintenance: Vec::new(),
            only: Vec::new(),
            group: None,
            icon: None,
            stands_for: None,
            depends_on: Vec::new(),
            tags: Vec::new(),
            upside_down: false,
            enabled: true,
        }
    }

    /// The resource that stands for it: `service/config/photos`, `certificate/added/mail` ...
    pub(crate) fn resource(&self, scope: &str) -> ResourceId {
        let kind = self.stands_for.as_deref().unwrap_or_else(|| resource_kind(&self.target));
        ResourceId::new(kind, scope, &self.slug)
    }

    /// What the runner is to do.
    ///
    /// # Errors
    /// Everything that is wrong with it. See [`Self::mistakes`].
    pub(crate) fn spec(&self, scope: &str) -> Result<CheckSpec, Vec<Mistake>> {
        let mistakes = self.mistakes();
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        Ok(CheckSpec {
            timeout: self.timeout,
            failures: self.failures,
            successes: self.successes,
            retry: self.retry,
            warn_after: self.warn_after,
            jitter: self.jitter,
            only: self.only.clone(),
            upside_down: self.upside_down,
            ..CheckSpec::new(self.resource(scope), self.target.clone(), self.every)
        })
    }

    /// What is said of its resource besides how it is. `source` is who says it.
    pub(crate) fn observation(&self, scope: &str, source: &str, holds_for: Duration) -> Observation {
        let mut observation = Observation::new(source, self.resource(scope), holds_for)
            .named(self.name.clone())
            .fact("configured", true)
            .fact("check", self.target.kind())
            .fact("checked_every_s", self.every.as_secs());
        let tag = (!self.tags.is_empty()).then(|| self.tags.join(","));
        for (key, value) in [
            ("url", link(&self.target)),
            ("group", self.group.clone()),
            ("symbol", self.icon.clone()),
            ("tag", tag),
        ] {
            if let Some(value) = value {
                observation = observation.fact(key, value);
            }
        }
        let members = match &self.target {
            CheckTarget::Group(group) => group.members.as_slice(),
            _ => &[],
        };
        for dependency in self.depends_on.iter().chain(members) {
            observation = observation.needs(dependency.clone());
        }
        observation
    }

    /// Its maintenance windows, in which nobody is told of its failures.
    pub(crate) fn silence(&self, scope: &str) -> Option<Silence> {
        if self.maintenance.is_empty() || !self.enabled {
            return None;
        }
        let id = self.resource(scope);
        let matcher = Matcher::new("resource", id.as_str(), false, true).ok()?;
        Some(Silence {
            id: format!("checks:{id}"),
            matchers: vec![matcher],
            // It has always been so: the same definition makes the same silence.
            starts_at: Timestamp::from_millis(0),
            ends_at: None,
            recurs: Some(self.maintenance.join("\n")),
            maintenance: true,
            created_by: if scope == ADDED_SCOPE { "Checks".to_owned() } else { "hob.toml".to_owned() },
            comment: format!("Maintenance of {}.", self.name),
            updated_at: Timestamp::from_millis(0),
        })
    }
}

/// What is usual for a kind of check.
struct Usual {
    every: Duration,
    timeout: Duration,
    failures: u32,
}

impl Usual {
    fn of(target: &CheckTarget) -> Self {
        let (every, timeout) = match target {
            CheckTarget::Dns(_) | CheckTarget::Docker(_) => (30 * SECOND, 10 * SECOND),
            // What changes within days need not be asked for within seconds.
            CheckTarget::Tls(_) => (HOUR, 20 * SECOND),
            CheckTarget::Domain(_) => (12 * HOUR, 30 * SECOND),
            // Registries count requests.
            CheckTarget::Registry(_) => (HOUR, 30 * SECOND),
            _ => (10 * SECOND, 10 * SECOND),
        };
        // A group follows members that were looked at twice already.
        let failures = if matches!(target, CheckTarget::Group(_)) { 1 } else { 2 };
        Self { every, timeout, failures }
    }
}

/// The kind of resource that stands for a check.
pub(crate) fn resource_kind(target: &CheckTarget) -> &'static str {
    match target {
        CheckTarget::Tls(_) => "certificate",
        CheckTarget::Domain(_) => "domain",
        CheckTarget::Registry(_) => "credential",
        CheckTarget::Group(_) => "group",
        // Who pings, pings a machine.
        CheckTarget::Ping(_) => "host",
        CheckTarget::Postgres(_) | CheckTarget::Mysql(_) | CheckTarget::Redis(_) => "database",
        CheckTarget::Docker(_) => "container",
        _ => "service",
    }
}

/// The address of what is checked as a link, where it has one.
pub(crate) fn link(target: &CheckTarget) -> Option<String> {
    match target {
        CheckTarget::Http(http) => Some(http.url.clone()),
        CheckTarget::Tcp(TcpCheck { host, port, .. }) => Some(format!("tcp://{}:{port}", bracketed(host))),
        _ => None,
    }
}

/// A host as it stands in addresses: one of IPv6 in brackets.
pub(crate) fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

/// Small letters, digits and hyphens.
pub(crate) fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(slug.trim_end_matches('-').len());
    slug
}

/// Durations as whole milliseconds.
mod millis {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::Duration;

    pub(super) fn serialize<S: Serializer>(value: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(value.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

/// The same, or nothing.
mod maybe_millis {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::Duration;

    pub(super) fn serialize<S: Serializer>(
        value: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::millis::serialize(value, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        Ok(Option::<u64>::deserialize(deserializer)?.map(Duration::from_millis))
    }
}

#[cfg(test)]
mod tests;
