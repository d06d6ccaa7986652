//! What people expect on a home page beside their services: clocks, the weather, the next appointments, news.
//!
//! Data flow: the tables `[[clock]]`, `[[weather]]`, `[[calendar]]` and `[[feed]]` of `hob.toml` → the pass in [`jobs`]
//! fetches what is due and keeps it in memory → [`pages`] draws cards of the home page from that.
//!
//! Invariants:
//! - Nobody is asked for anything that the owner did not write down.
//! - A page view fetches nothing. What was fetched stays shown, with its age, when it cannot be fetched any more.
//! - Words from outside are text; links lead to http or https.
//!
//! It owns no tables: after a start everything is fetched anew.

mod config;
mod fetch;
mod jobs;
mod model;
mod pages;

use hob_feature::Feature;

/// Widgets.
pub const FEATURE: Feature = Feature {
    jobs: jobs::jobs,
    home_cards: pages::cards,
    config: &[config::CLOCK, config::WEATHER, config::CALENDAR, config::FEED],
    ..Feature::new("widgets", "Widgets")
};

#[cfg(test)]
mod tests;
