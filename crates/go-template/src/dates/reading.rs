//! Dates read by a layout (package time, `ParseInLocation`).

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};

use super::layout::{DAYS, Filling, MONTHS, Parts, Piece, pieces};

/// What has been read so far.
#[derive(Default)]
struct Found {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    day_of_year: Option<i16>,
    hour: i8,
    minute: i8,
    second: i8,
    nanosecond: i32,
    /// The hour is one of twelve, and it is after noon.
    afternoon: Option<bool>,
    offset: Option<i32>,
    zone: Option<String>,
}

/// Reads a date that is written in a layout; one without a zone is of `zone`.
pub(crate) fn read(layout: &str, text: &str, zone: &TimeZone) -> Option<Zoned> {
    let mut found = Found::default();
    let mut rest = text;
    let pieces = pieces(layout);
    for (i, piece) in pieces.iter().enumerate() {
        let fraction_follows = matches!(pieces.get(i + 1), Some(Piece::Fraction { .. }));
        rest = found.take(*piece, rest, fraction_follows)?;
    }
    if !rest.is_empty() {
        return None;
    }
    found.zoned(zone)
}

impl Found {
    fn take<'t>(&mut self, piece: Piece<'_>, rest: &'t str, fraction_follows: bool) -> Option<&'t str> {
        match piece {
            Piece::Literal(literal) => skip(rest, literal),
            Piece::Year { long: true } => {
                let (year, rest) = digits(rest, 4, 4)?;
                self.year = i16::try_from(year).ok();
                Some(rest)
            }
            Piece::Year { long: false } => {
                let (year, rest) = digits(rest, 2, 2)?;
                let century = if year >= 69 { 1900 } else { 2000 };
                self.year = i16::try_from(century + year).ok();
                Some(rest)
            }
            Piece::MonthName { long } => {
                let (at, rest) = name(rest, &MONTHS, long)?;
                self.month = i8::try_from(at + 1).ok();
                Some(rest)
            }
            Piece::DayName { long } => name(rest, &DAYS, long).map(|(_, rest)| rest),
            Piece::Month { zero } => small(rest, zero).map(|(month, rest)| {
                self.month = Some(month);
                rest
            }),
            Piece::Day(filling) => {
                let rest =
                    if filling == Filling::Space { rest.strip_prefix(' ').unwrap_or(rest) } else { rest };
                let (day, rest) = small(rest, filling == Filling::Zero)?;
                self.day = Some(day);
                Some(rest)
            }
            Piece::DayOfYear(_) => {
                let spaces = rest.len() - rest.trim_start_matches(' ').len();
                let spaces = spaces.min(2);
                let (day, rest) = digits(&rest[spaces..], 3 - spaces, 3 - spaces)?;
                self.day_of_year = i16::try_from(day).ok();
                Some(rest)
            }
            Piece::Offset { z, parts, colon } => self.offset(rest, z, parts, colon),
            Piece::ZoneName => self.zone_name(rest),
            Piece::Fraction { digits, zeros, .. } => self.fraction(rest, digits, zeros),
            _ => self.clock(piece, rest, fraction_follows),
        }
    }

    fn clock<'t>(&mut self, piece: Piece<'_>, rest: &'t str, fraction_follows: bool) -> Option<&'t str> {
        let (number, rest) = match piece {
            Piece::Hour => small(rest, false)?,
            Piece::Hour12 { zero } | Piece::Minute { zero } | Piece::Second { zero } => small(rest, zero)?,
            Piece::Half { upper } => {
                let half = rest.get(..2)?;
                self.afternoon = Some(match (half, upper) {
                    ("PM", true) | ("pm", false) => true,
                    ("AM", true) | ("am", false) => false,
                    _ => return None,
                });
                return Some(&rest[2..]);
            }
            _ => return None,
        };
        match piece {
            Piece::Hour if number < 24 => self.hour = number,
            Piece::Hour12 { .. } if number <= 12 => self.hour = number,
            Piece::Minute { .. } if number < 60 => self.minute = number,
            Piece::Second { .. } if number < 60 => {
                self.second = number;
                // A fraction of a second may follow that the layout does not have.
                if !fraction_follows && rest.starts_with(['.', ',']) {
                    let count = rest[1..].chars().take_while(char::is_ascii_digit).count();
                    if count > 0 {
                        return self.fraction(rest, count, true);
                    }
                }
            }
            _ => return None,
        }
        Some(rest)
    }

