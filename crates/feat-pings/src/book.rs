//! The book of all jobs in memory: who is meant by an address, what is due next, what is still to be written and told.
//!
//! Everything here is immediate and never waits: the state that a ping makes is right before its sender has an answer.

use crate::model::address::{Action, RunId, hex};
use crate::model::definition::Definition;
use crate::model::judge::{excerpt, observation};
use crate::model::keywords::classify;
use crate::model::limit::JobBucket;
use crate::model::runs::Unusual;
use crate::model::state::{Counted, Ping, State, Status, Why};
use bytes::Bytes;
use hob_base::resource::Moment;
use hob_base::{Observation, Timestamp};
use jiff::tz::TimeZone;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// The number of a job, which never changes.
pub(crate) type JobId = i64;

/// What an address is found by: SHA-256 of its secret, so that comparing tells nothing about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CodeHash([u8; 32]);

impl CodeHash {
    /// Of a secret.
    pub(crate) fn of(code: &str) -> Self {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, code.as_bytes()).as_ref());
        Self(hash)
    }

    /// As it stands in the table.
    pub(crate) fn text(self) -> String {
        hex(&self.0)
    }

    /// From the table.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        for (i, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok()?;
        }
        (text.len() == 64).then_some(Self(hash))
    }
}

/// How often the house is told of what is no news: the time of the last ping.
const QUIET: Duration = Duration::from_secs(300);
/// How often it is told anyway, long before its word stops to hold.
const REPEAT: Duration = Duration::from_secs(6 * 3600);
/// The most pings that wait for a database that refuses. Of more the oldest are given up.
const WAITING_MAX: usize = 20_000;
/// The most bytes of bodies that wait. Beyond it pings are kept without their bodies.
const WAITING_BYTES_MAX: usize = 64 << 20;

/// Who sent a ping, and how.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Head {
    /// As what it counted.
    #[serde(rename = "kind", serialize_with = "action_word", deserialize_with = "word_action")]
    pub(crate) action: Option<Action>,
    /// `http` or `https`.
    pub(crate) scheme: String,
    /// The address of whoever is connected to the hub: behind a reverse proxy that is the proxy.
    pub(crate) address: String,
    /// The method.
    pub(crate) method: String,
    /// What its program calls itself.
    pub(crate) agent: String,
    /// Which run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<RunId>,
    /// Its exit status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) exit: Option<u8>,
    /// How long the run took that ended with it, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) took_ms: Option<u32>,
}

fn action_word<S: serde::Serializer>(action: &Option<Action>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(action.map_or("", Action::as_str))
}

fn word_action<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Action>, D::Error> {
    String::deserialize(deserializer).map(|word| Some(Action::from_word(&word)))
}

/// A ping as it comes in.
#[derive(Debug, Clone)]
pub(crate) struct Incoming {
    /// What its address says.
    pub(crate) action: Action,
    /// Who sent it. What became of it is not known yet.
    pub(crate) head: Head,
    /// The beginning of its body.
    pub(crate) body: Bytes,
    /// How much of the body was read, in bytes.
    pub(crate) size: u64,
}

/// A ping for the table.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Logged {
    /// Of which job.
    pub(crate) job: JobId,
    /// The number of the ping.
    pub(crate) n: u64,
    /// When it came.
    pub(crate) at: Timestamp,
    /// Who sent it, and what became of it.
    pub(crate) head: Head,
    /// How much of its body was read, in bytes.
    pub(crate) size: u64,
    /// What is kept of its body.
    pub(crate) body: Option<Bytes>,
}

/// What the house was last told of a job, as far as it is news.
#[derive(Debug, Clone, PartialEq)]
struct News {
    status: Status,
    why: Option<Why>,
    unusual: Option<Unusual>,
    definition: Arc<Definition>,
}

