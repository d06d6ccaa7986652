//! Cron expressions, crontab(5).

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::error::{ParseError, Piece};
use crate::passage::{self, Changes};
use crate::pattern::{Budget, Days, Pattern, Years, span};

/// Longest expression, in bytes.
const MAX_LEN: usize = 256;

/// How many years a search looks ahead. 29 February falls on a given weekday after 40 years at the latest.
const AHEAD: i16 = 41;

/// When a job of cron runs, as Debian's cron understands crontab(5).
///
/// Five fields: minute, hour, day of the month, month, day of the week. Each is `*`, a number, a range `1-5`, a list
/// `0,30` of these, each with a step `*/15` or `10-40/10` if wanted; a single number with a step counts up to the
/// end. Months and weekdays have names (`jan`, `sun`); Sunday is 0 and 7. If both days are restricted, that is, if
/// neither field begins with `*`, one of them is enough; otherwise both must fit. Or one of `@hourly`, `@daily`,
/// `@midnight`, `@weekly`, `@monthly`, `@yearly` and `@annually`.
///
/// Beyond Debian's cron: `L` is the last day of the month, `LW` its last day from Monday to Friday, `5L` the last
/// Friday and `5#2` the second Friday.
///
/// When the clocks change, jobs with a fixed time run once: at the first moment after the gap if their time does not
/// exist, the first time if it exists twice. A job whose minute or hour begins with `*` (and `@hourly`) runs
/// whenever the clock shows its time, so twice in an hour that is repeated and not at all in one that is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    text: String,
    pattern: Pattern,
    changes: Changes,
}

