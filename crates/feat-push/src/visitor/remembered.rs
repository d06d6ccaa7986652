//! Credentials that were looked at a moment ago, so that publishing neither hashes a password nor reads a table.
//!
//! They are kept under a keyed hash, for a minute, and only as long as nothing changed about whose they are. Wrong ones are
//! remembered, too: a telephone that repeats an old password all night neither costs a hash each time nor slows down
//! others behind the same address.

use ntfy_protocol::Refusal;
use std::collections::HashMap;
use std::sync::{Arc, Weak};
use std::time::Duration;

/// How many of each kind are remembered.
const KEPT_MAX: usize = 1000;
/// How long somebody is remembered who was recognised. What a command on another process changes counts after this.
const KNOWN_FOR: Duration = Duration::from_secs(60);
/// How long a wrong credential is remembered.
const WRONG_FOR: Duration = Duration::from_secs(300);

/// A credential under a keyed hash.
pub(super) type Mark = [u8; 32];

#[derive(Debug)]
struct Entry<T> {
    at: Duration,
    /// The newest change of users and tokens before the credential was looked at.
    number: u64,
    value: T,
}

/// The credentials of the last minutes, and those that are being looked at.
#[derive(Debug)]
pub(super) struct Remembered<T> {
    known: HashMap<Mark, Entry<T>>,
    wrong: HashMap<Mark, Entry<Refusal>>,
    pending: HashMap<Mark, Weak<tokio::sync::Mutex<()>>>,
}

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self { known: HashMap::new(), wrong: HashMap::new(), pending: HashMap::new() }
    }
}

impl<T: Clone> Remembered<T> {
    /// What is remembered of a credential. `changed` tells whether somebody changed since a number.
    pub(super) fn find(
        &self,
        mark: &Mark,
        now: Duration,
        number: u64,
        changed: impl Fn(&T, u64) -> bool,
    ) -> Option<Result<T, Refusal>> {
        let age = |at: Duration| now.saturating_sub(at);
        if let Some(entry) = self.known.get(mark)
            && age(entry.at) < KNOWN_FOR
            && !changed(&entry.value, entry.number)
        {
            return Some(Ok(entry.value.clone()));
        }
        // Whatever changed may have made it right.
        let wrong = self.wrong.get(mark).filter(|entry| age(entry.at) < WRONG_FOR && entry.number == number);
        wrong.map(|entry| Err(entry.value.clone()))
    }

    /// Remembers what a credential turned out to be; `number` is from before it was looked at.
    pub(super) fn keep(&mut self, mark: Mark, now: Duration, number: u64, found: &Result<T, Refusal>) {
        match found {
            Ok(value) => {
                self.wrong.remove(&mark);
                put(&mut self.known, mark, Entry { at: now, number, value: value.clone() });
            }
            Err(refusal) => {
                self.known.remove(&mark);
                put(&mut self.wrong, mark, Entry { at: now, number, value: refusal.clone() });
            }
        }
    }

    /// The turn to look at a credential: many requests with the same one at a time are one look.
    pub(super) fn turn(&mut self, mark: Mark) -> Arc<tokio::sync::Mutex<()>> {
        if self.pending.len() >= KEPT_MAX {
            self.pending.retain(|_, turn| turn.strong_count() > 0);
        }
        if let Some(turn) = self.pending.get(&mark).and_then(Weak::upgrade) {
            return turn;
        }
        let turn = Arc::new(tokio::sync::Mutex::new(()));
        self.pending.insert(mark, Arc::downgrade(&turn));
        turn
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.known.len() + self.wrong.len()
    }
}

/// Adds an entry; of too many the oldest tenth goes at once.
fn put<T>(map: &mut HashMap<Mark, Entry<T>>, mark: Mark, entry: Entry<T>) {
    if map.len() >= KEPT_MAX && !map.contains_key(&mark) {
        let mut ages: Vec<Duration> = map.values().map(|entry| entry.at).collect();
        let (_, limit, _) = ages.select_nth_unstable(KEPT_MAX / 10);
        let limit = *limit;
        map.retain(|_, entry| entry.at > limit);
    }
    map.insert(mark, entry);
}

#[cfg(test)]
mod tests {
    use super::*;
    use ntfy_protocol::refusal::UNAUTHORIZED;

    const SECOND: Duration = Duration::from_secs(1);

    fn mark(n: u32) -> Mark {
        let mut mark = [0; 32];
        mark[..4].copy_from_slice(&n.to_be_bytes());
        mark
    }

    fn never(_: &&str, _: u64) -> bool {
        false
    }

    #[test]
    fn who_was_recognised_is_known_for_a_minute() {
        let mut all = Remembered::default();
        assert_eq!(all.find(&mark(1), SECOND, 0, never), None);
        all.keep(mark(1), SECOND, 0, &Ok("anna"));
        assert_eq!(all.find(&mark(1), SECOND * 60, 7, never), Some(Ok("anna")));
        assert_eq!(all.find(&mark(1), SECOND * 61, 7, never), None);
        assert_eq!(all.find(&mark(2), SECOND, 7, never), None);
    }

    #[test]
    fn who_changed_is_looked_at_again() {
        let mut all = Remembered::default();
        all.keep(mark(1), SECOND, 3, &Ok("anna"));
        let changed = |who: &&str, since: u64| *who == "anna" && since < 4;
        assert_eq!(all.find(&mark(1), SECOND, 4, changed), None);
        all.keep(mark(1), SECOND, 4, &Ok("anna"));
        assert_eq!(all.find(&mark(1), SECOND, 4, changed), Some(Ok("anna")));
    }

    #[test]
    fn a_wrong_credential_stays_wrong_until_anything_changes() {
        let mut all = Remembered::<&str>::default();
        all.keep(mark(1), SECOND, 3, &Err(UNAUTHORIZED));
        assert_eq!(all.find(&mark(1), SECOND * 300, 3, never), Some(Err(UNAUTHORIZED)));
        assert_eq!(all.find(&mark(1), SECOND * 301, 3, never), None);
        assert_eq!(all.find(&mark(1), SECOND, 4, never), None);
        all.keep(mark(1), SECOND, 4, &Ok("anna"));
        assert_eq!(all.find(&mark(1), SECOND, 4, never), Some(Ok("anna")));
    }

    #[test]
    fn wrong_ones_do_not_push_out_right_ones_and_all_are_bounded() {
        let mut all = Remembered::default();
        all.keep(mark(0), SECOND, 0, &Ok("anna"));
        for n in 1..5000 {
            all.keep(mark(n), SECOND + Duration::from_millis(n.into()), 0, &Err(UNAUTHORIZED));
        }
        assert_eq!(all.find(&mark(0), SECOND * 2, 0, never), Some(Ok("anna")));
        assert!(all.len() <= 2 * KEPT_MAX);
        for n in 0..5000 {
            drop(all.turn(mark(n)));
        }
        assert!(all.pending.len() <= KEPT_MAX);
    }

    #[test]
    fn the_same_credential_is_looked_at_in_turn() {
        let mut all = Remembered::<&str>::default();
        let (first, same, other) = (all.turn(mark(1)), all.turn(mark(1)), all.turn(mark(2)));
        assert!(Arc::ptr_eq(&first, &same) && !Arc::ptr_eq(&first, &other));
    }
}
