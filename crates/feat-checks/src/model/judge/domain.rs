//! What is to be thought of the registration of a domain.

use super::certificate::{Ending, judge_end};
use super::{REASON_MAX, judge_error};
use hob_base::wording::tidy;
use hob_base::{Health, Level, Timestamp};
use hob_feature::checks::DomainCheck;
use rdap::{Outcome, Report};

/// States in which a domain is about to be given away (RFC 8056).
const LOST: [&str; 3] = ["redemption period", "pending delete", "pending restore"];

/// Of asking for its end. That its registry could not be asked says nothing of the domain.
pub(super) fn judge(check: &DomainCheck, report: &Report, now: Timestamp) -> Health {
    let domain = tidy(report.domain.as_str(), 100);
    match &report.outcome {
        Outcome::Expires { at, registrar, status } => {
            let whom = registrar.as_deref().map_or_else(|| "its registrar".to_owned(), |name| tidy(name, 60));
            let ending = Ending {
                what: &format!("The registration of {domain}"),
                verbs: ("ends", "ended"),
                remedy: &format!("Renew it at {whom}, and look why that did not happen by itself."),
            };
            let health =
                judge_end(&ending, at.as_second(), check.days, now).or_worse(judge_status(&domain, status));
            if health.level == Level::Ok { Health::ok(format!("{domain} is registered.")) } else { health }
        }
        Outcome::NoExpiry { status, .. } => {
            Health::ok(format!("{domain} is registered; its registry does not tell until when."))
                .or_worse(judge_status(&domain, status))
        }
        Outcome::NotFound => {
            Health::critical(format!("{domain} is not registered: its registry does not know it."))
                .with_remedy(
                    "Look whether the name is written right; if it was lost, register it before others do.",
                )
        }
        Outcome::Unsupported => Health::unknown(format!(
            "Nobody is known who tells of domains under “{}” over RDAP.",
            tidy(report.domain.tld(), 40)
        ))
        .with_remedy("Name the RDAP server of its registry in this check, or take the check away."),
        Outcome::RateLimited { .. } => Health::unknown(format!(
            "The server that tells of {domain} was asked too often, so its end is not known."
        ))
        .with_remedy("Give this check a longer interval."),
        Outcome::Network(error) => {
            let mut health = judge_error(error, &format!("RDAP server {}", tidy(&check.server, 200)));
            health.level = Level::Unknown;
            health.reason =
                format!("The server that tells of {domain} does not answer, so its end is not known.");
            health.with_evidence(tidy(&error.to_string(), REASON_MAX))
        }
        _ => Health::unknown(format!(
            "The server that tells of {domain} answers with a fault, so its end is not known."
        ))
        .with_evidence(tidy(&report.to_string(), REASON_MAX)),
    }
}

fn judge_status(domain: &str, status: &[String]) -> Health {
    match status.iter().find(|state| LOST.contains(&state.as_str())) {
        Some(state) => Health::critical(format!(
            "{domain} is about to be given away: its state is “{}”.",
            tidy(state, 60)
        ))
        .with_remedy("Ask its registrar at once to restore it."),
        None => Health::ok(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_probe::ProbeError;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn judged(outcome: Outcome) -> (Level, String) {
        let report = Report { domain: rdap::Domain::parse("example.org").unwrap(), outcome };
        let health = judge(&DomainCheck::new("example.org"), &report, NOW);
        (health.level, health.reason)
    }

    fn ends(days: i64, status: &[&str]) -> Outcome {
        let at = jiff::Timestamp::from_second(1_800_000_000 + days * 86_400 + 9).unwrap();
        let status = status.iter().map(|state| (*state).to_owned()).collect();
        Outcome::Expires { at, registrar: Some("Registrar Ltd".into()), status }
    }

    #[test]
    fn every_outcome_has_its_sentence() {
        for (outcome, level, reason) in [
            (ends(200, &["active"]), Level::Ok, "example.org is registered."),
            (ends(29, &[]), Level::Warning, "The registration of example.org ends in 29 days."),
            (ends(6, &[]), Level::Critical, "The registration of example.org ends in 6 days."),
            (ends(-2, &[]), Level::Critical, "The registration of example.org ended on 2027-01-13."),
            (
                ends(200, &["redemption period"]),
                Level::Critical,
                "example.org is about to be given away: its state is “redemption period”.",
            ),
            (
                Outcome::NotFound,
                Level::Critical,
                "example.org is not registered: its registry does not know it.",
            ),
            (
                Outcome::Network(ProbeError::Refused { addr: ([10, 0, 0, 1], 443).into() }),
                Level::Unknown,
                "The server that tells of example.org does not answer, so its end is not known.",
            ),
            (
                Outcome::RateLimited { retry_after: None },
                Level::Unknown,
                "The server that tells of example.org was asked too often, so its end is not known.",
            ),
        ] {
            assert_eq!(judged(outcome), (level, reason.to_owned()));
        }
        assert_eq!(judged(Outcome::NoExpiry { registrar: None, status: vec![] }).0, Level::Ok);
        assert_eq!(judged(Outcome::Unsupported).0, Level::Unknown);
        assert_eq!(judged(Outcome::Fault { status: 500, reason: "x".into() }).0, Level::Unknown);
    }
}
