//! Containers of Docker and Podman: found, watched, and shown as tiles.

use hob_feature::Feature;

/// Containers.
pub const FEATURE: Feature = Feature::new("containers", "Containers");
