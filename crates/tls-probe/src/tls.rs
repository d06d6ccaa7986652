//! TLS which goes on with every certificate and records what it is worth.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::ring;
use rustls::{AlertDescription, ClientConfig, InvalidMessage, ProtocolVersion, RootCertStore};
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::error::{Error, Fault};
use crate::examination::{ClientCertificate, Examination, TlsVersion};
use crate::recorder::{Judge, Recorder};
use crate::seen::{First, Seen};
use crate::words::{cut, escaped, first_line, plain};

/// A secured connection, and what was seen while it was.
#[derive(Debug)]
pub struct Secured<S> {
    /// The connection, which is secured whatever the certificate is worth.
    pub stream: SecureStream<S>,
    /// What the server showed of itself.
    pub examination: Examination,
    /// How long the handshake took.
    pub took: Duration,
}

/// A stream over TLS.
///
/// Reading fails with [`io::ErrorKind::UnexpectedEof`] where the other side closes without saying so
/// (`close_notify`), as many small servers do.
#[derive(Debug)]
pub struct SecureStream<S>(TlsStream<Seen<S>>);

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for SecureStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for SecureStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// What all TLS connections of a client share.
#[derive(Debug)]
pub(crate) struct Tls {
    config: ClientConfig,
    judge: Arc<Judge>,
}

/// A handshake which failed, and what was seen before.
pub(crate) struct Failed {
    pub(crate) error: Error,
    pub(crate) examination: Option<Examination>,
}

impl Tls {
    /// Builds the configuration. Roots which cannot be read are left out.
    pub(crate) fn new(
        roots: impl IntoIterator<Item = CertificateDer<'static>>,
    ) -> Result<Self, rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots);
        let algorithms = provider.signature_verification_algorithms;
        // The builder fails for a store without roots, and for revocation lists, of which there are none.
        let roots =
            WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone()).build().ok();
        let judge = Arc::new(Judge { roots, algorithms });
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Recorder::new(&judge))
            .with_no_client_auth();
        // A resumed session would skip the certificate, which is what a probe wants to see.
        config.resumption = Resumption::disabled();
        Ok(Self { config, judge })
    }

    /// What judges the certificate of one connection.
    pub(crate) fn recorder(&self) -> Arc<Recorder> {
        Recorder::new(&self.judge)
    }

    /// Performs the handshake until `end`. See [`Client::handshake`](crate::Client::handshake).
    pub(crate) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        name: &str,
        addr: SocketAddr,
        protocols: &[&[u8]],
        end: Instant,
    ) -> Result<Secured<S>, Failed> {
        // A host which cannot be named in TLS (RFC 6066, section 3) is still asked, without a name.
        // Its certificate is then judged by the address.
        let name = ServerName::try_from(name.to_owned()).unwrap_or(ServerName::IpAddress(addr.ip().into()));
        let recorder = self.recorder();
        let mut config = self.config.clone();
        config.dangerous().set_certificate_verifier(recorder.clone());
        config.client_auth_cert_resolver = recorder.clone();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
        let stream = Seen::new(stream);
        let first = stream.first();
        let start = Instant::now();
        let connector = TlsConnector::from(Arc::new(config));
        let error = match timeout_at(end, connector.connect(name, stream)).await {
            Err(_) => Error::TlsTimeout { addr, after: end.saturating_duration_since(start) },
            Ok(Err(error)) => handshake_error(addr, &error, &first, recorder.client_certificate()),
            Ok(Ok(stream)) => match recorder.examination() {
                Some(seen) => return Ok(secured(stream, seen, start.elapsed())),
                // No handshake ends without it.
                None => Error::Handshake {
                    addr,
                    reason: "the server showed no certificate".to_owned(),
                    fault: Fault::Other,
                },
            },
        };
        let required = matches!(error, Error::Handshake { fault: Fault::ClientCertificate, .. });
        let mut examination = recorder.examination();
        if let Some(examination) = examination.as_mut().filter(|_| required) {
            examination.client_certificate = ClientCertificate::Required;
        }
        Err(Failed { error, examination })
    }
}

