//! What a cluster has, as it was last heard, and how complete that is.
//!
//! Watches put objects in; whoever examines takes a snapshot, which shares everything with the mirror until it changes.
//! An object of which nothing changed that is kept wakes nobody.

use crate::client::Trouble;
use cluster_model::objects::Key;
use cluster_model::{Kind, Objects};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The most events that are kept: the newest.
const EVENTS_MAX: usize = 2_000;
/// How many more may gather before the oldest are dropped.
const EVENTS_SLACK: usize = 500;

/// What one watch is of: a kind, everywhere or in one namespace, all of it or what a field says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Unit {
    /// The kind.
    pub(crate) kind: Kind,
    /// The namespace; `None`: all.
    pub(crate) namespace: Option<String>,
    /// What the server is told to leave out.
    pub(crate) selector: Option<&'static str>,
}

/// How far a unit has been read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Not yet.
    Waiting,
    /// Wholly.
    Read,
    /// The account may not. What was known before is still shown.
    Forbidden(String),
    /// The server does not give it.
    Failing(Trouble),
}

/// How soon a change wants to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Urgency {
    /// Events alone: they come in crowds and seldom change the picture.
    Later,
    /// Anything else.
    Now,
}

/// What is looked at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Snapshot {
    /// The objects.
    pub(crate) objects: Objects,
    /// How far each unit was read.
    pub(crate) units: BTreeMap<Unit, Reading>,
    /// Kinds of which nobody knows whether the cluster has them.
    pub(crate) unclear: BTreeSet<Kind>,
    /// The last object that could not be read at all, and why.
    pub(crate) refused: Option<String>,
}

impl Snapshot {
    /// Whether everything was read that can be.
    pub(crate) fn complete(&self) -> bool {
        !self.units.is_empty() && self.units.values().all(|reading| *reading != Reading::Waiting)
    }

    /// Whether nothing is missing for a reason that may pass by itself.
    pub(crate) fn settled(&self) -> bool {
        self.complete()
            && self.unclear.is_empty()
            && !self.units.values().any(|reading| matches!(reading, Reading::Failing(_)))
    }

    /// Kinds of which something is missing, or all: what refers to one of them is not called dangling.
    pub(crate) fn unread(&self) -> BTreeSet<Kind> {
        let read = |kind: &Kind| {
            let mut units = self.units.iter().filter(|(unit, _)| unit.kind == *kind).peekable();
            units.peek().is_some() && units.all(|(_, reading)| *reading == Reading::Read)
        };
        Kind::ALL.iter().copied().filter(|kind| !read(kind)).collect()
    }

    /// How many objects are known.
    pub(crate) fn count(&self) -> usize {
        Kind::ALL.iter().map(|kind| self.objects.count(*kind)).sum()
    }
}

/// What a cluster has.
#[derive(Default)]
pub(crate) struct Mirror {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    snapshot: Snapshot,
    /// What each unit knows, for kinds that several units share.
    shared: BTreeMap<Unit, BTreeSet<Key>>,
    dirty: Option<Urgency>,
}

impl Mirror {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says what is watched from now on. What no unit is of any more is dropped, unless nobody knows whether the cluster
    /// still has it.
    pub(crate) fn expect(&self, units: &[Unit], unclear: &BTreeSet<Kind>) {
        let mut state = self.state();
        let before = std::mem::take(&mut state.snapshot.units);
        for unit in units {
            let reading = before.get(unit).cloned().unwrap_or(Reading::Waiting);
            state.snapshot.units.insert(unit.clone(), reading);
        }
        state.snapshot.unclear.clone_from(unclear);
        let gone: Vec<Unit> = before.into_keys().filter(|unit| !units.contains(unit)).collect();
        for unit in gone {
            if !unclear.contains(&unit.kind) {
                state.finish(&unit, BTreeSet::new());
            }
        }
        state.drop_absent();
        state.soil(Urgency::Now);
        drop(state);
        self.changed.notify_one();
    }

    /// What is known is from before an outage: it counts as not yet read until it is listed anew.
    pub(crate) fn renew(&self) {
        for reading in self.state().snapshot.units.values_mut() {
            *reading = Reading::Waiting;
        }
    }

    /// Takes in one object that was listed, added or changed, and returns its name.
    pub(crate) fn apply(&self, unit: &Unit, object: Value) -> Option<Key> {
        let mut state = self.state();
        let named = key_of(&object);
        let (key, changed) = match state.snapshot.objects.take_in(unit.kind, object) {
            Ok(taken) => taken,
            Err(problem) => {
                let name = named.map(|key| format!(" {}/{}", key.namespace, key.name)).unwrap_or_default();
                state.snapshot.refused = Some(format!("{}{name}: {problem}", unit.kind.resource().kind));
                return None;
            }
        };
        if let Some(known) = state.shared.get_mut(unit) {
            known.insert(key.clone());
        }
        if changed {
            state.bound_events(unit.kind);
            self.wake(state, unit.kind);
        }
        Some(key)
    }

