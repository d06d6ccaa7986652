//! What is to be thought of services that speak a protocol of their own, of name servers and of pings.

use super::{REASON_MAX, judge_time, milliseconds, tls};
use crate::model::outcome::Answered;
use hob_base::wording::{listed, tidy};
use hob_base::{Health, Level, Timestamp};
use hob_feature::checks::{
    CertificateDays, CheckSpec, CheckTarget, DnsCheck, Matching, PingCheck, ServerCheck, TcpCheck,
};
use service_probe::Failure;
use std::collections::BTreeSet;
use std::time::Duration;

/// How long before its end the certificate of a service is a finding, which was not asked for its certificate.
const DAYS: CertificateDays = CertificateDays { warning: 14, critical: 3 };

/// Of any of them.
pub(super) fn judge(spec: &CheckSpec, result: Result<&Answered, &Failure>, now: Timestamp) -> Health {
    let answered = match result {
        Ok(answered) => answered,
        Err(failure) => return judge_failure(failure),
    };
    let health = match &spec.target {
        CheckTarget::Ping(ping) => judge_ping(spec, ping, answered),
        CheckTarget::Dns(dns) => judge_dns(dns, answered).or_worse(judge_time(spec, answered.took)),
        CheckTarget::Tcp(tcp) => judge_tcp(tcp).or_worse(judge_time(spec, answered.took)),
        other => Health::ok(format!("It answers as {} should.", who(other)))
            .or_worse(judge_time(spec, answered.took)),
    };
    let trusted = spec.target.server().is_none_or(|ServerCheck { trusted, .. }| *trusted);
    let health = match &answered.tls {
        Some(shown) => health.or_worse(tls::judge_shown(shown, DAYS, trusted, now)),
        None => health,
    };
    if health.level == Level::Ok || !health.evidence.is_empty() {
        health
    } else {
        health.with_evidence(evidence(answered))
    }
}

fn who(target: &CheckTarget) -> &'static str {
    match target {
        CheckTarget::Smtp(_) => "an SMTP server",
        CheckTarget::Imap(_) => "an IMAP server",
        CheckTarget::Ssh(_) => "an SSH server",
        CheckTarget::Mqtt(_) => "an MQTT broker",
        CheckTarget::Postgres(_) => "PostgreSQL",
        CheckTarget::Mysql(_) => "MySQL",
        CheckTarget::Redis(_) => "Redis",
        _ => "it",
    }
}

fn judge_tcp(tcp: &TcpCheck) -> Health {
    match (&tcp.send, &tcp.expect) {
        (_, Some(expect)) => Health::ok(format!("It answers with “{}”.", tidy(expect, 80))),
        (Some(_), None) => Health::ok("It answers."),
        (None, None) => Health::ok("It accepts connections over TLS."),
    }
}

fn judge_ping(spec: &CheckSpec, ping: &PingCheck, answered: &Answered) -> Health {
    let number = |word: &str| answered.detail(word).and_then(|text| text.parse::<f64>().ok());
    let (loss, average) = (number("loss").unwrap_or(0.0), number("avg_ms").unwrap_or(0.0));
    let slow = match spec.warn_after {
        Some(_) => judge_time(spec, Duration::try_from_secs_f64(average / 1000.0).unwrap_or(Duration::MAX)),
        None => Health::ok(""),
    };
    let lossy = if loss >= f64::from(ping.loss_percent) {
        Health::warning(format!("It answers pings, but {} % of them or more are lost.", ping.loss_percent))
            .with_remedy("Look at the network between here and there: a bad cable, weak Wi-Fi, or a line that is full.")
    } else {
        Health::ok("It answers pings.")
    };
    lossy.or_worse(slow)
}

/// Answers are compared as sets: a name server may turn them round each time.
fn judge_dns(dns: &DnsCheck, answered: &Answered) -> Health {
    let came: BTreeSet<String> = answered.all("record").map(plain).collect();
    let missing: Vec<&String> = dns.expect.iter().filter(|wanted| !came.contains(&plain(wanted))).collect();
    let wrong = match dns.matching {
        Matching::Any => !missing.is_empty() && missing.len() == dns.expect.len(),
        Matching::All => !missing.is_empty(),
    };
    let (name, record) = (tidy(&dns.name, 100), &dns.record);
    if !wrong {
        return Health::ok(format!("{name} has the {record} record that is asked for."));
    }
    let mut missing: Vec<String> = missing.into_iter().map(|text| tidy(text, 60)).collect();
    missing.sort();
    missing.truncate(5);
    let reason = match dns.matching {
        Matching::Any => {
            format!("{name} has none of the {record} records that are expected: {}.", listed(&missing))
        }
        Matching::All => format!("{name} lacks {record} records that are expected: {}.", listed(&missing)),
    };
    let came: Vec<String> = came.iter().take(20).map(|text| tidy(text, 60)).collect();
    Health::critical(reason)
        .with_evidence(format!("The name server answers {}.", listed(&came)))
        .with_remedy("Look at the zone of this name, or whether another name server answers than should.")
}

