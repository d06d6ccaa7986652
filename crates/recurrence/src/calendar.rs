//! Calendar events of systemd, systemd.time(7).

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::error::{ParseError, Piece};
use crate::passage::{self, Changes};
use crate::pattern::{Budget, Days, Pattern, YEARS, Years, span};
use crate::zone::Zone;

/// Longest text, in bytes, and most expressions in it.
const MAX_LEN: usize = 1024;
const MAX_EVENTS: usize = 16;

/// A second before 1970: systemd knows no earlier time, and a search need not go through thousands of years.
const BEFORE_ALL: Timestamp = Timestamp::constant(-1, 0);

/// When a timer of systemd elapses: one or more `OnCalendar=` expressions, one a line; the earliest counts.
///
/// An expression is what systemd.time(7) says under “Calendar events”: weekdays, date and time, of which each can
/// be left out, or a word such as `daily`, and a time zone if wanted. As for systemd, years end with 2199. What
/// systemd refuses is refused; so are fractions of a second and `@` with seconds since 1970, which systemd takes.
///
/// When the clocks change, it is as systemd does (measured with systemd 252): a time that does not exist is left
/// out, and one that exists twice is taken the first time, even by `*:0/15`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    events: Vec<Event>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Event {
    text: String,
    pattern: Pattern,
    zone: Option<Zone>,
}

impl Calendar {
    /// Reads expressions, one a line. Empty lines are skipped.
    ///
    /// # Errors
    ///
    /// [`ParseError`] says what is wrong, and where; also if there are more than 16.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::read(Piece::new(text).bounded(MAX_LEN)?)
    }

    /// The first time after `after`, by the clock of `tz` unless an expression names its own. None if there is none
    /// until the year 2200. Looks at no more than 4,000 months and candidates for each expression, typically at
    /// one or two.
    #[must_use]
    pub fn next_after(&self, after: Timestamp, tz: &TimeZone) -> Option<Timestamp> {
        self.events.iter().filter_map(|event| event.next_within(after, tz, &mut Budget::new())).min()
    }

    pub(crate) fn read(piece: Piece<'_>) -> Result<Self, ParseError> {
        let lines = || piece.split('\n').map(Piece::trim).filter(|line| !line.is_empty());
        if let Some(more) = lines().nth(MAX_EVENTS) {
            return Err(more.error("is too much", format!("write at most {MAX_EVENTS} expressions")));
        }
        let events: Vec<_> = lines().map(Event::read).collect::<Result<_, _>>()?;
        if events.is_empty() {
            return Err(piece.trim().is_no("calendar expression", WHOLE));
        }
        Ok(Self { events })
    }
}

impl fmt::Display for Calendar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, event) in self.events.iter().enumerate() {
            let line_break = if index > 0 { "\n" } else { "" };
            write!(f, "{line_break}{}", event.text)?;
        }
        Ok(())
    }
}

impl FromStr for Calendar {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

const WHOLE: &str = "write weekdays, date and time, such as Mon..Fri *-*-* 02:30, or daily";

impl Event {
    fn next_within(&self, after: Timestamp, tz: &TimeZone, budget: &mut Budget) -> Option<Timestamp> {
        let tz = self.zone.as_ref().map_or(tz, Zone::time_zone);
        let after = after.max(BEFORE_ALL);
        passage::next_after(&self.pattern, Changes::Skipped, after, tz, *YEARS.end(), budget)
    }

