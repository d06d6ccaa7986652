//! What is worth keeping with an incident, what stands on a job's page as a resource, and what is found by a search:
//! memory only.

use crate::desk::open_desk;
use crate::model::judge::{page_of, status_word};
use hob_base::incident::{Evidence, EvidenceBody};
use hob_base::{Level, Resource};
use hob_feature::{Card, Ctx, SearchHit};
use maud::html;

/// The most hits of one search.
const HITS_MAX: usize = 10;

/// What a job last said, and how long its last runs took.
pub(crate) fn evidence(ctx: &Ctx, resource: &Resource) -> Vec<Evidence> {
    if (resource.id.kind(), resource.id.scope()) != ("job", "ping") {
        return Vec::new();
    }
    let Some(desk) = open_desk(ctx) else { return Vec::new() };
    let found = desk.with(|book| {
        book.by_handle(resource.id.name()).map(|job| (job.state.said.clone(), job.state.runs.clone()))
    });
    let Some((said, runs)) = found.flatten() else { return Vec::new() };
    let mut pieces = Vec::new();
    if !said.is_empty() {
        pieces.push(Evidence { title: "What it last reported".to_owned(), body: EvidenceBody::Text(said) });
    }
    if !runs.is_empty() {
        let points = runs.iter().map(|run| (run.at, Some(f64::from(run.ms) / 1000.0))).collect();
        let body = EvidenceBody::Series { unit: "s".to_owned(), points };
        pieces.push(Evidence { title: "How long it took".to_owned(), body });
    }
    pieces
}

/// The way from the resource to the job.
pub(crate) fn cards(ctx: &Ctx, resource: &Resource) -> Vec<Card> {
    let ours = (resource.id.kind(), resource.id.scope()) == ("job", "ping");
    let Some(desk) = open_desk(ctx).filter(|_| ours) else { return Vec::new() };
    let there = desk.with(|book| book.has_handle(resource.id.name())).unwrap_or_default();
    if !there {
        return Vec::new();
    }
    let body = html! {
        p { a href=(page_of(resource.id.name())) { "What it reported, when it is expected, and how to change it" } }
    };
    vec![Card { title: "Scheduled job".to_owned(), body }]
}

/// Jobs by their names.
pub(crate) fn search(ctx: &Ctx, text: &str) -> Vec<SearchHit> {
    let wanted = text.trim().to_lowercase();
    let Some(desk) = open_desk(ctx).filter(|_| !wanted.is_empty()) else { return Vec::new() };
    let now = ctx.clock.now();
    let hits = desk.with(|book| {
        let found = book.jobs().filter_map(|job| {
            let title = job.definition.title();
            let at = title.to_lowercase().find(&wanted)?;
            let status = job.state.status(now);
            Some(SearchHit {
                title: title.to_owned(),
                detail: format!("Scheduled job, {}, {}", status_word(status), job.definition.schedule),
                path: page_of(&job.handle),
                level: Some(
                    ctx.resources
                        .get(&crate::model::judge::resource_of(&job.handle))
                        .map_or(Level::Unknown, |r| r.health.level),
                ),
                score: if at == 0 { 60 } else { 30 },
            })
        });
        let mut hits: Vec<SearchHit> = found.collect();
        hits.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.title.cmp(&b.title)));
        hits.truncate(HITS_MAX);
        hits
    });
    hits.unwrap_or_default()
}
