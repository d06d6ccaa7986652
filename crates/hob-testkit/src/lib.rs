//! What the tests of every crate lean on: a whole hub on a free port, a client that keeps cookies, a small HTTP service
//! that misbehaves on request, a push service with its devices, and a real browser.

pub mod browser;
pub mod client;
pub mod fake_peer;
pub mod fake_push;
pub mod fake_service;
pub mod gate;
pub mod hub;

#[cfg(test)]
mod tests;
