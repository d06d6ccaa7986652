//! The labels of a container: only those that mean something here are kept, and none that hold a secret.

use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// The longest label that is kept, in bytes.
const VALUE_MAX: usize = 4096;
/// The most labels that are kept.
const COUNT_MAX: usize = 300;

/// Beginnings of the keys that mean something.
const KEPT: [&str; 15] = [
    "traefik.",
    "hob.",
    "homepage.",
    "glance.",
    "hob.dev/",
    "gethomepage.dev/",
    "hajimari.io/",
    "forecastle.stakater.com/",
    "gatus.home-operations.com/",
    "com.docker.compose.",
    "com.docker.stack.",
    "com.docker.swarm.",
    "io.podman.compose.",
    "org.opencontainers.image.",
    "PODMAN_SYSTEMD_UNIT",
];

/// Parts of keys whose values are other programs' passwords.
const SECRET: [&str; 6] = [".widget", "basicauth", "digestauth", "password", "token", "secret"];

/// The labels of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Labels(BTreeMap<String, String>);

impl Labels {
    /// One label.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl FromIterator<(String, String)> for Labels {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(labels: I) -> Self {
        let kept = labels.into_iter().filter(|(key, value)| {
            KEPT.iter().any(|start| key.starts_with(start)) && key.len() <= 500 && value.len() <= VALUE_MAX
        });
        let without_secrets = kept.map(|(key, value)| {
            let small = key.to_ascii_lowercase();
            // That there is such a middleware is of interest, what it holds is not.
            let value =
                if SECRET.iter().any(|secret| small.contains(secret)) { String::new() } else { value };
            (key, value)
        });
        Self(without_secrets.take(COUNT_MAX).collect())
    }
}

impl<'de> Deserialize<'de> for Labels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all =
            Option::<BTreeMap<String, serde_json::Value>>::deserialize(deserializer)?.unwrap_or_default();
        let texts = all.into_iter().filter_map(|(key, value)| match value {
            serde_json::Value::String(text) => Some((key, text)),
            _ => None,
        });
        Ok(texts.collect())
    }
}
