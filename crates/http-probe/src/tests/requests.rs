//! What is sent, and to whom.

use bytes::Bytes;
use tls_probe::{ClientCertificate, Distrust, Family};

use super::*;
use crate::walk::Walk;
use crate::{ConnectTo, MAX_BODY, Method, Version};

/// Keeps the body of each request behind its head, and answers with what `answer` makes of its number.
async fn with_bodies(answer: impl Fn(usize) -> String + Send + Sync + Clone + 'static) -> (Server, Bodies) {
    let bodies = Bodies::default();
    let kept = bodies.clone();
    let server = Server::raw(None, move |mut connection, number| {
        let (kept, answer) = (kept.clone(), answer(number));
        Box::pin(async move {
            let head = read_head(&mut connection).await?;
            let length = head
                .to_lowercase()
                .split_once("content-length: ")
                .map(|(_, rest)| rest.split("\r\n").next().unwrap().parse::<usize>().unwrap());
            let mut body = vec![0; length.unwrap_or(0)];
            connection.read_exact(&mut body).await?;
            kept.0.lock().unwrap().push((head, body));
            connection.write_all(answer.as_bytes()).await
        })
    });
    (server.await, bodies)
}

#[derive(Clone, Default)]
struct Bodies(Arc<Mutex<Vec<(String, Vec<u8>)>>>);

impl Bodies {
    /// Method and body of each request.
    fn seen(&self) -> Vec<(String, Vec<u8>)> {
        let method = |head: &String| head.split(' ').next().unwrap().to_owned();
        self.0.lock().unwrap().iter().map(|(head, body)| (method(head), body.clone())).collect()
    }

    fn head(&self, number: usize) -> String {
        self.0.lock().unwrap()[number].0.to_lowercase()
    }
}

fn with_body(url: Url, method: Method, body: &'static [u8]) -> Request {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    Request { method, body: Bytes::from_static(body), headers: vec![kind], ..patient(url) }
}

fn well(_: usize) -> String {
    "HTTP/1.1 200 OK\r\n\r\nok".to_owned()
}

#[tokio::test]
async fn any_method_is_sent_with_its_body() {
    let (server, bodies) = with_bodies(well).await;
    for name in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "X-1"] {
        let response = probe(with_body(server.url(), name.parse().unwrap(), b"hello")).await.unwrap();
        assert_eq!((response.status, text(&response), response.version), (200, "ok", Version::Http11));
        assert_eq!(bodies.seen().pop(), Some((name.to_owned(), b"hello".to_vec())));
        let head = bodies.head(bodies.seen().len() - 1);
        assert!(
            head.contains("content-type: text/plain\r\n") && !head.contains("transfer-encoding"),
            "{head}"
        );
    }
    // RFC 9110, section 8.6: an absent body is told where one is usual.
    for (name, told) in [("POST", true), ("PUT", true), ("PATCH", true), ("DELETE", false), ("GET", false)] {
        probe(with_body(server.url(), name.parse().unwrap(), b"")).await.unwrap();
        let head = bodies.head(bodies.seen().len() - 1);
        assert_eq!(head.contains("\r\ncontent-length: 0\r\n"), told, "{head}");
    }
}

#[tokio::test]
async fn a_body_is_as_large_as_it_may_be() {
    let (server, bodies) = with_bodies(well).await;
    let mut request = patient(server.url());
    request.method = Method::POST;
    request.body = Bytes::from(vec![b'x'; MAX_BODY]);
    assert_eq!(probe(request.clone()).await.unwrap().status, 200);
    assert_eq!(bodies.seen()[0].1.len(), MAX_BODY);
    request.body = Bytes::from(vec![b'x'; MAX_BODY + 1]);
    let error = probe(request.clone()).await.unwrap_err();
    assert_eq!(error.to_string(), "The request cannot be sent: its body is larger than 64 KiB.");
    request.body = Bytes::new();
    request.method = Method::CONNECT;
    assert_eq!(probe(request.clone()).await.unwrap_err().kind(), "bad_request");
    request.method = Method::HEAD;
    request.body = Bytes::from_static(b"x");
    assert_eq!(probe(request).await.unwrap_err().kind(), "bad_request");
    assert_eq!(bodies.seen().len(), 1);
}

/// A server may answer before it has read the whole body.
#[tokio::test]
async fn an_answer_in_the_middle_of_the_body_is_an_answer() {
    let server = Server::asked(None, async |mut connection: Connection, _| {
        connection.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n").await?;
        sleep(Duration::from_millis(50)).await;
        Ok(())
    })
    .await;
    let request = Request { body: vec![b'x'; MAX_BODY].into(), method: Method::PUT, ..patient(server.url()) };
    assert_eq!(probe(request).await.unwrap().status, 413);
}

