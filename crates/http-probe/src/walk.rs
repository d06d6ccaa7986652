//! The way from the first URL along its redirects, and the request at each step.

use std::net::IpAddr;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::uri::{Authority, Scheme as UriScheme, Uri};
use http::{Method, Version};
use http_body_util::Full;
use tls_probe::{Client, Deadline, Limits};
use tokio::time::Instant;

use crate::error::ProbeError;
use crate::redirect::{next_method, stays_on_host};
use crate::request::{ConnectTo, Request};
use crate::response::Redirect;
use crate::url::{Scheme, Url, UrlError};

const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("Hob/", env!("CARGO_PKG_VERSION"), " (+health check)"));

/// Headers which rule the connection or announce a body (RFC 9110, sections 7.6.1, 8.6 and 10.1.1);
/// only the probe itself sets them.
const OWN_HEADERS: [HeaderName; 9] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::EXPECT,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Headers which say who asks.
const PRIVATE_HEADERS: [HeaderName; 3] = [header::AUTHORIZATION, header::COOKIE, header::PROXY_AUTHORIZATION];

/// Headers which describe a body (RFC 9110, sections 8.3 to 8.7).
const BODY_HEADERS: [HeaderName; 4] =
    [header::CONTENT_TYPE, header::CONTENT_ENCODING, header::CONTENT_LANGUAGE, header::CONTENT_LOCATION];

/// What is sent at one step, and whether something was kept back.
pub(crate) struct Prepared {
    pub(crate) request: http::Request<Full<Bytes>>,
    pub(crate) withheld: bool,
}

