//! The last hour, a value every ten seconds, in memory only: 360 values of four bytes for each figure.

use std::collections::VecDeque;
use std::time::Duration;

/// From one value to the next.
pub(crate) const STEP: Duration = Duration::from_secs(10);
/// One hour of them.
pub(crate) const VALUES_MAX: usize = 360;

/// What a pass read. `None` leaves a gap.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Sample {
    /// CPU in use, 0 to 100.
    pub(crate) cpu_percent: Option<f64>,
    /// Memory in use, 0 to 100.
    pub(crate) memory_percent: Option<f64>,
    /// Received, in bytes per second.
    pub(crate) rx_bytes_per_s: Option<f64>,
    /// Sent, in bytes per second.
    pub(crate) tx_bytes_per_s: Option<f64>,
    /// The hottest sensor.
    pub(crate) celsius: Option<f64>,
}

/// Values at equal distances, oldest first; NaN where nothing is known.
#[derive(Debug, Default)]
pub(crate) struct Ring(VecDeque<f32>);

impl Ring {
    fn push(&mut self, value: f32) {
        if self.0.len() >= VALUES_MAX {
            self.0.pop_front();
        }
        self.0.push_back(value);
    }

    fn replace_last(&mut self, value: f32) {
        if let Some(last) = self.0.back_mut() {
            *last = value;
        }
    }

    /// All values, oldest first; NaN where nothing is known.
    pub(crate) fn values(&self) -> Vec<f32> {
        self.0.iter().copied().collect()
    }

    /// The newest value, if it is known.
    pub(crate) fn last(&self) -> Option<f64> {
        self.0.back().filter(|value| value.is_finite()).map(|value| f64::from(*value))
    }

    /// The greatest value; zero where nothing is known.
    pub(crate) fn greatest(&self) -> f64 {
        f64::from(self.0.iter().copied().filter(|value| value.is_finite()).fold(0.0, f32::max))
    }

    /// Whether nothing is known at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|value| value.is_nan())
    }
}

/// The last hour of one machine.
#[derive(Debug, Default)]
pub(crate) struct Recent {
    slot: Option<u64>,
    /// CPU in use, 0 to 100.
    pub(crate) cpu_percent: Ring,
    /// Memory in use, 0 to 100.
    pub(crate) memory_percent: Ring,
    /// Received, in bytes per second.
    pub(crate) rx_bytes_per_s: Ring,
    /// Sent, in bytes per second.
    pub(crate) tx_bytes_per_s: Ring,
    /// The hottest sensor, in degrees Celsius.
    pub(crate) celsius: Ring,
}

impl Recent {
    /// Adds what was read at a moment of the monotonic clock. A pass comes a little later each time, so that now and then
    /// one place is left out; that one gets the same value, more of them are a gap.
    pub(crate) fn push(&mut self, at: Duration, sample: Sample) {
        let slot = at.as_secs() / STEP.as_secs();
        let missed = match self.slot {
            None => 0,
            Some(last) if slot <= last => return self.each(sample, Ring::replace_last),
            Some(last) => slot - last - 1,
        };
        self.slot = Some(slot);
        let filling = if missed == 1 { sample } else { Sample::default() };
        for _ in 0..missed.min(VALUES_MAX as u64) {
            self.each(filling, Ring::push);
        }
        self.each(sample, Ring::push);
    }

    fn each(&mut self, sample: Sample, put: impl Fn(&mut Ring, f32)) {
        let value = |figure: Option<f64>| figure.map_or(f32::NAN, |figure| figure as f32);
        put(&mut self.cpu_percent, value(sample.cpu_percent));
        put(&mut self.memory_percent, value(sample.memory_percent));
        put(&mut self.rx_bytes_per_s, value(sample.rx_bytes_per_s));
        put(&mut self.tx_bytes_per_s, value(sample.tx_bytes_per_s));
        put(&mut self.celsius, value(sample.celsius));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cpu(percent: f64) -> Sample {
        Sample { cpu_percent: Some(percent), ..Sample::default() }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_late_pass_leaves_no_hole_and_a_missing_one_does() {
        let mut recent = Recent::default();
        recent.push(at(0), cpu(1.0));
        recent.push(at(20), cpu(2.0));
        recent.push(at(50), cpu(3.0));
        recent.push(at(51), cpu(4.0));
        let values: Vec<Option<f32>> =
            recent.cpu_percent.values().into_iter().map(|v| v.is_finite().then_some(v)).collect();
        assert_eq!(values, [Some(1.0), Some(2.0), Some(2.0), None, None, Some(4.0)]);
        assert_eq!((recent.cpu_percent.last(), recent.cpu_percent.greatest()), (Some(4.0), 4.0));
        assert!(recent.celsius.is_empty());
    }

    proptest! {
        #[test]
        fn it_never_holds_more_than_an_hour(moments in proptest::collection::vec(0u64..100_000, 0..60)) {
            let mut recent = Recent::default();
            for moment in moments {
                recent.push(at(moment), cpu(5.0));
                prop_assert!(recent.cpu_percent.values().len() <= VALUES_MAX);
            }
        }
    }
}
