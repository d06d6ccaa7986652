//! Examinations of small servers on this machine.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair, SanType,
    date_time_ymd,
};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, UnixTime};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_rustls::TlsAcceptor;

use crate::{
    Client, ClientCertificate, Deadline, Distrust, Error, Examined, Family, Fault, Limits, TlsVersion,
    Weakness,
};

/// An issuer of certificates.
struct Issuer(CertifiedIssuer<'static, KeyPair>);

impl Issuer {
    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::new(vec![]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        params
    }

    fn root(name: &str) -> Self {
        Self(CertifiedIssuer::self_signed(Self::params(name), KeyPair::generate().unwrap()).unwrap())
    }

    fn below(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = Self::params(name);
        change(&mut params);
        Self(CertifiedIssuer::signed_by(params, KeyPair::generate().unwrap(), &self.0).unwrap())
    }

    fn der(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// A certificate for a server, and its key.
    fn issue(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        Identity { chain: vec![params.signed_by(&key, &self.0).unwrap().der().clone()], key }
    }
}

/// What a server shows.
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
}

impl Identity {
    fn own(names: &[&str]) -> Self {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let own = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
        Self { chain: vec![own.der().clone()], key }
    }

    fn and(mut self, other: &CertificateDer<'static>) -> Self {
        self.chain.push(other.clone());
        self
    }

    fn config(self) -> ServerConfig {
        self.config_for(&[&rustls::version::TLS13, &rustls::version::TLS12], None)
    }

    /// A server which speaks `versions` and asks clients for certificates of `issuer`.
    fn config_for(
        self,
        versions: &[&'static SupportedProtocolVersion],
        clients: Option<(&Issuer, bool)>,
    ) -> ServerConfig {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder =
            ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions).unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some((issuer, required)) => {
                let mut roots = RootCertStore::empty();
                roots.add(issuer.der()).unwrap();
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                let verifier = if required { verifier } else { verifier.allow_unauthenticated() };
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        // Without asking the library whether it likes the certificate.
        let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
        let certified = CertifiedKey::new(self.chain, key);
        builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)))
    }
}

/// A server of the test, which ends when it is dropped.
struct Server {
    addr: SocketAddr,
    _task: JoinSet<()>,
}

impl Server {
    async fn secure(config: ServerConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let mut task = JoinSet::new();
        task.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                drop(stream.read_u8().await);
            }
        });
        Self { addr, _task: task }
    }

    /// Says `words` to everybody and listens to nobody.
    async fn says(words: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut kept = Vec::new();
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                stream.write_all(words).await.unwrap();
                kept.push(stream);
            }
        });
        Self { addr, _task: task }
    }

    async fn examined(&self, roots: Vec<CertificateDer<'static>>) -> Result<Examined, Error> {
        let limits = Limits { phase: Duration::from_secs(10), ..Limits::default() };
        let (client, host) = (Client::with_roots(roots), self.addr.ip().to_string());
        client.examine(&host, self.addr.port(), Some("nas.lan"), &limits).await
    }
}

async fn examine(identity: Identity, roots: &[&Issuer]) -> Examined {
    let server = Server::secure(identity.config()).await;
    server.examined(roots.iter().map(|root| root.der()).collect()).await.unwrap()
}

fn now() -> i64 {
    i64::try_from(UnixTime::now().as_secs()).unwrap()
}

#[tokio::test]
async fn a_good_chain_is_told_with_its_first_expiry() {
    let root = Issuer::root("Home Root");
    let between = root.below("Home Issuing", |params| params.not_after = date_time_ymd(2999, 5, 1));
    let leaf = between.issue(&["nas.lan", "127.0.0.1"], |params| {
        params.distinguished_name.push(DnType::CommonName, "nas");
        params.not_after = date_time_ymd(3000, 1, 1);
    });
    let seen = examine(leaf.and(&between.der()), &[&root]).await;
    assert!(seen.timings.tls > Duration::ZERO);
    let seen = seen.examination;
    assert_eq!((&seen.trusted, seen.name_matches, seen.chain_length), (&Ok(()), Some(true), 2));
    let leaf = seen.leaf.as_ref().unwrap();
    assert_eq!((leaf.subject.as_deref(), leaf.issuer.as_deref()), (Some("nas"), Some("Home Issuing")));
    assert_eq!(
        (leaf.names.as_slice(), leaf.is_ca),
        (&["nas.lan".to_owned(), "127.0.0.1".to_owned()][..], false)
    );
    let first = seen.first_expiry.as_ref().unwrap();
    assert_eq!((first.position, first.subject.as_deref()), (1, Some("Home Issuing")));
    assert!(first.days_left(now()) < seen.days_left(now()).unwrap());
    assert_eq!(
        (seen.version, seen.client_certificate),
        (Some(TlsVersion::Tls13), ClientCertificate::NotAsked)
    );
    assert!(seen.weaknesses.is_empty() && seen.protocol.is_none());
}