fn secured<S>(stream: TlsStream<Seen<S>>, seen: Examination, took: Duration) -> Secured<S> {
    let connection = stream.get_ref().1;
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => Some(TlsVersion::Tls13),
        Some(ProtocolVersion::TLSv1_2) => Some(TlsVersion::Tls12),
        _ => None,
    };
    let protocol = connection.alpn_protocol().map(<[u8]>::to_vec);
    Secured { stream: SecureStream(stream), examination: Examination { version, protocol, ..seen }, took }
}

/// Why TLS failed, as a clause for people and a word for machines, if an error of a stream is or holds one of TLS.
///
/// Since TLS 1.3 a server refuses a client without a certificate only after the handshake, with the
/// first answer: `client_certificate` is what the [`Examination`] said.
#[must_use]
pub fn tls_failure(
    error: &(dyn std::error::Error + 'static),
    client_certificate: ClientCertificate,
) -> Option<(String, Fault)> {
    find_tls_error(error).map(|error| reason(error, client_certificate))
}

/// The TLS error within an error of the stream, at any depth.
fn find_tls_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // The source of an `io::Error` is the source of what it wraps, not what it wraps.
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

fn handshake_error(addr: SocketAddr, error: &io::Error, first: &First, client: ClientCertificate) -> Error {
    let first = first.bytes();
    // Content types of TLS records (RFC 8446, section 5.1).
    if first.first().is_some_and(|byte| !(20..=24).contains(byte)) {
        return Error::NotTls { addr, first_bytes: first_line(&first) };
    }
    let (reason, fault) = match find_tls_error(error) {
        Some(error) => reason(error, client),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            ("the server closed the connection".to_owned(), Fault::Closed)
        }
        None => (plain(error), Fault::Other),
    };
    Error::Handshake { addr, reason, fault }
}

/// A clause which says why TLS failed.
fn reason(error: &rustls::Error, client: ClientCertificate) -> (String, Fault) {
    use AlertDescription as Alert;
    let asked = client != ClientCertificate::NotAsked;
    let (reason, fault) = match error {
        rustls::Error::AlertReceived(Alert::CertificateRequired | Alert::BadCertificate) => {
            ("the server asks for a certificate of the client", Fault::ClientCertificate)
        }
        // Before TLS 1.3 there was no word for it (RFC 5246, section 7.4.6).
        rustls::Error::AlertReceived(
            Alert::HandshakeFailure | Alert::AccessDenied | Alert::CertificateUnknown | Alert::UnknownCA,
        ) if asked => ("the server asks for a certificate of the client", Fault::ClientCertificate),
        rustls::Error::AlertReceived(Alert::ProtocolVersion) | rustls::Error::PeerIncompatible(_) => {
            ("the server speaks only versions or ciphers of TLS which are not safe any more", Fault::Outdated)
        }
        rustls::Error::AlertReceived(Alert::HandshakeFailure | Alert::InsufficientSecurity) => {
            ("the server found no version or cipher of TLS in common", Fault::Outdated)
        }
        rustls::Error::AlertReceived(Alert::UnrecognisedName) => {
            ("the server knows no site of this name", Fault::UnknownName)
        }
        rustls::Error::AlertReceived(Alert::NoApplicationProtocol) => {
            ("the server does not offer the protocol which was asked for", Fault::NoProtocol)
        }
        rustls::Error::InvalidMessage(
            InvalidMessage::HandshakePayloadTooLarge | InvalidMessage::CertificatePayloadTooLarge,
        ) => ("the server sent more than 64 KiB of certificates", Fault::TooLarge),
        rustls::Error::AlertReceived(alert) => {
            return (format!("the server gave the alert {alert:?}"), Fault::Other);
        }
        other => return (cut(&escaped(other.to_string().as_bytes()), 200), Fault::Other),
    };
    (reason.to_owned(), fault)
}
