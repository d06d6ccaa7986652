//! What both kinds of expression come to: sets of years, months, days, hours, minutes and seconds of a clock on
//! the wall. Time zones are the business of `passage`.

use jiff::civil::{Date, DateTime};

/// The years that a calendar event may name; systemd stops at the same.
pub(crate) const YEARS: std::ops::RangeInclusive<i16> = 1970..=2199;

/// How much one search may do: each month looked at and each candidate costs one. No expression needs as much;
/// it is what keeps the promise if this reasoning is wrong.
#[derive(Debug)]
pub(crate) struct Budget(u32);

impl Budget {
    pub(crate) const STEPS: u32 = 4000;

    pub(crate) fn new() -> Self {
        Self(Self::STEPS)
    }

    pub(crate) fn spend(&mut self) -> Option<()> {
        self.0 = self.0.checked_sub(1)?;
        Some(())
    }

    #[cfg(test)]
    pub(crate) fn spent(&self) -> u32 {
        Self::STEPS - self.0
    }
}

/// The times that a clock on the wall shows when it happens. In each set, bit `n` stands for `n`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    pub(crate) years: Years,
    /// Bits 1 to 12.
    pub(crate) months: u64,
    pub(crate) days: Days,
    /// Bits 0 to 23.
    pub(crate) hours: u64,
    /// Bits 0 to 59.
    pub(crate) minutes: u64,
    /// Bits 0 to 59.
    pub(crate) seconds: u64,
}

impl Pattern {
    /// The first time at or after `from`, which has whole seconds, and not after the year `last`.
    pub(crate) fn first_from(&self, from: DateTime, last: i16, budget: &mut Budget) -> Option<DateTime> {
        let (mut year, mut month) = (self.years.first_from(from.year())?, 1);
        if year == from.year() {
            month = from.month();
            if let Some(found) = self.first_in_month_of(from) {
                return Some(found);
            }
            month += 1;
        }
        while year <= last {
            budget.spend()?;
            match next_bit(self.months, month.unsigned_abs().into()) {
                Some(found) => {
                    month = found;
                    if let Some(day) = next_bit(self.days.in_month(year, month)?, 1) {
                        return self.on(Date::new(year, month, day).ok()?, [0; 3]);
                    }
                    month += 1;
                }
                None => (year, month) = (self.years.first_from(year.checked_add(1)?)?, 1),
            }
        }
        None
    }

    /// The first time at or after `from` in the same month.
    fn first_in_month_of(&self, from: DateTime) -> Option<DateTime> {
        let (year, month, day) = (from.year(), from.month(), from.day());
        if self.months & bit(month) == 0 {
            return None;
        }
        let days = self.days.in_month(year, month)?;
        let today = || self.on(from.date(), [from.hour(), from.minute(), from.second()]);
        if let Some(found) = (days & bit(day) != 0).then(today).flatten() {
            return Some(found);
        }
        let later = next_bit(days, u32::from(day.unsigned_abs()) + 1)?;
        self.on(Date::new(year, month, later).ok()?, [0; 3])
    }

    /// The first time of the day at or after `from`, whether or not the day is one of the pattern's.
    fn on(&self, day: Date, [hour, minute, second]: [i8; 3]) -> Option<DateTime> {
        let number = |value: i8| u32::from(value.unsigned_abs());
        let first = |mask| next_bit(mask, 0);
        let at = |hour, minute, second| Some(day.at(hour, minute, second, 0));
        if self.hours & bit(hour) != 0 {
            if self.minutes & bit(minute) != 0
                && let Some(second) = next_bit(self.seconds, number(second))
            {
                return at(hour, minute, second);
            }
            if let Some(minute) = next_bit(self.minutes, number(minute) + 1) {
                return at(hour, minute, first(self.seconds)?);
            }
        }
        let hour = next_bit(self.hours, number(hour) + 1)?;
        at(hour, first(self.minutes)?, first(self.seconds)?)
    }
}

