//! One careful, bounded HTTP/1.1 `GET` or `HEAD`, plain or over TLS, and a TCP connect probe.
//!
//! The library is made for up-time checks and for finding services: many short probes, each to a
//! server which may be slow, broken or hostile. So nothing is pooled, every phase has a limit in
//! time and in size, and every failure is a [`ProbeError`] which says in one plain sentence what
//! was seen.
//!
//! A probe spawns no task: the connection lives inside the future of the call, and dropping that
//! future closes it.
//!
//! Sources of the protocol: RFC 9110 (semantics), RFC 9112 (HTTP/1.1), RFC 3986 (references in
//! URLs), RFC 8446 and RFC 5246 (TLS), RFC 5280 (certificates).
//!
//! The Cargo feature `fuzzing` opens what reads a stranger's bytes to the fuzz targets of this
//! repository; it is no part of the API.

mod client;
mod connect;
mod der;
mod error;
mod exchange;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod redirect;
mod request;
mod response;
mod seen;
mod tls;
mod url;

#[cfg(test)]
mod tests;

pub use client::Client;
pub use connect::TcpOutcome;
pub use error::{Phase, ProbeError};
pub use redirect::{Hop, next_hop};
pub use request::{Limits, Method, Redirects, Request, TlsPolicy};
pub use response::{Certificate, Redirect, Response, Timings, says_use_https};
pub use url::{Scheme, Url, UrlError};
