//! What is out again and again, each time for too short to be an incident: such times add up, and are forgotten while it
//! is well. Otherwise a service that fails every other time would never be an incident.

use std::time::Duration;

/// It is forgotten so many times slower than it adds up: what is out for more than a fifth of the time is noticed.
const FORGOTTEN: u32 = 4;

/// For how long something was out lately, without an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unrest {
    was_out: Duration,
    /// Until when, by the monotonic clock.
    until: Duration,
}

impl Unrest {
    /// What is left of something that was out from `seen_at` until `now`; `None` when that was as long as it takes to be
    /// an incident: then it was one, and the next begins anew.
    pub(crate) fn after(seen_at: Duration, now: Duration, damping: Duration) -> Option<Self> {
        let was_out = now.saturating_sub(seen_at);
        (was_out < damping).then_some(Self { was_out, until: now })
    }

    /// How much of it still counts.
    pub(crate) fn left(&self, now: Duration) -> Duration {
        self.was_out.saturating_sub(now.saturating_sub(self.until) / FORGOTTEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many times of being out for `out` and well for `well` seconds it has been out for 30.
    fn times(out: u64, well: u64) -> Option<usize> {
        let (s, damping) = (Duration::from_secs, Duration::from_secs(30));
        let (mut now, mut unrest) = (Duration::ZERO, None::<Unrest>);
        for n in 1..100 {
            let seen_at = now.saturating_sub(unrest.map_or(Duration::ZERO, |unrest| unrest.left(now)));
            now += s(out);
            unrest = Unrest::after(seen_at, now, damping);
            if unrest.is_none() {
                return Some(n);
            }
            now += s(well);
        }
        None
    }

    #[test]
    fn what_is_out_much_of_the_time_is_noticed_and_what_rarely_is_is_not() {
        for (out, well, expected) in
            [(30, 0, Some(1)), (20, 20, Some(2)), (5, 5, Some(8)), (20, 80, None), (5, 60, None)]
        {
            assert_eq!(times(out, well), expected, "{out} s out, {well} s well");
        }
    }
}
