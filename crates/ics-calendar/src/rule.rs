//! Rules of repetition (RFC 5545, section 3.3.10), and the days that they name.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// How many steps of a rule are made before it is given up.
const STEPS_MAX: usize = 20_000;

/// The unit in which a rule steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frequency {
    /// Day by day.
    Daily,
    /// Week by week.
    Weekly,
    /// Month by month.
    Monthly,
    /// Year by year.
    Yearly,
}

/// A rule of repetition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The unit.
    pub frequency: Frequency,
    /// How many units one step has.
    pub interval: u32,
    /// How many times in all.
    pub count: Option<u32>,
    /// The last moment, as it stands in the file.
    pub(crate) until: Option<String>,
    months: Vec<i8>,
    month_days: Vec<i8>,
    week_days: Vec<(i8, Weekday)>,
    positions: Vec<i16>,
    week_start: Weekday,
}

impl Rule {
    /// Reads `FREQ=WEEKLY;BYDAY=MO,TH`. `None` for what is not unrolled.
    pub fn parse(text: &str) -> Option<Self> {
        let part = |name: &str| {
            text.split(';').find_map(|part| {
                part.trim()
                    .split_once('=')
                    .filter(|(key, _)| key.eq_ignore_ascii_case(name))
                    .map(|(_, value)| value.trim())
            })
        };
        if ["BYWEEKNO", "BYYEARDAY", "BYHOUR", "BYMINUTE", "BYSECOND"].iter().any(|name| part(name).is_some())
        {
            return None;
        }
        let frequency = match part("FREQ")?.to_ascii_uppercase().as_str() {
            "DAILY" => Frequency::Daily,
            "WEEKLY" => Frequency::Weekly,
            "MONTHLY" => Frequency::Monthly,
            "YEARLY" => Frequency::Yearly,
            _ => return None,
        };
        Some(Self {
            frequency,
            interval: numbers(part("INTERVAL"))
                .and_then(|n: Vec<u32>| n.first().copied())
                .unwrap_or(1)
                .clamp(1, 1000),
            count: match part("COUNT") {
                Some(count) => Some(count.parse().ok()?),
                None => None,
            },
            until: part("UNTIL").map(str::to_owned),
            months: numbers(part("BYMONTH")).unwrap_or_default(),
            month_days: numbers(part("BYMONTHDAY")).unwrap_or_default(),
            week_days: week_days(part("BYDAY"))?,
            positions: numbers(part("BYSETPOS")).unwrap_or_default(),
            week_start: part("WKST").and_then(week_day).unwrap_or(Weekday::Monday),
        })
    }

    /// The days on which it falls, beginning with that of the first appointment, as long as `each` says so and none after
    /// `window`. Days before it may be left out. Each day that is looked at is taken from `left_to_look`, which all rules of
    /// a file share: where it is used up, nothing more is unrolled.
    pub(crate) fn days(
        &self,
        first: Date,
        window: (Date, Date),
        left_to_look: &mut u32,
        mut each: impl FnMut(Date) -> bool,
    ) {
        let (not_before, not_after) = window;
        let mut left = self.count.unwrap_or(u32::MAX);
        let skipped = if self.count.is_some() { 0 } else { self.steps_between(first, not_before) };
        for step in (skipped..).take(STEPS_MAX) {
            // A rule may name days that there are not: then only the calendar tells that its time is over.
            let is_over = self.begin(first, step).is_none_or(|begin| begin > not_after);
            let Some(rest) = left_to_look.checked_sub(self.longest()).filter(|_| !is_over) else { return };
            *left_to_look = rest;
            let Some(mut days) = self.period(first, step) else { return };
            days.retain(|day| *day >= first);
            for day in days {
                if left == 0 || !each(day) {
                    return;
                }
                left -= 1;
            }
        }
    }

    /// A number of steps after which one is surely not yet past `to`.
    fn steps_between(&self, from: Date, to: Date) -> u32 {
        let days = from.until(to).map(|span| span.get_days()).unwrap_or_default();
        (u32::try_from(days).unwrap_or_default() / self.longest() / self.interval).saturating_sub(2)
    }

    /// How many days a period has at most.
    const fn longest(&self) -> u32 {
        match self.frequency {
            Frequency::Daily => 1,
            Frequency::Weekly => 7,
            Frequency::Monthly => 31,
            Frequency::Yearly => 366,
        }
    }

    /// A day before which nothing of this period is. `None` past the end of time.
    fn begin(&self, first: Date, step: u32) -> Option<Date> {
        let units = i64::from(step) * i64::from(self.interval);
        match self.frequency {
            Frequency::Daily => first.checked_add(units.days()),
            Frequency::Weekly => first.checked_add((units * 7 - 6).days()),
            Frequency::Monthly => first.first_of_month().checked_add(units.months()),
            Frequency::Yearly => first.first_of_year().checked_add(units.years()),
        }
        .ok()
    }