    fn fraction<'t>(&mut self, rest: &'t str, count: usize, needed: bool) -> Option<&'t str> {
        let Some(after) = rest.strip_prefix(['.', ',']) else {
            return if needed { None } else { Some(rest) };
        };
        // Nines stand for as many digits as there are, or for none.
        let found = after.chars().take_while(char::is_ascii_digit).count();
        let count = if needed { count } else { found };
        if count == 0 || found < count {
            return if needed { None } else { Some(rest) };
        }
        let (digits, rest) = after.split_at(count);
        let nine: String = digits.chars().chain("000000000".chars()).take(9).collect();
        self.nanosecond = nine.parse().ok()?;
        Some(rest)
    }

    fn offset<'t>(&mut self, rest: &'t str, z: bool, parts: Parts, colon: bool) -> Option<&'t str> {
        if let Some(rest) = rest.strip_prefix('Z').filter(|_| z) {
            self.offset = Some(0);
            return Some(rest);
        }
        let sign = if rest.starts_with('-') { -1 } else { 1 };
        let (hours, mut rest) = digits(rest.strip_prefix(['+', '-'])?, 2, 2)?;
        let mut part = |wanted: bool| -> Option<i32> {
            if !wanted {
                return Some(0);
            }
            let after = if colon { rest.strip_prefix(':')? } else { rest };
            let (number, after) = digits(after, 2, 2)?;
            rest = after;
            (number < 60).then_some(number)
        };
        let minutes = part(parts >= Parts::Minutes)?;
        let seconds = part(parts == Parts::Seconds)?;
        if hours > 24 {
            return None;
        }
        self.offset = Some(sign * (hours * 3600 + minutes * 60 + seconds));
        Some(rest)
    }

    /// Three or four capital letters, or an offset that is written as a name.
    fn zone_name<'t>(&mut self, rest: &'t str) -> Option<&'t str> {
        if rest.starts_with(['+', '-']) {
            let count = rest[1..].chars().take_while(char::is_ascii_digit).count();
            let (hours, _) = digits(&rest[1..], 1, 2)?;
            let sign = if rest.starts_with('-') { -1 } else { 1 };
            self.offset = Some(sign * hours * 3600);
            return Some(&rest[1 + count..]);
        }
        let count = rest.chars().take_while(char::is_ascii_uppercase).count();
        if !(3..=5).contains(&count) {
            return None;
        }
        self.zone = Some(rest[..count].to_owned());
        Some(&rest[count..])
    }

    fn date(&self) -> Option<Date> {
        // Without a year, Go takes the year 0.
        let year = self.year.unwrap_or(0);
        let Some(day_of_year) = self.day_of_year else {
            return Date::new(year, self.month.unwrap_or(1), self.day.unwrap_or(1)).ok();
        };
        let date = Date::new(year, 1, 1).ok()?.with().day_of_year(day_of_year).build().ok()?;
        let agrees = self.month.is_none_or(|month| month == date.month())
            && self.day.is_none_or(|day| day == date.day());
        agrees.then_some(date)
    }

    fn zoned(&self, zone: &TimeZone) -> Option<Zoned> {
        let hour = match self.afternoon {
            Some(true) if self.hour < 12 => self.hour + 12,
            Some(false) if self.hour == 12 => 0,
            _ => self.hour,
        };
        let time = jiff::civil::Time::new(hour, self.minute, self.second, self.nanosecond).ok()?;
        let civil = DateTime::from_parts(self.date()?, time);
        if let Some(seconds) = self.offset {
            let offset = Offset::from_seconds(seconds).ok()?;
            let timestamp = offset.to_timestamp(civil).ok()?;
            // The zone that has this offset just then is the one that is meant.
            if zone.to_offset(timestamp) == offset {
                return Some(timestamp.to_zoned(zone.clone()));
            }
            return Some(timestamp.to_zoned(fixed(offset)));
        }
        match self.zone.as_deref() {
            Some("UTC") => civil.to_zoned(TimeZone::UTC).ok(),
            Some(name) => named(civil, name, zone),
            None => civil.to_zoned(zone.clone()).ok(),
        }
    }
}

fn fixed(offset: Offset) -> TimeZone {
    if offset == Offset::UTC { TimeZone::UTC } else { TimeZone::fixed(offset) }
}

/// A zone by its abbreviation: Go knows those of its own zone, and takes all others for UTC.
fn named(civil: DateTime, name: &str, zone: &TimeZone) -> Option<Zoned> {
    let near = civil.to_zoned(zone.clone()).ok()?;
    let half_a_year: [i64; 3] = [0, 182, -182];
    for days in half_a_year {
        let second = near.timestamp().as_second().checked_add(days * 86_400)?;
        let Ok(at) = Timestamp::from_second(second) else { continue };
        let info = zone.to_offset_info(at);
        if info.abbreviation() == name {
            return Some(info.offset().to_timestamp(civil).ok()?.to_zoned(zone.clone()));
        }
    }
    civil.to_zoned(TimeZone::UTC).ok()
}

fn skip<'t>(rest: &'t str, literal: &str) -> Option<&'t str> {
    // White space in the layout stands for any amount of it.
    let (mut literal, mut rest) = (literal, rest);
    while let Some(c) = literal.chars().next() {
        if c == ' ' {
            if !rest.is_empty() && !rest.starts_with(' ') {
                return None;
            }
            literal = literal.trim_start_matches(' ');
            rest = rest.trim_start_matches(' ');
        } else {
            literal = literal.strip_prefix(c)?;
            rest = rest.strip_prefix(c)?;
        }
    }
    Some(rest)
}

fn digits(rest: &str, least: usize, most: usize) -> Option<(i32, &str)> {
    let count = rest.chars().take(most).take_while(char::is_ascii_digit).count();
    if count < least {
        return None;
    }
    let (digits, rest) = rest.split_at(count);
    Some((digits.parse().ok()?, rest))
}

/// One or two digits; two when zeros are written.
fn small(rest: &str, zero: bool) -> Option<(i8, &str)> {
    let (number, rest) = digits(rest, if zero { 2 } else { 1 }, 2)?;
    Some((i8::try_from(number).ok()?, rest))
}

fn name<'t>(rest: &'t str, names: &[&str], long: bool) -> Option<(usize, &'t str)> {
    names.iter().enumerate().find_map(|(at, name)| {
        let name = if long { name } else { name.get(..3)? };
        let begin = rest.get(..name.len())?;
        begin.eq_ignore_ascii_case(name).then(|| (at, &rest[name.len()..]))
    })
}
