//! The probe itself.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::response::Parts;
use hyper::body::Incoming;
use rustls_pki_types::CertificateDer;
use tls_probe::words::{cut, escaped};
use tls_probe::{Deadline, Error, Examination, Family, Fault, Secured, Stream};
use tokio::time::{Instant, timeout_at};

use crate::error::ProbeError;
use crate::exchange::{Ended, Exchange, Peer};
use crate::redirect::{Hop, next_hop};
use crate::request::{Limits, Request, Versions};
use crate::response::{Certificate, Response, TcpOutcome, Timings};
use crate::url::Scheme;
use crate::walk::{Prepared, Walk};

/// Makes probes. A clone shares the configuration of TLS, which is built with the first probe that
/// needs it; connections are not shared.
#[derive(Clone, Default)]
pub struct Client {
    network: tls_probe::Client,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl From<tls_probe::Client> for Client {
    /// A client which shares the configuration of TLS with another.
    fn from(network: tls_probe::Client) -> Self {
        Self { network }
    }
}

impl Client {
    /// A client which judges certificates by the roots of the system. They are read once, with the
    /// first probe over TLS; a system without roots trusts no certificate.
    #[must_use]
    pub fn new() -> Self {
        tls_probe::Client::new().into()
    }

    /// A client which judges certificates by `roots` alone, in DER. Roots which cannot be read are
    /// left out.
    #[must_use]
    pub fn with_roots(roots: Vec<CertificateDer<'static>>) -> Self {
        tls_probe::Client::with_roots(roots).into()
    }

    /// What it connects and judges certificates with, for other protocols than HTTP.
    #[must_use]
    pub fn network(&self) -> &tls_probe::Client {
        &self.network
    }

    /// Asks `request.url` with the method of the request, follows redirects as it says, and reads
    /// the answer.
    ///
    /// Any status is an answer, also 404 and 500. The future holds the connection: dropping it ends
    /// the probe at once.
    ///
    /// # Errors
    ///
    /// [`ProbeError`] if there was no whole answer within the limits of the request.
    pub async fn get(&self, request: &Request) -> Result<Response, ProbeError> {
        Ok(self.walk(Walk::new(request)?).await?.0)
    }

    /// Asks what listens on a Unix socket of this machine, such as `/var/run/docker.sock`, over
    /// HTTP/1.1. The host of `request.url` is sent as `Host` and means nothing else; redirects are
    /// not followed, and private headers are sent.
    ///
    /// # Errors
    ///
    /// [`ProbeError`] if there was no whole answer within the limits of the request.
    pub async fn get_unix(&self, socket: &Path, request: &Request) -> Result<Response, ProbeError> {
        let walk = Walk::new(request)?;
        let open = open_unix(socket, request, &walk.deadline).await?;
        let answer = ask(open, &walk).await?;
        Ok(finish(answer, walk).await?.0)
    }

