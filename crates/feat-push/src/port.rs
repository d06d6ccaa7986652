//! The push server's own port. A subscription is taken over as soon as its head is read, and is little more than a socket
//! from then on; everything else goes to the HTTP server with the bytes that were read put in front.

pub(crate) mod head;
mod rewind;

pub(crate) use rewind::Rewind;

use crate::config::{self, Listen};
use crate::desk::desk;
use crate::feed::{Feed, Past};
use crate::routes::subscribe::{self, Wanted};
use crate::{routes, stream};
use axum::Router;
use head::Head;
use hob_base::{Error, Result};
use hob_feature::Ctx;
use hob_web::{Peer, serve_connection};
use ntfy_protocol::{Format, Refusal, websocket};
use socket2::SockRef;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

/// One beside the hub's usual one.
const USUAL_PORT: u16 = 4621;
/// Connections at the same time. Beyond it new ones wait to be accepted.
const CONNECTIONS_MAX: usize = 10_000;
/// The longest that a request's head may take to arrive.
const HEAD_WITHIN: Duration = Duration::from_secs(30);
/// How long connections may go on after the hub was asked to stop.
const DRAIN: Duration = Duration::from_secs(3);
/// After this long without a sign of life, what was sent is given up, and the connection with it. The system's own time
/// is a quarter of an hour.
const SILENCE: Duration = Duration::from_secs(120);
/// How long a refusal may take to be written.
const REFUSE_WITHIN: Duration = Duration::from_secs(5);

/// Listens until the hub stops.
pub(crate) async fn run(ctx: Ctx, stop: CancellationToken) -> Result<()> {
    let Some(address) = address(&ctx) else {
        stop.cancelled().await;
        return Ok(());
    };
    let listener = TcpListener::bind(address).await.map_err(|error| cannot_listen(address, &error))?;
    let bound = listener.local_addr().unwrap_or(address);
    desk(&ctx).set_address(Some(bound));
    ctx.listening.lock().unwrap_or_else(PoisonError::into_inner).push(bound);
    info!(address = %bound, "the push server listens");
    serve(&ctx, &listener, &stop).await;
    desk(&ctx).set_address(None);
    ctx.listening.lock().unwrap_or_else(PoisonError::into_inner).retain(|other| *other != bound);
    Ok(())
}