    fn read(line: Piece<'_>) -> Result<Self, ParseError> {
        let mut words: Vec<_> = line.words().collect();
        let text = words.iter().map(|word| word.text()).collect::<Vec<_>>().join(" ");
        let zone = read_zone(&mut words)?;
        let long = match words.as_slice() {
            [word] => shorthand(*word),
            _ => None,
        };
        let pattern = match long {
            Some(long) => read_pattern(Piece::new(long).words())?,
            None => read_pattern(words.into_iter())?,
        };
        Ok(Self { text, pattern, zone })
    }
}

/// Takes the time zone from the end: it begins with a letter, is not alone, and is no weekday, which would stand in
/// the wrong place there.
fn read_zone(words: &mut Vec<Piece<'_>>) -> Result<Option<Zone>, ParseError> {
    let named = |word: Piece<'_>| word.text().starts_with(char::is_alphabetic) && weekday(word).is_err();
    match words.as_slice() {
        [_, .., last] if named(*last) => {
            let zone = Zone::read(*last)?;
            words.pop();
            Ok(Some(zone))
        }
        _ => Ok(None),
    }
}

/// The long form of a word.
fn shorthand(word: Piece<'_>) -> Option<&'static str> {
    Some(match word.text().to_ascii_lowercase().as_str() {
        "minutely" => "*-*-* *:*:00",
        "hourly" => "*-*-* *:00:00",
        "daily" => "*-*-* 00:00:00",
        "weekly" => "Mon *-*-* 00:00:00",
        "monthly" => "*-*-01 00:00:00",
        "quarterly" => "*-01,04,07,10-01 00:00:00",
        "semiannually" | "semi-annually" | "biannually" | "bi-annually" => "*-01,07-01 00:00:00",
        "yearly" | "annually" | "anually" => "*-01-01 00:00:00",
        _ => return None,
    })
}

/// Weekdays, date and time, in this order; each can be missing, but not all of them.
fn read_pattern<'a>(words: impl Iterator<Item = Piece<'a>>) -> Result<Pattern, ParseError> {
    let mut pattern =
        Pattern { years: Years::All, months: span(1, 12), days: Days::ALL, hours: 1, minutes: 1, seconds: 1 };
    let mut words = words.peekable();
    let named = |word: &Piece<'_>| word.text().starts_with(char::is_alphabetic);
    if let Some(weekdays) = words.next_if(named) {
        pattern.days.weekdays = read_weekdays(weekdays)?;
    }
    if let Some(date) = words.next_if(|word| !word.text().contains(':')) {
        read_date(date, &mut pattern)?;
    }
    if let Some(time) = words.next() {
        read_time(time, &mut pattern)?;
    }
    match words.next() {
        Some(more) => Err(more.error("is too much", WHOLE)),
        None => Ok(pattern),
    }
}

const NAMES: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

fn read_weekdays(word: Piece<'_>) -> Result<u64, ParseError> {
    let list = word.text().strip_suffix(',').map_or(word, |list| word.of(list));
    let mut set = 0;
    for item in list.split(',') {
        let range = item.split_once("..").or_else(|| item.split_once("-"));
        let (first, last) = match range {
            Some((first, last)) => (weekday(first)?, weekday(last)?),
            None => (weekday(item)?, weekday(item)?),
        };
        if first > last {
            let instead = "let weeks begin with Monday, as in Sat..Sun,Mon";
            return Err(item.error("runs backwards", instead));
        }
        set |= span(first, last);
    }
    // In a range Sunday is the seventh day, in the set the one with number 0.
    Ok(set & span(1, 6) | set >> 7)
}

/// From Monday, 1, to Sunday, 7.
fn weekday(piece: Piece<'_>) -> Result<u32, ParseError> {
    let short = |name: &&str| name.get(..3).is_some_and(|short| piece.is(short));
    let found = (0..).zip(NAMES).find(|(_, name)| piece.is(name) || short(name));
    match found {
        Some((0, _)) => Ok(7),
        Some((number, _)) => Ok(number),
        None => Err(piece
            .is_no("weekday", "write names such as Mon, Mon,Thu or Mon..Fri; or daily, hourly and the like")),
    }
}

/// What the numbers of a component mean.
struct Component {
    noun: &'static str,
    lowest: u32,
    highest: u32,
    instead: &'static str,
}

const MONTH: Component = Component {
    noun: "month",
    lowest: 1,
    highest: 12,
    instead: "write * or numbers from 1 to 12, such as 6, 1..3 or 1/3",
};
const DAY: Component = Component {
    noun: "day of the month",
    lowest: 1,
    highest: 31,
    instead: "write * or numbers from 1 to 31, such as 1, 1,15 or 1..7",
};
const DAY_FROM_END: Component = Component {
    noun: "day counted from the end of the month",
    lowest: 1,
    highest: 28,
    instead: "write numbers from 1 (the last day) to 28, such as 1, 3 or 7/1",
};
const HOUR: Component = Component {
    noun: "hour",
    lowest: 0,
    highest: 23,
    instead: "write * or numbers from 0 to 23, such as 2, 6,18, 9..17 or 0/4",
};
const MINUTE: Component = Component {
    noun: "minute",
    lowest: 0,
    highest: 59,
    instead: "write * or numbers from 0 to 59, such as 30, 0,30, 10..20 or 0/15",
};
const SECOND: Component = Component {
    noun: "whole second",
    lowest: 0,
    highest: 59,
    instead: "write * or whole numbers from 0 to 59, such as 0 or 0/10",
};
const YEAR: Component = Component {
    noun: "year",
    lowest: 1970,
    highest: 2199,
    instead: "write * or numbers from 1970 to 2199, such as 2026..2030",
};

fn read_date(word: Piece<'_>, pattern: &mut Pattern) -> Result<(), ParseError> {
    let wrong = |piece: Piece<'_>| {
        piece.is_no("date", "write year, month and day, as in *-*-01, or a time, as in 02:30")
    };
    let (rest, day, from_end) = match word.text().rsplit_once(['-', '~']) {
        Some((rest, day)) => {
            let from_end = word.text().get(rest.len()..).is_some_and(|end| end.starts_with('~'));
            (word.of(rest), word.of(day), from_end)
        }
        None => return Err(wrong(word)),
    };
    let (year, month) = match rest.split_once("-") {
        Some((year, month)) => (Some(year), month),
        None => (None, rest),
    };
    if month.text().contains(['-', '~']) {
        return Err(wrong(word));
    }
    if let Some(year) = year {
        pattern.years = read_years(year)?;
    }
    pattern.months = MONTH.read(month)?;
    if from_end && day.text() != "*" {
        (pattern.days.dates, pattern.days.from_end) = (0, DAY_FROM_END.read(day)?);
    } else {
        pattern.days.dates = DAY.read(day)?;
    }
    Ok(())
}

