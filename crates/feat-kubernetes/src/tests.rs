//! Whole hubs that watch clusters.
