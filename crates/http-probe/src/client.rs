//! The probe itself.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::response::Parts;
use http_body_util::Empty;
use hyper::body::Incoming;
use rustls_pki_types::CertificateDer;
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::connect::{MAX_LOOK_UPS, Resolver, TcpOutcome, connect};
use crate::error::{ProbeError, cut, escaped};
use crate::exchange::Exchange;
use crate::redirect::{Hop, next_hop, stays_on_host};
use crate::request::{Limits, Method, Request};
use crate::response::{Certificate, Redirect, Response, Timings};
use crate::seen::Stream;
use crate::tls::Tls;
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

/// Headers which are meant for the first host alone.
const PRIVATE_HEADERS: [HeaderName; 4] =
    [header::AUTHORIZATION, header::COOKIE, header::HOST, header::PROXY_AUTHORIZATION];

/// Makes probes. A clone shares the configuration of TLS, which is built with the first probe that
/// needs it; connections are not shared.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    /// `None` for those of the system.
    roots: Option<Vec<CertificateDer<'static>>>,
    tls: OnceCell<Tls>,
    look_ups: Arc<Semaphore>,
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// A client which judges certificates by the roots of the system. They are read once, with the
    /// first probe over TLS; a system without roots trusts no certificate.
    #[must_use]
    pub fn new() -> Self {
        Self::build(None)
    }

    /// A client which judges certificates by `roots` alone, in DER. Roots which cannot be read are
    /// left out.
    #[must_use]
    pub fn with_roots(roots: Vec<CertificateDer<'static>>) -> Self {
        Self::build(Some(roots))
    }

    fn build(roots: Option<Vec<CertificateDer<'static>>>) -> Self {
        let look_ups = Arc::new(Semaphore::new(MAX_LOOK_UPS));
        Self { shared: Arc::new(Shared { roots, tls: OnceCell::new(), look_ups }) }
    }

    /// Asks `request.url`, follows redirects as the request says, and reads the answer.
    ///
    /// Any status is an answer, also 404 and 500. The future holds the connection: dropping it ends
    /// the probe at once.
    ///
    /// # Errors
    ///
    /// [`ProbeError`] if there was no whole answer within the limits of the request.
    pub async fn get(&self, request: &Request) -> Result<Response, ProbeError> {
        let mut walk = Walk::new(request);
        let mut resolver = Resolver::new(&self.shared.look_ups);
        loop {
            let open = self.open(&walk.url, &request.limits, walk.end, &mut resolver).await?;
            let answer = ask(open, &walk).await?;
            let location = answer.head.headers.get(header::LOCATION).map(HeaderValue::as_bytes);
            let status = answer.head.status.as_u16();
            match next_hop(&walk.url, status, location, request.redirects) {
                Hop::Follow(next) => walk.step(next, status)?,
                Hop::Bad { reason } => {
                    let location = cut(&escaped(location.unwrap_or_default()), 200);
                    return Err(ProbeError::BadRedirect { location, reason });
                }
                Hop::Final | Hop::Stop => return finish(answer, walk).await,
            }
        }
    }

    /// Connects to a port by TCP and closes the connection again. Of the limits, `total` and
    /// `connect` count.
    ///
    /// # Errors
    ///
    /// [`ProbeError`] if the name was not resolved or no address accepted in time.
    pub async fn connect_tcp(
        &self,
        host: &str,
        port: u16,
        limits: &Limits,
    ) -> Result<TcpOutcome, ProbeError> {
        let start = Instant::now();
        let end = later(start, limits.total);
        let mut resolver = Resolver::new(&self.shared.look_ups);
        let addresses = resolver.resolve(host, phase_end(limits, end)).await?;
        let resolved = Instant::now();
        let (_stream, remote) = connect(addresses, port, phase_end(limits, end)).await?;
        Ok(TcpOutcome { remote, resolve: resolved - start, connect: resolved.elapsed() })
    }

    /// Opens a connection to the server of `url`, with TLS where it says so.
    async fn open(
        &self,
        url: &Url,
        limits: &Limits,
        end: Instant,
        resolver: &mut Resolver<'_>,
    ) -> Result<Open, ProbeError> {
        let start = Instant::now();
        let addresses = resolver.resolve(url.host(), phase_end(limits, end)).await?;
        let resolved = Instant::now();
        let (tcp, remote) = connect(addresses, url.port(), phase_end(limits, end)).await?;
        let connected = Instant::now();
        let (stream, certificate): (Box<dyn Stream>, _) = match url.scheme() {
            Scheme::Http => (Box::new(tcp), None),
            Scheme::Https => {
                let tls = self.tls(remote).await?;
                let handshake = tls.handshake(tcp, url.host(), remote, phase_end(limits, end));
                let (stream, certificate) = Box::pin(handshake).await?;
                (Box::new(stream), Some(certificate))
            }
        };
        let timings = Timings {
            resolve: resolved - start,
            connect: connected - resolved,
            tls: certificate.is_some().then(|| connected.elapsed()),
            first_byte: Duration::ZERO,
            total: Duration::ZERO,
        };
        let exchange = Exchange::new(stream, remote, certificate.is_some(), limits).await?;
        Ok(Open { exchange, remote, certificate, timings })
    }

    async fn tls(&self, addr: SocketAddr) -> Result<&Tls, ProbeError> {
        let unusable = |reason: String| ProbeError::TlsHandshake { addr, reason };
        self.shared
            .tls
            .get_or_try_init(async || {
                let roots = self.shared.roots.clone();
                // Reading the system's roots takes a while and blocks.
                tokio::task::spawn_blocking(move || Tls::new(roots.unwrap_or_else(system_roots)))
                    .await
                    .map_err(|error| unusable(error.to_string()))?
                    .map_err(|error| unusable(error.to_string()))
            })
            .await
    }
}

