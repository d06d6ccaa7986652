//! Whole hubs that watch clusters.

mod bad_days;
mod depth;
mod found;
mod house;
mod looks;
mod pages;
mod real;
mod registries;
mod routes;
