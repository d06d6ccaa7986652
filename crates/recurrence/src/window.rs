//! Spans of time that come again.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::cron::Cron;
use crate::error::{ParseError, Piece};
use crate::length::Length;
use crate::passage::{begin, end};
use crate::pattern::{bits, span};

/// Longest text, in bytes.
const MAX_LEN: usize = 384;

/// Longest window of cron: it must not be so long that nobody notices it.
const MAX_CRON: u32 = 31 * 86_400;

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// A part of time, from its first moment up to, but without, `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Its first moment.
    pub from: Timestamp,
    /// The first moment after it, later than `from`.
    pub to: Timestamp,
}

impl Span {
    fn new(from: Timestamp, to: Timestamp) -> Option<Self> {
        (from < to).then_some(Self { from, to })
    }

    /// Whether a moment is in it.
    #[must_use]
    pub fn contains(&self, at: Timestamp) -> bool {
        self.from <= at && at < self.to
    }
}

/// A span that recurs, or comes once, by the clock on the wall.
///
/// As a text: `Sun 02:00-04:00`, `Mon-Fri 22:00-06:00` (until the next morning), `daily 03:00-03:30`,
/// `Sat,Sun 00:00-24:00`, `cron 0 3 1 * * for 2h`, `2026-12-24 18:00 - 2026-12-26 08:00`. What is written is read again
/// as the same.
///
/// When the clocks change, a window begins at the first moment after the gap if its beginning does not exist, and
/// the first time if it exists twice. It ends the second time if its end exists twice; if its end does not exist, it
/// ends later by the length of the gap. That of cron always lasts equally long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window(Kind);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Weekly(Weekly),
    Cron { cron: Cron, lasts: Length },
    Once { from: DateTime, to: DateTime },
}

/// On some weekdays, from one time of the day to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Weekly {
    /// Bit 1 is Monday, bit 7 Sunday; at least one.
    days: u64,
    /// In minutes since midnight, less than [`DAY`].
    start: u16,
    /// In minutes since midnight, up to [`DAY`]; unless it is more than `start`, of the next day.
    end: u16,
}

impl Window {
    /// Reads a window.
    ///
    /// # Errors
    ///
    /// [`ParseError`] says what is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let piece = Piece::new(text).bounded(MAX_LEN)?.trim();
        let first = piece.words().next().unwrap_or(piece);
        let (_, rest) = piece.around(first);
        let kind = if first.is("cron") {
            read_cron(rest.trim())?
        } else if first.text().starts_with(|digit: char| digit.is_ascii_digit())
            && !first.text().contains(':')
        {
            read_once(piece)?
        } else {
            Kind::Weekly(Weekly::read(first, rest.trim())?)
        };
        Ok(Self(kind))
    }

    /// The window's span that holds `at`, by the clock of `tz`. If several do, as those of cron can, the one that
    /// began last.
    #[must_use]
    pub fn covers(&self, at: Timestamp, tz: &TimeZone) -> Option<Span> {
        match &self.0 {
            Kind::Weekly(weekly) => {
                let spans = weekly.around(at, tz, -2..=1);
                spans.filter(|span| span.contains(at)).max_by_key(|span| span.from)
            }
            Kind::Cron { cron, lasts } => cron_span(latest(cron, *lasts, at, tz)?, *lasts),
            Kind::Once { from, to } => once(*from, *to, tz).filter(|span| span.contains(at)),
        }
    }

    /// The window's first span that begins after `after`, by the clock of `tz`. None if there is no more.
    #[must_use]
    pub fn next(&self, after: Timestamp, tz: &TimeZone) -> Option<Span> {
        match &self.0 {
            Kind::Weekly(weekly) => {
                let spans = weekly.around(after, tz, -1..=9);
                spans.filter(|span| span.from > after).min_by_key(|span| span.from)
            }
            Kind::Cron { cron, lasts } => cron_span(cron.next_after(after, tz)?, *lasts),
            Kind::Once { from, to } => once(*from, *to, tz).filter(|span| span.from > after),
        }
    }
}

fn once(from: DateTime, to: DateTime, tz: &TimeZone) -> Option<Span> {
    Span::new(begin(from, tz)?, end(to, tz)?)
}

