//! What to connect to, what to say there, and what to expect: one variant for each kind of check.
//!
//! These are plain values that can be kept in the database as JSON (`{"kind": "http", "url": …}`); a field that is not
//! there has its default, so that older rows stay readable. What makes sense of them is the feature that runs checks.

use super::secret::CheckSecret;
use hob_base::ResourceId;
use serde::{Deserialize, Serialize};

/// What to probe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CheckTarget {
    /// An answer over HTTP.
    Http(Box<HttpCheck>),
    /// A TCP connection, and what is said over it.
    Tcp(TcpCheck),
    /// A certificate, wherever TLS is spoken.
    Tls(TlsCheck),
    /// Echo requests over ICMP.
    Ping(PingCheck),
    /// What a name server answers.
    Dns(DnsCheck),
    /// When the registration of a domain name ends, over RDAP (RFC 9083).
    Domain(DomainCheck),
    /// A server that takes mail.
    Smtp(ServerCheck),
    /// A server that gives mail.
    Imap(ServerCheck),
    /// A server of secure shells.
    Ssh(ServerCheck),
    /// A broker of messages.
    Mqtt(ServerCheck),
    /// A PostgreSQL database.
    Postgres(ServerCheck),
    /// A MySQL or MariaDB database.
    Mysql(ServerCheck),
    /// A Redis or Valkey store.
    Redis(ServerCheck),
    /// A container, asked of Docker or Podman.
    Docker(DockerCheck),
    /// The health service of gRPC.
    Grpc(GrpcCheck),
    /// Whether a credential may pull an image.
    Registry(RegistryCheck),
    /// Several resources as one. Nobody is asked: it follows from its members.
    Group(GroupCheck),
}

impl CheckTarget {
    /// A `GET` of something that was merely found: without expectations, and without judging how long its certificate
    /// is trusted by whom.
    pub fn found(url: impl Into<String>) -> Self {
        Self::Http(Box::new(HttpCheck { found: true, ..HttpCheck::new(url) }))
    }

    /// A connection to a port.
    pub fn tcp(host: impl Into<String>, port: u16) -> Self {
        Self::Tcp(TcpCheck { host: host.into(), port, send: None, expect: None, tls: false })
    }

    /// The word for it in settings and files.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Http(_) => "http",
            Self::Tcp(_) => "tcp",
            Self::Tls(_) => "tls",
            Self::Ping(_) => "ping",
            Self::Dns(_) => "dns",
            Self::Domain(_) => "domain",
            Self::Smtp(_) => "smtp",
            Self::Imap(_) => "imap",
            Self::Ssh(_) => "ssh",
            Self::Mqtt(_) => "mqtt",
            Self::Postgres(_) => "postgres",
            Self::Mysql(_) => "mysql",
            Self::Redis(_) => "redis",
            Self::Docker(_) => "docker",
            Self::Grpc(_) => "grpc",
            Self::Registry(_) => "registry",
            Self::Group(_) => "group",
        }
    }

    /// What is asked of a server that speaks a protocol of its own, for the kinds that are asked alike.
    pub fn server(&self) -> Option<&ServerCheck> {
        match self {
            Self::Smtp(server)
            | Self::Imap(server)
            | Self::Ssh(server)
            | Self::Mqtt(server)
            | Self::Postgres(server)
            | Self::Mysql(server)
            | Self::Redis(server) => Some(server),
            _ => None,
        }
    }

    /// Every secret that a probe of it sends.
    pub fn secrets(&self) -> Vec<&CheckSecret> {
        match self {
            Self::Http(http) => {
                let login = http.login.iter().map(|login| match login {
                    HttpLogin::Basic { password, .. } => password,
                    HttpLogin::Bearer { token } => token,
                });
                login.chain(http.secret_headers.iter().map(|(_, value)| value)).collect()
            }
            Self::Registry(registry) => registry.password.iter().collect(),
            other => other.server().and_then(|server| server.password.as_ref()).into_iter().collect(),
        }
    }
}