/// One job.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    /// Its number.
    pub(crate) id: JobId,
    /// The name of its resource and its page.
    pub(crate) handle: Arc<str>,
    /// The secret of its address; empty when it could not be opened.
    pub(crate) code: Arc<str>,
    /// By which it is found.
    pub(crate) code_hash: CodeHash,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// What it is.
    pub(crate) definition: Arc<Definition>,
    /// How it is.
    pub(crate) state: State,
}

struct Entry {
    job: Job,
    bucket: JobBucket,
    /// The newest ping beyond the limit. It counts as soon as there is room.
    held: Option<Box<Incoming>>,
    look: Option<Timestamp>,
    told: Option<(News, Duration)>,
}

/// What is to be written.
#[derive(Debug, Default)]
pub(crate) struct Writes {
    /// Pings, oldest first.
    pub(crate) pings: VecDeque<Logged>,
    /// Jobs whose state is newer than the table.
    pub(crate) states: BTreeSet<JobId>,
    /// Pings that were given up.
    pub(crate) lost: u64,
    bytes: usize,
}

impl Writes {
    fn push(&mut self, mut ping: Logged) {
        let bytes = ping.body.as_ref().map_or(0, Bytes::len);
        if self.bytes + bytes > WAITING_BYTES_MAX {
            ping.body = None;
        } else {
            self.bytes += bytes;
        }
        self.states.insert(ping.job);
        self.pings.push_back(ping);
        while self.pings.len() > WAITING_MAX {
            let gone = self.pings.pop_front().and_then(|ping| ping.body);
            self.bytes -= gone.map_or(0, |body| body.len());
            self.lost += 1;
        }
    }

    /// Puts back what could not be written, before what came since.
    fn put_back(&mut self, earlier: Self) {
        let later = std::mem::replace(self, Self { lost: self.lost + earlier.lost, ..Self::default() });
        self.states = earlier.states;
        self.states.extend(later.states);
        for ping in earlier.pings.into_iter().chain(later.pings) {
            self.push(ping);
        }
    }
}

/// All jobs.
pub(crate) struct Book {
    zone: TimeZone,
    /// Boxed: a table that grows copies pointers, not jobs.
    jobs: HashMap<JobId, Box<Entry>>,
    by_code: HashMap<CodeHash, JobId>,
    by_handle: HashMap<Arc<str>, JobId>,
    by_slug: HashMap<String, Vec<JobId>>,
    looks: BTreeSet<(Timestamp, JobId)>,
    held: BTreeSet<JobId>,
    news: BTreeSet<JobId>,
    quiet: BTreeSet<JobId>,
    gone: Vec<Arc<str>>,
    writes: Writes,
    key: Arc<str>,
    key_hash: CodeHash,
    next_id: JobId,
}

/// Which job a ping means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// This one.
    Job(JobId),
    /// None, though the key is right.
    NoSuchSlug,
    /// Several have this slug.
    Ambiguous,
    /// None.
    Nothing,
}

impl Book {
    /// A book without jobs.
    pub(crate) fn new(zone: TimeZone, key: &str) -> Self {
        Self {
            zone,
            jobs: HashMap::new(),
            by_code: HashMap::new(),
            by_handle: HashMap::new(),
            by_slug: HashMap::new(),
            looks: BTreeSet::new(),
            held: BTreeSet::new(),
            news: BTreeSet::new(),
            quiet: BTreeSet::new(),
            gone: Vec::new(),
            writes: Writes::default(),
            key: key.into(),
            key_hash: CodeHash::of(key),
            next_id: 1,
        }
    }

    /// The zone that counts where a schedule names none.
    pub(crate) fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The ping key.
    pub(crate) fn key(&self) -> Arc<str> {
        self.key.clone()
    }

    /// Another ping key: the old one opens nothing any more.
    pub(crate) fn set_key(&mut self, key: &str) {
        self.key = key.into();
        self.key_hash = CodeHash::of(key);
    }

    /// How many jobs there are.
    pub(crate) fn len(&self) -> usize {
        self.jobs.len()
    }

