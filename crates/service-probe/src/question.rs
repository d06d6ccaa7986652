//! What all questions have in common: whom to ask, how much it may take, and who asks.

use std::fmt;
use std::time::Duration;

use tls_probe::Family;

use crate::{Dns, Imap, Mqtt, Mysql, Ping, Postgres, Redis, Smtp, Ssh, Tcp};

/// Whom to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// A host name, or an address without brackets.
    pub host: String,
    /// The port; a ping takes no notice of it.
    pub port: u16,
    /// Whether to speak over TLS.
    pub security: Security,
    /// Which addresses of the host to use.
    pub family: Family,
}

impl Target {
    /// A target which is asked in plain text.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port, security: Security::Plain, family: Family::Any }
    }

    /// The same target, with another security.
    #[must_use]
    pub fn over(self, security: Security) -> Self {
        Self { security, ..self }
    }
}

/// Whether to speak over TLS. A probe never falls back to less than was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Security {
    /// Plain text.
    #[default]
    Plain,
    /// Plain text first, then TLS, as the protocol has it: SMTP, IMAP, PostgreSQL.
    StartTls,
    /// TLS from the first byte on.
    Tls,
}

/// How much time and memory one probe may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The whole probe. Default: 10 seconds.
    pub total: Duration,
    /// Each of resolving the name, connecting (to all addresses together) and the TLS handshake.
    /// Default: 5 seconds.
    pub connect: Duration,
    /// Each thing which the service is to say: greeting, consent to TLS, login, answer.
    /// Default: 5 seconds.
    pub answer: Duration,
    /// Everything which the service may send, in bytes. Default: 64 KiB.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total: Duration::from_secs(10),
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(5),
            bytes: 64 * 1024,
        }
    }
}

/// What to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Question {
    /// A mail server which takes mail.
    Smtp(Smtp),
    /// A mail server which gives mail.
    Imap(Imap),
    /// A server of secure shells.
    Ssh(Ssh),
    /// A broker of messages.
    Mqtt(Mqtt),
    /// A PostgreSQL database.
    Postgres(Postgres),
    /// A MySQL or MariaDB database.
    Mysql(Mysql),
    /// A Redis or Valkey store.
    Redis(Redis),
    /// Any service over TCP.
    Tcp(Tcp),
    /// The host itself.
    Ping(Ping),
    /// A name server.
    Dns(Dns),
}

/// Who asks. It is sent only to a service which asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// The name, where the service wants one.
    pub user: Option<String>,
    /// The password.
    pub password: Password,
    /// Whether to send it over TLS, too, to a service whose certificate is not trusted.
    pub to_untrusted: bool,
}

impl Credential {
    /// A credential which goes over TLS only to a service whose certificate is trusted.
    #[must_use]
    pub fn new(user: Option<&str>, password: impl Into<String>) -> Self {
        Self { user: user.map(str::to_owned), password: Password::new(password), to_untrusted: false }
    }
}

/// A password, which `Debug` does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Wraps a password.
    #[must_use]
    pub fn new(password: impl Into<String>) -> Self {
        Self(password.into())
    }

    /// The password itself, for whoever sends it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}
