//! TLS which goes on with every certificate and records what it is worth.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, ring};
use rustls::{
    AlertDescription, CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::der;
use crate::error::{ProbeError, cut, escaped, first_line, plain};
use crate::response::Certificate;
use crate::seen::Seen;

/// What all TLS connections of a client share.
#[derive(Debug)]
pub(crate) struct Tls {
    config: ClientConfig,
    judge: Arc<Judge>,
}

/// Who decides whether a certificate is trusted.
#[derive(Debug)]
struct Judge {
    /// `None` where there are no roots to trust.
    roots: Option<Arc<WebPkiServerVerifier>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Tls {
    /// Builds the configuration. Roots which cannot be read are left out.
    pub(crate) fn new(
        roots: impl IntoIterator<Item = CertificateDer<'static>>,
    ) -> Result<Self, rustls::Error> {
        let provider = Arc::new(ring::default_provider());
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots);
        let judge = Arc::new(Judge {
            algorithms: provider.signature_verification_algorithms,
            roots: verifier(store, &provider),
        });
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Recorder::new(&judge))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // A resumed session would skip the certificate, which is what a probe wants to see.
        config.resumption = Resumption::disabled();
        Ok(Self { config, judge })
    }

    /// What judges the certificate of one connection.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn recorder(&self) -> Arc<Recorder> {
        Recorder::new(&self.judge)
    }

    /// Performs the handshake until `end`.
    pub(crate) async fn handshake(
        &self,
        stream: TcpStream,
        host: &str,
        addr: SocketAddr,
        end: Instant,
    ) -> Result<(TlsStream<Seen<TcpStream>>, Certificate), ProbeError> {
        // A host which cannot be named in TLS (RFC 6066, section 3) is still asked, without a name.
        // Its certificate is then judged by the address.
        let name = ServerName::try_from(host.to_owned()).unwrap_or(ServerName::IpAddress(addr.ip().into()));
        let recorder = Recorder::new(&self.judge);
        let mut config = self.config.clone();
        config.dangerous().set_certificate_verifier(recorder.clone());
        let stream = Seen::new(stream);
        let first = stream.first();
        let start = Instant::now();
        let connector = TlsConnector::from(Arc::new(config));
        match timeout_at(end, connector.connect(name, stream)).await {
            Err(_) => Err(ProbeError::TlsTimeout { addr, after: end.saturating_duration_since(start) }),
            Ok(Err(error)) => Err(handshake_error(addr, &error, &first.bytes())),
            Ok(Ok(stream)) => {
                let der = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
                let not_after_unix = der.and_then(|der| der::fields(der)?.not_after);
                Ok((stream, Certificate { trusted: recorder.verdict(), not_after_unix }))
            }
        }
    }
}

fn verifier(store: RootCertStore, provider: &Arc<CryptoProvider>) -> Option<Arc<WebPkiServerVerifier>> {
    // The builder fails for a store without roots, and for revocation lists, of which there are none.
    WebPkiServerVerifier::builder_with_provider(Arc::new(store), provider.clone()).build().ok()
}

/// Judges the certificate of one connection, and lets the connection go on in any case.
#[derive(Debug)]
pub(crate) struct Recorder {
    judge: Arc<Judge>,
    verdict: Mutex<Result<(), String>>,
}

impl Recorder {
    fn new(judge: &Arc<Judge>) -> Arc<Self> {
        Arc::new(Self { judge: judge.clone(), verdict: Mutex::new(Err("not judged".to_owned())) })
    }

