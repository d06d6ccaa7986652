//! The book of alerts: what is known of each, and what time makes of it.
//!
//! An alert **fires** until its sender ends it or its time runs out. When the time runs out without a word, it depends:
//!
//! - Who gave no end, or has no generator (amtool, scripts), meant just that: it is **resolved**.
//! - A sender such as Prometheus repeats what fires every minute (a quarter of the time that it gives), and says so when it
//!   ends. If it has lately sent other alerts, it lives and no longer has this one: **resolved**.
//! - If it has sent nothing at all, nobody knows: the alert is **lost**, which people are told as `unknown`. When the
//!   sender comes back, it has [`RETURN_WITHIN`] to repeat the alert before that counts as resolved.
//!
//! What is resolved is kept for [`RESOLVED_FOR`], so that people and incidents see it recover; what is lost for
//! [`LOST_FOR`]. All deadlines are monotonic: a clock that jumps ends nothing.

use super::alert::{Alert, Fingerprint};
use hob_base::Timestamp;
use hob_base::resource::Moment;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// The most alerts that are kept.
pub(crate) const ALERTS_MAX: usize = 10_000;
/// The most bytes that their labels and annotations may have together.
pub(crate) const TEXT_BYTES_MAX: usize = 16 << 20;
/// How long a resolved alert is still shown, as well.
pub(crate) const RESOLVED_FOR: Duration = Duration::from_secs(15 * 60);
/// How long a lost alert is shown, as unknown.
pub(crate) const LOST_FOR: Duration = Duration::from_secs(24 * 3600);
/// How long a sender that is back has to repeat what was lost. Prometheus itself waits up to ten minutes
/// (`--rules.alert.for-grace-period`) after its own start.
pub(crate) const RETURN_WITHIN: Duration = Duration::from_secs(15 * 60);
/// After the hub's own start its senders have this long to repeat what fired before: more than four times as long as
/// Prometheus takes (`--rules.alert.resend-delay`).
pub(crate) const START_GRACE: Duration = Duration::from_secs(300);
/// What was said of a resource is said again after this time, so that it holds on.
pub(crate) const SAY_AGAIN: Duration = Duration::from_secs(300);

/// Why an alert counts as resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// Its sender said so.
    Said,
    /// Its time ran out, as its sender meant it to.
    RanOut,
    /// Its sender lives and no longer sends it.
    Dropped,
}

/// How an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It holds.
    Firing,
    /// It held.
    Resolved(End),
    /// Nobody knows: who sent it has fallen silent.
    Lost,
}

/// The present: the wall clock, and milliseconds of a clock that never jumps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Now {
    /// For people and protocols.
    pub(crate) wall: Timestamp,
    /// For deadlines. What was before the hub's start is negative.
    pub(crate) mono: i64,
}

impl From<Moment> for Now {
    fn from(moment: Moment) -> Self {
        Self { wall: moment.wall, mono: ms(moment.monotonic) }
    }
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// One alert and how it stands.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// What its sender said last.
    pub(crate) alert: Arc<Alert>,
    /// How it stands.
    pub(crate) phase: Phase,
    /// When it was last posted.
    heard: i64,
    /// When it ends if nothing more is heard.
    ends: i64,
    /// Since when it stands so.
    since: i64,
    /// When its sender was first heard again after it was lost.
    returned: Option<i64>,
    /// When the house was last told.
    said: Option<i64>,
}

/// All alerts.
#[derive(Debug, Default)]
pub(crate) struct Book {
    entries: BTreeMap<Fingerprint, Entry>,
    /// When each sender was last heard of.
    senders: HashMap<String, i64>,
    /// What the house has yet to be told.
    unsaid: BTreeSet<Fingerprint>,
    /// What the house still knows and the book no longer.
    gone: BTreeSet<Fingerprint>,
    text_bytes: usize,
}

/// How many alerts stand how.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) firing: usize,
    pub(crate) resolved: usize,
    pub(crate) lost: usize,
}

impl Book {
    /// Puts back what was known before a restart; `since` is when it came to stand so.
    pub(crate) fn restore(&mut self, mut alert: Alert, phase: Phase, since: Timestamp, now: Now) {
        let ago = now.wall.millis().saturating_sub(since.millis()).max(0);
        if phase == Phase::Firing {
            // How long it was repeated before is not known; it counts as heard of at this moment.
            (alert.updated_at, alert.ends_at) = (now.wall, now.wall.plus(START_GRACE));
        }
        let entry = Entry {
            phase,
            heard: now.mono,
            ends: now.mono.saturating_add(ms(START_GRACE)),
            since: now.mono.saturating_sub(ago),
            returned: None,
            said: None,
            alert: Arc::new(alert),
        };
        let fingerprint = entry.alert.fingerprint();
        self.text_bytes += entry.alert.text_bytes();
        if let Some(before) = self.entries.insert(fingerprint, entry) {
            self.text_bytes = self.text_bytes.saturating_sub(before.alert.text_bytes());
        }
        self.unsaid.insert(fingerprint);
    }

