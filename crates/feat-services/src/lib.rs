//! Finds every service that listens on this machine, says what it is, and has it watched.
//!
//! Data flow: the pass `services.scan` reads the listening sockets every three seconds, groups them into endpoints, and
//! tells what came and what went. The pass `services.identify` asks each new endpoint one harmless `GET /`: what speaks
//! HTTP becomes a resource `service/<machine>/<port>` with its title and icon and gets a check; anything else becomes
//! `port/<machine>/<port>`. The listener `services.favicons` gives tiles that clusters and containers found the icon of
//! their site, as a fact. The resource `discovery/<machine>/ports` tells how complete the picture is.
//!
//! Invariants:
//! - Nothing but `GET` is sent to what was merely found, within limits of time and size, without credentials, and nothing
//!   at all to ports and programs that are known to speak something else.
//! - A socket that vanishes is told after two looks in a row without it. A table of sockets that cannot be read is no
//!   vanished socket.
//! - What was found survives a restart of the hub, so that what stopped meanwhile is missed.
//! - Titles, headers and icons are somebody else's data: bounded, one line, and never run.
//!
//! - Of what others found, only the owner's own routes (words of clusters and containers) are asked for an icon, and only
//!   where they are probed anyway. Nobody else's host is ever asked.
//!
//! Tables it owns: `services_service`, `services_icon`, `services_tile_icon`.
//!
//! The Cargo feature `fuzzing` opens what reads strangers' bytes to the targets in `fuzz/`.

mod config;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod jobs;
mod model;
mod pages;
mod read;
mod routes;
mod store;

use hob_db::Migration;
use hob_feature::Feature;

/// Discovery of services.
pub const FEATURE: Feature = Feature {
    jobs: jobs::jobs,
    routes: routes::routes,
    cards: pages::cards,
    config: &[config::SECTION],
    migrations: MIGRATIONS,
    ..Feature::new("services", "Services")
};

const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "services", sql: include_str!("migrations/0001_services.sql") },
    Migration { number: 2, name: "tile_icon", sql: include_str!("migrations/0002_tile_icon.sql") },
];

#[cfg(test)]
mod tests;
