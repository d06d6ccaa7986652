//! Asks a gRPC server how it is.
//!
//! Sources: "gRPC over HTTP2" (PROTOCOL-HTTP2.md), "GRPC Health Checking Protocol"
//! (health-checking.md), "Protocol Buffers: Encoding".

use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use tls_probe::words::readable;

use crate::client::Client;
use crate::error::ProbeError;
use crate::request::{Limits, Redirects, Request, Versions};
use crate::response::Response;
use crate::url::Url;
use crate::walk::Walk;

/// The method which every server with health checking has.
const CHECK: &[u8] = b"/grpc.health.v1.Health/Check";

/// The longest name of a service which is asked for, in bytes.
const MAX_SERVICE: usize = 1024;

/// The longest message of a server which is kept, in characters.
const MESSAGE_CHARS: usize = 200;

/// What a gRPC server says of one of its services.
#[derive(Debug, Clone)]
pub struct GrpcHealth {
    /// How the service is.
    pub state: GrpcState,
    /// The answer which says so, without its trailers: times, address and certificate.
    pub response: Response,
}

/// How a service of a gRPC server is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GrpcState {
    /// It serves.
    Serving,
    /// It does not serve.
    NotServing,
    /// The server has no word yet on how the service is.
    Unknown,
    /// The server knows no service of this name.
    ServiceUnknown,
    /// The server speaks gRPC, but has no health checking.
    Unimplemented,
    /// The server refused the call with another status.
    Status {
        /// The status code of gRPC, such as 16 for "unauthenticated".
        code: u32,
        /// What the server said, printable and cut; empty if it said nothing.
        message: String,
    },
    /// The answer is none in gRPC: a proxy or a web server gave it.
    NotGrpc {
        /// The status of HTTP.
        status: u16,
    },
    /// The answer is one in gRPC, but cannot be read.
    Broken,
}

impl Client {
    /// Asks the gRPC server at the host of `url` how `service` is, over HTTP/2: in the clear for
    /// `http`, over TLS for `https`. The empty name stands for the server as a whole. Should `url`
    /// have a path, the call goes below it.
    ///
    /// # Errors
    ///
    /// [`ProbeError`] if there was no whole answer within the limits.
    pub async fn grpc_health(
        &self,
        url: &Url,
        service: &str,
        limits: &Limits,
    ) -> Result<GrpcHealth, ProbeError> {
        self.grpc_health_of(&Request { limits: *limits, ..Request::get(url.clone()) }, service).await
    }

    /// As [`grpc_health`](Self::grpc_health), with the URL, the headers, the limits and the way of
    /// `request`. Its method, body, versions and redirects do not count.
    ///
    /// # Errors
    ///
    /// [`ProbeError`] if there was no whole answer within the limits.
    pub async fn grpc_health_of(&self, request: &Request, service: &str) -> Result<GrpcHealth, ProbeError> {
        if service.len() > MAX_SERVICE {
            return Err(ProbeError::BadRequest { reason: "the name of the service is too long" });
        }
        let call = call(request, service)?;
        let (response, trailers) = self.walk(Walk::with_trailers(&call)?).await?;
        let state = read_answer(&response, &trailers);
        Ok(GrpcHealth { state, response })
    }
}

