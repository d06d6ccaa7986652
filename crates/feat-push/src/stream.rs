//! A subscription on its connection: little more than a socket while nothing happens.
//!
//! It has no buffers while idle, no timer of its own, and writes all that waits with one call. Two turns of the clock
//! without progress, or a WebSocket that leaves a ping unanswered, end it.

use crate::broker::End;
use crate::delivery::Delivery;
use crate::desk::desk;
use crate::feed::{Feed, Past, Turn};
use bytes::Bytes;
use hob_base::Result;
use hob_feature::Ctx;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use ntfy_protocol::websocket::{self, Decoder, Incoming};
use ntfy_protocol::{Event, Format};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{Error, ErrorKind, IoSlice, Result as IoResult};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::net::{TcpStream, UnixStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How long one page of the past may take to be written.
const WRITE_WITHIN: Duration = Duration::from_secs(60);
/// How many pieces one call writes.
const SLICES: usize = 64;
/// How many answers to pings may wait.
const ANSWERS_MAX: usize = 16;
/// How long the answer that begins a WebSocket may take.
const UPGRADE_WITHIN: Duration = Duration::from_secs(10);

/// A connection as subscriptions use it.
pub(crate) trait Line: Send + Sync + 'static {
    /// Whether there is something to read.
    fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<IoResult<()>>;
    /// Whether there is room to write.
    fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<IoResult<()>>;
    /// Reads what is there.
    fn read_now(&self, into: &mut [u8]) -> IoResult<usize>;
    /// Writes what there is room for.
    fn write_now(&self, from: &[IoSlice<'_>]) -> IoResult<usize>;
}

macro_rules! line {
    ($stream:ty) => {
        impl Line for $stream {
            fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<IoResult<()>> {
                self.poll_read_ready(cx)
            }

            fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<IoResult<()>> {
                self.poll_write_ready(cx)
            }

            fn read_now(&self, into: &mut [u8]) -> IoResult<usize> {
                self.try_read(into)
            }

            fn write_now(&self, from: &[IoSlice<'_>]) -> IoResult<usize> {
                self.try_write_vectored(from)
            }
        }
    };
}

line!(TcpStream);
line!(UnixStream);

/// A WebSocket that began as a request which the HTTP server read.
pub(crate) struct Upgraded {
    /// The connection, when the answer was sent.
    pub(crate) connection: OnUpgrade,
    /// What its subscriber gets.
    pub(crate) feed: Box<Feed>,
    /// What of the past.
    pub(crate) past: Past,
}

/// Carries the WebSockets that began as requests which the HTTP server read.
pub(crate) async fn carry_upgraded(ctx: Ctx, stop: CancellationToken) -> Result<()> {
    let desk = desk(&ctx);
    let mut upgraded = desk.upgraded.lock().await;
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
            next = upgraded.recv() => {
                let Some(Upgraded { connection, feed, past }) = next else { break };
                tasks.spawn(upgrade(connection, feed, past));
            }
        }
    }
    // The broker ends them; who does not go is left behind.
    let _ =
        tokio::time::timeout(Duration::from_secs(2), async { while tasks.join_next().await.is_some() {} })
            .await;
    Ok(())
}

async fn upgrade(connection: OnUpgrade, feed: Box<Feed>, past: Past) {
    let Ok(Ok(upgraded)) = tokio::time::timeout(UPGRADE_WITHIN, connection).await else { return };
    let upgraded = match upgraded.downcast::<TokioIo<TcpStream>>() {
        Ok(parts) => return carry(parts.io.into_inner(), feed, past, Vec::new(), &parts.read_buf).await,
        Err(upgraded) => upgraded,
    };
    let upgraded = match upgraded.downcast::<TokioIo<crate::port::Rewind>>() {
        Ok(parts) => {
            let line = parts.io.into_inner().into_stream();
            return carry(line, feed, past, Vec::new(), &parts.read_buf).await;
        }
        Err(upgraded) => upgraded,
    };
    if let Ok(parts) = upgraded.downcast::<TokioIo<UnixStream>>() {
        carry(parts.io.into_inner(), feed, past, Vec::new(), &parts.read_buf).await;
    }
}

/// Carries a subscription until it ends. `head` is written first; `early` was read already.
pub(crate) async fn carry<L: Line>(line: L, feed: Box<Feed>, past: Past, head: Vec<u8>, early: &[u8]) {
    let mut carrier = Carrier::new(line, feed);
    // Boxed, so that what the beginning needs is gone when it is over.
    if Box::pin(carrier.begin(head, past, early)).await.is_ok() {
        carrier.live().await;
    }
}

struct Carrier<L> {
    line: L,
    feed: Box<Feed>,
    out: VecDeque<Bytes>,
    /// How much of the first piece was written.
    written: usize,
    /// What reads a WebSocket.
    decoder: Option<Decoder>,
    /// Whether a ping is unanswered.
    pinged: bool,
    /// How often the clock came round while nothing could be written.
    stuck: u8,
    /// Whether this is the end, once all is written.
    ending: bool,
}

impl<L: Line> Carrier<L> {
    fn new(line: L, feed: Box<Feed>) -> Self {
        let decoder = (feed.format() == Format::WebSocket).then(Decoder::default);
        Self { line, feed, out: VecDeque::new(), written: 0, decoder, pinged: false, stuck: 0, ending: false }
    }

    /// The answer's head, that it is open, and the past.
    async fn begin(&mut self, head: Vec<u8>, mut past: Past, early: &[u8]) -> IoResult<()> {
        if !head.is_empty() {
            self.out.push_back(head.into());
        }
        self.hear(early)?;
        if !past.is_all() {
            let open = self.feed.signal(Event::Open);
            self.out.push_back(open.chunk(self.feed.format()));
        }
        self.write_all().await?;
        while let Some(page) = self.feed.past(&mut past).await.map_err(Error::other)? {
            self.out.extend(page.iter().map(|delivery| delivery.chunk(self.feed.format())));
            self.write_all().await?;
        }
        if past.is_all() {
            self.say_goodbye(End::Stopping);
            self.write_all().await?;
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    async fn write_all(&mut self) -> IoResult<()> {
        let all = poll_fn(|cx| {
            loop {
                self.flush()?;
                if self.out.is_empty() {
                    return Poll::Ready(Ok(()));
                }
                ready!(self.line.poll_writable(cx))?;
            }
        });
        tokio::time::timeout(WRITE_WITHIN, all).await.map_err(Error::other)?
    }

    async fn live(&mut self) {
        // The future is as small as what it waits for.
        let ended: IoResult<()> = poll_fn(|cx| self.poll(cx)).await;
        if let Err(error) = ended
            && error.kind() == ErrorKind::TimedOut
        {
            let ctx = self.feed.ctx();
            desk(ctx).figures(ctx).slow.inc();
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<IoResult<()>> {
        loop {
            while self.line.poll_readable(cx)?.is_ready() {
                match self.read() {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(error) => return Poll::Ready(Err(error)),
                }
            }
            self.flush()?;
            let turn = if self.out.is_empty() {
                if self.ending {
                    return Poll::Ready(Ok(()));
                }
                ready!(self.feed.poll_next(cx, Delivery::chunk, &mut self.out))
            } else {
                if self.line.poll_writable(cx)?.is_ready() {
                    continue;
                }
                ready!(self.feed.poll_signals(cx))
            };
            self.take(turn)?;
        }
    }

    fn take(&mut self, turn: Turn) -> IoResult<()> {
        match turn {
            Turn::Go { ticked: true } => self.tick(),
            Turn::Go { ticked: false } => Ok(()),
            Turn::End(End::TooSlow) => Err(ErrorKind::TimedOut.into()),
            Turn::End(End::Stopping) if self.out.is_empty() => {
                self.say_goodbye(End::Stopping);
                self.flush()?;
                Err(ErrorKind::UnexpectedEof.into())
            }
            // Half a message must not be followed by a goodbye.
            Turn::End(End::Stopping) => Err(ErrorKind::UnexpectedEof.into()),
        }
    }

    /// The clock came round.
    fn tick(&mut self) -> IoResult<()> {
        self.stuck = if self.out.is_empty() { 0 } else { self.stuck + 1 };
        if self.stuck >= 2 || self.pinged {
            return Err(ErrorKind::TimedOut.into());
        }
        if self.decoder.is_some() {
            self.pinged = true;
            self.out.push_back(websocket::ping(&[]).into());
        } else if self.out.is_empty() {
            let keepalive = self.feed.signal(Event::Keepalive);
            self.out.push_back(keepalive.chunk(self.feed.format()));
        }
        Ok(())
    }

    fn say_goodbye(&mut self, _: End) {
        let last: &'static [u8] = b"0\r\n\r\n";
        self.out.push_back(match self.decoder {
            Some(_) => websocket::close(1001, "").into(),
            None => Bytes::from_static(last),
        });
    }

    fn read(&mut self) -> IoResult<()> {
        let mut bytes = [0; 1024];
        match self.line.read_now(&mut bytes)? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            count => self.hear(bytes.get(..count).unwrap_or_default()),
        }
    }

    /// What a client says: over HTTP it has nothing to say.
    fn hear(&mut self, bytes: &[u8]) -> IoResult<()> {
        let Some(decoder) = &mut self.decoder else { return Ok(()) };
        if self.ending || bytes.is_empty() {
            return Ok(());
        }
        let heard = decoder.feed(bytes);
        for incoming in heard.as_deref().unwrap_or_default() {
            match incoming {
                Incoming::Pong(_) => self.pinged = false,
                Incoming::Ping(payload) if self.out.len() < ANSWERS_MAX => {
                    self.out.push_back(websocket::pong(payload).into());
                }
                Incoming::Ping(_) | Incoming::Text(_) | Incoming::Binary(_) => {}
                Incoming::Close(code) => {
                    self.out.push_back(websocket::close(code.unwrap_or(1000), "").into());
                    self.ending = true;
                }
            }
        }
        if let Err(fault) = heard {
            self.out.push_back(websocket::close(fault.code(), "").into());
            self.ending = true;
        }
        Ok(())
    }

    /// Writes what there is room for.
    fn flush(&mut self) -> IoResult<()> {
        while !self.out.is_empty() {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let mut skip = self.written;
            for (slice, piece) in slices.iter_mut().zip(&self.out) {
                *slice = IoSlice::new(piece.get(skip..).unwrap_or_default());
                skip = 0;
            }
            let count = self.out.len().min(SLICES);
            match self.line.write_now(slices.get(..count).unwrap_or_default()) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => self.advance(written),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        // An idle connection has no memory for what it wrote.
        self.out = VecDeque::new();
        Ok(())
    }

    fn advance(&mut self, written: usize) {
        self.stuck = 0;
        self.written += written;
        while let Some(first) = self.out.front() {
            if self.written < first.len() {
                return;
            }
            self.written -= first.len();
            self.out.pop_front();
        }
    }
}
