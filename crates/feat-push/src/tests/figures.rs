//! What an idle subscriber costs.

use super::house::{PATIENCE, Subscriber, hub_with, port};
use crate::desk::desk;
use std::io::{Read, Write};
use std::net::TcpStream;

/// Idle subscribers of each kind.
const EACH: usize = 500;
/// The most memory that one may cost; bytes.
const BYTES_MAX: usize = 4 << 10;

/// What this process holds of memory; bytes.
fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// Subscribes on plain sockets, which cost this process no memory of their own.
fn subscribe(address: std::net::SocketAddr, number: usize) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let (form, upgrade) = if number.is_multiple_of(2) {
        ("json", "")
    } else {
        (
            "ws",
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        )
    };
    let request = format!("GET /topic-{}/{form} HTTP/1.1\r\nHost: push.lan\r\n{upgrade}\r\n", number % 100);
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = [0; 1024];
    let mut head = String::new();
    while !head.contains("\"event\":\"open\"") {
        let count = stream.read(&mut answer).unwrap();
        head.push_str(&String::from_utf8_lossy(&answer[..count]));
    }
    stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_subscriber_is_little_more_than_a_socket() {
    let hub = hub_with("visitor_subscriptions = 100000\n").start().await;
    let address = port(&hub).await;
    let many = move |count: usize| {
        tokio::task::spawn_blocking(move || (0..count).map(|n| subscribe(address, n)).collect::<Vec<_>>())
    };
    // What is made once is made before.
    let first = many(100).await.unwrap();
    let before = resident();
    let rest = many(2 * EACH).await.unwrap();
    let each = resident().saturating_sub(before) / (2 * EACH);
    assert!(each < BYTES_MAX, "{each} bytes each");
    drop((first, rest));
    hub.wait_until("all are gone", PATIENCE, |ctx| desk(ctx).broker.subscribers() == 0).await;
    let mut after = Subscriber::json(address, "/a/json").await;
    super::house::publish(&hub, "a", "still there").await;
    assert_eq!(after.text().await, "still there");
}
