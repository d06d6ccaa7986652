//! The first head on a connection, read as far as is needed to know whether it begins a subscription.

use crate::routes::subscribe::Wanted;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use ntfy_protocol::Endpoint;
use std::io::{ErrorKind, Result};
use tokio::net::TcpStream;

/// The largest head.
const BYTES_MAX: usize = 32 << 10;
/// The most headers of a subscription; one with more goes to the HTTP server, which has its own limit.
const HEADERS_MAX: usize = 64;

/// What began on a connection.
pub(crate) enum Head {
    /// A subscription: what it wants, what came after its head, and all that was read.
    Subscription {
        /// What it wants.
        wanted: Box<Wanted>,
        /// What came after its head.
        early: Vec<u8>,
        /// All that was read.
        read: Vec<u8>,
    },
    /// Anything else, with all that was read.
    Other(Vec<u8>),
}

/// Reads until it is known what begins.
///
/// # Errors
/// When the connection breaks or ends before anything was said.
pub(crate) async fn read(stream: &TcpStream) -> Result<Head> {
    let mut bytes = Vec::new();
    loop {
        stream.readable().await?;
        // Nothing is allocated for a connection that says nothing.
        if bytes.capacity() == bytes.len() {
            bytes.reserve(1024.max(bytes.len()));
        }
        match stream.try_read_buf(&mut bytes) {
            Ok(0) if bytes.is_empty() => return Err(ErrorKind::UnexpectedEof.into()),
            Ok(0) => return Ok(Head::Other(bytes)),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        }
        match judge(&bytes) {
            Judged::Subscription(wanted, end) => {
                let early = bytes.get(end..).unwrap_or_default().to_vec();
                return Ok(Head::Subscription { wanted, early, read: bytes });
            }
            Judged::Other => return Ok(Head::Other(bytes)),
            Judged::Unfinished if bytes.len() >= BYTES_MAX => return Ok(Head::Other(bytes)),
            Judged::Unfinished => {}
        }
    }
}

/// What the first bytes say.
pub(crate) enum Judged {
    /// A subscription, and where its head ends.
    Subscription(Box<Wanted>, usize),
    /// Anything else.
    Other,
    /// Not enough yet.
    Unfinished,
}

/// Says what begins with these bytes.
pub(crate) fn judge(bytes: &[u8]) -> Judged {
    // Only GET begins a subscription; a request to publish need not wait for the end of its head here.
    if !b"GET ".starts_with(bytes.get(..4).unwrap_or(bytes)) {
        return Judged::Other;
    }
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    match request.parse(bytes) {
        Ok(httparse::Status::Partial) => Judged::Unfinished,
        Err(_) => Judged::Other,
        Ok(httparse::Status::Complete(end)) => {
            wanted(&request).map_or(Judged::Other, |wanted| Judged::Subscription(Box::new(wanted), end))
        }
    }
}

/// What a subscription wants. What is not quite as it should be is left to the HTTP server, which has an answer for it.
fn wanted(request: &httparse::Request<'_, '_>) -> Option<Wanted> {
    let target = request.path.filter(|target| target.starts_with('/') && request.version == Some(1))?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let Ok(Endpoint::Subscribe(topics, format)) = Endpoint::of(&Method::GET, path) else { return None };
    let mut headers = HeaderMap::with_capacity(request.headers.len());
    for header in request.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(header.value).ok()?);
    }
    let hosts = headers.get_all("host").iter().count();
    let has_body = headers.contains_key("transfer-encoding")
        || headers.get("content-length").is_some_and(|length| length.as_bytes() != b"0");
    if hosts != 1 || has_body {
        return None;
    }
    Some(Wanted { topics, format, headers, query: query.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ntfy_protocol::Format;

    fn topics(judged: Judged) -> Option<(String, Format, usize)> {
        match judged {
            Judged::Subscription(wanted, end) => Some((wanted.topics.joined(), wanted.format, end)),
            Judged::Other | Judged::Unfinished => None,
        }
    }

    #[test]
    fn a_subscription_is_known_by_its_head() {
        let head = b"GET /a,b/json?since=all HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n\r\n";
        assert_eq!(topics(judge(head)), Some(("a,b".to_owned(), Format::Json, head.len())));
        let mut with_more = head.to_vec();
        with_more.extend_from_slice(b"early");
        assert_eq!(topics(judge(&with_more)).map(|(_, _, end)| end), Some(head.len()));
        for cut in 0..head.len() {
            assert!(matches!(judge(&head[..cut]), Judged::Unfinished), "{cut}");
        }
    }

    #[test]
    fn everything_else_is_somebody_elses() {
        for head in [
            &b"POST /a/json HTTP/1.1\r\n"[..],
            b"P",
            b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET /a/json HTTP/1.0\r\nHost: x\r\n\r\n",
            b"GET /a/json HTTP/1.1\r\n\r\n",
            b"GET /a/json HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
            b"GET /a/json HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
            b"GET /v1/health HTTP/1.1\r\nHost: x\r\n\r\n",
            b"GET http://x/a/json HTTP/1.1\r\nHost: x\r\n\r\n",
            b"\x16\x03\x01",
        ] {
            assert!(matches!(judge(head), Judged::Other), "{}", String::from_utf8_lossy(head));
        }
    }
}