    /// A number that no job has had.
    pub(crate) fn next_id(&mut self) -> JobId {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// One job.
    pub(crate) fn get(&self, id: JobId) -> Option<&Job> {
        self.jobs.get(&id).map(|entry| &entry.job)
    }

    /// One job by the name of its page.
    pub(crate) fn by_handle(&self, handle: &str) -> Option<&Job> {
        self.by_handle.get(handle).and_then(|id| self.get(*id))
    }

    /// One job by its secret.
    pub(crate) fn by_code(&self, code: &str) -> Option<&Job> {
        self.by_code.get(&CodeHash::of(code)).and_then(|id| self.get(*id))
    }

    /// Whether a handle is in use.
    pub(crate) fn has_handle(&self, handle: &str) -> bool {
        self.by_handle.contains_key(handle)
    }

    /// All jobs, in no order.
    pub(crate) fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.jobs.values().map(|entry| &entry.job)
    }

    /// Those of a slug.
    pub(crate) fn of_slug(&self, slug: &str) -> &[JobId] {
        self.by_slug.get(slug).map_or(&[], Vec::as_slice)
    }

    /// Which job a key and a slug mean.
    pub(crate) fn find_slug(&self, key: &str, slug: &str) -> Found {
        if CodeHash::of(key) != self.key_hash {
            return Found::Nothing;
        }
        match self.of_slug(slug) {
            [] => Found::NoSuchSlug,
            [id] => Found::Job(*id),
            _ => Found::Ambiguous,
        }
    }

    /// Adds a job, or puts one in the place of another of the same number.
    pub(crate) fn put(&mut self, job: Job, now: Moment) {
        let id = job.id;
        let before = self.take_out(id);
        let (bucket, held, told) = match before {
            Some(before) if before.job.handle == job.handle => (before.bucket, before.held, before.told),
            Some(before) => {
                self.gone.push(before.job.handle);
                (before.bucket, before.held, None)
            }
            None => (JobBucket::default(), None, None),
        };
        self.next_id = self.next_id.max(id + 1);
        self.by_code.insert(job.code_hash, id);
        self.by_handle.insert(job.handle.clone(), id);
        if !job.definition.slug.is_empty() {
            self.by_slug.entry(job.definition.slug.clone()).or_default().push(id);
        }
        if held.is_some() {
            self.held.insert(id);
        }
        self.jobs.insert(id, Box::new(Entry { job, bucket, held, look: None, told }));
        self.settle(id, now);
    }

    /// Removes a job. Its resource is withdrawn by the watch.
    pub(crate) fn remove(&mut self, id: JobId) -> Option<Job> {
        let entry = self.take_out(id)?;
        self.gone.push(entry.job.handle.clone());
        self.writes.states.remove(&id);
        self.writes.pings.retain(|ping| ping.job != id);
        self.writes.bytes =
            self.writes.pings.iter().filter_map(|ping| ping.body.as_ref()).map(Bytes::len).sum();
        Some(entry.job)
    }

    fn take_out(&mut self, id: JobId) -> Option<Box<Entry>> {
        let entry = self.jobs.remove(&id)?;
        self.by_code.remove(&entry.job.code_hash);
        self.by_handle.remove(&entry.job.handle);
        if let Some(same) = self.by_slug.get_mut(&entry.job.definition.slug) {
            same.retain(|other| *other != id);
            if same.is_empty() {
                self.by_slug.remove(&entry.job.definition.slug);
            }
        }
        if let Some(look) = entry.look {
            self.looks.remove(&(look, id));
        }
        for set in [&mut self.held, &mut self.news, &mut self.quiet] {
            set.remove(&id);
        }
        Some(entry)
    }

    /// Takes a ping in. `None` when the job has gone.
    pub(crate) fn ping(&mut self, id: JobId, mut incoming: Incoming, now: Moment) -> Option<()> {
        let entry = self.jobs.get_mut(&id)?;
        let job = &entry.job.definition;
        let plain = incoming.action == Action::Success && incoming.head.exit.is_none();
        if job.only_post && incoming.head.method != "POST" {
            incoming.action = Action::Ignored;
        } else if plain {
            incoming.action = classify(job, &incoming.body);
        }
        if entry.bucket.take(now.monotonic) {
            self.count(id, incoming, now);
        } else {
            self.hold(id, incoming, now);
        }
        Some(())
    }

