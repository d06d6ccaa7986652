//! Probes against small servers which misbehave.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{HeaderName, HeaderValue, header};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tls_probe::Stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_rustls::TlsAcceptor;

mod http2;
mod requests;
mod unix;

use crate::{Client, Limits, Phase, ProbeError, Redirects, Request, Response, Url, says_use_https};

type Connection = Box<dyn Stream>;
type Served = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

/// A server of the test, which ends when it is dropped.
struct Server {
    addr: SocketAddr,
    /// The heads of the requests, as far as the server read them.
    requests: Arc<Mutex<Vec<String>>>,
    _task: JoinSet<()>,
}

impl Server {
    /// Serves every connection, over TLS if it has a configuration, and without reading from it.
    async fn raw(
        tls: Option<ServerConfig>,
        mut serve: impl FnMut(Connection, usize) -> Served + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        let mut task = JoinSet::new();
        task.spawn(async move {
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let connection: Connection = match &tls {
                    None => Box::new(stream),
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => Box::new(stream),
                        Err(_) => continue,
                    },
                };
                // A probe which has seen enough resets the connection.
                drop(serve(connection, number).await);
            }
        });
        Self { addr, requests: Arc::default(), _task: task }
    }

    /// Reads the head of every request and then serves it.
    async fn asked<F>(
        tls: Option<ServerConfig>,
        serve: impl Fn(Connection, usize) -> F + Send + Sync + Clone + 'static,
    ) -> Self
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let kept = requests.clone();
        let server = Self::raw(tls, move |mut connection, number| {
            let (kept, serve) = (kept.clone(), serve.clone());
            Box::pin(async move {
                let head = read_head(&mut connection).await?;
                kept.lock().unwrap().push(head);
                serve(connection, number).await
            })
        });
        Self { requests, ..server.await }
    }

    /// Answers every request with the same bytes and closes.
    async fn answers(answer: impl Into<Vec<u8>>) -> Self {
        Self::answers_over(None, answer).await
    }

    async fn answers_over(tls: Option<ServerConfig>, answer: impl Into<Vec<u8>>) -> Self {
        let answer: Arc<[u8]> = answer.into().into();
        Self::asked(tls, move |mut connection, _| {
            let answer = answer.clone();
            async move {
                connection.write_all(&answer).await?;
                connection.shutdown().await
            }
        })
        .await
    }

    /// Answers with some bytes and then keeps the connection open.
    async fn hangs_after(answer: &'static [u8]) -> Self {
        Self::asked(None, async move |mut connection: Connection, _| {
            connection.write_all(answer).await?;
            sleep(Duration::from_secs(60)).await;
            Ok(())
        })
        .await
    }

    fn url(&self) -> Url {
        Url::parse(&format!("http://{}/", self.addr)).unwrap()
    }

    fn secure_url(&self, host: &str) -> Url {
        Url::parse(&format!("https://{host}:{}/", self.addr.port())).unwrap()
    }

    async fn probe(&self) -> Result<Response, ProbeError> {
        probe(patient(self.url())).await
    }

    async fn probe_in_a_hurry(&self) -> Result<Response, ProbeError> {
        probe(hurried(self.url())).await
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn read_head(connection: &mut Connection) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(connection.read_u8().await?);
    }
    Ok(String::from_utf8(head).unwrap())
}

/// A `GET` which a busy machine, too, has the time to answer.
fn patient(url: Url) -> Request {
    Request { limits: Limits { connect: Limits::default().total, ..Limits::default() }, ..Request::get(url) }
}

/// A `GET` with so little time that a test can wait for its end.
fn hurried(url: Url) -> Request {
    let time = Duration::from_millis(400);
    Request { limits: Limits { total: time, connect: time, ..Limits::default() }, ..Request::get(url) }
}

/// Probes, and sees to it that the probe ends in its time.
async fn probe(request: Request) -> Result<Response, ProbeError> {
    let start = Instant::now();
    let result = Client::with_roots(Vec::new()).get(&request).await;
    let allowed = request.limits.total + Duration::from_secs(1);
    assert!(start.elapsed() < allowed, "the probe took {:?}", start.elapsed());
    result
}

fn text(response: &Response) -> &str {
    std::str::from_utf8(&response.body).unwrap()
}

