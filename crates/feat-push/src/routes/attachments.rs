//! Files that came with messages. Who knows the address of one may have it: it cannot be guessed.

use super::{Asked, database_is_away};
use crate::files::{self, kind};
use crate::store::attachments::{self, Row};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream::unfold;
use hob_feature::Ctx;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use ntfy_protocol::{Refusal, refusal};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::io::SeekFrom;
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt};

/// How much is read at a time.
const PIECE: usize = 64 << 10;
/// Nothing in a file runs or loads anything, whatever it is.
const POLICY: &str =
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'; sandbox";

pub(super) async fn serve(asked: Asked, id: &str) -> Result<Response, Refusal> {
    asked.visitor().await?;
    let row = find(&asked.ctx, id).await?;
    respond(&asked.ctx, &row, &asked.parts.method, &asked.parts.headers).await
}

/// The file of a message, if it is still kept.
pub(super) async fn find(ctx: &Ctx, id: &str) -> Result<Row, Refusal> {
    let found = attachments::find(&ctx.db, id, ctx.clock.now()).await.map_err(|_| database_is_away())?;
    found.ok_or(refusal::NOT_FOUND)
}

/// A file, or the part of it that is asked for.
pub(super) async fn respond(
    ctx: &Ctx,
    row: &Row,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, Refusal> {
    let path = files::path_of(ctx, &row.message_id).ok_or(refusal::NOT_FOUND)?;
    let mut file = File::open(&path).await.map_err(|_| refusal::NOT_FOUND)?;
    let size = file.metadata().await.map_err(|_| refusal::INTERNAL_ERROR)?.len();
    let range = range_of(headers, size);
    let mut response = if *method == Method::HEAD {
        length(Response::new(Body::empty()), size)
    } else {
        match range {
            Range::All => length(Response::new(pieces(file, size)), size),
            Range::Part(from, to) => {
                file.seek(SeekFrom::Start(from)).await.map_err(|_| refusal::INTERNAL_ERROR)?;
                let count = to - from + 1;
                let mut response = length(Response::new(pieces(file, count)), count);
                *response.status_mut() = StatusCode::PARTIAL_CONTENT;
                set(&mut response, header::CONTENT_RANGE, &format!("bytes {from}-{to}/{size}"));
                response
            }
            Range::Impossible => {
                let mut response = StatusCode::RANGE_NOT_SATISFIABLE.into_response();
                set(&mut response, header::CONTENT_RANGE, &format!("bytes */{size}"));
                response
            }
        }
    };
    describe(&mut response, row);
    Ok(response)
}

fn length(mut response: Response, bytes: u64) -> Response {
    set(&mut response, header::CONTENT_LENGTH, &bytes.to_string());
    response
}

fn set(response: &mut Response, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn describe(response: &mut Response, row: &Row) {
    let shown = kind::is_harmless(&row.kind);
    let name = utf8_percent_encode(&row.name, NON_ALPHANUMERIC);
    let how = if shown { "inline" } else { "attachment" };
    set(response, header::CONTENT_TYPE, &row.kind);
    set(response, header::CONTENT_DISPOSITION, &format!("{how}; filename*=UTF-8''{name}"));
    set(response, header::CONTENT_SECURITY_POLICY, POLICY);
    set(response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(response, header::REFERRER_POLICY, "no-referrer");
    set(response, header::ACCEPT_RANGES, "bytes");
    set(response, header::CACHE_CONTROL, "private, max-age=3600");
}

/// So many bytes of a file, piece by piece.
fn pieces(file: File, count: u64) -> Body {
    Body::from_stream(unfold((file, count), |(mut file, left)| async move {
        let want = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        if want == 0 {
            return None;
        }
        let mut piece = vec![0; want];
        match file.read(&mut piece).await {
            // A file that is shorter than it was breaks the connection, so that nobody takes it for whole.
            Ok(0) => Some((Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof)), (file, 0))),
            Ok(read) => {
                piece.truncate(read);
                Some((Ok(Bytes::from(piece)), (file, left - read as u64)))
            }
            Err(error) => Some((Err(error), (file, 0))),
        }
    }))
}

/// Which part of a file is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Range {
    /// All of it.
    All,
    /// From this byte to that one.
    Part(u64, u64),
    /// None that is there.
    Impossible,
}

/// Reads `Range: bytes=…` (RFC 9110, section 14.2). Several ranges, or what cannot be read, get the whole.
pub(crate) fn range_of(headers: &HeaderMap, size: u64) -> Range {
    let text = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let Some((first, last)) = text.and_then(|text| text.strip_prefix("bytes=")?.split_once('-')) else {
        return Range::All;
    };
    match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(from), _) if from >= size && (last.is_empty() || last.parse::<u64>().is_ok()) => {
            Range::Impossible
        }
        (Ok(from), Ok(to)) if from <= to => Range::Part(from, to.min(size - 1)),
        (Ok(from), Err(_)) if last.trim().is_empty() => Range::Part(from, size - 1),
        (Err(_), Ok(0)) if first.trim().is_empty() => Range::Impossible,
        (Err(_), Ok(count)) if first.trim().is_empty() && size > 0 => {
            Range::Part(size.saturating_sub(count), size - 1)
        }
        _ => Range::All,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_or_the_whole_is_sent() {
        for (text, range) in [
            ("bytes=0-9", Range::Part(0, 9)),
            ("bytes=90-", Range::Part(90, 99)),
            ("bytes=90-200", Range::Part(90, 99)),
            ("bytes=-10", Range::Part(90, 99)),
            ("bytes=-200", Range::Part(0, 99)),
            ("bytes=100-", Range::Impossible),
            ("bytes=-0", Range::Impossible),
            ("bytes=9-0", Range::All),
            ("bytes=0-1,3-4", Range::All),
            ("lines=0-1", Range::All),
            ("bytes=x", Range::All),
        ] {
            let headers = HeaderMap::from_iter([(header::RANGE, HeaderValue::from_str(text).unwrap())]);
            assert_eq!(range_of(&headers, 100), range, "{text}");
            assert!(matches!(range_of(&headers, 0), Range::All | Range::Impossible), "{text}");
        }
    }
}
