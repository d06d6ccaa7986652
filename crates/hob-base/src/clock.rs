//! Time as an argument: wall clock for people, monotonic clock for deadlines, both under a test's control.

use crate::resource::Moment;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// Milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970.
    pub const fn from_millis(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This much later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This much earlier.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The time from `earlier` to this; zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// RFC 3339 in UTC, as the API gives it.
    pub fn rfc3339(self) -> String {
        self.zoned(&TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
    }

    /// `14:02` in the given zone.
    pub fn clock_time(self, zone: &TimeZone) -> String {
        self.zoned(zone).strftime("%H:%M").to_string()
    }

    /// `23 Nov 2026, 14:02` in the given zone.
    pub fn date_time(self, zone: &TimeZone) -> String {
        self.zoned(zone).strftime("%-d %b %Y, %H:%M").to_string()
    }

    /// The same moment in a zone. Moments outside the years jiff knows become the nearest it does.
    pub fn zoned(self, zone: &TimeZone) -> jiff::Zoned {
        let limit = if self.0 < 0 { jiff::Timestamp::MIN } else { jiff::Timestamp::MAX };
        jiff::Timestamp::from_millisecond(self.0).unwrap_or(limit).to_zoned(zone.clone())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// Where all time in Hob comes from. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Clock(Inner);

#[derive(Debug, Clone)]
enum Inner {
    System { start: tokio::time::Instant },
    Fake(Arc<FakeTime>),
}

#[derive(Debug)]
struct FakeTime {
    wall: Mutex<Timestamp>,
    monotonic: watch::Sender<Duration>,
}

impl Clock {
    /// The real clock.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the operating system")]
    pub fn system() -> Self {
        Self(Inner::System { start: std::time::Instant::now().into() })
    }

    /// A clock that stands still until it is told to go on.
    pub fn fake(start: Timestamp) -> Self {
        Self(Inner::Fake(Arc::new(FakeTime {
            wall: Mutex::new(start),
            monotonic: watch::Sender::new(Duration::ZERO),
        })))
    }

    /// The wall clock.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that asks the operating system")]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Inner::System { .. } => {
                let since =
                    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
            Inner::Fake(fake) => *fake.wall.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// Time since this clock was made; never goes back.
    pub fn monotonic(&self) -> Duration {
        match &self.0 {
            Inner::System { start } => start.elapsed(),
            Inner::Fake(fake) => *fake.monotonic.borrow(),
        }
    }

    /// Both clocks at once.
    pub fn moment(&self) -> Moment {
        Moment { wall: self.now(), monotonic: self.monotonic() }
    }

    /// Waits for `duration` of monotonic time.
    pub async fn sleep(&self, duration: Duration) {
        match &self.0 {
            Inner::System { .. } => tokio::time::sleep(duration).await,
            Inner::Fake(fake) => {
                let mut ticks = fake.monotonic.subscribe();
                let end = ticks.borrow_and_update().saturating_add(duration);
                // The sender lives in `self`, so waiting cannot fail while this future is polled.
                let _ = ticks.wait_for(|now| *now >= end).await;
            }
        }
    }

    /// Lets a fake clock run forward and wakes its sleepers; a real clock is not moved.
    pub fn advance(&self, duration: Duration) {
        if let Inner::Fake(fake) = &self.0 {
            let mut wall = fake.wall.lock().unwrap_or_else(PoisonError::into_inner);
            *wall = wall.plus(duration);
            drop(wall);
            fake.monotonic.send_modify(|now| *now += duration);
        }
    }

    /// Makes a fake wall clock jump, as after a wrong battery or a late NTP answer; monotonic time is not touched.
    pub fn jump_to(&self, wall: Timestamp) {
        if let Inner::Fake(fake) = &self.0 {
            *fake.wall.lock().unwrap_or_else(PoisonError::into_inner) = wall;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_utc_and_for_people() {
        let t = Timestamp::from_millis(1_795_444_920_123);
        assert_eq!(t.rfc3339(), "2026-11-23T14:42:00.123Z");
        assert_eq!(t.date_time(&TimeZone::UTC), "23 Nov 2026, 14:42");
    }

    #[test]
    fn absurd_times_do_not_panic() {
        for ms in [i64::MIN, -1, i64::MAX] {
            let _ = Timestamp::from_millis(ms).rfc3339();
        }
        assert_eq!(Timestamp::from_millis(5).since(Timestamp::from_millis(9)), Duration::ZERO);
    }

    #[tokio::test]
    async fn a_fake_clock_wakes_sleepers_only_when_told() {
        let clock = Clock::fake(Timestamp::from_millis(0));
        let sleeper = clock.sleep(Duration::from_secs(5));
        tokio::pin!(sleeper);
        tokio::select! {
            biased;
            () = &mut sleeper => panic!("woke too early"),
            () = tokio::task::yield_now() => {}
        }
        clock.advance(Duration::from_secs(5));
        sleeper.await;
        assert_eq!(clock.now().millis(), 5000);
        clock.jump_to(Timestamp::from_millis(1));
        assert_eq!(clock.monotonic(), Duration::from_secs(5));
    }
}
