//! Letters that wait to be sent: a lane for each browser, so that one that fails holds up nobody else. No I/O; the time
//! is an argument.

use super::letter::Letter;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

/// How many letters may wait for one browser; of more the oldest is dropped.
const LANE_MAX: usize = 50;
/// How many letters may wait in all; of more the newest is dropped.
const ALL_MAX: usize = 5_000;
/// How often one letter is tried.
const TRIES_MAX: u32 = 6;
/// For how long one letter is tried.
const TRIED_FOR: Duration = Duration::from_secs(6 * 3600);
/// The first pause after a failure; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_secs(15);
/// The longest pause that is ours; a push service may ask for a longer one.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// What became of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    /// It was taken, or is not to be tried again.
    Over,
    /// It is to be tried again, after this pause if the push service named one.
    Again(Option<Duration>),
}

/// A letter on its way to one browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parcel {
    /// What is sent.
    pub(super) letter: Letter,
    put_at: Duration,
    tries: u32,
}

#[derive(Debug, Default)]
struct Lane {
    waiting: VecDeque<Parcel>,
    /// Whether one is being sent.
    busy: bool,
    not_before: Duration,
    /// How often sending failed since it last went well.
    failures: u32,
}

/// All lanes.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    lanes: HashMap<String, Lane>,
    /// Whose turn it is next.
    turns: VecDeque<String>,
    waiting: usize,
    dropped: u64,
}

impl Outbox {
    /// Puts a letter into the lane of a browser.
    pub(super) fn put(&mut self, browser: &str, letter: Letter, now: Duration) {
        if self.waiting >= ALL_MAX {
            self.dropped += 1;
            return;
        }
        let lane = self.lanes.entry(browser.to_owned()).or_insert_with(|| {
            self.turns.push_back(browser.to_owned());
            Lane::default()
        });
        lane.waiting.push_back(Parcel { letter, put_at: now, tries: 0 });
        if lane.waiting.len() > LANE_MAX {
            lane.waiting.pop_front();
            self.dropped += 1;
        } else {
            self.waiting += 1;
        }
    }

    /// At most `room` letters that are to be sent now, each to another browser, in turns. Each is answered by
    /// [`done`](Self::done).
    pub(super) fn take(&mut self, room: usize, now: Duration) -> Vec<(String, Parcel)> {
        let mut taken = Vec::new();
        for _ in 0..self.turns.len() {
            if taken.len() >= room {
                break;
            }
            let Some(browser) = self.turns.pop_front() else { break };
            if let Some(lane) = self.lanes.get_mut(&browser)
                && !lane.busy
                && lane.not_before <= now
                && let Some(parcel) = lane.waiting.pop_front()
            {
                lane.busy = true;
                self.waiting -= 1;
                taken.push((browser.clone(), parcel));
            }
            self.turns.push_back(browser);
        }
        taken
    }

    /// Says what became of a letter that was taken. Whether it is given up.
    pub(super) fn done(&mut self, browser: &str, mut parcel: Parcel, done: Done, now: Duration) -> bool {
        let Some(lane) = self.lanes.get_mut(browser) else { return false };
        lane.busy = false;
        let mut given_up = false;
        match done {
            Done::Over => {
                lane.failures = 0;
                lane.not_before = now;
            }
            Done::Again(wait) => {
                lane.not_before = now + wait.unwrap_or_default().max(pause(lane.failures));
                lane.failures = lane.failures.saturating_add(1);
                parcel.tries += 1;
                let late = lane.not_before.saturating_sub(parcel.put_at) > TRIED_FOR;
                if late || parcel.tries >= TRIES_MAX || lane.waiting.len() >= LANE_MAX {
                    self.dropped += 1;
                    given_up = true;
                } else {
                    lane.waiting.push_front(parcel);
                    self.waiting += 1;
                }
            }
        }
        if lane.waiting.is_empty() && lane.not_before <= now {
            self.forget(browser);
        }
        given_up
    }

    /// Drops the lane of a browser that is gone.
    pub(super) fn forget(&mut self, browser: &str) {
        if let Some(lane) = self.lanes.remove(browser) {
            self.waiting -= lane.waiting.len();
            self.turns.retain(|other| other != browser);
        }
    }

    /// When the next letter may be sent; `None` while none waits for its time.
    pub(super) fn next(&self) -> Option<Duration> {
        let ready = self.lanes.values().filter(|lane| !lane.busy && !lane.waiting.is_empty());
        ready.map(|lane| lane.not_before).min()
    }

    /// How many letters wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    /// How many letters were dropped since the hub started.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Forgets the pauses of browsers for which nothing waits, once they are over.
    pub(super) fn tidy(&mut self, now: Duration) {
        self.lanes.retain(|_, lane| lane.busy || !lane.waiting.is_empty() || lane.not_before > now);
        let lanes = &self.lanes;
        self.turns.retain(|browser| lanes.contains_key(browser));
    }
}

