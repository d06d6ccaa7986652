//! Search over resources.

use hob_base::{Fact, Resource};
use hob_feature::SearchHit;
use hob_web::components::resource_path;
use std::sync::Arc;

/// More would not be looked at.
const HITS_MAX: usize = 30;

/// The resources that contain every word of `text` in name, id, reason or facts; matches in the name come first.
pub fn search(resources: &[Arc<Resource>], text: &str) -> Vec<SearchHit> {
    let words: Vec<String> = text.split_whitespace().take(8).map(str::to_lowercase).collect();
    if words.is_empty() {
        return Vec::new();
    }
    let mut hits: Vec<SearchHit> = resources.iter().filter_map(|resource| hit(resource, &words)).collect();
    hits.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.title.cmp(&b.title)));
    hits.truncate(HITS_MAX);
    hits
}

fn hit(resource: &Resource, words: &[String]) -> Option<SearchHit> {
    let name = resource.name.to_lowercase();
    let id = resource.id.as_str().to_lowercase();
    let scores: Option<Vec<u32>> = words.iter().map(|word| score(resource, &name, &id, word)).collect();
    let detail = format!("{} · {}", resource.id, resource.health.reason);
    Some(SearchHit {
        title: resource.name.clone(),
        detail,
        path: resource_path(&resource.id),
        level: Some(resource.health.level),
        score: scores?.iter().sum(),
    })
}

fn score(resource: &Resource, name: &str, id: &str, word: &str) -> Option<u32> {
    let kind_bonus = if resource.id.kind() == "service" { 2 } else { 0 };
    let score = if name == word {
        100
    } else if name.starts_with(word) {
        60
    } else if name.contains(word) {
        40
    } else if id.contains(word) {
        25
    } else if resource
        .facts
        .values()
        .any(|fact| matches!(fact, Fact::Text(t) if t.to_lowercase().contains(word)))
    {
        10
    } else if resource.health.reason.to_lowercase().contains(word) {
        5
    } else {
        return None;
    };
    Some(score + kind_bonus)
}