/// A question over HTTP, and what is well as an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HttpCheck {
    /// `http://…` or `https://…`, without user or password.
    pub url: String,
    /// `GET`, `HEAD`, `POST` ...
    pub method: String,
    /// Headers to send.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// Headers to send whose values are secret.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub secret_headers: Vec<(String, CheckSecret)>,
    /// What to send after the headers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Who asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<HttpLogin>,
    /// Statuses that are well. Empty: 200 to 399, and 401, 403 and 405, since a service that asks who is there is up.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expect_status: Vec<u16>,
    /// Texts that must all be in the body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expect_text: Vec<String>,
    /// Texts of which none may be in the body.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_text: Vec<String>,
    /// A regular expression that must match somewhere in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect_pattern: Option<String>,
    /// What must hold of the body as JSON: `$.status == "ok"`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub expect_json: Vec<String>,
    /// Whether redirects are followed; `None`: unless a redirect is the answer that is wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub follow: Option<bool>,
    /// Which addresses of the name are used.
    pub family: IpFamily,
    /// Which version of HTTP is spoken.
    pub version: HttpVersion,
    /// Where to connect in place of what the address says: host and port. The name in the address stays what is asked for
    /// and what the certificate must be for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_to: Option<String>,
    /// How long its certificate must still hold.
    pub days: CertificateDays,
    /// Whether its certificate must be one that the roots of this machine trust.
    pub trusted: bool,
    /// Whether it was merely found, not named by the owner: then redirects are followed on the same host only, nobody has
    /// to vouch for its certificate, and one that ends is a warning at worst.
    pub found: bool,
}

impl HttpCheck {
    /// A `GET` without expectations.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), ..Self::default() }
    }
}

impl Default for HttpCheck {
    fn default() -> Self {
        Self {
            url: String::new(),
            method: "GET".to_owned(),
            headers: Vec::new(),
            secret_headers: Vec::new(),
            body: None,
            login: None,
            expect_status: Vec::new(),
            expect_text: Vec::new(),
            not_text: Vec::new(),
            expect_pattern: None,
            expect_json: Vec::new(),
            follow: None,
            family: IpFamily::Any,
            version: HttpVersion::Any,
            connect_to: None,
            days: CertificateDays { warning: 14, critical: 3 },
            trusted: true,
            found: false,
        }
    }
}

/// Who asks over HTTP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpLogin {
    /// A name and a password (RFC 7617).
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: CheckSecret,
    },
    /// A token (RFC 6750).
    Bearer {
        /// The token.
        token: CheckSecret,
    },
}

/// Which addresses of a name are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IpFamily {
    /// All of them.
    #[default]
    Any,
    /// Those of IPv4.
    V4,
    /// Those of IPv6.
    V6,
}

/// Which version of HTTP is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpVersion {
    /// What probe and server agree on.
    #[default]
    Any,
    /// HTTP/1.1.
    One,
    /// HTTP/2.
    Two,
}

/// How many days before its end something becomes a finding; 0 is not before it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateDays {
    /// From this many days left on it is a warning.
    pub warning: u32,
    /// From this many days left on it is critical.
    pub critical: u32,
}

/// A TCP connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TcpCheck {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// What to send, byte for byte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send: Option<String>,
    /// What must come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<String>,
    /// Whether to speak over TLS.
    #[serde(default)]
    pub tls: bool,
}

/// A certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsCheck {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// The name that the certificate must be for, where it is another than `host`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    /// Which protocol begins in plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starttls: Option<StartTls>,
    /// How long it must still hold.
    #[serde(default = "tls_days")]
    pub days: CertificateDays,
    /// Whether it must be one that the roots of this machine trust.
    #[serde(default = "yes")]
    pub trusted: bool,
}

impl TlsCheck {
    /// The certificate of a port that speaks TLS from the first byte on.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port, server_name: None, starttls: None, days: tls_days(), trusted: true }
    }
}

const fn tls_days() -> CertificateDays {
    CertificateDays { warning: 21, critical: 7 }
}

const fn yes() -> bool {
    true
}

/// Protocols that begin in plain text and are then secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartTls {
    /// RFC 3207.
    Smtp,
    /// RFC 9051, section 6.2.1.
    Imap,
}

/// Echo requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PingCheck {
    /// Name or address.
    pub host: String,
    /// How many are sent.
    #[serde(default = "three")]
    pub count: u16,
    /// From which share of lost ones on it is a warning, in per cent. When all are lost it is critical.
    #[serde(default = "half")]
    pub loss_percent: u8,
    /// Which addresses of the name are used.
    #[serde(default)]
    pub family: IpFamily,
}

