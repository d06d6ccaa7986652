//! When a domain name expires, asked over RDAP, the successor of WHOIS.
//!
//! A registry of names answers over HTTPS with JSON. Which server is asked is the caller's choice (a
//! [`Server`]): the registry's own, of which [`Server::built_in`] knows a few, or a service such as
//! `https://rdap.org/`, which redirects to the registry by the list of IANA (RFC 9224). The list itself
//! is not shipped and not fetched.
//!
//! [`ask`] speaks the protocol and gives exactly one [`Outcome`]; [`parse`] reads an answer, and
//! [`registrable`] guesses which part of a host name is the one that was registered.
//!
//! Redirects are followed over HTTPS only, and nobody is believed whose certificate the client's roots
//! do not trust. Not every registry tells an end: that of `de` does not, nor is it in the list of IANA, and
//! many registries of countries have no RDAP at all.
//!
//! Sources of the protocol: RFC 7480 (HTTP), RFC 9082 (questions), RFC 9083 (answers), RFC 9224
//! (finding the server), RFC 7095 (names of registrars).
//!
//! The Cargo feature `fuzzing` opens what reads a stranger's bytes to the fuzz targets of this
//! repository; it is no part of the API.

mod domain;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod outcome;
mod probe;
mod record;
mod server;

#[cfg(test)]
mod tests;

pub use domain::{Domain, DomainError, registrable};
pub use outcome::{Outcome, Report};
pub use probe::{Question, ask};
pub use record::{Record, RecordError, parse};
pub use server::Server;