#[tokio::test]
async fn gaps_and_strangers_are_told_apart() {
    let (root, other) = (Issuer::root("Home Root"), Issuer::root("Other Root"));
    let between = root.below("Home Issuing", |_| {});
    let leaf = || between.issue(&["nas.lan"], |_| {});
    let marked = |oid: &'static [u64], content: &'static [u8]| {
        between.issue(&["nas.lan"], |params| {
            params.custom_extensions = vec![CustomExtension::from_oid_content(oid, content.to_vec())];
        })
    };
    let access = || {
        marked(
            &[1, 3, 6, 1, 5, 5, 7, 1, 1],
            b"\x30\x12\x30\x10\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02\x86\x04http",
        )
    };
    let logged = || marked(&[1, 3, 6, 1, 4, 1, 11129, 2, 4, 2], b"\x04\0");
    for (identity, roots, distrust) in [
        // Nobody can know whether the issuer is a root.
        (leaf(), vec![&root], Distrust::UnknownIssuer),
        (access(), vec![&root], Distrust::IncompleteChain),
        (logged(), vec![&root], Distrust::IncompleteChain),
        (leaf().and(&root.der()), vec![&root], Distrust::IncompleteChain),
        (leaf().and(&other.der()), vec![&root], Distrust::IncompleteChain),
        (leaf().and(&between.der()), vec![&other], Distrust::UnknownIssuer),
        (logged().and(&between.der()), vec![&other], Distrust::UnknownIssuer),
        (leaf().and(&between.der()).and(&root.der()), vec![&other], Distrust::UnknownIssuer),
        (Identity::own(&["nas.lan"]), vec![&other], Distrust::SelfSigned),
        (leaf().and(&between.der()), vec![], Distrust::NoRoots),
    ] {
        let chain = identity.chain.len();
        let seen = examine(identity, &roots).await.examination;
        assert_eq!((seen.trusted, seen.chain_length), (Err(distrust.clone()), chain), "{distrust}");
        assert_eq!(seen.name_matches, Some(true));
        assert!(seen.leaf.unwrap().not_after.is_some() && seen.first_expiry.is_some(), "{distrust}");
    }
    // The issuer was set up anew: the same name, another key.
    let seen = examine(leaf().and(&between.der()), &[&Issuer::root("Home Root")]).await.examination;
    assert_eq!(seen.trusted, Err(Distrust::UnknownIssuer));
}

#[tokio::test]
async fn names_and_times_are_judged() {
    let root = Issuer::root("Home Root");
    let trusted = async |identity: Identity| {
        let seen = examine(identity, &[&root]).await.examination;
        (seen.trusted.unwrap_err().to_string(), seen.name_matches)
    };
    let other = trusted(root.issue(&["tv.lan", "10.0.0.9"], |_| {})).await;
    assert_eq!(other, ("issued for other names: tv.lan, 10.0.0.9".to_owned(), Some(false)));
    let none = trusted(root.issue(&[], |_| {})).await;
    assert_eq!(none, ("issued for no name at all".to_owned(), Some(false)));
    // Both are told of a certificate which is wrong in two ways.
    let own = trusted(Identity::own(&["tv.lan"])).await;
    assert_eq!(own, ("self-signed".to_owned(), Some(false)));
    let old = trusted(root.issue(&["nas.lan"], |params| params.not_after = date_time_ymd(2024, 5, 1))).await;
    assert_eq!(old, ("expired on 2024-05-01".to_owned(), Some(true)));
    let far = |params: &mut CertificateParams| params.not_before = date_time_ymd(9999, 5, 1);
    let early = trusted(root.issue(&["nas.lan"], |params| {
        far(params);
        params.not_after = date_time_ymd(9999, 12, 31);
    }))
    .await;
    assert_eq!(early, ("not valid before 9999-05-01".to_owned(), Some(true)));
    let between = root.below("Home Issuing", |params| params.not_after = date_time_ymd(2024, 5, 1));
    let leaf = between.issue(&["nas.lan"], |_| {}).and(&between.der());
    let above = trusted(leaf).await;
    assert_eq!(above.0, "signed by an issuer whose own certificate expired on 2024-05-01");
}