fn plain(record: &(impl AsRef<str> + ?Sized)) -> String {
    record.as_ref().trim().trim_end_matches('.').trim_matches('"').to_lowercase()
}

/// Of no good answer. What a service says that it cannot serve now is its own word; what the probe could not do says
/// nothing of the service.
pub(super) fn judge_failure(failure: &Failure) -> Health {
    let level = match failure {
        Failure::NoSocket { .. }
        | Failure::NotPermitted
        | Failure::BadQuestion { .. }
        | Failure::Connection(tls_probe::Error::NoSocket { .. }) => Level::Unknown,
        // It is up, but does not speak with this probe.
        Failure::Declined { .. } | Failure::CredentialWithheld { .. } => Level::Warning,
        _ => Level::Critical,
    };
    let health = Health::new(level, tidy(&failure.to_string(), REASON_MAX));
    match remedy(failure.kind()) {
        Some(remedy) => health.with_remedy(remedy),
        None => health,
    }
}

/// The next step after a failure to connect or to be answered, by the engines' words for it.
pub(super) fn remedy(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "refused" => "Start the service again; its log should say why it ended.",
        "resolve" | "no_address" => {
            "Look whether the name is written right and whether your DNS server knows it."
        }
        "resolve_timeout" => "Look whether the DNS server that this machine uses is up.",
        "unreachable" | "connect_timeout" | "no_reply" => {
            "Look whether that machine is on and whether a firewall stands between."
        }
        "no_socket" => {
            "This machine, not the service, is at its limit: look at the number of open files and connections."
        }
        "silent" | "no_answer" | "unfinished" | "tls_timeout" => {
            "It hangs or is overloaded: look at its log, and restart it if it does not recover."
        }
        "other_protocol" => "Look whether host and port are right: something else listens there.",
        "speaks_tls" => "Set security = \"tls\" for this check.",
        "not_tls" => "Leave TLS out of this check, or look whether the port is right.",
        "not_ready" => "If it was just started, give it a moment; otherwise look at its log.",
        "declined" => "Let it admit this machine, or give the check a user and a password.",
        "credential_rejected" => "Give the check another user or password.",
        "credential_withheld" => {
            "Give the server a certificate that this machine trusts, or set trusted = false for this check."
        }
        "no_starttls" => "Set security = \"tls\" or \"plain\", or turn STARTTLS on at the server.",
        "closed" | "broken" => "It may have crashed on the question: look at its log.",
        "no_records" => "Look at the zone of this name, or whether the name is written right.",
        _ => return None,
    })
}