const fn three() -> u16 {
    3
}

const fn half() -> u8 {
    50
}

impl PingCheck {
    /// Three requests of which more than one may be lost.
    pub fn new(host: impl Into<String>) -> Self {
        Self { host: host.into(), count: three(), loss_percent: half(), family: IpFamily::Any }
    }
}

/// A question to a name server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsCheck {
    /// The name that is asked for.
    pub name: String,
    /// The type of record: `A`, `AAAA`, `MX`, `TXT` ...
    #[serde(default = "record_a")]
    pub record: String,
    /// The name server, as `host` or `host:port`; `None`: the one that this machine uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// What is expected; in any order. Empty: any answer is well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expect: Vec<String>,
    /// How many of these must be in the answer.
    #[serde(default)]
    pub matching: Matching,
}

fn record_a() -> String {
    "A".to_owned()
}

/// How many of what is expected must be in the answer. An answer may always hold more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matching {
    /// One is enough: for names that answer different things each time.
    #[default]
    Any,
    /// All of them.
    All,
}

/// The registration of a domain name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DomainCheck {
    /// The domain: `example.org`.
    pub domain: String,
    /// The RDAP server that is asked.
    #[serde(default = "rdap_server")]
    pub server: String,
    /// How long it must still be registered.
    #[serde(default = "domain_days")]
    pub days: CertificateDays,
}

impl DomainCheck {
    /// Asks the public redirector, and warns 30 days before the end.
    pub fn new(domain: impl Into<String>) -> Self {
        Self { domain: domain.into(), server: rdap_server(), days: domain_days() }
    }
}

fn rdap_server() -> String {
    "https://rdap.org/".to_owned()
}

const fn domain_days() -> CertificateDays {
    CertificateDays { warning: 30, critical: 7 }
}

/// A server that speaks a protocol of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerCheck {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Whether to speak over TLS.
    #[serde(default)]
    pub security: Security,
    /// Who asks, where the server wants to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The password that goes with it. It is never sent over TLS to a server whose certificate is not trusted, unless
    /// `trusted` is off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<CheckSecret>,
    /// Which database, for those that have several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// Whether its certificate must be one that the roots of this machine trust.
    #[serde(default = "yes")]
    pub trusted: bool,
}

impl ServerCheck {
    /// Asked in plain text and without a credential.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self {
            host: host.into(),
            port,
            security: Security::Plain,
            user: None,
            password: None,
            database: None,
            trusted: true,
        }
    }
}

/// Whether to speak over TLS. A probe never falls back to less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// Plain text.
    #[default]
    Plain,
    /// Plain text first, then TLS, as the protocol has it: SMTP, IMAP, PostgreSQL.
    Starttls,
    /// TLS from the first byte on.
    Tls,
}

/// A container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DockerCheck {
    /// Its name or id.
    pub container: String,
    /// The socket on which Docker or Podman listens.
    #[serde(default = "docker_socket")]
    pub socket: String,
}

impl DockerCheck {
    /// A container of the Docker that runs on this machine.
    pub fn new(container: impl Into<String>) -> Self {
        Self { container: container.into(), socket: docker_socket() }
    }
}

fn docker_socket() -> String {
    "/var/run/docker.sock".to_owned()
}

/// The health service of gRPC (`grpc.health.v1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrpcCheck {
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Which of its services; empty: the server as a whole.
    #[serde(default)]
    pub service: String,
    /// Whether to speak over TLS.
    #[serde(default)]
    pub tls: bool,
}

/// A credential for a container registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryCheck {
    /// The image that is to be pulled: `ghcr.io/me/app:1`.
    pub image: String,
    /// Who pulls; `None`: anybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The password or token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<CheckSecret>,
}

/// Several resources as one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupCheck {
    /// What it consists of.
    pub members: Vec<ResourceId>,
    /// How many must be well.
    #[serde(default)]
    pub rule: GroupRule,
}

/// How many members of a group must be well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupRule {
    /// All of them: the group is as the worst of them.
    #[default]
    All,
    /// One of them: the group is as the best of them.
    Any,
    /// So many per cent of them; while some are not well it is a warning.
    Percent(u8),
}
