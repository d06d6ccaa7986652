//! Why a probe got no answer, in words for the owner of the server.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

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
    /// The name exists and has no address.
    #[error("The name {host} has no address.")]
    NoAddress {
        /// The name.
        host: String,
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
            Self::BadUrl { .. } => "bad_url",
        }
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

/// What the operating system said, without its number and without the name of the call.
pub(crate) fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
    text.split(" (os error").next().unwrap_or(text).to_owned()
}

/// A time as one says it: "10 seconds", "1.5 seconds", "300 milliseconds".
fn spoken(time: Duration) -> String {
    let millis = (time.as_micros() + 500) / 1000;
    match (millis + 50) / 100 {
        _ if millis < 1000 => format!("{millis} milliseconds"),
        10 => "1 second".to_owned(),
        tenths if tenths % 10 == 0 => format!("{} seconds", tenths / 10),
        tenths => format!("{}.{} seconds", tenths / 10, tenths % 10),
    }
}

fn short(url: &Url) -> String {
    cut(&url.to_string(), 200)
}

/// The first `limit` characters, and an ellipsis for the others.
pub(crate) fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Bytes from a stranger as printable ASCII: anything else, and the back quote which encloses them
/// in a sentence, is escaped.
pub(crate) fn escaped(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len()), |mut text, &byte| {
        match byte {
            b'\t' => text.push_str("\\t"),
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' if byte != b'`' => text.push(char::from(byte)),
            _ => drop(write!(text, "\\x{byte:02x}")),
        }
        text
    })
}

/// The first line which holds something, escaped: the banner of SSH, the greeting of a mail server.
pub(crate) fn first_line(bytes: &[u8]) -> String {
    let line = bytes.split(|&byte| matches!(byte, b'\r' | b'\n')).find(|line| !line.is_empty());
    escaped(line.unwrap_or(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
    fn times_are_spoken() {
        for (millis, text) in [
            (0, "0 milliseconds"),
            (999, "999 milliseconds"),
            (1000, "1 second"),
            (1049, "1 second"),
            (1500, "1.5 seconds"),
            (9999, "10 seconds"),
            (60_000, "60 seconds"),
        ] {
            assert_eq!(spoken(Duration::from_millis(millis)), text);
        }
    }

    proptest! {
        #[test]
        fn what_a_stranger_sent_is_printable(bytes: Vec<u8>) {
            for text in [escaped(&bytes), first_line(&bytes)] {
                prop_assert!(text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'`'));
            }
        }

        #[test]
        fn a_cut_text_is_short(text: String, limit in 0usize..20) {
            prop_assert!(cut(&text, limit).chars().count() <= limit + 1);
        }
    }
}