    /// Beyond the limit only the newest ping is kept, and counts when there is room. A run that ended has ended.
    fn hold(&mut self, id: JobId, incoming: Incoming, now: Moment) {
        let Some(entry) = self.jobs.get_mut(&id) else { return };
        entry.job.state.pings += 1;
        if matches!(incoming.action, Action::Log | Action::Ignored) {
            return;
        }
        if incoming.action.ends_a_run() {
            entry.job.state.end_run(incoming.head.run, now.wall);
        }
        entry.held = Some(Box::new(incoming));
        self.held.insert(id);
    }

    /// Counts what was held back, as far as there is room now, or all of it.
    pub(crate) fn release(&mut self, now: Moment, all: bool) {
        for id in self.held.clone() {
            let Some(entry) = self.jobs.get_mut(&id) else { continue };
            if !entry.bucket.take(now.monotonic) && !all {
                continue;
            }
            self.held.remove(&id);
            if let Some(incoming) = entry.held.take() {
                // It was counted when it came.
                entry.job.state.pings -= 1;
                self.count(id, *incoming, now);
            }
        }
    }

    fn count(&mut self, id: JobId, incoming: Incoming, now: Moment) {
        let Some(entry) = self.jobs.get_mut(&id) else { return };
        let Incoming { action, mut head, body, size } = incoming;
        let said = excerpt(&body);
        let ping = Ping { action, exit: head.exit, run: head.run, took_ms: head.took_ms, said };
        let Counted { action, took_ms } =
            entry.job.state.ping(ping, now.wall, &entry.job.definition, &self.zone);
        (head.action, head.took_ms) = (Some(action), took_ms);
        let n = entry.job.state.pings;
        let body = (!body.is_empty()).then_some(body);
        self.writes.push(Logged { job: id, n, at: now.wall, head, size, body });
        self.settle(id, now);
    }

    /// Changes a state. `None` when there is no such job.
    pub(crate) fn change<T>(
        &mut self,
        id: JobId,
        now: Moment,
        change: impl FnOnce(&mut State, &Definition, &TimeZone) -> T,
    ) -> Option<T> {
        let entry = self.jobs.get_mut(&id)?;
        let result = change(&mut entry.job.state, &entry.job.definition, &self.zone);
        self.writes.states.insert(id);
        self.settle(id, now);
        Some(result)
    }

    /// After a change: when to look next, and whether there is news.
    fn settle(&mut self, id: JobId, now: Moment) {
        let Some(entry) = self.jobs.get_mut(&id) else { return };
        let look = entry.job.state.next_look(now.wall, &entry.job.definition);
        if look != entry.look {
            if let Some(old) = entry.look {
                self.looks.remove(&(old, id));
            }
            if let Some(new) = look {
                self.looks.insert((new, id));
            }
            entry.look = look;
        }
        let same = entry.told.as_ref().is_some_and(|(told, _)| *told == news_of(&entry.job, now.wall));
        if same {
            self.quiet.insert(id);
        } else {
            self.news.insert(id);
        }
    }

    /// Lets time pass for those that are due, and for nobody else.
    pub(crate) fn pass_time(&mut self, now: Moment) {
        while let Some((look, id)) = self.looks.first().copied().filter(|(look, _)| *look <= now.wall) {
            self.looks.remove(&(look, id));
            let Some(entry) = self.jobs.get_mut(&id) else { continue };
            entry.look = None;
            if entry.job.state.tick(now.wall, &entry.job.definition) {
                self.writes.states.insert(id);
            }
            self.settle(id, now);
        }
    }

    /// When to look again, if nothing comes.
    pub(crate) fn next_look(&self) -> Option<Timestamp> {
        self.looks.first().map(|(look, _)| *look)
    }