fn read_time(word: Piece<'_>, pattern: &mut Pattern) -> Result<(), ParseError> {
    let parts: Vec<_> = word.split(':').collect();
    let (hour, minute, second) = match parts.as_slice() {
        [hour, minute] => (hour, minute, None),
        [hour, minute, second] => (hour, minute, Some(second)),
        _ => return Err(word.is_no("time", "write hour and minute, as in 02:30 or *:0/15")),
    };
    pattern.hours = HOUR.read(*hour)?;
    pattern.minutes = MINUTE.read(*minute)?;
    if let Some(second) = second {
        pattern.seconds = SECOND.read(*second)?;
    }
    Ok(())
}

fn read_years(piece: Piece<'_>) -> Result<Years, ParseError> {
    if piece.text() == "*" {
        return Ok(Years::All);
    }
    let mut years = Vec::new();
    YEAR.each(piece, |year| years.extend(i16::try_from(year)))?;
    years.sort_unstable();
    years.dedup();
    Ok(Years::Some(years))
}

impl Component {
    /// The component as a set, if its values are less than 64.
    fn read(&self, piece: Piece<'_>) -> Result<u64, ParseError> {
        if piece.text() == "*" {
            return Ok(span(self.lowest, self.highest));
        }
        let mut set = 0;
        self.each(piece, |value| set |= 1 << value)?;
        Ok(set)
    }

    /// Calls `take` with every value of a list.
    fn each(&self, list: Piece<'_>, mut take: impl FnMut(u32)) -> Result<(), ParseError> {
        for item in list.split(',') {
            let (range, step) = match item.split_once("/") {
                Some((range, step)) => (range, Some(self.step(step)?)),
                None => (item, None),
            };
            if range.text() == "*" {
                return Err(item.is_no(self.noun, self.instead_of_star(step)));
            }
            let (first, last) = match range.split_once("..") {
                Some((first, last)) => (self.value(first)?, self.value(last)?),
                None => self.open(range, step)?,
            };
            if first > last {
                return Err(range.error("runs backwards", format!("write {last}..{first}")));
            }
            (first..=last).step_by(step.unwrap_or(1) as usize).for_each(&mut take);
        }
        Ok(())
    }

    /// A single value, or with a step all from there on: to the last value, or to the end of the month. As systemd,
    /// it refuses a step that leads nowhere.
    fn open(&self, piece: Piece<'_>, step: Option<u32>) -> Result<(u32, u32), ParseError> {
        let value = self.value(piece)?;
        let Some(step) = step else { return Ok((value, value)) };
        let room = if self.backwards() { value - self.lowest } else { self.highest - value };
        if step > room {
            let problem = format!("with a step of {step} passes the end at once");
            return Err(piece.error(problem, format!("write {} alone or a smaller step", piece.text())));
        }
        // Counted from the end, the days go down from the value to the last day of the month, which is 1.
        Ok(if self.backwards() { (self.lowest + room % step, value) } else { (value, self.highest) })
    }

    fn backwards(&self) -> bool {
        self.highest == DAY_FROM_END.highest
    }

    fn value(&self, piece: Piece<'_>) -> Result<u32, ParseError> {
        let value = piece.number().map(|value| match value {
            0..70 if self.lowest == YEAR.lowest => value + 2000,
            70..100 if self.lowest == YEAR.lowest => value + 1900,
            _ => value,
        });
        let fits = |value: &u32| (self.lowest..=self.highest).contains(value);
        value.filter(fits).ok_or_else(|| piece.is_no(self.noun, self.instead))
    }

    fn step(&self, piece: Piece<'_>) -> Result<u32, ParseError> {
        let step = piece.number().filter(|step| *step > 0);
        let instead = format!("write a number from 1 on after /, as in {}/2", self.lowest);
        step.ok_or_else(|| piece.is_no("step", instead))
    }

    /// systemd has no `*/15`, of which people think first.
    fn instead_of_star(&self, step: Option<u32>) -> String {
        match step {
            Some(step) => format!("write {}/{step}", self.lowest),
            None => self.instead.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