#[tokio::test]
async fn the_farthest_dates_do_no_harm() {
    let root = Issuer::root("Home Root");
    let at = |year| {
        root.issue(&["nas.lan"], |params| {
            params.not_before = date_time_ymd(1950, 1, 1);
            params.not_after = date_time_ymd(year, 12, 31);
        })
    };
    let seen = examine(at(1950), &[&root]).await.examination;
    assert!(seen.days_left(now()).unwrap() < -27_000);
    assert_eq!(seen.trusted, Err(Distrust::Expired { on: Some(-599_702_400) }));
    let seen = examine(at(9999), &[&root]).await.examination;
    assert!(seen.days_left(now()).unwrap() > 2_900_000);
    assert_eq!(seen.leaf.unwrap().not_before, Some(-631_152_000));
    assert_eq!(seen.trusted, Err(Distrust::Unreadable), "the library reads no year before 1970");
}

#[tokio::test]
async fn ten_thousand_names_are_cheap() {
    let root = Issuer::root("Home Root");
    // Four letters each: so many fit into a handshake, but no more.
    let letter = |number: u32| char::from(b'a' + (number % 26) as u8);
    let name = |number: u32| {
        let name: String = [17_576, 676, 26, 1].map(|place| letter(number / place)).iter().collect();
        SanType::DnsName(name.try_into().unwrap())
    };
    let leaf =
        |count: u32| root.issue(&[], |params| params.subject_alt_names = (0..count).map(name).collect());
    let server = Server::secure(leaf(10_000).config()).await;
    let start = Instant::now();
    let seen = server.examined(vec![root.der()]).await.unwrap().examination;
    assert!(start.elapsed() < Duration::from_secs(5), "it took {:?}", start.elapsed());
    let leaf_seen = seen.leaf.unwrap();
    assert_eq!((leaf_seen.name_count, leaf_seen.names.len(), seen.name_matches), (10_000, 20, Some(false)));
    let Err(distrust @ Distrust::OtherNames { .. }) = seen.trusted else { panic!("{:?}", seen.trusted) };
    assert!(distrust.to_string().chars().count() < 250, "{distrust}");

    let server = Server::secure(leaf(20_000).config()).await;
    let error = server.examined(vec![root.der()]).await.unwrap_err();
    assert!(matches!(error, Error::Handshake { fault: Fault::TooLarge, .. }), "{error}");
}

