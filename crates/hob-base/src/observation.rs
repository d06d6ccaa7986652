//! What a source says of one resource at one time.

use crate::{Health, ResourceId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// The name of the feature or client that speaks: `hosts`, `checks`, `services`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Source(pub String);

impl Source {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Source {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One fact: a value for programs; pages format it by its key's unit suffix (`_bytes`, `_percent`, `_celsius`, `_s`).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Fact {
    /// Yes or no.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// Words.
    Text(String),
}

impl Fact {
    /// The text, where it is text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, where it is one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Integer(n) => Some(*n as f64),
            Self::Number(n) => Some(*n),
            _ => None,
        }
    }
}

impl From<&str> for Fact {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Fact {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<bool> for Fact {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}
impl From<i64> for Fact {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}
impl From<u16> for Fact {
    fn from(value: u16) -> Self {
        Self::Integer(value.into())
    }
}
impl From<u32> for Fact {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}
impl From<u64> for Fact {
    fn from(value: u64) -> Self {
        Self::Integer(i64::try_from(value).unwrap_or(i64::MAX))
    }
}
impl From<f64> for Fact {
    fn from(value: f64) -> Self {
        // JSON has no NaN or infinity; a fact that is not a number is better absent than null.
        Self::Number(if value.is_finite() { value } else { 0.0 })
    }
}

/// Facts by key; keys carry the unit (`size_bytes`).
pub type Facts = BTreeMap<String, Fact>;

/// What `source` says of `resource` now, and for how long it holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Who speaks.
    pub source: Source,
    /// Of what.
    pub resource: ResourceId,
    /// What a person calls it, where the source knows.
    pub name: Option<String>,
    /// What is known.
    pub facts: Facts,
    /// How well it is; `None` from a source that knows the thing but does not judge it.
    pub health: Option<Health>,
    /// What it needs.
    pub dependencies: Vec<ResourceId>,
    /// How long this holds if nothing more is heard. Silence past it makes the resource `unknown`.
    pub holds_for: Duration,
}

impl Observation {
    /// An observation without facts, health or dependencies.
    pub fn new(source: &str, resource: ResourceId, holds_for: Duration) -> Self {
        Self {
            source: source.into(),
            resource,
            name: None,
            facts: Facts::new(),
            health: None,
            dependencies: Vec::new(),
            holds_for,
        }
    }

    /// Adds what a person calls it.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Adds the judgement.
    #[must_use]
    pub fn judged(mut self, health: Health) -> Self {
        self.health = Some(health);
        self
    }

    /// Adds one fact.
    #[must_use]
    pub fn fact(mut self, key: &str, value: impl Into<Fact>) -> Self {
        self.facts.insert(key.to_owned(), value.into());
        self
    }

    /// Adds one dependency.
    #[must_use]
    pub fn needs(mut self, dependency: ResourceId) -> Self {
        if !self.dependencies.contains(&dependency) {
            self.dependencies.push(dependency);
        }
        self
    }
}
