//! What is to be thought of a certificate and of how long it still holds.
//!
//! Days are whole days, so that the sentence changes once a day at most.

use hob_base::wording::tidy;
use hob_base::{Health, Timestamp};
use hob_feature::checks::CertificateDays;
pub(crate) use hob_feature::checks::ending::date;
pub(super) use hob_feature::checks::ending::{Ending, judge_end};
use tls_probe::FirstExpiry;

/// The certificate of a server.
pub(super) const CERTIFICATE: Ending<'_> = Ending {
    what: "Its certificate",
    verbs: ("expires", "expired"),
    remedy: "Look why it is not renewed by itself, and renew it before that day.",
};

/// What is to be thought of how long the certificates of a server still hold: its own, and whichever between it and the
/// root ends `first`.
pub(super) fn judge_chain(
    own: Option<i64>,
    first: Option<&FirstExpiry>,
    days: CertificateDays,
    now: Timestamp,
) -> Health {
    let health = own.map_or_else(|| Health::ok(""), |end| judge_end(&CERTIFICATE, end, days, now));
    let Some(first) = first.filter(|first| first.position > 0) else { return health };
    let subject = first.subject.as_deref();
    let subject = subject.map_or_else(|| "its issuer".to_owned(), |name| format!("“{}”", tidy(name, 80)));
    let what = format!("The certificate of {subject}, by which its own is signed,");
    let ending = Ending {
        what: &what,
        remedy: "Renew its certificate: the new one comes with a new chain.",
        ..CERTIFICATE
    };
    health.or_worse(judge_end(&ending, first.not_after, days, now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_base::Level;
    use proptest::prelude::*;

    const DAYS: CertificateDays = CertificateDays { warning: 14, critical: 3 };
    const NOW: i64 = 1_800_000_000;

    fn judged(left: i64) -> (Level, String) {
        let health = judge_end(&CERTIFICATE, NOW + left, DAYS, Timestamp::from_millis(NOW * 1000));
        (health.level, health.reason)
    }

    #[test]
    fn it_warns_in_time_and_counts_whole_days() {
        const DAY: i64 = 86_400;
        assert_eq!(judged(14 * DAY), (Level::Ok, String::new()));
        assert_eq!(judged(14 * DAY - 1), (Level::Warning, "Its certificate expires in 13 days.".into()));
        assert_eq!(judged(3 * DAY), (Level::Warning, "Its certificate expires in 3 days.".into()));
        assert_eq!(judged(3 * DAY - 1), (Level::Critical, "Its certificate expires in 2 days.".into()));
        assert_eq!(judged(DAY), (Level::Critical, "Its certificate expires in 1 day.".into()));
        assert_eq!(judged(5), (Level::Critical, "Its certificate expires within a day.".into()));
        assert_eq!(judged(-1), (Level::Critical, "Its certificate expired on 2027-01-15.".into()));
    }

    #[test]
    fn days_that_nobody_lives_to_see_are_days_too() {
        let at = Timestamp::from_millis(NOW * 1000);
        let judged = |end| judge_end(&CERTIFICATE, end, DAYS, at).reason;
        assert_eq!(judged(-631_152_000), "Its certificate expired on 1950-01-01.");
        assert_eq!(judged(253_402_300_799), "");
        assert_eq!(judged(i64::MAX), "");
        assert_eq!(judged(i64::MIN), "Its certificate expired on a day long ago.");
    }

    #[test]
    fn a_certificate_further_up_that_ends_first_is_named() {
        let first = FirstExpiry { position: 1, subject: Some("R3\u{202e}".into()), not_after: NOW + 86_400 };
        let at = Timestamp::from_millis(NOW * 1000);
        let health = judge_chain(Some(NOW + 100 * 86_400), Some(&first), DAYS, at);
        assert_eq!(health.reason, "The certificate of “R3”, by which its own is signed, expires in 1 day.");
        let own = FirstExpiry { position: 0, ..first };
        assert_eq!(judge_chain(Some(NOW + 100 * 86_400), Some(&own), DAYS, at).level, Level::Ok);
        assert_eq!(judge_chain(None, None, DAYS, at).level, Level::Ok);
    }

    proptest! {
        #[test]
        fn it_never_gets_better_by_waiting(end: i64, now in -4_000_000_000_i64..8_000_000_000, later in 0..100_000_000_i64) {
            let level = |now: i64| judge_end(&CERTIFICATE, end, DAYS, Timestamp::from_millis(now * 1000)).level;
            prop_assert!(level(now) <= level(now + later));
        }
    }
}