#[tokio::test]
async fn a_plain_answer() {
    let server = Server::answers("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\n\r\nhello").await;
    let response = server.probe().await.unwrap();
    assert_eq!((response.status, text(&response), response.body_truncated), (200, "hello", false));
    assert_eq!(response.headers["x-a"], "1");
    assert_eq!((response.remote, &response.final_url), (server.addr, &server.url()));
    assert!(response.hops.is_empty() && response.certificate.is_none() && response.timings.tls.is_none());
    assert!(response.timings.total >= response.timings.first_byte);
    let host = server.addr;
    let agent = concat!("Hob/", env!("CARGO_PKG_VERSION"), " (+health check)");
    assert_eq!(
        server.requests()[0],
        format!(
            "GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {agent}\r\nAccept: */*\r\n\
             Accept-Encoding: identity\r\nConnection: close\r\n\r\n"
        )
    );
}

#[tokio::test]
async fn own_headers_replace_the_usual_and_leave_the_connection_alone() {
    let server = Server::answers("HTTP/1.1 204 No Content\r\n\r\n").await;
    let mut request = patient(server.url());
    for (name, value) in [
        (header::USER_AGENT, "mine"),
        (header::ACCEPT, "text/html"),
        (header::ACCEPT, "text/plain"),
        (header::CONNECTION, "keep-alive"),
        (header::CONTENT_LENGTH, "5"),
        (header::TRANSFER_ENCODING, "chunked"),
        (HeaderName::from_static("x-key"), "k"),
    ] {
        request.headers.push((name, HeaderValue::from_static(value)));
    }
    assert_eq!(probe(request).await.unwrap().status, 204);
    let head = server.requests()[0].to_lowercase();
    for line in
        ["user-agent: mine", "accept: text/html", "accept: text/plain", "x-key: k", "connection: close"]
    {
        assert_eq!(head.matches(&format!("\r\n{line}\r\n")).count(), 1, "{line} in {head}");
    }
    assert!(!head.contains("keep-alive") && !head.contains("content-length") && !head.contains("chunked"));
}

#[tokio::test]
async fn head_has_no_body() {
    let server = Server::answers("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n").await;
    let mut request = patient(server.url());
    request.method = crate::Method::HEAD;
    let response = probe(request).await.unwrap();
    assert!(response.body.is_empty() && !response.body_truncated);
    assert!(server.requests()[0].starts_with("HEAD / HTTP/1.1\r\n"));
}

#[tokio::test]
async fn informational_answers_are_passed_over() {
    let server = Server::answers(
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\nHTTP/1.0 200 OK\r\n\r\nx",
    )
    .await;
    let response = server.probe().await.unwrap();
    assert_eq!((response.status, text(&response)), (200, "x"));
}

