//! What the tests of every crate lean on: a small HTTP service that misbehaves on request, and a real browser.

pub mod browser;
pub mod fake_service;

#[cfg(test)]
mod tests;