/// Where it is to listen.
pub(crate) fn address(ctx: &Ctx) -> Option<SocketAddr> {
    match config::settings(ctx).listen {
        Listen::Nowhere => None,
        Listen::At(address) => Some(address),
        Listen::BesideTheHub => {
            let mut address = ctx.listen;
            // Any port for the hub means any port for this.
            address.set_port(if address.port() == 0 {
                0
            } else {
                address.port().checked_add(1).unwrap_or(USUAL_PORT)
            });
            Some(address)
        }
    }
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> Error {
    let why = match error.kind() {
        std::io::ErrorKind::AddrInUse => "another program has that port".to_owned(),
        std::io::ErrorKind::PermissionDenied => "ports below 1024 need root".to_owned(),
        std::io::ErrorKind::AddrNotAvailable => "this machine does not have that address".to_owned(),
        _ => error.to_string(),
    };
    Error::Unavailable(format!(
        "The push server cannot listen on {address}: {why}. Set another address in hob.toml: [push] listen = \
         \"0.0.0.0:4622\", or \"none\" for none."
    ))
}

async fn serve(ctx: &Ctx, listener: &TcpListener, stop: &CancellationToken) {
    let app = routes::push_router(ctx);
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut tasks = JoinSet::new();
    loop {
        // The semaphore is never closed.
        let place = tokio::select! {
            place = places.clone().acquire_owned() => place.ok(),
            Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
            () = stop.cancelled() => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = tasks.join_next(), if !tasks.is_empty() => continue,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                // Small messages must not wait for more to come.
                let _ = stream.set_nodelay(true);
                let _ = SockRef::from(&stream).set_tcp_user_timeout(Some(SILENCE));
                let connection = Connection { ctx: ctx.clone(), app: app.clone(), stop: stop.clone() };
                tasks.spawn(connection.run(stream, peer, place));
            }
            // Out of file descriptors, or a client that left already: neither is a reason to end.
            Err(error) => {
                warn!(%error, "a connection to the push server could not be accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    let drained = async { while tasks.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(DRAIN, drained).await;
}

struct Connection {
    ctx: Ctx,
    app: Router,
    stop: CancellationToken,
}

/// What becomes of a connection after its first head.
enum Next {
    /// It is a subscription.
    Carry { feed: Box<Feed>, past: Past, head: Vec<u8>, early: Vec<u8> },
    /// It is anything else.
    Serve(Vec<u8>),
    /// It is refused, broken or gone.
    Nothing,
}

impl Connection {
    async fn run(self, mut stream: TcpStream, peer: SocketAddr, place: Option<OwnedSemaphorePermit>) {
        // Each part in its own box: a subscription that goes on for weeks has no room for what began it.
        match Box::pin(self.begin(&mut stream, peer)).await {
            Next::Carry { feed, past, head, early } => {
                drop(self);
                let early = early.into_boxed_slice();
                stream::carry(stream, feed, past, head, &early).await;
            }
            Next::Serve(early) => {
                let stream = Rewind::new(early, stream);
                let Self { app, stop, .. } = self;
                Box::pin(serve_connection(stream, Peer::Network(peer), app, stop)).await;
            }
            Next::Nothing => {}
        }
        drop(place);
    }

    async fn begin(&self, stream: &mut TcpStream, peer: SocketAddr) -> Next {
        let head = tokio::select! {
            head = tokio::time::timeout(HEAD_WITHIN, head::read(stream)) => head,
            () = self.stop.cancelled() => return Next::Nothing,
        };
        match head {
            Ok(Ok(Head::Subscription { wanted, early, read })) => {
                self.subscribe(stream, *wanted, early, read, peer).await
            }
            Ok(Ok(Head::Other(read))) => Next::Serve(read),
            Ok(Err(_)) | Err(_) => Next::Nothing,
        }
    }

    async fn subscribe(
        &self,
        stream: &mut TcpStream,
        wanted: Wanted,
        early: Vec<u8>,
        read: Vec<u8>,
        peer: SocketAddr,
    ) -> Next {
        if wanted.polls() {
            return Next::Serve(read);
        }
        let head = match wanted.answer_head() {
            Ok(head) => head,
            Err(refusal) => return refuse(stream, &refusal).await,
        };
        match subscribe::open(&self.ctx, wanted, Peer::Network(peer)).await {
            Ok((feed, past)) => Next::Carry { feed: Box::new(feed), past, head, early },
            Err(refusal) => refuse(stream, &refusal).await,
        }
    }
}

async fn refuse(stream: &mut TcpStream, refusal: &Refusal) -> Next {
    let body = format!("{}\n", refusal.to_json());
    let reason = http::StatusCode::from_u16(refusal.http).ok().and_then(|status| status.canonical_reason());
    let answer = format!(
        "HTTP/1.1 {} {}\r\nContent-Type: application/json\r\nAccess-Control-Allow-Origin: *\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        refusal.http,
        reason.unwrap_or("Refused"),
        body.len(),
    );
    let write = async {
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await
    };
    let _ = tokio::time::timeout(REFUSE_WITHIN, write).await;
    Next::Nothing
}

impl Wanted {
    /// The head of the answer that begins this subscription.
    fn answer_head(&self) -> Result<Vec<u8>, Refusal> {
        if self.format == Format::WebSocket {
            let accept = websocket::accept(&self.headers)?;
            return Ok(format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Accept: {accept}\r\n\r\n"
            )
            .into_bytes());
        }
        Ok(format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nAccess-Control-Allow-Origin: *\r\nCache-Control: no-store\r\n\
             X-Accel-Buffering: no\r\nTransfer-Encoding: chunked\r\n\r\n",
            self.format.content_type()
        )
        .into_bytes())
    }
}
