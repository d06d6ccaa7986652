//! A stream which remembers how the other side began.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// Number of bytes remembered.
pub(crate) const FIRST_BYTES: usize = 64;

/// A byte stream of any kind.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The first bytes which were read from a stream, shared with the one who reads.
#[derive(Debug, Clone)]
pub(crate) struct First(Arc<Mutex<Beginning>>);

#[derive(Debug)]
struct Beginning {
    bytes: [u8; FIRST_BYTES],
    len: usize,
    at: Option<Instant>,
}

impl First {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Beginning { bytes: [0; FIRST_BYTES], len: 0, at: None })))
    }

    /// The first bytes, at most [`FIRST_BYTES`].
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let beginning = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        beginning.bytes[..beginning.len].to_vec()
    }

    /// When the first byte came.
    pub(crate) fn at(&self) -> Option<Instant> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).at
    }

    /// Adds what was read; returns whether there is room for more.
    fn push(&self, read: &[u8]) -> bool {
        let mut beginning = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Beginning { bytes, len, at } = &mut *beginning;
        at.get_or_insert_with(Instant::now);
        let room = &mut bytes[*len..];
        let taken = read.len().min(room.len());
        room[..taken].copy_from_slice(&read[..taken]);
        *len += taken;
        *len < FIRST_BYTES
    }
}

/// Wraps a stream and records its first bytes.
pub(crate) struct Seen<T> {
    inner: T,
    first: First,
    recording: bool,
}

impl<T> Seen<T> {
    pub(crate) fn new(inner: T) -> Self {
        Self { inner, first: First::new(), recording: true }
    }

    /// A handle to the first bytes, which stays when the stream is given away.
    pub(crate) fn first(&self) -> First {
        self.first.clone()
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Seen<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match ready!(Pin::new(&mut self.inner).poll_read(cx, buf)) {
            // Many small servers end a TLS connection without saying so (`close_notify`). Whether
            // the message was whole is then for HTTP to tell.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
            other => other?,
        }
        let read = &buf.filled()[before..];
        if self.recording && !read.is_empty() {
            self.recording = self.first.push(read);
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Seen<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
