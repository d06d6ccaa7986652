//! Why no connection or no TLS came about, in words for the owner of the server.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use crate::words::{plain, spoken};

/// Why a probe got no connection, or no TLS on it.
///
/// `Display` is one plain sentence; what the server sent is in it only escaped and cut.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The name could not be resolved.
    #[error("The name {host} could not be found: {}.", plain(source))]
    Resolve {
        /// The name.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// The resolver gave no answer in time.
    #[error("The name {host} could not be looked up within {}.", spoken(*after))]
    ResolveTimeout {
        /// The name.
        host: String,
        /// The time it had.
        after: Duration,
    },
    /// The name exists and has no address, or none of the family which is asked for.
    #[error("The name {host} has no address{}.", of_family(*family))]
    NoAddress {
        /// The name, or the address which is not of the family.
        host: String,
        /// What kind of address was looked for.
        family: crate::Family,
    },
    /// Nothing listens on the port.
    #[error("Nothing listens at {addr}: the connection was refused.")]
    Refused {
        /// The address and port.
        addr: SocketAddr,
    },
    /// The network or the host says that the address cannot be reached.
    #[error("{addr} cannot be reached: {}.", plain(source))]
    Unreachable {
        /// The address and port.
        addr: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },
    /// The address did not answer: the host is off, or a firewall drops the packets.
    #[error("{addr} did not answer: no connection came about within {}.", spoken(*after))]
    ConnectTimeout {
        /// The address and port.
        addr: SocketAddr,
        /// The time it had.
        after: Duration,
    },
    /// The machine of the probe is at the end of its means, which says nothing about the server.
    #[error("This machine could not open another connection: {}.", plain(source))]
    NoSocket {
        /// What the operating system said.
        source: io::Error,
    },
    /// The TLS handshake failed.
    #[error("No secure connection to {addr} came about: {reason}.")]
    Handshake {
        /// The address and port.
        addr: SocketAddr,
        /// A clause which says why.
        reason: String,
        /// The same for machines.
        fault: Fault,
    },
    /// The server answered the TLS handshake with something else.
    #[error("{addr} does not speak TLS: it answered with `{first_bytes}`.")]
    NotTls {
        /// The address and port.
        addr: SocketAddr,
        /// The beginning of the answer, escaped.
        first_bytes: String,
    },
    /// The TLS handshake took too long.
    #[error("{addr} accepted the connection but did not secure it within {}.", spoken(*after))]
    TlsTimeout {
        /// The address and port.
        addr: SocketAddr,
        /// The time it had.
        after: Duration,
    },
}

/// What kind of failure ended a TLS handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The server speaks only versions or ciphers of TLS which are not safe any more: nothing newer
    /// than TLS 1.1, or nothing in common with a client of today.
    Outdated,
    /// The server asks for a certificate of the client, and admits nobody without.
    ClientCertificate,
    /// The server knows no site of this name.
    UnknownName,
    /// The server offers none of the protocols which were asked for (RFC 7301).
    NoProtocol,
    /// The server closed the connection.
    Closed,
    /// The server sent more than a handshake may hold: its certificates are larger than 64 KiB.
    TooLarge,
    /// Anything else.
    Other,
}

impl Error {
    /// A word for each kind of error, for machines; it stays the same between versions.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Resolve { .. } => "resolve",
            Self::ResolveTimeout { .. } => "resolve_timeout",
            Self::NoAddress { .. } => "no_address",
            Self::Refused { .. } => "refused",
            Self::Unreachable { .. } => "unreachable",
            Self::ConnectTimeout { .. } => "connect_timeout",
            Self::NoSocket { .. } => "no_socket",
            Self::Handshake { .. } => "tls_handshake",
            Self::NotTls { .. } => "not_tls",
            Self::TlsTimeout { .. } => "tls_timeout",
        }
    }
}

fn of_family(family: crate::Family) -> &'static str {
    match family {
        crate::Family::Any => "",
        crate::Family::V4 => " of IPv4",
        crate::Family::V6 => " of IPv6",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Family;

    #[test]
    fn errors_are_sentences() {
        let addr = SocketAddr::from(([127, 0, 0, 1], 3000));
        let host = || "nas.lan".to_owned();
        let after = Duration::from_secs(10);
        for (error, sentence) in [
            (Error::Refused { addr }, "Nothing listens at 127.0.0.1:3000: the connection was refused."),
            (Error::NoAddress { host: host(), family: Family::Any }, "The name nas.lan has no address."),
            (
                Error::NoAddress { host: host(), family: Family::V6 },
                "The name nas.lan has no address of IPv6.",
            ),
            (
                Error::Unreachable { addr, source: io::Error::from_raw_os_error(113) },
                "127.0.0.1:3000 cannot be reached: No route to host.",
            ),
            (
                Error::ResolveTimeout { host: host(), after },
                "The name nas.lan could not be looked up within 10 seconds.",
            ),
            (
                Error::TlsTimeout { addr, after },
                "127.0.0.1:3000 accepted the connection but did not secure it within 10 seconds.",
            ),
        ] {
            assert_eq!(error.to_string(), sentence);
        }
    }
}
