//! Why a probe got no answer, in words for the owner of the server.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tls_probe::Family;
use tls_probe::words::{cut, plain, spoken};

use crate::url::{Url, UrlError};

/// How far the answer had come when the probe ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Nothing had come.
    BeforeHead,
    /// The status line or the headers had begun.
    InHead,
    /// The head was whole, the body was not.
    InBody,
}

/// Why a probe got no answer.
///
/// `Display` is one plain sentence; what the server sent is in it only escaped and cut.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
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
        family: Family,
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
    TlsHandshake {
        /// The address and port.
        addr: SocketAddr,
        /// A clause which says why.
        reason: String,
    },
    /// The server answered the TLS handshake with something else.
    #[error("{addr} does not speak HTTPS: it answered with `{first_bytes}`.")]
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
    /// The head of the answer was not there in time.
    #[error("The server accepted the connection but {} within {}.", unfinished(*phase), spoken(*after))]
    HeadTimeout {
        /// The time of the whole probe.
        after: Duration,
        /// Whether the head had begun.
        phase: Phase,
    },
    /// The body was not there in time.
    #[error(
        "The server answered with status {status} but did not finish its page within {} ({received} bytes came).",
        spoken(*after)
    )]
    BodyTimeout {
        /// The time of the whole probe.
        after: Duration,
        /// The status of the answer.
        status: u16,
        /// Bytes of the body which had come.
        received: usize,
    },
    /// The answer is not HTTP/1.x.
    #[error("The server answered, but not in HTTP: it began with `{first_bytes}`.")]
    NotHttp {
        /// The first line of the first 64 bytes, escaped.
        first_bytes: String,
    },
    /// The answer is HTTP/1.x with a head which cannot be read.
    #[error("The server answered in broken HTTP: it began with `{first_bytes}`.")]
    BadHead {
        /// The first line of the first 64 bytes, escaped.
        first_bytes: String,
    },
    /// The answer to plain HTTP is a TLS record.
    #[error("{addr} speaks HTTPS, not plain HTTP: use https:// in the address.")]
    LooksLikeTls {
        /// The address and port.
        addr: SocketAddr,
    },
    /// The head of the answer is too large.
    #[error("The headers of the answer are too large: more than {limit} bytes or {count} lines.")]
    HeadTooLarge {
        /// The limit of the head in bytes.
        limit: usize,
        /// The limit of the number of fields.
        count: usize,
    },
    /// The transfer coding of the body is broken.
    #[error("The server answered with status {status} but its page is broken: {reason}.")]
    BadBody {
        /// The status of the answer.
        status: u16,
        /// A clause which says why.
        reason: String,
    },
    /// The server sent the probe on too often.
    #[error("The server redirected more than {limit} times, at last to {}.", short(last))]
    TooManyRedirects {
        /// The number of redirects which are followed.
        limit: u8,
        /// Where the next one leads.
        last: Box<Url>,
    },
    /// The server sent the probe to where it had been.
    #[error("The server redirects in a circle, back to {}.", short(url))]
    RedirectLoop {
        /// Where the circle closes.
        url: Box<Url>,
    },
    /// The server sent the probe to what cannot be asked.
    #[error("The server redirects to `{location}`, which cannot be asked: {reason}.")]
    BadRedirect {
        /// The `Location` header, escaped and cut.
        location: String,
        /// What is wrong with it.
        reason: UrlError,
    },
    /// The server closed or reset the connection.
    #[error("The server closed the connection {}.", moment(*phase))]
    ConnectionClosed {
        /// How far the answer had come.
        phase: Phase,
    },
    /// The server answered a request in HTTP/2 with something else.
    #[error("The server does not speak HTTP/2: it began with `{first_bytes}`.")]
    NotHttp2 {
        /// The first line of the first 64 bytes, escaped.
        first_bytes: String,
    },
    /// HTTP/2 broke off.
    #[error("The exchange with the server over HTTP/2 failed: {reason}.")]
    Http2 {
        /// A clause which says why.
        reason: String,
    },
    /// A socket of this machine could not be opened.
    #[error("The socket {} cannot be opened: {}.", path.display(), plain(source))]
    Socket {
        /// Where it was looked for.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The request was not sent, as its body is private and the server may be an impostor.
    #[error(
        "The request was not sent, as it holds something private and the certificate of the server is {reason}."
    )]
    Withheld {
        /// What is wrong with the certificate; completes "The certificate is ...".
        reason: String,
    },
    /// The request is none that can be sent.
    #[error("The request cannot be sent: {reason}.")]
    BadRequest {
        /// A clause which says what is wrong with it.
        reason: &'static str,
    },
    /// The address cannot be asked.
    #[error("The address cannot be asked: {reason}.")]
    BadUrl {
        /// What is wrong with it.
        #[from]
        reason: UrlError,
    },
}

