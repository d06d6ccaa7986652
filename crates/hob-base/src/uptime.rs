//! Up-time figures and the 90-day strip, computed from transitions.
//!
//! Time in which the hub itself did not run counts as unknown, whatever was known before: nobody was watching. Unknown
//! time is left out of percentages, since it says nothing about the service.

use crate::{Level, Timestamp};
use jiff::tz::TimeZone;
use std::time::Duration;

/// A span of time, end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// First moment.
    pub from: Timestamp,
    /// First moment after.
    pub to: Timestamp,
}

/// A change of level, without the words: what figures need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub at: Timestamp,
    /// To which level.
    pub to: Level,
}

/// How long each level lasted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    ms: [u64; 4],
}

impl Totals {
    /// Time spent at `level`.
    pub fn at(&self, level: Level) -> Duration {
        Duration::from_millis(self.ms[level as usize])
    }

    fn add(&mut self, level: Level, span: Duration) {
        self.ms[level as usize] += u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
    }

    /// Share of the known time that was not critical, in per cent. `None` when nothing is known.
    pub fn uptime_percent(&self) -> Option<f64> {
        let critical = self.ms[Level::Critical as usize] as f64;
        let known = (self.ms[Level::Ok as usize] + self.ms[Level::Warning as usize]) as f64 + critical;
        (known > 0.0).then(|| 100.0 * (known - critical) / known)
    }

    /// The level to colour this span with: critical or warning if any of it was, else ok if any of it was.
    pub fn shown(&self) -> Option<Level> {
        [Level::Critical, Level::Warning, Level::Ok].into_iter().find(|level| self.ms[*level as usize] > 0)
    }
}

/// Adds up the levels within `window`.
///
/// `changes` are in order of time; the last one before the window says how it begins. `gaps` are the spans in which the
/// hub did not run, in order, not overlapping.
pub fn totals(changes: &[Change], gaps: &[Span], window: Span) -> Totals {
    let mut totals = Totals::default();
    // The last change at or before the window's start, or the first of all.
    let start = changes.partition_point(|change| change.at <= window.from).saturating_sub(1);
    for (i, change) in changes.iter().enumerate().skip(start) {
        if change.at >= window.to {
            break;
        }
        let from = change.at.max(window.from);
        let to = changes.get(i + 1).map_or(window.to, |next| next.at.min(window.to));
        if from >= to {
            continue;
        }
        let mut watched = to.since(from);
        for gap in gaps.iter().filter(|gap| gap.to > from && gap.from < to) {
            let blind = gap.to.min(to).since(gap.from.max(from));
            watched = watched.saturating_sub(blind);
            totals.add(Level::Unknown, blind);
        }
        totals.add(change.to, watched);
    }
    totals
}

/// The last `days` calendar days in `zone`, oldest first, ending with the day of `now`.
pub fn days(now: Timestamp, zone: &TimeZone, days: usize) -> Vec<Span> {
    let today = now.zoned(zone).date();
    let start_of = |offset: i64| {
        let day = today.checked_sub(jiff::Span::new().days(offset)).unwrap_or(today);
        let start =
            day.to_zoned(zone.clone()).map_or(now.millis(), |zoned| zoned.timestamp().as_millisecond());
        Timestamp::from_millis(start)
    };
    let days = days as i64;
    let starts: Vec<Timestamp> = (0..days).rev().map(start_of).collect();
    starts
        .iter()
        .enumerate()
        .map(|(i, from)| {
            let end = starts.get(i + 1).copied().unwrap_or_else(|| now.max(*from));
            Span { from: *from, to: end }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HOUR: i64 = 3_600_000;

    fn t(hours: i64) -> Timestamp {
        Timestamp::from_millis(hours * HOUR)
    }

    fn change(hours: i64, to: Level) -> Change {
        Change { at: t(hours), to }
    }

    #[test]
    fn an_hour_down_in_a_day_is_that_share() {
        let changes = [change(0, Level::Ok), change(10, Level::Critical), change(11, Level::Ok)];
        let sum = totals(&changes, &[], Span { from: t(0), to: t(24) });
        assert_eq!(sum.at(Level::Critical), Duration::from_secs(3600));
        assert!((sum.uptime_percent().unwrap() - 100.0 * 23.0 / 24.0).abs() < 1e-9);
        assert_eq!(sum.shown(), Some(Level::Critical));
    }

    #[test]
    fn while_the_hub_was_off_nothing_is_known() {
        let changes = [change(0, Level::Ok)];
        let gaps = [Span { from: t(2), to: t(5) }];
        let sum = totals(&changes, &gaps, Span { from: t(0), to: t(10) });
        assert_eq!(sum.at(Level::Unknown), Duration::from_secs(3 * 3600));
        assert_eq!(sum.at(Level::Ok), Duration::from_secs(7 * 3600));
        assert_eq!(sum.uptime_percent(), Some(100.0));
    }

    #[test]
    fn before_the_first_change_there_is_nothing() {
        let sum = totals(&[change(5, Level::Ok)], &[], Span { from: t(0), to: t(3) });
        assert_eq!((sum.shown(), sum.uptime_percent()), (None, None));
    }

    #[test]
    fn days_follow_the_calendar_of_the_zone_through_daylight_saving() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        // 2026-10-26 12:00 CET; the day before had 25 hours.
        let now = Timestamp::from_millis(1_793_012_400_000);
        let days = days(now, &zone, 3);
        let hours: Vec<u64> = days.iter().map(|d| d.to.since(d.from).as_secs() / 3600).collect();
        assert_eq!(hours, [24, 25, 12]);
    }

    proptest! {
        #[test]
        fn the_parts_never_exceed_the_window(
            steps in proptest::collection::vec((0i64..50, 0usize..4), 0..30),
            gap in (0i64..100, 0i64..50),
            window in (0i64..200, 0i64..200),
        ) {
            let mut at = 0;
            let changes: Vec<Change> = steps.iter().map(|(pause, level)| { at += pause; change(at, Level::ALL[*level]) }).collect();
            let window = Span { from: t(window.0), to: t(window.0 + window.1) };
            let sum = totals(&changes, &[Span { from: t(gap.0), to: t(gap.0 + gap.1) }], window);
            let all: Duration = Level::ALL.into_iter().map(|level| sum.at(level)).sum();
            prop_assert!(all <= window.to.since(window.from));
        }
    }
}
