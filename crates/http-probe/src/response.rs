//! What the server answered.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use tls_probe::Examination;

use crate::url::Url;

/// The answer of the last server asked.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code (RFC 9110, section 15).
    pub status: u16,
    /// The header fields. Values may hold any bytes.
    pub headers: HeaderMap,
    /// The body, at most [`Limits::body_bytes`](crate::Limits::body_bytes) long, with its transfer
    /// coding removed. A content coding stays, should the server use one though none was asked for.
    pub body: Bytes,
    /// Whether there was more body than was kept, or may have been: the server reset the
    /// connection in a body of unknown length.
    pub body_truncated: bool,
    /// The URL which gave this answer.
    pub final_url: Url,
    /// The redirects followed, in order; empty if the first URL gave the answer.
    pub hops: Vec<Redirect>,
    /// How long it took.
    pub timings: Timings,
    /// The server's certificate; `None` over plain HTTP.
    pub certificate: Option<Certificate>,
    /// All that the server showed of itself in the TLS handshake; `None` over plain HTTP.
    pub examination: Option<Box<Examination>>,
    /// The version of HTTP in which it answered.
    pub version: Version,
    /// Whether private headers were not sent, as the certificate is not trusted. Then a 401 says
    /// nothing about the credentials.
    pub withheld: bool,
    /// The address which answered; 0.0.0.0:0 over a socket of this machine.
    pub remote: SocketAddr,
}

/// The version of HTTP of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// HTTP/1.0.
    Http10,
    /// HTTP/1.1.
    Http11,
    /// HTTP/2.
    Http2,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http10 => "HTTP/1.0",
            Self::Http11 => "HTTP/1.1",
            Self::Http2 => "HTTP/2",
        })
    }
}

impl From<http::Version> for Version {
    fn from(version: http::Version) -> Self {
        match version {
            http::Version::HTTP_2 => Self::Http2,
            http::Version::HTTP_10 | http::Version::HTTP_09 => Self::Http10,
            _ => Self::Http11,
        }
    }
}

impl Response {
    /// Where the response points with its `Location` header, if to something which can be asked.
    #[must_use]
    pub fn location(&self) -> Option<Url> {
        let location = self.headers.get(http::header::LOCATION)?;
        self.final_url.join(location.as_bytes()).ok()
    }
}

/// A redirect which was followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The URL which was asked.
    pub url: Url,
    /// The status with which it sent the probe on.
    pub status: u16,
}

/// How long each phase took. All but `total` tell of the last request only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// Resolving the name; near zero for an address, or if a request before has resolved it.
    pub resolve: Duration,
    /// Connecting, with the addresses which failed before one answered.
    pub connect: Duration,
    /// The TLS handshake; `None` over plain HTTP.
    pub tls: Option<Duration>,
    /// From sending the request to the first byte of the answer.
    pub first_byte: Duration,
    /// From the start of the probe to the end of the body, with all redirects.
    pub total: Duration,
}

/// What the server's certificate is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Whether the roots trust it for the host of the URL, now, and the server has proven that it
    /// is its own.
    ///
    /// # Errors
    ///
    /// The reason completes "The certificate is ...": "self-signed", "expired on 2024-05-01",
    /// "issued for other names: nas.example", "signed by an unknown issuer".
    pub trusted: Result<(), String>,
    /// The last moment of its validity, in seconds since 1970; `None` if it cannot be read.
    pub not_after_unix: Option<i64>,
}

impl From<&Examination> for Certificate {
    fn from(seen: &Examination) -> Self {
        Self {
            trusted: seen.trusted.clone().map_err(|why| why.to_string()),
            not_after_unix: seen.leaf.as_ref().and_then(|leaf| leaf.not_after),
        }
    }
}

/// A TCP connection came about; it is closed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TcpOutcome {
    /// The address which accepted.
    pub remote: SocketAddr,
    /// How long resolving the name took; near zero for an address.
    pub resolve: Duration,
    /// How long connecting took, with the addresses which failed before.
    pub connect: Duration,
}

/// Whether a response to plain HTTP says that the port speaks HTTPS.
///
/// Servers word it differently and all with status 400: nginx ("The plain HTTP request was sent to
/// HTTPS port"), Go ("Client sent an HTTP request to an HTTPS server"), Apache ("speaking plain
/// HTTP to an SSL-enabled server port") and Tomcat ("combination of host and port requires TLS").
#[must_use]
pub fn says_use_https(response: &Response) -> bool {
    const WORDS: [&[u8]; 4] = [
        b"plain http request was sent to https port",
        b"http request to an https server",
        b"plain http to an ssl-enabled server port",
        b"combination of host and port requires tls",
    ];
    if response.status != 400 || response.certificate.is_some() {
        return false;
    }
    // Such a page is short, and no words are looked for behind its beginning.
    let body = &response.body[..response.body.len().min(4096)];
    WORDS.iter().any(|words| body.windows(words.len()).any(|window| window.eq_ignore_ascii_case(words)))
}
