//! Who connects, and what a whole examination is.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls_pki_types::CertificateDer;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OnceCell, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::connect::{self, Connected, Family, MAX_LOOK_UPS};
use crate::deadline::{Deadline, Limits};
use crate::error::{Error, Fault};
use crate::examination::{ClientCertificate, Examination, TlsVersion};
use crate::tls::{Failed, SecureStream, Secured, Tls, tls_failure};

/// Connects and makes handshakes. A clone shares the configuration of TLS, which is built with the
/// first handshake, and the limit of names which are looked up at once.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    /// `None` for those of the system.
    roots: Option<Vec<CertificateDer<'static>>>,
    tls: OnceCell<Tls>,
    look_ups: Arc<Semaphore>,
}

/// What an examination found, and what it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// What the server showed of itself.
    pub examination: Examination,
    /// The address which answered.
    pub remote: SocketAddr,
    /// How long it took.
    pub timings: Timings,
}

/// How long each phase took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timings {
    /// Resolving the name; near zero for an address.
    pub resolve: Duration,
    /// Connecting, with the addresses which failed before one answered.
    pub connect: Duration,
    /// The TLS handshake.
    pub tls: Duration,
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// A client which judges certificates by the roots of the system. They are read once, with the
    /// first handshake; a system without roots trusts no certificate.
    #[must_use]
    pub fn new() -> Self {
        Self::build(None)
    }

    /// A client which judges certificates by `roots` alone, in DER. Roots which cannot be read are
    /// left out.
    #[must_use]
    pub fn with_roots(roots: Vec<CertificateDer<'static>>) -> Self {
        Self::build(Some(roots))
    }

    fn build(roots: Option<Vec<CertificateDer<'static>>>) -> Self {
        let look_ups = Arc::new(Semaphore::new(MAX_LOOK_UPS));
        Self { shared: Arc::new(Shared { roots, tls: OnceCell::new(), look_ups }) }
    }

    /// The addresses of `host` (a name, or an address without brackets), in the order of the
    /// system's resolver, each once and at most eight. It is one phase.
    ///
    /// # Errors
    ///
    /// [`Error`] if there is none of the family, or none in time.
    pub async fn resolve(
        &self,
        host: &str,
        family: Family,
        deadline: &Deadline,
    ) -> Result<Vec<IpAddr>, Error> {
        connect::resolve(&self.shared.look_ups, host, family, deadline.phase_end()).await
    }

    /// Connects to the first of `addresses` which accepts. Each has an equal share of the time which
    /// is left in the phase, so that a silent one leaves some to the next.
    ///
    /// # Errors
    ///
    /// [`Error`] tells of the failure which says most of the server.
    pub async fn connect_any(
        &self,
        addresses: &[IpAddr],
        port: u16,
        deadline: &Deadline,
    ) -> Result<(TcpStream, SocketAddr), Error> {
        connect::connect(addresses, port, deadline.phase_end()).await
    }

    /// Resolves `host` and connects to its first address of the family which accepts.
    ///
    /// # Errors
    ///
    /// [`Error`] if no connection came about in time.
    pub async fn connect(
        &self,
        host: &str,
        port: u16,
        family: Family,
        deadline: &Deadline,
    ) -> Result<Connected, Error> {
        let start = Instant::now();
        let addresses = self.resolve(host, family, deadline).await?;
        let resolved = Instant::now();
        let (stream, remote) = self.connect_any(&addresses, port, deadline).await?;
        Ok(Connected { stream, remote, resolve: resolved - start, connect: resolved.elapsed() })
    }

    /// Secures a stream to `remote`, of which nothing of TLS was read yet. The server is asked for
    /// `name` (a host name or an address), by which its certificate is judged, and is offered
    /// `protocols` (RFC 7301), the best first; with none, nothing is said of protocols. It is one phase.
    ///
    /// Any certificate will do: see [`Examination::trusted`].
    ///
    /// # Errors
    ///
    /// [`Error`] if no TLS came about in time.
    pub async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        name: &str,
        remote: SocketAddr,
        protocols: &[&[u8]],
        deadline: &Deadline,
    ) -> Result<Secured<S>, Error> {
        let tls = self.tls(remote, deadline).await?;
        let handshake = tls.handshake(stream, name, remote, protocols, deadline.phase_end());
        handshake.await.map_err(|failed| failed.error)
    }

    /// Connects, makes a handshake, and says what was seen. The server is asked for `name`, or for
    /// `host` without one.
    ///
    /// A server which shows its certificate and then refuses a client without one has been
    /// examined, too. Since TLS 1.3 it does so after the handshake: one which asked is given a
    /// moment to refuse.
    ///
    /// # Errors
    ///
    /// [`Error`] if the server showed no certificate in time.
    pub async fn examine(
        &self,
        host: &str,
        port: u16,
        name: Option<&str>,
        limits: &Limits,
    ) -> Result<Examined, Error> {
        self.examine_over(Family::Any, host, port, name, limits).await
    }

    /// As [`examine`](Self::examine), over one family of addresses.
    ///
    /// # Errors
    ///
    /// [`Error`] if the server showed no certificate in time.
    pub async fn examine_over(
        &self,
        family: Family,
        host: &str,
        port: u16,
        name: Option<&str>,
        limits: &Limits,
    ) -> Result<Examined, Error> {
        let deadline = Deadline::from_now(limits);
        let Connected { stream, remote, resolve, connect } =
            self.connect(host, port, family, &deadline).await?;
        let tls = self.tls(remote, &deadline).await?;
        let handshake = tls.handshake(stream, name.unwrap_or(host), remote, &[], deadline.phase_end());
        let mut timings = Timings { resolve, connect, tls: Duration::ZERO };
        let start = Instant::now();
        // A TLS connection is large, and many examinations may run at once.
        let seeing = async {
            let result = handshake.await;
            timings.tls = start.elapsed();
            match result {
                Ok(secured) => Ok(refused_yet(secured, connect, deadline.end()).await),
                Err(Failed {
                    examination: Some(seen),
                    error: Error::Handshake { fault: Fault::ClientCertificate, .. },
                }) => Ok(seen),
                Err(Failed { error, .. }) => Err(error),
            }
        };
        let examination = Box::pin(seeing).await?;
        Ok(Examined { examination, remote, timings })
    }

    /// The configuration, which is built once.
    async fn tls(&self, addr: SocketAddr, deadline: &Deadline) -> Result<&Tls, Error> {
        let unusable = |reason: String| Error::Handshake { addr, reason, fault: Fault::Other };
        let building = self.shared.tls.get_or_try_init(async || {
            let roots = self.shared.roots.clone();
            // Reading the system's roots takes a while and blocks.
            tokio::task::spawn_blocking(move || Tls::new(roots.unwrap_or_else(system_roots)))
                .await
                .map_err(|error| unusable(error.to_string()))?
                .map_err(|error| unusable(error.to_string()))
        });
        match timeout_at(deadline.phase_end(), building).await {
            Ok(result) => result,
            Err(_) => {
                Err(unusable("this machine did not read its list of trusted issuers in time".to_owned()))
            }
        }
    }
}

fn system_roots() -> Vec<CertificateDer<'static>> {
    rustls_native_certs::load_native_certs().certs
}

/// Whether a server which asked for a certificate of the client refuses the client without one.
async fn refused_yet(secured: Secured<TcpStream>, round_trip: Duration, end: Instant) -> Examination {
    const SHORTEST: Duration = Duration::from_millis(200);
    const LONGEST: Duration = Duration::from_secs(1);
    let Secured { stream, mut examination, .. } = secured;
    let asked = examination.client_certificate == ClientCertificate::Asked;
    if asked && examination.version == Some(TlsVersion::Tls13) {
        let moment = Instant::now() + (round_trip * 4).clamp(SHORTEST, LONGEST);
        if refusal(stream, end.min(moment)).await {
            examination.client_certificate = ClientCertificate::Required;
        }
    }
    examination
}

async fn refusal(mut stream: SecureStream<TcpStream>, end: Instant) -> bool {
    let Ok(Err(error)) = timeout_at(end, stream.read_u8()).await else { return false };
    matches!(tls_failure(&error, ClientCertificate::Asked), Some((_, Fault::ClientCertificate)))
}
