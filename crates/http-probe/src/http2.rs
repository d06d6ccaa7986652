//! HTTP/2 without tasks: what the library wants to have spawned is driven by whoever waits.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::HeaderMap;
use http_body_util::Full;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper::rt::Executor;
use hyper_util::rt::TokioIo;
use tls_probe::{Seen, Stream};

use crate::exchange::Driver;
use crate::request::Limits;

/// How much of a body may be on its way unread, in bytes: the smallest usual window
/// (RFC 9113, section 6.9.2).
const WINDOW: u32 = 64 * 1024;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Opens a connection in HTTP/2 (RFC 9113, section 3.4). It does not wait for the server.
pub(crate) async fn open(
    stream: Seen<Box<dyn Stream>>,
    limits: &Limits,
) -> hyper::Result<(SendRequest<Full<Bytes>>, Driver)> {
    let tasks = Tasks::default();
    let (sender, connection) = Builder::new(tasks.clone())
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
        // The library complains of a larger head without saying that it is one; what is a little
        // too large is therefore let through, and judged by `head_size`.
        .max_header_list_size(
            u32::try_from(limits.head_bytes.max(8192).saturating_mul(4)).unwrap_or(u32::MAX),
        )
        .handshake(TokioIo::new(stream))
        .await?;
    tasks.execute(async move { drop(connection.await) });
    Ok((sender, Box::pin(Crew { tasks, running: Vec::new() })))
}

/// The size of a head (RFC 9113, section 6.5.2), in bytes.
pub(crate) fn head_size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 32).sum()
}

/// Takes tasks to be driven later.
#[derive(Clone, Default)]
struct Tasks(Arc<Mutex<Vec<Task>>>);

impl Tasks {
    fn take(&self) -> Vec<Task> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Tasks {
    fn execute(&self, task: F) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Box::pin(task));
    }
}

/// Drives all tasks of a connection: no more than a handful.
struct Crew {
    tasks: Tasks,
    running: Vec<Task>,
}

impl Future for Crew {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut woken = std::mem::take(&mut self.running);
        // A task may bring others, which are polled in the next round.
        loop {
            woken.append(&mut self.tasks.take());
            if woken.is_empty() {
                break;
            }
            let pending = woken.drain(..).filter_map(|mut task| {
                let ended = task.as_mut().poll(cx).is_ready();
                (!ended).then_some(task)
            });
            let mut pending: Vec<Task> = pending.collect();
            self.running.append(&mut pending);
        }
        if self.running.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    }
}