    pub(crate) fn verdict(&self) -> Result<(), String> {
        self.verdict.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn record(&self, verdict: Result<(), String>) {
        *self.verdict.lock().unwrap_or_else(PoisonError::into_inner) = verdict;
    }

    /// Whoever cannot sign with the key of a certificate may have copied it: then its verdict,
    /// however good, is void.
    fn record_signature(
        &self,
        result: &Result<HandshakeSignatureValid, rustls::Error>,
    ) -> HandshakeSignatureValid {
        if result.is_err() && self.verdict().is_ok() {
            self.record(Err("not shown to be the server's own".to_owned()));
        }
        HandshakeSignatureValid::assertion()
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict = match &self.judge.roots {
            Some(roots) => roots
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                .map(drop)
                .map_err(|error| distrust(&error, end_entity)),
            None => Err("not to be judged, as this machine has no list of trusted issuers".to_owned()),
        };
        self.record(verdict);
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let result = rustls::crypto::verify_tls12_signature(message, cert, dss, &self.judge.algorithms);
        Ok(self.record_signature(&result))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let result = rustls::crypto::verify_tls13_signature(message, cert, dss, &self.judge.algorithms);
        Ok(self.record_signature(&result))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.judge.algorithms.supported_schemes()
    }
}

/// Completes "The certificate is ...".
fn distrust(error: &rustls::Error, certificate: &[u8]) -> String {
    use CertificateError as E;
    let rustls::Error::InvalidCertificate(error) = error else {
        return "in a form which cannot be judged".to_owned();
    };
    let fields = der::fields(certificate);
    match error {
        E::Expired | E::ExpiredContext { .. } => match fields.and_then(|fields| fields.not_after) {
            Some(end) => format!("expired on {}", der::date(end)),
            None => "expired".to_owned(),
        },
        E::NotValidYet => "not valid yet".to_owned(),
        E::NotValidYetContext { not_before, .. } => {
            let start = i64::try_from(not_before.as_secs()).unwrap_or(i64::MAX);
            format!("not valid before {}", der::date(start))
        }
        E::NotValidForName => "issued for other names".to_owned(),
        E::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            "issued for no name at all".to_owned()
        }
        E::NotValidForNameContext { presented, .. } => {
            let names: Vec<&str> = presented.iter().take(20).map(|name| bare_name(name)).collect();
            format!("issued for other names: {}", cut(&escaped(names.join(", ").as_bytes()), 200))
        }
        // Of a certificate which its owner signed, nothing else matters.
        _ if fields.is_some_and(|fields| fields.self_issued) => "self-signed".to_owned(),
        // A signature is wrong when a root has the name of the issuer and another key, as after the
        // issuer was set up anew.
        E::UnknownIssuer | E::BadSignature => "signed by an unknown issuer".to_owned(),
        E::Revoked => "revoked".to_owned(),
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => "not issued for servers".to_owned(),
        _ => "in a form which cannot be judged".to_owned(),
    }
}

/// The name in what the TLS library makes of it, such as `DnsName("nas.lan")`.
fn bare_name(presented: &str) -> &str {
    let inner = presented.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(presented).trim_matches('"')
}

/// The TLS error within an error of the stream, at any depth.
pub(crate) fn find_tls_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
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

fn handshake_error(addr: SocketAddr, error: &io::Error, first: &[u8]) -> ProbeError {
    // Content types of TLS records (RFC 8446, section 5.1).
    if first.first().is_some_and(|byte| !(20..=24).contains(byte)) {
        return ProbeError::NotTls { addr, first_bytes: first_line(first) };
    }
    let reason = match find_tls_error(error) {
        Some(error) => tls_reason(error),
        None if error.kind() == io::ErrorKind::UnexpectedEof => "the server closed the connection".to_owned(),
        None => plain(error),
    };
    ProbeError::TlsHandshake { addr, reason }
}

/// A clause which says why TLS failed.
pub(crate) fn tls_reason(error: &rustls::Error) -> String {
    use AlertDescription as Alert;
    let reason = match error {
        rustls::Error::AlertReceived(Alert::ProtocolVersion) | rustls::Error::PeerIncompatible(_) => {
            "the server speaks only versions or ciphers of TLS which are not safe any more"
        }
        rustls::Error::AlertReceived(Alert::HandshakeFailure | Alert::InsufficientSecurity) => {
            "the server found no version or cipher of TLS in common"
        }
        rustls::Error::AlertReceived(Alert::UnrecognisedName) => "the server knows no site of this name",
        rustls::Error::AlertReceived(Alert::CertificateRequired | Alert::BadCertificate) => {
            "the server asks for a certificate of the client"
        }
        rustls::Error::AlertReceived(Alert::NoApplicationProtocol) => "the server does not offer HTTP/1.1",
        rustls::Error::AlertReceived(alert) => return format!("the server gave the alert {alert:?}"),
        other => return cut(&escaped(other.to_string().as_bytes()), 200),
    };
    reason.to_owned()
}
