//! What goes over the wire for each behaviour.

use std::io;
use std::time::Duration;

use http::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Behaviour, REDIRECTS, Request, SCRIPT_TITLE};

const HTML: &str = "text/html; charset=utf-8";
const PNG_SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
const ICON_PATHS: [&str; 2] = ["/icon", "/favicon.ico"];

/// How long a connection that was closed for writing waits for its client to leave.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the connection can take another request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    KeepAlive,
    Close,
}

/// Answers one request; `url` is what the service calls itself.
pub(super) async fn answer(
    stream: &mut TcpStream,
    request: &Request,
    behaviour: Behaviour,
    url: &str,
) -> io::Result<After> {
    let path = request.path.split('?').next().unwrap_or_default();
    match behaviour {
        Behaviour::Page { title, status, icon } => {
            return send(stream, request, titled(path, status, &title, icon)).await;
        }
        Behaviour::Status(status) => {
            return send(stream, request, Response::page(status, &reason(status), false)).await;
        }
        Behaviour::Slow(delay) => {
            tokio::time::sleep(delay).await;
            return send(stream, request, Response::page(200, "Slow", false)).await;
        }
        Behaviour::Redirect(location) => {
            return send(stream, request, redirect(&request.path, &location, url)).await;
        }
        Behaviour::RedirectForever => {
            let step: u32 = path.trim_matches('/').parse().unwrap_or(0);
            let response = match step {
                REDIRECTS.. => Response::page(200, "The end", false),
                _ => Response::redirect(&format!("/{}", step + 1)),
            };
            return send(stream, request, response).await;
        }
        Behaviour::InvalidUtf8 => return send(stream, request, Response::html(INVALID_UTF8)).await,
        Behaviour::ScriptTitle => {
            return send(stream, request, Response::page(200, SCRIPT_TITLE, false)).await;
        }
        Behaviour::HugeIcon(bytes) if ICON_PATHS.contains(&path) => huge_icon(stream, bytes).await?,
        Behaviour::HugeIcon(_) => {
            return send(stream, request, Response::page(200, "Huge icon", true)).await;
        }
        Behaviour::Hang => until_gone(stream).await?,
        Behaviour::HangInBody => {
            let start = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 4096\r\n\r\n<!doctype html><html><head>";
            stream.write_all(start).await?;
            until_gone(stream).await?;
        }
        Behaviour::EndlessHeader => {
            endless(stream, b"HTTP/1.1 200 OK\r\n", b"x-filler: aaaaaaaaaaaaaaaa\r\n").await?;
        }
        Behaviour::EndlessBody => {
            let head = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<!doctype html><html><head>";
            endless(stream, head, b"<!-- filler -->\n").await?;
        }
        Behaviour::Raw(bytes) | Behaviour::Garbage(bytes) => {
            stream.write_all(&bytes).await?;
            finish(stream).await?;
        }
        Behaviour::Banner(line) => {
            stream.write_all(line.as_bytes()).await?;
            until_gone(stream).await?;
        }
        // Flapping is resolved before it gets here.
        Behaviour::CloseAtOnce | Behaviour::Flapping { .. } => {}
    }
    Ok(After::Close)
}

/// Reads and discards until the client leaves.
pub(super) async fn until_gone(stream: &mut TcpStream) -> io::Result<()> {
    let mut discarded = [0; 4096];
    while stream.read(&mut discarded).await? > 0 {}
    Ok(())
}

/// Ends the answer without losing it: a socket closed with unread input would reset the connection, and the
/// client could lose what was sent.
pub(super) async fn finish(stream: &mut TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    tokio::time::timeout(PATIENCE, until_gone(stream)).await.unwrap_or(Ok(()))
}

struct Response {
    status: u16,
    content_type: &'static str,
    location: Option<String>,
    body: Vec<u8>,
}

impl Response {
    fn html(body: &[u8]) -> Self {
        Self { status: 200, content_type: HTML, location: None, body: body.to_vec() }
    }

    fn page(status: u16, title: &str, has_icon: bool) -> Self {
        let title = escape(title);
        let link = if has_icon { "<link rel=\"icon\" href=\"/icon\">" } else { "" };
        let body = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>{link}</head>\
             <body><h1>{title}</h1></body></html>"
        );
        Self { status, ..Self::html(body.as_bytes()) }
    }

    fn redirect(location: &str) -> Self {
        Self { status: 302, location: Some(location.to_owned()), ..Self::html(b"") }
    }
}

fn titled(path: &str, status: u16, title: &str, icon: Option<Vec<u8>>) -> Response {
    let has_icon = icon.is_some();
    match icon {
        Some(body) if ICON_PATHS.contains(&path) => {
            Response { status: 200, content_type: image_type(&body), location: None, body }
        }
        None if path == "/favicon.ico" => Response::page(404, "Not found", false),
        _ => Response::page(status, title, has_icon),
    }
}

fn redirect(path: &str, location: &str, url: &str) -> Response {
    if path == location || location == format!("{url}{path}") {
        Response::page(200, "Arrived", false)
    } else {
        Response::redirect(location)
    }
}

fn image_type(bytes: &[u8]) -> &'static str {
    if bytes.starts_with(PNG_SIGNATURE) {
        "image/png"
    } else if bytes.starts_with(b"<svg") || bytes.starts_with(b"<?xml") {
        "image/svg+xml"
    } else {
        "image/x-icon"
    }
}

fn reason(status: u16) -> String {
    let known = StatusCode::from_u16(status).ok();
    let name = known.and_then(|code| code.canonical_reason()).unwrap_or("Unheard Of");
    format!("{status} {name}")
}

async fn send(stream: &mut TcpStream, request: &Request, response: Response) -> io::Result<After> {
    let Response { status, content_type, location, body } = response;
    let mut message = format!("HTTP/1.1 {}\r\ncontent-type: {content_type}\r\n", reason(status));
    if let Some(location) = location {
        message += &format!("location: {location}\r\n");
    }
    // These never have a body, and a client would take one for the start of the next answer.
    let bodiless = matches!(status, 100..=199 | 204 | 304);
    if !bodiless {
        message += &format!("content-length: {}\r\n", body.len());
    }
    let close = request.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"));
    message += if close { "connection: close\r\n\r\n" } else { "\r\n" };
    let mut bytes = message.into_bytes();
    if !bodiless && request.method != "HEAD" {
        bytes.extend_from_slice(&body);
    }
    stream.write_all(&bytes).await?;
    if close {
        finish(stream).await?;
        return Ok(After::Close);
    }
    Ok(After::KeepAlive)
}

async fn huge_icon(stream: &mut TcpStream, bytes: u64) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: {bytes}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    let mut left = bytes;
    let mut chunk = [0_u8; 16 * 1024];
    chunk[..PNG_SIGNATURE.len()].copy_from_slice(PNG_SIGNATURE);
    while left > 0 {
        let size = usize::try_from(left).unwrap_or(usize::MAX).min(chunk.len());
        stream.write_all(&chunk[..size]).await?;
        chunk.fill(0);
        left -= size as u64;
    }
    finish(stream).await
}

/// Sends until the client has had enough and leaves.
async fn endless(stream: &mut TcpStream, start: &[u8], filler: &[u8]) -> io::Result<()> {
    stream.write_all(start).await?;
    let chunk = filler.repeat(512);
    loop {
        stream.write_all(&chunk).await?;
    }
}

const INVALID_UTF8: &[u8] =
    b"<!doctype html><html><head><meta charset=\"utf-8\"><title>Caf\xe9\xff\xfe</title></head><body>\xc3(</body></html>";

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
