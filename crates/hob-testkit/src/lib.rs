//! What the tests of every crate lean on: a whole hub on a free port, a client that keeps cookies, a small HTTP service
//! that misbehaves on request, a push service with its devices, API servers of Kubernetes (a fake one that misbehaves on
//! request, and a real one), an engine of containers, and a real browser.

pub mod authority;
pub mod browser;
pub mod chart;
pub mod client;
pub mod fake_cluster;
pub mod fake_engine;
pub mod fake_peer;
pub mod fake_push;
pub mod fake_service;
pub mod gate;
pub mod hub;
pub mod kubectl;
pub mod real_cluster;
pub mod yaml;

#[cfg(test)]
mod tests;
