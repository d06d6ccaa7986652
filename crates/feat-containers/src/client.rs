//! A small reader of Docker's API, which Podman speaks as well: `GET` over a Unix socket or a plain port, nothing else.
//!
//! Source: Docker Engine API v1.24 to v1.51 (<https://docs.docker.com/reference/api/engine/>). Every answer is bounded in
//! bytes and time.

mod error;
mod stream;

pub(crate) use error::AskError;
pub(crate) use stream::Events;
#[cfg(feature = "fuzzing")]
pub(crate) use stream::Lines;

use crate::api::{Image, Inspected, Listed, Ping};
use crate::places::Address;
use bytes::Bytes;
use http::header::{HOST, HeaderMap};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long one answer may take in all.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long the first bytes may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// The largest answer that is read: lists of some thousand containers.
const BODY_MAX: usize = 16 * 1024 * 1024;
/// The most of a log that is read, in bytes.
const LOG_MAX: usize = 32 * 1024;
/// The newest version of the API that this reader knows.
const NEWEST: (u32, u32) = (1, 51);

/// Asks one engine.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    address: Address,
    /// `/v1.45`, or empty before it is known and where the engine does not tell.
    prefix: String,
}

/// One connection, with the task that drives it. It ends when this is dropped.
struct Connection {
    sender: SendRequest<Empty<Bytes>>,
    _driver: JoinSet<()>,
}

impl Client {
    /// A client that has not asked anything yet.
    pub(crate) fn new(address: Address) -> Self {
        Self { address, prefix: String::new() }
    }

    /// Asks who is there, and agrees on a version of the API from then on.
    ///
    /// # Errors
    /// When nobody answers.
    pub(crate) async fn ping(&mut self) -> Result<Ping, AskError> {
        self.prefix.clear();
        let (status, headers, _) =
            timeout(PATIENCE, self.read("/_ping", 1024)).await.map_err(|_| AskError::Slow)??;
        if status != StatusCode::OK && status != StatusCode::FORBIDDEN {
            return Err(AskError::Status {
                path: "/_ping".to_owned(),
                status: status.as_u16(),
                said: String::new(),
            });
        }
        let ping = Ping::read(&headers);
        self.prefix = ping
            .version
            .map(|version| version.min(NEWEST))
            .map_or_else(String::new, |(major, minor)| format!("/v{major}.{minor}"));
        Ok(ping)
    }

    /// All containers, also those that do not run.
    ///
    /// # Errors
    /// When there is no readable answer.
    pub(crate) async fn containers(&self) -> Result<Vec<Listed>, AskError> {
        self.get("/containers/json?all=1").await
    }

