//! A resource as all its sources together describe it, and the pure rules that fold an observation into it.
//!
//! Every source's word is kept apart, with the moment until which it holds. The health shown is the worst that still
//! holds. Deadlines are monotonic, so that a clock that jumps neither expires everything at once nor keeps a dead
//! collector's word alive.

use crate::wording::duration_words;
use crate::{Facts, Health, Level, Observation, ResourceId, Source, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// A moment as both clocks tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Wall clock, for people.
    pub wall: Timestamp,
    /// Time since the hub's start, for deadlines.
    pub monotonic: Duration,
}

/// The last thing one source said of a resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// What this source calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What this source knows.
    #[serde(default, skip_serializing_if = "Facts::is_empty")]
    pub facts: Facts,
    /// How this source judges it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
    /// What it needs, says this source.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<ResourceId>,
    /// When it was said.
    pub heard_at: Timestamp,
    /// Since when this source has held this level.
    pub since: Timestamp,
    /// How long the word holds, in milliseconds.
    pub holds_for_ms: u64,
    /// Monotonic moment at which it stops to hold. Set anew when a word is loaded from the database.
    #[serde(skip)]
    pub deadline: Duration,
    /// Whether that moment has passed.
    #[serde(default)]
    pub expired: bool,
}

/// Anything with a health, as all its sources together describe it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// Its stable name.
    pub id: ResourceId,
    /// What a person calls it.
    pub name: String,
    /// The worst health that still holds.
    pub health: Health,
    /// Whose word that is.
    pub source: Source,
    /// Whether anybody has judged it yet. A thing just found is shown as `unknown` without that being a transition.
    pub judged: bool,
    /// Since when it has this level. Grows strictly from one level to the next, so that it identifies a transition.
    pub since: Timestamp,
    /// When it was first heard of.
    pub first_seen: Timestamp,
    /// Every source's last word.
    pub words: BTreeMap<Source, Word>,
    /// All facts together.
    #[serde(skip)]
    pub facts: Facts,
    /// All dependencies together, sorted.
    #[serde(skip)]
    pub depends_on: Vec<ResourceId>,
}

impl Resource {
    /// The fact under `key` as text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.facts.get(key).and_then(crate::Fact::as_text)
    }

    /// The fact under `key` as a number.
    pub fn number(&self, key: &str) -> Option<f64> {
        self.facts.get(key).and_then(crate::Fact::as_number)
    }

    /// The next monotonic moment at which one of its words stops to hold.
    pub fn next_deadline(&self) -> Option<Duration> {
        self.words.values().filter(|word| !word.expired).map(|word| word.deadline).min()
    }
}

/// Folds an observation into what was known. Pure: the same input gives the same resource.
pub fn observe(before: Option<&Resource>, observation: Observation, now: Moment) -> Resource {
    let mut words = before.map(|resource| resource.words.clone()).unwrap_or_default();
    let previous = words.get(&observation.source);
    let level = observation.health.as_ref().map(|health| health.level);
    let since = previous
        .filter(|word| !word.expired && word.health.as_ref().map(|health| health.level) == level)
        .map_or(now.wall, |word| word.since);
    let word = Word {
        name: observation.name,
        facts: observation.facts,
        health: observation.health,
        dependencies: observation.dependencies,
        heard_at: now.wall,
        since,
        holds_for_ms: u64::try_from(observation.holds_for.as_millis()).unwrap_or(u64::MAX),
        deadline: now.monotonic.saturating_add(observation.holds_for),
        expired: false,
    };
    words.insert(observation.source, word);
    combine(before, observation.resource, words, now)
}

/// Marks the words whose time has passed. `None` when nothing changed.
pub fn expire(before: &Resource, now: Moment) -> Option<Resource> {
    let due = |word: &Word| !word.expired && word.deadline <= now.monotonic;
    if !before.words.values().any(due) {
        return None;
    }
    let mut words = before.words.clone();
    for word in words.values_mut().filter(|word| due(word)) {
        word.expired = true;
        word.since = now.wall;
    }
    Some(combine(Some(before), before.id.clone(), words, now))
}

