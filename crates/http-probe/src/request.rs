//! What to ask, and how much time and memory the answer may take.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method};
use tls_probe::Family;

use crate::error::ProbeError;
use crate::url::{Url, UrlError};

/// The longest body which is sent, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// One question to one server.
#[derive(Debug, Clone)]
pub struct Request {
    /// What to ask.
    pub url: Url,
    /// How to ask: any method but `CONNECT`, which asks for a tunnel. On the way along redirects it
    /// changes as RFC 9110, section 15.4 says and browsers do: after 303 every method but `HEAD`
    /// becomes `GET`, after 301 and 302 `POST` does; after 307 and 308 it stays.
    pub method: Method,
    /// Headers to send besides, or in place of, the usual ones (`Host`, `User-Agent`, `Accept`,
    /// `Accept-Encoding`). Headers which rule the connection or announce a body are left out.
    ///
    /// `Authorization`, `Cookie`, `Proxy-Authorization` and every value marked as sensitive are
    /// private: they are sent over TLS only to a server with a trusted certificate, unless
    /// [`even_if_untrusted`](Self::even_if_untrusted) says otherwise, and over plain HTTP as they
    /// are. They are dropped, and `Host` with them, as soon as a redirect leaves the host.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// What to send after the headers, at most [`MAX_BODY`] bytes. Its type is told by a header
    /// `Content-Type`. It is dropped, with the headers which describe it, where a redirect turns the
    /// method into `GET`.
    pub body: Bytes,
    /// Whether the body holds a password or the like. Then the request is not sent at all where
    /// private headers would not be: see [`ProbeError::Withheld`].
    pub body_is_private: bool,
    /// Whether private headers and a private body are sent to a server whose certificate is not
    /// trusted, too. Whoever stands between could read them: an owner may say so for a server with
    /// a certificate which it signed itself.
    pub even_if_untrusted: bool,
    /// Which addresses of the host to use.
    pub family: Family,
    /// Where to connect instead of the host of the URL, which stays what the server is asked for, in
    /// `Host` as in TLS: to ask a proxy for one of its sites, whatever DNS says of it.
    pub connect_to: Option<ConnectTo>,
    /// Which version of HTTP to speak.
    pub versions: Versions,
    /// How much the answer may take.
    pub limits: Limits,
    /// What to do about the server's certificate.
    pub tls: TlsPolicy,
    /// Which redirects to follow. One which would take a body, or a method other than `GET`, `HEAD`
    /// and `OPTIONS`, to another host is never followed: it is the answer.
    pub redirects: Redirects,
}

impl Request {
    /// A `GET` over HTTP/1.1 with the default limits which follows every redirect.
    #[must_use]
    pub fn get(url: Url) -> Self {
        Self {
            url,
            method: Method::GET,
            headers: Vec::new(),
            body: Bytes::new(),
            body_is_private: false,
            even_if_untrusted: false,
            family: Family::default(),
            connect_to: None,
            versions: Versions::default(),
            limits: Limits::default(),
            tls: TlsPolicy::default(),
            redirects: Redirects::default(),
        }
    }

    /// A `HEAD` over HTTP/1.1 with the default limits which follows every redirect.
    #[must_use]
    pub fn head(url: Url) -> Self {
        Self { method: Method::HEAD, ..Self::get(url) }
    }

    /// Whether it can be sent.
    pub(crate) fn check(&self) -> Result<(), ProbeError> {
        let bad = |reason| Err(ProbeError::BadRequest { reason });
        if self.method == Method::CONNECT {
            return bad("CONNECT asks for a tunnel and not for a page");
        }
        if self.body.len() > MAX_BODY {
            return bad("its body is larger than 64 KiB");
        }
        if !self.body.is_empty() && matches!(self.method, Method::HEAD | Method::TRACE) {
            return bad("a request of this method has no body");
        }
        Ok(())
    }
}

/// Where to connect instead of the host of the URL.
///
/// It holds for redirects on the same host, too: those to another port go to this host with that
/// port. A redirect to another host goes to where it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectTo {
    /// An address and port.
    Address(SocketAddr),
    /// A name or address, and a port.
    Host(String, u16),
}

impl FromStr for ConnectTo {
    type Err = UrlError;

    /// Reads `proxy.lan:443`, `10.0.0.2:8443` or `[fd00::2]:443`.
    fn from_str(text: &str) -> Result<Self, UrlError> {
        if let Ok(address) = text.parse::<SocketAddr>() {
            return if address.port() == 0 { Err(UrlError::Port) } else { Ok(Self::Address(address)) };
        }
        // As in a URL, but for the port, which nothing tells if it is not there.
        let (host, port) = text.rsplit_once(':').ok_or(UrlError::Port)?;
        let host = Url::parse(&format!("http://{host}/")).ok().filter(|url| url.path_and_query() == "/");
        let host = host.filter(|url| url.port() == 80).ok_or(UrlError::Host)?;
        let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|&port| digits && port > 0).ok_or(UrlError::Port)?;
        Ok(Self::Host(host.host().to_owned(), port))
    }
}

/// Which version of HTTP to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Versions {
    /// HTTP/1.1.
    #[default]
    Http1,
    /// HTTP/2 over TLS if the server offers it (RFC 9113, section 3.2), else HTTP/1.1.
    Auto,
    /// HTTP/2, also over plain HTTP, where it is known beforehand that the server speaks it
    /// (RFC 9113, section 3.3).
    Http2,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_to_connect_to_is_read() {
        let host = |name: &str, port| Ok(ConnectTo::Host(name.to_owned(), port));
        for (text, expected) in [
            ("10.0.0.2:8443", Ok(ConnectTo::Address(SocketAddr::from(([10, 0, 0, 2], 8443))))),
            ("[::1]:443", Ok(ConnectTo::Address(SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], 443))))),
            ("Proxy.lan:443", host("proxy.lan", 443)),
            ("10.0.0.2:0", Err(UrlError::Port)),
            ("proxy.lan", Err(UrlError::Port)),
            ("proxy.lan:", Err(UrlError::Port)),
            ("proxy.lan:0", Err(UrlError::Port)),
            ("proxy.lan:+1", Err(UrlError::Port)),
            ("proxy.lan:65536", Err(UrlError::Port)),
            (":443", Err(UrlError::Host)),
            ("http://proxy.lan:443", Err(UrlError::Host)),
            ("a/b:443", Err(UrlError::Host)),
            ("u@a:443", Err(UrlError::Host)),
            ("a:1:443", Err(UrlError::Host)),
        ] {
            assert_eq!(text.parse::<ConnectTo>(), expected, "{text}");
        }
    }
}
