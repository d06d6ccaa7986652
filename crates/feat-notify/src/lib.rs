//! Notify.
mod model;
mod pages;
mod routes;
use hob_feature::Feature;
/// Notify.
pub const FEATURE: Feature = Feature { ..Feature::new("notify", "Notifications") };
#[cfg(test)]
mod tests;
