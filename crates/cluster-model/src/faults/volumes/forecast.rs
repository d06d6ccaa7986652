//! When a volume will be full: the median of the slopes between measurements (Theil and Sen), which a single clean-up or
//! a burst of writing does not turn.

use crate::settings::Usage;

/// How soon is soon, in milliseconds.
pub(super) const SOON_MS: i64 = 4 * 86_400_000;

/// How long measurements must span, in milliseconds, and how many there must be.
const SPAN_MIN_MS: i64 = 20 * 3_600_000;
const SAMPLES_MIN: usize = 6;

/// The most measurements that are compared with each other.
const SAMPLES_MAX: usize = 64;

/// In how many milliseconds it will be full at its present pace; none where it does not grow or that cannot be told.
pub(super) fn full_in_ms(usage: &Usage) -> Option<i64> {
    let mut samples = usage.earlier.clone();
    samples.push((usage.measured_ms, usage.used_bytes));
    samples.sort_unstable();
    let samples = thinned(&samples);
    let (first, last) = (samples.first()?, samples.last()?);
    if samples.len() < SAMPLES_MIN || last.0.saturating_sub(first.0) < SPAN_MIN_MS {
        return None;
    }
    let slopes = slopes(&samples);
    let middle = *slopes.get(slopes.len() / 2)?;
    // Where a third of the pairs does not grow, it is no steady growth.
    let steady = *slopes.get(slopes.len() / 3)?;
    if middle <= 0.0 || steady <= 0.0 {
        return None;
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "a forecast needs no more digits than a double has; the cast back saturates"
    )]
    let ms = (usage.capacity_bytes.saturating_sub(usage.used_bytes).max(0) as f64 / middle) as i64;
    Some(ms)
}

/// At most so many of them, evenly chosen, the last among them.
fn thinned(samples: &[(i64, i64)]) -> Vec<(i64, i64)> {
    let step = samples.len().div_ceil(SAMPLES_MAX).max(1);
    let mut chosen: Vec<(i64, i64)> = samples.iter().rev().step_by(step).copied().collect();
    chosen.reverse();
    chosen
}

/// Bytes per millisecond between all pairs, in order.
fn slopes(samples: &[(i64, i64)]) -> Vec<f64> {
    let mut slopes = Vec::new();
    for (index, (from, low)) in samples.iter().enumerate() {
        for (until, high) in samples.iter().skip(index + 1).filter(|(until, _)| until > from) {
            #[expect(
                clippy::cast_precision_loss,
                reason = "a forecast needs no more digits than a double has"
            )]
            slopes.push(high.saturating_sub(*low) as f64 / until.saturating_sub(*from) as f64);
        }
    }
    slopes.sort_by(f64::total_cmp);
    slopes
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn usage(used: impl Fn(i64) -> i64) -> Usage {
        Usage {
            measured_ms: 48 * HOUR,
            used_bytes: used(48),
            capacity_bytes: 1000,
            earlier: (0..48).map(|hour| (hour * HOUR, used(hour))).collect(),
            ..Usage::default()
        }
    }

    #[test]
    fn steady_growth_is_foretold() {
        // 10 an hour, 480 used: 52 hours are left.
        assert_eq!(full_in_ms(&usage(|hour| hour * 10)), Some(52 * HOUR));
    }

    #[test]
    fn one_burst_or_a_sawtooth_is_no_growth() {
        assert_eq!(full_in_ms(&usage(|hour| if hour == 48 { 700 } else { 100 })), None);
        assert_eq!(full_in_ms(&usage(|hour| 500 + hour % 12 * 10)), None);
        assert_eq!(full_in_ms(&usage(|hour| 900 - hour)), None);
    }

    #[test]
    fn a_clean_up_in_between_does_not_hide_growth() {
        let found = full_in_ms(&usage(|hour| if hour < 6 { 300 + hour * 10 } else { hour * 10 })).unwrap();
        assert!(found > 40 * HOUR && found < 80 * HOUR, "{}", found / HOUR);
    }

    #[test]
    fn a_few_measurements_tell_nothing() {
        let few = Usage {
            earlier: vec![(0, 10), (HOUR, 20)],
            measured_ms: 2 * HOUR,
            used_bytes: 30,
            capacity_bytes: 100,
            ..Usage::default()
        };
        assert_eq!(full_in_ms(&few), None);
    }
}
