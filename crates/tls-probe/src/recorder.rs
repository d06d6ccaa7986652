//! What judges a certificate within a handshake, and lets the handshake go on in any case.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier, verify_server_name};
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};

use crate::distrust::{Distrust, distrust, unproven};
use crate::examination::{Chain, ClientCertificate, Examination};

/// Who decides whether a certificate is trusted.
#[derive(Debug)]
pub(crate) struct Judge {
    /// `None` where there are no roots to trust.
    pub(crate) roots: Option<Arc<WebPkiServerVerifier>>,
    pub(crate) algorithms: WebPkiSupportedAlgorithms,
}

/// Judges the certificate of one connection.
#[derive(Debug)]
pub(crate) struct Recorder {
    judge: Arc<Judge>,
    seen: Mutex<Seen>,
}

/// What one handshake has shown so far.
#[derive(Debug, Default)]
struct Seen {
    certificate: Option<Certificate>,
    asked_for_client: bool,
}

#[derive(Debug)]
struct Certificate {
    trusted: Result<(), Distrust>,
    name_matches: Option<bool>,
    chain: Chain,
}

impl Recorder {
    pub(crate) fn new(judge: &Arc<Judge>) -> Arc<Self> {
        Arc::new(Self { judge: judge.clone(), seen: Mutex::default() })
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the server asked for a certificate of the client.
    pub(crate) fn client_certificate(&self) -> ClientCertificate {
        if self.seen().asked_for_client { ClientCertificate::Asked } else { ClientCertificate::NotAsked }
    }

    /// What was seen, once; `None` if the handshake did not come as far as the certificate.
    pub(crate) fn examination(&self) -> Option<Examination> {
        let client_certificate = self.client_certificate();
        let Certificate { trusted, name_matches, chain } = self.seen().certificate.take()?;
        Some(Examination {
            trusted,
            name_matches,
            leaf: chain.leaf,
            chain_length: chain.length,
            first_expiry: chain.first_expiry,
            weaknesses: chain.weaknesses,
            version: None,
            protocol: None,
            client_certificate,
        })
    }

    /// Whoever cannot sign with the key of a certificate may have copied it: then its verdict,
    /// however good, is void.
    fn record_signature(
        &self,
        result: &Result<HandshakeSignatureValid, rustls::Error>,
    ) -> HandshakeSignatureValid {
        if result.is_err()
            && let Some(certificate) = &mut self.seen().certificate
            && certificate.trusted.is_ok()
        {
            certificate.trusted = Err(unproven(certificate.chain.leaf.as_ref()));
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
        let chain = Chain::read(end_entity, intermediates);
        let trusted = match &self.judge.roots {
            Some(roots) => roots
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                .map(drop)
                .map_err(|error| distrust(&error, end_entity, chain.leaf.as_ref(), intermediates)),
            None => Err(Distrust::NoRoots),
        };
        let name_matches = ParsedCertificate::try_from(end_entity).ok().map(|certificate| {
            // It fails for nothing but a name which is not among those of the certificate.
            verify_server_name(&certificate, server_name).is_ok()
        });
        self.seen().certificate = Some(Certificate { trusted, name_matches, chain });
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

/// Has no certificate to show, and records that it was asked for one.
impl ResolvesClientCert for Recorder {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.seen().asked_for_client = true;
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}
