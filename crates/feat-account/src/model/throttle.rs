//! How tries to guess a password are slowed down, without ever shutting the owner out.
//!
//! Tries are counted per address, and per name and address: who guesses from one place has to wait longer and longer,
//! up to half a minute, and nothing is compared meanwhile. Tries on one name from many addresses make every answer for
//! that name up to two seconds slower, and no more: otherwise anybody could shut the owner out by guessing badly.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

const ENTRIES_MAX: usize = 10_000;
/// Tries in a row that cost nothing.
const FREE_TRIES: u32 = 3;
const WAIT_MAX: Duration = Duration::from_secs(30);
/// Tries on one name, from anywhere, that slow nothing down.
const FREE_TRIES_ON_NAME: u32 = 10;
const SLOW_DOWN_MAX: Duration = Duration::from_secs(2);
/// After this long without a try all is forgotten.
const FORGET_AFTER: Duration = Duration::from_secs(15 * 60);

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Address(String),
    NameAtAddress(String, String),
    Name(String),
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    failures: u32,
    last: Duration,
}

/// One try: on which name (or purpose), from where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Try<'a> {
    /// The folded name.
    pub(crate) name: &'a str,
    /// What [`throttle_address`] makes of the client's address.
    pub(crate) address: &'a str,
}

/// Whether a try may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// After this pause.
    After(Duration),
    /// Not before this time has passed; whole seconds, at least one.
    Wait(u64),
}

/// The tries of the last minutes.
#[derive(Debug, Default)]
pub(crate) struct Throttle {
    entries: HashMap<Key, Entry>,
}

impl Throttle {
    /// Asks for a try. One that is admitted counts as failed until [`Throttle::succeeded`] says otherwise, so that
    /// many at the same moment cannot slip through; one that has to wait is not counted.
    pub(crate) fn admit(&mut self, now: Duration, this: Try<'_>) -> Admission {
        let by_place = [this.at_address(), this.on_name_at_address()];
        let wait = by_place.iter().map(|key| self.wait(now, key)).max().unwrap_or_default();
        if !wait.is_zero() {
            return Admission::Wait(wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX));
        }
        let slow_down = self.slow_down(now, &this.on_name());
        for key in by_place.into_iter().chain([this.on_name()]) {
            self.count(now, key);
        }
        Admission::After(slow_down)
    }

    /// The try went well: this person at this place starts afresh.
    pub(crate) fn succeeded(&mut self, this: Try<'_>) {
        self.entries.remove(&this.at_address());
        self.entries.remove(&this.on_name_at_address());
        if let Some(entry) = self.entries.get_mut(&this.on_name()) {
            // Only this try is taken back: those of others still count.
            entry.failures = entry.failures.saturating_sub(1);
        }
    }

    fn failures(&self, now: Duration, key: &Key) -> Option<Entry> {
        self.entries.get(key).copied().filter(|entry| now.saturating_sub(entry.last) < FORGET_AFTER)
    }

    fn wait(&self, now: Duration, key: &Key) -> Duration {
        let Some(entry) = self.failures(now, key) else { return Duration::ZERO };
        (entry.last + pause_after(entry.failures)).saturating_sub(now)
    }

    fn slow_down(&self, now: Duration, name: &Key) -> Duration {
        let failures = self.failures(now, name).map_or(0, |entry| entry.failures);
        let over = failures.saturating_sub(FREE_TRIES_ON_NAME);
        (Duration::from_millis(200) * over).min(SLOW_DOWN_MAX)
    }

    fn count(&mut self, now: Duration, key: Key) {
        let before = self.failures(now, &key).map_or(0, |entry| entry.failures);
        if !self.entries.contains_key(&key) && self.entries.len() >= ENTRIES_MAX {
            self.make_room();
        }
        self.entries.insert(key, Entry { failures: before.saturating_add(1), last: now });
    }

    /// Drops the oldest tenth at once, so that a flood does not search for the oldest at every try. Of equally old ones
    /// those go that were seldom tried: a flood must not wash out the very name that it is about.
    fn make_room(&mut self) {
        let worth = |entry: &Entry| (entry.last, entry.failures);
        let mut all: Vec<_> = self.entries.values().map(worth).collect();
        let tenth = ENTRIES_MAX / 10;
        let (_, limit, _) = all.select_nth_unstable(tenth);
        let limit = *limit;
        let mut dropped = 0;
        self.entries.retain(|_, entry| {
            let drop = worth(entry) <= limit && dropped <= tenth;
            dropped += usize::from(drop);
            !drop
        });
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }
}

impl Try<'_> {
    fn at_address(&self) -> Key {
        Key::Address(self.address.to_owned())
    }

    fn on_name_at_address(&self) -> Key {
        Key::NameAtAddress(self.bounded_name(), self.address.to_owned())
    }

    fn on_name(&self) -> Key {
        Key::Name(self.bounded_name())
    }

    /// No user's name is longer, and memory is bounded only if each entry is.
    fn bounded_name(&self) -> String {
        self.name.chars().take(65).collect()
    }
}

/// The pause after so many failures in a row: 0, 0, 0, 1, 2, 4 … 30 seconds.
fn pause_after(failures: u32) -> Duration {
    match failures.checked_sub(FREE_TRIES) {
        None => Duration::ZERO,
        Some(over) => Duration::from_secs(1 << over.min(5)).min(WAIT_MAX),
    }
}

/// The address by which tries are counted. One household's or one attacker's IPv6 network is one place: whoever has one
/// such address has 2⁶⁴ of them.
pub(crate) fn throttle_address(address: &str) -> String {
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V6(v6)) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        _ => address.to_owned(),
    }
}
