//! Health: a level, and always the reason for it.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How well a resource is. Ordered from best to worst, so that the greater of two is the one to show.
///
/// `Unknown` is worse than `Ok` (silence is a finding) and better than `Warning` (a known problem outranks silence).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Works as it should.
    Ok,
    /// Nobody knows at present.
    Unknown,
    /// Needs attention soon.
    Warning,
    /// Broken now.
    Critical,
}

impl Level {
    /// All levels, best first.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Unknown, Self::Warning, Self::Critical];

    /// The word for APIs, files and CSS classes.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Unknown => "unknown",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Level {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or_else(|| format!("“{text}” is not a health: use ok, warning, critical or unknown."))
    }
}

/// What one source, or all of them together, judge of a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// How well it is.
    pub level: Level,
    /// One sentence that a person understands.
    pub reason: String,
    /// What the judgement rests on: the figure, the answer, the line. Empty where the reason says it all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub evidence: String,
    /// The next step, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Health {
    /// A health of the given level.
    pub fn new(level: Level, reason: impl Into<String>) -> Self {
        Self { level, reason: reason.into(), evidence: String::new(), remedy: None }
    }

    /// All is well.
    pub fn ok(reason: impl Into<String>) -> Self {
        Self::new(Level::Ok, reason)
    }

    /// Needs attention soon.
    pub fn warning(reason: impl Into<String>) -> Self {
        Self::new(Level::Warning, reason)
    }

    /// Broken now.
    pub fn critical(reason: impl Into<String>) -> Self {
        Self::new(Level::Critical, reason)
    }

    /// Nobody knows.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self::new(Level::Unknown, reason)
    }

    /// Adds what the judgement rests on.
    #[must_use]
    pub fn with_evidence(mut self, evidence: impl Into<String>) -> Self {
        self.evidence = evidence.into();
        self
    }

    /// Adds the next step.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// The worse of two; of two equals the first.
    #[must_use]
    pub fn or_worse(self, other: Self) -> Self {
        if other.level > self.level { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_ordered_by_what_to_show() {
        assert!(Level::Critical > Level::Warning);
        assert!(Level::Warning > Level::Unknown);
        assert!(Level::Unknown > Level::Ok);
    }

    #[test]
    fn levels_survive_their_text() {
        for level in Level::ALL {
            assert_eq!(level.as_str().parse::<Level>(), Ok(level));
        }
        assert!("OK".parse::<Level>().is_err());
    }

    #[test]
    fn of_two_equals_the_first_is_kept() {
        let first = Health::warning("first");
        assert_eq!(first.clone().or_worse(Health::warning("second")), first);
        assert_eq!(first.or_worse(Health::critical("worse")).reason, "worse");
    }
}
