//! What to ask, and how much time and memory the answer may take.

use std::time::Duration;

use http::{HeaderName, HeaderValue};

use crate::url::Url;

/// The method of a request. Both are safe (RFC 9110, section 9.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// Asks for the head and the body.
    #[default]
    Get,
    /// Asks for the head alone.
    Head,
}

/// One question to one server.
#[derive(Debug, Clone)]
pub struct Request {
    /// What to ask.
    pub url: Url,
    /// How to ask.
    pub method: Method,
    /// Headers to send besides, or in place of, the usual ones (`Host`, `User-Agent`, `Accept`,
    /// `Accept-Encoding`). Headers which rule the connection or announce a body are left out.
    ///
    /// `Authorization`, `Cookie`, `Proxy-Authorization`, `Host` and every value marked as sensitive
    /// are dropped as soon as a redirect leaves the host.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How much the answer may take.
    pub limits: Limits,
    /// What to do about the server's certificate.
    pub tls: TlsPolicy,
    /// Which redirects to follow.
    pub redirects: Redirects,
}

impl Request {
    /// A `GET` with the default limits which follows every redirect.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self {
            url,
            method: Method::Get,
            headers: Vec::new(),
            limits: Limits::default(),
            tls: TlsPolicy::default(),
            redirects: Redirects::default(),
        }
    }

    /// A `HEAD` with the default limits which follows every redirect.
    #[must_use]
    pub fn head(url: Url) -> Self {
        Self { method: Method::Head, ..Self::get(url) }
    }
}

/// How much time and memory one probe may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The whole probe with all redirects. Default: 10 seconds.
    pub total: Duration,
    /// Each of resolving the name, connecting (to all addresses together) and the TLS handshake.
    /// Default: 5 seconds.
    pub connect: Duration,
    /// The head of one response, in bytes. Default: 64 KiB; less than 8 KiB counts as 8 KiB.
    pub head_bytes: usize,
    /// Number of header fields in one response. Default: 100.
    pub head_count: usize,
    /// Bytes of the body which are kept. Reading stops there; with 0 the body is not awaited at
    /// all. Default: 256 KiB.
    pub body_bytes: usize,
    /// Number of redirects followed. Default: 5.
    pub redirects: u8,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total: Duration::from_secs(10),
            connect: Duration::from_secs(5),
            head_bytes: 64 * 1024,
            head_count: 100,
            body_bytes: 256 * 1024,
            redirects: 5,
        }
    }
}

/// What to do about the server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum TlsPolicy {
    /// Accept every certificate, and record whether the roots would trust it and why not: see
    /// [`Certificate`](crate::Certificate).
    #[default]
    Record,
}

/// Which redirects to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Redirects {
    /// All, to any host.
    #[default]
    Follow,
    /// Those to the same scheme, host and port, and those from `http` to `https` (on any port) of
    /// the same host. Any other redirect is returned as the response.
    SameHost,
    /// None: a redirect is returned as the response.
    No,
}
