//! What is to be thought of what a registry of images says. Every outcome has its own sentence and its own next step.

use super::certificate::{Ending, judge_end};
use super::{REASON_MAX, judge_error};
use hob_base::wording::tidy;
use hob_base::{Health, Level, Timestamp};
use hob_feature::checks::{CertificateDays, CheckSecret, RegistryCheck};
use registry_probe::{Asker, Outcome, Report, Severity, Verdict};

/// How long before its end a credential is a finding.
const DAYS: CertificateDays = CertificateDays { warning: 14, critical: 3 };

/// Of asking for an image.
pub(super) fn judge(check: &RegistryCheck, report: &Report, now: Timestamp) -> Health {
    let user = check.user.as_deref().map(|user| tidy(user, 60));
    let place = check.password.as_ref().map_or_else(|| "this check".to_owned(), CheckSecret::place);
    let asker = Asker {
        user: user.as_deref(),
        has_credential: check.password.is_some(),
        place: &place,
        lacks: "this check has none",
        give: "Give this check a user and a password",
        slower: "; give this check a longer interval",
    };
    let health = match (&report.outcome, report.verdict(&asker)) {
        (Outcome::Network(error), _) => judge_error(error, &format!("Image {}", tidy(&check.image, 200))),
        (Outcome::Ok(_), Some(verdict)) => {
            let registry = tidy(report.reference.registry(), 100);
            return Health::ok(verdict.sentence).or_worse(ending(
                report,
                &registry,
                &asker.whose(),
                &place,
                now,
            ));
        }
        (_, Some(verdict)) => worded(verdict),
        (_, None) => Health::unknown(tidy(&report.to_string(), REASON_MAX)),
    };
    if !health.evidence.is_empty() {
        return health;
    }
    // What the registry said differs from time to time.
    health.with_evidence(tidy(&report.to_string(), REASON_MAX))
}

fn worded(verdict: Verdict) -> Health {
    let level = match verdict.severity {
        Severity::Well => Level::Ok,
        Severity::Warning => Level::Warning,
        Severity::Critical => Level::Critical,
    };
    Health { remedy: verdict.remedy, ..Health::new(level, verdict.sentence) }
}

fn ending(report: &Report, registry: &str, whose: &str, place: &str, now: Timestamp) -> Health {
    let Some(end) = report.credential_expires_at else { return Health::ok("") };
    let mut letters = whose.chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    let ending = Ending {
        what: &format!("{first}{} for {registry}", letters.as_str()),
        verbs: ("expires", "expired"),
        remedy: &format!("Create a new token at {registry} and replace it in {place}."),
    };
    judge_end(&ending, end, DAYS, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_probe::ProbeError;
    use registry_probe::{Digest, Platform, Pullable, RateLimit, Reference};

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn check() -> RegistryCheck {
        let password = Some(CheckSecret::File("/run/secrets/ghcr".into()));
        RegistryCheck { image: "ghcr.io/me/app:1".into(), user: Some("me".into()), password }
    }

    fn report(outcome: Outcome) -> Report {
        Report {
            reference: Reference::parse("ghcr.io/me/app:1").unwrap(),
            outcome,
            credential_expires_at: None,
        }
    }

    fn pulled(credential_used: bool) -> Outcome {
        let digest = Digest::parse(&format!("sha256:{}", "0".repeat(64))).unwrap();
        Outcome::Ok(Pullable {
            digest,
            platforms: vec![],
            token_lifetime: None,
            rate_limit: None,
            credential_used,
        })
    }

    #[test]
    fn every_outcome_has_its_own_sentence_and_remedy() {
        let wanted = Platform::of_this_machine();
        let fault = || Outcome::RegistryFault { status: 503, reason: "it is 12:31:07".into() };
        let mut sentences = std::collections::BTreeSet::new();
        for (outcome, level) in [
            (pulled(true), Level::Ok),
            (pulled(false), Level::Ok),
            (Outcome::CredentialRejected { said: Some("no\u{1b}".into()) }, Level::Critical),
            (Outcome::NoCredential { said: None }, Level::Critical),
            (Outcome::NoAccess { said: None }, Level::Critical),
            (Outcome::TagMissing, Level::Critical),
            (Outcome::WrongArchitecture { wanted, there: vec![] }, Level::Warning),
            (Outcome::RateLimited { retry_after: None, limit: RateLimit::default() }, Level::Warning),
            (Outcome::Network(ProbeError::Refused { addr: ([10, 0, 0, 1], 443).into() }), Level::Critical),
            (Outcome::NotARegistry { saw: "a page".into() }, Level::Critical),
            (fault(), Level::Critical),
        ] {
            let health = judge(&check(), &report(outcome), NOW);
            assert_eq!(health.level, level, "{health:?}");
            assert_eq!(health.remedy.is_some(), level != Level::Ok, "{health:?}");
            assert!(!health.reason.contains("12:31:07"), "{health:?}");
            assert!(sentences.insert(health.reason.clone()), "said twice: {}", health.reason);
        }
        let health = judge(&check(), &report(Outcome::CredentialRejected { said: None }), NOW);
        assert_eq!(
            health.reason,
            "The registry ghcr.io rejects the credential of me: it is wrong, expired or withdrawn."
        );
        assert_eq!(
            health.remedy.as_deref(),
            Some("Create a new token at ghcr.io and replace it in the file /run/secrets/ghcr.")
        );
        let nobody = RegistryCheck { user: None, password: None, ..check() };
        let health = judge(&nobody, &report(Outcome::NoCredential { said: None }), NOW);
        assert!(health.reason.contains("this check has none"), "{health:?}");
    }

    #[test]
    fn a_credential_that_ends_is_told_before_it_does() {
        let mut report = report(pulled(true));
        report.credential_expires_at = Some(1_800_000_000 + 2 * 86_400 + 9);
        let health = judge(&check(), &report, NOW);
        assert_eq!(
            (health.level, health.reason.as_str()),
            (Level::Critical, "The credential of me for ghcr.io expires in 2 days.")
        );
    }
}