impl Cron {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// [`ParseError`] says what is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::read(Piece::new(text).bounded(MAX_LEN)?)
    }

    /// The first run after `after`, by the clock of `tz`. None if there is none in the next 41 years, as for
    /// `0 0 30 2 *`. Looks at no more than 4,000 months and candidates, typically at one or two.
    #[must_use]
    pub fn next_after(&self, after: Timestamp, tz: &TimeZone) -> Option<Timestamp> {
        self.next_within(after, tz, &mut Budget::new())
    }

    pub(crate) fn next_within(
        &self,
        after: Timestamp,
        tz: &TimeZone,
        budget: &mut Budget,
    ) -> Option<Timestamp> {
        let last = tz.to_datetime(after).year().saturating_add(AHEAD);
        passage::next_after(&self.pattern, self.changes, after, tz, last, budget)
    }

    pub(crate) fn read(piece: Piece<'_>) -> Result<Self, ParseError> {
        let words: Vec<_> = piece.words().collect();
        let text = words.iter().map(|word| word.text()).collect::<Vec<_>>().join(" ");
        let named = |name: &Piece<'_>| name.text().starts_with('@');
        let fields = match words.as_slice() {
            [name] if named(name) => return Self::named(*name, text),
            [name, more, ..] if named(name) => {
                return Err(more.error("is too much", "write @daily and the like alone"));
            }
            [minute, hour, date, month, weekday] => [*minute, *hour, *date, *month, *weekday],
            [] => return Err(piece.trim().is_no("cron expression", FIVE)),
            [_, _, _, _, _, sixth, ..] => return Err(too_many(piece, *sixth, words.len())),
            _ => return Err(piece.trim().error(format!("has {} of five fields", words.len()), FIVE)),
        };
        Self::five(fields, text)
    }

    fn five([minute, hour, date, month, weekday]: [Piece<'_>; 5], text: String) -> Result<Self, ParseError> {
        let star = |field: Piece<'_>| field.text().starts_with('*');
        let mut days = Days {
            dates: 0,
            from_end: 0,
            last_working_day: false,
            weekdays: 0,
            nth: [0; 6],
            either: !star(date) && !star(weekday),
        };
        let changes = if star(minute) || star(hour) { Changes::Shown } else { Changes::Fixed };
        let (minutes, hours) = (MINUTE.read(minute)?, HOUR.read(hour)?);
        read_dates(date, &mut days)?;
        let months = MONTH.read(month)?;
        read_weekdays(weekday, &mut days)?;
        let pattern = Pattern { years: Years::All, months, days, hours, minutes, seconds: 1 };
        Ok(Self { text, pattern, changes })
    }

    fn named(name: Piece<'_>, text: String) -> Result<Self, ParseError> {
        let fields = match name.text().to_ascii_lowercase().as_str() {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@yearly" | "@annually" => "0 0 1 1 *",
            "@reboot" => return Err(name.error("has no time of its own", NAMES)),
            _ => return Err(name.error("is no name of a schedule", NAMES)),
        };
        Ok(Self { text, ..Self::parse(fields)? })
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Cron {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

const FIVE: &str = "write minute, hour, day of the month, month and day of the week, such as 30 2 * * 1-5";
const NAMES: &str = "write @hourly, @daily, @weekly, @monthly or @yearly";

/// More than five fields: one for seconds in front, or the command behind.
fn too_many(piece: Piece<'_>, sixth: Piece<'_>, count: usize) -> ParseError {
    let letters =
        |word: Piece<'_>| word.text().contains(|letter: char| matches!(letter, '/' | '.' | 'a'..='z'));
    if letters(sixth) && WEEKDAY.read(sixth).is_err() {
        return sixth.error("is too much", "write the five fields alone, without the command");
    }
    let problem = format!("has {count} fields");
    piece.trim().error(problem, "write five fields, minutes first; cron has no field for seconds")
}

/// What the numbers of a field mean.
struct Field {
    /// The noun for one of its values.
    noun: &'static str,
    lowest: u32,
    highest: u32,
    /// The names of the values from the lowest on.
    names: &'static [&'static str],
    /// What can be written, as half a sentence.
    instead: &'static str,
}

const MINUTE: Field = Field {
    noun: "minute",
    lowest: 0,
    highest: 59,
    names: &[],
    instead: "write numbers from 0 to 59, such as 30, 0,30, 10-20 or */15",
};
const HOUR: Field = Field {
    noun: "hour",
    lowest: 0,
    highest: 23,
    names: &[],
    instead: "write numbers from 0 to 23, such as 2, 6,18, 9-17 or */4",
};
const DATE: Field = Field {
    noun: "day of the month",
    lowest: 1,
    highest: 31,
    names: &[],
    instead: "write numbers from 1 to 31, such as 1, 1,15, 1-7 or */2, or L for the last day",
};
const MONTH: Field = Field {
    noun: "month",
    lowest: 1,
    highest: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
    instead: "write numbers from 1 to 12 or names, such as 6, jan-mar or */3",
};
const WEEKDAY: Field = Field {
    noun: "day of the week",
    lowest: 0,
    highest: 7,
    names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"],
    instead: "write numbers from 0 to 7 (0 and 7 are Sunday) or names, such as mon-fri, 5#2 or 5L",
};

impl Field {
    fn wrong(&self, piece: Piece<'_>) -> ParseError {
        piece.is_no(self.noun, self.instead)
    }

    /// A whole field as a set.
    fn read(&self, piece: Piece<'_>) -> Result<u64, ParseError> {
        piece.split(',').try_fold(0, |set, item| Ok(set | self.item(item)?))
    }

    /// What stands between two commas.
    fn item(&self, item: Piece<'_>) -> Result<u64, ParseError> {
        let (range, step) = match item.split_once("/") {
            Some((range, step)) => (range, Some(step)),
            None => (item, None),
        };
        let (first, last) = if range.text() == "*" {
            (self.lowest, self.highest)
        } else if let Some((first, last)) = range.split_once("-") {
            let first = self.value(first)?;
            let last = if first > 0 { self.last_value(last)? } else { self.value(last)? };
            if first > last {
                return Err(range.error("runs backwards", self.forwards(first, last)));
            }
            (first, last)
        } else {
            let first = self.value(range)?;
            (first, if step.is_some() { self.highest } else { first })
        };
        let step = match step {
            None => 1,
            Some(step) => step
                .number()
                .filter(|step| *step > 0)
                .ok_or_else(|| step.is_no("step", "write a number from 1 on after /, as in */15"))?,
        };
        Ok((first..=last).step_by(step as usize).fold(0, |set, value| set | 1 << value))
    }

    fn value(&self, piece: Piece<'_>) -> Result<u32, ParseError> {
        let name = || self.names.iter().position(|name| piece.is(name));
        let value = piece.number().or_else(|| Some(self.lowest + u32::try_from(name()?).ok()?));
        value.filter(|value| (self.lowest..=self.highest).contains(value)).ok_or_else(|| self.wrong(piece))
    }

    /// The end of a range, where the name of Sunday means the end of the week.
    fn last_value(&self, piece: Piece<'_>) -> Result<u32, ParseError> {
        let week_ends = self.highest == 7 && piece.is("sun");
        if week_ends { Ok(7) } else { self.value(piece) }
    }

    /// What would be right for a range that passes the end.
    fn forwards(&self, first: u32, last: u32) -> String {
        format!("write {first}-{},{}-{last}", self.highest, self.lowest)
    }
}

fn read_dates(field: Piece<'_>, days: &mut Days) -> Result<(), ParseError> {
    for item in field.split(',') {
        if item.is("L") {
            days.from_end |= 1 << 1;
        } else if item.is("LW") {
            days.last_working_day = true;
        } else {
            days.dates |= DATE.item(item)?;
        }
    }
    Ok(())
}

fn read_weekdays(field: Piece<'_>, days: &mut Days) -> Result<(), ParseError> {
    let one = |piece| WEEKDAY.value(piece).map(|weekday| 1 << (weekday % 7));
    let [nth @ .., last] = &mut days.nth;
    for item in field.split(',') {
        let text = item.text();
        if let Some((weekday, count)) = item.split_once("#") {
            let index = count.number().and_then(|count| usize::try_from(count).ok()?.checked_sub(1));
            let Some(meant) = index.and_then(|index| nth.get_mut(index)) else {
                return Err(count.is_no("week of the month", "write a number from 1 to 5 after #, as in 5#2"));
            };
            *meant |= one(weekday)?;
        } else if let Some(weekday) = text.strip_suffix(['L', 'l']).filter(|rest| !rest.is_empty()) {
            *last |= one(item.of(weekday))?;
        } else {
            let set = WEEKDAY.item(item)?;
            days.weekdays |= set & span(0, 6) | set >> 7;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
