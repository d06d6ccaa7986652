//! Deliveries to push services of the tests, over real sockets.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::receiver::{Receiver, read_authorization};
use crate::{Contact, Failure, Fate, Message, Reach, Sender, Topic, Urgency, Vapid};

const NOW: i64 = 1_800_000_000;

/// A push service, which ends when it is dropped.
struct Service {
    addr: SocketAddr,
    /// Head and body of each request.
    seen: Arc<Mutex<Vec<(String, Vec<u8>)>>>,
    _task: JoinSet<()>,
}

impl Service {
    /// Answers every request with the same bytes.
    async fn answers(tls: Option<ServerConfig>, answer: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        let seen = Arc::<Mutex<Vec<(String, Vec<u8>)>>>::default();
        let kept = seen.clone();
        let mut task = JoinSet::new();
        task.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let request = match &tls {
                    None => talk(stream, answer).await,
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => talk(stream, answer).await,
                        Err(_) => continue,
                    },
                };
                kept.lock().unwrap().extend(request);
            }
        });
        Self { addr, seen, _task: task }
    }

    fn endpoint(&self, scheme: &str, host: &str) -> String {
        format!("{scheme}://{host}:{}/send/1?x", self.addr.port())
    }

    fn seen(&self) -> Vec<(String, Vec<u8>)> {
        self.seen.lock().unwrap().clone()
    }
}

async fn talk(mut stream: impl AsyncRead + AsyncWrite + Unpin, answer: &str) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let length = head.to_lowercase();
    let length =
        length.split_once("content-length: ").and_then(|(_, rest)| rest.split("\r\n").next()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    // A client may have seen enough at any time.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
    Some((head, body))
}

fn sender(reach: &[&str], roots: Vec<CertificateDer<'static>>) -> Sender {
    let hosts: Vec<String> = reach.iter().map(|&host| host.to_owned()).collect();
    let network = tls_probe::Client::with_roots(roots);
    Sender::new(network, Vapid::generate().unwrap().0, Reach::with(&hosts))
}

