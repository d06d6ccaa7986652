//! How much somebody may use up: buckets that fill again, and counters of a day. Time is an argument.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How many visitors are remembered. Beyond it those seen longest ago start afresh.
const VISITORS_MAX: usize = 10_000;

/// So many at once, and one more after each interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refill {
    /// At once.
    pub(crate) size: u32,
    /// After which one more is there.
    pub(crate) every: Duration,
}

impl Refill {
    /// How many a day are possible in the long run.
    pub(crate) fn per_day(self) -> u64 {
        let every = self.every.as_millis().max(1);
        u64::try_from(86_400_000 / every).unwrap_or(u64::MAX)
    }
}

/// A bucket that begins full. It remembers one moment: when it will be full again (the “generic cell rate algorithm”).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Bucket {
    full_at: Duration,
}

impl Bucket {
    /// Takes one out.
    ///
    /// # Errors
    /// After how long there will be one.
    pub(crate) fn take(&mut self, now: Duration, refill: Refill) -> Result<(), Duration> {
        let full_at = self.full_at.max(now).saturating_add(refill.every);
        let latest = now.saturating_add(refill.every.saturating_mul(refill.size));
        if full_at > latest {
            return Err(full_at - latest);
        }
        self.full_at = full_at;
        Ok(())
    }

    /// How long until there is one; zero when there is.
    pub(crate) fn wait(mut self, now: Duration, refill: Refill) -> Duration {
        self.take(now, refill).err().unwrap_or_default()
    }

    /// How many are in it.
    #[cfg(test)]
    pub(crate) fn left(self, now: Duration, refill: Refill) -> u32 {
        let missing = self.full_at.saturating_sub(now).as_nanos();
        let every = refill.every.as_nanos().max(1);
        let missing = u32::try_from(missing.div_ceil(every)).unwrap_or(u32::MAX);
        refill.size.saturating_sub(missing)
    }
}

/// What was used up since midnight UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Daily {
    day: i64,
    used: u64,
}

impl Daily {
    /// Uses up `amount`, if it stays within the limit. Without a limit it only counts.
    pub(crate) fn take(&mut self, today: i64, amount: u64, limit: Option<u64>) -> bool {
        let used = self.used(today);
        let after = used.saturating_add(amount);
        if limit.is_some_and(|limit| after > limit) {
            return false;
        }
        *self = Self { day: today, used: after };
        true
    }

    /// What was used up today.
    pub(crate) fn used(&self, today: i64) -> u64 {
        if self.day == today { self.used } else { 0 }
    }
}

/// What was added within a span of time that moves along, such as the bytes of files that are removed after a while.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Lately(VecDeque<(u128, u64)>);

/// A span is looked at in so many parts.
const PARTS: u128 = 64;

impl Lately {
    /// Adds `amount`, if what was added within `span` stays within the limit. Without a limit it only counts.
    pub(crate) fn add(&mut self, now: Duration, span: Duration, amount: u64, limit: Option<u64>) -> bool {
        let part = now.as_millis() / (span.as_millis() / PARTS).max(1);
        while self.0.front().is_some_and(|(old, _)| old + PARTS < part) {
            self.0.pop_front();
        }
        let before = self.0.iter().fold(0_u64, |sum, (_, amount)| sum.saturating_add(*amount));
        if limit.is_some_and(|limit| before.saturating_add(amount) > limit) {
            return false;
        }
        match self.0.back_mut() {
            Some((last, sum)) if *last == part => *sum = sum.saturating_add(amount),
            _ => self.0.push_back((part, amount)),
        }
        true
    }
}

/// How many things happened in the last minute or so, for a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Recent {
    minute: u64,
    this: u32,
    last: u32,
}

impl Recent {
    /// Counts one.
    pub(crate) fn count(&mut self, now: Duration) {
        self.turn(now);
        self.this = self.this.saturating_add(1);
    }

    /// How many a second: those of this minute, and of the last one what of it is less than a minute ago.
    pub(crate) fn per_second(mut self, now: Duration) -> f64 {
        self.turn(now);
        let passed = (now.as_secs_f64() % 60.0) / 60.0;
        (f64::from(self.this) + f64::from(self.last) * (1.0 - passed)) / 60.0
    }

