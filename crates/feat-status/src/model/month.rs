//! A calendar month: what a report is about.

use hob_base::Timestamp;
use hob_base::uptime::Span;
use jiff::civil::{Date, date};
use jiff::tz::TimeZone;
use std::fmt;
use std::str::FromStr;

/// A calendar month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Month {
    year: i16,
    month: i8,
}

/// The first year of which a report can be asked for: before it there was no Hob.
const FIRST_YEAR: i16 = 2020;

impl Month {
    /// The month of a moment.
    pub(crate) fn of(at: Timestamp, zone: &TimeZone) -> Self {
        let date = at.zoned(zone).date();
        Self { year: date.year(), month: date.month() }
    }

    fn first_day(self) -> Date {
        date(self.year, self.month, 1)
    }

    /// The one before.
    pub(crate) fn before(self) -> Self {
        if self.month == 1 {
            Self { year: self.year - 1, month: 12 }
        } else {
            Self { month: self.month - 1, ..self }
        }
    }

    /// The one after.
    pub(crate) fn after(self) -> Self {
        if self.month == 12 {
            Self { year: self.year + 1, month: 1 }
        } else {
            Self { month: self.month + 1, ..self }
        }
    }

    /// Whether there can be a report of it.
    pub(crate) fn is_reported(self) -> bool {
        self.year >= FIRST_YEAR
    }

    /// From its first moment to the first of the next month, in `zone`.
    pub(crate) fn span(self, zone: &TimeZone) -> Span {
        let start = |month: Self| {
            let zoned = month.first_day().to_zoned(zone.clone());
            Timestamp::from_millis(zoned.map_or(0, |zoned| zoned.timestamp().as_millisecond()))
        };
        Span { from: start(self), to: start(self.after()) }
    }

    /// Its days in `zone`.
    pub(crate) fn days(self, zone: &TimeZone) -> Vec<Span> {
        let starts: Vec<Timestamp> = self
            .first_day()
            .series(jiff::Span::new().days(1))
            .take_while(|day| day.month() == self.month)
            .map(|day| {
                let start = day.to_zoned(zone.clone()).map_or(0, |zoned| zoned.timestamp().as_millisecond());
                Timestamp::from_millis(start)
            })
            .collect();
        let end = self.span(zone).to;
        let ends = starts.iter().skip(1).copied().chain([end]);
        starts.iter().copied().zip(ends).map(|(from, to)| Span { from, to }).collect()
    }

    /// As people say it: “November 2026”.
    pub(crate) fn words(self) -> String {
        self.first_day().strftime("%B %Y").to_string()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            let shown: String = text.chars().take(40).collect();
            format!("“{shown}” is not a month: write for example 2026-11.")
        };
        let (year, month) = text.split_once('-').ok_or_else(wrong)?;
        if year.len() != 4 || month.len() != 2 || !text.bytes().all(|b| b.is_ascii_digit() || b == b'-') {
            return Err(wrong());
        }
        let (year, month) = (year.parse().map_err(|_| wrong())?, month.parse().map_err(|_| wrong())?);
        if !(FIRST_YEAR..=9000).contains(&year) || !(1..=12).contains(&month) {
            return Err(wrong());
        }
        Ok(Self { year, month })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn zone() -> TimeZone {
        TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()
    }

    #[test]
    fn a_month_has_its_days_and_the_clock_change_its_hour() {
        let october: Month = "2026-10".parse().unwrap();
        let days = october.days(&zone());
        assert_eq!(days.len(), 31);
        let hours: u64 = days.iter().map(|day| day.to.since(day.from).as_secs() / 3600).sum();
        assert_eq!(hours, 31 * 24 + 1);
        let span = october.span(&zone());
        assert_eq!((days[0].from, days[30].to), (span.from, span.to));
        assert_eq!(october.words(), "October 2026");
    }

    #[test]
    fn months_follow_each_other_over_the_year() {
        let december: Month = "2026-12".parse().unwrap();
        assert_eq!(december.after().to_string(), "2027-01");
        assert_eq!(december.after().before(), december);
        assert_eq!(Month::of(december.span(&zone()).to, &zone()), december.after());
    }

    #[test]
    fn what_is_no_month_says_what_would_be_one() {
        for wrong in ["", "2026", "2026-13", "2026-1", "26-01", "1999-12", "9999-12", "-026-01", "2026-+1"] {
            assert!(wrong.parse::<Month>().unwrap_err().contains("2026-11"), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,12}") {
            let _ = text.parse::<Month>();
        }
    }
}