impl ProbeError {
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
            Self::TlsHandshake { .. } => "tls_handshake",
            Self::NotTls { .. } => "not_tls",
            Self::TlsTimeout { .. } => "tls_timeout",
            Self::HeadTimeout { .. } => "head_timeout",
            Self::BodyTimeout { .. } => "body_timeout",
            Self::NotHttp { .. } => "not_http",
            Self::BadHead { .. } => "bad_head",
            Self::LooksLikeTls { .. } => "looks_like_tls",
            Self::HeadTooLarge { .. } => "head_too_large",
            Self::BadBody { .. } => "bad_body",
            Self::TooManyRedirects { .. } => "too_many_redirects",
            Self::RedirectLoop { .. } => "redirect_loop",
            Self::BadRedirect { .. } => "bad_redirect",
            Self::ConnectionClosed { .. } => "connection_closed",
            Self::NotHttp2 { .. } => "not_http2",
            Self::Http2 { .. } => "http2",
            Self::Socket { .. } => "socket",
            Self::Withheld { .. } => "withheld",
            Self::BadRequest { .. } => "bad_request",
            Self::BadUrl { .. } => "bad_url",
        }
    }
}

/// The same failure in the same words, but for TLS, which is HTTPS here.
impl From<tls_probe::Error> for ProbeError {
    fn from(error: tls_probe::Error) -> Self {
        use tls_probe::Error as E;
        match error {
            E::Resolve { host, source } => Self::Resolve { host, source },
            E::ResolveTimeout { host, after } => Self::ResolveTimeout { host, after },
            E::NoAddress { host, family } => Self::NoAddress { host, family },
            E::Refused { addr } => Self::Refused { addr },
            E::Unreachable { addr, source } => Self::Unreachable { addr, source },
            E::ConnectTimeout { addr, after } => Self::ConnectTimeout { addr, after },
            E::NoSocket { source } => Self::NoSocket { source },
            E::Handshake { addr, reason, .. } => Self::TlsHandshake { addr, reason },
            E::NotTls { addr, first_bytes } => Self::NotTls { addr, first_bytes },
            E::TlsTimeout { addr, after } => Self::TlsTimeout { addr, after },
            // None is left; a new one would come with an address to be named by.
            other => Self::NoSocket { source: io::Error::other(other.to_string()) },
        }
    }
}

fn of_family(family: Family) -> &'static str {
    match family {
        Family::Any => "",
        Family::V4 => " of IPv4",
        Family::V6 => " of IPv6",
    }
}

fn unfinished(phase: Phase) -> &'static str {
    match phase {
        Phase::BeforeHead => "sent no answer",
        Phase::InHead | Phase::InBody => "did not finish its answer",
    }
}

fn moment(phase: Phase) -> &'static str {
    match phase {
        Phase::BeforeHead => "without an answer",
        Phase::InHead => "in the middle of the headers",
        Phase::InBody => "in the middle of the page",
    }
}

fn short(url: &Url) -> String {
    cut(&url.to_string(), 200)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tls_probe::words::first_line;

    #[test]
    fn errors_are_sentences() {
        let addr = SocketAddr::from(([127, 0, 0, 1], 3000));
        let after = Duration::from_secs(10);
        for (error, sentence) in [
            (ProbeError::Refused { addr }, "Nothing listens at 127.0.0.1:3000: the connection was refused."),
            (
                ProbeError::HeadTimeout { after, phase: Phase::BeforeHead },
                "The server accepted the connection but sent no answer within 10 seconds.",
            ),
            (
                ProbeError::NotHttp { first_bytes: first_line(b"SSH-2.0-OpenSSH_9.2\r\n") },
                "The server answered, but not in HTTP: it began with `SSH-2.0-OpenSSH_9.2`.",
            ),
            (
                ProbeError::Unreachable { addr, source: io::Error::from_raw_os_error(113) },
                "127.0.0.1:3000 cannot be reached: No route to host.",
            ),
            (
                ProbeError::BadUrl { reason: UrlError::Scheme },
                "The address cannot be asked: it does not begin with http:// or https://.",
            ),
        ] {
            assert_eq!(error.to_string(), sentence);
        }
    }

    #[test]
    fn failures_to_connect_are_worded_as_they_were() {
        use tls_probe::{Error, Fault};
        let addr = SocketAddr::from(([127, 0, 0, 1], 3000));
        let host = || "nas.lan".to_owned();
        let after = Duration::from_secs(10);
        let source = || io::Error::from_raw_os_error(113);
        let reason = || "the server closed the connection".to_owned();
        for error in [
            Error::Resolve { host: host(), source: source() },
            Error::ResolveTimeout { host: host(), after },
            Error::NoAddress { host: host(), family: Family::V4 },
            Error::NoAddress { host: host(), family: Family::Any },
            Error::Refused { addr },
            Error::Unreachable { addr, source: source() },
            Error::ConnectTimeout { addr, after },
            Error::NoSocket { source: source() },
            Error::Handshake { addr, reason: reason(), fault: Fault::Closed },
            Error::NotTls { addr, first_bytes: "SSH".to_owned() },
            Error::TlsTimeout { addr, after },
        ] {
            let (text, kind) = (error.to_string(), error.kind());
            let same = ProbeError::from(error);
            assert_eq!((same.to_string().replace("HTTPS", "TLS"), same.kind()), (text, kind));
        }
    }
}
