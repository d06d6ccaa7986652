//! What is to be thought of a certificate that is looked at for its own sake.

use super::certificate::{date, judge_chain};
use super::milliseconds;
use crate::model::outcome::{Examined, Shown};
use hob_base::wording::{listed, tidy};
use hob_base::{Health, Level, Timestamp};
use hob_feature::checks::{CertificateDays, TlsCheck};
use tls_probe::Distrust;

/// Of the certificate of a port.
pub(super) fn judge(check: &TlsCheck, examined: &Examined, now: Timestamp) -> Health {
    let shown = &examined.shown;
    let health = judge_shown(shown, check.days, check.trusted, now);
    let health = match health.level {
        Level::Ok => Health::ok("Its certificate is well."),
        _ => health,
    };
    if health.level == Level::Ok || !health.evidence.is_empty() {
        health
    } else {
        health.with_evidence(evidence(examined))
    }
}

/// Of what a server shows, whatever else it was asked. Well, without words, when there is nothing to say. Where a
/// certificate need not be trusted only its time counts.
pub(super) fn judge_shown(shown: &Shown, days: CertificateDays, trusted: bool, now: Timestamp) -> Health {
    let ending = judge_chain(shown.not_after, shown.first.as_ref(), days, now);
    let distrust = match &shown.trusted {
        Err(why) if trusted || matches!(why, Distrust::NotYetValid { .. }) => judge_distrust(why),
        _ => Health::ok(""),
    };
    let weak = match shown.weak.as_slice() {
        weak if trusted && !weak.is_empty() => Health::warning(format!(
            "Its certificates hold {}, which is not safe any more.",
            tidy(&listed(weak), 150)
        ))
        .with_remedy("Have a new certificate made, with a key of today."),
        _ => Health::ok(""),
    };
    distrust.or_worse(ending).or_worse(weak)
}

/// Of the reason for which the roots do not trust it. An end is told by its days.
fn judge_distrust(why: &Distrust) -> Health {
    let level = match why {
        Distrust::Expired { on: Some(_) } => return Health::ok(""),
        Distrust::SelfSigned
        | Distrust::UnknownIssuer
        | Distrust::WeakSignature
        | Distrust::ShortKey { .. }
        | Distrust::Unreadable => Level::Warning,
        Distrust::NoRoots => Level::Unknown,
        _ => Level::Critical,
    };
    let reason = format!("Its certificate is {}.", tidy(&why.to_string(), 200));
    let health = Health::new(level, reason);
    match remedy(why) {
        Some(remedy) => health.with_remedy(remedy),
        None => health,
    }
}

fn remedy(why: &Distrust) -> Option<&'static str> {
    Some(match why {
        Distrust::Expired { .. } | Distrust::IssuerExpired { .. } | Distrust::Revoked => {
            "Renew the certificate."
        }
        Distrust::NotYetValid { .. } => "Look whether the clocks of both machines are right.",
        Distrust::OtherNames { .. } | Distrust::NoName => {
            "Have a certificate made for this name, or look whether it is the right server that answers."
        }
        Distrust::SelfSigned => {
            "If that is right, set trusted = false for this check; else have one made that is trusted."
        }
        Distrust::UnknownIssuer => {
            "If it is your own authority, add its certificate to those that this machine trusts, or set trusted = false."
        }
        Distrust::IncompleteChain => {
            "Let the server send the intermediate certificate as well (the “full chain”)."
        }
        Distrust::NotForServers | Distrust::WeakSignature | Distrust::ShortKey { .. } => {
            "Have a new certificate made, with a key of today."
        }
        Distrust::NoRoots => "Install the package ca-certificates on this machine.",
        _ => return None,
    })
}

fn evidence(examined: &Examined) -> String {
    let shown = &examined.shown;
    let mut text = match examined.remote {
        Some(remote) => format!("{remote} showed its certificate after {}.", milliseconds(examined.took)),
        None => "It showed its certificate.".to_owned(),
    };
    for (what, name) in [("issued to", &shown.subject), ("issued by", &shown.issuer)] {
        if let Some(name) = name {
            text.push_str(&format!(" It was {what} “{}”.", tidy(name, 100)));
        }
    }
    if let Some(end) = shown.not_after {
        text.push_str(&format!(" Its last moment is on {}.", date(end)));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn shown(trusted: Result<(), Distrust>, days: i64) -> Examined {
        let not_after = Some(1_800_000_000 + days * 86_400 + 5);
        let shown = Shown {
            trusted,
            not_after,
            first: None,
            weak: vec![],
            subject: Some("nas".into()),
            issuer: None,
        };
        Examined { shown, remote: None, took: Duration::from_millis(7) }
    }

    fn judged(trusted: Result<(), Distrust>, days: i64) -> (Level, String) {
        let health = judge(&TlsCheck::new("nas", 443), &shown(trusted, days), NOW);
        (health.level, health.reason)
    }

    #[test]
    fn every_fault_has_its_level_and_sentence() {
        let names = Distrust::OtherNames { names: vec!["other.lan".into()] };
        for (trusted, days, level, reason) in [
            (Ok(()), 100, Level::Ok, "Its certificate is well."),
            (Ok(()), 20, Level::Warning, "Its certificate expires in 20 days."),
            (Ok(()), 6, Level::Critical, "Its certificate expires in 6 days."),
            (Err(Distrust::SelfSigned), 100, Level::Warning, "Its certificate is self-signed."),
            (Err(Distrust::SelfSigned), 6, Level::Critical, "Its certificate expires in 6 days."),
            (Err(names), 100, Level::Critical, "Its certificate is issued for other names: other.lan."),
            (
                Err(Distrust::IncompleteChain),
                100,
                Level::Critical,
                "Its certificate is sent without the intermediate certificate which signed it.",
            ),
            (
                Err(Distrust::Expired { on: Some(1_799_900_000) }),
                -1,
                Level::Critical,
                "Its certificate expired on 2027-01-14.",
            ),
            (
                Err(Distrust::NoRoots),
                100,
                Level::Unknown,
                "Its certificate is not to be judged, as this machine has no list of trusted issuers.",
            ),
        ] {
            assert_eq!(judged(trusted, days), (level, reason.to_owned()));
        }
    }

    #[test]
    fn where_nobody_need_vouch_only_the_time_counts() {
        let check = TlsCheck { trusted: false, ..TlsCheck::new("nas", 443) };
        let mut examined = shown(Err(Distrust::SelfSigned), 100);
        examined.shown.weak = vec!["a DSA key".to_owned()];
        assert_eq!(judge(&check, &examined, NOW).level, Level::Ok);
        assert_eq!(judge(&check, &shown(Err(Distrust::SelfSigned), 20), NOW).level, Level::Warning);
        let early = Distrust::NotYetValid { from: Some(1_900_000_000) };
        assert_eq!(judge(&check, &shown(Err(early), 9000), NOW).level, Level::Critical);
    }

    #[test]
    fn a_weak_certificate_is_a_warning() {
        let mut examined = shown(Ok(()), 100);
        examined.shown.weak = vec!["an RSA key of 1024 bits".into(), "a signature with SHA-1".into()];
        let health = judge(&TlsCheck::new("nas", 443), &examined, NOW);
        assert_eq!(
            (health.level, health.reason.as_str()),
            (
                Level::Warning,
                "Its certificates hold an RSA key of 1024 bits and a signature with SHA-1, which is not safe any more."
            )
        );
        assert!(health.evidence.contains("issued to “nas”"), "{}", health.evidence);
    }
}
