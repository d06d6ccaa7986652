//! Probes of servers which follow a script.

mod cases;
mod loopback;
mod misbehaviour;

use std::io;
use std::sync::{Arc, Mutex};

use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tls_probe::Stream;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;

/// What a server of a test does next.
#[derive(Debug, Clone)]
enum Step {
    /// Waits until the probe has said something.
    Hear,
    /// Waits until the probe has said something, which must hold this.
    HearThis(&'static [u8]),
    Say(Vec<u8>),
    /// Begins TLS.
    Secure,
    /// Does nothing any more, and keeps the connection.
    Hang,
    /// Closes the connection.
    Close,
    /// Says this for ever.
    Flood(Vec<u8>),
}

fn say(text: &[u8]) -> Step {
    Step::Say(text.to_vec())
}

/// A message of PostgreSQL.
fn wire(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
    [&[kind], &length[..], body].concat()
}

/// Says a message of PostgreSQL.
fn message(kind: u8, body: &[u8]) -> Step {
    Step::Say(wire(kind, body))
}

/// Says a packet of MySQL.
fn packet(number: u8, body: &[u8]) -> Step {
    let length = u32::try_from(body.len()).unwrap().to_le_bytes();
    Step::Say([&length[..3], &[number], body].concat())
}

/// A certificate for `localhost` which its owner signed, and who proves it.
#[derive(Clone)]
struct Identity {
    certificate: CertificateDer<'static>,
    config: Arc<ServerConfig>,
}

impl Identity {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let certificate =
            CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        let certificate = certificate.der().clone();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()))
            .unwrap();
        Self { certificate, config: Arc::new(config) }
    }
}

/// What a server of a test heard.
type Heard = Arc<Mutex<Vec<u8>>>;

/// Follows the script and then listens until the probe has gone.
async fn play(
    mut stream: Box<dyn Stream>,
    script: &[Step],
    identity: &Identity,
    heard: Heard,
) -> io::Result<()> {
    for step in script {
        match step {
            Step::Hear => drop(hear(&mut stream, &heard).await?),
            Step::HearThis(text) => {
                let came = hear(&mut stream, &heard).await?;
                let holds = came.windows(text.len()).any(|window| window == *text);
                assert!(holds, "“{}” came for “{}”", came.escape_ascii(), text.escape_ascii());
            }
            Step::Say(text) => {
                stream.write_all(text).await?;
                stream.flush().await?;
            }
            Step::Secure => {
                let acceptor = TlsAcceptor::from(identity.config.clone());
                stream = Box::new(acceptor.accept(stream).await?);
            }
            Step::Hang => std::future::pending().await,
            Step::Close => return stream.shutdown().await,
            Step::Flood(text) => loop {
                stream.write_all(text).await?;
            },
        }
    }
    while !hear(&mut stream, &heard).await?.is_empty() {}
    Ok(())
}

async fn hear(stream: &mut Box<dyn Stream>, heard: &Heard) -> io::Result<Vec<u8>> {
    let mut came = vec![0; 4096];
    let length = stream.read(&mut came).await?;
    came.truncate(length);
    heard.lock().unwrap().extend(&came);
    Ok(came)
}
