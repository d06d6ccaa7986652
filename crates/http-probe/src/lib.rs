//! One careful, bounded HTTP request, plain or over TLS, and a TCP connect probe.
//!
//! The library is made for up-time checks and for finding services: many short probes, each to a
//! server which may be slow, broken or hostile. So nothing is pooled, every phase has a limit in
//! time and in size, and every failure is a [`ProbeError`] which says in one plain sentence what
//! was seen.
//!
//! A request has any method and a small body, goes over HTTP/1.1 or HTTP/2, over IPv4, IPv6 or a
//! Unix socket, to where the name leads or to where it is told to go. [`Client::grpc_health`] asks
//! a gRPC server how it is.
//!
//! TLS goes on with every certificate, and the response says what it is worth: an owner wants to
//! know whether a page comes even though its certificate has expired. But a credential must not be
//! handed to an impostor: headers which say who asks are kept back from a server with a certificate
//! that is not trusted, unless [`Request::even_if_untrusted`] says otherwise, and
//! [`Response::withheld`] tells of it. Over plain HTTP they are sent as they are.
//!
//! A probe spawns no task: the connection lives inside the future of the call, and dropping that
//! future closes it.
//!
//! Sources of the protocol: RFC 9110 (semantics), RFC 9112 (HTTP/1.1), RFC 9113 (HTTP/2), RFC 3986
//! (references in URLs), the gRPC protocol over HTTP/2 and its health checking protocol. Names, TCP
//! and TLS are the business of the library `tls-probe`.
//!
//! The Cargo feature `fuzzing` opens what reads a stranger's bytes to the fuzz targets of this
//! repository; it is no part of the API.

mod client;
mod error;
mod exchange;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod grpc;
mod http2;
mod redirect;
mod request;
mod response;
mod url;
mod walk;

#[cfg(test)]
mod tests;

pub use client::Client;
pub use error::{Phase, ProbeError};
pub use grpc::{GrpcHealth, GrpcState};
pub use http::Method;
pub use redirect::{Hop, next_hop};
pub use request::{ConnectTo, Limits, MAX_BODY, Redirects, Request, TlsPolicy, Versions};
pub use response::{Certificate, Redirect, Response, TcpOutcome, Timings, Version, says_use_https};
pub use tls_probe::{Examination, Family};
pub use url::{Scheme, Url, UrlError};
