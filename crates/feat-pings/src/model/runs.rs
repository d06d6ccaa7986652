//! How long a job usually takes, and whether a run was unusual.

use hob_base::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

/// How many runs are remembered.
pub(crate) const RUNS_KEPT: usize = 30;
/// Fewer runs than this say nothing of what is usual.
const RUNS_MIN: usize = 5;
/// An unusual run takes at least this many times as long as usual, or usual takes that many times as long as it.
const FACTOR: f64 = 2.0;
/// And it differs by at least this time.
const DIFFERENCE: Duration = Duration::from_secs(60);
/// And by this many deviations, where the runs differ among themselves: 3 standard deviations, if they were normal.
const DEVIATIONS: f64 = 3.0 * 1.4826;

/// One run that went well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(Timestamp, u32)", into = "(Timestamp, u32)")]
pub(crate) struct Run {
    /// When it ended.
    pub(crate) at: Timestamp,
    /// How long it took, in milliseconds.
    pub(crate) ms: u32,
}

// Thirty of them are written with every ping: as pairs they are half as long.
impl From<(Timestamp, u32)> for Run {
    fn from((at, ms): (Timestamp, u32)) -> Self {
        Self { at, ms }
    }
}

impl From<Run> for (Timestamp, u32) {
    fn from(run: Run) -> Self {
        (run.at, run.ms)
    }
}

/// A run that was not as usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unusual {
    /// How long it took, in milliseconds.
    pub(crate) took_ms: u32,
    /// How long it usually takes, in milliseconds.
    pub(crate) usual_ms: u32,
}

/// How long a run usually takes: the median, in milliseconds. `None` when too little is known.
pub(crate) fn usual(runs: &VecDeque<Run>) -> Option<u32> {
    (runs.len() >= RUNS_MIN).then(|| median(runs.iter().map(|run| run.ms).collect()))
}

/// Whether a run was unusual, by the runs before it.
///
/// The measure is the median and the median absolute deviation, which one odd run does not move. A job whose run time
/// changed for good is usual again once most of the remembered runs are of the new kind.
pub(crate) fn judge_run(before: &VecDeque<Run>, took_ms: u32) -> Option<Unusual> {
    let usual_ms = usual(before)?;
    let deviation = median(before.iter().map(|run| run.ms.abs_diff(usual_ms)).collect());
    let (took, usual) = (f64::from(took_ms), f64::from(usual_ms));
    let difference = (took - usual).abs();
    let odd = took.max(usual) >= FACTOR * took.min(usual)
        && difference >= DIFFERENCE.as_millis() as f64
        && difference > DEVIATIONS * f64::from(deviation);
    odd.then_some(Unusual { took_ms, usual_ms })
}

/// The middle value; of two the lower. Zero of nothing.
fn median(mut values: Vec<u32>) -> u32 {
    let middle = values.len().saturating_sub(1) / 2;
    if values.is_empty() {
        return 0;
    }
    *values.select_nth_unstable(middle).1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn runs(seconds: &[u32]) -> VecDeque<Run> {
        seconds.iter().map(|s| Run { at: Timestamp::default(), ms: s * 1000 }).collect()
    }

    fn odd(before: &[u32], took: u32) -> bool {
        judge_run(&runs(before), took * 1000).is_some()
    }

    #[test]
    fn a_run_is_unusual_by_factor_difference_and_spread() {
        let steady = [840, 830, 850, 845, 835];
        assert!(odd(&steady, 1700) && odd(&steady, 400), "twice as long, half as long");
        assert!(!odd(&steady, 1600) && !odd(&steady, 500), "not twice");
        assert!(!odd(&[10; 9], 69), "less than a minute of difference says nothing");
        assert!(odd(&[10; 9], 70));
        assert!(odd(&[70; 9], 0), "a run that does nothing");
        assert!(!odd(&[840; 4], 9000), "four runs say nothing");
        let wild = [60, 600, 120, 900, 300, 1800, 90];
        assert!(!odd(&wild, 1300), "where every run is different, none is unusual");
    }

    #[test]
    fn one_odd_run_moves_nothing_and_a_lasting_change_becomes_usual() {
        assert!(odd(&[100, 100, 100, 100, 100, 9000], 9000));
        assert!(!odd(&[100, 100, 100, 9000, 9000, 9000, 9000], 9000));
        assert_eq!(usual(&runs(&[1, 2, 3, 4])), None);
        assert_eq!(usual(&runs(&[5, 1, 4, 2, 3])), Some(3000));
    }

    proptest! {
        #[test]
        fn what_is_within_a_minute_or_a_factor_is_never_unusual(before in prop::collection::vec(0_u32..100_000, 0..30), took in 0_u32..100_000) {
            let before = runs(&before);
            if let Some(unusual) = judge_run(&before, took * 1000) {
                let (a, b) = (unusual.took_ms.max(unusual.usual_ms), unusual.took_ms.min(unusual.usual_ms));
                prop_assert!(before.len() >= 5 && a - b >= 60_000 && a >= 2 * b);
            }
        }
    }
}
