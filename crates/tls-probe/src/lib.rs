//! Finds a server, connects to it, makes a TLS handshake, and says what its certificate is worth.
//!
//! The library is what probes of TLS, of HTTP and of other protocols stand on. The other side may
//! be slow, broken or hostile: every phase has a limit in time, everything read has one in size,
//! and every failure is an [`Error`] which says in one plain sentence what was seen.
//!
//! A handshake goes on with every certificate: whoever watches a server wants to know when its
//! certificate ends, above all when it is a bad one. What the roots of the system think of it is
//! recorded in the [`Examination`]. So a connection is **not** proof of who answers: whoever sends
//! something secret looks at [`Examination::trusted`] first.
//!
//! ```no_run
//! # async fn example() -> Result<(), tls_probe::Error> {
//! use tls_probe::{Client, Limits};
//! let seen = Client::new().examine("nas.lan", 443, None, &Limits::default()).await?;
//! if let Err(why) = &seen.examination.trusted {
//!     eprintln!("The certificate is {why}.");
//! }
//! # Ok(()) }
//! ```
//!
//! [`public`] says whether an address is one of the public Internet, for whoever connects to where a stranger says.
//!
//! Who speaks first in clear text and secures the same connection later (STARTTLS) uses
//! [`Client::connect`] and then [`Client::handshake`] over its own stream.
//!
//! Nothing spawns a task, apart from the look-up of a name, which blocks a thread: the connection
//! lives inside the future of the call, and dropping that future closes it.
//!
//! Sources of the protocol: RFC 8446 and RFC 5246 (TLS), RFC 6066 (server names), RFC 7301 (ALPN),
//! RFC 5280 (certificates), RFC 6962 (certificate transparency).
//!
//! The Cargo feature `fuzzing` opens what reads a stranger's bytes to the fuzz targets of this
//! repository; it is no part of the API.

mod client;
mod connect;
mod deadline;
pub mod der;
mod distrust;
mod error;
mod examination;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
pub mod public;
mod recorder;
mod seen;
mod tls;
pub mod words;

#[cfg(test)]
mod tests;

pub use client::{Client, Examined, Timings};
pub use connect::{Connected, Family};
pub use deadline::{Deadline, Limits};
pub use distrust::Distrust;
pub use error::{Error, Fault};
pub use examination::{ClientCertificate, Examination, FirstExpiry, TlsVersion, Weakness};
pub use seen::{FIRST_BYTES, First, Seen, Stream};
pub use tls::{SecureStream, Secured, tls_failure};