    /// One container in full; `None` when it is not there any more.
    ///
    /// # Errors
    /// When there is no readable answer.
    pub(crate) async fn inspect(&self, id: &str) -> Result<Option<Inspected>, AskError> {
        match self.get(&format!("/containers/{}/json", only_id(id))).await {
            Ok(container) => Ok(Some(container)),
            Err(AskError::Status { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All images.
    ///
    /// # Errors
    /// When there is no readable answer.
    pub(crate) async fn images(&self) -> Result<Vec<Image>, AskError> {
        self.get("/images/json").await
    }

    /// The last lines of a container's log, as bytes: text, or frames (see [`crate::api::log_text`]).
    ///
    /// # Errors
    /// When there is no answer.
    pub(crate) async fn log_tail(&self, id: &str, lines: u32) -> Result<Bytes, AskError> {
        let path = format!("/containers/{}/logs?stdout=1&stderr=1&tail={lines}", only_id(id));
        let (status, body) = timeout(PATIENCE, async {
            let mut connection = self.connect().await?;
            let response = self.send(&mut connection, &path).await?;
            let status = response.status();
            // The beginning of what is too long is of no use, but better than nothing.
            let mut body = response.into_body();
            let mut kept = Vec::new();
            while let Some(frame) = body.frame().await {
                let Ok(data) = frame.map_err(|error| AskError::reading(&error))?.into_data() else {
                    continue;
                };
                kept.extend_from_slice(&data);
                if kept.len() > LOG_MAX {
                    break;
                }
            }
            Ok::<_, AskError>((status, Bytes::from(kept)))
        })
        .await
        .map_err(|_| AskError::Slow)??;
        if status == StatusCode::OK { Ok(body) } else { Err(AskError::status(&path, status, &body)) }
    }

    /// What happens from `since` on (seconds since 1970), as it happens.
    ///
    /// # Errors
    /// When the engine refuses.
    pub(crate) async fn events(&self, since_s: i64) -> Result<Events, AskError> {
        // {"type":["container","image"]}
        const FILTERS: &str = "%7B%22type%22%3A%5B%22container%22%2C%22image%22%5D%7D";
        let path = format!("/events?since={since_s}&filters={FILTERS}");
        let (connection, response) = timeout(PATIENCE, async {
            let mut connection = self.connect().await?;
            let response = self.send(&mut connection, &path).await?;
            Ok::<_, AskError>((connection, response))
        })
        .await
        .map_err(|_| AskError::Slow)??;
        if response.status() != StatusCode::OK {
            return Err(AskError::status(&path, response.status(), b""));
        }
        Ok(Events::new(connection, response.into_body()))
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, AskError> {
        let (status, _, body) =
            timeout(PATIENCE, self.read(path, BODY_MAX)).await.map_err(|_| AskError::Slow)??;
        if status != StatusCode::OK {
            return Err(AskError::status(path, status, &body));
        }
        serde_json::from_slice(&body)
            .map_err(|error| AskError::Unreadable { path: path.to_owned(), said: error.to_string() })
    }

    async fn read(&self, path: &str, max: usize) -> Result<(StatusCode, HeaderMap, Bytes), AskError> {
        let mut connection = self.connect().await?;
        let response = self.send(&mut connection, path).await?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, max).collect().await.map_err(|error| AskError::reading(&error))?;
        Ok((head.status, head.headers, body.to_bytes()))
    }

    async fn send(
        &self,
        connection: &mut Connection,
        path: &str,
    ) -> Result<http::Response<Incoming>, AskError> {
        let host = match &self.address {
            Address::Socket(_) => "localhost".to_owned(),
            Address::Tcp { host, port } => format!("{host}:{port}"),
        };
        let request = Request::builder()
            .method(Method::GET)
            .uri(format!("{}{path}", self.prefix))
            .header(HOST, host)
            .body(Empty::new())
            .map_err(|error| AskError::reading(&error))?;
        connection.sender.send_request(request).await.map_err(|error| AskError::reading(&error))
    }

    async fn connect(&self) -> Result<Connection, AskError> {
        let failed = |error| AskError::Connect { address: self.address.to_string(), error };
        let connecting = async {
            match &self.address {
                Address::Socket(path) => {
                    let stream = tokio::net::UnixStream::connect(path).await.map_err(failed)?;
                    Connection::over(stream).await
                }
                Address::Tcp { host, port } => {
                    let stream =
                        tokio::net::TcpStream::connect((host.as_str(), *port)).await.map_err(failed)?;
                    Connection::over(stream).await
                }
            }
        };
        timeout(CONNECT_PATIENCE, connecting).await.map_err(|_| AskError::Slow)?
    }
}

impl Connection {
    async fn over(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Result<Self, AskError> {
        let (sender, connection) =
            handshake(TokioIo::new(stream)).await.map_err(|error| AskError::reading(&error))?;
        let mut driver = JoinSet::new();
        driver.spawn(async move {
            // What goes wrong is told to who waits for the answer.
            let _ = connection.await;
        });
        Ok(Self { sender, _driver: driver })
    }
}

/// An id or a name as the API takes it; what is neither becomes something that does not exist.
fn only_id(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-')).take(128).collect()
}
