//! Search over resources.

use super::Settings;
use hob_base::{Fact, Resource};
use hob_feature::SearchHit;
use hob_web::components::resource_path;
use std::sync::Arc;

/// More would not be looked at.
const HITS_MAX: usize = 30;
/// More words narrow nothing down; they only cost time.
const WORDS_MAX: usize = 8;

/// What is searched for: words of which each must be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// Reads a search text.
    pub fn new(text: &str) -> Self {
        Self(text.split_whitespace().take(WORDS_MAX).map(str::to_lowercase).collect())
    }

    /// Whether there is nothing to search for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How well a resource matches; `None` when a word is found nowhere. Matches in the name count most.
    pub fn score(&self, resource: &Resource, settings: &Settings) -> Option<u32> {
        let texts = Texts::of(resource, settings);
        let bonus = if resource.id.kind() == "service" { 2 } else { 0 };
        self.0.iter().map(|word| texts.score(word).map(|score| score + bonus)).sum()
    }
}

/// What is searched in, in lower case.
struct Texts {
    name: String,
    found_name: String,
    id: String,
    reason: String,
    facts: Vec<String>,
}

impl Texts {
    fn of(resource: &Resource, settings: &Settings) -> Self {
        let text = |fact: &Fact| fact.as_text().map(str::to_lowercase);
        Self {
            name: settings.name_of(resource).to_lowercase(),
            found_name: resource.name.to_lowercase(),
            id: resource.id.as_str().to_lowercase(),
            reason: resource.health.reason.to_lowercase(),
            facts: resource.facts.values().filter_map(text).collect(),
        }
    }

    fn score(&self, word: &str) -> Option<u32> {
        if self.name == word {
            Some(100)
        } else if self.name.starts_with(word) {
            Some(60)
        } else if self.name.contains(word) {
            Some(40)
        } else if self.id.contains(word) || self.found_name.contains(word) {
            Some(25)
        } else if self.facts.iter().any(|text| text.contains(word)) {
            Some(10)
        } else {
            self.reason.contains(word).then_some(5)
        }
    }
}

/// The resources that contain every word of `text`, best match first.
pub fn search(resources: &[Arc<Resource>], settings: &Settings, text: &str) -> Vec<SearchHit> {
    let words = Words::new(text);
    if words.is_empty() {
        return Vec::new();
    }
    let mut hits: Vec<SearchHit> = resources
        .iter()
        .filter_map(|resource| Some(hit(resource, settings, words.score(resource, settings)?)))
        .collect();
    hits.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.title.cmp(&b.title)));
    hits.truncate(HITS_MAX);
    hits
}

fn hit(resource: &Resource, settings: &Settings, score: u32) -> SearchHit {
    SearchHit {
        title: settings.name_of(resource),
        detail: format!("{} · {}", resource.id, resource.health.reason),
        path: resource_path(&resource.id),
        level: Some(resource.health.level),
        score,
    }
}
