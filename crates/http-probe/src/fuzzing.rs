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
use http_body_util::Full;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::exchange::{Exchange, Peer};
use crate::{Limits, Method, ProbeError, Response, Timings, Url};

const ADDR: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 3000);

/// Asks `url` of a server which sends `answer` in pieces of `step` bytes, whatever it is asked or, if
/// `unasked`, before it is asked, and then closes the connection. The probe speaks HTTP/2 if `http2`.
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
    http2: bool,
) -> Result<Response, ProbeError> {
    let server = Box::new(Server {
        answer: answer.to_vec(),
        sent: 0,
        step: step.max(1),
        asked: unasked,
        http2,
        heard: Vec::new(),
        waker: None,
    });
    let talk = async {
        let mut exchange = Exchange::new(server, Peer { addr: Some(ADDR), tls: None, http2 }, limits).await?;
        let (head, incoming) = exchange.head(request(url, method, http2), limits).await?;
        let mut body = Vec::new();
        let ended = exchange.body(&head, incoming, limits.body_bytes, &mut body).await?;
        assert!(body.len() <= limits.body_bytes, "more of the body is kept than may be");
        assert!(head.headers.len() <= limits.head_count, "there are more headers than may be");
        let first = Duration::ZERO;
        Ok(Response {
            status: head.status.as_u16(),
            version: head.version.into(),
            headers: head.headers,
            body: Bytes::from(body),
            body_truncated: ended.truncated,
            final_url: url.clone(),
            hops: Vec::new(),
            timings: Timings { resolve: first, connect: first, tls: None, first_byte: first, total: first },
            certificate: None,
            examination: None,
            withheld: false,
            remote: ADDR,
        })
    };
    run(talk)
}

fn request(url: &Url, method: Method, http2: bool) -> http::Request<Full<Bytes>> {
    let mut request = http::Request::new(Full::default());
    *request.method_mut() = method;
    let target = if http2 { url.to_string().parse() } else { url.path_and_query().parse() };
    let host = HeaderValue::from_maybe_shared(Bytes::from(url.authority()));
    let (Ok(target), Ok(host)) = (target, host) else { panic!("{url} cannot be asked") };
    *request.uri_mut() = target;
    if http2 {
        *request.version_mut() = http::Version::HTTP_2;
    } else {
        request.headers_mut().insert(header::HOST, host);
    }
    request
}

/// A server which says what it has to say and listens to nobody.
struct Server {
    answer: Vec<u8>,
    sent: usize,
    step: usize,
    asked: bool,
    http2: bool,
    /// What it was sent before it was asked.
    heard: Vec<u8>,
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
        if !self.asked {
            self.heard.extend_from_slice(buf);
            self.asked = !self.http2 || holds_request(&self.heard);
        }
        if self.asked {
            self.waker.take().into_iter().for_each(Waker::wake);
        }
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Whether a HEADERS frame has begun in what a client sent (RFC 9113, sections 3.4, 4.1 and 6.2).
fn holds_request(heard: &[u8]) -> bool {
    const PREFACE: usize = 24;
    const HEADERS: u8 = 1;
    let mut rest = heard.get(PREFACE..).unwrap_or_default();
    while let Some((&[a, b, c, kind, ..], after)) = rest.split_first_chunk::<9>() {
        if kind == HEADERS {
            return true;
        }
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        rest = after.get(length..).unwrap_or_default();
    }
    false
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
            let response =
                exchange(&url, Method::GET, &Limits::default(), answer, step, false, false).unwrap();
            assert_eq!((response.status, &response.body[..]), (200, &b"hello"[..]));
        }
        let banner = exchange(&url, Method::GET, &Limits::default(), b"SSH-2.0-x\r\n", 3, true, false);
        assert!(matches!(banner, Err(ProbeError::NotHttp { .. })), "{banner:?}");
    }

    /// A server with settings, an answer of which the head is `:status: 200` from the table of RFC
    /// 7541, appendix A, and five bytes.
    #[test]
    fn the_door_of_http2_leads_somewhere() {
        let url = Url::parse("http://nas.lan:3000/").unwrap();
        let answer = b"\0\0\0\x04\0\0\0\0\0\0\0\x01\x01\x04\0\0\0\x01\x88\0\0\x05\0\x01\0\0\0\x01hello";
        for step in [1, 7, answer.len()] {
            let response =
                exchange(&url, Method::GET, &Limits::default(), answer, step, false, true).unwrap();
            assert_eq!((response.status, &response.body[..]), (200, &b"hello"[..]));
        }
        let banner = exchange(&url, Method::GET, &Limits::default(), b"SSH-2.0-x\r\n", 3, true, true);
        assert!(matches!(banner, Err(ProbeError::NotHttp2 { .. })), "{banner:?}");
    }
}