#[tokio::test]
async fn the_version_and_the_protocol_are_told() {
    let own = || Identity::own(&["nas.lan"]);
    for (version, told) in
        [(&rustls::version::TLS12, TlsVersion::Tls12), (&rustls::version::TLS13, TlsVersion::Tls13)]
    {
        let server = Server::secure(own().config_for(&[version], None)).await;
        assert_eq!(server.examined(vec![]).await.unwrap().examination.version, Some(told));
    }
    let mut config = own().config();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let server = Server::secure(config).await;
    let (client, deadline) = (Client::with_roots(vec![]), Deadline::from_now(&Limits::default()));
    for (offered, chosen) in
        [(&[&b"h2"[..], b"http/1.1"][..], Ok(Some(b"h2".to_vec()))), (&[b"imap"], Err(()))]
    {
        let tcp = client.connect("127.0.0.1", server.addr.port(), Family::V4, &deadline).await.unwrap();
        let secured = client.handshake(tcp.stream, "nas.lan", tcp.remote, offered, &deadline).await;
        match secured {
            Ok(secured) => assert_eq!(Ok(secured.examination.protocol), chosen),
            Err(error) => {
                assert!(chosen.is_err(), "{error}");
                assert!(matches!(error, Error::Handshake { fault: Fault::NoProtocol, .. }), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn servers_which_want_to_know_their_clients_are_told_apart() {
    let clients = Issuer::root("Clients");
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        for (required, told) in [(true, ClientCertificate::Required), (false, ClientCertificate::Asked)] {
            let own = Identity::own(&["nas.lan"]);
            let server = Server::secure(own.config_for(&[version], Some((&clients, required)))).await;
            let seen = server.examined(vec![]).await.unwrap().examination;
            assert_eq!(seen.client_certificate, told, "{version:?}");
            assert!(seen.leaf.unwrap().not_after.is_some(), "the certificate is told all the same");
        }
    }
    let own = Identity::own(&["nas.lan"]);
    let server = Server::secure(own.config_for(&[&rustls::version::TLS12], Some((&clients, true)))).await;
    let (client, deadline) = (Client::with_roots(vec![]), Deadline::from_now(&Limits::default()));
    let tcp = client.connect("127.0.0.1", server.addr.port(), Family::Any, &deadline).await.unwrap();
    let error = client.handshake(tcp.stream, "nas.lan", tcp.remote, &[], &deadline).await.unwrap_err();
    assert!(error.to_string().contains("asks for a certificate of the client"), "{error}");
}

/// As STARTTLS does: first some words in the clear, then TLS on the same stream.
#[tokio::test]
async fn any_stream_is_secured() {
    let (mut near, mut far) = tokio::io::duplex(4096);
    let acceptor = TlsAcceptor::from(Arc::new(Identity::own(&["mail.lan"]).config()));
    let server = async move {
        far.write_all(b"220 go\r\n").await.unwrap();
        let mut stream = acceptor.accept(far).await.unwrap();
        let mut line = [0; 4];
        stream.read_exact(&mut line).await.unwrap();
        stream.write_all(&line).await.unwrap();
        stream.flush().await.unwrap();
    };
    let client = async move {
        let mut line = [0; 8];
        near.read_exact(&mut line).await.unwrap();
        let (client, deadline) = (Client::with_roots(vec![]), Deadline::from_now(&Limits::default()));
        let addr = SocketAddr::from(([192, 0, 2, 1], 25));
        let mut secured = client.handshake(near, "mail.lan", addr, &[], &deadline).await.unwrap();
        secured.stream.write_all(b"EHLO").await.unwrap();
        secured.stream.flush().await.unwrap();
        let mut echo = [0; 4];
        secured.stream.read_exact(&mut echo).await.unwrap();
        (echo, secured.examination.name_matches)
    };
    let ((), seen) = tokio::join!(server, client);
    assert_eq!(seen, (*b"EHLO", Some(true)));
}

#[tokio::test]
async fn what_does_not_speak_tls_of_today_is_told() {
    let kind = async |words| {
        let error = Server::says(words).await.examined(vec![]).await.unwrap_err();
        let fault = if let Error::Handshake { fault, .. } = &error { Some(*fault) } else { None };
        (error.kind(), fault)
    };
    assert_eq!(kind(b"220 mail.lan ESMTP\r\n").await, ("not_tls", None));
    // The alerts `protocol_version`, `handshake_failure`, `unrecognized_name` and `internal_error`.
    assert_eq!(kind(b"\x15\x03\x01\x00\x02\x02\x46").await, ("tls_handshake", Some(Fault::Outdated)));
    assert_eq!(kind(b"\x15\x03\x03\x00\x02\x02\x28").await, ("tls_handshake", Some(Fault::Outdated)));
    assert_eq!(kind(b"\x15\x03\x03\x00\x02\x02\x70").await, ("tls_handshake", Some(Fault::UnknownName)));
    assert_eq!(kind(b"\x15\x03\x03\x00\x02\x02\x50").await, ("tls_handshake", Some(Fault::Other)));
}

#[tokio::test]
async fn every_phase_ends_in_time() {
    let silent = Server::says(b"").await;
    let limits = Limits { phase: Duration::from_millis(150), ..Limits::default() };
    let start = Instant::now();
    let error = Client::with_roots(vec![]).examine("127.0.0.1", silent.addr.port(), None, &limits).await;
    let error = error.unwrap_err();
    assert!(matches!(error, Error::TlsTimeout { .. }) && start.elapsed() < Duration::from_secs(2), "{error}");
    // A handshake one byte at a time ends with the whole, not with each byte.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let dribble = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        for byte in b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc".iter().chain(std::iter::repeat(&0)) {
            if stream.write_u8(*byte).await.is_err() {
                break;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    let client = Client::with_roots(vec![]);
    let (_, result) = tokio::join!(dribble, client.examine("127.0.0.1", port, None, &limits));
    assert!(matches!(result.as_ref().unwrap_err().kind(), "tls_timeout" | "tls_handshake"), "{result:?}");
    let error = client.examine("nas.invalid", 443, None, &limits).await.unwrap_err();
    assert!(matches!(error.kind(), "resolve" | "resolve_timeout"), "{error}");
}

/// Such a server cannot be made of what the tests have, but a handshake can be recorded.
#[test]
fn weak_certificates_are_listed() {
    use crate::examination::Chain;
    let weak: &[u8] = include_bytes!("der/samples/rsa1024-sha1.der");
    let md5 = CertificateDer::from(&include_bytes!("der/samples/rsa2048-md5.der")[..]);
    let listed = |leaf: &[u8], others: &[CertificateDer<'_>]| Chain::read(leaf, others).weaknesses;
    let expected = [Weakness::ShortRsaKey { bits: 1024 }, Weakness::Sha1Signature];
    assert_eq!(listed(weak, &[]), expected);
    assert_eq!(listed(&md5, &[]), [Weakness::Md5Signature]);
    // Nobody relies on the signature of a root; each weakness is named once.
    assert_eq!(listed(weak, &[md5.clone(), CertificateDer::from(weak), md5]), expected);
    assert_eq!(expected[0].to_string(), "an RSA key of 1024 bits");
    let many: Vec<_> = (0..1000).map(|_| CertificateDer::from(weak)).collect();
    assert_eq!(Chain::read(b"", &many).length, 1001);
}

/// A server of OpenSSL, which may do what no library of today does.
struct OpenSsl {
    addr: SocketAddr,
    process: Child,
    _folder: tempfile::TempDir,
}

impl Drop for OpenSsl {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl OpenSsl {
    /// `None` where OpenSSL is not installed.
    fn start(request: &[&str], server: &[&str]) -> Option<Self> {
        if Command::new("openssl").arg("version").stdout(Stdio::null()).status().is_err() {
            assert!(std::env::var_os("CI").is_none(), "openssl must be installed in CI");
            println!("skipped: openssl is not installed");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let openssl = |words: &str, more: &[&str]| {
            let mut command = Command::new("openssl");
            command.current_dir(&folder).args(words.split(' ')).args(more).stdin(Stdio::piped());
            command.stdout(Stdio::piped()).stderr(Stdio::null());
            command
        };
        let certify =
            "req -x509 -nodes -days 30 -subj /CN=nas.lan -keyout key.pem -out certificate.pem -newkey";
        assert!(openssl(certify, request).status().unwrap().success());
        let serve = "s_server -accept 127.0.0.1:0 -key key.pem -cert certificate.pem -cipher ALL:@SECLEVEL=0";
        let mut process = openssl(serve, server).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let addr = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("ACCEPT ")?.parse().ok());
        Some(Self { addr: addr.unwrap(), process, _folder: folder })
    }

    async fn examined(&self, client: &Client) -> Result<Examined, Error> {
        let limits = Limits { phase: Duration::from_secs(10), ..Limits::default() };
        client.examine("127.0.0.1", self.addr.port(), Some("nas.lan"), &limits).await
    }
}

#[tokio::test]
async fn a_server_with_a_weak_certificate_is_examined() {
    let client = Client::with_roots(vec![Issuer::root("Home Root").der()]);
    let Some(server) = OpenSsl::start(&["rsa:1024", "-sha1"], &["-tls1_2"]) else { return };
    let seen = server.examined(&client).await.unwrap().examination;
    assert_eq!(seen.weaknesses, [Weakness::ShortRsaKey { bits: 1024 }, Weakness::Sha1Signature]);
    assert_eq!(seen.trusted, Err(Distrust::SelfSigned));
    assert_eq!(seen.version, Some(TlsVersion::Tls12));
    assert!(matches!(seen.days_left(now()), Some(29 | 30)), "{:?}", seen.days_left(now()));
}

#[tokio::test]
async fn a_server_with_an_old_version_is_told() {
    let client = Client::with_roots(vec![]);
    let Some(server) = OpenSsl::start(&["rsa:2048"], &["-tls1_1"]) else { return };
    let error = server.examined(&client).await.unwrap_err();
    assert!(matches!(error, Error::Handshake { fault: Fault::Outdated, .. }), "{error}");
}

#[tokio::test]
async fn the_futures_can_be_sent_and_are_small() {
    fn sendable<T: Send>(_: &T) {}
    let (client, limits) = (Client::new(), Limits::default());
    let examination = client.examine("nas.lan", 443, None, &limits);
    sendable(&examination);
    assert!(size_of_val(&examination) < 4096, "{} bytes", size_of_val(&examination));
}
