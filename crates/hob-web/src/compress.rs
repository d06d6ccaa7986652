//! Compression and ETags for answers that are made on request.

use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use std::io::Write;

/// Below this compression costs more than it saves.
const WORTH_BYTES: u64 = 860;
/// Answers larger than this are streamed as they are.
const WHOLE_BYTES_MAX: u64 = 8 << 20;
/// Brotli's effort. 5 is where the size stops to fall quickly while the time still does not matter: of the home page with
/// 500 services it makes 25 kB in 2.5 ms, 4 makes 28 kB in 1.6 ms, 7 makes 24.5 kB in 3.6 ms.
const BROTLI_QUALITY: u32 = 5;

/// On what the text of an answer depends: who asks, and whether for a part of the page.
const VARY: &str = "accept-encoding, cookie, hx-request";

/// How an answer is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Packed {
    /// Brotli (RFC 7932).
    Brotli,
    /// Gzip (RFC 1952).
    Gzip,
    /// Not at all.
    Plain,
}

impl Packed {
    /// The best that the browser accepts.
    pub fn for_request(headers: &HeaderMap) -> Self {
        let accepted =
            headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let accepts = |coding: &str| {
            accepted.split(',').any(|entry| {
                let mut parts = entry.split(';').map(str::trim);
                parts.next() == Some(coding) && !parts.any(|q| matches!(q, "q=0" | "q=0.0"))
            })
        };
        if accepts("br") {
            Self::Brotli
        } else if accepts("gzip") {
            Self::Gzip
        } else {
            Self::Plain
        }
    }

    /// The word for `Content-Encoding`.
    pub const fn coding(self) -> Option<&'static str> {
        match self {
            Self::Brotli => Some("br"),
            Self::Gzip => Some("gzip"),
            Self::Plain => None,
        }
    }
}

/// Packs a body.
pub fn pack(how: Packed, body: &[u8]) -> Bytes {
    let packed = match how {
        Packed::Plain => None,
        Packed::Brotli => {
            let mut out = Vec::with_capacity(body.len() / 6);
            let mut writer = brotli::CompressorWriter::new(&mut out, 4096, BROTLI_QUALITY, 20);
            let written = writer.write_all(body).is_ok();
            drop(writer);
            written.then_some(out)
        }
        Packed::Gzip => {
            let mut writer = flate2::write::GzEncoder::new(
                Vec::with_capacity(body.len() / 5),
                flate2::Compression::new(5),
            );
            writer.write_all(body).and_then(|()| writer.finish()).ok()
        }
    };
    packed.map_or_else(|| Bytes::copy_from_slice(body), Bytes::from)
}

/// The layer: whole text answers get an ETag and are packed; streams pass.
pub(crate) async fn compress(request: Request, next: Next) -> Response {
    let how = Packed::for_request(request.headers());
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let reading = matches!(*request.method(), Method::GET | Method::HEAD);
    let response = next.run(request).await;
    let size = response.body().size_hint().exact().unwrap_or(u64::MAX);
    let done = response.headers().contains_key(header::CONTENT_ENCODING);
    if done || size > WHOLE_BYTES_MAX || !is_text(response.headers()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = to_bytes(body, usize::try_from(WHOLE_BYTES_MAX).unwrap_or(usize::MAX)).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if reading && parts.status == StatusCode::OK && !parts.headers.contains_key(header::ETAG) {
        let tag = etag(&body);
        if known.as_ref() == Some(&tag) {
            parts.status = StatusCode::NOT_MODIFIED;
            parts.headers.insert(header::ETAG, tag);
            parts.headers.insert(header::VARY, HeaderValue::from_static(VARY));
            parts.headers.remove(header::CONTENT_LENGTH);
            return Response::from_parts(parts, Body::empty());
        }
        parts.headers.insert(header::ETAG, tag);
    }
    parts.headers.insert(header::VARY, HeaderValue::from_static(VARY));
    let (Some(coding), true) = (how.coding(), size >= WORTH_BYTES) else {
        return Response::from_parts(parts, Body::from(body));
    };
    parts.headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(pack(how, &body)))
}

/// A weak ETag over the text: packing does not change it.
pub fn etag(body: &[u8]) -> HeaderValue {
    // Two FNV-1a passes with different offsets: 128 bits, so that a collision never hides a change.
    let hash =
        |offset: u64| body.iter().fold(offset, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
    let text = format!("W/\"{:016x}{:016x}\"", hash(0xcbf2_9ce4_8422_2325), hash(0x6c62_272e_07bb_0142));
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static("W/\"0\""))
}

fn is_text(headers: &HeaderMap) -> bool {
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    (content_type.starts_with("text/") && content_type != "text/event-stream")
        || content_type.contains("json")
        || content_type.contains("xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_accepted_coding_is_chosen() {
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(text));
            Packed::for_request(&headers)
        };
        assert_eq!(of("gzip, deflate, br"), Packed::Brotli);
        assert_eq!(of("gzip, br;q=0"), Packed::Gzip);
        assert_eq!(of("identity"), Packed::Plain);
        assert_eq!(Packed::for_request(&HeaderMap::new()), Packed::Plain);
    }

    #[test]
    fn packing_makes_pages_smaller() {
        let body = "<li class=tile>Grafana</li>".repeat(500);
        for how in [Packed::Brotli, Packed::Gzip] {
            assert!(pack(how, body.as_bytes()).len() < body.len() / 20);
        }
    }
}