    /// Walks along the redirects. Gives the response and what came after its body.
    pub(crate) async fn walk(&self, mut walk: Walk<'_>) -> Result<(Response, HeaderMap), ProbeError> {
        loop {
            let open = self.open(&mut walk).await?;
            let answer = ask(open, &walk).await?;
            let location = answer.head.headers.get(header::LOCATION).map(HeaderValue::as_bytes);
            let status = answer.head.status.as_u16();
            match next_hop(&walk.url, status, location, walk.request.redirects) {
                Hop::Follow(next) if !walk.would_carry_off(&next, status) => walk.step(next, status)?,
                Hop::Bad { reason } => {
                    let location = cut(&escaped(location.unwrap_or_default()), 200);
                    return Err(ProbeError::BadRedirect { location, reason });
                }
                Hop::Final | Hop::Stop | Hop::Follow(_) => return finish(answer, walk).await,
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
        self.connect_tcp_over(Family::Any, host, port, limits).await
    }

    /// As [`connect_tcp`](Self::connect_tcp), over one family of addresses.
    ///
    /// # Errors
    ///
    /// [`ProbeError`] if the name was not resolved or no address accepted in time.
    pub async fn connect_tcp_over(
        &self,
        family: Family,
        host: &str,
        port: u16,
        limits: &Limits,
    ) -> Result<TcpOutcome, ProbeError> {
        let deadline = Deadline::from_now(&tls_probe::Limits { total: limits.total, phase: limits.connect });
        let connected = self.network.connect(host, port, family, &deadline).await?;
        let tls_probe::Connected { remote, resolve, connect, .. } = connected;
        Ok(TcpOutcome { remote, resolve, connect })
    }

    /// Opens a connection to the server of the current URL, with TLS where it says so.
    async fn open(&self, walk: &mut Walk<'_>) -> Result<Open, ProbeError> {
        let start = Instant::now();
        let (host, port) = walk.target();
        let deadline = walk.deadline;
        let addresses = walk.resolve(&self.network, &host).await?;
        let resolved = Instant::now();
        let (tcp, remote) = self.network.connect_any(addresses, port, &deadline).await?;
        let connect = resolved.elapsed();
        let versions = walk.request.versions;
        let (stream, examination, took): (Box<dyn Stream>, _, _) = match walk.url.scheme() {
            Scheme::Http => (Box::new(tcp), None, None),
            Scheme::Https => {
                let (name, protocols) = (walk.url.host(), protocols(versions));
                let handshake = self.network.handshake(tcp, name, remote, protocols, &deadline);
                let secured = Box::pin(handshake).await;
                let Secured { stream, examination, took } =
                    secured.map_err(|error| refused(error, versions))?;
                (Box::new(stream), Some(Box::new(examination)), Some(took))
            }
        };
        let timings = Timings {
            resolve: resolved - start,
            connect,
            tls: took,
            first_byte: Duration::ZERO,
            total: Duration::ZERO,
        };
        let tls = examination.as_ref().map(|seen| seen.client_certificate);
        let http2 = speaks_http2(versions, examination.as_deref());
        let peer = Peer { addr: Some(remote), tls, http2 };
        let exchange = Exchange::new(stream, peer, &walk.request.limits).await?;
        Ok(Open { exchange, remote, examination, http2, timings })
    }
}

/// The protocols which are offered in TLS (RFC 7301, section 6).
fn protocols(versions: Versions) -> &'static [&'static [u8]] {
    match versions {
        Versions::Http1 => &[b"http/1.1"],
        Versions::Auto => &[b"h2", b"http/1.1"],
        Versions::Http2 => &[b"h2"],
    }
}

/// Whether to speak HTTP/2. A server which does not know how to choose a protocol is asked in
/// HTTP/2 if nothing else is wanted; what it answers says whether it can.
fn speaks_http2(versions: Versions, seen: Option<&Examination>) -> bool {
    match versions {
        Versions::Http1 => false,
        Versions::Auto => seen.is_some_and(|seen| seen.protocol.as_deref() == Some(b"h2")),
        Versions::Http2 => true,
    }
}

/// Says which protocol a server does not offer.
fn refused(error: Error, versions: Versions) -> ProbeError {
    let wanted = match versions {
        Versions::Http1 => "HTTP/1.1",
        Versions::Auto => "HTTP/2 or HTTP/1.1",
        Versions::Http2 => "HTTP/2",
    };
    match error {
        Error::Handshake { addr, fault: Fault::NoProtocol, .. } => {
            ProbeError::TlsHandshake { addr, reason: format!("the server does not offer {wanted}") }
        }
        other => other.into(),
    }
}

#[cfg(unix)]
async fn open_unix(socket: &Path, request: &Request, deadline: &Deadline) -> Result<Open, ProbeError> {
    let failed = |source| ProbeError::Socket { path: socket.to_owned(), source };
    let start = Instant::now();
    let stream = timeout_at(deadline.phase_end(), tokio::net::UnixStream::connect(socket))
        .await
        .map_err(|_| failed(std::io::Error::new(std::io::ErrorKind::TimedOut, "it does not answer")))?
        .map_err(failed)?;
    let timings = Timings {
        resolve: Duration::ZERO,
        connect: start.elapsed(),
        tls: None,
        first_byte: Duration::ZERO,
        total: Duration::ZERO,
    };
    let peer = Peer { addr: None, tls: None, http2: false };
    let exchange = Exchange::new(Box::new(stream), peer, &request.limits).await?;
    let remote = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    Ok(Open { exchange, remote, examination: None, http2: false, timings })
}

#[cfg(not(unix))]
async fn open_unix(socket: &Path, _: &Request, _: &Deadline) -> Result<Open, ProbeError> {
    let source = std::io::Error::new(std::io::ErrorKind::Unsupported, "this system has none");
    Err(ProbeError::Socket { path: socket.to_owned(), source })
}

/// A connection which waits for its request.
struct Open {
    exchange: Exchange,
    remote: SocketAddr,
    examination: Option<Box<Examination>>,
    http2: bool,
    timings: Timings,
}

/// A response of which the head is there.
struct Answer {
    open: Open,
    withheld: bool,
    head: Parts,
    body: Incoming,
}

/// Sends the request and waits for the head of the response.
async fn ask(mut open: Open, walk: &Walk<'_>) -> Result<Answer, ProbeError> {
    let limits = &walk.request.limits;
    let version = if open.http2 { http::Version::HTTP_2 } else { http::Version::HTTP_11 };
    let distrust = open.examination.as_ref().and_then(|seen| seen.trusted.as_ref().err());
    let distrust = distrust.map(ToString::to_string);
    let Prepared { request, withheld } = walk.prepare(version, distrust.as_deref())?;
    let sent = Instant::now();
    let Ok(answer) = timeout_at(walk.end(), open.exchange.head(request, limits)).await else {
        return Err(open.exchange.head_timeout(limits));
    };
    let (head, body) = answer?;
    let first = open.exchange.began().unwrap_or(sent);
    open.timings.first_byte = first.saturating_duration_since(sent);
    Ok(Answer { open, withheld, head, body })
}

/// Reads the body and puts the response together. Gives the trailers, too.
async fn finish(answer: Answer, walk: Walk<'_>) -> Result<(Response, HeaderMap), ProbeError> {
    let Answer { mut open, withheld, head, body } = answer;
    let limits = &walk.request.limits;
    let status = head.status.as_u16();
    let mut kept = Vec::new();
    let reading = open.exchange.body(&head, body, limits.body_bytes, &mut kept);
    let Ok(ended) = timeout_at(walk.end(), reading).await else {
        return Err(ProbeError::BodyTimeout { after: limits.total, status, received: kept.len() });
    };
    let Ended { truncated, trailers } = ended?;
    kept.shrink_to_fit();
    let response = Response {
        status,
        version: head.version.into(),
        headers: head.headers,
        body: Bytes::from(kept),
        body_truncated: truncated,
        final_url: walk.url,
        hops: walk.hops,
        timings: Timings { total: walk.start.elapsed(), ..open.timings },
        certificate: open.examination.as_deref().map(Certificate::from),
        examination: open.examination,
        withheld,
        remote: open.remote,
    };
    Ok((response, trailers))
}
