//! One request and its response on an open connection.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, Request};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::TokioIo;
use tls_probe::words::{cut, escaped, first_line};
use tls_probe::{ClientCertificate, First, Seen, Stream, tls_failure};
use tokio::time::Instant;

use crate::error::{Phase, ProbeError};
use crate::http2::head_size;
use crate::request::Limits;

/// The smallest buffer which the HTTP library accepts, in bytes.
const MIN_BUFFER: usize = 8192;

/// What must run while somebody waits for an answer.
pub(crate) type Driver = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What is known of the other side of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    /// The address; `None` for a socket of this machine.
    pub(crate) addr: Option<SocketAddr>,
    /// Whether there is TLS, and whether it asked for a certificate of the client.
    pub(crate) tls: Option<ClientCertificate>,
    /// Whether HTTP/2 is spoken.
    pub(crate) http2: bool,
}

/// A connection on which one request may be sent.
///
/// The connection is driven by whoever waits for a part of the answer, so that a probe needs no
/// task of its own and ends when it is dropped.
pub(crate) struct Exchange {
    sender: Sender,
    driver: Option<Driver>,
    first: First,
    /// When the answer began.
    began: Option<Instant>,
    peer: Peer,
}

enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

/// How reading a body ended, other than by an error.
#[derive(Default)]
pub(crate) struct Ended {
    pub(crate) truncated: bool,
    /// What came after the body.
    pub(crate) trailers: HeaderMap,
}

impl Exchange {
    pub(crate) async fn new(
        stream: Box<dyn Stream>,
        peer: Peer,
        limits: &Limits,
    ) -> Result<Self, ProbeError> {
        // Several heads may come, as informational answers go before the final one. Together with
        // the beginning of the body they get a few times what one may have.
        let heads = limits.head_bytes.max(MIN_BUFFER).saturating_mul(4);
        let stream = Seen::with_head_limit(stream, heads);
        let first = stream.first();
        let opened =
            if peer.http2 { open_http2(stream, limits).await } else { open_http1(stream, limits).await };
        let (sender, driver) =
            opened.map_err(|_| ProbeError::ConnectionClosed { phase: Phase::BeforeHead })?;
        Ok(Self { sender, driver: Some(driver), first, began: None, peer })
    }

    /// When the first byte of the answer came.
    pub(crate) fn began(&self) -> Option<Instant> {
        self.began
    }

    /// Whether the answer has begun. In HTTP/2 something comes before any answer.
    pub(crate) fn phase(&self) -> Phase {
        if self.first.at().is_some() && !self.peer.http2 { Phase::InHead } else { Phase::BeforeHead }
    }

    /// Sends the request and waits for the head of the final response.
    pub(crate) async fn head(
        &mut self,
        request: Request<Full<Bytes>>,
        limits: &Limits,
    ) -> Result<(Parts, Incoming), ProbeError> {
        let answer = match &mut self.sender {
            Sender::Http1(sender) => drive(&mut self.driver, sender.send_request(request)).await,
            Sender::Http2(sender) => drive(&mut self.driver, sender.send_request(request)).await,
        };
        let response = answer.map_err(|error| self.head_error(&error, limits))?;
        self.began = if self.peer.http2 { Some(Instant::now()) } else { self.first.at() };
        if self.peer.http2 {
            // Frames may be empty or nearly so; a few times what is read of the body is plenty.
            const SPARE: usize = 1024 * 1024;
            self.first.allow(limits.body_bytes.saturating_mul(16).saturating_add(SPARE));
            let headers = response.headers();
            if headers.len() > limits.head_count || head_size(headers) > limits.head_bytes.max(MIN_BUFFER) {
                return Err(too_large(limits));
            }
        } else {
            self.first.end_head();
        }
        Ok(response.into_parts())
    }

    /// Reads the body into `kept` until it holds `limit` bytes.
    pub(crate) async fn body(
        &mut self,
        head: &Parts,
        mut body: Incoming,
        limit: usize,
        kept: &mut Vec<u8>,
    ) -> Result<Ended, ProbeError> {
        let mut ended = Ended::default();
        if limit == 0 {
            return Ok(Ended { truncated: !body.is_end_stream(), ..ended });
        }
        while let Some(frame) = drive(&mut self.driver, body.frame()).await {
            let frame = match frame {
                Ok(frame) => frame,
                Err(error) => return self.body_error(head, &error),
            };
            match frame.into_data() {
                Ok(data) => {
                    let room = limit - kept.len();
                    kept.extend_from_slice(&data[..data.len().min(room)]);
                    if data.len() > room {
                        return Ok(Ended { truncated: true, ..ended });
                    }
                }
                Err(other) => ended.trailers = other.into_trailers().unwrap_or_default(),
            }
        }
        Ok(ended)
    }