    /// Takes in what was posted. Returns how many alerts found no room; they are the last ones.
    pub(crate) fn receive(&mut self, alerts: Vec<Alert>, now: Now) -> usize {
        self.make_room(&alerts);
        alerts.into_iter().map(|alert| usize::from(!self.receive_one(alert, now))).sum()
    }

    fn receive_one(&mut self, mut alert: Alert, now: Now) -> bool {
        self.hear_of(&alert, now);
        let fingerprint = alert.fingerprint();
        let Some(entry) = self.entries.get_mut(&fingerprint) else {
            return alert.ends_at <= now.wall || self.add(fingerprint, alert, now);
        };
        let before = entry.alert.text_bytes();
        if self.text_bytes.saturating_sub(before) + alert.text_bytes() > TEXT_BYTES_MAX {
            alert.annotations.clone_from(&entry.alert.annotations);
            alert.generator.clone_from(&entry.alert.generator);
        }
        let changed = entry.hear(alert, now);
        self.text_bytes = (self.text_bytes + entry.alert.text_bytes()).saturating_sub(before);
        if changed {
            self.unsaid.insert(fingerprint);
        }
        true
    }

    fn hear_of(&mut self, alert: &Alert, now: Now) {
        let Some(sender) = alert.sender() else { return };
        if let Some(heard) = self.senders.get_mut(sender) {
            *heard = now.mono;
        } else if self.senders.len() < ALERTS_MAX {
            self.senders.insert(sender.to_owned(), now.mono);
        }
    }

    fn add(&mut self, fingerprint: Fingerprint, alert: Alert, now: Now) -> bool {
        let bytes = alert.text_bytes();
        if self.entries.len() >= ALERTS_MAX || self.text_bytes + bytes > TEXT_BYTES_MAX {
            return false;
        }
        self.text_bytes += bytes;
        let entry = Entry {
            phase: Phase::Firing,
            heard: now.mono,
            ends: end_of(&alert, now),
            since: now.mono,
            returned: None,
            said: None,
            alert: Arc::new(alert),
        };
        self.entries.insert(fingerprint, entry);
        self.gone.remove(&fingerprint);
        self.unsaid.insert(fingerprint);
        true
    }

    /// Forgets what was resolved first, where room is needed for what fires.
    fn make_room(&mut self, alerts: &[Alert]) {
        let (count, bytes) = (self.entries.len() + alerts.len(), self.text_bytes);
        let needed: usize = alerts.iter().map(Alert::text_bytes).sum();
        let over = count.saturating_sub(ALERTS_MAX);
        let mut over_bytes = (bytes + needed).saturating_sub(TEXT_BYTES_MAX);
        if over == 0 && over_bytes == 0 {
            return;
        }
        let resolved = self.entries.iter().filter(|(_, entry)| matches!(entry.phase, Phase::Resolved(_)));
        let mut resolved: Vec<(i64, Fingerprint)> = resolved.map(|(id, entry)| (entry.since, *id)).collect();
        resolved.sort_unstable();
        for (removed, (_, fingerprint)) in resolved.into_iter().enumerate() {
            if removed >= over && over_bytes == 0 {
                break;
            }
            over_bytes = over_bytes.saturating_sub(self.remove(fingerprint));
        }
    }

    fn remove(&mut self, fingerprint: Fingerprint) -> usize {
        let Some(entry) = self.entries.remove(&fingerprint) else { return 0 };
        self.unsaid.remove(&fingerprint);
        self.gone.insert(fingerprint);
        let bytes = entry.alert.text_bytes();
        self.text_bytes = self.text_bytes.saturating_sub(bytes);
        bytes
    }

    /// Lets time pass.
    pub(crate) fn tick(&mut self, now: Now) {
        let mut ended = Vec::new();
        for (fingerprint, entry) in &mut self.entries {
            let sender = entry.alert.sender().and_then(|sender| self.senders.get(sender)).copied();
            if entry.is_over(now) {
                ended.push(*fingerprint);
            } else if entry.pass(sender, now)
                || entry.said.is_none_or(|said| now.mono - said >= ms(SAY_AGAIN))
            {
                self.unsaid.insert(*fingerprint);
            }
        }
        for fingerprint in ended {
            self.remove(fingerprint);
        }
        // A sender matters as long as one of its alerts may be lost.
        self.senders.retain(|_, heard| now.mono - *heard < ms(LOST_FOR));
    }