/// Which days of a month.
///
/// The date must fit `dates` (bit `n`: the `n`th) or `from_end` (bit `n`: the `n`th last) or be the last working
/// day. The weekday (Sunday is bit 0) must fit `weekdays`, or one of `nth`: `nth[n]` holds the weekdays meant by
/// their `n + 1`th time in the month, and the last entry those meant by their last time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Days {
    pub(crate) dates: u64,
    pub(crate) from_end: u64,
    pub(crate) last_working_day: bool,
    pub(crate) weekdays: u64,
    pub(crate) nth: [u64; 6],
    /// Whether one of date and weekday is enough.
    pub(crate) either: bool,
}

impl Days {
    /// Every day.
    pub(crate) const ALL: Self = Self {
        dates: span(1, 31),
        from_end: 0,
        last_working_day: false,
        weekdays: span(0, 6),
        nth: [0; 6],
        either: false,
    };

    /// The days of a month as bits 1 to 31. None if there is no such month.
    fn in_month(&self, year: i16, month: i8) -> Option<u64> {
        let first = Date::new(year, month, 1).ok()?;
        let length = u32::from(first.days_in_month().unsigned_abs());
        let starts_on = u32::from(first.weekday().to_sunday_zero_offset().unsigned_abs());
        let dates = self.dates_of(length, starts_on);
        let weekdays = self.weekdays_of(length, starts_on);
        let both = if self.either { dates | weekdays } else { dates & weekdays };
        Some(both & span(1, length))
    }

    fn dates_of(&self, length: u32, starts_on: u32) -> u64 {
        let mut dates = self.dates;
        for back in bits(self.from_end) {
            dates |= (length + 1).checked_sub(back).map_or(0, |day| 1 << day);
        }
        if self.last_working_day {
            let back = match (starts_on + length - 1) % 7 {
                6 => 1, // Saturday
                0 => 2, // Sunday
                _ => 0,
            };
            dates |= 1 << (length - back);
        }
        dates
    }

    fn weekdays_of(&self, length: u32, starts_on: u32) -> u64 {
        let mut days = 0;
        for weekday in 0..7 {
            let first = 1 + (weekday + 7 - starts_on) % 7;
            let dates = || (first..=length).step_by(7);
            if self.weekdays >> weekday & 1 == 1 {
                days |= dates().fold(0, |days, day| days | 1 << day);
            }
            let [nth @ .., last] = &self.nth;
            let meant = dates().zip(nth).filter(|(_, meant)| *meant >> weekday & 1 == 1);
            days |= meant.fold(0, |days, (day, _)| days | 1 << day);
            if last >> weekday & 1 == 1 {
                days |= dates().last().map_or(0, |day| 1 << day);
            }
        }
        days
    }
}

/// A set of years: all, or some of [`YEARS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Years {
    All,
    /// In ascending order, without doubles, at most as many as there are in [`YEARS`].
    Some(Vec<i16>),
}

impl Years {
    fn first_from(&self, year: i16) -> Option<i16> {
        match self {
            Self::All => Some(year),
            Self::Some(years) => years.get(years.partition_point(|some| *some < year)).copied(),
        }
    }
}

/// The bits from `first` to `last`, which are less than 64.
pub(crate) const fn span(first: u32, last: u32) -> u64 {
    (u64::MAX >> (63 - last)) & (u64::MAX << first)
}

/// The numbers of the bits that are set, in ascending order.
pub(crate) fn bits(mask: u64) -> impl Iterator<Item = u32> {
    (0..64).filter(move |bit| mask >> bit & 1 == 1)
}

fn bit(number: i8) -> u64 {
    1_u64.checked_shl(number.unsigned_abs().into()).unwrap_or(0)
}

/// The number of the first bit at or above `from`.
fn next_bit(mask: u64, from: u32) -> Option<i8> {
    let rest = mask.checked_shr(from)?;
    let found = from + rest.trailing_zeros();
    (rest != 0).then(|| i8::try_from(found).ok()).flatten()
}

#[cfg(test)]
mod tests;
