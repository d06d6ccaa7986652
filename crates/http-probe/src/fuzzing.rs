//! Doors to what reads a stranger's bytes and is not public, for the fuzz targets of this repository.
//!
//! They add nothing but what a fuzzer needs: bytes in, and a panic where a promise of this library is
//! broken.

use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, header};
use http_body_util::Empty;
use rustls::client::danger::ServerCertVerifier as _;
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::der;
use crate::exchange::Exchange;
use crate::tls::Tls;
use crate::{Limits, Method, ProbeError, Response, Timings, Url};

const ADDR: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);

/// Asks `url` of a server which sends `answer` in pieces of `step` bytes, whatever it is asked or, if
/// `unasked`, before it is asked, and then closes the connection.
///
/// # Errors
///
/// What a probe of such a server would give.
///
/// # Panics
///
/// If the probe would wait although nothing more can come.
pub fn exchange(
    url: &Url,
    method: Method,
    limits: &Limits,
    answer: &[u8],
    step: usize,
    unasked: bool,
) -> Result<Response, ProbeError> {
    let server =
        Box::new(Server { answer: answer.to_vec(), sent: 0, step: step.max(1), asked: unasked, waker: None });
    let talk = async {
        let mut exchange = Exchange::new(server, ADDR, false, limits).await?;
        let (head, incoming) = exchange.head(request(url, method), limits).await?;
        let mut body = Vec::new();
        let ended = exchange.body(&head, incoming, limits.body_bytes, &mut body).await?;
        assert!(body.len() <= limits.body_bytes, "more of the body is kept than may be");
        assert!(head.headers.len() <= limits.head_count, "there are more headers than may be");
        let first = Duration::ZERO;
        Ok(Response {
            status: head.status.as_u16(),
            headers: head.headers,
            body: Bytes::from(body),
            body_truncated: ended.truncated,
            final_url: url.clone(),
            hops: Vec::new(),
            timings: Timings { resolve: first, connect: first, tls: None, first_byte: first, total: first },
            certificate: None,
            remote: ADDR,
        })
    };
    run(talk)
}

/// Reads and judges a server's certificate in DER, as a client with `roots` does, for the name `host`.
/// Gives the clause which completes "The certificate is ...".
pub fn certificate(certificate: &[u8], roots: &[&[u8]], host: &str) -> Result<(), String> {
    if let Some(end) = der::fields(certificate).and_then(|fields| fields.not_after) {
        let _ = der::date(end);
    }
    let roots = roots.iter().map(|root| CertificateDer::from(root.to_vec()));
    let tls = Tls::new(roots).map_err(|error| error.to_string())?;
    let name = ServerName::try_from(host.to_owned()).unwrap_or(ServerName::IpAddress(ADDR.ip().into()));
    let recorder = tls.recorder();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(1_800_000_000));
    let judged = recorder.verify_server_cert(&CertificateDer::from(certificate), &[], &name, &[], now);
    assert!(judged.is_ok(), "a certificate ends the connection");
    recorder.verdict()
}

fn request(url: &Url, method: Method) -> http::Request<Empty<Bytes>> {
    let mut request = http::Request::new(Empty::new());
    *request.method_mut() = match method {
        Method::Get => http::Method::GET,
        Method::Head => http::Method::HEAD,
    };
    let target = url.path_and_query().parse();
    let host = HeaderValue::from_maybe_shared(Bytes::from(url.authority()));
    let (Ok(target), Ok(host)) = (target, host) else { panic!("{url} cannot be asked") };
    *request.uri_mut() = target;
    request.headers_mut().insert(header::HOST, host);
    request
}

/// A server which says what it has to say and listens to nobody.
struct Server {
    answer: Vec<u8>,
    sent: usize,
    step: usize,
    asked: bool,
    waker: Option<Waker>,
}

impl AsyncRead for Server {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.asked {
            self.waker = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let rest = &self.answer[self.sent..];
        let piece = &rest[..rest.len().min(self.step).min(buf.remaining())];
        buf.put_slice(piece);
        self.sent += piece.len();
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Server {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.asked = true;
        self.waker.take().into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs a future which has nothing to wait for.
fn run<F: Future>(future: F) -> F::Output {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        assert!(woken.0.swap(false, Ordering::Relaxed), "it waits for what never comes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Otherwise the targets would try nothing, and nobody would notice.
    #[test]
    fn the_doors_lead_somewhere() {
        let url = Url::parse("http://nas.lan:3000/").unwrap();
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        for step in [1, 7, answer.len()] {
            let response = exchange(&url, Method::Get, &Limits::default(), answer, step, false).unwrap();
            assert_eq!((response.status, &response.body[..]), (200, &b"hello"[..]));
        }
        let banner = exchange(&url, Method::Get, &Limits::default(), b"SSH-2.0-x\r\n", 3, true);
        assert!(matches!(banner, Err(ProbeError::NotHttp { .. })), "{banner:?}");
    }

    #[test]
    fn certificates_are_read_and_judged() {
        let root = include_bytes!("../../../fuzz/corpus/certificate/root.der");
        let leaf = include_bytes!("../../../fuzz/corpus/certificate/leaf.der");
        assert_eq!(certificate(leaf, &[root], "nas.lan"), Ok(()));
        let other = certificate(leaf, &[root], "tv.lan").unwrap_err();
        assert!(other.starts_with("issued for other names: nas.lan"), "{other}");
    }
}
