//! Active checks: runs every check specification that any feature publishes, and says what came of it.
//!
//! Data flow: features publish [`hob_feature::CheckSpec`]s to the check book; the listener `checks.runner` probes each
//! at its interval, a pure judgement turns the answer into a health, and the resource is observed under the source
//! `checks`. The owner's own `[[service]]` and `[[check]]` entries in `hob.toml` are read as definitions (`model::definition`), which
//! the pass `checks.configured` makes resources (`service/config/<name>`, `certificate/config/<name>` ...), check
//! specifications and silences (source and origin `checks.config`). Groups are checks that ask nobody: they follow from
//! their members.
//!
//! ```text
//!  hob.toml ── config ──────────────┐
//!  page ────── form ──┐             ├─▶ definition ─▶ resources, silences, check book ─▶ runner ─▶ judge ─▶ resources
//!  API ───────────────┼─▶ added ────┘                     (found: services …)  │   ▲
//!  Kuma, Gatus ─ import ┘    └─ overrides ─────────────────────────────────────┴───┘
//! ```
//!
//! What people make is written to the database first, then seen in memory (`added`), then taken up by the pass
//! `checks.added`, which is poked (source and origin `checks.added`, scope `added`). What they want otherwise for a check
//! that was found is laid over it where the runner reads the book.
//!
//! Invariants:
//! - One probe at a time per check, a bounded number in all; those that already fail can never crowd out the others.
//! - What is said of a resource changes only when its state does: no figure of a single probe is in reason or facts.
//!   Response times live in this crate's own memory and are drawn on the resource's page.
//! - A probe sends a credential only where the owner gave it one for this check, and never to what was merely found.
//! - A probe that hangs in any phase is given up; one that cannot be made says nothing of what it should have probed.
//! - While the Internet connection is lost (`connection/home/internet`) no check of an outside address is judged.
//! - A secret that was typed is sealed before it is kept, never shown again, and never kept for another address.
//! - References to files and variables of this machine come from hob.toml or from an administrator.
//! - A file that is imported is bounded in size, depth and what its aliases multiply; nothing is made before it is seen.
//! - What a remote party says goes into text as data: without control characters, cut to a length.
//!
//! Tables: `checks_check`, `checks_override`.
//!
//! The Cargo feature `fuzzing` opens the judgement of strangers' answers, and what reads files of other programs, to the
//! targets in `fuzz/`.

mod added;
mod config;
mod form;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod import;
mod jobs;
mod model;
mod overview;
mod pages;
mod routes;
mod store;

use hob_db::Migration;
use hob_feature::{Feature, NavEntry};

/// Active checks.
pub const FEATURE: Feature = Feature {
    nav: &[NavEntry { title: "Checks", path: routes::PATH, icon: "pulse" }],
    routes: routes::routes,
    jobs: jobs::jobs,
    cards: pages::cards,
    migrations: &[Migration { number: 1, name: "checks", sql: include_str!("migrations/0001_checks.sql") }],
    evidence: pages::evidence,
    config: &[config::SERVICE_SECTION, config::CHECK_SECTION, config::internet::SECTION],
    ..Feature::new("checks", "Checks")
};

#[cfg(test)]
mod tests;
