//! The home page that builds itself, the pages and the API of resources, and search over everything.
//!
//! Data flow: the resources in memory ([`hob_feature::Resources`]) plus what people changed about tiles (table
//! `home_tile`, and `[[tile]]` in `hob.toml`, which wins) become a [`model::House`]; [`pages`] draws it; [`board`] keeps
//! what was drawn until something changes; the listener in [`jobs`] pushes what changed to the browsers.
//!
//! Invariants: nothing here probes or polls; a page view reads memory only (a resource's timeline excepted); what a
//! remote party says is escaped by maud.
//!
//! Tables: `home_tile`.

mod board;
mod config;
mod jobs;
pub mod model;
mod pages;
mod routes;
mod store;
mod tiles;

use hob_db::Migration;
use hob_feature::{Feature, NavEntry};

/// The home page.
pub const FEATURE: Feature = Feature {
    nav: &[
        NavEntry { title: "Home", path: "/", icon: "home" },
        NavEntry { title: "Resources", path: "/resources", icon: "list" },
    ],
    routes: routes::routes,
    jobs: jobs::jobs,
    search: |ctx, text| model::search(&ctx.resources.list(), &tiles::known(ctx), text),
    migrations: &[Migration { number: 1, name: "tiles", sql: include_str!("migrations/0001_tiles.sql") }],
    config: &[config::TILE],
    ..Feature::new("home", "Home")
};