    fn head_error(&self, error: &hyper::Error, limits: &Limits) -> ProbeError {
        let first = self.first.bytes();
        // What came tells more than the error: depending on when a banner comes, the HTTP library
        // complains of its form or of its coming unasked.
        if let Some(foreign) = self.foreign(&first) {
            return foreign;
        }
        if error.is_parse_too_large() || self.first.head_is_too_large() {
            return too_large(limits);
        }
        if error.is_parse() {
            return ProbeError::BadHead { first_bytes: first_line(&first) };
        }
        if let Some(refused) = self.tls_error(error) {
            return refused;
        }
        match http2_reason(error).filter(|_| self.peer.http2) {
            Some(reason) => ProbeError::Http2 { reason },
            None => ProbeError::ConnectionClosed { phase: self.phase() },
        }
    }

    /// Since TLS 1.3 a server refuses a client without a certificate after the handshake.
    fn tls_error(&self, error: &hyper::Error) -> Option<ProbeError> {
        let (addr, asked) = (self.peer.addr?, self.peer.tls?);
        let (reason, _) = tls_failure(error, asked)?;
        Some(ProbeError::TlsHandshake { addr, reason })
    }

    /// The error for an answer in another protocol, if `first` is the beginning of one.
    fn foreign(&self, first: &[u8]) -> Option<ProbeError> {
        if let Peer { addr: Some(addr), tls: None, .. } = self.peer
            && looks_like_tls(first)
        {
            return Some(ProbeError::LooksLikeTls { addr });
        }
        if self.peer.http2 {
            let foreign = || ProbeError::NotHttp2 { first_bytes: first_line(first) };
            return (!may_be_http2(first)).then(foreign);
        }
        let foreign = || ProbeError::NotHttp { first_bytes: first_line(first) };
        (!may_be_http(first)).then(foreign)
    }

    /// The error for a head which did not come in time.
    pub(crate) fn head_timeout(&self, limits: &Limits) -> ProbeError {
        let first = self.first.bytes();
        if let Some(foreign) = self.foreign(&first).filter(|error| error.kind() != "looks_like_tls") {
            return foreign;
        }
        ProbeError::HeadTimeout { after: limits.total, phase: self.phase() }
    }

    fn body_error(&self, head: &Parts, error: &hyper::Error) -> Result<Ended, ProbeError> {
        let status = head.status.as_u16();
        if self.first.head_is_too_large() {
            return Ok(Ended { truncated: true, ..Ended::default() });
        }
        let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<io::Error>());
        let broken = |source: &&io::Error| {
            matches!(source.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)
        };
        if let Some(reason) = source.filter(broken) {
            return Err(ProbeError::BadBody { status, reason: escaped(reason.to_string().as_bytes()) });
        }
        if self.peer.http2 {
            return Err(match http2_reason(error) {
                Some(reason) => ProbeError::BadBody { status, reason },
                None => ProbeError::ConnectionClosed { phase: Phase::InBody },
            });
        }
        let framed = head.headers.contains_key(http::header::CONTENT_LENGTH)
            || head.headers.contains_key(http::header::TRANSFER_ENCODING);
        if framed {
            return Err(ProbeError::ConnectionClosed { phase: Phase::InBody });
        }
        // Without a length the end of the connection is the end of the body (RFC 9112, section 6.3).
        // A server which closes before it has read all of the request resets the connection.
        Ok(Ended { truncated: true, ..Ended::default() })
    }
}

async fn open_http1(stream: Seen<Box<dyn Stream>>, limits: &Limits) -> hyper::Result<(Sender, Driver)> {
    let (sender, connection) = http1::Builder::new()
        .max_buf_size(limits.head_bytes.max(MIN_BUFFER))
        .max_headers(limits.head_count)
        // Small servers are sloppy, and a probe draws no consequence from one odd line.
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        .title_case_headers(true)
        .handshake(TokioIo::new(stream))
        .await?;
    // Its errors reach whoever waits for a part of the answer.
    Ok((Sender::Http1(sender), Box::pin(async move { drop(connection.await) })))
}

async fn open_http2(stream: Seen<Box<dyn Stream>>, limits: &Limits) -> hyper::Result<(Sender, Driver)> {
    let (sender, driver) = crate::http2::open(stream, limits).await?;
    Ok((Sender::Http2(sender), driver))
}

