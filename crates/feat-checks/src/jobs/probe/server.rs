//! Questions in protocols of their own: mail, databases, messages, names, pings, and certificates alone.

use super::Engines;
use super::http::{family, limits};
use crate::model::Outcome;
use crate::model::outcome::{Examined, Shown};
use hob_feature::checks::{
    CheckTarget, DnsCheck, PingCheck, Security, ServerCheck, StartTls, TcpCheck, TlsCheck,
};
use service_probe::{
    Credential, Dns, Failure, Imap, Limits, Mqtt, Mysql, Ping, Postgres, Question, Record, Redis, Smtp, Ssh,
    Target, Tcp,
};
use std::time::Duration;

impl Engines {
    async fn ask(&self, target: &Target, question: &Question, timeout: Duration) -> Outcome {
        let limits = Limits { total: timeout, connect: timeout, answer: timeout, ..Limits::default() };
        let answer = self.service.ask(target, question, &limits).await;
        Outcome::Server(answer.map(|answer| Box::new(answer.into())))
    }

    pub(super) async fn tcp(&self, check: &TcpCheck, timeout: Duration) -> Result<Outcome, Outcome> {
        if check.send.is_none() && check.expect.is_none() && !check.tls {
            return Ok(Outcome::Tcp(self.http.connect_tcp(&check.host, check.port, &limits(timeout)).await));
        }
        let security = if check.tls { service_probe::Security::Tls } else { service_probe::Security::Plain };
        let question = Question::Tcp(Tcp { send: check.send.clone(), expect: check.expect.clone() });
        Ok(self.ask(&Target::new(&check.host, check.port).over(security), &question, timeout).await)
    }

    pub(super) async fn ping(&self, check: &PingCheck, timeout: Duration) -> Result<Outcome, Outcome> {
        let target = Target { family: family(check.family), ..Target::new(&check.host, 0) };
        let question = Question::Ping(Ping { count: check.count, ..Ping::default() });
        Ok(self.ask(&target, &question, timeout).await)
    }

    pub(super) async fn dns(&self, check: &DnsCheck, timeout: Duration) -> Result<Outcome, Outcome> {
        let target = match &check.server {
            Some(server) => {
                let (host, port) = host_and_port(server, 53);
                Target::new(host, port)
            }
            None => service_probe::system_resolver().await,
        };
        let Some(record) = record(&check.record) else {
            return Err(Outcome::Unusable(format!(
                "records of the type {} cannot be asked for",
                check.record
            )));
        };
        let question = Question::Dns(Dns { name: check.name.clone(), record, empty_is_well: false });
        Ok(self.ask(&target, &question, timeout).await)
    }

    pub(super) async fn server(
        &self,
        target: &CheckTarget,
        check: &ServerCheck,
        timeout: Duration,
    ) -> Result<Outcome, Outcome> {
        let credential = self.credential(check).await?;
        let question = match target {
            CheckTarget::Smtp(_) => Question::Smtp(Smtp::default()),
            CheckTarget::Imap(_) => Question::Imap(Imap::default()),
            CheckTarget::Ssh(_) => Question::Ssh(Ssh::default()),
            CheckTarget::Mqtt(_) => Question::Mqtt(Mqtt { credential, ..Mqtt::default() }),
            CheckTarget::Postgres(_) => {
                Question::Postgres(Postgres { database: check.database.clone(), credential })
            }
            CheckTarget::Mysql(_) => Question::Mysql(Mysql::default()),
            CheckTarget::Redis(_) => Question::Redis(Redis { credential }),
            other => return Err(Outcome::Unusable(format!("{} is asked in another way", other.kind()))),
        };
        let security = match check.security {
            Security::Plain => service_probe::Security::Plain,
            Security::Starttls => service_probe::Security::StartTls,
            Security::Tls => service_probe::Security::Tls,
        };
        let target = Target::new(&check.host, check.port).over(security);
        Ok(self.ask(&target, &question, timeout).await)
    }

    async fn credential(&self, check: &ServerCheck) -> Result<Option<Credential>, Outcome> {
        let Some(password) = &check.password else { return Ok(None) };
        let password = self.open(password).await?;
        let credential = Credential::new(check.user.as_deref(), password.reveal());
        Ok(Some(Credential { to_untrusted: !check.trusted, ..credential }))
    }

    pub(super) async fn tls(&self, check: &TlsCheck, timeout: Duration) -> Result<Outcome, Outcome> {
        let Some(starttls) = check.starttls else {
            let limits = tls_probe::Limits { total: timeout, phase: timeout };
            let seen = self.tls.examine(&check.host, check.port, check.server_name.as_deref(), &limits).await;
            return Ok(Outcome::Tls(seen.map(|seen| {
                let took = seen.timings.resolve + seen.timings.connect + seen.timings.tls;
                Box::new(Examined { shown: Shown::of(&seen.examination), remote: Some(seen.remote), took })
            })));
        };
        let question = match starttls {
            StartTls::Smtp => Question::Smtp(Smtp::default()),
            StartTls::Imap => Question::Imap(Imap::default()),
        };
        let target = Target::new(&check.host, check.port).over(service_probe::Security::StartTls);
        Ok(match self.ask(&target, &question, timeout).await {
            Outcome::Server(Ok(answered)) => match answered.tls {
                Some(shown) => Outcome::Tls(Ok(Box::new(Examined {
                    shown,
                    remote: answered.remote,
                    took: answered.took,
                }))),
                None => Outcome::Broken("a secured connection showed no certificate".to_owned()),
            },
            Outcome::Server(Err(Failure::Connection(error))) => Outcome::Tls(Err(error)),
            other => other,
        })
    }
}

/// `host:port`, `[fd00::1]:53`, or a host alone.
pub(super) fn host_and_port(text: &str, usual: u16) -> (String, u16) {
    if text.parse::<std::net::Ipv6Addr>().is_ok() {
        return (text.to_owned(), usual);
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().unwrap_or(usual)),
        None => (text, usual),
    };
    (host.trim_start_matches('[').trim_end_matches(']').to_owned(), port)
}

fn record(name: &str) -> Option<Record> {
    use Record::{A, Aaaa, Caa, Cname, Mx, Ns, Ptr, Soa, Srv, Txt};
    [A, Aaaa, Caa, Cname, Mx, Ns, Ptr, Soa, Srv, Txt].into_iter().find(|record| record.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::definition::mistakes::RECORDS;

    #[test]
    fn every_type_of_record_that_can_be_chosen_can_be_asked_for() {
        for name in RECORDS {
            assert!(record(name).is_some(), "{name}");
        }
    }

    #[test]
    fn servers_are_read_with_and_without_a_port() {
        for (text, host, port) in [
            ("192.168.1.1", "192.168.1.1", 53),
            ("192.168.1.1:5353", "192.168.1.1", 5353),
            ("fd00::1", "fd00::1", 53),
            ("[fd00::1]:5353", "fd00::1", 5353),
            ("dns.lan:54", "dns.lan", 54),
        ] {
            assert_eq!(host_and_port(text, 53), (host.to_owned(), port));
        }
    }
}
