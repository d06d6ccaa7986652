//! Up-time reports for the owner, and status pages for everybody.
//!
//! ```text
//!  resources (history, gaps) ─┐                      ┌─▶ /uptime, /uptime/2026-11, /uptime/resource/…   for who may read
//!  transitions of old months ─┼─▶ report ─▶ figures ─┴─▶ CSV and JSON
//!  maintenance, objectives ───┤
//!  incidents, silences ───────┴─▶ memory ─▶ board ─▶ /status/<slug>, badges, feeds, summary.json         for everybody
//! ```
//!
//! - `model`: pure rules: figures, objectives and budgets, months, CSV, what of a page everybody may see
//! - `report`: gathers what a report is made of, from memory or, for old months, from the database
//! - `memory`, `jobs`: pages, objectives, incidents and times of maintenance in memory, kept in step
//! - `board`, `feeds`: draws pages for everybody once a change, and keeps them packed
//!
//! Invariants:
//!
//! - Who is not logged in sees the names that the owner chose, and nothing else: no id, name, reason or title of an incident
//!   of the house's own, except reasons where the owner ticked “show reasons”. Names in feeds are opaque.
//! - A request for a status page reads memory only.
//! - Used and left budget are always all of it; unknown time, time without the hub and maintenance count for nothing.
//! - Nothing in a CSV file is taken for a formula.
//!
//! Tables: `status_page`, `status_entry`, `status_announcement`, `status_objective`, `status_window`.

mod board;
mod config;
mod feeds;
mod jobs;
mod memory;
mod model;
mod pages;
mod report;
mod routes;
mod store;

use hob_base::Resource;
use hob_db::Migration;
use hob_feature::{Card, Ctx, Feature, NavEntry, SearchHit};

/// Up-time and status pages.
pub const FEATURE: Feature = Feature {
    nav: &[NavEntry { title: "Up-time", path: routes::PATH, icon: "ok" }],
    routes: routes::routes,
    open_routes: routes::open_routes,
    jobs: jobs::jobs,
    cards,
    search,
    migrations: &[Migration { number: 1, name: "status", sql: include_str!("migrations/0001_status.sql") }],
    config: &[config::STATUS, config::OBJECTIVE],
    ..Feature::new("status", "Up-time")
};

/// On the page of a resource: how this month goes.
fn cards(ctx: &Ctx, resource: &Resource) -> Vec<Card> {
    let wanted = resource.judged && resource.id.scope() != "hob";
    let Some(known) = memory::at_hand(ctx).filter(|_| wanted) else { return Vec::new() };
    let row = report::this_month(ctx, &known, resource);
    vec![Card { title: "Objective".to_owned(), body: pages::card_body(&row) }]
}

/// Status pages by title and address.
fn search(ctx: &Ctx, text: &str) -> Vec<SearchHit> {
    let text = text.trim().to_lowercase();
    let Some(known) = memory::at_hand(ctx).filter(|_| !text.is_empty()) else { return Vec::new() };
    let found = known
        .pages
        .iter()
        .filter(|page| page.title.to_lowercase().contains(&text) || page.slug.contains(&text));
    let hit = |page: &std::sync::Arc<model::page::Page>| SearchHit {
        title: page.title.clone(),
        detail: format!("Status page · {}", page.path()),
        path: page.edit_path(),
        level: None,
        score: 30,
    };
    found.map(hit).collect()
}

#[cfg(test)]
mod tests;
