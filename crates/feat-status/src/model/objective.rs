//! What is wanted of a resource, and how much of the allowed down-time is used up.

use super::figures::Figures;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The share of the time in which a resource is to be up, in per cent.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(crate) struct Objective(f64);

/// What is wanted where nobody said anything: three and a half hours of a month may be lost.
pub(crate) const DEFAULT: Objective = Objective(99.5);
/// The limits of an objective, in per cent.
pub(crate) const LIMITS: std::ops::RangeInclusive<f64> = 1.0..=100.0;

impl Objective {
    /// From per cent.
    ///
    /// # Errors
    /// One sentence that says what would be right.
    pub(crate) fn new(percent: f64) -> Result<Self, String> {
        if LIMITS.contains(&percent) {
            // Finer than a thousandth of a per cent is 26 seconds of a month: nobody can promise that at home.
            return Ok(Self((percent * 1000.0).round() / 1000.0));
        }
        Err("An objective is a number from 1 to 100, such as 99.5.".to_owned())
    }

    /// In per cent.
    pub(crate) const fn percent(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Objective {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

impl FromStr for Objective {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim().trim_end_matches('%').trim_end().replace(',', ".");
        let percent = text.parse().unwrap_or(f64::NAN);
        Self::new(percent)
    }
}

/// Who said what is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nobody: the default.
    Default,
    /// Somebody on the page of the resource.
    Page,
    /// `hob.toml`, which wins.
    File,
}

impl Origin {
    /// The words behind an objective.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Page => "set here",
            Self::File => "from hob.toml",
        }
    }
}

/// The allowed down-time of a stretch of time, in milliseconds. What is used and what is left is always all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Budget {
    /// How long it may be down.
    pub(crate) total_ms: i64,
    /// How long it was.
    pub(crate) used_ms: i64,
}

impl Budget {
    /// The budget of a stretch of which `ahead` lies in the future. Unknown time and maintenance allow nothing: what was
    /// not watched can neither keep nor break a promise.
    pub(crate) fn new(objective: Objective, figures: &Figures, ahead: Duration) -> Self {
        let ms = |duration: Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        let watched = ms(figures.known.saturating_add(ahead));
        // In thousandths of a per cent, so that the arithmetic is exact.
        let allowed = i128::from(watched) * (100_000 - (objective.0 * 1000.0).round() as i128) / 100_000;
        Self { total_ms: i64::try_from(allowed).unwrap_or(i64::MAX), used_ms: ms(figures.down) }
    }

    /// What is left; below zero when more was used than allowed.
    pub(crate) const fn left_ms(self) -> i64 {
        self.total_ms.saturating_sub(self.used_ms)
    }

    /// The same in per cent of all; `None` where nothing is allowed.
    pub(crate) fn left_percent(self) -> Option<f64> {
        (self.total_ms > 0).then(|| 100.0 * self.left_ms() as f64 / self.total_ms as f64)
    }
}

/// How fast the budget is used: 1 uses exactly all of it, 2 twice as much. `None` where nothing is known or allowed.
pub(crate) fn burn(objective: Objective, figures: &Figures) -> Option<f64> {
    let (known, allowed) = (figures.known.as_secs_f64(), (100.0 - objective.0) / 100.0);
    (known > 0.0 && allowed > 0.0).then(|| figures.down.as_secs_f64() / known / allowed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn days(n: u64) -> Duration {
        Duration::from_secs(n * 86_400)
    }

    fn figures(known: Duration, down: Duration) -> Figures {
        Figures { known, down, ..Figures::default() }
    }

    #[test]
    fn half_a_per_cent_of_thirty_days_is_three_hours_and_36_minutes() {
        let figures = figures(days(10), Duration::from_secs(3600));
        let budget = Budget::new(DEFAULT, &figures, days(20));
        assert_eq!(budget.total_ms, (3 * 60 + 36) * 60_000);
        assert_eq!(budget.left_ms(), (2 * 60 + 36) * 60_000);
        let burn = burn(DEFAULT, &figures).unwrap();
        assert!((burn - 1.0 / (240.0 * 0.005)).abs() < 1e-9, "{burn}");
    }

    #[test]
    fn who_promises_everything_has_nothing_to_lose() {
        let all: Objective = "100".parse().unwrap();
        let budget = Budget::new(all, &figures(days(30), Duration::from_secs(60)), Duration::ZERO);
        assert_eq!((budget.total_ms, budget.left_ms(), budget.left_percent()), (0, -60_000, None));
        assert_eq!(burn(all, &figures(days(30), Duration::ZERO)), None);
    }

    #[test]
    fn objectives_are_read_as_people_write_them() {
        for (text, percent) in [("99.5", 99.5), (" 99,9 % ", 99.9), ("100", 100.0), ("99.99999", 100.0)] {
            assert_eq!(text.parse::<Objective>().unwrap().percent(), percent, "{text}");
        }
        for wrong in ["", "0", "101", "NaN", "inf", "-5", "high"] {
            assert!(wrong.parse::<Objective>().unwrap_err().contains("such as 99.5"), "{wrong}");
        }
        assert_eq!(DEFAULT.to_string(), "99.5 %");
    }

    proptest! {
        #[test]
        fn used_and_left_are_all_of_it_and_agree_with_the_share(
            percent in 1.0f64..100.0,
            known in 1u64..40_000_000_000,
            down in 0.0f64..1.0,
            ahead in 0u64..3_000_000_000,
        ) {
            let objective = Objective::new(percent).unwrap();
            let down = Duration::from_millis((known as f64 * down) as u64);
            let figures = figures(Duration::from_millis(known), down);
            let budget = Budget::new(objective, &figures, Duration::from_millis(ahead));
            prop_assert_eq!(budget.used_ms + budget.left_ms(), budget.total_ms);
            prop_assert!(budget.total_ms >= 0);
            // Of a month that is over, the budget and the share say the same.
            let over = Budget::new(objective, &figures, Duration::ZERO);
            let share = figures.uptime_percent().unwrap();
            let slack = 100.0 * 2.0 / known as f64 + 1e-9;
            if over.left_ms() >= 0 { prop_assert!(share >= objective.percent() - slack, "{share} {objective}"); }
            if over.left_ms() < 0 { prop_assert!(share <= objective.percent() + slack, "{share} {objective}"); }
        }
    }
}
