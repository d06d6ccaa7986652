//! What is to be thought of what a registry of images says. Every outcome has its own sentence and its own next step.

use super::certificate::{Ending, judge_end};
use super::{REASON_MAX, judge_error};
use hob_base::wording::tidy;
use hob_base::{Health, Timestamp};
use hob_feature::checks::{CertificateDays, CheckSecret, RegistryCheck};
use registry_probe::{Outcome, Report};

/// How long before its end a credential is a finding.
const DAYS: CertificateDays = CertificateDays { warning: 14, critical: 3 };

/// Of asking for an image.
pub(super) fn judge(check: &RegistryCheck, report: &Report, now: Timestamp) -> Health {
    let registry = tidy(report.reference.registry(), 100);
    let image = tidy(report.reference.repository(), 100);
    let whose = match &check.user {
        Some(user) => format!("the credential of {}", tidy(user, 60)),
        None => "the credential".to_owned(),
    };
    let place = check.password.as_ref().map_or_else(|| "this check".to_owned(), CheckSecret::place);
    let health = match &report.outcome {
        Outcome::Ok(pullable) => {
            let health = if check.password.is_some() && !pullable.credential_used {
                Health::ok(format!("{registry} gives {image} to anybody, so that it does not look at {whose}."))
            } else {
                Health::ok(format!("{registry} lets {image} be pulled."))
            };
            health.or_worse(ending(report, &registry, &whose, &place, now))
        }
        Outcome::CredentialRejected { .. } => Health::critical(format!(
            "The registry {registry} rejects {whose}: it is wrong, expired or withdrawn."
        ))
        .with_remedy(format!("Create a new token at {registry} and replace it in {place}.")),
        Outcome::NoCredential { .. } if check.password.is_some() => Health::critical(format!(
            "The registry {registry} wants another credential for {image} than {whose}, or the image does not exist."
        ))
        .with_remedy("Look whether the name of the image is right, and give a token that may read it."),
        Outcome::NoCredential { .. } => Health::critical(format!(
            "The registry {registry} wants a credential for {image}, and this check has none; or the image does not exist."
        ))
        .with_remedy("Give this check a user and a password, or look whether the name of the image is right."),
        Outcome::NoAccess { .. } => Health::critical(format!(
            "The registry {registry} takes {whose} but does not give out {image}: it is not allowed, or it does not exist."
        ))
        .with_remedy(format!("Give the token the right to read {image}, or look whether the name is right.")),
        Outcome::TagMissing => {
            let version = tidy(report.reference.version(), 80);
            Health::critical(format!("{registry} has no {version} of {image}."))
                .with_remedy("Look which tags there are: this one may have been deleted or never pushed.")
        }
        Outcome::WrongArchitecture { wanted, .. } => {
            Health::warning(format!("{registry} has {image}, but not for {wanted}, which is what runs here."))
                .with_remedy("Have the image built for this platform, or take another tag.")
        }
        Outcome::RateLimited { .. } => Health::warning(format!(
            "{registry} lets nothing more be pulled for now: too much was asked of it from here."
        ))
        .with_remedy("Wait, or log in with an account that may pull more; give this check a longer interval."),
        Outcome::Network(error) => judge_error(error, &format!("Image {}", tidy(&check.image, 200))),
        Outcome::NotARegistry { .. } => Health::critical(format!("{registry} answers, but is no registry of images."))
            .with_remedy("Look whether the name of the registry is right, and whether a proxy stands before it."),
        Outcome::RegistryFault { .. } => Health::critical(format!("The registry {registry} answers with a fault."))
            .with_remedy("Wait for it to recover; if it is your own, its log should say what happened."),
        _ => Health::unknown(tidy(&report.to_string(), REASON_MAX)),
    };
    let is_well = matches!(report.outcome, Outcome::Ok(_));
    if is_well || !health.evidence.is_empty() {
        return health;
    }
    // What the registry said differs from time to time.
    health.with_evidence(tidy(&report.to_string(), REASON_MAX))
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
    use hob_base::Level;
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
