use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::fake_service::{Behaviour, FakeService, REDIRECTS};

const SHORT: Duration = Duration::from_millis(60);

async fn connect(service: &FakeService) -> TcpStream {
    TcpStream::connect(("127.0.0.1", service.port())).await.unwrap()
}

/// Asks on a connection of its own and reads until the service closes it.
async fn get(service: &FakeService, path: &str) -> Vec<u8> {
    let mut stream = connect(service).await;
    let request = format!("GET {path} HTTP/1.1\r\nHost: fake\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    answer
}

async fn get_text(service: &FakeService, path: &str) -> String {
    String::from_utf8(get(service, path).await).unwrap()
}

/// Asks, and reads for a short while what comes.
async fn get_some(service: &FakeService) -> (Vec<u8>, bool) {
    let mut stream = connect(service).await;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: fake\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let ended = timeout(SHORT, stream.read_to_end(&mut answer)).await.is_ok();
    (answer, ended)
}

#[tokio::test]
async fn a_page_has_a_title_and_an_icon() {
    let service = FakeService::start().await;
    let icon = b"\x89PNG\r\n\x1a\nicon".to_vec();
    service.set(Behaviour::Page { title: "A & B".to_owned(), status: 401, icon: Some(icon.clone()) });
    let page = get_text(&service, "/").await;
    assert!(page.starts_with("HTTP/1.1 401 Unauthorized\r\n"), "{page}");
    assert!(page.contains("<title>A &amp; B</title><link rel=\"icon\" href=\"/icon\">"), "{page}");
    for path in ["/icon", "/favicon.ico?v=1"] {
        let answer = get(&service, path).await;
        assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\ncontent-type: image/png\r\n"));
        assert!(answer.ends_with(&icon));
    }
    service.set(Behaviour::page("Plain"));
    assert!(!get_text(&service, "/").await.contains("rel="));
    assert!(get_text(&service, "/favicon.ico").await.starts_with("HTTP/1.1 404 "));
}

#[tokio::test]
async fn requests_are_kept_and_connections_reused() {
    let service = FakeService::start().await;
    let mut stream = connect(&service).await;
    let requests = "POST /a?b=c HTTP/1.1\r\nX-One: 1\r\nContent-Length: 4\r\n\r\nbodyHEAD /d HTTP/1.1\r\nConnection: close\r\n\r\n";
    stream.write_all(requests.as_bytes()).await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200 OK").count(), 2);
    assert_eq!(answers.matches("<title>").count(), 1, "HEAD has no body");
    let seen = service.requests();
    assert_eq!((seen[0].method.as_str(), seen[0].path.as_str()), ("POST", "/a?b=c"));
    assert_eq!((seen[0].header("x-one"), seen[0].body.as_slice()), (Some("1"), &b"body"[..]));
    assert_eq!((seen[1].method.as_str(), seen[1].path.as_str()), ("HEAD", "/d"));
    service.clear_requests();
    assert!(service.requests().is_empty());
}

#[tokio::test]
async fn statuses_and_redirects() {
    let service = FakeService::start().await;
    service.set(Behaviour::Status(503));
    assert!(get_text(&service, "/").await.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    service.set(Behaviour::Status(204));
    assert!(get_text(&service, "/").await.ends_with("\r\n\r\n"));

    service.set(Behaviour::Redirect("/login".to_owned()));
    assert!(get_text(&service, "/").await.contains("\r\nlocation: /login\r\n"));
    assert!(get_text(&service, "/login").await.contains("<title>Arrived</title>"));

    service.set(Behaviour::RedirectForever);
    assert!(get_text(&service, "/").await.contains("\r\nlocation: /1\r\n"));
    assert!(get_text(&service, "/7").await.contains("\r\nlocation: /8\r\n"));
    assert!(get_text(&service, &format!("/{REDIRECTS}")).await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn hanging_and_slowness() {
    let service = FakeService::start().await;
    service.set(Behaviour::Hang);
    assert_eq!(get_some(&service).await, (Vec::new(), false));
    assert_eq!(service.requests().len(), 1);

    service.set(Behaviour::HangInBody);
    let (start, ended) = get_some(&service).await;
    assert!(start.ends_with(b"<head>") && !ended);

    service.set(Behaviour::Slow(SHORT));
    let asked = Instant::now();
    assert!(get_text(&service, "/").await.contains("<title>Slow</title>"));
    assert!(asked.elapsed() >= SHORT);
}

#[tokio::test]
async fn endless_answers() {
    let service = FakeService::start().await;
    for (behaviour, has_body) in [(Behaviour::EndlessHeader, false), (Behaviour::EndlessBody, true)] {
        service.set(behaviour);
        let mut stream = connect(&service).await;
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let mut start = vec![0; 3_000_000];
        stream.read_exact(&mut start).await.unwrap();
        assert!(start.starts_with(b"HTTP/1.1 200 OK\r\n"));
        assert_eq!(start.windows(4).any(|window| window == b"\r\n\r\n"), has_body);
    }
}

#[tokio::test]
async fn bytes_that_are_not_what_they_should_be() {
    let service = FakeService::start().await;
    service.set(Behaviour::InvalidUtf8);
    let answer = get(&service, "/").await;
    assert!(String::from_utf8(answer).is_err());

    service.set(Behaviour::ScriptTitle);
    let answer = get_text(&service, "/").await;
    assert!(answer.contains("<title>&lt;script&gt;alert("), "{answer}");

    service.set(Behaviour::HugeIcon(300_000));
    assert!(get_text(&service, "/").await.contains("href=\"/icon\""));
    let icon = get(&service, "/icon").await;
    let body = icon.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(icon.len() - body, 300_000);

    service.set(Behaviour::Raw(b"HTTP/9.9 what\r\n\r\n".to_vec()));
    assert_eq!(get(&service, "/").await, b"HTTP/9.9 what\r\n\r\n");
}

#[tokio::test]
async fn services_that_speak_first_or_not_at_all() {
    let service = FakeService::start().await;
    service.set(Behaviour::Banner("SSH-2.0-OpenSSH_9.2\r\n".to_owned()));
    let (banner, ended) = get_some(&service).await;
    assert_eq!((banner.as_slice(), ended), (&b"SSH-2.0-OpenSSH_9.2\r\n"[..], false));

    service.set(Behaviour::Garbage(vec![0, 1, 255]));
    let mut garbage = Vec::new();
    connect(&service).await.read_to_end(&mut garbage).await.unwrap();
    assert_eq!(garbage, [0, 1, 255]);

    service.set(Behaviour::CloseAtOnce);
    let mut nothing = Vec::new();
    connect(&service).await.read_to_end(&mut nothing).await.unwrap();
    assert!(nothing.is_empty());
}

#[tokio::test(start_paused = true)]
async fn flapping_follows_the_clock() {
    let service = FakeService::start().await;
    // Much longer than what a paused clock skips while a connection closes.
    let (up, down) = (Duration::from_secs(1000), Duration::from_secs(500));
    service.set(Behaviour::Flapping { up, down });
    for cycle in 0..2 {
        assert!(get_text(&service, "/").await.contains("Flapping"), "cycle {cycle}");
        tokio::time::advance(up).await;
        let mut nothing = Vec::new();
        connect(&service).await.read_to_end(&mut nothing).await.unwrap();
        assert!(nothing.is_empty(), "cycle {cycle}");
        tokio::time::advance(down).await;
    }
}

#[tokio::test]
async fn stopping_closes_everything_and_restarting_keeps_the_port() {
    let service = FakeService::start().await;
    service.set(Behaviour::Hang);
    let port = service.port();
    let mut open = connect(&service).await;
    open.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    while service.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    service.stop().await;
    let mut rest = Vec::new();
    open.read_to_end(&mut rest).await.unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());

    service.set(Behaviour::page("Back"));
    service.restart().await;
    assert_eq!(service.url(), format!("http://127.0.0.1:{port}"));
    assert!(get_text(&service, "/").await.contains("<title>Back</title>"));

    drop(service);
    tokio::task::yield_now().await;
    tokio::task::yield_now().await;
    let freed = FakeService::start_on(port).await.unwrap();
    assert_eq!(freed.port(), port);
}
