//! What several tests need: zones, moments, and what comes after one another.

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub(crate) fn utc() -> TimeZone {
    TimeZone::UTC
}

pub(crate) fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

pub(crate) fn new_york() -> TimeZone {
    TimeZone::get("America/New_York").unwrap()
}

pub(crate) fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The first `count` moments after `after`.
fn several(
    after: &str,
    count: usize,
    next: impl Fn(Timestamp) -> Option<Timestamp>,
) -> impl Iterator<Item = Timestamp> {
    std::iter::successors(next(moment(after)), move |last| next(*last)).take(count)
}

/// As the clock of `tz` shows them.
pub(crate) fn runs(
    after: &str,
    count: usize,
    tz: &TimeZone,
    next: impl Fn(Timestamp) -> Option<Timestamp>,
) -> Vec<String> {
    let shown = |at: Timestamp| at.to_zoned(tz.clone()).strftime("%F %H:%M").to_string();
    several(after, count, next).map(shown).collect()
}

/// As the clock of `tz` shows them, with the distance from UTC in hours.
pub(crate) fn local(
    after: &str,
    count: usize,
    tz: &TimeZone,
    next: impl Fn(Timestamp) -> Option<Timestamp>,
) -> Vec<String> {
    let shown = |at: Timestamp| {
        let shown = at.to_zoned(tz.clone()).strftime("%F %H:%M%z").to_string();
        shown.strip_suffix("00").unwrap_or(&shown).to_owned()
    };
    several(after, count, next).map(shown).collect()
}
