//! The home page that builds itself, the pages and the API of resources, and search over everything.
//!
//! Data flow: the resources in memory ([`hob_feature::Resources`]) plus what people changed about tiles (table
//! `home_tile`, and `[[tile]]` in `hob.toml`, which wins) become a [`model::House`], the same for everybody; each person's
//! [`model::Layout`] arranges it; [`pages`] draws it with the cards of features; [`board`] keeps what was drawn until
//! something changes; the listener in [`jobs`] pushes what changed to the browsers. Bookmarks, search engines and tiles
//! that people wrote down ([`links`]) come beside it; a pass in [`jobs`] tells the house of such tiles and has them checked.
//! A wall display ([`walls`]) is another drawing of the same house, without login for who has its link.
//!
//! Invariants: nothing here probes or polls; a page view reads memory only (a resource's timeline excepted); what a
//! remote party says is escaped by maud; a layout rearranges, it never changes what is known.
//!
//! Tables: `home_tile`, `home_layout`, `home_link`, `home_wall`.

mod board;
mod cards;
mod config;
mod jobs;
mod kept;
mod layouts;
mod links;
pub mod model;
mod pages;
mod routes;
mod store;
mod tiles;
mod walls;

#[cfg(test)]
mod tests;

use hob_db::Migration;
use hob_feature::{Feature, NavEntry};

/// The home page.
pub const FEATURE: Feature = Feature {
    nav: &[
        NavEntry { title: "Home", path: "/", icon: "home" },
        NavEntry { title: "Resources", path: "/resources", icon: "list" },
    ],
    routes: routes::routes,
    personal_routes: routes::personal_routes,
    open_routes: routes::open_routes,
    jobs: jobs::jobs,
    search: |ctx, text| model::search(&ctx.resources.list(), &tiles::known(ctx), text),
    migrations: &[
        Migration { number: 1, name: "tiles", sql: include_str!("migrations/0001_tiles.sql") },
        Migration { number: 2, name: "layouts", sql: include_str!("migrations/0002_layouts.sql") },
    ],
    config: &[config::TILE, config::BOOKMARK, config::ENGINE],
    ..Feature::new("home", "Home")
};