    /// Whether pings are held back.
    pub(crate) fn holds_back(&self) -> bool {
        !self.held.is_empty()
    }

    /// Nobody watched until now.
    pub(crate) fn wake(&mut self, now: Moment) {
        self.change_all(now, |state, job, _| state.wake(now.wall, job));
    }

    /// The clock was set back.
    pub(crate) fn rebase(&mut self, now: Moment) {
        self.change_all(now, |state, job, zone| state.rebase(now.wall, job, zone));
    }

    fn change_all(&mut self, now: Moment, change: impl Fn(&mut State, &Definition, &TimeZone) -> bool) {
        let ids: Vec<JobId> = self.jobs.keys().copied().collect();
        for id in ids {
            let Some(entry) = self.jobs.get_mut(&id) else { continue };
            if change(&mut entry.job.state, &entry.job.definition, &self.zone) {
                self.writes.states.insert(id);
            }
            self.settle(id, now);
        }
    }

    /// Up to `max` observations that the house has not heard.
    pub(crate) fn take_news(&mut self, now: Moment, max: usize) -> Vec<Observation> {
        let mut told = Vec::new();
        while let Some(id) = self.news.pop_first() {
            self.quiet.remove(&id);
            let Some(entry) = self.jobs.get_mut(&id) else { continue };
            let Job { handle, definition, state, .. } = &entry.job;
            told.push(observation(handle, definition, state, now.wall, &self.zone));
            entry.told = Some((news_of(&entry.job, now.wall), now.monotonic));
            if told.len() >= max {
                break;
            }
        }
        told
    }

    /// What is no news becomes some after a while.
    pub(crate) fn ripen(&mut self, now: Moment) {
        let old = |entry: &Entry| {
            entry.told.as_ref().is_none_or(|(_, at)| now.monotonic.saturating_sub(*at) >= QUIET)
        };
        let ripe: Vec<JobId> = self
            .quiet
            .iter()
            .copied()
            .filter(|id| self.jobs.get(id).is_none_or(|entry| old(entry)))
            .collect();
        for id in ripe {
            self.quiet.remove(&id);
            self.news.insert(id);
        }
    }

    /// Whatever was told long ago is told again.
    pub(crate) fn repeat(&mut self, now: Moment) {
        let old = |entry: &Entry| {
            entry.told.as_ref().is_none_or(|(_, at)| now.monotonic.saturating_sub(*at) >= REPEAT)
        };
        self.news.extend(self.jobs.iter().filter(|(_, entry)| old(entry)).map(|(id, _)| *id));
    }

    /// Handles whose resources are to be withdrawn.
    pub(crate) fn take_gone(&mut self) -> Vec<Arc<str>> {
        let gone = std::mem::take(&mut self.gone);
        gone.into_iter().filter(|handle| !self.by_handle.contains_key(handle)).collect()
    }

    /// What is to be written, with the states as they are now.
    pub(crate) fn take_writes(&mut self) -> (Writes, Vec<(JobId, String)>) {
        let writes = std::mem::take(&mut self.writes);
        // Texts, numbers and lists of them: writing them as JSON cannot fail.
        let state =
            |id: &JobId| Some((*id, serde_json::to_string(&self.get(*id)?.state).unwrap_or_default()));
        let states = writes.states.iter().filter_map(state).collect();
        (writes, states)
    }

    /// What could not be written waits.
    pub(crate) fn put_back(&mut self, mut writes: Writes) {
        // A job may have been deleted meanwhile.
        writes.states.retain(|id| self.jobs.contains_key(id));
        writes.pings.retain(|ping| self.jobs.contains_key(&ping.job));
        self.writes.put_back(writes);
    }
}

fn news_of(job: &Job, now: Timestamp) -> News {
    News {
        status: job.state.status(now),
        why: job.state.why.clone(),
        unusual: job.state.unusual,
        definition: job.definition.clone(),
    }
}

#[cfg(test)]
mod tests;
