//! A server on an address of its own that can be pulled and plugged in again: what a fake host in a fake house runs.
//!
//! Every address of 127.0.0.0/8 is this machine's, so a house of several hosts fits on it.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hob_base::Clock;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// How long a connection may stay open.
const CONNECTION_MAX: Duration = Duration::from_secs(30);

/// What a peer says to whoever connects.
#[derive(Clone)]
pub enum Speaks {
    /// This line at once, then nothing.
    Banner(&'static str),
    /// HTTP: the head of each request gives the whole answer.
    Http(Arc<dyn Fn(&str) -> String + Send + Sync>),
    /// As much of PostgreSQL's protocol as it takes to ask for a password.
    Postgres,
    /// HTTP over TLS with a page, with a certificate that is valid from and for so many days from today.
    Tls {
        /// Days from today to the first day; negative ones lie in the past.
        from_days: i64,
        /// Days from today to the last day.
        to_days: i64,
    },
}

impl Speaks {
    /// An HTTP service that always gives this status with this page.
    pub fn page(status: u16, page: &'static str) -> Self {
        Self::Http(Arc::new(move |_| http_answer(status, "", page)))
    }

    /// A container registry that has one image, `app:1`, for the owner of one password; the user's name is `me`.
    pub fn registry(password: &'static str) -> Self {
        let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
        let config = format!(r#"{{"architecture":"{architecture}","os":"linux"}}"#);
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"{}","size":{}}},"layers":[]}}"#,
            digest(&config),
            config.len()
        );
        Self::Http(Arc::new(move |head| {
            let expected = basic("me", password);
            let shown = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("authorization").then(|| value.trim().to_owned())
            });
            if shown.as_deref() != Some(expected.as_str()) {
                let challenge = "WWW-Authenticate: Basic realm=\"registry\"\r\n";
                return http_answer(401, challenge, r#"{"errors":[{"code":"UNAUTHORIZED"}]}"#);
            }
            let path = head.split(' ').nth(1).unwrap_or_default();
            if path.contains("/manifests/") {
                let kind = "Content-Type: application/vnd.oci.image.manifest.v1+json\r\n";
                return http_answer(200, kind, &manifest);
            }
            if path.contains("/blobs/") {
                return http_answer(200, "Content-Type: application/json\r\n", &config);
            }
            http_answer(200, "", "{}")
        }))
    }
}

/// As registries name content (OCI image specification, descriptors).
fn digest(content: &str) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, content.as_bytes());
    let hex: String = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

fn basic(user: &str, password: &str) -> String {
    use base64::Engine;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

fn http_answer(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} \r\nContent-Length: {}\r\nConnection: close\r\n{headers}\r\n{body}",
        body.len()
    )
}

/// A server that can be pulled. When dropped it is gone.
pub struct FakePeer {
    address: SocketAddr,
    speaks: Mutex<Speaks>,
    /// The listener and its connections; empty while it is pulled.
    running: Mutex<JoinSet<()>>,
}

impl FakePeer {
    /// A server on a free port of this address.
    ///
    /// # Panics
    /// When the address is none of this machine's.
    pub async fn start(ip: impl Into<IpAddr>, speaks: Speaks) -> Self {
        let listener = TcpListener::bind((ip.into(), 0)).await.expect("a port on an address of this machine");
        let address = listener.local_addr().expect("a bound socket has an address");
        let peer = Self { address, speaks: Mutex::new(speaks.clone()), running: Mutex::default() };
        peer.run(listener, speaks);
        peer
    }

