//! A stream which remembers how the other side began.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// Number of bytes remembered.
pub const FIRST_BYTES: usize = 64;

/// A byte stream of any kind.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The first bytes which were read from a stream, shared with the one who reads.
#[derive(Debug, Clone)]
pub struct First(Arc<Mutex<Beginning>>);

#[derive(Debug)]
struct Beginning {
    bytes: [u8; FIRST_BYTES],
    len: usize,
    at: Option<Instant>,
    /// How many more bytes may be read before the head is over; `None` for any number.
    head_left: Option<usize>,
    too_large: bool,
}

impl First {
    fn new(head_left: Option<usize>) -> Self {
        Self(Arc::new(Mutex::new(Beginning {
            bytes: [0; FIRST_BYTES],
            len: 0,
            at: None,
            head_left,
            too_large: false,
        })))
    }

    fn lock(&self) -> MutexGuard<'_, Beginning> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first bytes, at most [`FIRST_BYTES`].
    pub fn bytes(&self) -> Vec<u8> {
        let beginning = self.lock();
        beginning.bytes[..beginning.len].to_vec()
    }

    /// When the first byte came.
    pub fn at(&self) -> Option<Instant> {
        self.lock().at
    }

    /// From now on any number of bytes may be read.
    pub fn end_head(&self) {
        self.lock().head_left = None;
    }

    /// From now on `bytes` more may be read, on a stream which had a limit until now.
    pub fn allow(&self, bytes: usize) {
        self.lock().head_left = Some(bytes);
    }

    /// Whether the stream has failed because of its limit.
    pub fn head_is_too_large(&self) -> bool {
        self.lock().too_large
    }

    /// Adds what was read; returns whether more needs to be added.
    fn push(&self, read: &[u8]) -> io::Result<bool> {
        let mut beginning = self.lock();
        let Beginning { bytes, len, at, head_left, too_large } = &mut *beginning;
        at.get_or_insert_with(Instant::now);
        if let Some(left) = head_left {
            *too_large = *left < read.len();
            *left = left.saturating_sub(read.len());
        }
        if *too_large {
            return Err(io::Error::other("the head is too large"));
        }
        let room = &mut bytes[*len..];
        let taken = read.len().min(room.len());
        room[..taken].copy_from_slice(&read[..taken]);
        *len += taken;
        Ok(*len < FIRST_BYTES || head_left.is_some())
    }
}

/// Wraps a stream and records its first bytes. An end of TLS without `close_notify` counts as an end.
#[derive(Debug)]
pub struct Seen<T> {
    inner: T,
    first: First,
    recording: bool,
}

impl<T> Seen<T> {
    /// A stream of which any number of bytes may be read.
    pub fn new(inner: T) -> Self {
        Self { inner, first: First::new(None), recording: true }
    }

    /// A stream which fails when more than `limit` bytes are read before [`First::end_head`].
    pub fn with_head_limit(inner: T, limit: usize) -> Self {
        Self { inner, first: First::new(Some(limit)), recording: true }
    }

    /// A handle to the first bytes, which stays when the stream is given away.
    pub fn first(&self) -> First {
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
            self.recording = self.first.push(read)?;
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
