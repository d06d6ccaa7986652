//! Incidents: one sentence on what it is for.
//!
//! Data flow: what comes in, what is judged in `model`, what comes out.
//!
//! Invariants:
//! - What always holds, whatever the outside does.
//!
//! It owns no tables.

mod model;

use hob_feature::Feature;

/// Incidents.
pub const FEATURE: Feature = Feature { ..Feature::new("incidents", "Incidents") };

#[cfg(test)]
mod tests;
