//! Accepting connections, over TCP and over the socket in the data directory, within limits.

use crate::guard::Peer;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hob_base::{Result, error::Doing};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use tracing::warn;

/// Connections at the same time. Beyond it new ones wait to be accepted.
const CONNECTIONS_MAX: usize = 4096;
/// The longest that a request's head may take to arrive; also the longest an idle connection is kept.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// The largest request head.
const HEAD_BYTES_MAX: usize = 32 << 10;
/// How long connections may go on after the hub was asked to stop.
const DRAIN: Duration = Duration::from_secs(2);

/// Where connections come from.
pub(crate) trait Door: Send + Sync {
    /// A connection's bytes.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Waits for the next connection.
    fn accept_next(&self) -> impl Future<Output = std::io::Result<(Self::Stream, Peer)>> + Send;
}

impl Door for TcpListener {
    type Stream = TcpStream;

    async fn accept_next(&self) -> std::io::Result<(TcpStream, Peer)> {
        let (stream, address) = self.accept().await?;
        // Small answers must not wait for more data to come.
        let _ = stream.set_nodelay(true);
        Ok((stream, Peer::Network(address)))
    }
}

impl Door for UnixListener {
    type Stream = UnixStream;

    async fn accept_next(&self) -> std::io::Result<(UnixStream, Peer)> {
        Ok((self.accept().await?.0, Peer::Local))
    }
}

/// Opens the local socket, replacing one that an earlier run left behind. Only its owner can connect.
pub(crate) fn bind_local(path: &Path) -> Result<UnixListener> {
    let doing = || format!("Opening the local socket {}", path.display());
    // The lock of the data directory is ours, so nobody listens there any more.
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path).doing(doing)?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).doing(doing)?;
    Ok(listener)
}

/// Serves who comes through `door` until the hub is asked to stop.
pub(crate) async fn serve<D: Door>(door: Arc<D>, app: Router, stop: CancellationToken) -> Result<()> {
    let mut connections = Connections::new(app, stop.clone());
    loop {
        let place = connections.place().await;
        let accepted = tokio::select! {
            accepted = door.accept_next() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => connections.serve(stream, peer, place),
            // Out of file descriptors, or a client that left already: neither is a reason to end.
            Err(error) => {
                warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    connections.drain().await;
    Ok(())
}

struct Connections {
    app: Router,
    stop: CancellationToken,
    tasks: JoinSet<()>,
    places: Arc<Semaphore>,
}

/// Speaks HTTP/1.1 on one connection until it ends or the hub is asked to stop. For features with a port of their own, too.
pub async fn serve_connection<S>(stream: S, peer: Peer, app: Router, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        app.clone().oneshot(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    tokio::select! {
        // A client that breaks off or speaks no HTTP is its own business.
        _ = connection.as_mut() => {}
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            let _ = tokio::time::timeout(DRAIN, connection).await;
        }
    }
}

type Place = Option<tokio::sync::OwnedSemaphorePermit>;

impl Connections {
    fn new(app: Router, stop: CancellationToken) -> Self {
        Self { app, stop, tasks: JoinSet::new(), places: Arc::new(Semaphore::new(CONNECTIONS_MAX)) }
    }

    async fn place(&mut self) -> Place {
        while self.tasks.try_join_next().is_some() {}
        // The semaphore is never closed.
        self.places.clone().acquire_owned().await.ok()
    }

    fn serve<S>(&mut self, stream: S, peer: Peer, place: Place)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (app, stop) = (self.app.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            serve_connection(stream, peer, app, stop).await;
            drop(place);
        });
    }

    async fn drain(mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}
