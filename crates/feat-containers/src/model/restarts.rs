//! Who comes and goes: engines count restarts since a container was made, which says nothing of now.

use std::collections::{BTreeMap, VecDeque};

/// So many restarts within [`SPAN_MS`] are a loop.
const LOOP: usize = 3;
/// Within so long.
const SPAN_MS: i64 = 10 * 60_000;
/// So many ends of one container are remembered.
const KEPT: usize = 20;

/// The ends of containers that were seen.
#[derive(Debug, Default)]
pub(crate) struct Restarts(BTreeMap<String, VecDeque<End>>);

#[derive(Debug, Clone, Copy)]
struct End {
    at_ms: i64,
    code: i64,
    out_of_memory: bool,
}

/// That a container comes and goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Loop {
    /// How often it ended of late.
    pub(crate) times: i64,
    /// Within how long.
    pub(crate) span_ms: i64,
    /// The code with which it ended last.
    pub(crate) code: i64,
    /// Whether its memory ran out.
    pub(crate) out_of_memory: bool,
}

impl Restarts {
    /// Takes in that a container ended, and with which code. The same end may be told twice.
    pub(crate) fn ended(&mut self, id: &str, at_ms: i64, code: i64) {
        let ends = self.0.entry(id.to_owned()).or_default();
        // The engine's clock was set back: what lies that far ahead tells nothing of now.
        ends.retain(|end| end.at_ms - at_ms <= SPAN_MS);
        if ends.back().is_some_and(|last| last.at_ms >= at_ms) {
            return;
        }
        ends.push_back(End { at_ms, code, out_of_memory: false });
        if ends.len() > KEPT {
            ends.pop_front();
        }
    }

    /// Takes in that the memory of a container ran out; the end comes before or after that.
    pub(crate) fn ran_out_of_memory(&mut self, id: &str, at_ms: i64) {
        if let Some(last) = self.0.get_mut(id).and_then(VecDeque::back_mut) {
            last.out_of_memory |= (last.at_ms - at_ms).abs() < 10_000;
        }
    }

    /// Forgets all but these.
    pub(crate) fn keep(&mut self, is_there: impl Fn(&str) -> bool) {
        self.0.retain(|id, _| is_there(id));
    }

    /// Whether a container comes and goes at this time.
    pub(crate) fn loop_of(&self, id: &str, now_ms: i64) -> Option<Loop> {
        let ends = self.0.get(id)?;
        let recent: Vec<&End> = ends.iter().filter(|end| (now_ms - end.at_ms).abs() <= SPAN_MS).collect();
        let (first, last) = (recent.first()?, recent.last()?);
        (recent.len() >= LOOP).then(|| Loop {
            times: i64::try_from(recent.len()).unwrap_or(i64::MAX),
            span_ms: (now_ms - first.at_ms).max(1000),
            code: last.code,
            out_of_memory: last.out_of_memory,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_ahead_makes_no_loop_and_hides_none() {
        let mut restarts = Restarts::default();
        let ahead = 1_000 * SPAN_MS;
        for n in 0..3 {
            restarts.ended("a", ahead + n * 1_000, 1);
        }
        assert_eq!(restarts.loop_of("a", 5_000), None, "that is not now");
        for n in 1..=3 {
            restarts.ended("a", n * 1_000, 2);
        }
        assert_eq!(restarts.loop_of("a", 5_000).map(|found| (found.times, found.code)), Some((3, 2)));
    }

    #[test]
    fn three_ends_in_ten_minutes_are_a_loop_and_pass() {
        let mut restarts = Restarts::default();
        restarts.ended("a", 1_000, 1);
        restarts.ended("a", 1_000, 1);
        restarts.ended("a", 61_000, 1);
        assert_eq!(restarts.loop_of("a", 62_000), None);
        restarts.ended("a", 121_000, 137);
        restarts.ran_out_of_memory("a", 121_500);
        let found = restarts.loop_of("a", 122_000).unwrap();
        assert_eq!(found, Loop { times: 3, span_ms: 121_000, code: 137, out_of_memory: true });
        assert_eq!(restarts.loop_of("a", 122_000 + SPAN_MS), None);
        assert_eq!(restarts.loop_of("b", 0), None);
        restarts.keep(|id| id != "a");
        assert_eq!(restarts.loop_of("a", 122_000), None);
    }
}