    /// Drops one object.
    pub(crate) fn remove(&self, unit: &Unit, object: &Value) {
        let Some(key) = key_of(object) else { return };
        let mut state = self.state();
        if let Some(known) = state.shared.get_mut(unit) {
            known.remove(&key);
        }
        if state.snapshot.objects.remove(unit.kind, &key) {
            self.wake(state, unit.kind);
        }
    }

    /// A complete list named these: whatever else the unit knew is gone.
    pub(crate) fn complete(&self, unit: &Unit, seen: BTreeSet<Key>) {
        let mut state = self.state();
        state.finish(unit, seen);
        if let Some(reading) = state.snapshot.units.get_mut(unit) {
            *reading = Reading::Read;
        }
        state.soil(Urgency::Now);
        drop(state);
        self.changed.notify_one();
    }

    /// How far a unit could be read. What is known of it stays.
    pub(crate) fn reading(&self, unit: &Unit, reading: Reading) {
        let mut state = self.state();
        match state.snapshot.units.get_mut(unit) {
            Some(now) if *now != reading => *now = reading,
            _ => return,
        }
        state.soil(Urgency::Now);
        drop(state);
        self.changed.notify_one();
    }

    /// What is known now.
    #[cfg(test)]
    pub(crate) fn look(&self) -> Snapshot {
        self.state().snapshot.clone()
    }

    /// What is known now; what changed up to now is looked at with it.
    pub(crate) fn snapshot(&self) -> Snapshot {
        let mut state = self.state();
        state.dirty = None;
        state.snapshot.clone()
    }

    /// How soon something wants to be looked at.
    pub(crate) fn dirty(&self) -> Option<Urgency> {
        self.state().dirty
    }

    /// Waits for a change. Returns at once if there was one since the last call.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// The kinds of which anything is known.
    pub(crate) fn kinds(&self) -> BTreeSet<Kind> {
        let objects = &self.state().snapshot.objects;
        Kind::ALL.iter().copied().filter(|kind| objects.count(*kind) > 0).collect()
    }

    /// Asks for an examination although no object changed.
    pub(crate) fn poke(&self) {
        self.state().soil(Urgency::Now);
        self.changed.notify_one();
    }

    fn wake(&self, mut state: MutexGuard<'_, State>, kind: Kind) {
        let urgency = if kind == Kind::Event { Urgency::Later } else { Urgency::Now };
        // Who was woken and has not looked yet needs no second call.
        let first = state.dirty.is_none_or(|dirty| dirty < urgency);
        state.soil(urgency);
        drop(state);
        if first {
            self.changed.notify_one();
        }
    }
}

impl State {
    fn soil(&mut self, urgency: Urgency) {
        self.dirty = self.dirty.max(Some(urgency));
    }

    /// Drops what is known of kinds that the cluster has no longer.
    fn drop_absent(&mut self) {
        for kind in Kind::ALL {
            let watched = self.snapshot.units.keys().any(|unit| unit.kind == *kind);
            if !watched && !self.snapshot.unclear.contains(kind) {
                self.snapshot.objects.retain(*kind, &BTreeSet::new());
                self.shared.retain(|unit, _| unit.kind != *kind);
            }
        }
    }

    /// Drops what a unit knew and did not see again.
    fn finish(&mut self, unit: &Unit, seen: BTreeSet<Key>) {
        if unit.selector.is_none() && unit.namespace.is_none() {
            self.snapshot.objects.retain(unit.kind, &seen);
            return;
        }
        let known = self.shared.insert(unit.clone(), seen).unwrap_or_default();
        let seen = self.shared.get(unit).cloned().unwrap_or_default();
        for key in known.difference(&seen) {
            self.snapshot.objects.remove(unit.kind, key);
        }
    }

    /// Events come by the thousand: the oldest are dropped.
    fn bound_events(&mut self, kind: Kind) {
        let events = &self.snapshot.objects.events;
        if kind != Kind::Event || events.len() <= EVENTS_MAX + EVENTS_SLACK {
            return;
        }
        let mut ages: Vec<(Option<i64>, Key)> =
            events.iter().map(|event| (event.metadata.created_ms, event.metadata.key())).collect();
        ages.sort_unstable();
        let old = ages.len().saturating_sub(EVENTS_MAX);
        for (_, key) in ages.into_iter().take(old) {
            self.snapshot.objects.remove(Kind::Event, &key);
            for known in self.shared.values_mut() {
                known.remove(&key);
            }
        }
    }
}