fn cron_span(from: Timestamp, lasts: Length) -> Option<Span> {
    Span::new(from, from.checked_add(lasts.duration()).ok()?)
}

/// The last run of cron at or before `at` since which less than `lasts` has passed. Runs are only found forwards, so
/// their place is halved until nothing is left between what is known to come and what is known not to: 22 times at
/// most, as a month has less than 2^22 seconds.
fn latest(cron: &Cron, lasts: Length, at: Timestamp, tz: &TimeZone) -> Option<Timestamp> {
    let run_up_to_now = |after| cron.next_after(after, tz).filter(|run| *run <= at);
    let mut found = run_up_to_now(at.checked_sub(lasts.duration()).ok()?)?;
    let mut none_after = at;
    while let Some(middle) = middle(found, none_after) {
        match run_up_to_now(middle) {
            Some(run) => found = run,
            None => none_after = middle,
        }
    }
    Some(run_up_to_now(found).unwrap_or(found))
}

/// A moment between both, in whole seconds. None if there is hardly any.
fn middle(from: Timestamp, to: Timestamp) -> Option<Timestamp> {
    let seconds = to.duration_since(from).as_secs();
    (seconds > 1).then(|| from.checked_add(SignedDuration::from_secs(seconds / 2)).ok()).flatten()
}

impl Weekly {
    /// The spans that begin on those days around the one of `at`.
    fn around<'a>(
        &'a self,
        at: Timestamp,
        tz: &'a TimeZone,
        days: std::ops::RangeInclusive<i64>,
    ) -> impl Iterator<Item = Span> + 'a {
        let today = tz.to_datetime(at).date();
        days.filter_map(move |days| {
            let day = today.checked_add(SignedDuration::from_hours(24 * days)).ok()?;
            let meant = self.days >> day.weekday().to_monday_one_offset() & 1 == 1;
            meant.then(|| self.on(day, tz)).flatten()
        })
    }

    fn on(&self, day: Date, tz: &TimeZone) -> Option<Span> {
        let last = if self.end > self.start { day } else { day.tomorrow().ok()? };
        Span::new(begin(at_minute(day, self.start)?, tz)?, end(at_minute(last, self.end)?, tz)?)
    }

    fn read(days: Piece<'_>, times: Piece<'_>) -> Result<Self, ParseError> {
        let days = read_days(days)?;
        let Some((from, to)) = times.split_once("-").or_else(|| times.split_once("–")) else {
            return Err(times.is_no("span of a day", "write two times, as in 02:00-04:00"));
        };
        let (start, end) = (read_minute(from.trim())?, read_minute(to.trim())?);
        if start == DAY {
            return Err(from.error("is the end of the day", "write 00:00 and the next day"));
        }
        if start == end {
            return Err(times.error("begins and ends at the same time", "write 00:00-24:00 for whole days"));
        }
        Ok(Self { days, start, end })
    }
}

impl fmt::Display for Weekly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_days(self.days, f)?;
        let [start, end] = [self.start, self.end].map(|minute| (minute / 60, minute % 60));
        write!(f, " {:02}:{:02}-{:02}:{:02}", start.0, start.1, end.0, end.1)
    }
}

fn at_minute(day: Date, minute: u16) -> Option<DateTime> {
    if minute == DAY {
        return Some(day.tomorrow().ok()?.at(0, 0, 0, 0));
    }
    let number = |number: u16| i8::try_from(number).ok();
    Some(day.at(number(minute / 60)?, number(minute % 60)?, 0, 0))
}

const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

fn read_days(word: Piece<'_>) -> Result<u64, ParseError> {
    if word.is("daily") {
        return Ok(span(1, 7));
    }
    let mut days = 0;
    for item in word.split(',') {
        let Some((first, last)) = item.split_once("-") else {
            days |= 1 << read_day(item)?;
            continue;
        };
        let (first, last) = (read_day(first)?, read_day(last)?);
        // Sat-Mon passes the end of the week.
        days |= if first <= last { span(first, last) } else { span(first, 7) | span(1, last) };
    }
    Ok(days)
}

