//! What changes on pages, pushed to every browser over server-sent events.
//!
//! A change is rendered once and sent to all; each browser gets a reference to the same bytes. A page says in its
//! `data-live` which event it already contains, and gets what came after it; if that is too long ago (a laptop that
//! slept for hours, a hub that was restarted), it is told to fetch itself anew.

use crate::answer::Failure;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use hob_base::Error;
use hob_feature::Ctx;
use maud::Markup;
use serde::Deserialize;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::broadcast;
use tokio_stream::wrappers::BroadcastStream;

/// How many events are kept for browsers that come back.
const RING_MAX: usize = 256;
/// How many browsers may listen at once.
const BROWSERS_MAX: usize = 1000;
/// A silent connection is kept open through proxies by a comment this often.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// After this a browser has to connect again, so that a revoked session ends.
const CONNECTION_MAX: Duration = Duration::from_secs(120);

/// Changes within this time are one hint for [`serve_hints`].
const HINT_EVERY: Duration = Duration::from_secs(1);

/// How long a browser waits before it connects again, in milliseconds.
const RETRY_MS: u32 = 500;

/// The stage from which changes are pushed. One per hub: [`live`] finds it.
pub struct Live {
    state: Mutex<Ring>,
    sender: broadcast::Sender<Event>,
    browsers: AtomicUsize,
}

#[derive(Default)]
struct Ring {
    boot: String,
    last: u64,
    events: VecDeque<Event>,
}

#[derive(Debug, Clone)]
pub(crate) struct Event {
    number: u64,
    frame: Bytes,
}

impl Default for Live {
    fn default() -> Self {
        Self { state: Mutex::default(), sender: broadcast::channel(128).0, browsers: AtomicUsize::new(0) }
    }
}

/// The stage of this hub.
pub fn live(ctx: &Ctx) -> Arc<Live> {
    let live = ctx.memory.of::<Live>();
    let mut ring = live.state.lock().unwrap_or_else(PoisonError::into_inner);
    if ring.boot.is_empty() {
        // Tells the pages of an earlier run of the hub from those of this one.
        ring.boot = format!("{:x}", ctx.clock.now().millis());
    }
    drop(ring);
    live
}

impl Live {
    /// Sends fragments to every page: each top-level element replaces the one with the same id, where there is one.
    pub fn swap(&self, fragments: &Markup) {
        self.publish("swap", &fragments.0);
    }

    /// Tells every page that shows one of `topics` (divided by tabs; `*` is all) in a `data-live-topic` to fetch itself
    /// anew, because things came or went.
    pub fn stale(&self, topics: &str) {
        self.publish("stale", topics);
    }

    /// Where the stream is now, for a page that is being drawn.
    pub fn position(&self) -> String {
        let ring = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        format!("{}.{}", ring.boot, ring.last)
    }

    /// How many browsers listen.
    pub fn browsers(&self) -> usize {
        self.browsers.load(Ordering::Relaxed)
    }

    fn publish(&self, event: &str, data: &str) {
        let mut ring = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        ring.last += 1;
        let event =
            Event { number: ring.last, frame: frame(&format!("{}.{}", ring.boot, ring.last), event, data) };
        if ring.events.len() == RING_MAX {
            ring.events.pop_front();
        }
        ring.events.push_back(event.clone());
        // Sent under the lock, so that events arrive in the order of their numbers. Nobody may be listening.
        let _ = self.sender.send(event);
    }

    /// What a page at `position` has missed, and everything from now on.
    pub(crate) fn follow(&self, position: &str) -> (Vec<Bytes>, broadcast::Receiver<Event>) {
        let ring = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let receiver = self.sender.subscribe();
        let here = format!("{}.{}", ring.boot, ring.last);
        let hello = frame("", "hello", &here);
        let seen =
            position.split_once('.').filter(|(boot, _)| *boot == ring.boot).and_then(|(_, n)| n.parse().ok());
        let oldest = ring.events.front().map_or(ring.last + 1, |event| event.number);
        let missed = match seen {
            Some(seen) if seen <= ring.last && seen + 1 >= oldest => ring
                .events
                .iter()
                .filter(|event| event.number > seen)
                .map(|event| event.frame.clone())
                .collect(),
            _ => vec![frame(&here, "stale", "*")],
        };
        ([vec![hello], missed].concat(), receiver)
    }
}

/// One event in the wire format of server-sent events (HTML Living Standard, section 9.2).
fn frame(id: &str, event: &str, data: &str) -> Bytes {
    // Without an id the browser keeps the last one it heard.
    let id = if id.is_empty() { String::new() } else { format!("id: {id}\n") };
    // The connection ends regularly; the browser is to come back at once.
    let mut text = format!("{id}event: {event}\nretry: {RETRY_MS}\n");
    for line in data.split(['\n', '\r']) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "data: {line}");
    }
    text.push('\n');
    Bytes::from(text)
}

#[derive(Debug, Deserialize)]
pub(crate) struct At {
    at: Option<String>,
}