fn system_roots() -> Vec<CertificateDer<'static>> {
    rustls_native_certs::load_native_certs().certs
}

/// When a phase which begins now must end.
fn phase_end(limits: &Limits, end: Instant) -> Instant {
    end.min(later(Instant::now(), limits.connect))
}

/// A moment later, or one far off where the sum is beyond what the clock can hold.
fn later(start: Instant, time: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(30 * 365 * 86_400);
    start + time.min(FAR)
}

/// A connection which waits for its request.
struct Open {
    exchange: Exchange,
    remote: SocketAddr,
    certificate: Option<Certificate>,
    timings: Timings,
}

/// A response of which the head is there.
struct Answer {
    open: Open,
    head: Parts,
    body: Incoming,
}

/// The way from the first URL along its redirects.
struct Walk<'a> {
    request: &'a Request,
    url: Url,
    hops: Vec<Redirect>,
    /// Whether no redirect has left the host yet.
    at_home: bool,
    start: Instant,
    end: Instant,
}

impl<'a> Walk<'a> {
    fn new(request: &'a Request) -> Self {
        let start = Instant::now();
        Self {
            request,
            url: request.url.clone(),
            hops: Vec::new(),
            at_home: true,
            start,
            end: later(start, request.limits.total),
        }
    }

    /// Goes on to `next`, unless it was there before or has gone far enough.
    fn step(&mut self, next: Url, status: u16) -> Result<(), ProbeError> {
        // Without cookies a server gives the same answer again.
        if next == self.url || self.hops.iter().any(|hop| hop.url == next) {
            return Err(ProbeError::RedirectLoop { url: Box::new(next) });
        }
        let limit = self.request.limits.redirects;
        if self.hops.len() >= usize::from(limit) {
            return Err(ProbeError::TooManyRedirects { limit, last: Box::new(next) });
        }
        self.at_home &= stays_on_host(&self.url, &next);
        let url = std::mem::replace(&mut self.url, next);
        self.hops.push(Redirect { url, status });
        Ok(())
    }

    /// The request for the current URL.
    fn request(&self) -> Result<http::Request<Empty<Bytes>>, ProbeError> {
        let mut request = http::Request::new(Empty::new());
        *request.method_mut() = match self.request.method {
            Method::Get => http::Method::GET,
            Method::Head => http::Method::HEAD,
        };
        // Neither fails: a `Url` holds only what may stand in these places.
        *request.uri_mut() = self.url.path_and_query().parse().map_err(|_| UrlError::TooLong)?;
        let host = HeaderValue::from_maybe_shared(Bytes::from(self.url.authority()));
        *request.headers_mut() = self.headers(host.map_err(|_| UrlError::Host)?);
        Ok(request)
    }

    fn headers(&self, host: HeaderValue) -> HeaderMap {
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
        let mut replaced: Vec<&HeaderName> = Vec::new();
        for (name, value) in &self.request.headers {
            let private = PRIVATE_HEADERS.contains(name) || value.is_sensitive();
            if OWN_HEADERS.contains(name) || (private && !self.at_home) {
                continue;
            }
            if replaced.contains(&name) {
                headers.append(name, value.clone());
            } else {
                headers.insert(name, value.clone());
                replaced.push(name);
            }
        }
        headers
    }
}

/// Sends the request and waits for the head of the response.
async fn ask(mut open: Open, walk: &Walk<'_>) -> Result<Answer, ProbeError> {
    let limits = &walk.request.limits;
    let request = walk.request()?;
    let sent = Instant::now();
    let Ok(answer) = timeout_at(walk.end, open.exchange.head(request, limits)).await else {
        return Err(open.exchange.head_timeout(limits));
    };
    let (head, body) = answer?;
    let first = open.exchange.first().at().unwrap_or(sent);
    open.timings.first_byte = first.saturating_duration_since(sent);
    Ok(Answer { open, head, body })
}

/// Reads the body and puts the response together.
async fn finish(answer: Answer, walk: Walk<'_>) -> Result<Response, ProbeError> {
    let Answer { mut open, head, body } = answer;
    let limits = &walk.request.limits;
    let status = head.status.as_u16();
    let mut kept = Vec::new();
    let reading = open.exchange.body(&head, body, limits.body_bytes, &mut kept);
    let Ok(ended) = timeout_at(walk.end, reading).await else {
        return Err(ProbeError::BodyTimeout { after: limits.total, status, received: kept.len() });
    };
    let body_truncated = ended?.truncated;
    kept.shrink_to_fit();
    Ok(Response {
        status,
        headers: head.headers,
        body: Bytes::from(kept),
        body_truncated,
        final_url: walk.url,
        hops: walk.hops,
        timings: Timings { total: walk.start.elapsed(), ..open.timings },
        certificate: open.certificate,
        remote: open.remote,
    })
}