#[tokio::test]
async fn redirects_change_the_method_as_the_standard_says() {
    for (status, method, next, body) in [
        (301, "POST", "GET", false),
        (302, "POST", "GET", false),
        (302, "PUT", "PUT", true),
        (303, "PUT", "GET", false),
        (307, "POST", "POST", true),
        (308, "PATCH", "PATCH", true),
    ] {
        let answer = move |number| match number {
            0 => format!("HTTP/1.1 {status} Moved\r\nLocation: /next\r\n\r\n"),
            _ => well(number),
        };
        let (server, bodies) = with_bodies(answer).await;
        probe(with_body(server.url(), method.parse().unwrap(), b"hello")).await.unwrap();
        let expected = if body { b"hello".to_vec() } else { vec![] };
        assert_eq!(bodies.seen()[1], (next.to_owned(), expected), "{status} {method}");
        let head = bodies.head(1);
        assert_eq!(head.contains("content-type"), body, "{head}");
        assert!(head.contains(" /next "), "{head}");
    }
}

/// "Post, redirect, get": the page behind a form often has the address of the form.
#[tokio::test]
async fn the_same_address_with_another_method_is_no_circle() {
    let see_other = |number| match number {
        0 => "HTTP/1.1 303 See Other\r\nLocation: /\r\n\r\n".to_owned(),
        _ => well(number),
    };
    let (server, bodies) = with_bodies(see_other).await;
    let response = probe(with_body(server.url(), Method::POST, b"a=b")).await.unwrap();
    assert_eq!((response.status, response.hops.len(), bodies.seen().len()), (200, 1, 2));

    let (server, _) = with_bodies(|_| "HTTP/1.1 303 See Other\r\nLocation: /\r\n\r\n".to_owned()).await;
    let error = probe(with_body(server.url(), Method::POST, b"a=b")).await.unwrap_err();
    assert_eq!(error.kind(), "redirect_loop");
}

#[tokio::test]
async fn what_changes_something_is_not_carried_to_another_host() {
    let (other, reached) = with_bodies(well).await;
    let location = other.url();
    for (status, method, body, goes) in [
        (307, Method::POST, &b"secret"[..], false),
        (308, Method::DELETE, b"", false),
        (302, Method::PUT, b"", false),
        (307, Method::GET, b"query", false),
        (307, Method::OPTIONS, b"", true),
        (303, Method::POST, b"secret", true),
    ] {
        let before = reached.seen().len();
        let answer = format!("HTTP/1.1 {status} Moved\r\nLocation: {location}\r\n\r\nmoved");
        let (server, _) = with_bodies(move |_| answer.clone()).await;
        let response = probe(with_body(server.url(), method.clone(), body)).await.unwrap();
        assert_eq!(response.status, if goes { 200 } else { status }, "{status} {method}");
        assert_eq!(reached.seen().len() - before, usize::from(goes), "{status} {method}");
    }
    assert!(reached.seen().iter().all(|(_, body)| body.is_empty()));
}

fn with_credentials(url: Url) -> Request {
    let mut request = patient(url);
    for name in ["authorization", "cookie", "proxy-authorization", "x-key", "x-public"] {
        let mut value = HeaderValue::from_static("v");
        value.set_sensitive(name == "x-key");
        request.headers.push((HeaderName::from_static(name), value));
    }
    request
}

#[tokio::test]
async fn an_impostor_gets_no_credentials() {
    let (root, tls) = secured(&["localhost"], |_| {});
    let server = Server::answers_over(Some(tls), "HTTP/1.1 200 OK\r\n\r\n").await;
    let request = with_credentials(server.secure_url("localhost"));
    let even = Request { even_if_untrusted: true, ..request.clone() };
    let sent = ["authorization: v", "cookie: v", "proxy-authorization: v", "x-key: v"];
    let (unknown, known) = (Client::with_roots(vec![]), Client::with_roots(vec![root]));
    for (client, request, goes) in [
        (&unknown, &request, false),
        (&unknown, &even, true),
        (&known, &request, true),
        (&known, &even, true),
    ] {
        let response = client.get(request).await.unwrap();
        assert_eq!(response.withheld, !goes);
        let head = server.requests().pop().unwrap().to_lowercase();
        assert!(head.contains("x-public: v"), "{head}");
        for line in sent {
            assert_eq!(head.contains(&format!("\r\n{line}\r\n")), goes, "{line} in {head}");
        }
    }
    let plain = Server::answers("HTTP/1.1 200 OK\r\n\r\n").await;
    let response = unknown.get(&with_credentials(plain.url())).await.unwrap();
    assert!(!response.withheld && plain.requests()[0].to_lowercase().contains("authorization: v"));
    // Nothing private, nothing kept back.
    let response = unknown.get(&patient(server.secure_url("localhost"))).await.unwrap();
    assert!(!response.withheld && response.certificate.unwrap().trusted.is_err());
}

/// A redirect to HTTPS on the same host may lead to an impostor, too.
#[tokio::test]
async fn credentials_are_kept_back_behind_a_redirect() {
    let secure = Server::answers_over(Some(self_signed(IsCa::NoCa)), "HTTP/1.1 200 OK\r\n\r\n").await;
    let location = secure.secure_url("127.0.0.1");
    let plain = Server::answers(format!("HTTP/1.1 301 M\r\nLocation: {location}\r\n\r\n")).await;
    let response = probe(with_credentials(plain.url())).await.unwrap();
    assert!(response.withheld && response.status == 200);
    assert!(plain.requests()[0].to_lowercase().contains("authorization"));
    assert!(!secure.requests()[0].to_lowercase().contains("authorization"));
}