/// `GET /live?at=POSITION`
pub(crate) async fn serve_live(
    State(ctx): State<Ctx>,
    Query(query): Query<At>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let live = live(&ctx);
    let Some(seat) = Seat::take(&live) else {
        return Err(Error::Unavailable(format!(
            "{BROWSERS_MAX} browsers are connected already; this page does not update by itself."
        ))
        .into());
    };
    // A browser that reconnects by itself knows better than the address it was first given.
    let position =
        headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned).or(query.at);
    let (first, receiver) = live.follow(position.as_deref().unwrap_or_default());
    let frames = stream::iter(first).chain(following(receiver, ctx, seat)).map(Ok::<_, Infallible>);
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // Ask reverse proxies not to collect events before passing them on.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(frames)).into_response())
}

fn following(receiver: broadcast::Receiver<Event>, ctx: Ctx, seat: Seat) -> impl Stream<Item = Bytes> {
    let end = tokio::time::Instant::now() + CONNECTION_MAX;
    stream::unfold((BroadcastStream::new(receiver), ctx, seat), move |(mut events, ctx, seat)| async move {
        let frame = tokio::select! {
            event = events.next() => match event {
                Some(Ok(event)) => event.frame,
                // This browser is too slow; it fetches the page anew instead of every event it missed.
                Some(Err(_)) => frame("", "stale", "*"),
                None => return None,
            },
            () = tokio::time::sleep(KEEP_ALIVE) => Bytes::from_static(b":\n\n"),
            () = tokio::time::sleep_until(end) => return None,
            () = ctx.shutdown.cancelled() => return None,
        };
        Some((frame, (events, ctx, seat)))
    })
}

/// A stream that says that something changed, and nothing of what: for displays that may see one page and no more. A page
/// is told at most once in [`HINT_EVERY`], and fetches itself.
///
/// # Errors
/// When too many browsers listen already.
pub fn serve_hints(ctx: &Ctx) -> Result<Response, Failure> {
    let live = live(ctx);
    let Some(seat) = Seat::take(&live) else {
        return Err(Error::Unavailable(format!("{BROWSERS_MAX} browsers are connected already.")).into());
    };
    let receiver = live.sender.subscribe();
    let first = [frame("", "hello", "wall"), frame("", "stale", "wall")];
    let hints = stream::iter(first).chain(hinting(receiver, ctx.clone(), seat)).map(Ok::<_, Infallible>);
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(hints)).into_response())
}

fn hinting(receiver: broadcast::Receiver<Event>, ctx: Ctx, seat: Seat) -> impl Stream<Item = Bytes> {
    let end = tokio::time::Instant::now() + CONNECTION_MAX;
    stream::unfold((receiver, ctx, seat), move |(mut events, ctx, seat)| async move {
        let frame = tokio::select! {
            event = events.recv() => match event {
                Err(broadcast::error::RecvError::Closed) => return None,
                // Whatever it is, and however much was missed: something changed.
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {
                    tokio::time::sleep(HINT_EVERY).await;
                    events = events.resubscribe();
                    frame("", "stale", "wall")
                }
            },
            () = tokio::time::sleep(KEEP_ALIVE) => Bytes::from_static(b":\n\n"),
            () = tokio::time::sleep_until(end) => return None,
            () = ctx.shutdown.cancelled() => return None,
        };
        Some((frame, (events, ctx, seat)))
    })
}

/// A place among the browsers that listen, given back when dropped.
struct Seat(Arc<Live>);

impl Seat {
    fn take(live: &Arc<Live>) -> Option<Self> {
        let before = live.browsers.fetch_add(1, Ordering::Relaxed);
        let seat = Self(live.clone());
        (before < BROWSERS_MAX).then_some(seat)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.browsers.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage() -> Live {
        let live = Live::default();
        live.state.lock().unwrap().boot = "b".to_owned();
        live
    }

    fn text(frames: &[Bytes]) -> String {
        frames.iter().map(|f| String::from_utf8_lossy(f).into_owned()).collect()
    }

    #[test]
    fn a_page_gets_what_came_after_it_was_drawn() {
        let live = stage();
        live.stale("one");
        let at = live.position();
        live.stale("two");
        let missed = text(&live.follow(&at).0);
        assert!(missed.contains("data: two") && !missed.contains("data: one"), "{missed}");
    }

    #[test]
    fn a_page_from_another_run_or_from_long_ago_is_told_to_fetch_itself() {
        let live = stage();
        for position in ["", "other.1", "b.99", "nonsense", "b.x"] {
            assert!(
                text(&live.follow(position).0).contains("event: stale\nretry: 500\ndata: *"),
                "{position}"
            );
        }
        for _ in 0..=RING_MAX {
            live.stale("x");
        }
        assert!(text(&live.follow("b.0").0).contains("data: *"));
    }

    #[test]
    fn data_cannot_break_out_of_its_event() {
        let frame = frame("1", "swap", "a\n\nevent: evil\rdata: b");
        assert_eq!(
            &frame[..],
            b"id: 1\nevent: swap\nretry: 500\ndata: a\ndata: \ndata: event: evil\ndata: data: b\n\n"
        );
    }
}
