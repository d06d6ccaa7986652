//! Whole hubs that watch clusters.

mod bad_days;
mod depth;
mod house;
mod registries;
mod routes;
