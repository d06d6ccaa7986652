//! Incidents: one outage, one message, with the cause named.
//!
//! Data flow: every resource that is not well comes in from the house's resources, with what it needs. A pure function
//! over that graph ([`model::cause`]) says what is out together and what explains it; another ([`model::life`]) lets
//! incidents begin, grow, come and go, and end. The listener `incidents.judge` saves what came of it, shows it to pages
//! ([`desk`]) and writes notices, which channels carry to people.
//!
//! [`pages`] and [`routes`] show what is open from the desk and the rest from the database, and pass on to the judge what
//! people and programs want done; [`live`] tells open pages what changed; [`cards`] is what other pages show of it.
//!
//! Invariants:
//! - A resource that is out is in one incident at most; the cause of an incident is a part of it.
//! - What joins an incident is never a message. A message has a key, under which it is written once.
//! - Only the judge changes incidents; people ask it. What is shown is saved before.
//! - Times that decide anything are monotonic: a clock that is set opens and closes nothing.
//!
//! It owns the tables `incidents_incident`, `incidents_member`, `incidents_entry` and `incidents_quiet`. Silences and
//! notices belong to the house (`hob-feature`), since other doors make and carry them too.

mod cards;
mod config;
mod desk;
mod evidence;
mod jobs;
mod live;
mod model;
mod pages;
mod reader;
mod routes;
mod store;

use hob_db::Migration;
use hob_feature::{Feature, NavEntry};

/// Incidents.
pub const FEATURE: Feature = Feature {
    nav: &[NavEntry { title: "Incidents", path: routes::PATH, icon: "incident" }],
    routes: routes::routes,
    personal_routes: routes::personal_routes,
    jobs: |ctx| jobs::jobs(ctx).into_iter().chain(live::jobs(ctx)).collect(),
    cards: cards::cards,
    search: cards::search,
    migrations: MIGRATIONS,
    config: &[config::SECTION, config::MAINTENANCE],
    incidents: Some(reader::READER),
    ..Feature::new("incidents", "Incidents")
};

const MIGRATIONS: &[Migration] =
    &[Migration { number: 1, name: "incidents", sql: include_str!("migrations/0001_incidents.sql") }];

#[cfg(test)]
mod tests;
