//! A service that answers as the test wants, over a real socket.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

/// A request as the server got it.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    /// `POST /message`.
    pub(super) line: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// What to answer.
pub(super) enum Answer {
    /// A status, headers and a body.
    Whole(u16, Vec<(&'static str, String)>, String),
    /// A head and a body without end.
    Endless,
    /// Nothing, on an open connection.
    Silence,
    /// Nothing, and the connection is closed.
    Close,
}

impl Answer {
    pub(super) fn new(status: u16, body: impl Into<String>) -> Self {
        Self::Whole(status, Vec::new(), body.into())
    }

    pub(super) fn with(self, name: &'static str, value: impl Into<String>) -> Self {
        match self {
            Self::Whole(status, mut headers, body) => {
                headers.push((name, value.into()));
                Self::Whole(status, headers, body)
            }
            other => other,
        }
    }

    pub(super) fn redirect(status: u16, to: impl Into<String>) -> Self {
        Self::new(status, "go on").with("Location", to)
    }
}

/// A server which ends when it is dropped.
pub(super) struct Server {
    pub(super) addr: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    _task: JoinSet<()>,
}

impl Server {
    pub(super) async fn plain(respond: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        Self::serve(None, respond).await
    }

    pub(super) async fn serve(
        tls: Option<ServerConfig>,
        respond: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let tls = tls.map(|config| TlsAcceptor::from(Arc::new(config)));
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let kept = asked.clone();
        let mut task = JoinSet::new();
        task.spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // A client may have seen enough at any time.
                let _ = match &tls {
                    None => talk(stream, &kept, &respond).await,
                    Some(tls) => match tls.accept(stream).await {
                        Ok(stream) => talk(stream, &kept, &respond).await,
                        Err(error) => Err(error),
                    },
                };
            }
        });
        Self { addr, asked, _task: task }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }
}

async fn talk(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    kept: &Mutex<Vec<Asked>>,
    respond: &impl Fn(&Asked) -> Answer,
) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.lines();
    let line = lines.next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
    let fields = lines.filter_map(|line| line.split_once(": "));
    let headers: Vec<(String, String)> =
        fields.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let length = headers.iter().find(|(name, _)| name == "content-length").map_or("0", |(_, value)| value);
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).await?;
    let asked = Asked { line, headers, body: String::from_utf8(body).unwrap() };
    // A hub in a test beside this one looks at everything that listens on the machine.
    let stranger =
        asked.headers.iter().any(|(name, value)| name == "user-agent" && value.contains("health check"));
    if stranger {
        return stream.shutdown().await;
    }
    kept.lock().unwrap().push(asked.clone());
    match respond(&asked) {
        Answer::Whole(status, headers, body) => {
            let mut text = format!("HTTP/1.1 {status} x\r\nConnection: close\r\n");
            for (name, value) in headers {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
            if status != 204 {
                text.push_str(&format!("Content-Length: {}\r\n", body.len()));
            }
            stream.write_all(format!("{text}\r\n{body}").as_bytes()).await?;
        }
        Answer::Endless => {
            stream.write_all(b"HTTP/1.1 200 x\r\nConnection: close\r\n\r\n").await?;
            loop {
                stream.write_all(&[b'x'; 8192]).await?;
            }
        }
        Answer::Silence => {
            // Until the client gives up.
            let _ = stream.read_u8().await;
        }
        Answer::Close => {}
    }
    stream.shutdown().await
}

/// A certificate authority of the test.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub(super) fn root(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// The configuration of a server at 127.0.0.1.
    pub(super) fn server(&self) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap()
    }
}
