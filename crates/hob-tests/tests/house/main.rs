//! Journeys through a whole hub: over HTTP with a client, and with a real browser.
//!
//! `kernel` tries what every feature stands on (resources, jobs, starting and stopping), `doors` and `answers` try the
//! shell around the pages, the other folders try what people and programs do with the whole house.
#![expect(clippy::unwrap_used, reason = "a helper of tests that cannot go on ends the test there")]

mod alertmanager;
mod answers;
mod browser;
mod checks_pages;
mod doors;
mod home;
mod incidents;
mod kernel;
mod kubernetes;
mod notifications;
mod push_clients;
mod push_people;
mod scenario;
mod support;
mod watching;