fn message(payload: &[u8]) -> Message<'_> {
    static CONTACT: OnceLock<Contact> = OnceLock::new();
    Message {
        payload,
        ttl: Duration::from_secs(3600),
        urgency: Urgency::High,
        topic: Some(Topic::of("a")),
        contact: CONTACT.get_or_init(|| Contact::read("mailto:anna@example.org").unwrap()),
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(": ")?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

const TAKEN: &str = "HTTP/1.1 201 Created\r\nLocation: /message/1\r\nContent-Length: 0\r\n\r\n";

#[tokio::test]
async fn a_message_reaches_the_browser() {
    let service = Service::answers(None, TAKEN).await;
    let (sender, browser) = (sender(&["127.0.0.1"], Vec::new()), Receiver::new());
    let to = browser.subscription(&service.endpoint("http", "127.0.0.1"));
    sender.send(&to, &message(b"The kettle boils."), NOW).await.unwrap();
    let (head, body) = service.seen().pop().unwrap();
    assert_eq!(browser.decrypt(&body).unwrap(), b"The kettle boils.");
    assert!(head.starts_with("POST /send/1?x HTTP/1.1\r\n"), "{head}");
    for (name, value) in [
        ("ttl", "3600"),
        ("urgency", "high"),
        ("topic", Topic::of("a").as_str()),
        ("content-encoding", "aes128gcm"),
    ] {
        assert_eq!(header(&head, name), Some(value), "{head}");
    }
    let claims = read_authorization(header(&head, "authorization").unwrap()).unwrap();
    assert_eq!(claims.audience, format!("http://{}", service.addr));
    assert!(claims.expires > NOW && claims.expires <= NOW + 86_400);
    assert_eq!((claims.subject.as_str(), claims.key), ("mailto:anna@example.org", sender.public_key()));
}

/// Some services count how often a sender signs anew.
#[tokio::test]
async fn a_signature_is_used_again_while_it_holds() {
    let service = Service::answers(None, TAKEN).await;
    let (sender, browser) = (sender(&["127.0.0.1"], Vec::new()), Receiver::new());
    let to = browser.subscription(&service.endpoint("http", "127.0.0.1"));
    // The last one: a clock that was set back.
    for later in [0, 3600, 7 * 3600, 0] {
        sender.send(&to, &message(b"x"), NOW + later).await.unwrap();
    }
    let signed: Vec<String> =
        service.seen().iter().map(|(head, _)| header(head, "authorization").unwrap().to_owned()).collect();
    assert_eq!(signed[0], signed[1]);
    assert_ne!(signed[1], signed[2]);
    assert_ne!(signed[2], signed[3]);
    let ends = read_authorization(&signed[3]).unwrap().expires;
    assert_eq!(ends, NOW + 12 * 3600);
}

async fn failure_of(answer: &'static str) -> Failure {
    let service = Service::answers(None, answer).await;
    let to = Receiver::new().subscription(&service.endpoint("http", "127.0.0.1"));
    sender(&["127.0.0.1"], Vec::new()).send(&to, &message(b"x"), NOW).await.unwrap_err()
}

#[tokio::test]
async fn bad_answers_say_what_to_do() {
    assert_eq!(failure_of("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n").await.fate, Fate::Gone);
    let busy = failure_of("HTTP/1.1 429 Busy\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n").await;
    assert_eq!(busy.fate, Fate::Later(Some(Duration::from_secs(30))));
    assert_eq!(failure_of("SSH-2.0-OpenSSH\r\n").await.fate, Fate::Later(None));
    // The service has decided before it broke off.
    assert_eq!(
        failure_of("HTTP/1.1 410 Gone\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").await.fate,
        Fate::Gone
    );
}

#[tokio::test]
async fn no_redirect_leads_into_the_house() {
    let inside = Service::answers(None, TAKEN).await;
    let location =
        format!("HTTP/1.1 307 Moved\r\nLocation: http://{}/\r\nContent-Length: 0\r\n\r\n", inside.addr);
    let failure = failure_of(location.leak()).await;
    assert_eq!(failure.fate, Fate::Refused);
    assert!(failure.sentence.contains("not followed"), "{failure}");
    assert!(inside.seen().is_empty());
}

#[tokio::test]
async fn what_is_not_listed_in_the_house_is_not_asked() {
    let service = Service::answers(None, TAKEN).await;
    let browser = Receiver::new();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0.0.0.0"] {
        for scheme in ["http", "https"] {
            let to = browser.subscription(&service.endpoint(scheme, host));
            let failure = sender(&["push.lan"], Vec::new()).send(&to, &message(b"x"), NOW).await.unwrap_err();
            assert!(
                failure.fate == Fate::Refused || failure.sentence.contains("could not be found"),
                "{scheme} {host}: {failure}"
            );
        }
    }
    assert!(service.seen().is_empty());
}

#[tokio::test]
async fn a_message_that_is_too_long_is_not_sent() {
    let to = Receiver::new().subscription("https://push.invalid/");
    let failure = sender(&[], Vec::new()).send(&to, &message(&[0; 4000]), NOW).await.unwrap_err();
    assert_eq!(failure.fate, Fate::TooLarge);
}

/// A certificate for `localhost`, and the root which signed it.
fn certificate() -> (ServerConfig, CertificateDer<'static>) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &root).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap());
    (config.unwrap(), root.der().clone())
}

#[tokio::test]
async fn only_a_service_with_a_trusted_certificate_gets_anything() {
    let (config, root) = certificate();
    let service = Service::answers(Some(config), TAKEN).await;
    let browser = Receiver::new();
    let to = browser.subscription(&service.endpoint("https", "localhost"));
    let failure = sender(&["localhost"], Vec::new()).send(&to, &message(b"x"), NOW).await.unwrap_err();
    assert!(failure.sentence.contains("certificate"), "{failure}");
    assert_eq!(failure.fate, Fate::Later(None));
    assert!(service.seen().is_empty());
    sender(&["localhost"], vec![root]).send(&to, &message(b"x"), NOW).await.unwrap();
    assert_eq!(browser.decrypt(&service.seen()[0].1).unwrap(), b"x");
}