/// Takes back what `source` said. `None` when it had said nothing; a resource without words has ceased to exist.
pub fn withdraw(before: &Resource, source: &Source, now: Moment) -> Option<Withdrawn> {
    let mut words = before.words.clone();
    words.remove(source)?;
    if words.is_empty() {
        return Some(Withdrawn::Gone);
    }
    Some(Withdrawn::Remains(Box::new(combine(Some(before), before.id.clone(), words, now))))
}

/// What is left after a source took its word back.
#[derive(Debug, Clone, PartialEq)]
pub enum Withdrawn {
    /// Nobody speaks of it any more.
    Gone,
    /// Others still do.
    Remains(Box<Resource>),
}

/// Brings a resource back from the database after a restart: every word gets a fresh deadline `grace` from now, so that
/// the sources have time to speak before silence counts.
pub fn restore(mut resource: Resource, now: Moment, grace: Duration) -> Resource {
    for word in resource.words.values_mut() {
        word.deadline = now.monotonic + grace.max(Duration::from_millis(word.holds_for_ms.min(120_000)));
    }
    (resource.facts, resource.depends_on) = gather(&resource.words);
    resource
}

/// All facts and all dependencies of all sources.
fn gather(words: &BTreeMap<Source, Word>) -> (Facts, Vec<ResourceId>) {
    let mut facts = Facts::new();
    let mut depends_on = Vec::new();
    for word in words.values() {
        facts.extend(word.facts.iter().map(|(key, fact)| (key.clone(), fact.clone())));
        depends_on.extend(word.dependencies.iter().cloned());
    }
    depends_on.sort();
    depends_on.dedup();
    (facts, depends_on)
}

fn combine(
    before: Option<&Resource>,
    id: ResourceId,
    words: BTreeMap<Source, Word>,
    now: Moment,
) -> Resource {
    let (source, health, judged) = worst(&words);
    // A clock that jumps back must not put a transition before the one it follows.
    let since = match before {
        Some(resource) if resource.judged == judged && resource.health.level == health.level => {
            resource.since
        }
        Some(resource) => now.wall.max(resource.since.plus(Duration::from_millis(1))),
        None => now.wall,
    };
    let (facts, depends_on) = gather(&words);
    let name = words
        .values()
        .find_map(|word| word.name.clone())
        .or_else(|| before.map(|resource| resource.name.clone()))
        .unwrap_or_else(|| id.name().to_owned());
    Resource {
        name,
        health,
        source,
        judged,
        since,
        first_seen: before.map_or(now.wall, |resource| resource.first_seen),
        words,
        facts,
        depends_on,
        id,
    }
}

/// The worst health that holds, whose it is, and whether anybody has judged. Of equals the one that has held longest:
/// what broke first is most likely the cause.
fn worst(words: &BTreeMap<Source, Word>) -> (Source, Health, bool) {
    words
        .iter()
        .filter_map(|(source, word)| Some((source, word.since, judgement(source, word)?)))
        .reduce(|best, next| {
            let worse = next.2.level > best.2.level || (next.2.level == best.2.level && next.1 < best.1);
            if worse { next } else { best }
        })
        .map_or_else(
            || {
                let source = words.keys().next().cloned().unwrap_or_else(|| "hob".into());
                (source, Health::unknown("It was just found and has not been checked yet."), false)
            },
            |(source, _, health)| (source.clone(), health, true),
        )
}

fn judgement(source: &Source, word: &Word) -> Option<Health> {
    if !word.expired {
        return word.health.clone();
    }
    // An expired word's `since` is the moment at which it expired.
    let silence = duration_words(word.since.since(word.heard_at));
    let last = word.health.as_ref().map_or_else(String::new, |health| {
        format!("The last word, at {}, was {}: {}", word.heard_at, health.level, health.reason)
    });
    Some(
        Health::new(
            Level::Unknown,
            format!("Nothing has been heard from “{source}” for {silence}, so its state is unknown."),
        )
        .with_evidence(last)
        .with_remedy("Look at System → Jobs to see whether this source still runs."),
    )
}

#[cfg(test)]
mod tests;
