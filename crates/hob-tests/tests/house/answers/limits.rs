//! Requests that are too much.

use crate::support::{PATIENCE, house};
use hob_testkit::hub::TestHub;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends bytes and reads until the hub closes, or has said nothing more for a while.
async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // It may close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("it closes");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_with_the_limit() {
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    let large = "x".repeat(2 << 20);
    let answer = anna.post_form("/tiles/service/nas/3000", &[("name", &large)]).await;
    assert_eq!(answer.status, 413);
    assert!(answer.text().contains("1 MiB"), "{}", answer.text());
    let json = serde_json::json!({ "name": large, "scope": "read" });
    let answer = crate::support::token(&hub, &anna, "admin").await.post_json("/api/v1/tokens", &json).await;
    assert_eq!(answer.status, 413);
    assert!(answer.json()["detail"].as_str().unwrap().contains("1 MiB"), "{}", answer.text());
}

#[tokio::test]
async fn a_flood_of_headers_is_refused() {
    let hub = TestHub::with(&[]).start().await;
    let many: String = (0..5000).map(|n| format!("x-{n}: y\r\n")).collect();
    let one = format!("x: {}\r\n", "y".repeat(100_000));
    for headers in [many, one] {
        let request = format!("GET /healthz HTTP/1.1\r\nhost: hob\r\n{headers}\r\n");
        let answer = exchange(hub.address(), request.as_bytes()).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert_eq!(hub.client().get("/healthz").await.status, 200);
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_stops_nobody() {
    let hub = TestHub::with(&[]).start().await;
    let tls_hello = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03];
    let bodies: [&[u8]; 6] = [
        b"\r\n\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        &tls_hello,
        b"GET / HTTP/9.9\r\nhost: x\r\n\r\n",
        b"GET /\0 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n",
    ];
    for body in bodies {
        let mut stream = TcpStream::connect(hub.address()).await.unwrap();
        stream.write_all(body).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("it closes");
        let answer = String::from_utf8_lossy(&answer);
        assert!(!answer.contains("HTTP/1.1 2"), "{}: {answer}", String::from_utf8_lossy(body));
    }
    assert_eq!(hub.client().get("/healthz").await.status, 200);
}

#[tokio::test]
async fn hundreds_of_half_open_requests_do_not_stop_others() {
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    let mut open = Vec::new();
    for n in 0..300 {
        let mut stream = TcpStream::connect(hub.address()).await.unwrap();
        let half: &[u8] = if n % 2 == 0 {
            b"GET / HTTP/1.1\r\nhost: x\r\nx-slow:"
        } else {
            b"POST /login HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\nname="
        };
        stream.write_all(half).await.unwrap();
        open.push(stream);
    }
    let begun = tokio::time::Instant::now();
    assert_eq!(anna.get("/").await.status, 200);
    assert_eq!(hub.client().get("/healthz").await.status, 200);
    println!("with {} half-open requests a page took {:?}", open.len(), begun.elapsed());
    // Nor do they keep the hub from stopping.
    hub.stop().await;
}

#[tokio::test]
async fn an_address_that_is_very_long_is_an_answer() {
    let hub = house().start().await;
    let mut anna = hub.set_up().await;
    let long = "x".repeat(20_000);
    for path in [
        format!("/{long}"),
        format!("/resources?q={long}"),
        format!("/search?q={long}"),
        format!("/resources/{long}/a/b"),
    ] {
        let status = anna.get(&path).await.status;
        assert!(status.is_success() || status.is_client_error(), "{status}: {}", &path[..30]);
    }
}
