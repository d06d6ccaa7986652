//! Go's layouts: how a date would look that is Monday, 2 January 2006, 15:04:05 in a zone seven hours behind UTC.

use std::fmt::Write as _;

use jiff::Zoned;
use jiff::civil::Weekday;

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(super) const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// One piece of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'l> {
    Literal(&'l str),
    /// `2006`, `06`
    Year {
        long: bool,
    },
    /// `January`, `Jan`
    MonthName {
        long: bool,
    },
    /// `1`, `01`
    Month {
        zero: bool,
    },
    /// `Monday`, `Mon`
    DayName {
        long: bool,
    },
    /// `2`, `_2`, `02`
    Day(Filling),
    /// `__2`, `002`
    DayOfYear(Filling),
    /// `15`
    Hour,
    /// `3`, `03`
    Hour12 {
        zero: bool,
    },
    /// `4`, `04`
    Minute {
        zero: bool,
    },
    /// `5`, `05`
    Second {
        zero: bool,
    },
    /// `PM`, `pm`
    Half {
        upper: bool,
    },
    /// `.000`, `,999`: how many digits, whether zeros at the end are written, and the point.
    Fraction {
        digits: usize,
        zeros: bool,
        point: char,
    },
    /// `MST`
    ZoneName,
    /// `-0700`, `Z07:00`
    Offset {
        z: bool,
        parts: Parts,
        colon: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filling {
    None,
    Space,
    Zero,
}

/// What an offset consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Parts {
    Hours,
    Minutes,
    Seconds,
}

/// The pieces that are always the same text. A longer one stands before what it begins with.
const FIXED: [(&str, Piece<'_>); 33] = [
    ("January", Piece::MonthName { long: true }),
    ("Jan", Piece::MonthName { long: false }),
    ("Monday", Piece::DayName { long: true }),
    ("Mon", Piece::DayName { long: false }),
    ("MST", Piece::ZoneName),
    ("002", Piece::DayOfYear(Filling::Zero)),
    ("01", Piece::Month { zero: true }),
    ("02", Piece::Day(Filling::Zero)),
    ("03", Piece::Hour12 { zero: true }),
    ("04", Piece::Minute { zero: true }),
    ("05", Piece::Second { zero: true }),
    ("06", Piece::Year { long: false }),
    ("15", Piece::Hour),
    ("1", Piece::Month { zero: false }),
    ("2006", Piece::Year { long: true }),
    ("2", Piece::Day(Filling::None)),
    ("__2", Piece::DayOfYear(Filling::Space)),
    ("_2", Piece::Day(Filling::Space)),
    ("3", Piece::Hour12 { zero: false }),
    ("4", Piece::Minute { zero: false }),
    ("5", Piece::Second { zero: false }),
    ("PM", Piece::Half { upper: true }),
    ("pm", Piece::Half { upper: false }),
    ("-070000", offset(false, Parts::Seconds, false)),
    ("-07:00:00", offset(false, Parts::Seconds, true)),
    ("-0700", offset(false, Parts::Minutes, false)),
    ("-07:00", offset(false, Parts::Minutes, true)),
    ("-07", offset(false, Parts::Hours, false)),
    ("Z070000", offset(true, Parts::Seconds, false)),
    ("Z07:00:00", offset(true, Parts::Seconds, true)),
    ("Z0700", offset(true, Parts::Minutes, false)),
    ("Z07:00", offset(true, Parts::Minutes, true)),
    ("Z07", offset(true, Parts::Hours, false)),
];

const fn offset(z: bool, parts: Parts, colon: bool) -> Piece<'static> {
    Piece::Offset { z, parts, colon }
}

/// The pieces of a layout, in their order.
pub(super) fn pieces(layout: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let (mut begin, mut at) = (0, 0);
    while let Some(rest) = layout.get(at..).filter(|rest| !rest.is_empty()) {
        let (literal, piece) = match piece(rest) {
            // `_2006` is a literal and a year.
            Some((_, Piece::Day(Filling::Space))) if rest.starts_with("_2006") => {
                (1, Some((4, Piece::Year { long: true })))
            }
            other => (0, other),
        };
        let Some((length, piece)) = piece else {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        if begin < at + literal {
            found.push(Piece::Literal(&layout[begin..at + literal]));
        }
        found.push(piece);
        at += literal + length;
        begin = at;
    }
    if begin < layout.len() {
        found.push(Piece::Literal(&layout[begin..]));
    }
    found
}

fn piece(rest: &str) -> Option<(usize, Piece<'_>)> {
    if let Some(found) = fraction(rest) {
        return Some(found);
    }
    FIXED.iter().find_map(|(text, piece)| {
        let after = rest.strip_prefix(text)?;
        // Names that go on are other words, such as “Month” and “January”.
        let short = matches!(piece, Piece::MonthName { long: false } | Piece::DayName { long: false });
        if short && after.starts_with(|c: char| c.is_ascii_lowercase()) {
            return None;
        }
        Some((text.len(), *piece))
    })
}

/// A point or comma with zeros or nines after it, and no other digits.
fn fraction(rest: &str) -> Option<(usize, Piece<'_>)> {
    let point = rest.chars().next().filter(|c| matches!(c, '.' | ','))?;
    let digit = rest[1..].chars().next().filter(|c| matches!(c, '0' | '9'))?;
    let after = rest[1..].trim_start_matches(digit);
    if after.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let digits = rest.len() - 1 - after.len();
    Some((digits + 1, Piece::Fraction { digits, zeros: digit == '0', point }))
}

/// A date in a layout.
pub(crate) fn formatted(time: &Zoned, layout: &str) -> String {
    let mut out = String::with_capacity(layout.len() + 16);
    for piece in pieces(layout) {
        // To write to a String cannot fail.
        let _ = write(&mut out, time, piece);
    }
    out
}

fn write(out: &mut String, time: &Zoned, piece: Piece<'_>) -> std::fmt::Result {
    match piece {
        Piece::Literal(text) => out.write_str(text),
        Piece::Year { long: true } => write!(out, "{:04}", time.year()),
        Piece::Year { long: false } => write!(out, "{:02}", time.year().rem_euclid(100)),
        Piece::MonthName { long } => out.write_str(shortened(month(time), long)),
        Piece::Month { zero } => {
            number(out, time.month(), if zero { Filling::Zero } else { Filling::None }, 2)
        }
        Piece::DayName { long } => out.write_str(shortened(day(time.weekday()), long)),
        Piece::Day(filling) => number(out, time.day(), filling, 2),
        Piece::DayOfYear(filling) => number(out, time.day_of_year(), filling, 3),
        Piece::Hour => write!(out, "{:02}", time.hour()),
        Piece::Hour12 { zero } => {
            let hour = match time.hour() % 12 {
                0 => 12,
                hour => hour,
            };
            number(out, hour, if zero { Filling::Zero } else { Filling::None }, 2)
        }
        Piece::Minute { zero } => {
            number(out, time.minute(), if zero { Filling::Zero } else { Filling::None }, 2)
        }
        Piece::Second { zero } => {
            number(out, time.second(), if zero { Filling::Zero } else { Filling::None }, 2)
        }
        Piece::Half { upper } => out.write_str(match (time.hour() < 12, upper) {
            (true, true) => "AM",
            (true, false) => "am",
            (false, true) => "PM",
            (false, false) => "pm",
        }),
        Piece::Fraction { digits, zeros, point } => fractional(out, time, digits, zeros, point),
        Piece::ZoneName => zone_name(out, time),
        Piece::Offset { z, parts, colon } => write_offset(out, time.offset().seconds(), z, parts, colon),
    }
}

fn number(
    out: &mut String,
    number: impl std::fmt::Display,
    filling: Filling,
    width: usize,
) -> std::fmt::Result {
    match filling {
        Filling::None => write!(out, "{number}"),
        Filling::Space => write!(out, "{number:>width$}"),
        Filling::Zero => write!(out, "{number:0>width$}", number = number.to_string()),
    }
}

fn shortened(name: &'static str, long: bool) -> &'static str {
    if long { name } else { name.get(..3).unwrap_or(name) }
}

fn month(time: &Zoned) -> &'static str {
    let at = usize::from(time.month().unsigned_abs()).saturating_sub(1);
    MONTHS.get(at).copied().unwrap_or_default()
}

fn day(weekday: Weekday) -> &'static str {
    let at = usize::from(weekday.to_monday_zero_offset().unsigned_abs());
    DAYS.get(at).copied().unwrap_or_default()
}

fn fractional(out: &mut String, time: &Zoned, digits: usize, zeros: bool, point: char) -> std::fmt::Result {
    let nanoseconds = format!("{:09}", time.subsec_nanosecond());
    let mut shown = nanoseconds.get(..digits.min(9)).unwrap_or(&nanoseconds).to_owned();
    if zeros {
        shown.push_str(&"0".repeat(digits.saturating_sub(9)));
    } else {
        shown.truncate(shown.trim_end_matches('0').len());
        if shown.is_empty() {
            return Ok(());
        }
    }
    write!(out, "{point}{shown}")
}

/// A zone without a name is written as its offset.
fn zone_name(out: &mut String, time: &Zoned) -> std::fmt::Result {
    let zone = time.time_zone();
    if zone == &jiff::tz::TimeZone::UTC {
        return out.write_str("UTC");
    }
    if zone.to_fixed_offset().is_ok() {
        return write_offset(out, time.offset().seconds(), false, Parts::Minutes, false);
    }
    out.write_str(zone.to_offset_info(time.timestamp()).abbreviation())
}

fn write_offset(out: &mut String, seconds: i32, z: bool, parts: Parts, colon: bool) -> std::fmt::Result {
    if z && seconds == 0 {
        return out.write_str("Z");
    }
    let size = seconds.unsigned_abs();
    let colon = if colon { ":" } else { "" };
    write!(out, "{}{:02}", if seconds < 0 { '-' } else { '+' }, size / 3600)?;
    if parts >= Parts::Minutes {
        write!(out, "{colon}{:02}", size / 60 % 60)?;
    }
    if parts == Parts::Seconds {
        write!(out, "{colon}{:02}", size % 60)?;
    }
    Ok(())
}
