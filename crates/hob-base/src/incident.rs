//! Incidents: one outage with its cause named, as the judge keeps it and every page, API and channel reads it.
//!
//! These are values only. What opens, joins and closes incidents is the feature `incidents`; who wants to read them goes
//! through `hob-feature`.

use crate::{Level, ResourceId, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The number of an incident, from 1, as people say it: “incident 12”.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(pub i64);

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for IncidentId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.parse::<i64>().ok().filter(|number| *number > 0);
        number.map(Self).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            format!("“{shown}” is not the number of an incident: write for example 12.")
        })
    }
}

/// The resource that explains the others, in its own words as they were when it was named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Which resource.
    pub resource: ResourceId,
    /// What people call it.
    pub name: String,
    /// One sentence: what is wrong with it.
    pub reason: String,
    /// What that rests on; empty where the reason says it all.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub evidence: String,
    /// The next step, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// When it was named.
    pub named_at: Timestamp,
}

/// What a resource is to the incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Explains the others.
    Cause,
    /// Is explained by the cause.
    Affected,
    /// Broke at the same time, and nothing known explains it.
    Besides,
}

/// A resource that is or was part of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Which resource.
    pub resource: ResourceId,
    /// What people call it.
    pub name: String,
    /// What it is to the incident.
    pub role: Role,
    /// How it is now.
    pub level: Level,
    /// The worst it has been.
    pub worst: Level,
    /// Its reason, the last one while it was not well.
    pub reason: String,
    /// Since when it has not been well.
    pub since: Timestamp,
    /// When it became well again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovered_at: Option<Timestamp>,
}

/// Somebody has seen it and takes care.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Until when that holds; `None`: until it is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Why nobody is told of it at present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Hush {
    /// Somebody wants to hear of it again later.
    Snoozed {
        /// Who.
        by: String,
        /// Until when.
        until: Timestamp,
    },
    /// Somebody wants to hear of it only when its severity or cause changes.
    Muted {
        /// Who.
        by: String,
    },
    /// A silence or maintenance window covers it.
    Silenced {
        /// The silence's id.
        silence: String,
        /// What it says.
        comment: String,
    },
}

/// It comes and goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flapping {
    /// How often it broke.
    pub times: u32,
    /// Since when.
    pub since: Timestamp,
}

/// One outage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its number.
    pub id: IncidentId,
    /// Since when something is wrong: the first of its resources.
    pub began_at: Timestamp,
    /// When it was opened: when the damping time had passed.
    pub opened_at: Timestamp,
    /// When it was closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Timestamp>,
    /// The worst level that any of its resources has had.
    pub severity: Level,
    /// What it is, as a headline without a full stop.
    pub title: String,
    /// The resource that explains the others.
    pub cause: Cause,
    /// Every resource of it, the cause first, then by severity and time.
    pub members: Vec<Member>,
    /// Set when it comes and goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flapping: Option<Flapping>,
    /// Set when somebody takes care.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acknowledged: Option<Acknowledgement>,
    /// Set while nobody is to be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hush: Option<Hush>,
    /// The incident that it turned out to be a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<IncidentId>,
}

impl Incident {
    /// Whether it still goes on.
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }

    /// Its resources apart from the cause.
    pub fn others(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.resource != self.cause.resource)
    }

    /// The worst level of its resources now.
    pub fn level_now(&self) -> Level {
        self.members.iter().map(|member| member.level).max().unwrap_or(Level::Ok)
    }

    /// Whether this resource is or was part of it.
    pub fn has(&self, resource: &ResourceId) -> bool {
        self.members.iter().any(|member| member.resource == *resource)
    }
}

/// What happened in the life of an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// It was opened.
    Opened,
    /// A resource joined.
    Joined,
    /// A resource got worse or better without becoming well.
    Changed,
    /// A resource is well again.
    Recovered,
    /// Another cause was named.
    Cause,
    /// It comes and goes.
    Flapping,
    /// Somebody takes care, or no longer does.
    Acknowledged,
    /// Somebody wants to hear of it later, or only of changes; or a silence began or ended.
    Hushed,
    /// Two incidents became one.
    Merged,
    /// One became two.
    Split,
    /// Somebody wrote something.
    Note,
    /// Somebody was told, or is to be told.
    Told,
    /// It was closed.
    Closed,
    /// It broke again soon after it was closed.
    Reopened,
}

impl Happening {
    /// The word for it in tables and feeds.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Joined => "joined",
            Self::Changed => "changed",
            Self::Recovered => "recovered",
            Self::Cause => "cause",
            Self::Flapping => "flapping",
            Self::Acknowledged => "acknowledged",
            Self::Hushed => "hushed",
            Self::Merged => "merged",
            Self::Split => "split",
            Self::Note => "note",
            Self::Told => "told",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
        }
    }
}

/// One line of an incident's timeline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: Happening,
    /// One sentence.
    pub text: String,
    /// Who, where a person did it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// Of which resource, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<ResourceId>,
    /// What was known at that time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
}

/// Something that was known of a resource at a time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What it is: “Answer of the probe”, “Response time”, “Log of grafana.service”.
    pub title: String,
    /// The thing itself.
    pub body: EvidenceBody,
}

/// The forms of evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceBody {
    /// Text as it was: an answer, log lines.
    Text(String),
    /// A run of values.
    Series {
        /// `ms`, `%`, `°C`.
        unit: String,
        /// Times and values, oldest first; `None` where there was none.
        points: Vec<(Timestamp, Option<f64>)>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_incidents_are_positive() {
        assert_eq!("12".parse(), Ok(IncidentId(12)));
        for wrong in ["0", "-3", "", "x", "99999999999999999999"] {
            assert!(wrong.parse::<IncidentId>().is_err(), "{wrong}");
        }
    }
}
