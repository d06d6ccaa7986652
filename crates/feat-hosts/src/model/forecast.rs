//! When a filesystem will be full, from how its free space has shrunk.
//!
//! The rate is Theil and Sen's: the median of the slopes between all pairs of points. A nightly job that fills and
//! empties a directory, or one large copy, does not move it. Two rates are looked at:
//!
//! - the **week's**: of the last 7 days, with at least 24 hours and 6 points, if the last two days went the same way. A
//!   copy made on Monday must not be a forecast on Friday.
//! - the **day's**: of the last 24 hours, if the last 6 went the same way. It counts only if it would fill the
//!   filesystem within [`RUNAWAY`]: this is the log file that runs away, which a week's median does not see.
//!
//! The earlier of both is told. It follows that a fuller last point never makes the forecast later.

use hob_base::Timestamp;
use std::time::Duration;

/// One hour.
const HOUR: Duration = Duration::from_secs(3600);
/// The window of the week's rate.
const WEEK: Duration = Duration::from_secs(7 * 86_400);
/// The window of the day's rate.
const DAY: Duration = Duration::from_secs(86_400);
/// The day's rate counts only if the filesystem would be full within this.
pub(crate) const RUNAWAY: Duration = Duration::from_secs(2 * 86_400);
/// Nothing is foretold from fewer points.
const POINTS_MIN: usize = 6;
/// Of more points every second, third ... is taken: 120 points have 7140 pairs.
const POINTS_MAX: usize = 120;
/// The recent past must show at least this share of the rate.
const RECENT_SHARE_MIN: f64 = 0.25;
/// Later than this is "not in sight".
const HORIZON: Duration = Duration::from_secs(5 * 365 * 86_400);

/// How full a filesystem was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Point {
    /// When.
    pub(crate) at: Timestamp,
    /// In use, in bytes.
    pub(crate) used_bytes: u64,
    /// Available, in bytes.
    pub(crate) available_bytes: u64,
}

/// When it will be full, if it goes on like this.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Forecast {
    /// From the last point to full.
    pub(crate) full_in: Duration,
    /// At which rate the space shrinks.
    pub(crate) bytes_per_day: f64,
}

/// Foretells from points in order of time. `None` when there is too little to go by, or when it does not fill.
pub(crate) fn forecast(points: &[Point]) -> Option<Forecast> {
    let last = points.last()?;
    let week = steady_rate(points, WEEK, DAY, 2 * DAY);
    let day = steady_rate(points, DAY, DAY.saturating_sub(HOUR), 6 * HOUR);
    let week = week.and_then(|rate| until_full(last, rate, HORIZON));
    let day = day.and_then(|rate| until_full(last, rate, RUNAWAY));
    match (week, day) {
        (Some(week), Some(day)) if day.full_in < week.full_in => Some(day),
        (Some(week), _) => Some(week),
        (None, day) => day,
    }
}

fn until_full(last: &Point, bytes_per_ms: f64, within: Duration) -> Option<Forecast> {
    let ms = last.available_bytes as f64 / bytes_per_ms;
    (ms <= within.as_millis() as f64).then(|| Forecast {
        full_in: Duration::from_millis(ms as u64),
        bytes_per_day: bytes_per_ms * DAY.as_millis() as f64,
    })
}

/// Bytes lost per millisecond over `window`, if at least `span` of it is known and if the last `recent` shows it too.
fn steady_rate(points: &[Point], window: Duration, span: Duration, recent: Duration) -> Option<f64> {
    let last = points.last()?;
    let points = &points[points.partition_point(|point| point.at < last.at.minus(window))..];
    let first = points.first()?;
    if points.len() < POINTS_MIN || last.at.since(first.at) < span {
        return None;
    }
    let rate = -median_slope(points)?;
    if rate <= 0.0 {
        return None;
    }
    let from = &points[points.partition_point(|point| point.at < last.at.minus(recent))];
    let lost = from.available_bytes as f64 - last.available_bytes as f64;
    let expected = rate * last.at.since(from.at).as_millis() as f64;
    (lost > 0.0 && lost >= RECENT_SHARE_MIN * expected).then_some(rate)
}