    /// Where it listens, also while it is pulled.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Pulls it: nothing listens there any more, and every connection ends.
    pub fn pull(&self) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = JoinSet::new();
    }

    /// Plugs it in again, at the same place. One that runs goes on.
    ///
    /// # Panics
    /// When somebody else has taken its port for several seconds.
    pub async fn plug_in(&self) {
        if !self.running.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return;
        }
        let speaks = self.speaks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for _ in 0..100 {
            if let Ok(listener) = TcpListener::bind(self.address).await {
                return self.run(listener, speaks);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} is taken", self.address);
    }

    /// Says something else from the next connection on.
    pub async fn say(&self, speaks: Speaks) {
        *self.speaks.lock().unwrap_or_else(PoisonError::into_inner) = speaks;
        self.pull();
        self.plug_in().await;
    }

    fn run(&self, listener: TcpListener, speaks: Speaks) {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).spawn(serve(listener, speaks));
    }
}

async fn serve(listener: TcpListener, speaks: Speaks) {
    let acceptor = match &speaks {
        Speaks::Tls { from_days, to_days } => Some(acceptor(*from_days, *to_days)),
        _ => None,
    };
    // Dropped with this task, and every connection with it.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (speaks, acceptor) = (speaks.clone(), acceptor.clone());
        connections.spawn(async move {
            let _ = tokio::time::timeout(CONNECTION_MAX, talk(stream, &speaks, acceptor)).await;
        });
        while connections.try_join_next().is_some() {}
    }
}

async fn talk(mut stream: TcpStream, speaks: &Speaks, acceptor: Option<TlsAcceptor>) -> std::io::Result<()> {
    match speaks {
        Speaks::Banner(line) => {
            stream.write_all(format!("{line}\r\n").as_bytes()).await?;
            let mut ignored = [0; 1024];
            while stream.read(&mut ignored).await? > 0 {}
            Ok(())
        }
        Speaks::Http(answer) => answer_once(stream, |head| answer(head)).await,
        Speaks::Postgres => ask_for_password(stream).await,
        Speaks::Tls { .. } => {
            let Some(acceptor) = acceptor else { return Ok(()) };
            answer_once(acceptor.accept(stream).await?, |_| http_answer(200, "", "<title>Home</title>")).await
        }
    }
}

async fn answer_once<S>(mut stream: S, answer: impl Fn(&str) -> String) -> std::io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut head = Vec::new();
    let mut chunk = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let count = stream.read(&mut chunk).await?;
        if count == 0 || head.len() > 64 * 1024 {
            return Ok(());
        }
        head.extend_from_slice(&chunk[..count]);
    }
    stream.write_all(answer(&String::from_utf8_lossy(&head)).as_bytes()).await?;
    stream.shutdown().await
}

/// PostgreSQL's frontend/backend protocol, version 3: no to TLS, then a request for a password in clear text.
async fn ask_for_password(mut stream: TcpStream) -> std::io::Result<()> {
    const NO_TLS: &[u8] = b"N";
    const PASSWORD_PLEASE: &[u8] = b"R\0\0\0\x08\0\0\0\x03";
    const SSL_REQUEST: u32 = 80_877_103;
    loop {
        let length = stream.read_u32().await? as usize;
        let code = stream.read_u32().await?;
        let mut rest = vec![0; length.saturating_sub(8).min(4096)];
        stream.read_exact(&mut rest).await?;
        if code != SSL_REQUEST {
            break;
        }
        stream.write_all(NO_TLS).await?;
    }
    stream.write_all(PASSWORD_PLEASE).await?;
    let mut ignored = [0; 1024];
    while stream.read(&mut ignored).await? > 0 {}
    Ok(())
}

/// A certificate that signed itself, for `home.test` and every loopback address that a fake house uses.
fn acceptor(from_days: i64, to_days: i64) -> TlsAcceptor {
    let day = |days: i64| {
        let date = Clock::system().now().zoned(&jiff::tz::TimeZone::UTC).date();
        let date = date.checked_add(jiff::Span::new().days(days)).expect("a day near today");
        rcgen::date_time_ymd(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    let mut params = CertificateParams::new(vec!["home.test".to_owned()]).expect("a good name");
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "home.test");
    params.not_before = day(from_days);
    params.not_after = day(to_days);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key as rcgen writes it");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the usual versions of TLS")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .expect("a certificate and its key");
    TlsAcceptor::from(Arc::new(config))
}
