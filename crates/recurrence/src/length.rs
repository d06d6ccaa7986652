//! Lengths of time as people write them.

use std::fmt;
use std::time::Duration;

use crate::error::{ParseError, Piece};

/// Letter and seconds of each unit, the longest first.
const UNITS: [(&str, u32); 5] = [("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1)];

/// A length of time in whole seconds, from one second to a thousand days, written as `1h 30m`.
///
/// A day has always 24 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Length(u32);

impl Length {
    /// A thousand days.
    pub const MAX: Self = Self(86_400_000);

    /// A length in seconds. None if it is shorter than a second or longer than [`Length::MAX`].
    #[must_use]
    pub fn from_secs(seconds: u32) -> Option<Self> {
        (1..=Self::MAX.0).contains(&seconds).then_some(Self(seconds))
    }

    /// In seconds.
    #[must_use]
    pub fn as_secs(self) -> u32 {
        self.0
    }

    /// As the standard library has it.
    #[must_use]
    pub fn duration(self) -> Duration {
        Duration::from_secs(self.0.into())
    }

    /// Reads numbers with a unit: `s`, `m`, `h`, `d` (24 hours) or `w`. `90m`, `1h 30m` and `1h30m` are the same.
    ///
    /// # Errors
    ///
    /// [`ParseError`] if it is written otherwise, is nothing, or is longer than [`Length::MAX`].
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::read(Piece::new(text).bounded(64)?.trim())
    }

    pub(crate) fn read(piece: Piece<'_>) -> Result<Self, ParseError> {
        let instead = "write numbers with w, d, h, m or s, such as 1h 30m";
        let mut rest = piece.text();
        let mut seconds: u32 = 0;
        while !rest.is_empty() {
            let here = piece.of(rest);
            let digits = rest.len() - rest.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
            let (number, after) = rest.split_at(digits);
            let after = after.trim_start();
            let end = after.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(after.len());
            let (unit, after) = after.split_at(end);
            let factor = UNITS.iter().find(|(letter, _)| unit.eq_ignore_ascii_case(letter));
            let (Ok(number), Some((_, factor))) = (number.parse::<u32>(), factor) else {
                return Err(here.is_no("length of time", instead));
            };
            let Some(sum) = number.checked_mul(*factor).and_then(|more| seconds.checked_add(more)) else {
                return Err(here.error("is too long", "write at most 1000d"));
            };
            seconds = sum;
            rest = after.trim_start();
        }
        if piece.is_empty() {
            return Err(piece.is_no("length of time", instead));
        }
        let bounds = "write a length from 1s to 1000d";
        Self::from_secs(seconds).ok_or_else(|| piece.error("is too short or too long", bounds))
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [_weeks, units @ ..] = UNITS;
        let mut rest = self.0;
        let mut space = "";
        for (letter, seconds) in units {
            let count = rest / seconds;
            rest %= seconds;
            if count > 0 {
                write!(f, "{space}{count}{letter}")?;
                space = " ";
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_and_written() {
        for (text, seconds, written) in [
            ("90m", 5400, "1h 30m"),
            ("1h 30m", 5400, "1h 30m"),
            ("1h30m", 5400, "1h 30m"),
            (" 1 W ", 604_800, "7d"),
            ("1d 1s", 86_401, "1d 1s"),
            ("1000d", 86_400_000, "1000d"),
        ] {
            let length = Length::parse(text).unwrap();
            assert_eq!((length.as_secs(), length.to_string().as_str()), (seconds, written), "{text}");
            assert_eq!(Length::parse(written), Ok(length));
        }
    }

    #[test]
    fn what_is_no_length_is_told() {
        for (text, said) in [
            (
                "",
                "What is missing at character 1 is the length of time: write numbers with w, d, h, m or s, such as 1h 30m.",
            ),
            (
                "2",
                "“2” at character 1 is no length of time: write numbers with w, d, h, m or s, such as 1h 30m.",
            ),
            (
                "1h 5",
                "“5” at character 4 is no length of time: write numbers with w, d, h, m or s, such as 1h 30m.",
            ),
            (
                "1y",
                "“1y” at character 1 is no length of time: write numbers with w, d, h, m or s, such as 1h 30m.",
            ),
            ("0s", "“0s” at character 1 is too short or too long: write a length from 1s to 1000d."),
            ("1001d", "“1001d” at character 1 is too short or too long: write a length from 1s to 1000d."),
            ("9999999w", "“9999999w” at character 1 is too long: write at most 1000d."),
        ] {
            assert_eq!(Length::parse(text).unwrap_err().to_string(), said);
        }
    }
}
