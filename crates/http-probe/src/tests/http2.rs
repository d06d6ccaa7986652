//! HTTP/2 and gRPC.

use std::convert::Infallible;

use bytes::Bytes;
use http::HeaderMap;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::server::conn::http2::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::*;
use crate::{GrpcState, Method, Version, Versions};

type Answer = http::Response<BoxBody<Bytes, io::Error>>;

/// What a server heard: the head and the body.
type Heard = Arc<Mutex<Vec<(http::request::Parts, Bytes)>>>;

/// A server which speaks HTTP/2.
async fn http2<F>(
    tls: Option<ServerConfig>,
    answer: impl Fn(usize) -> F + Send + Sync + Clone + 'static,
) -> (Server, Heard)
where
    F: Future<Output = Answer> + Send + 'static,
{
    let heard = Heard::default();
    let kept = heard.clone();
    let server = Server::raw(tls, move |connection, number| {
        let (kept, answer) = (kept.clone(), answer.clone());
        let service = service_fn(move |request: http::Request<Incoming>| {
            let (kept, answer) = (kept.clone(), answer.clone());
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.unwrap().to_bytes();
                kept.lock().unwrap().push((head, body));
                Ok::<_, Infallible>(answer(number).await)
            }
        });
        Box::pin(async move {
            let serving = Builder::new(TokioExecutor::new())
                .max_header_list_size(1024 * 1024)
                .serve_connection(TokioIo::new(connection), service);
            serving.await.map_err(io::Error::other)
        })
    });
    (server.await, heard)
}

fn said(body: impl Into<Bytes>) -> Answer {
    http::Response::new(Full::new(body.into()).map_err(|never| match never {}).boxed())
}

fn over_http2(url: Url) -> Request {
    Request { versions: Versions::Http2, ..patient(url) }
}

/// A body of which the end never comes: `Pending`, or ever more.
struct Endless {
    piece: Option<Bytes>,
}

