//! Push: one sentence on what it is for.
//!
//! Data flow: what comes in, what is judged in `model`, what comes out.
//!
//! Invariants:
//! - What always holds, whatever the outside does.
//!
//! It owns no tables.

mod model;
mod pages;
mod routes;

use hob_feature::{Feature, NavEntry};

/// Push.
pub const FEATURE: Feature = Feature {
    nav: &[NavEntry { title: "Push", path: routes::PATH, icon: "service" }],
    routes: routes::routes,
    ..Feature::new("push", "Push")
};

#[cfg(test)]
mod tests;
