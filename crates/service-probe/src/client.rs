//! Who asks: opens the connection, holds the conversation, and puts the answer together.

use tls_probe::{Connected, Deadline, Family};
use tokio::time::Instant;

use crate::answer::{Answer, Said};
use crate::failure::Failure;
use crate::question::{Limits, Question, Security, Target};
use crate::wire::{Guard, Opening, Protocol, Wire};
use crate::{dns, imap, mqtt, mysql, ping, postgres, redis, smtp, ssh, tcp};

/// Asks services. A clone shares the configuration of TLS and the limit of names which are looked up
/// at once.
#[derive(Debug, Clone, Default)]
pub struct Client {
    connector: tls_probe::Client,
}

impl Client {
    /// A client which connects, and judges certificates, as `connector` does.
    #[must_use]
    pub fn new(connector: tls_probe::Client) -> Self {
        Self { connector }
    }

    /// Asks one question. The future holds the connection: dropping it ends the probe at once.
    ///
    /// # Errors
    ///
    /// [`Failure`] if the service did not answer as its protocol says, within the limits, or answered
    /// that it cannot or will not serve.
    pub async fn ask(
        &self,
        target: &Target,
        question: &Question,
        limits: &Limits,
    ) -> Result<Answer, Failure> {
        if let Some(reason) = question.wrong(target.security) {
            return Err(Failure::BadQuestion { reason });
        }
        match question {
            Question::Ping(question) => ping::ask(&self.connector, target, question, limits).await,
            Question::Dns(question) => dns::ask(self, target, question, limits).await,
            _ => self.converse(target, question, limits).await,
        }
    }

    async fn converse(
        &self,
        target: &Target,
        question: &Question,
        limits: &Limits,
    ) -> Result<Answer, Failure> {
        let start = Instant::now();
        let mut wire = self.open(target, question.protocol(), limits, deadline(limits)).await?;
        let Said { summary, details } = Box::pin(question.talk(&mut wire)).await?;
        let remote = Some(wire.at());
        let (answered, tls) = wire.end();
        Ok(Answer { summary, details, remote, took: answered - start, tls })
    }

    /// Connects for a conversation of one's own, and begins TLS where the target wants it from the first byte
    /// on. See [`conversation`](crate::conversation).
    ///
    /// # Errors
    ///
    /// [`Failure`] if no connection came about, or no TLS on it.
    pub async fn converse_with<'a>(
        &'a self,
        target: &'a Target,
        protocol: Protocol,
        limits: &'a Limits,
    ) -> Result<Wire<'a>, Failure> {
        self.open(target, protocol, limits, deadline(limits)).await
    }

    /// Connects, and begins TLS where the target wants it from the first byte on.
    pub(crate) async fn open<'a>(
        &'a self,
        target: &'a Target,
        protocol: Protocol,
        limits: &'a Limits,
        deadline: Deadline,
    ) -> Result<Wire<'a>, Failure> {
        let Connected { stream, remote, .. } =
            self.connector.connect(&target.host, target.port, target.family, &deadline).await?;
        let local = stream.local_addr().ok().map(|local| local.ip());
        let guard = Guard { client: &self.connector, host: &target.host, security: target.security };
        let opening = Opening { stream: Box::new(stream), at: remote, local, guard, limits, deadline };
        let mut wire = Wire::new(opening, protocol);
        if target.security == Security::Tls {
            wire.secure().await?;
        }
        Ok(wire)
    }

    /// Finds the addresses of a host.
    pub(crate) async fn resolve(
        &self,
        host: &str,
        family: Family,
        deadline: &Deadline,
    ) -> Result<Vec<std::net::IpAddr>, Failure> {
        Ok(self.connector.resolve(host, family, deadline).await?)
    }
}

/// The end of a probe which begins now.
pub(crate) fn deadline(limits: &Limits) -> Deadline {
    Deadline::from_now(&tls_probe::Limits { total: limits.total, phase: limits.connect })
}

impl Question {
    /// A clause which says why this cannot be asked.
    fn wrong(&self, security: Security) -> Option<String> {
        let unable = |how: &str| Some(format!("{} {how}", self.name()));
        match (self, security) {
            (_, Security::Plain)
            | (Self::Smtp(_) | Self::Imap(_) | Self::Postgres(_), Security::StartTls) => {}
            (Self::Ping(_) | Self::Ssh(_) | Self::Mysql(_), _) => return unable("is asked without TLS only"),
            (_, Security::StartTls) => return unable("knows no way from plain text to TLS"),
            (_, Security::Tls) => {}
        }
        match self {
            Self::Mqtt(question) => question.wrong(),
            Self::Postgres(question) => question.wrong(),
            Self::Dns(question) => question.wrong(),
            _ => None,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Smtp(_) => "SMTP",
            Self::Imap(_) => "IMAP",
            Self::Ssh(_) => "SSH",
            Self::Mqtt(_) => "MQTT",
            Self::Postgres(_) => "PostgreSQL",
            Self::Mysql(_) => "MySQL",
            Self::Redis(_) => "Redis",
            Self::Tcp(_) => "a service without a known protocol",
            Self::Ping(_) => "a ping",
            Self::Dns(_) => "DNS",
        }
    }

    pub(crate) fn protocol(&self) -> Protocol {
        match self {
            Self::Smtp(_) => smtp::PROTOCOL,
            Self::Imap(_) => imap::PROTOCOL,
            Self::Ssh(_) => ssh::PROTOCOL,
            Self::Mqtt(_) => mqtt::PROTOCOL,
            Self::Postgres(_) => postgres::PROTOCOL,
            Self::Mysql(_) => mysql::PROTOCOL,
            Self::Redis(_) => redis::PROTOCOL,
            Self::Tcp(_) | Self::Ping(_) => tcp::PROTOCOL,
            Self::Dns(_) => dns::PROTOCOL,
        }
    }

    /// Holds the conversation which is the question.
    pub(crate) async fn talk(&self, wire: &mut Wire<'_>) -> Result<Said, Failure> {
        match self {
            Self::Smtp(question) => smtp::talk(wire, question).await,
            Self::Imap(question) => imap::talk(wire, question).await,
            Self::Ssh(question) => ssh::talk(wire, question).await,
            Self::Mqtt(question) => mqtt::talk(wire, question).await,
            Self::Postgres(question) => postgres::talk(wire, question).await,
            Self::Mysql(question) => mysql::talk(wire, question).await,
            Self::Redis(question) => redis::talk(wire, question).await,
            Self::Tcp(question) => tcp::talk(wire, question).await,
            Self::Dns(question) => dns::talk(wire, question).await,
            Self::Ping(_) => Err(Failure::BadQuestion { reason: "a ping holds no conversation".to_owned() }),
        }
    }
}
