//! One of the ways in which something recurs.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::calendar::Calendar;
use crate::cron::Cron;
use crate::error::{ParseError, Piece};
use crate::length::Length;
use crate::zone::Zone;

/// Longest text, in bytes.
const MAX_LEN: usize = 1280;

/// When something happens again, as it can stand in a file of settings or a database.
///
/// As a text: `every 1h 30m`, `cron 30 2 * * 1-5`, `calendar Mon..Fri 02:30`. The latter two can end with `in` and a
/// time zone: `cron 30 2 * * * in Europe/Berlin`. What is written is read again as the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    /// Some time after the last time.
    Period {
        /// How long after.
        every: Length,
    },
    /// As cron does.
    Cron {
        /// The expression.
        cron: Cron,
        /// Whose clock counts; none: the caller's.
        tz: Option<Zone>,
    },
    /// As systemd's timers do.
    Calendar {
        /// The expressions.
        calendar: Calendar,
        /// Whose clock counts for expressions which name no zone; none: the caller's.
        tz: Option<Zone>,
    },
}

impl Schedule {
    /// Reads a schedule.
    ///
    /// # Errors
    ///
    /// [`ParseError`] says what is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let piece = Piece::new(text).bounded(MAX_LEN)?.trim();
        let first = piece.words().next().unwrap_or(piece);
        let (_, rest) = piece.around(first);
        let rest = rest.trim();
        if first.is("every") {
            Ok(Self::Period { every: Length::read(rest)? })
        } else if first.is("cron") {
            let (rest, tz) = split_zone(rest)?;
            Ok(Self::Cron { cron: Cron::read(rest)?, tz })
        } else if first.is("calendar") {
            let (rest, tz) = split_zone(rest)?;
            Ok(Self::Calendar { calendar: Calendar::read(rest)?, tz })
        } else {
            let instead = "begin with every, cron or calendar, as in every 1h or cron 30 2 * * *";
            Err(first.is_no("kind of schedule", instead))
        }
    }

    /// The next time after `after`. `local` is the time zone that counts where the schedule names none. None if
    /// there is no next time, see [`Cron::next_after`] and [`Calendar::next_after`].
    #[must_use]
    pub fn next_after(&self, after: Timestamp, local: &TimeZone) -> Option<Timestamp> {
        let zone =
            |tz: &'_ Option<Zone>| tz.as_ref().map_or_else(|| local.clone(), |tz| tz.time_zone().clone());
        match self {
            Self::Period { every } => after.checked_add(every.duration()).ok(),
            Self::Cron { cron, tz } => cron.next_after(after, &zone(tz)),
            Self::Calendar { calendar, tz } => calendar.next_after(after, &zone(tz)),
        }
    }
}

/// Takes `in` and a time zone from the end.
fn split_zone(piece: Piece<'_>) -> Result<(Piece<'_>, Option<Zone>), ParseError> {
    let mut words = piece.words().rev();
    match (words.next(), words.next()) {
        (Some(name), Some(word)) if word.is("in") => Ok((piece.around(word).0, Some(Zone::read(name)?))),
        _ => Ok((piece, None)),
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tz = match self {
            Self::Period { every } => return write!(f, "every {every}"),
            Self::Cron { cron, tz } => write!(f, "cron {cron}").map(|()| tz)?,
            Self::Calendar { calendar, tz } => write!(f, "calendar {calendar}").map(|()| tz)?,
        };
        tz.as_ref().map_or(Ok(()), |tz| write!(f, " in {tz}"))
    }
}

impl FromStr for Schedule {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests;
