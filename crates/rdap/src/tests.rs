//! Conversations with servers of the tests.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use http_probe::{Client, Url};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::record::tests::{ANSWER, domain};
use crate::{Outcome, Question, Report, Server, ask};

/// A server of the test, which ends when it is dropped.
struct Fake {
    addr: SocketAddr,
    heads: Arc<Mutex<Vec<String>>>,
    _task: JoinSet<()>,
}

impl Fake {
    /// Answers every request with the same bytes.
    async fn answers(answer: impl Into<String>) -> Self {
        Self::over(None, answer).await
    }

    async fn over(tls: Option<ServerConfig>, answer: impl Into<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        let (answer, heads) = (answer.into(), Arc::<Mutex<Vec<String>>>::default());
        let kept = heads.clone();
        let mut task = JoinSet::new();
        task.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let head = match &tls {
                    None => talk(stream, &answer).await,
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => talk(stream, &answer).await,
                        Err(_) => continue,
                    },
                };
                kept.lock().unwrap().extend(head);
            }
        });
        Self { addr, heads, _task: task }
    }

    fn url(&self) -> Url {
        Url::parse(&format!("http://{}/rdap/", self.addr)).unwrap()
    }

    fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &str) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    // A client may have seen enough at any time.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
    String::from_utf8(head).ok()
}

fn json(status: u16, body: &str) -> String {
    answer(status, "Content-Type: application/rdap+json\r\n", body)
}

fn answer(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} x\r\n{headers}Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn report(server: Server) -> Report {
    let client = Client::with_roots(Vec::new());
    // A busy machine, too, has the time to answer.
    let question =
        Question { deadline: Duration::from_secs(60), ..Question::new(domain("example.com"), server) };
    let report = ask(&client, &question).await;
    assert!(report.to_string().ends_with('.'), "{report}");
    report
}

async fn registry(answer: impl Into<String>) -> Outcome {
    report(Server::Registry(Fake::answers(answer).await.url())).await.outcome
}

#[tokio::test]
async fn a_registry_tells_the_end() {
    let fake = Fake::answers(json(200, ANSWER)).await;
    let report = report(Server::Registry(fake.url())).await;
    assert_eq!(report.to_string(), "The registration of example.com ends on 2027-08-13.");
    let Outcome::Expires { registrar, status, .. } = report.outcome else { panic!("{report:?}") };
    assert_eq!((registrar.as_deref(), status.len()), (Some("Example Registrar Inc."), 3));
    let head = &fake.heads()[0];
    assert!(head.starts_with("GET /rdap/domain/example.com HTTP/1.1\r\n"), "{head}");
    assert!(head.to_lowercase().contains("\r\naccept: application/rdap+json"), "{head}");
}

#[tokio::test]
async fn each_answer_has_its_outcome() {
    let page = "Content-Type: text/html\r\n";
    let silent = r#"{"objectClassName":"domain","ldhName":"example.com","status":["active"]}"#;
    for (answer, kind) in [
        (json(200, silent), "no_expiry"),
        (json(404, r#"{"errorCode":404}"#), "not_found"),
        (answer(404, "", ""), "not_found"),
        (answer(404, page, "<h1>Not found</h1>"), "fault"),
        (json(501, ""), "unsupported"),
        (answer(429, "Retry-After: 60\r\n", ""), "rate_limited"),
        (json(500, r#"{"title":"Out of order"}"#), "fault"),
        (answer(200, page, "<h1>Welcome</h1>"), "fault"),
        (json(200, r#"{"objectClassName":"domain","ldhName":"example.net"}"#), "fault"),
        (json(200, &format!("{{\"x\":\"{}\"}}", "x".repeat(600 * 1024))), "fault"),
        (answer(302, "Location: ftp://x/\r\n", ""), "fault"),
        (answer(302, "Location: http://localhost:9/\r\n", ""), "fault"),
    ] {
        let outcome = registry(answer.clone()).await;
        assert_eq!(outcome.kind(), kind, "{outcome:?} {}", &answer[..60]);
        if let Outcome::RateLimited { retry_after } = outcome {
            assert_eq!(retry_after, Some(Duration::from_secs(60)));
        }
    }
}

#[tokio::test]
async fn a_redirecting_service_knows_who_has_no_server() {
    let nobody = Fake::answers(json(404, "")).await;
    let outcome = report(Server::Redirecting(nobody.url())).await.outcome;
    assert!(matches!(outcome, Outcome::Unsupported), "{outcome:?}");
    let to = format!("Location: http://{}/domain/example.com\r\n", nobody.addr);
    let service = Fake::answers(answer(302, &to, "")).await;
    let outcome = report(Server::Redirecting(service.url())).await.outcome;
    assert!(matches!(outcome, Outcome::NotFound), "{outcome:?}");
    assert!(nobody.heads()[1].starts_with("GET /domain/example.com "), "{:?}", nobody.heads());
}

#[tokio::test]
async fn redirects_end() {
    let fake = Fake::answers(answer(302, "Location: x\r\n", "")).await;
    let outcome = report(Server::Redirecting(fake.url())).await.outcome;
    assert!(
        matches!(&outcome, Outcome::Network(error) if error.kind() == "too_many_redirects"),
        "{outcome:?}"
    );
    assert_eq!(fake.heads().len(), 6);
}

#[tokio::test]
async fn no_answer_is_a_matter_of_the_network() {
    let fake = Fake::answers("").await;
    let url = fake.url();
    drop(fake);
    let outcome = report(Server::Registry(url)).await.outcome;
    assert!(matches!(&outcome, Outcome::Network(error) if error.kind() == "refused"), "{outcome:?}");
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = Url::parse(&format!("http://{}/", silent.local_addr().unwrap())).unwrap();
    let question = Question::new(domain("example.com"), Server::Registry(url));
    let hurried = Question { deadline: Duration::from_millis(50), ..question };
    let outcome = ask(&Client::with_roots(Vec::new()), &hurried).await.outcome;
    assert!(matches!(&outcome, Outcome::Network(error) if error.kind() == "head_timeout"), "{outcome:?}");
}

#[tokio::test]
async fn only_a_trusted_server_is_believed() {
    let (root, config) = certificate("localhost");
    let fake = Fake::over(Some(config), json(200, ANSWER)).await;
    let url = Url::parse(&format!("https://localhost:{}/", fake.addr.port())).unwrap();
    let question = Question::new(domain("example.com"), Server::Registry(url));
    let trusting = ask(&Client::with_roots(vec![root]), &question).await;
    assert_eq!(trusting.outcome.kind(), "expires", "{trusting:?}");
    let doubting = ask(&Client::with_roots(Vec::new()), &question).await;
    assert!(
        matches!(&doubting.outcome, Outcome::Network(error) if error.kind() == "tls_handshake"),
        "{doubting:?}"
    );
    assert!(doubting.to_string().contains("the certificate is"), "{doubting}");
}

/// A certificate for `name` and the root that signed it.
fn certificate(name: &str) -> (CertificateDer<'static>, ServerConfig) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &root).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    (root.der().clone(), config)
}
