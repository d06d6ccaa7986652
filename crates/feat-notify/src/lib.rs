//! Notifications: what Hob has to say reaches people.
//!
//! Data flow: the judge of incidents writes notices (`hob-feature/src/notices.rs`). The dispatcher (`dispatch.rs`, the one
//! listener) takes each up once, asks the rules whom to tell and through what (`model/route.rs`, a pure plan), puts the
//! deliveries into the queue (`book.rs`, `model/queue.rs`) and sends what is due (`send.rs`) over the built-in push
//! server, people's browsers, or any service of the engine `channels`. Channels and rules come from `hob.toml`
//! (`config.rs`) or the page (`desk.rs`, which everything shares).
//!
//! Invariants:
//! - A notice is taken up once, whatever becomes of rules and restarts; one channel hears one piece of news once, however
//!   many rules lead to it.
//! - Written before it is sent: what was taken up is sent after a crash. A crash between sending and writing can repeat a
//!   message, under the same key: ntfy and the built-in push server (sequence id), Matrix (transaction id) and mail
//!   (Message-ID) know it again; the others may show it twice.
//! - While the database refuses, people are told all the same, once, and it is written later.
//! - A channel that hangs or fails keeps no other waiting. Through one channel goes one message at a time, so many a
//!   minute. A channel that fails for good, or for longer than the rule's patience, lets the next of its chain try.
//! - Who was told that something broke is told when it is over, where they heard of it.
//! - Tried for a day, then given up. What newer news of the same incident overtakes is not told any more; the newer
//!   message says it too. So what was opened and closed before anything got through is one message that says both.
//! - That a channel fails is not told through that channel alone.
//! - Secrets of channels are sealed in the table, or fetched by reference from where `hob.toml` says.
//!
//! It owns the tables `notify_channel`, `notify_rule`, `notify_delivery`, `notify_taken`, `notify_thread` and
//! `notify_mark`.

mod book;
mod channel;
mod config;
mod dead_man;
mod desk;
mod digest;
mod dispatch;
mod jobs;
mod model;
mod pages;
mod reader;
mod routes;
mod send;
mod store;

use hob_db::Migration;
use hob_feature::{Feature, NavEntry};

/// Notifications.
pub const FEATURE: Feature = Feature {
    nav: &[NavEntry { title: "Notifications", path: routes::PATH, icon: "bell" }],
    routes: routes::routes,
    jobs: jobs::jobs,
    deliveries: Some(reader::READER),
    migrations: MIGRATIONS,
    config: &[config::SECTION, config::CHANNELS, config::ROUTES, dead_man::SECTION, digest::SECTION],
    ..Feature::new("notify", "Notifications")
};

const MIGRATIONS: &[Migration] =
    &[Migration { number: 1, name: "notify", sql: include_str!("migrations/0001_notify.sql") }];

#[cfg(test)]
mod tests;
