//! One request and its response on an open connection.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};

use bytes::Bytes;
use http::response::Parts;
use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper_util::rt::TokioIo;

use crate::error::{Phase, ProbeError, escaped, first_line};
use crate::request::Limits;
use crate::seen::{First, Seen, Stream};
use crate::tls::{find_tls_error, tls_reason};

/// The smallest buffer which the HTTP library accepts, in bytes.
const MIN_BUFFER: usize = 8192;

type Driver = Connection<TokioIo<Seen<Box<dyn Stream>>>, Empty<Bytes>>;

/// A connection on which one request may be sent.
///
/// The connection is driven by whoever waits for a part of the answer, so that a probe needs no
/// task of its own and ends when it is dropped.
pub(crate) struct Exchange {
    sender: SendRequest<Empty<Bytes>>,
    driver: Option<Pin<Box<Driver>>>,
    first: First,
    addr: SocketAddr,
    secure: bool,
}

/// How reading a body ended, other than by an error.
pub(crate) struct Ended {
    pub(crate) truncated: bool,
}

impl Exchange {
    pub(crate) async fn new(
        stream: Box<dyn Stream>,
        addr: SocketAddr,
        secure: bool,
        limits: &Limits,
    ) -> Result<Self, ProbeError> {
        // Several heads may come, as informational answers go before the final one. Together with
        // the beginning of the body they get a few times what one may have.
        let heads = limits.head_bytes.max(MIN_BUFFER).saturating_mul(4);
        let stream = Seen::with_head_limit(stream, heads);
        let first = stream.first();
        let (sender, driver) = Builder::new()
            .max_buf_size(limits.head_bytes.max(MIN_BUFFER))
            .max_headers(limits.head_count)
            // Small servers are sloppy, and a probe draws no consequence from one odd line.
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .ignore_invalid_headers_in_responses(true)
            .title_case_headers(true)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(|_| ProbeError::ConnectionClosed { phase: Phase::BeforeHead })?;
        Ok(Self { sender, driver: Some(Box::pin(driver)), first, addr, secure })
    }

    /// The first bytes of the answer and when they came.
    pub(crate) fn first(&self) -> &First {
        &self.first
    }

    /// Whether the answer has begun.
    pub(crate) fn phase(&self) -> Phase {
        if self.first.at().is_some() { Phase::InHead } else { Phase::BeforeHead }
    }

    /// Sends the request and waits for the head of the final response.
    pub(crate) async fn head(
        &mut self,
        request: http::Request<Empty<Bytes>>,
        limits: &Limits,
    ) -> Result<(Parts, Incoming), ProbeError> {
        let answer = self.sender.send_request(request);
        match drive(&mut self.driver, answer).await {
            Ok(response) => {
                self.first.end_head();
                Ok(response.into_parts())
            }
            Err(error) => Err(self.head_error(&error, limits)),
        }
    }

    /// Reads the body into `kept` until it holds `limit` bytes.
    pub(crate) async fn body(
        &mut self,
        head: &Parts,
        mut body: Incoming,
        limit: usize,
        kept: &mut Vec<u8>,
    ) -> Result<Ended, ProbeError> {
        if limit == 0 {
            return Ok(Ended { truncated: !body.is_end_stream() });
        }
        while let Some(frame) = drive(&mut self.driver, body.frame()).await {
            let data = match frame {
                Ok(frame) => frame.into_data(),
                Err(error) => return body_error(head, &error),
            };
            // Other frames are trailers, which nobody asks for.
            let Ok(data) = data else { continue };
            let room = limit - kept.len();
            kept.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() > room {
                return Ok(Ended { truncated: true });
            }
        }
        Ok(Ended { truncated: false })
    }

    fn head_error(&self, error: &hyper::Error, limits: &Limits) -> ProbeError {
        let first = self.first.bytes();
        // What came tells more than the error: depending on when a banner comes, the HTTP library
        // complains of its form or of its coming unasked.
        if !self.secure && looks_like_tls(&first) {
            return ProbeError::LooksLikeTls { addr: self.addr };
        }
        if !may_be_http(&first) {
            return ProbeError::NotHttp { first_bytes: first_line(&first) };
        }
        if error.is_parse_too_large() || self.first.head_is_too_large() {
            let limit = limits.head_bytes.max(MIN_BUFFER);
            return ProbeError::HeadTooLarge { limit, count: limits.head_count };
        }
        if error.is_parse() {
            return ProbeError::BadHead { first_bytes: first_line(&first) };
        }
        // Since TLS 1.3 a server refuses a client without a certificate after the handshake.
        if let Some(error) = find_tls_error(error) {
            return ProbeError::TlsHandshake { addr: self.addr, reason: tls_reason(error) };
        }
        ProbeError::ConnectionClosed { phase: self.phase() }
    }

    /// The error for a head which did not come in time.
    pub(crate) fn head_timeout(&self, limits: &Limits) -> ProbeError {
        let first = self.first.bytes();
        if !may_be_http(&first) {
            return ProbeError::NotHttp { first_bytes: first_line(&first) };
        }
        ProbeError::HeadTimeout { after: limits.total, phase: self.phase() }
    }
}

/// Waits for `part` of the answer and drives the connection meanwhile. The driver is dropped when
/// it has ended, as it must not be polled again; its errors reach the part which waits.
async fn drive<F: Future>(driver: &mut Option<Pin<Box<Driver>>>, part: F) -> F::Output {
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

fn body_error(head: &Parts, error: &hyper::Error) -> Result<Ended, ProbeError> {
    let broken = std::error::Error::source(error)
        .and_then(|source| source.downcast_ref::<io::Error>())
        .filter(|source| matches!(source.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData));
    if let Some(reason) = broken {
        let reason = escaped(reason.to_string().as_bytes());
        return Err(ProbeError::BadBody { status: head.status.as_u16(), reason });
    }
    let framed = head.headers.contains_key(http::header::CONTENT_LENGTH)
        || head.headers.contains_key(http::header::TRANSFER_ENCODING);
    if framed {
        return Err(ProbeError::ConnectionClosed { phase: Phase::InBody });
    }
    // Without a length the end of the connection is the end of the body (RFC 9112, section 6.3).
    // A server which closes before it has read all of the request resets the connection.
    Ok(Ended { truncated: true })
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

    proptest! {
        #[test]
        fn any_beginning_is_judged(first: Vec<u8>) {
            let _ = (may_be_http(&first), looks_like_tls(&first));
        }
    }
}