    fn turn(&mut self, now: Duration) {
        let minute = now.as_secs() / 60;
        if minute != self.minute {
            self.last = if minute == self.minute + 1 { self.this } else { 0 };
            (self.minute, self.this) = (minute, 0);
        }
    }
}

/// What one visitor has used up.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// Requests.
    pub(crate) requests: Bucket,
    /// E-mails.
    pub(crate) emails: Bucket,
    /// E-mails today.
    pub(crate) emails_today: Daily,
    /// Messages.
    pub(crate) messages: Daily,
    /// Bytes of attachments that are still kept.
    pub(crate) attachment_bytes: Lately,
    /// Wrong credentials.
    pub(crate) failures: Bucket,
    /// Subscriptions that are open.
    pub(crate) subscriptions: Arc<AtomicU32>,
    seen_at: Duration,
}

/// A place among somebody's subscriptions, given back when dropped.
#[derive(Debug)]
pub(crate) struct SubscriptionPlace(Arc<AtomicU32>);

impl SubscriptionPlace {
    /// Takes a place; `None` when all are taken.
    pub(crate) fn take(taken: &Arc<AtomicU32>, most: u32) -> Option<Self> {
        // The place gives itself back when it was one too many.
        let place = Self(taken.clone());
        (taken.fetch_add(1, Ordering::Relaxed) < most).then_some(place)
    }
}

impl Drop for SubscriptionPlace {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What everybody has used up, by whose limits count.
#[derive(Debug, Default)]
pub(crate) struct Meters(HashMap<String, Meter>);

impl Meters {
    /// The meter of a visitor, made when first asked for.
    pub(crate) fn of(&mut self, key: &str, now: Duration) -> &mut Meter {
        if self.0.len() >= VISITORS_MAX && !self.0.contains_key(key) {
            self.make_room();
        }
        let meter = self.0.entry(key.to_owned()).or_default();
        meter.seen_at = now;
        meter
    }

