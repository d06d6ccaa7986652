//! How long a probe may take.

use std::time::Duration;

use tokio::time::Instant;

/// How much time one probe may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The whole probe. Default: 10 seconds.
    pub total: Duration,
    /// Each of resolving the name, connecting (to all addresses together) and the TLS handshake.
    /// Default: 5 seconds.
    pub phase: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { total: Duration::from_secs(10), phase: Duration::from_secs(5) }
    }
}

/// When a probe which has begun must end, and how long one phase of it may take.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    end: Instant,
    phase: Duration,
}

impl Deadline {
    /// The deadline of a probe which begins now.
    #[must_use]
    pub fn from_now(limits: &Limits) -> Self {
        Self { end: later(Instant::now(), limits.total), phase: limits.phase }
    }

    /// A probe which must end at `end`, whatever the phase.
    #[must_use]
    pub fn at(end: Instant) -> Self {
        Self { end, phase: Duration::MAX }
    }

    /// When the whole probe must end.
    #[must_use]
    pub fn end(&self) -> Instant {
        self.end
    }

    /// When a phase which begins now must end.
    #[must_use]
    pub fn phase_end(&self) -> Instant {
        self.end_of_phase(Instant::now())
    }

    fn end_of_phase(&self, start: Instant) -> Instant {
        self.end.min(later(start, self.phase))
    }
}

/// A moment later, or one far off where the sum is beyond what the clock can hold.
fn later(start: Instant, time: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(30 * 365 * 86_400);
    start + time.min(FAR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_ends_with_the_whole() {
        let (phase, total) = (Duration::from_secs(5), Duration::from_secs(7));
        let deadline = Deadline::from_now(&Limits { total, phase });
        let start = deadline.end() - total;
        assert_eq!(deadline.end_of_phase(start), start + phase);
        assert_eq!(deadline.end_of_phase(start + phase), start + total);
        assert_eq!(Deadline::at(start + total).phase_end(), start + total);
    }

    #[test]
    fn any_time_is_a_limit() {
        let deadline = Deadline::from_now(&Limits { total: Duration::MAX, phase: Duration::MAX });
        assert!(deadline.phase_end() > Instant::now());
    }
}
