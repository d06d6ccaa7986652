//! How much is taken from whom: a bucket for each job, one for each address that asks for what is not there.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

/// Pings of one job that are written down each second in the long run.
const JOB_PER_SECOND: f64 = 5.0;
/// Pings of one job at once: many runs that begin together are no flood.
const JOB_BURST: f64 = 60.0;
/// Unknown addresses of one client each second in the long run: twenty a minute.
const CLIENT_PER_SECOND: f64 = 20.0 / 60.0;
/// Unknown addresses of one client at once.
const CLIENT_BURST: f64 = 60.0;
/// Unknown addresses of all clients together.
const ALL_PER_SECOND: f64 = 50.0;
const ALL_BURST: f64 = 500.0;
/// Jobs that pings make, of all clients together.
const MADE_PER_SECOND: f64 = 1.0;
const MADE_BURST: f64 = 100.0;
/// How many clients are remembered. When there are more, those go that have asked least.
const CLIENTS_MAX: usize = 4096;

/// A token bucket over monotonic time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bucket {
    level: f32,
    /// Monotonic milliseconds.
    at: u64,
}

/// How a bucket fills.
#[derive(Debug, Clone, Copy)]
struct Rate {
    per_second: f64,
    burst: f64,
}

impl Bucket {
    fn full(rate: Rate) -> Self {
        Self { level: rate.burst as f32, at: 0 }
    }

    fn level_at(&self, rate: Rate, now: Duration) -> f64 {
        let passed = (now.as_millis() as u64).saturating_sub(self.at) as f64 / 1000.0;
        (f64::from(self.level) + passed * rate.per_second).min(rate.burst)
    }

    /// Takes one out, if there is one.
    fn take(&mut self, rate: Rate, now: Duration) -> bool {
        let level = self.level_at(rate, now);
        let taken = level >= 1.0;
        self.level = (if taken { level - 1.0 } else { level }) as f32;
        self.at = now.as_millis() as u64;
        taken
    }
}

/// The bucket of one job's pings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct JobBucket(Bucket);

impl JobBucket {
    const RATE: Rate = Rate { per_second: JOB_PER_SECOND, burst: JOB_BURST };

    /// Whether one more ping may be written down.
    pub(crate) fn take(&mut self, now: Duration) -> bool {
        self.0.take(Self::RATE, now)
    }
}

impl Default for JobBucket {
    fn default() -> Self {
        Self(Bucket::full(Self::RATE))
    }
}

/// Who asked for addresses that are not there, and how often.
#[derive(Debug)]
pub(crate) struct Strangers {
    all: Bucket,
    made: Bucket,
    clients: HashMap<IpAddr, Bucket>,
}

impl Default for Strangers {
    fn default() -> Self {
        Self { all: Bucket::full(Self::ALL), made: Bucket::full(Self::MADE), clients: HashMap::new() }
    }
}

impl Strangers {
    const ALL: Rate = Rate { per_second: ALL_PER_SECOND, burst: ALL_BURST };
    const CLIENT: Rate = Rate { per_second: CLIENT_PER_SECOND, burst: CLIENT_BURST };
    const MADE: Rate = Rate { per_second: MADE_PER_SECOND, burst: MADE_BURST };

    /// Whether this client is told once more that there is nothing; otherwise that it asks too often. A known address
    /// is never asked for here: pings of the house pass, whoever else is behind the same proxy.
    pub(crate) fn may_ask(&mut self, client: IpAddr, now: Duration) -> bool {
        let client = place_of(client);
        if !self.clients.contains_key(&client) && self.clients.len() >= CLIENTS_MAX {
            self.make_room(now);
        }
        let bucket = self.clients.entry(client).or_insert_with(|| Bucket::full(Self::CLIENT));
        // Who is over the own limit does not use up what is there for all.
        bucket.take(Self::CLIENT, now) && self.all.take(Self::ALL, now)
    }

    /// Whether a ping may make one more job.
    pub(crate) fn may_make(&mut self, now: Duration) -> bool {
        self.made.take(Self::MADE, now)
    }

    /// Forgets the half that has asked least.
    fn make_room(&mut self, now: Duration) {
        let level = |bucket: &Bucket| bucket.level_at(Self::CLIENT, now) as u64;
        let mut levels: Vec<u64> = self.clients.values().map(level).collect();
        let half = levels.len() / 2;
        let limit = *levels.select_nth_unstable(half).1;
        let lower = self.clients.values().filter(|bucket| level(bucket) < limit).count();
        let mut equal = half.saturating_sub(lower);
        self.clients.retain(|_, bucket| {
            let same = level(bucket) == limit && equal > 0;
            equal -= usize::from(same);
            same || level(bucket) < limit
        });
    }
}

/// One household's IPv6 network is one place: whoever has one such address has 2⁶⁴ of them.
fn place_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_job_may_burst_and_then_five_a_second() {
        let mut bucket = JobBucket::default();
        assert_eq!((0..1000).filter(|_| bucket.take(SECOND)).count(), 60);
        assert_eq!((0..1000).filter(|_| bucket.take(SECOND * 3)).count(), 10);
        assert_eq!((0..1000).filter(|_| bucket.take(SECOND * 3600)).count(), 60);
    }

    #[test]
    fn one_client_is_limited_without_the_others() {
        let mut strangers = Strangers::default();
        let (one, other) = (IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)));
        assert_eq!((0..1000).filter(|_| strangers.may_ask(one, SECOND)).count(), 60);
        assert!(strangers.may_ask(other, SECOND));
        assert!(strangers.may_ask(one, SECOND * 10), "it is forgiven");
    }

    #[test]
    fn all_together_are_limited_and_few_are_remembered() {
        let mut strangers = Strangers::default();
        let client = |i: u32| IpAddr::V4(Ipv4Addr::from(i));
        assert_eq!((0..100_000).filter(|i| strangers.may_ask(client(*i), SECOND)).count(), 500);
        assert!(strangers.clients.len() <= CLIENTS_MAX);
        let v6 = |host: u16| IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 1, 2, 3, 4, 5, host));
        assert_eq!(place_of(v6(1)), place_of(v6(2)));
    }
}
