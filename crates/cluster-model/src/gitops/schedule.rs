//! When something should have happened.

use jiff::{Timestamp, tz::TimeZone};
use recurrence::Cron;

/// How late something may be without being missed, at least.
const LATE_MS: i64 = 3_600_000;

/// A schedule as operators write it: cron in UTC, with seconds in front or without.
pub(super) struct Schedule(Cron);

impl Schedule {
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        // Seconds in front are of no interest here.
        let minutes = match text.split_ascii_whitespace().count() {
            6 => text.split_once(|c: char| c.is_ascii_whitespace()).map(|(_, rest)| rest.trim()),
            _ => Some(text),
        };
        Cron::parse(minutes?).ok().map(Self)
    }

    fn next(&self, after_ms: i64) -> Option<i64> {
        let after = Timestamp::from_millisecond(after_ms).ok()?;
        self.0.next_after(after, &TimeZone::UTC).map(Timestamp::as_millisecond)
    }

    /// Whether it was missed since it last happened (or, if it never did, since it could first have): when its time came
    /// twice meanwhile, or once and long ago.
    pub(super) fn is_missed(&self, last_ms: i64, now_ms: i64) -> bool {
        let Some(first) = self.next(last_ms) else { return false };
        match self.next(first) {
            Some(second) => now_ms > second.saturating_add(LATE_MS),
            None => now_ms > first.saturating_add(LATE_MS),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_of_each_night_is_missed_after_the_second_night() {
        let hour = 3_600_000;
        for text in ["0 3 * * *", "0 0 3 * * *", "@daily"] {
            let schedule = Schedule::read(text).unwrap();
            let last = 1_795_402_800_000 + 10 * 60_000;
            assert!(!schedule.is_missed(last, last + 30 * hour), "{text}");
            assert!(schedule.is_missed(last, last + 50 * hour), "{text}");
        }
        assert!(Schedule::read("now and then").is_none());
    }
}
