//! From the clock on the wall to moments, across the changes of a time zone.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use crate::pattern::{Budget, Pattern};

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// What happens when the clocks are put forward (some times do not exist) or back (some exist twice).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Changes {
    /// A time that does not exist is taken at the first moment after the gap, one that exists twice is taken
    /// the first time: jobs of Debian's cron with a fixed hour and minute.
    Fixed,
    /// Whatever the clock shows counts, as often as it shows it: other jobs of Debian's cron.
    Shown,
    /// A time that does not exist is left out, one that exists twice is taken the first time: systemd.
    Skipped,
}

/// The first moment after `after` that fits, not later than the year `last`.
pub(crate) fn next_after(
    pattern: &Pattern,
    changes: Changes,
    after: Timestamp,
    tz: &TimeZone,
    last: i16,
    budget: &mut Budget,
) -> Option<Timestamp> {
    let search = Search { pattern, after, tz, last };
    match changes {
        Changes::Fixed => search.once(false, budget),
        Changes::Shown => search.shown(budget),
        Changes::Skipped => search.once(true, budget),
    }
}

/// The moment at which a time on the wall is reached: the first one if it exists twice, the end of the gap if it
/// does not exist.
pub(crate) fn begin(local: DateTime, tz: &TimeZone) -> Option<Timestamp> {
    match tz.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok(),
        AmbiguousOffset::Fold { before, .. } => before.to_timestamp(local).ok(),
        AmbiguousOffset::Gap { before, .. } => change_before(before.to_timestamp(local).ok()?, tz),
    }
}

/// The moment at which a time on the wall has passed: the second one if it exists twice; if it does not exist, as
/// long after the gap as it would have been after its beginning, so that a span keeps its length.
pub(crate) fn end(local: DateTime, tz: &TimeZone) -> Option<Timestamp> {
    tz.to_ambiguous_timestamp(local).later().ok()
}

/// The last change of the zone at or before `moment`.
fn change_before(moment: Timestamp, tz: &TimeZone) -> Option<Timestamp> {
    let later = moment.checked_add(SECOND).ok()?;
    tz.preceding(later).next().map(|change| change.timestamp())
}

struct Search<'a> {
    pattern: &'a Pattern,
    after: Timestamp,
    tz: &'a TimeZone,
    last: i16,
}

impl Search<'_> {
    fn find(&self, from: DateTime, budget: &mut Budget) -> Option<DateTime> {
        self.pattern.first_from(from, self.last, budget)
    }

    /// Times on the wall in their order, each taken at most once.
    fn once(&self, leave_out: bool, budget: &mut Budget) -> Option<Timestamp> {
        let mut from = self.first_not_taken()?;
        loop {
            budget.spend()?;
            let local = self.find(from, budget)?;
            let (moment, next) = match self.tz.to_ambiguous_timestamp(local).offset() {
                AmbiguousOffset::Gap { before, after } => {
                    let end = change_before(before.to_timestamp(local).ok()?, self.tz)?;
                    ((!leave_out).then_some(end), after.to_datetime(end))
                }
                AmbiguousOffset::Unambiguous { offset: before } | AmbiguousOffset::Fold { before, .. } => {
                    (Some(before.to_timestamp(local).ok()?), local.checked_add(SECOND).ok()?)
                }
            };
            if let Some(moment) = moment.filter(|moment| *moment > self.after) {
                return Some(moment);
            }
            from = next.max(local.checked_add(SECOND).ok()?);
        }
    }

    /// The first time on the wall, in whole seconds, whose moment can be after `after`. While the clock shows
    /// times for the second time, all of them have been taken, so it is the end of the repetition.
    fn first_not_taken(&self) -> Option<DateTime> {
        let offset = self.tz.to_offset(self.after);
        let local = offset.to_datetime(self.after);
        if let AmbiguousOffset::Fold { before, after } = self.tz.to_ambiguous_timestamp(local).offset()
            && offset == after
        {
            return Some(before.to_datetime(change_before(self.after, self.tz)?));
        }
        whole(local).checked_add(SECOND).ok()
    }

    /// Every moment at which the clock shows a fitting time: from one change of the zone to the next.
    fn shown(&self, budget: &mut Budget) -> Option<Timestamp> {
        let mut at = Timestamp::from_second(self.after.as_duration().as_secs()).ok()?;
        while at <= self.after {
            at = at.checked_add(SECOND).ok()?;
        }
        // What was found when looking from which time on; most changes of the zone do not touch it.
        let mut known: Option<(DateTime, DateTime)> = None;
        loop {
            budget.spend()?;
            let offset: Offset = self.tz.to_offset(at);
            let local = offset.to_datetime(at);
            let (from, found) = match known {
                Some((from, found)) if from <= local && local <= found => (from, found),
                _ => (local, self.find(local, budget)?),
            };
            known = Some((from, found));
            let change = self.tz.following(at).next().map(|change| change.timestamp());
            let moment = offset.to_timestamp(found);
            match (moment, change) {
                (Ok(moment), None) => return Some(moment),
                (Ok(moment), Some(change)) if moment < change => return Some(moment),
                (_, change) => at = change?,
            }
        }
    }
}

/// Without fractions of a second.
fn whole(local: DateTime) -> DateTime {
    local.date().at(local.hour(), local.minute(), local.second(), 0)
}