/// Theil and Sen's slope of the available space, in bytes per millisecond.
fn median_slope(points: &[Point]) -> Option<f64> {
    let step = points.len().div_ceil(POINTS_MAX).max(1);
    // From the last backwards, so that the present is always in it.
    let thinned: Vec<&Point> = points.iter().rev().step_by(step).collect();
    let mut slopes = Vec::with_capacity(thinned.len() * thinned.len() / 2);
    for (i, later) in thinned.iter().enumerate() {
        for earlier in &thinned[i + 1..] {
            let ms = later.at.since(earlier.at).as_millis();
            if ms > 0 {
                let change = later.available_bytes as f64 - earlier.available_bytes as f64;
                slopes.push(change / ms as f64);
            }
        }
    }
    let middle = slopes.len() / 2;
    if slopes.is_empty() {
        return None;
    }
    let (_, median, _) = slopes.select_nth_unstable_by(middle, f64::total_cmp);
    Some(*median)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GB: u64 = 1_000_000_000;

    /// One point an hour; `available` says how many GB are free at that hour.
    fn hourly(hours: u64, available: impl Fn(u64) -> u64) -> Vec<Point> {
        (0..hours)
            .map(|hour| Point {
                at: Timestamp::from_millis(1_795_000_000_000).plus(HOUR * hour as u32),
                used_bytes: 0,
                available_bytes: available(hour) * GB,
            })
            .collect()
    }

    fn days(points: &[Point]) -> Option<f64> {
        forecast(points).map(|forecast| forecast.full_in.as_secs_f64() / 86_400.0)
    }

    #[test]
    fn steady_growth_is_foretold() {
        // 24 GB a day, 240 GB left at the last of 100 hours.
        let points = hourly(100, |hour| 339 - hour);
        assert!((days(&points).unwrap() - 10.0).abs() < 0.01);
        assert!((forecast(&points).unwrap().bytes_per_day / GB as f64 - 24.0).abs() < 0.01);
    }

    #[test]
    fn growth_by_a_step_each_night_is_foretold() {
        let points = hourly(7 * 24, |hour| 300 - 10 * (hour / 24));
        assert!((20.0..40.0).contains(&days(&points).unwrap()), "{:?}", days(&points));
    }

    #[test]
    fn one_large_copy_is_no_forecast() {
        assert_eq!(days(&hourly(168, |hour| if hour < 80 { 500 } else { 100 })), None);
    }

    #[test]
    fn what_fills_and_empties_every_night_is_no_forecast() {
        assert_eq!(days(&hourly(168, |hour| if hour % 24 < 3 { 20 } else { 100 })), None);
    }

    #[test]
    fn a_runaway_is_seen_within_a_day_although_the_week_was_quiet() {
        let points = hourly(168, |hour| if hour < 148 { 500 } else { 500 - 20 * (hour - 148) });
        assert!(days(&points).unwrap() < 1.0);
    }

    #[test]
    fn too_little_is_no_forecast() {
        assert_eq!(days(&[]), None);
        assert_eq!(days(&hourly(20, |hour| 100 - hour)), None);
        let two_days_apart: Vec<Point> = hourly(49, |hour| 100 - hour).into_iter().step_by(12).collect();
        assert_eq!(two_days_apart.len(), 5);
        assert_eq!(days(&two_days_apart), None);
    }

    proptest! {
        #[test]
        fn a_fuller_last_point_never_makes_it_later(
            available in proptest::collection::vec(0u64..1000, 1..200),
            less in 0u64..1000,
        ) {
            let points = hourly(available.len() as u64, |hour| available[hour as usize]);
            let mut fuller = points.clone();
            let last = fuller.last_mut().unwrap();
            last.available_bytes = last.available_bytes.saturating_sub(less * GB);
            if let Some(before) = days(&points) {
                prop_assert!(days(&fuller).is_some_and(|after| after <= before + 1e-9));
            }
        }

        #[test]
        fn the_faster_it_fills_the_sooner_it_is_full(slow in 1u64..50, more in 0u64..50) {
            let at_rate = |rate: u64| days(&hourly(60, |hour| 10_000 - rate * hour));
            prop_assert!(at_rate(slow + more).unwrap() <= at_rate(slow).unwrap() + 1e-9);
        }

        #[test]
        fn any_points_are_survived(
            raw in proptest::collection::vec((any::<i64>(), any::<u64>()), 0..40)
        ) {
            let mut points: Vec<Point> = raw
                .iter()
                .map(|(at, available_bytes)| Point {
                    at: Timestamp::from_millis(*at),
                    used_bytes: 0,
                    available_bytes: *available_bytes,
                })
                .collect();
            points.sort_by_key(|point| point.at);
            let _ = forecast(&points);
        }
    }
}