/// The way from the first URL along its redirects.
pub(crate) struct Walk<'a> {
    pub(crate) request: &'a Request,
    pub(crate) url: Url,
    pub(crate) hops: Vec<Redirect>,
    method: Method,
    body: Bytes,
    /// How many hops had been made when the method last changed: before, the same URL was another
    /// question.
    changed: usize,
    /// Whether no redirect has left the host yet.
    at_home: bool,
    /// Whether the answer is to end with trailers (RFC 9110, section 10.1.4).
    trailers: bool,
    /// The addresses of the host which was looked up last, so that a redirect on one host resolves
    /// its name once.
    addresses: (String, Vec<IpAddr>),
    pub(crate) start: Instant,
    pub(crate) deadline: Deadline,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(request: &'a Request) -> Result<Self, ProbeError> {
        request.check()?;
        let limits = Limits { total: request.limits.total, phase: request.limits.connect };
        Ok(Self {
            request,
            url: request.url.clone(),
            hops: Vec::new(),
            method: request.method.clone(),
            body: request.body.clone(),
            changed: 0,
            at_home: true,
            trailers: false,
            addresses: (String::new(), Vec::new()),
            start: Instant::now(),
            deadline: Deadline::from_now(&limits),
        })
    }

    /// A walk of which the answer is to end with trailers.
    pub(crate) fn with_trailers(request: &'a Request) -> Result<Self, ProbeError> {
        Ok(Self { trailers: true, ..Self::new(request)? })
    }

    /// When the whole probe must end.
    pub(crate) fn end(&self) -> Instant {
        self.deadline.end()
    }

    /// Whether a redirect with `status` to `next` would take to another host what may change
    /// something there, or a body.
    pub(crate) fn would_carry_off(&self, next: &Url, status: u16) -> bool {
        let method = next_method(status, &self.method);
        let harmless = matches!(method, Method::GET | Method::HEAD | Method::OPTIONS);
        let with_body = method == self.method && !self.body.is_empty();
        !stays_on_host(&self.url, next) && (!harmless || with_body)
    }

    /// Goes on to `next`, unless it was there before or has gone far enough.
    pub(crate) fn step(&mut self, next: Url, status: u16) -> Result<(), ProbeError> {
        let method = next_method(status, &self.method);
        let changes = method != self.method;
        // Without cookies a server gives the same answer again.
        let was_asked = next == self.url || self.hops.iter().skip(self.changed).any(|hop| hop.url == next);
        if was_asked && !changes {
            return Err(ProbeError::RedirectLoop { url: Box::new(next) });
        }
        let limit = self.request.limits.redirects;
        if self.hops.len() >= usize::from(limit) {
            return Err(ProbeError::TooManyRedirects { limit, last: Box::new(next) });
        }
        self.at_home &= stays_on_host(&self.url, &next);
        let url = std::mem::replace(&mut self.url, next);
        self.hops.push(Redirect { url, status });
        if changes {
            self.method = method;
            self.body = Bytes::new();
            self.changed = self.hops.len();
        }
        Ok(())
    }

    /// Where to connect: to the host and port of the current URL, or to those which stand for them.
    pub(crate) fn target(&self) -> (String, u16) {
        let (url, first) = (&self.url, &self.request.url);
        let there = match &self.request.connect_to {
            Some(ConnectTo::Address(address)) => Some((address.ip().to_string(), address.port())),
            Some(ConnectTo::Host(host, port)) => Some((host.clone(), *port)),
            None => None,
        };
        match there {
            Some(there) if url.same_origin(first) => there,
            Some((host, _)) if url.host() == first.host() => (host, url.port()),
            _ => (url.host().to_owned(), url.port()),
        }
    }

    /// The addresses of `host`.
    pub(crate) async fn resolve(&mut self, client: &Client, host: &str) -> Result<&[IpAddr], ProbeError> {
        if self.addresses.0 != host || self.addresses.1.is_empty() {
            let found = client.resolve(host, self.request.family, &self.deadline).await?;
            self.addresses = (host.to_owned(), found);
        }
        Ok(&self.addresses.1)
    }

    /// The request for the current URL in a version of HTTP, to a server of which it is known what
    /// is wrong with its certificate.
    pub(crate) fn prepare(&self, version: Version, distrust: Option<&str>) -> Result<Prepared, ProbeError> {
        let keep_back = distrust.filter(|_| !self.request.even_if_untrusted);
        if let Some(reason) = keep_back
            && self.request.body_is_private
            && !self.body.is_empty()
        {
            return Err(ProbeError::Withheld { reason: reason.to_owned() });
        }
        let mut request = http::Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.version_mut() = version;
        // Neither fails: a `Url` holds only what may stand in these places.
        let path = self.url.path_and_query().parse().map_err(|_| UrlError::TooLong)?;
        let host = HeaderValue::from_maybe_shared(Bytes::from(self.url.authority()));
        let (mut headers, withheld) = self.headers(host.map_err(|_| UrlError::Host)?, keep_back.is_some());
        *request.uri_mut() = path;
        if version == Version::HTTP_2 {
            let host = headers.remove(header::HOST);
            headers.remove(header::CONNECTION);
            *request.uri_mut() = self.absolute(host.as_ref(), request.uri())?;
        }
        *request.headers_mut() = headers;
        Ok(Prepared { request, withheld })
    }

    /// The target of a request in HTTP/2, where the host stands in it (RFC 9113, section 8.3.1).
    fn absolute(&self, host: Option<&HeaderValue>, path: &Uri) -> Result<Uri, ProbeError> {
        let authority = host.map(HeaderValue::as_bytes).unwrap_or_default();
        let authority = Authority::try_from(authority)
            .map_err(|_| ProbeError::BadRequest { reason: "HTTP/2 has no place for such a host" })?;
        let scheme = match self.url.scheme() {
            Scheme::Http => UriScheme::HTTP,
            Scheme::Https => UriScheme::HTTPS,
        };
        let mut parts = path.clone().into_parts();
        parts.scheme = Some(scheme);
        parts.authority = Some(authority);
        Uri::from_parts(parts).map_err(|_| UrlError::Host.into())
    }

    /// The headers for the current URL, and whether some were kept back.
    fn headers(&self, host: HeaderValue, keep_back: bool) -> (HeaderMap, bool) {
        // `Host` first, as RFC 9110, section 7.2 advises; the request may replace it.
        let usual = [
            (header::HOST, host),
            (header::USER_AGENT, USER_AGENT),
            (header::ACCEPT, HeaderValue::from_static("*/*")),
            (header::ACCEPT_ENCODING, HeaderValue::from_static("identity")),
            (header::CONNECTION, HeaderValue::from_static("close")),
        ];
        let mut headers = HeaderMap::with_capacity(usual.len() + self.request.headers.len());
        headers.extend(usual);
        if self.trailers {
            headers.insert(header::TE, HeaderValue::from_static("trailers"));
        }
        // RFC 9110, section 8.6: where a body is usual, its absence is said.
        if self.body.is_empty() && matches!(self.method, Method::POST | Method::PUT | Method::PATCH) {
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let mut withheld = false;
        let mut replaced: Vec<&HeaderName> = Vec::new();
        for (name, value) in &self.request.headers {
            let private = PRIVATE_HEADERS.contains(name) || value.is_sensitive();
            withheld |= private && self.at_home && keep_back;
            if !self.may_send(name, private) || (private && keep_back) {
                continue;
            }
            if replaced.contains(&name) {
                headers.append(name, value.clone());
            } else {
                headers.insert(name, value.clone());
                replaced.push(name);
            }
        }
        (headers, withheld)
    }

    fn may_send(&self, name: &HeaderName, private: bool) -> bool {
        let for_home = private || name == header::HOST;
        let of_lost_body = self.changed > 0 && BODY_HEADERS.contains(name);
        !OWN_HEADERS.contains(name) && !of_lost_body && (self.at_home || !for_home)
    }
}
