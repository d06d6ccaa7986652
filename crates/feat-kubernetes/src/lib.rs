//! The cluster: every route a person can open, what is behind it, and what is wrong with it.

use hob_feature::Feature;

/// Kubernetes.
pub const FEATURE: Feature = Feature::new("kubernetes", "Kubernetes");