fn key_of(object: &Value) -> Option<Key> {
    let metadata = object.get("metadata")?;
    let text = |key: &str| metadata.get(key).and_then(Value::as_str);
    Some(Key::new(text("namespace").unwrap_or_default(), text("name")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn unit(kind: Kind) -> Unit {
        Unit { kind, namespace: None, selector: None }
    }

    fn object(name: &str, created: &str) -> Value {
        json!({ "metadata": { "name": name, "namespace": "a", "creationTimestamp": created } })
    }

    #[test]
    fn nothing_is_complete_before_every_unit_was_read() {
        let mirror = Mirror::default();
        let units = [unit(Kind::Pod), unit(Kind::Service)];
        mirror.expect(&units, &BTreeSet::new());
        mirror.complete(&units[0], BTreeSet::new());
        assert!(!mirror.look().complete());
        assert!(mirror.look().unread().contains(&Kind::Service));
        mirror.reading(&units[1], Reading::Forbidden("no".to_owned()));
        let snapshot = mirror.look();
        assert!(snapshot.complete());
        assert!(snapshot.unread().contains(&Kind::Service) && !snapshot.unread().contains(&Kind::Pod));
    }

    #[test]
    fn a_list_drops_what_it_does_not_name_and_only_of_its_own_unit() {
        let mirror = Mirror::default();
        let of = |selector| Unit { kind: Kind::Secret, namespace: None, selector: Some(selector) };
        let units = [of("type=a"), of("type=b")];
        mirror.expect(&units, &BTreeSet::new());
        for (unit, name) in [(&units[0], "one"), (&units[1], "two")] {
            let seen = mirror.apply(unit, object(name, "")).into_iter().collect();
            mirror.complete(unit, seen);
        }
        mirror.complete(&units[0], BTreeSet::new());
        let snapshot = mirror.look();
        assert!(snapshot.objects.secrets.get("a", "one").is_none());
        assert!(snapshot.objects.secrets.get("a", "two").is_some());
    }

    #[test]
    fn what_is_taken_away_stays_as_it_was_and_what_vanished_is_gone() {
        let mirror = Mirror::default();
        let pods = unit(Kind::Pod);
        mirror.expect(std::slice::from_ref(&pods), &BTreeSet::new());
        let seen = mirror.apply(&pods, object("x", "")).into_iter().collect();
        mirror.complete(&pods, seen);
        mirror.reading(&pods, Reading::Forbidden("no".to_owned()));
        assert_eq!(mirror.look().count(), 1);
        mirror.expect(&[], &BTreeSet::from([Kind::Pod]));
        assert_eq!(mirror.look().count(), 1, "nobody knows whether it is gone");
        mirror.expect(&[], &BTreeSet::new());
        assert_eq!(mirror.look().count(), 0);
        assert!(mirror.look().units.is_empty());
    }

    #[test]
    fn the_same_again_wakes_nobody_and_events_wait() {
        let mirror = Mirror::default();
        let (pods, events) = (unit(Kind::Pod), unit(Kind::Event));
        mirror.apply(&pods, object("x", ""));
        mirror.snapshot();
        mirror.apply(&pods, object("x", ""));
        assert_eq!(mirror.dirty(), None);
        mirror.apply(&events, object("e", ""));
        assert_eq!(mirror.dirty(), Some(Urgency::Later));
        mirror.apply(&pods, object("y", ""));
        assert_eq!(mirror.dirty(), Some(Urgency::Now));
        mirror.apply(&pods, json!({ "metadata": {} }));
        assert_eq!(mirror.look().refused.as_deref(), Some("Pod: it has no metadata.name"));
    }

    #[test]
    fn of_a_flood_of_events_the_newest_are_kept() {
        let mirror = Mirror::default();
        let events = unit(Kind::Event);
        for n in 0..=EVENTS_MAX + EVENTS_SLACK {
            let created = format!("2026-01-01T{:02}:{:02}:{:02}Z", n / 3600, n / 60 % 60, n % 60);
            mirror.apply(&events, object(&format!("e{n}"), &created));
        }
        let snapshot = mirror.look();
        assert_eq!(snapshot.objects.events.len(), EVENTS_MAX);
        assert!(snapshot.objects.events.get("a", "e0").is_none());
        assert!(snapshot.objects.events.get("a", &format!("e{}", EVENTS_MAX + EVENTS_SLACK)).is_some());
    }
}
