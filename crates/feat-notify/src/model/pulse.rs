//! How well a channel works.

use hob_base::wording::{duration_words, tidy};
use hob_base::{Health, Timestamp};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// After failing for so long a channel is critical.
const LONG: Duration = Duration::from_secs(15 * 60);
/// After so many failures in a row of which the last was for good, too.
const OFTEN: u32 = 2;

/// What is remembered of a channel's tries.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Pulse {
    /// When something last got through.
    pub(crate) last_ok: Option<Timestamp>,
    /// Since when nothing gets through.
    pub(crate) failing_since: Option<Timestamp>,
    /// How often it failed since.
    pub(crate) failures: u32,
    /// Whether the last failure was for good: trying again helps nothing.
    pub(crate) for_good: bool,
    /// What the last failure was.
    pub(crate) problem: String,
    /// Whom the last message that got through did not reach; empty when it reached everybody.
    pub(crate) missed: String,
}

impl Pulse {
    /// Something got through; whom it missed all the same.
    pub(crate) fn worked(&mut self, missed: Option<&str>, now: Timestamp) {
        let missed = missed.map(|text| tidy(text, 500)).unwrap_or_default();
        *self = Self { last_ok: Some(now), missed, ..Self::default() };
    }

    /// Something did not.
    pub(crate) fn failed(&mut self, problem: &str, for_good: bool, now: Timestamp) {
        self.failing_since = self.failing_since.or(Some(now));
        self.failures = self.failures.saturating_add(1);
        self.for_good = for_good;
        self.problem = tidy(problem, 500);
    }

    /// How well it is.
    pub(crate) fn judge(&self, now: Timestamp) -> Health {
        let Some(since) = self.failing_since else {
            return match self.last_ok {
                Some(_) if !self.missed.is_empty() => {
                    Health::warning("The last message got through, but not to everybody.")
                        .with_evidence(self.missed.clone())
                        .with_remedy("Correct to whom it goes on the page of the channel, then send a test.")
                }
                Some(_) => Health::ok("The last message got through."),
                None => Health::ok("Nothing has been sent through it yet."),
            };
        };
        let lasts = now.since(since);
        let remedy = if self.for_good {
            "Correct its settings on the page of the channel, then send a test."
        } else {
            "Look whether the service is there and reachable; Hob tries again by itself. A test on the page of the \
             channel shows its answer."
        };
        let critical = lasts >= LONG || (self.for_good && self.failures >= OFTEN);
        let reason = if critical && lasts >= Duration::from_secs(60) {
            format!("Nothing has got through for {}.", duration_words(lasts.max(LONG)))
        } else if critical {
            "It refuses every message.".to_owned()
        } else {
            "The last message did not get through.".to_owned()
        };
        let health = if critical { Health::critical(reason) } else { Health::warning(reason) };
        health.with_evidence(self.problem.clone()).with_remedy(remedy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_base::Level;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_millis(minutes * 60_000)
    }

    #[test]
    fn one_failure_is_a_warning_and_long_failing_is_critical() {
        let mut pulse = Pulse::default();
        assert_eq!(pulse.judge(at(0)).level, Level::Ok);
        pulse.failed("The server answered 503.", false, at(0));
        let health = pulse.judge(at(1));
        assert_eq!((health.level, health.evidence.as_str()), (Level::Warning, "The server answered 503."));
        assert!(health.remedy.is_some());
        pulse.failed("again", false, at(10));
        assert_eq!(pulse.judge(at(14)).level, Level::Warning);
        assert_eq!(pulse.judge(at(15)).level, Level::Critical);
        pulse.worked(None, at(16));
        assert_eq!(pulse.judge(at(17)).level, Level::Ok);
    }

    #[test]
    fn a_message_that_missed_somebody_is_a_warning() {
        let mut pulse = Pulse::default();
        pulse.worked(Some("The server takes no mail for ben."), at(0));
        let health = pulse.judge(at(60));
        assert_eq!(
            (health.level, health.evidence.as_str()),
            (Level::Warning, "The server takes no mail for ben.")
        );
        pulse.worked(None, at(61));
        assert_eq!(pulse.judge(at(62)).level, Level::Ok);
    }

    #[test]
    fn a_wrong_password_is_critical_at_the_second_try() {
        let mut pulse = Pulse::default();
        pulse.failed("401", true, at(0));
        assert_eq!(pulse.judge(at(0)).level, Level::Warning);
        pulse.failed("401", true, at(0));
        let health = pulse.judge(at(0));
        assert_eq!((health.level, health.reason.as_str()), (Level::Critical, "It refuses every message."));
    }
}
