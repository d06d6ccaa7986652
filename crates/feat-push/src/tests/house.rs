//! What the tests share: a hub with a push server, and subscribers on raw sockets.

use crate::desk::desk;
use hob_feature::Feature;
use hob_testkit::client::{Answer, Client};
use hob_testkit::gate::BY_SCOPE;
use hob_testkit::hub::{TestHub, TestHubBuilder, postgres};
use http::Method;
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a test waits for what happens in the background.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

pub(super) const FEATURES: &[Feature] =
    &[crate::FEATURE, Feature { gate: Some(BY_SCOPE), ..Feature::new("gate", "Gate") }];

/// Everybody may everything, on any free port.
pub(super) const OPEN: &str = "[push]\nlisten = \"127.0.0.1:0\"\ndefault_access = \"read-write\"\n";

pub(super) fn hub() -> TestHubBuilder {
    TestHub::with(FEATURES).config(OPEN)
}

/// The same with more settings of the section.
pub(super) fn hub_with(more: &str) -> TestHubBuilder {
    TestHub::with(FEATURES).config(&format!("{OPEN}{more}"))
}

/// The same on both databases, where there are both.
pub(super) async fn everywhere() -> Vec<TestHubBuilder> {
    let mut all = vec![hub()];
    all.extend(postgres().await.map(|location| hub().database(location)));
    all
}

/// Where the push server listens.
pub(super) async fn port(hub: &TestHub) -> SocketAddr {
    hub.wait_until("the push server listens", PATIENCE, |ctx| desk(ctx).address().is_some()).await;
    desk(hub.ctx()).address().unwrap()
}

pub(super) async fn client(hub: &TestHub) -> Client {
    Client::new(port(hub).await)
}

/// Publishes, and expects that it is taken.
pub(super) async fn publish(hub: &TestHub, topic: &str, text: &str) -> Value {
    let answer = put(hub, &format!("/{topic}"), &[], text.as_bytes()).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

pub(super) async fn put(hub: &TestHub, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    client(hub).await.send(Method::PUT, path, headers, body.to_vec().into()).await
}

/// The lines of a poll.
pub(super) async fn poll(hub: &TestHub, path: &str) -> Vec<Value> {
    let answer = client(hub).await.get(path).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(super) fn texts(messages: &[Value]) -> Vec<&str> {
    messages.iter().map(|message| message["message"].as_str().unwrap_or_default()).collect()
}

/// Somebody who listens on a raw socket.
pub(super) struct Subscriber {
    stream: BufReader<TcpStream>,
    /// The head of the answer.
    pub(super) head: String,
}

impl Subscriber {
    /// Begins a subscription and reads the head of the answer.
    pub(super) async fn begin(address: SocketAddr, path: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: push.lan\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        Self::read_head(stream).await
    }

    /// Reads the head of the answer.
    pub(super) async fn read_head(stream: TcpStream) -> Self {
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = timeout(PATIENCE, stream.read_line(&mut head)).await.unwrap().unwrap();
            assert!(read > 0, "the answer breaks off: {head}");
        }
        Self { stream, head }
    }

    /// Subscribes with JSON, and reads `open`.
    pub(super) async fn json(address: SocketAddr, path: &str) -> Self {
        let mut subscriber = Self::begin(address, path, "").await;
        assert!(subscriber.head.starts_with("HTTP/1.1 200"), "{}", subscriber.head);
        assert_eq!(subscriber.next().await["event"], "open");
        subscriber
    }

    /// The next chunk; empty at the end.
    pub(super) async fn chunk(&mut self) -> String {
        timeout(PATIENCE, self.read_chunk()).await.expect("nothing came")
    }

    async fn read_chunk(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).await.unwrap();
        let Ok(length) = usize::from_str_radix(line.trim(), 16) else { return String::new() };
        let mut data = vec![0; length + 2];
        self.stream.read_exact(&mut data).await.unwrap();
        data.truncate(length);
        String::from_utf8(data).unwrap()
    }

    /// The next line of JSON.
    pub(super) async fn next(&mut self) -> Value {
        let chunk = self.chunk().await;
        serde_json::from_str(&chunk).unwrap_or_else(|error| panic!("{error}: {chunk:?}"))
    }

    /// The text of the next message, whatever else comes.
    pub(super) async fn text(&mut self) -> String {
        loop {
            let next = self.next().await;
            if next["event"] == "message" {
                return next["message"].as_str().unwrap().to_owned();
            }
        }
    }

    /// Whether the other side has ended it.
    pub(super) async fn is_over(&mut self) -> bool {
        let mut rest = [0; 4096];
        loop {
            match timeout(PATIENCE, self.stream.read(&mut rest)).await {
                Ok(Ok(0) | Err(_)) => return true,
                Ok(Ok(_)) => {}
                Err(_) => return false,
            }
        }
    }

    /// Begins a WebSocket.
    pub(super) async fn socket(address: SocketAddr, path: &str) -> Self {
        let headers = "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        let subscriber = Self::begin(address, path, headers).await;
        assert!(subscriber.head.starts_with("HTTP/1.1 101"), "{}", subscriber.head);
        let head = subscriber.head.to_ascii_lowercase();
        assert!(head.contains("sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo="), "{head}");
        subscriber
    }

    /// The next frame: what kind, and what is in it.
    pub(super) async fn frame(&mut self) -> (u8, Vec<u8>) {
        timeout(PATIENCE, self.read_frame()).await.expect("nothing came").unwrap()
    }

    async fn read_frame(&mut self) -> std::io::Result<(u8, Vec<u8>)> {
        let first = self.stream.read_u8().await?;
        let length = match self.stream.read_u8().await? {
            126 => u64::from(self.stream.read_u16().await?),
            127 => self.stream.read_u64().await?,
            short => u64::from(short),
        };
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        self.stream.read_exact(&mut payload).await?;
        Ok((first & 0x0f, payload))
    }

    /// The next text frame as JSON.
    pub(super) async fn frame_json(&mut self) -> Value {
        let (kind, payload) = self.frame().await;
        assert_eq!(kind, 1);
        serde_json::from_slice(&payload).unwrap()
    }

    /// Sends a masked frame, as clients do.
    pub(super) async fn send_frame(&mut self, kind: u8, payload: &[u8]) {
        let mask = [1, 2, 3, 4];
        let mut frame = vec![0x80 | kind, 0x80 | u8::try_from(payload.len()).unwrap()];
        frame.extend(mask);
        frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        self.stream.write_all(&frame).await.unwrap();
    }
}