#[tokio::test]
async fn endless_informational_answers_end() {
    let server = Server::asked(None, async |mut connection: Connection, _| {
        loop {
            connection.write_all(b"HTTP/1.1 102 Processing\r\n\r\n").await?;
            sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    assert_eq!(server.probe_in_a_hurry().await.unwrap_err().kind(), "head_timeout");
}

/// As fast as they come, they would occupy a processor for the whole time of the probe.
#[tokio::test]
async fn a_flood_of_informational_answers_ends_at_once() {
    let server = Server::asked(None, async |mut connection: Connection, _| {
        let flood = b"HTTP/1.1 102 Processing\r\n\r\n".repeat(1000);
        loop {
            connection.write_all(&flood).await?;
        }
    })
    .await;
    assert_eq!(server.probe().await.unwrap_err().kind(), "head_too_large");
}

#[tokio::test]
async fn switching_protocols_is_an_answer() {
    let server =
        Server::answers("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nx")
            .await;
    assert_eq!(server.probe().await.unwrap().status, 101);
}

#[tokio::test]
async fn an_address_of_ipv6() {
    let Ok(listener) = TcpListener::bind("[::1]:0").await else { return };
    let addr = listener.local_addr().unwrap();
    let serve = async {
        let (stream, _) = listener.accept().await.unwrap();
        let mut connection: Connection = Box::new(stream);
        let head = read_head(&mut connection).await.unwrap();
        connection.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        head
    };
    let request = patient(Url::parse(&format!("http://{addr}/")).unwrap());
    let (head, response) = tokio::join!(serve, probe(request));
    assert_eq!(response.unwrap().remote, addr);
    assert!(head.contains(&format!("\r\nHost: {addr}\r\n")), "{head}");
}

#[tokio::test]
async fn limits_may_be_as_good_as_none() {
    let server = Server::answers("HTTP/1.1 200 OK\r\n\r\nx").await;
    let mut request = patient(server.url());
    request.limits = Limits {
        total: Duration::MAX,
        connect: Duration::MAX,
        head_bytes: usize::MAX,
        head_count: 1000,
        body_bytes: usize::MAX,
        redirects: u8::MAX,
    };
    assert_eq!(Client::new().get(&request).await.unwrap().status, 200);
    request.limits = Limits { head_bytes: 0, head_count: 0, body_bytes: 1, redirects: 0, ..request.limits };
    assert_eq!(text(&Client::new().get(&request).await.unwrap()), "x");
}

#[tokio::test]
async fn nothing_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    drop(listener);
    let error = probe(patient(Url::parse(&format!("http://{addr}")).unwrap())).await.unwrap_err();
    assert!(matches!(error, ProbeError::Refused { addr: found } if found == addr), "{error}");
    let limits = Limits::default();
    let error = Client::new().connect_tcp("127.0.0.1", addr.port(), &limits).await.unwrap_err();
    assert_eq!(error.kind(), "refused");
}

#[tokio::test]
async fn a_connection_is_enough_for_tcp() {
    let server = Server::raw(None, |_, _| Box::pin(async { Ok(()) })).await;
    let outcome = Client::new().connect_tcp("127.0.0.1", server.addr.port(), &Limits::default()).await;
    assert_eq!(outcome.unwrap().remote, server.addr);
}

#[tokio::test]
async fn a_full_backlog_times_out() {
    // The kernel answers no more when the queue is full, as a firewall which drops packets.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let addr = listener.local_addr().unwrap();
    let limits = Limits { connect: Duration::from_millis(100), ..Limits::default() };
    let client = Client::new();
    let mut kept = Vec::new();
    for _ in 0..8 {
        match tokio::time::timeout(Duration::from_millis(50), TcpStream::connect(addr)).await {
            Ok(stream) => kept.push(stream.unwrap()),
            Err(_) => break,
        }
    }
    let error = client.connect_tcp("127.0.0.1", addr.port(), &limits).await.unwrap_err();
    // A machine that is busy has spent some of the time before it connects.
    let said = error.to_string();
    assert!(said.starts_with(&format!("{addr} did not answer: no connection came about within ")), "{said}");
    assert!(said.ends_with(" milliseconds."), "{said}");
}

#[tokio::test]
async fn a_name_which_does_not_exist() {
    // Reserved never to exist (RFC 6761, section 6.4). Without a network the resolver fails, too.
    let error = probe(hurried(Url::parse("http://nas.invalid/").unwrap())).await.unwrap_err();
    assert!(matches!(error.kind(), "resolve" | "resolve_timeout"), "{error}");
    assert!(error.to_string().starts_with("The name nas.invalid could not be "), "{error}");
}

#[tokio::test]
async fn a_hang_before_the_head() {
    let server = Server::hangs_after(b"").await;
    let error = server.probe_in_a_hurry().await.unwrap_err();
    assert!(matches!(error, ProbeError::HeadTimeout { phase: Phase::BeforeHead, .. }), "{error}");
    assert_eq!(
        error.to_string(),
        "The server accepted the connection but sent no answer within 400 milliseconds."
    );
}

#[tokio::test]
async fn a_hang_in_the_head() {
    let server = Server::hangs_after(b"HTTP/1.1 200 OK\r\nContent-Le").await;
    let error = server.probe_in_a_hurry().await.unwrap_err();
    assert!(matches!(error, ProbeError::HeadTimeout { phase: Phase::InHead, .. }), "{error}");
}

#[tokio::test]
async fn a_hang_in_the_body() {
    let server = Server::hangs_after(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").await;
    let error = server.probe_in_a_hurry().await.unwrap_err();
    assert!(matches!(error, ProbeError::BodyTimeout { status: 200, received: 3, .. }), "{error}");
}

#[tokio::test]
async fn a_body_nobody_wants_is_not_awaited() {
    let server = Server::hangs_after(b"HTTP/1.1 200 OK\r\n\r\n").await;
    let mut request = patient(server.url());
    request.limits.body_bytes = 0;
    let response = probe(request).await.unwrap();
    assert!(response.body.is_empty() && response.body_truncated);
}

#[tokio::test]
async fn a_dribble_ends_with_the_whole_time() {
    for (at_once, kind) in [("HTTP", "head_timeout"), ("HTTP/1.1 200 OK\r\n\r\n", "body_timeout")] {
        let server = Server::asked(None, move |mut connection: Connection, _| async move {
            connection.write_all(at_once.as_bytes()).await?;
            for byte in b"/1.1 200 OK\r\nX: ".iter().chain(std::iter::repeat(&b'x')) {
                connection.write_u8(*byte).await?;
                sleep(Duration::from_millis(5)).await;
            }
            Ok(())
        })
        .await;
        let error = server.probe_in_a_hurry().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

#[tokio::test]
async fn an_endless_header() {
    let server = Server::asked(None, async |mut connection: Connection, _| {
        connection.write_all(b"HTTP/1.1 200 OK\r\nX: ").await?;
        loop {
            connection.write_all(&[b'x'; 4096]).await?;
        }
    })
    .await;
    let error = server.probe().await.unwrap_err();
    assert!(matches!(error, ProbeError::HeadTooLarge { limit: 65_536, count: 100 }), "{error}");
}

#[tokio::test]
async fn endless_headers() {
    let server = Server::asked(None, async |mut connection: Connection, _| {
        connection.write_all(b"HTTP/1.1 200 OK\r\n").await?;
        loop {
            connection.write_all(b"X: y\r\n").await?;
        }
    })
    .await;
    assert_eq!(server.probe().await.unwrap_err().kind(), "head_too_large");
}

#[tokio::test]
async fn an_endless_body_is_cut() {
    for framing in ["", "Transfer-Encoding: chunked\r\n", "Content-Length: 9007199254740993\r\n"] {
        let server = Server::asked(None, move |mut connection: Connection, _| async move {
            connection.write_all(format!("HTTP/1.1 200 OK\r\n{framing}\r\n").as_bytes()).await?;
            loop {
                // A body, and at the same time chunks of 16 bytes.
                connection.write_all(b"10\r\n0123456789abcdef\r\n").await?;
            }
        })
        .await;
        let response = server.probe().await.unwrap();
        assert_eq!((response.body.len(), response.body_truncated), (256 * 1024, true), "{framing}");
    }
}

#[tokio::test]
async fn a_body_as_long_as_the_limit_is_whole() {
    let server = Server::answers("HTTP/1.1 200 OK\r\n\r\n0123456789").await;
    for (limit, truncated) in [(9, true), (10, false), (11, false)] {
        let mut request = patient(server.url());
        request.limits.body_bytes = limit;
        let response = probe(request).await.unwrap();
        assert_eq!((response.body.len(), response.body_truncated), (limit.min(10), truncated));
    }
}

#[tokio::test]
async fn a_chunked_body() {
    let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let server = Server::answers(format!("{head}3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: v\r\n\r\n")).await;
    assert_eq!(text(&server.probe().await.unwrap()), "abcde");
    let server = Server::answers(format!("{head}3\r\nabc\r\nzz\r\n")).await;
    let error = server.probe().await.unwrap_err();
    assert!(matches!(error, ProbeError::BadBody { status: 200, .. }), "{error}");
}

#[tokio::test]
async fn a_body_which_breaks_off() {
    let server = Server::answers("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").await;
    let error = server.probe().await.unwrap_err();
    assert!(matches!(error, ProbeError::ConnectionClosed { phase: Phase::InBody }), "{error}");
}

#[tokio::test]
async fn an_immediate_close() {
    let server = Server::answers("").await;
    let error = server.probe().await.unwrap_err();
    assert!(matches!(error, ProbeError::ConnectionClosed { phase: Phase::BeforeHead }), "{error}");
    let server = Server::raw(None, |_, _| Box::pin(async { Ok(()) })).await;
    assert_eq!(server.probe().await.unwrap_err().kind(), "connection_closed");
    let server = Server::answers("HTTP/1.1 200 O").await;
    let error = server.probe().await.unwrap_err();
    assert!(matches!(error, ProbeError::ConnectionClosed { phase: Phase::InHead }), "{error}");
}

#[tokio::test]
async fn what_is_not_http_is_shown() {
    for (answer, shown) in [
        (&b"SSH-2.0-OpenSSH_9.2\r\n"[..], "SSH-2.0-OpenSSH_9.2"),
        (b"<html>old</html>", "<html>old</html>"),
        (b"\x00\x01\xff`", "\\x00\\x01\\xff\\x60"),
        (b"HTTP/2 200 OK\r\n\r\n", "HTTP/2 200 OK"),
        (&[b'A'; 100_000], &"A".repeat(64)),
    ] {
        let server = Server::answers(answer).await;
        match server.probe().await.unwrap_err() {
            ProbeError::NotHttp { first_bytes } => assert_eq!(first_bytes, shown),
            other => panic!("{other:?}"),
        }
    }
    let server = Server::answers("HTTP/1.1 abc\r\n\r\n").await;
    assert_eq!(server.probe().await.unwrap_err().kind(), "bad_head");
}

/// A banner may come before the request is sent, and the server may say nothing after it.
#[tokio::test]
async fn a_banner_comes_unasked() {
    for pause in [0, 20] {
        let server = Server::raw(None, move |mut connection, _| {
            Box::pin(async move {
                sleep(Duration::from_millis(pause)).await;
                connection.write_all(b"220 mail.lan ESMTP\r\n").await?;
                sleep(Duration::from_secs(60)).await;
                Ok(())
            })
        })
        .await;
        let error = server.probe().await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "The server answered, but not in HTTP: it began with `220 mail.lan ESMTP`."
        );
    }
}

#[tokio::test]
async fn plain_http_to_a_tls_port() {
    let server = Server::answers(&b"\x15\x03\x01\x00\x02\x02\x46"[..]).await;
    let error = server.probe().await.unwrap_err();
    assert!(matches!(error, ProbeError::LooksLikeTls { .. }), "{error}");

    for (status, body, says) in [
        ("400 Bad Request", "Client sent an HTTP request to an HTTPS server.\n", true),
        ("400 Bad Request", "<center>The plain HTTP request was sent to HTTPS port</center>", true),
        ("400 Bad Request", "Bad request", false),
        ("200 OK", "Client sent an HTTP request to an HTTPS server.\n", false),
    ] {
        let server = Server::answers(format!("HTTP/1.0 {status}\r\n\r\n{body}")).await;
        assert_eq!(says_use_https(&server.probe().await.unwrap()), says, "{status} {body}");
    }
}

/// A server in Go closes before it has read the request, so that the kernel resets the connection.
#[tokio::test]
async fn a_reset_after_the_answer_keeps_the_answer() {
    let server = Server::raw(None, |mut connection, _| {
        Box::pin(async move {
            connection.read_u8().await?;
            connection.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\nan HTTP request to an HTTPS server").await
        })
    })
    .await;
    for _ in 0..20 {
        let response = server.probe().await.unwrap();
        assert_eq!(text(&response), "an HTTP request to an HTTPS server");
    }
}

#[tokio::test]
async fn bytes_outside_utf_8_are_kept() {
    let mut answer = b"HTTP/1.1 200 \xff\xfe\r\nX: \xff\xfe\r\nBad Name: x\r\nY: z\r\n\r\n".to_vec();
    answer.extend_from_slice(b"\xc3\x28\xff");
    let server = Server::answers(answer).await;
    let response = server.probe().await.unwrap();
    assert_eq!(response.headers["x"].as_bytes(), b"\xff\xfe");
    assert_eq!(response.headers["y"], "z");
    assert_eq!(&response.body[..], b"\xc3\x28\xff");
}

#[tokio::test]
async fn redirects_without_end() {
    let server = Server::asked(None, async |mut connection: Connection, number| {
        let answer = format!("HTTP/1.1 302 Found\r\nLocation: /{}\r\n\r\n", number + 1);
        connection.write_all(answer.as_bytes()).await
    })
    .await;
    let error = server.probe().await.unwrap_err();
    assert!(
        matches!(&error, ProbeError::TooManyRedirects { limit: 5, last } if last.path_and_query() == "/6")
    );
    assert_eq!(server.requests().len(), 6);
}

#[tokio::test]
async fn redirects_in_a_circle() {
    let server = Server::asked(None, async |mut connection: Connection, number| {
        let next = if number % 2 == 0 { "/b" } else { "/#again" };
        connection.write_all(format!("HTTP/1.1 307 T\r\nLocation: {next}\r\n\r\n").as_bytes()).await
    })
    .await;
    let error = server.probe().await.unwrap_err();
    assert!(matches!(&error, ProbeError::RedirectLoop { url } if **url == server.url()), "{error}");
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_redirect_to_what_cannot_be_asked() {
    let server = Server::answers(&b"HTTP/1.1 301 M\r\nLocation: ftp://\xff/\r\n\r\n"[..]).await;
    assert_eq!(
        server.probe().await.unwrap_err().to_string(),
        "The server redirects to `ftp://\\xff/`, which cannot be asked: \
         it does not begin with http:// or https://."
    );
}

#[tokio::test]
async fn a_redirect_to_another_host_drops_what_is_private() {
    let other = Server::answers("HTTP/1.1 200 OK\r\n\r\n").await;
    let answer = format!("HTTP/1.1 302 Found\r\nLocation: {}x\r\n\r\nmoved", other.url());
    let server = Server::answers(answer).await;
    let mut request = patient(server.url());
    for name in ["authorization", "cookie", "x-public", "x-secret"] {
        let mut value = HeaderValue::from_static("v");
        value.set_sensitive(name == "x-secret");
        request.headers.push((HeaderName::from_static(name), value));
    }
    let response = probe(request.clone()).await.unwrap();
    assert_eq!(response.hops, [crate::Redirect { url: server.url(), status: 302 }]);
    assert_eq!((response.status, response.remote), (200, other.addr));
    let (first, second) = (server.requests()[0].to_lowercase(), other.requests()[0].to_lowercase());
    for name in ["authorization", "cookie", "x-secret"] {
        assert!(first.contains(name) && !second.contains(name), "{name}");
    }
    assert!(second.contains("x-public") && second.starts_with("get /x "));

    for redirects in [Redirects::SameHost, Redirects::No] {
        let response = probe(Request { redirects, ..request.clone() }).await.unwrap();
        assert_eq!((response.status, text(&response)), (302, "moved"));
        assert_eq!(response.location().unwrap().path_and_query(), "/x");
    }
    assert_eq!(other.requests().len(), 1);
}

/// A certificate, what issued it, and the configuration of a server which shows it.
fn secured(
    names: &[&str],
    change: impl FnOnce(&mut CertificateParams),
) -> (CertificateDer<'static>, ServerConfig) {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "Home CA");
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut params =
        CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>()).unwrap();
    change(&mut params);
    let certificate = params.signed_by(&key, &issuer).unwrap();
    (issuer.der().clone(), server_config(certificate.der(), &key))
}

fn self_signed(is_ca: IsCa) -> ServerConfig {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.is_ca = is_ca;
    server_config(params.self_signed(&key).unwrap().der(), &key)
}

fn server_config(certificate: &CertificateDer<'static>, key: &KeyPair) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap()
}

async fn verdict(roots: Vec<CertificateDer<'static>>, tls: ServerConfig, host: &str) -> Result<(), String> {
    let server = Server::answers_over(Some(tls), "HTTP/1.1 200 OK\r\n\r\nsafe").await;
    let response = Client::with_roots(roots).get(&patient(server.secure_url(host))).await.unwrap();
    assert_eq!((response.status, text(&response)), (200, "safe"));
    assert!(response.timings.tls.is_some());
    let certificate = response.certificate.unwrap();
    assert!(certificate.not_after_unix.is_some());
    certificate.trusted
}

#[tokio::test]
async fn certificates_are_judged() {
    let (root, tls) = secured(&["localhost", "127.0.0.1"], |_| {});
    assert_eq!(verdict(vec![root.clone()], tls.clone(), "localhost").await, Ok(()));
    assert_eq!(verdict(vec![root], tls.clone(), "127.0.0.1").await, Ok(()));
    let (stranger, _) = secured(&[], |_| {});
    let unknown = verdict(vec![stranger.clone()], tls.clone(), "localhost").await;
    assert_eq!(unknown.unwrap_err(), "signed by an unknown issuer");
    let rootless = verdict(vec![], tls, "localhost").await;
    assert_eq!(rootless.unwrap_err(), "not to be judged, as this machine has no list of trusted issuers");

    let (root, tls) = secured(&["nas.lan", "pi.lan"], |_| {});
    let misnamed = verdict(vec![root], tls, "localhost").await;
    assert_eq!(misnamed.unwrap_err(), "issued for other names: nas.lan, pi.lan");
    let (root, tls) = secured(&["localhost"], |params| params.not_after = rcgen::date_time_ymd(2024, 5, 1));
    assert_eq!(verdict(vec![root], tls, "localhost").await.unwrap_err(), "expired on 2024-05-01");
    let (root, tls) = secured(&["localhost"], |params| params.not_before = rcgen::date_time_ymd(2999, 5, 1));
    assert_eq!(verdict(vec![root], tls, "localhost").await.unwrap_err(), "not valid before 2999-05-01");

    for is_ca in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        let own = verdict(vec![stranger.clone()], self_signed(is_ca), "localhost").await;
        assert_eq!(own.unwrap_err(), "self-signed");
    }
}

/// Many small servers close a TLS connection without `close_notify`.
#[tokio::test]
async fn a_tls_connection_cut_short_ends_the_body() {
    let server = Server::asked(Some(self_signed(IsCa::NoCa)), async |mut connection: Connection, _| {
        connection.write_all(b"HTTP/1.1 200 OK\r\n\r\nabc").await?;
        connection.flush().await
    })
    .await;
    let response = probe(patient(server.secure_url("localhost"))).await.unwrap();
    assert_eq!((text(&response), response.body_truncated), ("abc", false));
}

#[tokio::test]
async fn tls_to_what_does_not_speak_it() {
    let server = Server::raw(None, |mut connection, _| {
        Box::pin(async move { connection.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await })
    })
    .await;
    let error = probe(patient(server.secure_url("localhost"))).await.unwrap_err();
    let expected =
        format!("{} does not speak HTTPS: it answered with `HTTP/1.1 400 Bad Request`.", server.addr);
    assert_eq!(error.to_string(), expected);

    let server = Server::raw(None, |mut connection, _| {
        Box::pin(async move { connection.write_all(b"\x15\x03\x03\x00\x02\x02\x28").await })
    })
    .await;
    let error = probe(patient(server.secure_url("localhost"))).await.unwrap_err();
    let reason = "the server found no version or cipher of TLS in common";
    assert!(matches!(&error, ProbeError::TlsHandshake { reason: found, .. } if found == reason), "{error}");

    let server = Server::raw(None, |_, _| Box::pin(async { Ok(()) })).await;
    assert_eq!(probe(patient(server.secure_url("localhost"))).await.unwrap_err().kind(), "tls_handshake");

    let server = Server::raw(None, |connection, _| {
        Box::pin(async move {
            sleep(Duration::from_secs(60)).await;
            drop(connection);
            Ok(())
        })
    })
    .await;
    let error = probe(hurried(server.secure_url("127.0.0.1"))).await.unwrap_err();
    assert!(matches!(error, ProbeError::TlsTimeout { .. }), "{error}");
}

#[tokio::test]
async fn a_server_which_wants_a_client_certificate_is_told_apart() {
    let (root, _) = secured(&[], |_| {});
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root).unwrap();
    let verifier =
        rustls::server::WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone())
            .build();
    let tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.unwrap())
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    let server = Server::answers_over(Some(tls), "HTTP/1.1 200 OK\r\n\r\n").await;
    let error = probe(patient(server.secure_url("localhost"))).await.unwrap_err();
    assert!(error.to_string().contains("asks for a certificate of the client"), "{error}");
}

#[tokio::test]
async fn the_futures_can_be_sent_and_are_small() {
    fn sendable<T: Send>(_: &T) {}
    let request = patient(Url::parse("http://nas.lan/").unwrap());
    let client = Client::new();
    let probe = client.get(&request);
    sendable(&probe);
    assert!(size_of_val(&probe) < 4096, "{} bytes", size_of_val(&probe));
}