#[tokio::test]
async fn a_private_body_is_not_sent_to_an_impostor() {
    let server = Server::answers_over(Some(self_signed(IsCa::NoCa)), "HTTP/1.1 200 OK\r\n\r\n").await;
    let mut request = with_body(server.secure_url("localhost"), Method::POST, b"password=x");
    request.body_is_private = true;
    let client = Client::with_roots(vec![secured(&[], |_| {}).0]);
    assert_eq!(
        client.get(&request).await.unwrap_err().to_string(),
        "The request was not sent, as it holds something private and the certificate of the server is self-signed."
    );
    assert!(server.requests().is_empty());
    request.even_if_untrusted = true;
    assert_eq!(client.get(&request).await.unwrap().status, 200);
}

#[tokio::test]
async fn the_whole_examination_is_told() {
    let (root, tls) = secured(&["localhost", "nas.lan"], |_| {});
    let server = Server::answers_over(Some(tls), "HTTP/1.1 200 OK\r\n\r\n").await;
    let response =
        Client::with_roots(vec![root]).get(&patient(server.secure_url("localhost"))).await.unwrap();
    let (seen, certificate) = (response.examination.unwrap(), response.certificate.unwrap());
    assert_eq!((seen.trusted, seen.client_certificate), (Ok(()), ClientCertificate::NotAsked));
    assert_eq!(seen.protocol, None, "the server does not choose");
    let leaf = seen.leaf.unwrap();
    assert_eq!((leaf.names.len(), leaf.not_after), (2, certificate.not_after_unix));
}

#[tokio::test]
async fn a_site_is_asked_of_the_proxy_itself() {
    let (root, tls) = secured(&["photos.example"], |_| {});
    let server = Server::answers_over(Some(tls), "HTTP/1.1 200 OK\r\n\r\n").await;
    let url = Url::parse("https://photos.example/a").unwrap();
    let client = Client::with_roots(vec![root]);
    let places = [
        ConnectTo::Address(server.addr),
        ConnectTo::Host("127.0.0.1".to_owned(), server.addr.port()),
        format!("127.0.0.1:{}", server.addr.port()).parse().unwrap(),
    ];
    for connect_to in places {
        let request = Request { connect_to: Some(connect_to), ..patient(url.clone()) };
        let response = client.get(&request).await.unwrap();
        assert_eq!((response.remote, &response.final_url), (server.addr, &url));
        assert_eq!(response.examination.unwrap().trusted, Ok(()), "judged by the name in the URL");
        let head = server.requests().pop().unwrap();
        assert!(head.contains("\r\nHost: photos.example\r\n"), "{head}");
    }
    // By a name of which the certificate says nothing.
    let other = Url::parse("https://music.example/").unwrap();
    let request = Request { connect_to: Some(ConnectTo::Address(server.addr)), ..patient(other) };
    let seen = client.get(&request).await.unwrap().examination.unwrap();
    assert!(matches!(seen.trusted, Err(Distrust::OtherNames { .. })), "{:?}", seen.trusted);
}

#[test]
fn the_other_place_stands_for_the_same_host_only() {
    let place = ConnectTo::Host("proxy.lan".to_owned(), 8080);
    let request =
        Request { connect_to: Some(place), ..Request::get(Url::parse("http://nas.example/").unwrap()) };
    let target = |next: Option<&str>| {
        let mut walk = Walk::new(&request).unwrap();
        if let Some(next) = next {
            walk.step(Url::parse(next).unwrap(), 302).unwrap();
        }
        walk.target()
    };
    for (next, host, port) in [
        (None, "proxy.lan", 8080),
        (Some("http://nas.example/login"), "proxy.lan", 8080),
        (Some("https://nas.example/"), "proxy.lan", 443),
        (Some("https://nas.example:8443/"), "proxy.lan", 8443),
        (Some("http://login.example/"), "login.example", 80),
    ] {
        assert_eq!(target(next), (host.to_owned(), port), "{next:?}");
    }
}

#[tokio::test]
async fn a_family_is_kept_to() {
    let server = Server::answers("HTTP/1.1 200 OK\r\n\r\n").await;
    for (family, works) in [(Family::Any, true), (Family::V4, true), (Family::V6, false)] {
        let result = probe(Request { family, ..patient(server.url()) }).await;
        assert_eq!(result.is_ok(), works, "{family:?}");
        if let Err(error) = result {
            assert_eq!(error.to_string(), "The name 127.0.0.1 has no address of IPv6.");
        }
        let limits = Limits::default();
        let tcp = Client::new().connect_tcp_over(family, "127.0.0.1", server.addr.port(), &limits).await;
        assert_eq!(tcp.is_ok(), works, "{family:?}");
    }
}
