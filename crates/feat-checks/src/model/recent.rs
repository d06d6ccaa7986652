//! The last response times of every check, for its resource's page only: they change with every probe and are no facts.

use hob_base::{ResourceId, Timestamp};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many probes are remembered for each check.
pub(crate) const RECENT_MAX: usize = 60;

/// One probe, as the page shows it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sample {
    /// When it ended.
    pub(crate) at: Timestamp,
    /// How long it took.
    pub(crate) took: Duration,
    /// Whether there was an answer that is well.
    pub(crate) well: bool,
}

/// The last probes of every check.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<HashMap<ResourceId, Known>>);

#[derive(Debug, Default)]
struct Known {
    samples: VecDeque<Sample>,
    /// What came of the last one, in words.
    words: Box<str>,
}

impl Recent {
    /// Adds one; the oldest makes room.
    pub(crate) fn add(&self, id: &ResourceId, sample: Sample) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ring = &mut map.entry(id.clone()).or_default().samples;
        if ring.len() >= RECENT_MAX {
            ring.pop_front();
        }
        ring.push_back(sample);
    }

    /// Drops what is known of a check that is no more.
    pub(crate) fn forget(&self, id: &ResourceId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }

    /// The last probes, oldest first.
    pub(crate) fn of(&self, id: &ResourceId) -> Vec<Sample> {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.get(id).map(|known| known.samples.iter().copied().collect()).unwrap_or_default()
    }

    /// Keeps what came of the last probe, in words.
    pub(crate) fn keep_words(&self, id: &ResourceId, words: String) {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.entry(id.clone()).or_default().words = words.into();
    }

    /// What came of the last probe, in words; empty before the first.
    pub(crate) fn words(&self, id: &ResourceId) -> String {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        map.get(id).map(|known| known.words.to_string()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_ones_are_kept_and_a_check_that_is_gone_leaves_nothing() {
        let (recent, id) = (Recent::default(), ResourceId::new("service", "nas", "80"));
        for n in 0..100 {
            let at = Timestamp::from_millis(n);
            recent.add(&id, Sample { at, took: Duration::from_millis(5), well: true });
        }
        let samples = recent.of(&id);
        assert_eq!(samples.len(), RECENT_MAX);
        assert_eq!((samples[0].at.millis(), samples[59].at.millis()), (40, 99));
        recent.keep_words(&id, "It answers.".to_owned());
        assert_eq!(recent.words(&id), "It answers.");
        recent.forget(&id);
        assert!(recent.words(&id).is_empty());
        assert!(recent.of(&id).is_empty());
    }
}