impl Body for Endless {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<io::Result<Frame<Bytes>>>> {
        match &self.piece {
            Some(piece) => std::task::Poll::Ready(Some(Ok(Frame::data(piece.clone())))),
            None => std::task::Poll::Pending,
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// A body which breaks after its first piece.
struct Breaking {
    piece: Option<Bytes>,
}

impl Body for Breaking {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<io::Result<Frame<Bytes>>>> {
        let piece = self.piece.take().ok_or_else(|| io::Error::other("broken"));
        std::task::Poll::Ready(Some(piece.map(Frame::data)))
    }
}

#[tokio::test]
async fn http2_in_the_clear() {
    let (server, heard) = http2(None, async |_| said("hello")).await;
    let mut request = over_http2(server.url());
    request.headers.push((HeaderName::from_static("x-key"), HeaderValue::from_static("k")));
    let response = probe(request).await.unwrap();
    assert_eq!((response.status, text(&response), response.version), (200, "hello", Version::Http2));
    assert_eq!(response.version.to_string(), "HTTP/2");
    assert!(response.timings.total >= response.timings.first_byte);
    let (head, _) = heard.lock().unwrap().remove(0);
    assert_eq!((head.method, head.uri.to_string()), (Method::GET, server.url().to_string()));
    assert_eq!(
        (&head.headers["x-key"], &head.headers["accept"]),
        (&"k".parse().unwrap(), &"*/*".parse().unwrap())
    );
    assert!(head.headers["user-agent"].to_str().unwrap().starts_with("Hob/"));
    assert!(!head.headers.contains_key("connection") && !head.headers.contains_key("host"));
}

#[tokio::test]
async fn the_version_is_agreed_upon() {
    let offering = |protocols: &[&[u8]]| {
        let mut tls = self_signed(IsCa::NoCa);
        tls.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        tls
    };
    let asked = async |server: &Server, versions| {
        probe(Request { versions, ..patient(server.secure_url("localhost")) }).await
    };
    let (modern, _) = http2(Some(offering(&[b"h2"])), async |_| said("two")).await;
    for versions in [Versions::Auto, Versions::Http2] {
        let response = asked(&modern, versions).await.unwrap();
        assert_eq!((response.version, text(&response)), (Version::Http2, "two"), "{versions:?}");
        assert_eq!(response.examination.unwrap().protocol.as_deref(), Some(&b"h2"[..]));
    }
    let error = asked(&modern, Versions::Http1).await.unwrap_err();
    assert!(error.to_string().ends_with("came about: the server does not offer HTTP/1.1."), "{error}");

    for protocols in [&[&b"http/1.1"[..]][..], &[]] {
        let old = Server::answers_over(Some(offering(protocols)), "HTTP/1.1 200 OK\r\n\r\none").await;
        for versions in [Versions::Auto, Versions::Http1] {
            let response = asked(&old, versions).await.unwrap();
            assert_eq!((response.version, text(&response)), (Version::Http11, "one"), "{versions:?}");
        }
    }
    let old = Server::answers_over(Some(offering(&[b"http/1.1"])), "HTTP/1.1 200 OK\r\n\r\none").await;
    let error = asked(&old, Versions::Http2).await.unwrap_err();
    assert!(error.to_string().ends_with("the server does not offer HTTP/2."), "{error}");
    // In the clear nothing is agreed upon: the old version is the safe one.
    let plain = Server::answers("HTTP/1.0 200 OK\r\n\r\n").await;
    let response = probe(Request { versions: Versions::Auto, ..patient(plain.url()) }).await.unwrap();
    assert_eq!(response.version, Version::Http10);
}

#[tokio::test]
async fn a_large_body_goes_over_http2() {
    let (server, heard) = http2(None, async |_| said(vec![b'y'; 200_000])).await;
    let body = Bytes::from(vec![b'x'; crate::MAX_BODY]);
    let request = Request { method: Method::POST, body: body.clone(), ..over_http2(server.url()) };
    let response = probe(request).await.unwrap();
    assert_eq!((response.body.len(), response.body_truncated), (200_000, false));
    let (head, sent) = heard.lock().unwrap().remove(0);
    assert_eq!(
        (head.method, sent, &head.headers["content-length"]),
        (Method::POST, body, &"65536".parse().unwrap())
    );
}

#[tokio::test]
async fn an_own_host_becomes_the_authority() {
    let (server, heard) = http2(None, async |_| said("")).await;
    let mut request = over_http2(server.url());
    request.headers.push((header::HOST, HeaderValue::from_static("photos.example")));
    probe(request.clone()).await.unwrap();
    assert_eq!(heard.lock().unwrap()[0].0.uri, "http://photos.example/");
    request.headers = vec![(header::HOST, HeaderValue::from_static("a b"))];
    assert_eq!(probe(request).await.unwrap_err().kind(), "bad_request");
}

#[tokio::test]
async fn redirects_go_over_http2() {
    let moved = async |number: usize| {
        let mut answer = said("");
        if number == 0 {
            *answer.status_mut() = http::StatusCode::FOUND;
            answer.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/next"));
        }
        answer
    };
    let (server, heard) = http2(None, moved).await;
    let response = probe(over_http2(server.url())).await.unwrap();
    assert_eq!((response.status, response.hops.len()), (200, 1));
    assert_eq!(heard.lock().unwrap()[1].0.uri.path(), "/next");
}

#[tokio::test]
async fn bodies_over_http2_are_bounded() {
    let endless = async |_| {
        let piece = Some(Bytes::from_static(&[b'x'; 5000]));
        http::Response::new(Endless { piece }.boxed())
    };
    let (server, _) = http2(None, endless).await;
    let response = probe(over_http2(server.url())).await.unwrap();
    assert_eq!((response.body.len(), response.body_truncated), (256 * 1024, true));
    let mut request = over_http2(server.url());
    request.limits.body_bytes = 0;
    let response = probe(request).await.unwrap();
    assert!(response.body.is_empty() && response.body_truncated);

    // Next to nothing in each frame would keep a processor busy.
    let tiny = async |_| http::Response::new(Endless { piece: Some(Bytes::from_static(b"x")) }.boxed());
    let (server, _) = http2(None, tiny).await;
    let start = Instant::now();
    let error = probe(over_http2(server.url())).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!(
        error.to_string(),
        "The server answered with status 200 but its page is broken: detected excessive load generating behavior."
    );

    let hanging = async |_| http::Response::new(Endless { piece: None }.boxed());
    let (server, _) = http2(None, hanging).await;
    let hurry = Request { versions: Versions::Http2, ..hurried(server.url()) };
    assert_eq!(probe(hurry).await.unwrap_err().kind(), "body_timeout");

    let broken = async |_| http::Response::new(Breaking { piece: Some(Bytes::from_static(b"abc")) }.boxed());
    let (server, _) = http2(None, broken).await;
    let error = probe(over_http2(server.url())).await.unwrap_err();
    // The break may overtake the head.
    assert!(matches!(error.kind(), "bad_body" | "http2"), "{error}");
    assert!(error.to_string().ends_with(": unexpected internal error encountered."), "{error}");
}

#[tokio::test]
async fn heads_over_http2_are_bounded() {
    for (count, length) in [(101, 1), (90, 1000), (3, 60_000), (20, 50_000)] {
        let many = move |_| async move {
            let mut answer = said("");
            for number in 0..count {
                let name = HeaderName::try_from(format!("x-{number}")).unwrap();
                answer.headers_mut().insert(name, HeaderValue::try_from("v".repeat(length)).unwrap());
            }
            answer
        };
        let (server, _) = http2(None, many).await;
        let error = probe(over_http2(server.url())).await.unwrap_err();
        assert_eq!(error.kind(), "head_too_large", "{count} of {length}: {error}");
    }
    let hanging = async |_| std::future::pending::<Answer>().await;
    let (server, _) = http2(None, hanging).await;
    let hurry = Request { versions: Versions::Http2, ..hurried(server.url()) };
    let error = probe(hurry).await.unwrap_err();
    assert!(matches!(error, ProbeError::HeadTimeout { phase: Phase::BeforeHead, .. }), "{error}");
}

/// Frames of HTTP/2 which a server sends without end.
#[tokio::test]
async fn floods_over_http2_end() {
    const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";
    const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0abcdefgh";
    // HEADERS which do not end, and CONTINUATION of them.
    const HEADERS: &[u8] = b"\0\0\x01\x01\0\0\0\0\x01\x88";
    const CONTINUATION: &[u8] = b"\0\0\x05\x09\0\0\0\0\x01\0\x01a\x01b";
    for (start, flood) in [(SETTINGS, SETTINGS), (SETTINGS, PING), (HEADERS, CONTINUATION)] {
        let server = Server::raw(None, move |mut connection, _| {
            Box::pin(async move {
                connection.write_all(SETTINGS).await?;
                // The preface and what follows: the request is there.
                let mut heard = [0; 100];
                connection.read_exact(&mut heard).await?;
                connection.write_all(start).await?;
                let flood = flood.repeat(500);
                loop {
                    connection.write_all(&flood).await?;
                    while let Ok(Ok(1..)) =
                        tokio::time::timeout(Duration::from_micros(1), connection.read(&mut heard)).await
                    {
                    }
                }
            })
        })
        .await;
        let start = Instant::now();
        let error = probe(over_http2(server.url())).await.unwrap_err();
        assert!(matches!(error.kind(), "head_too_large" | "http2" | "connection_closed"), "{error}");
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    }
}

#[tokio::test]
async fn what_does_not_speak_http2_is_told() {
    for (answer, kind) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "not_http2"),
        (b"SSH-2.0-x\r\n", "not_http2"),
        (b"\x15\x03\x01\0\x02\x02\x46", "looks_like_tls"),
        (b"", "connection_closed"),
        (b"\0\0\0\x04\0\0\0\0\0", "connection_closed"),
        // GOAWAY which asks for HTTP/1.1.
        (b"\0\0\0\x04\0\0\0\0\0\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x0d", "http2"),
    ] {
        let server = Server::raw(None, move |mut connection, _| {
            Box::pin(async move {
                let mut preface = [0; 24];
                connection.read_exact(&mut preface).await?;
                connection.write_all(answer).await?;
                connection.shutdown().await?;
                let mut rest = Vec::new();
                connection.read_to_end(&mut rest).await.map(drop)
            })
        })
        .await;
        let error = probe(over_http2(server.url())).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
    let server = Server::answers("HTTP/1.1 505 No\r\n\r\n").await;
    let client = Client::with_roots(vec![]);
    let error = client.get(&over_http2(server.url())).await.unwrap_err();
    assert_eq!(error.to_string(), "The server does not speak HTTP/2: it began with `HTTP/1.1 505 No`.");
}

fn grpc(body: &'static [u8], trailers: &[(&'static str, &'static str)]) -> Answer {
    let trailers: HeaderMap = trailers
        .iter()
        .map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect();
    let body = Full::new(Bytes::from_static(body)).with_trailers(std::future::ready(Some(Ok(trailers))));
    let mut answer = http::Response::new(body.map_err(|never: Infallible| match never {}).boxed());
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc+proto"));
    answer
}

async fn health(answer: fn() -> Answer) -> GrpcState {
    let (server, heard) = http2(None, move |_| std::future::ready(answer())).await;
    let limits = patient(server.url()).limits;
    let client = Client::with_roots(vec![]);
    let health = client.grpc_health(&server.url(), "db", &limits).await.unwrap();
    assert_eq!(health.response.version, Version::Http2);
    let (head, body) = heard.lock().unwrap().remove(0);
    assert_eq!((head.method, head.uri.path()), (Method::POST, "/grpc.health.v1.Health/Check"));
    assert_eq!(
        (&head.headers["te"], &head.headers["content-type"]),
        (&"trailers".parse().unwrap(), &"application/grpc".parse().unwrap())
    );
    assert_eq!(&body[..], b"\0\0\0\0\x04\x0a\x02db");
    health.state
}

#[tokio::test]
async fn the_health_of_grpc_is_told() {
    const OK: &[(&str, &str)] = &[("grpc-status", "0")];
    assert_eq!(health(|| grpc(b"\0\0\0\0\x02\x08\x01", OK)).await, GrpcState::Serving);
    assert_eq!(health(|| grpc(b"\0\0\0\0\x02\x08\x02", OK)).await, GrpcState::NotServing);
    assert_eq!(health(|| grpc(b"\0\0\0\0\x02\x08\x03", OK)).await, GrpcState::ServiceUnknown);
    assert_eq!(health(|| grpc(b"\0\0\0\0\0", OK)).await, GrpcState::Unknown);
    assert_eq!(health(|| grpc(b"", &[("grpc-status", "5")])).await, GrpcState::ServiceUnknown);
    assert_eq!(health(|| grpc(b"", OK)).await, GrpcState::Broken);
    assert_eq!(health(|| grpc(b"\0\0\0\0\x02\x08\x01", &[])).await, GrpcState::Broken);
    let refused = health(|| grpc(b"", &[("grpc-status", "16"), ("grpc-message", "no%20token")])).await;
    assert_eq!(refused, GrpcState::Status { code: 16, message: "no token".to_owned() });
    // The status may stand in the head where there is nothing else ("Trailers-Only").
    let unimplemented = || {
        let mut answer = said("");
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        answer.headers_mut().insert("grpc-status", HeaderValue::from_static("12"));
        answer
    };
    assert_eq!(health(unimplemented).await, GrpcState::Unimplemented);
    assert_eq!(health(|| said("<html>")).await, GrpcState::NotGrpc { status: 200 });
    let unavailable = || {
        let mut answer = said("no");
        *answer.status_mut() = http::StatusCode::BAD_GATEWAY;
        answer
    };
    assert_eq!(health(unavailable).await, GrpcState::NotGrpc { status: 502 });
}

#[tokio::test]
async fn grpc_goes_over_tls_with_credentials_for_the_trusted_only() {
    let (root, mut tls) = secured(&["localhost"], |_| {});
    tls.alpn_protocols = vec![b"h2".to_vec()];
    let serving = async |_| grpc(b"\0\0\0\0\x02\x08\x01", &[("grpc-status", "0")]);
    let (server, heard) = http2(Some(tls), serving).await;
    let mut request = patient(server.secure_url("localhost").join(b"/api/").unwrap());
    request.headers.push((header::AUTHORIZATION, HeaderValue::from_static("Bearer x")));
    for (roots, goes) in [(vec![root], true), (vec![], false)] {
        let health = Client::with_roots(roots).grpc_health_of(&request, "").await.unwrap();
        assert_eq!((health.state, health.response.withheld), (GrpcState::Serving, !goes));
        let (head, body) = heard.lock().unwrap().pop().unwrap();
        assert_eq!(head.headers.contains_key("authorization"), goes);
        assert_eq!((head.uri.path(), &body[..]), ("/api/grpc.health.v1.Health/Check", &b"\0\0\0\0\0"[..]));
    }
    let service = "x".repeat(2000);
    let error = Client::with_roots(vec![]).grpc_health_of(&request, &service).await.unwrap_err();
    assert_eq!(error.kind(), "bad_request");
}