    /// The days of one period, sorted. `None` past the end of time.
    fn period(&self, first: Date, step: u32) -> Option<Vec<Date>> {
        let units = i64::from(step) * i64::from(self.interval);
        let mut days = match self.frequency {
            Frequency::Daily => {
                let day = first.checked_add(units.days()).ok()?;
                if self.fits(day, true) { vec![day] } else { Vec::new() }
            }
            Frequency::Weekly => self.week(first, units)?,
            Frequency::Monthly => {
                let month = first.first_of_month().checked_add(units.months()).ok()?;
                self.month(first, month)
            }
            Frequency::Yearly => {
                let year = first.first_of_year().checked_add(units.years()).ok()?;
                self.year(first, year)
            }
        };
        days.sort_unstable();
        days.dedup();
        if self.positions.is_empty() {
            return Some(days);
        }
        let at = |position: i16| {
            let index = if position > 0 {
                usize::try_from(position - 1).ok()
            } else {
                days.len().checked_sub(usize::from(position.unsigned_abs()))
            };
            index.and_then(|index| days.get(index)).copied()
        };
        let mut chosen: Vec<Date> = self.positions.iter().filter_map(|position| at(*position)).collect();
        chosen.sort_unstable();
        chosen.dedup();
        Some(chosen)
    }

    fn week(&self, first: Date, units: i64) -> Option<Vec<Date>> {
        let back = i64::from(first.weekday().since(self.week_start));
        let monday = first.checked_sub(back.days()).ok()?.checked_add((units * 7).days()).ok()?;
        let days = (0_i64..7).filter_map(|n| monday.checked_add(n.days()).ok());
        let wanted = |day: &Date| match self.week_days.as_slice() {
            [] => day.weekday() == first.weekday(),
            some => some.iter().any(|(_, weekday)| *weekday == day.weekday()),
        };
        Some(days.filter(|day| wanted(day) && self.fits_month(*day)).collect())
    }

    fn month(&self, first: Date, month: Date) -> Vec<Date> {
        if !self.fits_month(month) {
            return Vec::new();
        }
        let days = (1..=month.days_in_month()).filter_map(|day| month.with().day(day).build().ok());
        if self.month_days.is_empty() && self.week_days.is_empty() {
            return days.filter(|day| day.day() == first.day()).collect();
        }
        days.filter(|day| self.fits(*day, false) && self.nth_fits(*day, month, month.last_of_month()))
            .collect()
    }

    fn year(&self, first: Date, year: Date) -> Vec<Date> {
        let months = (1_i8..=12).filter_map(|month| year.with().month(month).build().ok());
        if self.months.is_empty() && self.month_days.is_empty() && !self.week_days.is_empty() {
            // Without a month the numbers of BYDAY count within the year.
            let days = months.flat_map(|month| {
                (1..=month.days_in_month()).filter_map(move |day| month.with().day(day).build().ok())
            });
            return days.filter(|day| self.nth_fits(*day, year, year.last_of_year())).collect();
        }
        let own_month = |month: &Date| {
            !self.months.is_empty() || !self.month_days.is_empty() || month.month() == first.month()
        };
        months.filter(own_month).flat_map(|month| self.month(first, month)).collect()
    }

    fn fits_month(&self, day: Date) -> bool {
        self.months.is_empty() || self.months.contains(&day.month())
    }

    /// Whether month, day of the month and, if asked, day of the week are among those named.
    fn fits(&self, day: Date, with_week_day: bool) -> bool {
        let from_end = day.day() - day.days_in_month() - 1;
        self.fits_month(day)
            && (self.month_days.is_empty()
                || self.month_days.iter().any(|named| *named == day.day() || *named == from_end))
            && (!with_week_day
                || self.week_days.is_empty()
                || self.week_days.iter().any(|(_, weekday)| *weekday == day.weekday()))
    }

    /// Whether a day is one of BYDAY within the span: `2MO` the second Monday, `-1FR` the last Friday, `SU` every Sunday.
    fn nth_fits(&self, day: Date, from: Date, to: Date) -> bool {
        self.week_days.is_empty()
            || self.week_days.iter().any(|(number, weekday)| {
                let days_from = |a: Date, b: Date| a.until(b).map(|span| span.get_days()).unwrap_or_default();
                *weekday == day.weekday()
                    && match i32::from(*number) {
                        0 => true,
                        n if n > 0 => days_from(from, day) / 7 + 1 == n,
                        n => days_from(day, to) / 7 + 1 == -n,
                    }
            })
    }
}

fn numbers<T: std::str::FromStr>(text: Option<&str>) -> Option<Vec<T>> {
    text?.split(',').take(400).map(|number| number.trim().trim_start_matches('+').parse().ok()).collect()
}

fn week_days(text: Option<&str>) -> Option<Vec<(i8, Weekday)>> {
    let Some(text) = text else { return Some(Vec::new()) };
    let one = |text: &str| {
        let text = text.trim();
        let split = text.len().checked_sub(2)?;
        let (number, day) = text.split_at_checked(split)?;
        let number = if number.is_empty() { 0 } else { number.trim_start_matches('+').parse().ok()? };
        Some((number, week_day(day)?))
    };
    text.split(',').take(400).map(one).collect()
}

fn week_day(text: &str) -> Option<Weekday> {
    Some(match text.to_ascii_uppercase().as_str() {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return None,
    })
}