fn call(request: &Request, service: &str) -> Result<Request, ProbeError> {
    /// An answer has a few bytes.
    const ANSWER_BYTES: usize = 4096;
    let base = request.url.path_and_query().split('?').next().unwrap_or_default().trim_end_matches('/');
    let url = request.url.join(&[base.as_bytes(), CHECK].concat())?;
    let timeout = HeaderValue::from_str(&timeout(request.limits.total));
    let mut headers = vec![(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"))];
    headers.extend(timeout.ok().map(|timeout| (HeaderName::from_static("grpc-timeout"), timeout)));
    headers.extend(request.headers.iter().filter(|(name, _)| name != header::CONTENT_TYPE).cloned());
    Ok(Request {
        url,
        method: Method::POST,
        headers,
        body: question(service),
        versions: Versions::Http2,
        redirects: Redirects::No,
        limits: Limits { body_bytes: ANSWER_BYTES, ..request.limits },
        ..request.clone()
    })
}

/// At most eight digits and a unit.
fn timeout(time: Duration) -> String {
    format!("{}m", time.as_millis().clamp(1, 99_999_999))
}

/// `HealthCheckRequest { string service = 1; }` in a frame: whether it is compressed, its length
/// in four bytes, and the message.
fn question(service: &str) -> Bytes {
    /// Field 1 with a length.
    const SERVICE: u8 = 0x0a;
    let mut message = Vec::with_capacity(service.len() + 4);
    if !service.is_empty() {
        message.push(SERVICE);
        let mut length = service.len();
        while length >= 0x80 {
            message.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        message.push(length as u8);
        message.extend_from_slice(service.as_bytes());
    }
    let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
    [&[0][..], &length.to_be_bytes(), &message].concat().into()
}

/// What an answer says. Where there is no message, the status may stand in the head already.
fn read_answer(response: &Response, trailers: &HeaderMap) -> GrpcState {
    /// Status codes of gRPC.
    const OK: u32 = 0;
    const NOT_FOUND: u32 = 5;
    const UNIMPLEMENTED: u32 = 12;
    let kind = response.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    if response.status != StatusCode::OK.as_u16() || !kind.starts_with(b"application/grpc") {
        return GrpcState::NotGrpc { status: response.status };
    }
    let field = |name: &str| trailers.get(name).or_else(|| response.headers.get(name));
    let code = field("grpc-status").and_then(|status| status.to_str().ok()?.trim().parse().ok());
    match code {
        Some(OK) => serving_status(&response.body).map_or(GrpcState::Broken, |status| match status {
            0 => GrpcState::Unknown,
            1 => GrpcState::Serving,
            3 => GrpcState::ServiceUnknown,
            // Also what a later version may add: it is not "serving".
            _ => GrpcState::NotServing,
        }),
        Some(NOT_FOUND) => GrpcState::ServiceUnknown,
        Some(UNIMPLEMENTED) => GrpcState::Unimplemented,
        Some(code) => {
            let message = field("grpc-message").map(HeaderValue::as_bytes).unwrap_or_default();
            GrpcState::Status { code, message: said(message) }
        }
        None => GrpcState::Broken,
    }
}

/// A message of the server, in which everything outside printable ASCII is percent-encoded.
fn said(message: &[u8]) -> String {
    // Each character takes at most twelve bytes; one more shows that there was more.
    let mut rest = &message[..message.len().min(MESSAGE_CHARS * 12 + 12)];
    let mut bytes = Vec::with_capacity(rest.len());
    while let Some((&byte, after)) = rest.split_first() {
        let code = after.get(..2).filter(|two| byte == b'%' && two.iter().all(u8::is_ascii_hexdigit));
        match code
            .and_then(|two| std::str::from_utf8(two).ok())
            .and_then(|two| u8::from_str_radix(two, 16).ok())
        {
            Some(decoded) => {
                bytes.push(decoded);
                rest = &after[2..];
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    readable(String::from_utf8_lossy(&bytes).trim().chars(), MESSAGE_CHARS)
}

/// The field `ServingStatus status = 1` of a `HealthCheckResponse` in its frame; 0 if it is left
/// out, `None` if the frame is broken or compressed, for which nobody asked.
fn serving_status(frame: &[u8]) -> Option<u64> {
    let (&[compressed, a, b, c, d], rest) = frame.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).ok()?;
    let mut message = rest.get(..length).filter(|_| compressed == 0)?;
    let mut status = 0;
    while !message.is_empty() {
        let (tag, rest) = varint(message)?;
        let (field, kind) = (tag >> 3, tag & 7);
        message = match kind {
            0 => {
                let (value, rest) = varint(rest)?;
                status = if field == 1 { value } else { status };
                rest
            }
            1 => rest.get(8..)?,
            2 => {
                let (length, rest) = varint(rest)?;
                rest.get(usize::try_from(length).ok()?..)?
            }
            5 => rest.get(4..)?,
            _ => return None,
        };
    }
    Some(status)
}

/// Splits off a number in groups of seven bits, the lowest first.
fn varint(input: &[u8]) -> Option<(u64, &[u8])> {
    let end = input.iter().take(10).position(|byte| byte & 0x80 == 0)?;
    let (number, rest) = input.split_at_checked(end + 1)?;
    let value = number.iter().rev().fold(0u64, |sum, byte| sum << 7 | u64::from(byte & 0x7f));
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_question_is_framed() {
        assert_eq!(&question("")[..], [0, 0, 0, 0, 0]);
        assert_eq!(&question("db")[..], [0, 0, 0, 0, 4, 0x0a, 2, b'd', b'b']);
        let long = question(&"x".repeat(300));
        assert_eq!(long[..8], [0, 0, 0, 1, 0x2f, 0x0a, 0xac, 0x02]);
        assert_eq!(long.len(), 308);
    }

    #[test]
    fn the_status_of_an_answer_is_found() {
        for (frame, status) in [
            (&[0, 0, 0, 0, 2, 8, 1][..], Some(1)),
            (&[0, 0, 0, 0, 2, 8, 2], Some(2)),
            (&[0, 0, 0, 0, 0], Some(0)),
            // Another field before it, and something behind the message.
            (&[0, 0, 0, 0, 5, 0x12, 1, b'x', 8, 3, 9, 9], Some(3)),
            (&[0, 0, 0, 0, 7, 0x1d, 0, 0, 0, 0, 8, 1], Some(1)),
            (&[1, 0, 0, 0, 2, 8, 1], None),
            (&[0, 0, 0, 0, 3, 8, 1], None),
            (&[0, 0, 0, 0, 2, 8, 0x80], None),
            (&[0, 0, 0, 0, 2, 0x12, 9], None),
            (&[0, 0], None),
            (&[], None),
        ] {
            assert_eq!(serving_status(frame), status, "{frame:?}");
        }
    }

    #[test]
    fn messages_are_decoded() {
        assert_eq!(said(b"no%20such%20thing: %E2%82%AC 100%"), "no such thing: € 100%");
        assert_eq!(said(b"%0a%1b[31m%zz%"), "\u{fffd}[31m%zz%");
        assert_eq!(said(&[b'x'; 1000]).chars().count(), MESSAGE_CHARS + 1);
    }

    #[test]
    fn times_fit_into_their_header() {
        assert_eq!(timeout(Duration::from_secs(10)), "10000m");
        assert_eq!(timeout(Duration::ZERO), "1m");
        assert_eq!(timeout(Duration::MAX), "99999999m");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, tail in prop::collection::vec(0u8..20, 0..30)) {
            let _ = (serving_status(&bytes), varint(&bytes), said(&bytes));
            let mut frame = vec![0, 0, 0, 0, tail.len() as u8];
            frame.extend(&tail);
            let _ = serving_status(&frame);
        }
    }
}
