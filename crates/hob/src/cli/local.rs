//! Talks to the hub of this machine over the socket in its data directory, which needs no token.

use super::settings::Settings;
use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::Request;
use hyper::http::request::Builder;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::io::Read;
use std::path::Path;
use std::time::Duration;
use tokio::net::UnixStream;

/// The largest answer that is read.
const ANSWER_BYTES_MAX: usize = 256 << 20;
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Why there is no answer.
pub(crate) enum NoAnswer {
    /// No hub runs on this data directory.
    NoHub(String),
    /// The hub refused.
    Refused(String),
}

/// Asks the hub for a path of its API.
pub(crate) async fn ask(settings: &Settings, path: &str) -> Result<Value, NoAnswer> {
    bounded(exchange(settings, Request::get(path), Bytes::new())).await
}

/// Sends something to a path of its API.
pub(crate) async fn send(settings: &Settings, path: &str, body: Bytes) -> Result<Value, NoAnswer> {
    bounded(exchange(settings, Request::post(path), body)).await
}

/// A file, or with `-` what is piped in, of at most so many bytes.
pub(crate) fn read_file(file: &Path, most: u64) -> Result<Vec<u8>, String> {
    let doing = |error: std::io::Error| format!("{} cannot be read: {error}", file.display());
    let mut bytes = Vec::new();
    // One more than is allowed shows that there is more.
    if file == Path::new("-") {
        std::io::stdin().take(most + 1).read_to_end(&mut bytes).map_err(doing)?;
    } else {
        std::fs::File::open(file).map_err(doing)?.take(most + 1).read_to_end(&mut bytes).map_err(doing)?;
    }
    if bytes.len() as u64 > most {
        let mib = most >> 20;
        return Err(format!("{} is larger than {mib} MiB, which is the most that is read.", file.display()));
    }
    Ok(bytes)
}

async fn bounded(answer: impl Future<Output = Result<Value, NoAnswer>>) -> Result<Value, NoAnswer> {
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(NoAnswer::Refused("The hub did not answer within 20 seconds.".to_owned())),
    }
}

async fn exchange(settings: &Settings, request: Builder, body: Bytes) -> Result<Value, NoAnswer> {
    let socket = settings.data.join(hob_web::hub::LOCAL_SOCKET);
    let stream = UnixStream::connect(&socket).await.map_err(|error| {
        let data = settings.data.display();
        NoAnswer::NoHub(match error.kind() {
            std::io::ErrorKind::PermissionDenied => {
                format!("The hub's data directory {data} belongs to another user: run this as that user or as root.")
            }
            _ => format!("No hub runs on the data directory {data}. Start one with `hob serve`, or name another directory with --data."),
        })
    })?;
    let broken = |error: &dyn std::fmt::Display| {
        NoAnswer::Refused(format!("The answer of the hub broke off: {error}"))
    };
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|e| broken(&e))?;
    let request = request
        .header("host", "hob.local")
        .header("accept", "application/json")
        .body(Full::new(body))
        .map_err(|e| broken(&e))?;
    let read = async {
        let response = sender.send_request(request).await.map_err(|e| broken(&e))?;
        let status = response.status();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX)
            .collect()
            .await
            .map_err(|e| broken(&e))?
            .to_bytes();
        let value: Value = serde_json::from_slice(&body).map_err(|e| broken(&e))?;
        if status.is_success() {
            return Ok(value);
        }
        Err(NoAnswer::Refused(value["detail"].as_str().unwrap_or("The hub refused.").to_owned()))
    };
    tokio::pin!(read);
    tokio::select! {
        answer = &mut read => answer,
        // The connection may end as soon as the answer is complete.
        _ = connection => read.await,
    }
}
