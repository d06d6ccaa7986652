//! What people expect on a home page beside their services: clock, weather, calendar, news, search.

use hob_feature::Feature;

/// Widgets.
pub const FEATURE: Feature = Feature::new("widgets", "Widgets");