fn evidence(answered: &Answered) -> String {
    let from = answered.remote.map_or_else(String::new, |remote| format!("{remote} answered "));
    format!("{from}after {}: {}.", milliseconds(answered.took), tidy(&answered.summary, 200))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::outcome::Shown;
    use hob_base::ResourceId;
    use hob_feature::checks::Security;
    use proptest::prelude::*;
    use std::net::SocketAddr;
    use tls_probe::Distrust;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn spec(target: CheckTarget) -> CheckSpec {
        CheckSpec::new(ResourceId::new("service", "config", "x"), target, Duration::from_secs(30))
    }

    fn answered(details: &[(&'static str, &str)]) -> Answered {
        Answered {
            summary: "something 1.2.3 ready at 12:31:07".into(),
            details: details.iter().map(|(word, value)| (*word, (*value).to_owned())).collect(),
            remote: None,
            took: Duration::from_millis(5),
            tls: None,
        }
    }

    fn judged(target: CheckTarget, answered: &Answered) -> (Level, String) {
        let health = judge(&spec(target), Ok(answered), NOW);
        (health.level, health.reason)
    }

    fn dns(expect: &[&str], matching: Matching) -> CheckTarget {
        let expect = expect.iter().map(|text| (*text).to_owned()).collect();
        CheckTarget::Dns(DnsCheck {
            name: "nas.lan".into(),
            record: "A".into(),
            server: None,
            expect,
            matching,
        })
    }

    #[test]
    fn what_a_service_says_of_itself_is_no_reason() {
        let (level, reason) = judged(CheckTarget::Smtp(ServerCheck::new("nas", 25)), &answered(&[]));
        assert_eq!((level, reason.as_str()), (Level::Ok, "It answers as an SMTP server should."));
        let mut slow = answered(&[]);
        slow.took = Duration::from_secs(9);
        let health = judge(&spec(CheckTarget::Ssh(ServerCheck::new("nas", 22))), Ok(&slow), NOW);
        assert_eq!(health.level, Level::Warning);
        assert!(health.evidence.contains("something 1.2.3"), "{}", health.evidence);
    }

    #[test]
    fn the_certificate_of_a_service_counts_too() {
        let shown = Shown {
            trusted: Err(Distrust::SelfSigned),
            not_after: Some(1_900_000_000),
            first: None,
            weak: vec![],
            subject: None,
            issuer: None,
        };
        let answered = Answered { tls: Some(shown), ..answered(&[]) };
        let server = ServerCheck { security: Security::Tls, ..ServerCheck::new("nas", 993) };
        assert_eq!(judged(CheckTarget::Imap(server.clone()), &answered).0, Level::Warning);
        assert_eq!(
            judged(CheckTarget::Imap(ServerCheck { trusted: false, ..server }), &answered).0,
            Level::Ok
        );
    }

    #[test]
    fn lost_pings_are_a_warning_from_the_share_that_the_owner_says() {
        let ping = CheckTarget::Ping(PingCheck::new("nas"));
        assert_eq!(judged(ping.clone(), &answered(&[("loss", "33"), ("avg_ms", "2.5")])).0, Level::Ok);
        let (level, reason) = judged(ping.clone(), &answered(&[("loss", "66"), ("avg_ms", "2.5")]));
        assert_eq!(
            (level, reason.as_str()),
            (Level::Warning, "It answers pings, but 50 % of them or more are lost.")
        );
        let slow = CheckSpec { warn_after: Some(Duration::from_millis(2)), ..spec(ping.clone()) };
        assert_eq!(
            judge(&slow, Ok(&answered(&[("loss", "0"), ("avg_ms", "2.5")])), NOW).level,
            Level::Warning
        );
        assert_eq!(judged(ping, &answered(&[("loss", "x"), ("avg_ms", "NaN")])).0, Level::Ok);
    }

    #[test]
    fn answers_of_a_name_server_are_sets() {
        let came = answered(&[("record", "10.0.0.2"), ("record", "10.0.0.1")]);
        for (expect, matching, reason) in [
            (&[][..], Matching::Any, None),
            (&["10.0.0.1", "10.0.0.9"][..], Matching::Any, None),
            (&["10.0.0.1", "10.0.0.2"][..], Matching::All, None),
            (
                &["10.0.0.9", "10.0.0.8"][..],
                Matching::Any,
                Some("nas.lan has none of the A records that are expected: 10.0.0.8 and 10.0.0.9."),
            ),
            (
                &["10.0.0.1", "10.0.0.9"][..],
                Matching::All,
                Some("nas.lan lacks A records that are expected: 10.0.0.9."),
            ),
        ] {
            let (level, said) = judged(dns(expect, matching), &came);
            assert_eq!(level == Level::Critical, reason.is_some(), "{said}");
            if let Some(reason) = reason {
                assert_eq!(said, reason);
            }
        }
        let mail = answered(&[("record", "10 Mail.Example.org.")]);
        assert_eq!(judged(dns(&["10 mail.example.org"], Matching::All), &mail).0, Level::Ok);
    }

    #[test]
    fn failures_say_what_to_do_and_whose_fault_they_are() {
        let at = SocketAddr::from(([10, 0, 0, 7], 25));
        for (failure, level) in [
            (Failure::Connection(tls_probe::Error::Refused { addr: at }), Level::Critical),
            (
                Failure::NotReady { at, phase: service_probe::Phase::Greeting, text: "starting up".into() },
                Level::Critical,
            ),
            (
                Failure::Declined { at, phase: service_probe::Phase::Greeting, text: "not from here".into() },
                Level::Warning,
            ),
            (Failure::CredentialRejected { at, text: "no".into() }, Level::Critical),
        ] {
            let health = judge_failure(&failure);
            assert_eq!(health.level, level, "{failure}");
            assert!(health.remedy.is_some(), "{failure}");
        }
        assert_eq!(judge_failure(&Failure::NotPermitted).level, Level::Unknown);
    }

    proptest! {
        #[test]
        fn the_order_of_an_answer_changes_nothing(mut came: Vec<u8>, expect: Vec<u8>, turn in 0..20_usize) {
            let judged = |came: &[u8]| {
                let details = came.iter().map(|n| ("record", format!("10.0.0.{n}"))).collect();
                let expect: Vec<String> = expect.iter().map(|n| format!("10.0.0.{n}")).collect();
                let target = CheckTarget::Dns(DnsCheck {
                    name: "nas".into(), record: "A".into(), server: None, expect, matching: Matching::All,
                });
                judge(&spec(target), Ok(&Answered { details, ..answered(&[]) }), NOW)
            };
            let before = judged(&came);
            let turn = turn.min(came.len());
            came.rotate_left(turn);
            prop_assert_eq!(before, judged(&came));
        }
    }
}
