//! Whole hubs that watch clusters.

mod bad_days;
mod house;
mod routes;
