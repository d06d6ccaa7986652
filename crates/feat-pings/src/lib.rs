//! Pings: jobs that run somewhere by cron or a timer report by pinging an address, and Hob tells when one does not.
//!
//! Data flow: `/ping/…` (as healthchecks has it) and `/api/push/…` (as Uptime Kuma has it) are read (`model/address.rs`),
//! found in the book of jobs in memory (`book.rs`), and taken into the job's life, a pure function of its pings and of
//! time (`model/state.rs`). The listener `pings.watch` lets time pass for those that are due, and tells the house: each
//! job is a resource `job/ping/<handle>` (`model/judge.rs`). The listener `pings.write` writes pings and states once a
//! second. Jobs come from `hob.toml` (`config.rs`), the page, the API of healthchecks (`routes/api.rs`), or a first ping.
//!
//! Invariants:
//! - What a ping changes is right in memory before it is answered, and in the table a second later: a power cut costs the
//!   last second at most, and an orderly stop nothing.
//! - An address that is not known costs a hash and a look into memory, never the database, and is limited per client.
//! - No alarm before what is due, or began, and its grace; none because the clock jumped, or nobody watched: what would
//!   have become an alarm meanwhile is given its grace anew, once.
//! - Of each job the last hundred pings are kept, with at most 1 MiB of bodies; of all jobs together 256 MiB.
//! - Secrets of addresses are sealed in the table and found by their hashes. Who may only read is shown none.
//!
//! It owns the tables `pings_job`, `pings_ping` and `pings_key`.
//!
//! The Cargo feature `fuzzing` opens what reads the words of clients to the targets in `fuzz/`.

mod book;
mod config;
mod desk;
mod evidence;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod jobs;
mod model;
mod pages;
mod routes;
mod store;

use hob_db::Migration;
use hob_feature::{Feature, NavEntry};

/// Scheduled jobs.
pub const FEATURE: Feature = Feature {
    nav: &[NavEntry { title: "Scheduled jobs", path: routes::PATH, icon: "list" }],
    routes: routes::routes,
    door_routes: routes::door_routes,
    jobs: jobs::jobs,
    cards: evidence::cards,
    evidence: evidence::evidence,
    search: evidence::search,
    migrations: MIGRATIONS,
    config: &[config::SECTION],
    ..Feature::new("pings", "Scheduled jobs")
};

const MIGRATIONS: &[Migration] =
    &[Migration { number: 1, name: "pings", sql: include_str!("migrations/0001_pings.sql") }];

#[cfg(test)]
mod tests;
