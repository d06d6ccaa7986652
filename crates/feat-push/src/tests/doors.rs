//! The port: heads in pieces, heads that never end, a port that somebody else has.

use super::house::{FEATURES, PATIENCE, Subscriber, hub, hub_with, port, publish};
use crate::desk::desk;
use hob_base::Level;
use hob_testkit::client::Client;
use hob_testkit::hub::TestHub;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn send(hub: &TestHub, pieces: &[&str]) -> String {
    let mut stream = TcpStream::connect(port(hub).await).await.unwrap();
    for piece in pieces {
        stream.write_all(piece.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let mut answer = String::new();
    let _ = tokio::time::timeout(PATIENCE, stream.read_to_string(&mut answer)).await;
    answer
}

#[tokio::test]
async fn a_head_may_come_in_pieces() {
    let hub = hub().start().await;
    let address = port(&hub).await;
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut writer, head) = {
        let stream = stream.into_std().unwrap();
        let other = stream.try_clone().unwrap();
        (TcpStream::from_std(stream).unwrap(), TcpStream::from_std(other).unwrap())
    };
    for piece in ["G", "ET /a/js", "on HTTP/1.1\r\nHo", "st: x\r\n", "\r", "\n"] {
        writer.write_all(piece.as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut subscriber = Subscriber::read_head(head).await;
    assert_eq!(subscriber.next().await["event"], "open");
    publish(&hub, "a", "hello").await;
    assert_eq!(subscriber.text().await, "hello");
}

#[tokio::test]
async fn several_requests_go_over_one_connection() {
    let hub = hub().start().await;
    let answer = send(
        &hub,
        &[
            "PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none",
            "GET /a/json?poll=1 HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        ],
    )
    .await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 3, "{answer}");
    assert!(answer.contains("\"healthy\":true"));
}

#[tokio::test]
async fn what_is_no_http_is_answered_or_hung_up_on() {
    let hub = hub().start().await;
    for wrong in
        ["\x16\x03\x01\x02", "HELO x\r\n\r\n", "GET /a/json HTTP/9.9\r\n\r\n", "GET \0 HTTP/1.1\r\n\r\n"]
    {
        let answer = send(&hub, &[wrong, "\r\n\r\n"]).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{wrong:?}: {answer}");
    }
    let long = format!("GET /a/json HTTP/1.1\r\nX: {}", "x".repeat(40_000));
    let answer = send(&hub, &[&long]).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    let many = (0..90).map(|n| format!("X-{n}: x\r\n")).collect::<String>();
    let answer =
        send(&hub, &[&format!("GET /a/json?poll=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{many}\r\n")])
            .await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    publish(&hub, "a", "it still works").await;
}

#[tokio::test]
async fn a_refused_subscription_is_answered_on_the_port() {
    let hub = hub_with("visitor_subscriptions = 1\nexempt = []\n").start().await;
    let address = port(&hub).await;
    let first = Subscriber::json(address, "/a/json").await;
    let second = Subscriber::begin(address, "/a/json", "").await;
    assert!(second.head.starts_with("HTTP/1.1 429 Too Many Requests\r\n"), "{}", second.head);
    drop((first, second));
    let since = Subscriber::begin(address, "/a/json?since=x!", "").await;
    assert!(since.head.starts_with("HTTP/1.1 400"), "{}", since.head);
    let socket = Subscriber::begin(address, "/a/ws", "").await;
    assert!(socket.head.starts_with("HTTP/1.1 400"), "{}", socket.head);
}

#[tokio::test]
async fn a_port_that_somebody_else_has_is_told_and_the_hub_runs() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let text = format!("[push]\nlisten = \"{}\"\nhostname = \"push.lan\"\n", taken.local_addr().unwrap());
    let hub = TestHub::with(FEATURES).config(&text).start().await;
    hub.wait_until("it is told", PATIENCE, |ctx| {
        let job = ctx.resources.get(&"job/hob/push.port".parse().unwrap());
        job.is_some_and(|job| job.health.evidence.contains("another program has that port"))
    })
    .await;
    hub.run_job("push.report").await;
    let told = hub.ctx().resources.get(&"push/hob/server".parse().unwrap()).unwrap();
    assert_eq!(told.health.level, Level::Critical);
    let mut client = Client::new(hub.address()).with("host", "push.lan");
    assert_eq!(client.send(http::Method::PUT, "/a", &[], "x".into()).await.status, 200);
    drop(taken);
    hub.wait_until("it is tried again", PATIENCE, |ctx| desk(ctx).address().is_some()).await;
}