/// From Monday, 1, to Sunday, 7.
fn read_day(piece: Piece<'_>) -> Result<u32, ParseError> {
    let long = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let found =
        (1..).zip(NAMES.iter().zip(long)).find(|(_, (short, long))| piece.is(short) || piece.is(long));
    let instead = "write Mon, Mon-Fri, Sat,Sun or daily, then the times, as in Sun 02:00-04:00";
    found.map(|(number, _)| number).ok_or_else(|| piece.is_no("weekday", instead))
}

/// Three or more days in a row are a range.
fn write_days(days: u64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if days == span(1, 7) {
        return f.write_str("daily");
    }
    let name = |day: u32| NAMES.get(day as usize - 1).copied().unwrap_or_default();
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for day in bits(days) {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == day => *last = day,
            _ => runs.push((day, day)),
        }
    }
    let runs: Vec<_> = runs
        .into_iter()
        .map(|(first, last)| match last - first {
            0 => name(first).to_owned(),
            1 => format!("{},{}", name(first), name(last)),
            _ => format!("{}-{}", name(first), name(last)),
        })
        .collect();
    f.write_str(&runs.join(","))
}

/// Minutes since midnight, up to 24:00.
fn read_minute(piece: Piece<'_>) -> Result<u16, ParseError> {
    let two = |part: Piece<'_>| {
        part.number().filter(|_| part.text().len() <= 2).and_then(|n| u16::try_from(n).ok())
    };
    let read = || {
        let (hour, minute) = piece.split_once(":")?;
        let (hour, minute) = (two(hour)?, two(minute).filter(|minute| *minute < 60)?);
        Some(hour * 60 + minute).filter(|minute| *minute <= DAY)
    };
    read().ok_or_else(|| piece.is_no("time of the day", "write hours and minutes from 00:00 to 24:00"))
}

fn read_cron(rest: Piece<'_>) -> Result<Kind, ParseError> {
    let Some(word) = rest.words().find(|word| word.is("for")) else {
        return Err(rest.error("does not say how long it lasts", "end with for and a length, as in for 2h"));
    };
    let (expression, length) = rest.around(word);
    let length = length.trim();
    let (cron, lasts) = (Cron::read(expression.trim())?, Length::read(length)?);
    if lasts.as_secs() > MAX_CRON {
        return Err(length.error("is too long", "write at most 31d"));
    }
    Ok(Kind::Cron { cron, lasts })
}

fn read_once(piece: Piece<'_>) -> Result<Kind, ParseError> {
    let instead = "write date and time of both ends, as in 2026-12-24 18:00 - 2026-12-26 08:00";
    let Some((from, to)) = piece.split_once(" - ").or_else(|| piece.split_once(" – ")) else {
        return Err(piece.is_no("span", instead));
    };
    let (from, to) = (read_moment(from.trim(), instead)?, read_moment(to.trim(), instead)?);
    if from >= to {
        return Err(piece.error("does not end after it begins", "write the earlier time first"));
    }
    Ok(Kind::Once { from, to })
}

fn read_moment(piece: Piece<'_>, instead: &str) -> Result<DateTime, ParseError> {
    let words: Vec<_> = piece.words().collect();
    let [day, time] = words.as_slice() else {
        return Err(piece.is_no("date with a time", instead));
    };
    let minute = read_minute(*time)?;
    let read = || {
        let parts: Vec<_> = day.split('-').map(Piece::number).collect();
        let [Some(year), Some(month), Some(date)] = *parts.as_slice() else { return None };
        let small = |number: u32| i8::try_from(number).ok();
        let day = Date::new(i16::try_from(year).ok()?, small(month)?, small(date)?).ok()?;
        // Years of two digits are no abbreviation here.
        at_minute(day, minute).filter(|moment| moment.year() >= 1970)
    };
    read().ok_or_else(|| day.is_no("date", "write year, month and day, as in 2026-12-24"))
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Weekly(weekly) => weekly.fmt(f),
            Kind::Cron { cron, lasts } => write!(f, "cron {cron} for {lasts}"),
            Kind::Once { from, to } => {
                let minute = "%Y-%m-%d %H:%M";
                write!(f, "{} - {}", from.strftime(minute), to.strftime(minute))
            }
        }
    }
}

impl FromStr for Window {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests;