fn too_large(limits: &Limits) -> ProbeError {
    ProbeError::HeadTooLarge { limit: limits.head_bytes.max(MIN_BUFFER), count: limits.head_count }
}

/// What the HTTP/2 library says, unless the connection just ended: a name of an error code
/// (RFC 9113, section 7) in words.
fn http2_reason(error: &hyper::Error) -> Option<String> {
    if error.is_canceled() || error.is_closed() {
        return None;
    }
    let source = std::error::Error::source(error)?;
    let mut deeper = std::iter::successors(Some(source), |error| error.source());
    if deeper.any(<dyn std::error::Error>::is::<io::Error>) {
        return None;
    }
    // "stream error received: refused stream before processing any application logic", and what is
    // meant for whoever looks for faults in parentheses.
    let text = source.to_string();
    let text = text
        .split_once(" error ")
        .and_then(|(_, rest)| rest.split_once(": "))
        .map_or(&*text, |(_, rest)| rest);
    let text = text.split(" (b\"").next().unwrap_or(text);
    Some(cut(&escaped(text.as_bytes()), 200))
}

/// Waits for `part` of the answer and drives the connection meanwhile. The driver is dropped when
/// it has ended, as it must not be polled again; its errors reach the part which waits.
async fn drive<F: Future>(driver: &mut Option<Driver>, part: F) -> F::Output {
    let mut part = pin!(part);
    poll_fn(|cx| {
        if let Some(running) = driver
            && running.as_mut().poll(cx).is_ready()
        {
            *driver = None;
        }
        part.as_mut().poll(cx)
    })
    .await
}

/// Whether an answer begins with a TLS alert or handshake record of SSL 3.0 to TLS 1.3
/// (RFC 8446, section 5.1).
fn looks_like_tls(first: &[u8]) -> bool {
    matches!(first, [0x15 | 0x16, 0x03, 0..=4, ..])
}

/// Whether an answer begins like a status line (RFC 9112, section 4), as far as it came. Empty
/// lines before it are forgiven.
fn may_be_http(first: &[u8]) -> bool {
    const START: &[u8] = b"HTTP/1.";
    let start = first.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(first.len());
    let line = &first[start..];
    let len = line.len().min(START.len());
    line[..len] == START[..len]
}

/// Whether an answer begins with a SETTINGS frame on stream 0 (RFC 9113, sections 3.4 and 6.5), as
/// far as it came.
fn may_be_http2(first: &[u8]) -> bool {
    const SETTINGS: u8 = 4;
    let stream = first.get(5..).unwrap_or_default();
    // No set of settings is 64 KiB long.
    first.first().is_none_or(|&length| length == 0)
        && first.get(3).is_none_or(|&kind| kind == SETTINGS)
        && stream.iter().take(4).all(|&byte| byte == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_bytes_tell_the_protocol() {
        for http in [&b""[..], b"H", b"HTTP/1.", b"HTTP/1.1 200 OK", b"\r\nHTTP/1.0 200", b"\r\n"] {
            assert!(may_be_http(http) && !looks_like_tls(http), "{http:?}");
        }
        for other in [&b"SSH-2.0"[..], b"HTTP/2", b"HTTX", b"<html>", b"\0", b"220 mail ESMTP"] {
            assert!(!may_be_http(other) && !looks_like_tls(other), "{other:?}");
        }
        for tls in [&b"\x15\x03\x01\x00\x02\x02\x46"[..], b"\x15\x03\x03", b"\x16\x03\x03\x00"] {
            assert!(looks_like_tls(tls), "{tls:?}");
        }
    }

    #[test]
    fn http2_begins_with_settings() {
        for http2 in [&b""[..], b"\0", b"\0\0\x12\x04\0\0\0\0\0\0\x03", b"\0\0\0\x04\0\0"] {
            assert!(may_be_http2(http2), "{http2:?}");
        }
        for other in [
            &b"HTTP/1.1 400"[..],
            b"\x15\x03\x01\0\x02",
            b"\0\0\x12\x01\0\0\0\0\0",
            b"\0\0\0\x04\0\0\0\0\x01",
        ] {
            assert!(!may_be_http2(other), "{other:?}");
        }
    }

    proptest! {
        #[test]
        fn any_beginning_is_judged(first: Vec<u8>) {
            let _ = (may_be_http(&first), may_be_http2(&first), looks_like_tls(&first));
        }
    }
}
