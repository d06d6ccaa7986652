//! Requests to the real API server, with a client's certificate.

use crate::authority::{Authority, Issued};
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client of one server.
pub(super) struct Https {
    connector: TlsConnector,
    port: u16,
}

impl Https {
    pub(super) fn new(authority: &Authority, client: &Issued, port: u16) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = rustls::RootCertStore::empty();
        roots.add(authority.der()).expect("a certificate as rcgen writes it");
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the usual versions of TLS")
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![client.der()], client.key_der())
            .expect("a certificate and its key");
        Self { connector: TlsConnector::from(Arc::new(config)), port }
    }

    /// Sends a request and reads the answer: its status, and its body as JSON where it is some.
    ///
    /// # Errors
    /// When there is no answer.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: String,
    ) -> Result<(u16, Value), String> {
        let talk = self.talk(method, path, kind, body);
        tokio::time::timeout(PATIENCE, talk).await.unwrap_or_else(|_| Err("no answer in time".to_owned()))
    }

    async fn talk(
        &self,
        method: Method,
        path: &str,
        kind: &str,
        body: String,
    ) -> Result<(u16, Value), String> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).await.map_err(|error| error.to_string())?;
        let name = ServerName::try_from("127.0.0.1").expect("an address");
        let stream = self.connector.connect(name, stream).await.map_err(|error| error.to_string())?;
        let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = handshake.map_err(|error| error.to_string())?;
        let mut tasks = JoinSet::new();
        tasks.spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, format!("127.0.0.1:{}", self.port))
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, kind)
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| error.to_string())?;
        let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
        let value = serde_json::from_slice(&body);
        Ok((status, value.unwrap_or_else(|_| String::from_utf8_lossy(&body).into_owned().into())))
    }
}