    /// Drops what no longer fires and what somebody had Hob forget: `known` says of which alerts the house knows.
    pub(crate) fn forget_unknown(&mut self, known: impl Fn(Fingerprint) -> bool) {
        let settled = |(fingerprint, entry): (&Fingerprint, &Entry)| {
            let forgotten = entry.phase != Phase::Firing && entry.said.is_some() && !known(*fingerprint);
            forgotten.then_some(*fingerprint)
        };
        let forgotten: Vec<Fingerprint> = self.entries.iter().filter_map(settled).collect();
        for fingerprint in forgotten {
            self.remove(fingerprint);
        }
    }

    /// What the house is to be told next, at most `limit` alerts.
    pub(crate) fn take_unsaid(&mut self, limit: usize, now: Now) -> Vec<(Fingerprint, Entry)> {
        let next: Vec<Fingerprint> = self.unsaid.iter().take(limit).copied().collect();
        let take = next.into_iter().filter_map(|fingerprint| {
            self.unsaid.remove(&fingerprint);
            let entry = self.entries.get_mut(&fingerprint)?;
            entry.said = Some(now.mono);
            Some((fingerprint, entry.clone()))
        });
        take.collect()
    }

    /// Of what the house is to know no longer, at most `limit` alerts.
    pub(crate) fn take_gone(&mut self, limit: usize) -> Vec<Fingerprint> {
        let next: Vec<Fingerprint> = self.gone.iter().take(limit).copied().collect();
        for fingerprint in &next {
            self.gone.remove(fingerprint);
        }
        next
    }

    /// Those that fire, by fingerprint.
    pub(crate) fn firing(&self) -> Vec<(Fingerprint, Arc<Alert>)> {
        let firing = self.entries.iter().filter(|(_, entry)| entry.phase == Phase::Firing);
        firing.map(|(fingerprint, entry)| (*fingerprint, entry.alert.clone())).collect()
    }

    /// One alert, however it stands.
    pub(crate) fn get(&self, fingerprint: Fingerprint) -> Option<&Entry> {
        self.entries.get(&fingerprint)
    }

    /// How many stand how.
    pub(crate) fn counts(&self) -> Counts {
        self.entries.values().fold(Counts::default(), |mut counts, entry| {
            match entry.phase {
                Phase::Firing => counts.firing += 1,
                Phase::Resolved(_) => counts.resolved += 1,
                Phase::Lost => counts.lost += 1,
            }
            counts
        })
    }
}

fn end_of(alert: &Alert, now: Now) -> i64 {
    now.mono.saturating_add(alert.ends_at.millis().saturating_sub(now.wall.millis()))
}

impl Entry {
    /// Takes in a newer word. Returns whether people are to be told.
    fn hear(&mut self, alert: Alert, now: Now) -> bool {
        let was_firing = self.phase == Phase::Firing;
        let alert = if was_firing { self.alert.merged(alert, now.wall) } else { alert };
        let fires = alert.ends_at > now.wall;
        // What has ended ends once, however often it is said.
        if !fires && matches!(self.phase, Phase::Resolved(_)) {
            return false;
        }
        let phase = if fires { Phase::Firing } else { Phase::Resolved(End::Said) };
        let changed = phase != self.phase || !self.alert.tells_the_same(&alert);
        if phase != self.phase {
            self.since = now.mono;
        }
        self.phase = phase;
        self.heard = now.mono;
        self.ends = end_of(&alert, now);
        self.returned = None;
        self.alert = Arc::new(alert);
        changed
    }

    /// Lets time pass; `sender` is when its sender was last heard of. Returns whether it stands differently now.
    fn pass(&mut self, sender: Option<i64>, now: Now) -> bool {
        let next = match self.phase {
            Phase::Firing if now.mono < self.ends => return false,
            Phase::Firing if self.alert.timeout || self.alert.sender().is_none() => {
                Phase::Resolved(End::RanOut)
            }
            // Who lives has spoken within the second half of the time that it gave, in which it repeats itself twice.
            Phase::Firing if sender >= Some(self.heard + (self.ends - self.heard) / 2) => {
                Phase::Resolved(End::Dropped)
            }
            Phase::Firing => Phase::Lost,
            Phase::Lost => {
                self.returned = self.returned.or(sender.filter(|heard| *heard > self.since));
                if self.returned.is_none_or(|returned| now.mono - returned < ms(RETURN_WITHIN)) {
                    return false;
                }
                Phase::Resolved(End::Dropped)
            }
            Phase::Resolved(_) => return false,
        };
        self.phase = next;
        self.since = now.mono;
        true
    }

    fn is_over(&self, now: Now) -> bool {
        let kept = match self.phase {
            Phase::Firing => return false,
            Phase::Resolved(_) => RESOLVED_FOR,
            Phase::Lost => LOST_FOR,
        };
        now.mono.saturating_sub(self.since) >= ms(kept)
    }
}

#[cfg(test)]
mod tests;
