//! Push: Hob's own server for messages to phones, browsers and programs. It speaks ntfy's protocol.
//!
//! Data flow: a request to publish (`routes/publish.rs`, read by the engine `ntfy-protocol`) becomes a message. The
//! listener `push.write` (`writer.rs`) takes all that wait, writes them in one transaction, and only then acknowledges
//! them and hands them to the broker (`broker.rs`), which keeps topics in memory and gives each message to everybody who
//! listens. A subscription (`stream.rs`) is what one client gets: what was kept, then what comes. It is the same on the
//! push server's own port (`port.rs`), where a subscriber is little more than a socket, and on its own host name
//! behind the hub's port (`routes/subscribe.rs`).
//!
//! Invariants:
//! - What was acknowledged is in the table, unless its sender asked that it be not kept.
//! - A subscriber misses nothing and gets nothing twice between what was kept and what comes.
//! - A client that does not read is dropped, and nobody waits for it.
//! - Attachments are files named by Hob; what a client calls them is data.
//! - Publishing reads no table.
//!
//! It owns the tables `push_*` and the directory `push` in the data directory.
//!
//! The Cargo feature `fuzzing` opens what reads strangers' bytes to the targets in `fuzz/`.

mod broker;
mod browsers;
mod config;
mod delivery;
mod desk;
mod door;
mod feed;
mod files;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod jobs;
mod mail_door;
mod model;
mod outgoing;
mod pages;
mod port;
mod routes;
mod shown;
mod store;
mod stream;
mod upload;
mod upstream;
mod visitor;
mod writer;

use hob_db::Migration;
use hob_feature::{BoxFuture, Ctx, Feature, NavEntry, boxed};

/// Push.
pub const FEATURE: Feature = Feature {
    nav: &[NavEntry { title: "Messages", path: "/messages", icon: "message" }],
    routes: routes::pages::routes,
    personal_routes: routes::pages::personal_routes,
    open_routes: routes::pages::open_routes,
    host_routes: routes::host_routes,
    jobs: jobs::jobs,
    migrations: MIGRATIONS,
    config: &[config::SECTION, hob_feature::mail::SECTION],
    push: Some(door::DOOR),
    search: shown::search,
    greeting,
    ..Feature::new("push", "Messages")
};

const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "messages", sql: include_str!("migrations/0001_messages.sql") },
    Migration { number: 2, name: "access", sql: include_str!("migrations/0002_access.sql") },
    Migration { number: 3, name: "browsers", sql: include_str!("migrations/0003_browsers.sql") },
];

/// Tells the console how phones and scripts reach the push server.
fn greeting(ctx: Ctx) -> BoxFuture<Vec<String>> {
    boxed(async move {
        if !config::settings(&ctx).enabled {
            return Vec::new();
        }
        match reached_at(&ctx) {
            Some(url) => vec![format!("Push: {url}  (server for the ntfy app and curl)")],
            None => Vec::new(),
        }
    })
}

/// As who sits at this console reaches it, like the address of the hub itself. The port may not be open yet; `None` where
/// it is then still to be chosen.
fn reached_at(ctx: &Ctx) -> Option<String> {
    let (desk, settings) = (desk::desk(ctx), config::settings(ctx));
    let named = settings.base_url.is_some() || settings.hostname.is_some();
    match desk.address().or_else(|| port::address(ctx)) {
        Some(address) if address.port() == 0 => None,
        Some(address) if !named && !address.ip().is_unspecified() => Some(format!("http://{address}")),
        _ => Some(desk.base_url(ctx, None)),
    }
}

#[cfg(test)]
mod tests;