/// The pause after so many failures before.
fn pause(failures: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(1 << failures.min(12)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::sync::Arc;
    use webpush::Urgency;

    fn letter(text: &str) -> Letter {
        Letter {
            payload: Arc::from(text.as_bytes()),
            ttl: Duration::from_secs(1),
            urgency: Urgency::Normal,
            replaces: None,
        }
    }

    fn text(parcel: &Parcel) -> String {
        String::from_utf8(parcel.letter.payload.to_vec()).unwrap()
    }

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn letters_to_one_browser_go_in_order_one_at_a_time() {
        let mut outbox = Outbox::default();
        for word in ["one", "two"] {
            outbox.put("a", letter(word), at(0));
        }
        let (_, one) = outbox.take(10, at(0)).pop().unwrap();
        assert_eq!(text(&one), "one");
        assert!(outbox.take(10, at(0)).is_empty());
        outbox.done("a", one, Done::Over, at(1));
        let (_, two) = outbox.take(10, at(1)).pop().unwrap();
        assert_eq!(text(&two), "two");
        outbox.done("a", two, Done::Over, at(1));
        assert_eq!((outbox.waiting(), outbox.lanes.len(), outbox.turns.len()), (0, 0, 0));
    }

    #[test]
    fn who_fails_waits_longer_each_time_and_holds_up_nobody() {
        let mut outbox = Outbox::default();
        outbox.put("a", letter("one"), at(0));
        outbox.put("a", letter("two"), at(0));
        let (mut now, mut pauses) = (at(0), Vec::new());
        for _ in 0..TRIES_MAX {
            let (_, parcel) = outbox.take(1, now).pop().unwrap();
            assert_eq!(text(&parcel), "one");
            let given_up = outbox.done("a", parcel, Done::Again(None), now);
            let next = outbox.next().unwrap();
            pauses.push((next - now).as_secs());
            // Somebody else is not held up.
            outbox.put("b", letter("for b"), now);
            let (browser, parcel) = outbox.take(9, now).pop().unwrap();
            assert_eq!(browser, "b");
            outbox.done("b", parcel, Done::Over, now);
            assert_eq!(given_up, pauses.len() == TRIES_MAX as usize);
            now = next;
        }
        assert_eq!(pauses, [15, 30, 60, 120, 240, 480]);
        assert_eq!(outbox.dropped(), 1);
        let (_, parcel) = outbox.take(1, now).pop().unwrap();
        assert_eq!(text(&parcel), "two");
        outbox.done("a", parcel, Done::Over, now);
        assert_eq!(outbox.waiting(), 0);
    }

    #[test]
    fn a_push_service_may_ask_for_a_longer_pause() {
        let mut outbox = Outbox::default();
        outbox.put("a", letter("one"), at(0));
        let (_, parcel) = outbox.take(1, at(0)).pop().unwrap();
        assert!(!outbox.done("a", parcel, Done::Again(Some(at(600))), at(0)));
        assert!(outbox.take(1, at(599)).is_empty());
        let (_, parcel) = outbox.take(1, at(600)).pop().unwrap();
        // Longer than a letter is worth.
        assert!(outbox.done("a", parcel, Done::Again(Some(at(86_400))), at(600)));
        // The pause holds for what comes.
        outbox.put("a", letter("two"), at(700));
        assert!(outbox.take(1, at(700)).is_empty());
        assert_eq!(outbox.next(), Some(at(87_000)));
    }

    #[test]
    fn who_is_gone_leaves_nothing() {
        let mut outbox = Outbox::default();
        outbox.put("a", letter("one"), at(0));
        outbox.put("a", letter("two"), at(0));
        let (_, parcel) = outbox.take(1, at(0)).pop().unwrap();
        outbox.forget("a");
        assert_eq!((outbox.waiting(), outbox.next()), (0, None));
        assert!(!outbox.done("a", parcel, Done::Over, at(0)));
        assert!(outbox.take(1, at(0)).is_empty());
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut outbox = Outbox::default();
        for n in 0..LANE_MAX + 5 {
            outbox.put("a", letter(&n.to_string()), at(0));
        }
        assert_eq!((outbox.waiting(), outbox.dropped()), (LANE_MAX, 5));
        assert_eq!(text(&outbox.take(1, at(0))[0].1), "5");
        for n in 0..ALL_MAX {
            outbox.put(&n.to_string(), letter("x"), at(0));
        }
        assert_eq!(outbox.waiting(), ALL_MAX);
    }

    proptest! {
        /// Whatever happens in whatever order: the count is right, nothing is sent twice at once, all ends.
        #[test]
        fn the_count_is_right(steps in proptest::collection::vec((0u8..5, 0u8..4, 0u64..2000), 0..200)) {
            let mut outbox = Outbox::default();
            let mut out: Vec<(String, Parcel)> = Vec::new();
            let mut now = at(0);
            for (what, browser, time) in steps {
                let browser = browser.to_string();
                now += at(time);
                match what {
                    0 => outbox.put(&browser, letter("x"), now),
                    1 => out.extend(outbox.take(2, now)),
                    2 => if let Some((browser, parcel)) = out.pop() { outbox.done(&browser, parcel, Done::Over, now); },
                    3 => if let Some((browser, parcel)) = out.pop() {
                        outbox.done(&browser, parcel, Done::Again(Some(at(time))), now);
                    },
                    _ => { outbox.forget(&browser); out.retain(|(other, _)| *other != browser); }
                }
                outbox.tidy(now);
                let counted: usize = outbox.lanes.values().map(|lane| lane.waiting.len()).sum();
                prop_assert_eq!(outbox.waiting(), counted);
                prop_assert_eq!(outbox.turns.len(), outbox.lanes.len());
                let busy = outbox.lanes.values().filter(|lane| lane.busy).count();
                prop_assert_eq!(busy, out.len());
            }
        }
    }
}
