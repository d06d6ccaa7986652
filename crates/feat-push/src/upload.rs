//! Reading what somebody sends, piece by piece, with a look at its beginning first.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};
use http_body_util::BodyExt;
use std::time::Duration;

/// How long the next piece may take to come.
const PIECE_WITHIN: Duration = Duration::from_secs(30);

/// Why a body cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// It ended too early, or its framing is wrong.
    Broken,
    /// Nothing came for too long.
    TooSlow,
}

/// A body, whose beginning may be looked at before it is read.
pub(crate) struct BodyReader {
    body: Option<Body>,
    start: BytesMut,
    length: Option<u64>,
}

impl BodyReader {
    pub(crate) fn new(body: Body, headers: &HeaderMap) -> Self {
        let length = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        Self { body: Some(body), start: BytesMut::new(), length: length.and_then(|text| text.parse().ok()) }
    }

    pub(crate) fn of_text(text: String) -> Self {
        Self::of_bytes(text.into())
    }

    pub(crate) fn of_bytes(bytes: Bytes) -> Self {
        let length = Some(bytes.len() as u64);
        Self { body: None, start: bytes.into(), length }
    }

    /// How long it is said to be.
    pub(crate) fn length(&self) -> Option<u64> {
        self.length
    }

    /// Its beginning: at least `least` bytes, or all of it. What was looked at is still read afterwards.
    ///
    /// # Errors
    /// See [`BodyError`].
    pub(crate) async fn peek(&mut self, least: usize) -> Result<&[u8], BodyError> {
        while self.start.len() < least {
            match self.next_of_body().await? {
                Some(piece) => self.start.extend_from_slice(&piece),
                None => break,
            }
        }
        Ok(&self.start)
    }

    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// See [`BodyError`].
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        if self.start.is_empty() {
            return self.next_of_body().await;
        }
        Ok(Some(self.start.split().freeze()))
    }

    async fn next_of_body(&mut self) -> Result<Option<Bytes>, BodyError> {
        while let Some(body) = &mut self.body {
            let frame = tokio::time::timeout(PIECE_WITHIN, body.frame()).await;
            match frame.map_err(|_| BodyError::TooSlow)? {
                None => self.body = None,
                Some(Err(_)) => return Err(BodyError::Broken),
                Some(Ok(frame)) => {
                    // Trailers say nothing that is wanted.
                    if let Ok(piece) = frame.into_data()
                        && !piece.is_empty()
                    {
                        return Ok(Some(piece));
                    }
                }
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_looked_at_is_still_read() {
        let pieces = ["ab", "cd", "", "ef"].map(|text| Ok::<_, std::io::Error>(Bytes::from(text)));
        let body = Body::from_stream(futures_util::stream::iter(pieces));
        let mut reader = BodyReader::new(body, &HeaderMap::new());
        assert_eq!(reader.peek(3).await, Ok(&b"abcd"[..]));
        assert_eq!(reader.next().await, Ok(Some(Bytes::from("abcd"))));
        assert_eq!(reader.next().await, Ok(Some(Bytes::from("ef"))));
        assert_eq!(reader.next().await, Ok(None));
        let mut reader = BodyReader::of_text("x".into());
        assert_eq!(reader.peek(5).await, Ok(&b"x"[..]));
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_an_error() {
        let pieces = [Ok(Bytes::from("ab")), Err(std::io::Error::other("gone"))];
        let body = Body::from_stream(futures_util::stream::iter(pieces));
        let mut reader = BodyReader::new(body, &HeaderMap::new());
        assert_eq!(reader.peek(2).await, Ok(&b"ab"[..]));
        assert_eq!(reader.peek(3).await, Err(BodyError::Broken));
    }
}
