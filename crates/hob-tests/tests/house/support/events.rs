//! A listener on server-sent events, as a browser's `EventSource` is one.

use super::PATIENCE;
use bytes::Bytes;
use hob_testkit::client::Client;
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as Pool;
use hyper_util::rt::TokioExecutor;
use std::net::SocketAddr;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) data: String,
}

/// An open stream of events.
pub(crate) struct Events {
    pub(crate) headers: HeaderMap,
    body: Incoming,
    unread: String,
}

impl Events {
    /// Opens `GET /live` with the cookies of this client. `last` is the event that was seen last.
    pub(crate) async fn open(
        address: SocketAddr,
        client: &Client,
        last: Option<&str>,
    ) -> Result<Self, StatusCode> {
        let cookies: Vec<String> =
            client.cookies().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = Request::get(format!("http://{address}/live"))
            .header(header::ACCEPT, "text/event-stream")
            .header(header::COOKIE, cookies.join("; "));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let pool = Pool::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
        let response = pool.request(request.body(Empty::new()).unwrap()).await.unwrap();
        if !response.status().is_success() {
            return Err(response.status());
        }
        let (parts, body) = response.into_parts();
        Ok(Self { headers: parts.headers, body, unread: String::new() })
    }

    /// The next event; comments are passed over. `None` when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            while let Some((block, rest)) = self.unread.split_once("\n\n") {
                let event = parse(block);
                self.unread = rest.to_owned();
                if let Some(event) = event {
                    return Some(event);
                }
            }
            let frame = tokio::time::timeout(PATIENCE, self.body.frame()).await.expect("an event in time");
            let Ok(data) = frame?.ok()?.into_data() else { continue };
            self.unread.push_str(&String::from_utf8_lossy(&data));
        }
    }

    /// The next event that will do.
    pub(crate) async fn wait_for(&mut self, what: &str, will_do: impl Fn(&Event) -> bool) -> Event {
        let end = tokio::time::Instant::now() + PATIENCE;
        let mut passed = Vec::new();
        while tokio::time::Instant::now() < end {
            let event = self.next().await.unwrap_or_else(|| panic!("the stream ended before {what}"));
            if will_do(&event) {
                return event;
            }
            passed.push(event);
        }
        panic!("not within {PATIENCE:?}: {what}; there were {passed:?}");
    }
}

fn parse(block: &str) -> Option<Event> {
    let field = |name: &str| -> Vec<&str> {
        block.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).collect()
    };
    let name = field("event").concat();
    (!name.is_empty()).then(|| Event { id: field("id").concat(), name, data: field("data").join("\n") })
}