    /// Drops the oldest tenth at once, so that a flood does not search for the oldest each time. Who has subscriptions
    /// stays: the places know where to go back to. Their number is bounded by that of connections.
    fn make_room(&mut self) {
        let mut ages: Vec<Duration> = self.0.values().map(|meter| meter.seen_at).collect();
        let tenth = VISITORS_MAX / 10;
        if ages.len() <= tenth {
            return;
        }
        let (_, limit, _) = ages.select_nth_unstable(tenth);
        let limit = *limit;
        self.0.retain(|_, meter| meter.seen_at > limit || meter.subscriptions.load(Ordering::Relaxed) > 0);
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.0.len()
    }
}

/// The key of somebody of whom only the address is known. Whoever has one IPv6 address has 2⁶⁴ of them: one network of a
/// household is one visitor.
pub(crate) fn address_key(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn refill(size: u32, every_s: u64) -> Refill {
        Refill { size, every: SECOND * u32::try_from(every_s).unwrap() }
    }

    #[test]
    fn a_bucket_begins_full_and_fills_again() {
        let (mut bucket, rule) = (Bucket::default(), refill(3, 5));
        let start = SECOND * 1000;
        assert_eq!(bucket.left(start, rule), 3);
        for left in [2, 1, 0] {
            assert_eq!(bucket.take(start, rule), Ok(()));
            assert_eq!(bucket.left(start, rule), left);
        }
        assert_eq!(bucket.take(start, rule), Err(SECOND * 5));
        assert_eq!(bucket.wait(start + SECOND * 3, rule), SECOND * 2);
        assert_eq!(bucket.take(start + SECOND * 5, rule), Ok(()));
        assert_eq!(bucket.take(start + SECOND * 5, rule), Err(SECOND * 5));
        assert_eq!(bucket.left(start + SECOND * 500, rule), 3, "never more than full");
    }

    #[test]
    fn a_bucket_of_no_size_gives_nothing() {
        assert!(Bucket::default().take(SECOND, refill(0, 5)).is_err());
    }

    #[test]
    fn a_day_begins_afresh() {
        let mut messages = Daily::default();
        assert!(messages.take(1, 2, Some(3)));
        assert!(!messages.take(1, 2, Some(3)), "what does not fit is not counted");
        assert_eq!(messages.used(1), 2);
        assert!(messages.take(1, 1, Some(3)));
        assert!(!messages.take(1, 1, Some(3)));
        assert!(messages.take(2, 3, Some(3)));
        assert!(messages.take(2, u64::MAX, None));
        assert_eq!(messages.used(3), 0);
    }

    #[test]
    fn a_rate_is_that_of_the_last_minute() {
        let mut recent = Recent::default();
        let start = SECOND * 6000;
        assert!(recent.per_second(start).abs() < f64::EPSILON);
        for n in 0..120 {
            recent.count(start + SECOND * n / 2);
        }
        assert!((recent.per_second(start + SECOND * 59) - 2.0).abs() < 0.1);
        assert!(
            (recent.per_second(start + SECOND * 90) - 1.0).abs() < 0.1,
            "half of it is more than a minute ago"
        );
        assert!(recent.per_second(start + SECOND * 120).abs() < f64::EPSILON);
        assert!(recent.per_second(start + SECOND * 999).abs() < f64::EPSILON);
    }

    #[test]
    fn room_is_there_again_when_files_are_gone() {
        let (mut kept, span) = (Lately::default(), SECOND * 6400);
        assert!(kept.add(SECOND, span, 60, Some(100)));
        assert!(!kept.add(SECOND * 2, span, 60, Some(100)), "what does not fit is not counted");
        assert!(kept.add(SECOND * 3200, span, 40, Some(100)));
        assert!(!kept.add(SECOND * 6000, span, 1, Some(100)));
        assert!(kept.add(SECOND * 6600, span, 60, Some(100)), "the first ones are gone");
        assert!(!kept.add(SECOND * 6600, span, 1, Some(100)));
        assert!(kept.add(SECOND * 6600, span, u64::MAX, None));
        let mut kept = Lately::default();
        for n in 0..100_000 {
            kept.add(SECOND * n, span, 1, None);
        }
        assert!(kept.0.len() <= 66, "{}", kept.0.len());
    }

    #[test]
    fn places_are_given_back() {
        let taken = Arc::new(AtomicU32::new(0));
        let first = SubscriptionPlace::take(&taken, 2).unwrap();
        let _second = SubscriptionPlace::take(&taken, 2).unwrap();
        assert!(SubscriptionPlace::take(&taken, 2).is_none());
        drop(first);
        assert!(SubscriptionPlace::take(&taken, 2).is_some());
        assert_eq!(taken.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn the_number_of_visitors_is_bounded_and_subscribers_stay() {
        let mut meters = Meters::default();
        let place = SubscriptionPlace::take(&meters.of("subscriber", Duration::ZERO).subscriptions, 1);
        for n in 0..25_000_u32 {
            meters.of(&n.to_string(), SECOND * n);
            assert!(meters.len() <= VISITORS_MAX);
        }
        assert!(SubscriptionPlace::take(&meters.of("subscriber", SECOND).subscriptions, 1).is_none());
        drop(place);
        assert!(SubscriptionPlace::take(&meters.of("subscriber", SECOND).subscriptions, 1).is_some());
    }

    #[test]
    fn a_household_is_one_visitor() {
        let key = |text: &str| address_key(text.parse().unwrap());
        assert_eq!(key("2001:db8:1:2::17"), key("2001:db8:1:2:ffff::1"));
        assert_ne!(key("2001:db8:1:2::17"), key("2001:db8:1:3::17"));
        assert_eq!(key("::ffff:192.0.2.1"), "192.0.2.1");
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }

    proptest! {
        /// Whatever the moments, no more than the size and what has come since the beginning is ever given.
        #[test]
        fn nobody_gets_more_than_the_rate(
            size in 1..20_u32,
            every in 1..10_u64,
            steps in prop::collection::vec(0..12_u64, 1..200),
        ) {
            let rule = refill(size, every);
            let (mut bucket, mut now, mut given) = (Bucket::default(), SECOND * 50, 0_u64);
            let start = now;
            for step in steps {
                now += Duration::from_secs(step);
                let left = bucket.left(now, rule);
                let taken = bucket.take(now, rule).is_ok();
                prop_assert_eq!(taken, left > 0);
                given += u64::from(taken);
                let most = u64::from(size) + (now - start).as_secs() / every;
                prop_assert!(given <= most, "{given} of {most}");
            }
        }
    }
}
