//! The queue in memory: what is on its way, which channel is busy, what was said where. No I/O.

use crate::model::news::News;
use crate::model::queue::{Bucket, Delivery, GIVE_UP, LONGEST_PAUSE, Outcome, State, Try, key_of, overtake};
use crate::model::route::{Errand, Place, Plan};
use crate::store::{Batch, Thread};
use hob_base::resource::Moment;
use hob_base::{IncidentId, Timestamp};
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

/// The most that waits. Of more, what is least bad and oldest is given up.
const OPEN_MAX: usize = 5000;
/// The most messages that are on their way at once, through as many channels.
const FLIGHTS_MAX: usize = 32;
/// How long it is remembered what was said where, and which notices were taken up: longer than quiet hours last.
pub(crate) const REMEMBERED: Duration = Duration::from_secs(8 * 86_400);
/// How soon a message is looked at again whose channel is paused.
const PAUSED: Duration = Duration::from_secs(60);
/// What waits for its channel waits at least so long, so that it is not looked at again at once.
const SHORTEST_WAIT: Duration = Duration::from_millis(10);

/// What the book needs to know of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gate {
    /// Messages may go through it, so many a minute.
    Open(u32),
    /// Somebody paused it.
    Paused,
    /// There is no such channel any more.
    Gone,
}

/// A message that is to be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Flight {
    /// Of which delivery.
    pub(crate) key: String,
    /// Which step of it.
    pub(crate) step: usize,
    /// Where.
    pub(crate) place: Place,
    /// What.
    pub(crate) news: News,
    /// The key of this very message: the same again after a crash.
    pub(crate) dedupe: String,
    /// What it edits or answers, as far as memory knows.
    pub(crate) previous: Option<String>,
}

/// The queue.
#[derive(Debug, Default)]
pub(crate) struct Book {
    open: BTreeMap<String, Delivery>,
    /// Every delivery there was lately: none is begun twice.
    keys: HashMap<String, Timestamp>,
    /// Which news was said where.
    said: HashMap<(String, Place), Timestamp>,
    taken: HashMap<String, Timestamp>,
    threads: HashMap<(IncidentId, Place), (String, Timestamp)>,
    /// Which channel is busy with which delivery.
    busy: HashMap<String, String>,
    /// Busy channels that lead elsewhere since: what they answer refers to nothing that can be edited.
    moved: HashSet<String>,
    held: HashMap<String, Timestamp>,
    buckets: HashMap<String, (u32, Bucket)>,
    /// What is to be written.
    pub(crate) unsaved: Batch,
}

impl Book {
    /// A book of what the tables hold. What was on its way when Hob stopped is sent again: better twice than never.
    pub(crate) fn restore(
        open: Vec<Delivery>,
        recent: &[Delivery],
        taken: HashMap<String, Timestamp>,
        now: Timestamp,
    ) -> Self {
        let mut book = Self { taken, ..Self::default() };
        for delivery in recent.iter().chain(&open) {
            book.keys.insert(delivery.key.clone(), delivery.created_at);
            if let Some(place) = delivery.arrived() {
                book.said.insert((delivery.news.key.clone(), place.clone()), delivery.created_at);
            }
        }
        for mut delivery in open {
            delivery.mind_the_clock(now);
            if delivery.state == State::Sending {
                delivery.state = State::Waiting;
                delivery.due = now;
            }
            book.open.insert(delivery.key.clone(), delivery);
        }
        book
    }

    /// Whether a notice was taken up already.
    pub(crate) fn has_taken(&self, notice: &str) -> bool {
        self.taken.contains_key(notice)
    }

    /// Notes that a notice was taken up.
    pub(crate) fn take(&mut self, notice: &str, now: Timestamp) {
        self.taken.insert(notice.to_owned(), now);
        self.unsaved.taken.insert(notice.to_owned(), now);
    }

    /// Takes up what a plan asks for. What it does not ask for is remembered, too: that nobody was told, and why.
    pub(crate) fn add(&mut self, news: &News, plan: Plan, now: Timestamp) {
        if plan.errands.is_empty() {
            let why: Vec<String> = plan.refusals.into_iter().map(|refusal| refusal.why).collect();
            let why = if why.is_empty() { "There is no channel.".to_owned() } else { why.join(" ") };
            self.add_untold(news, why, now);
        }
        for errand in plan.errands {
            let key = key_of(&news.key, &errand.rule, errand.person.as_deref());
            if self.keys.contains_key(&key) {
                continue;
            }
            let mut delivery = Delivery::new(errand, news.clone(), now);
            overtake(&mut delivery, self.open.values_mut(), now);
            self.sweep();
            self.keys.insert(key.clone(), now);
            self.unsaved.deliveries.insert(key.clone(), delivery.clone());
            self.open.insert(key, delivery);
        }
        self.shed(now);
    }

    fn add_untold(&mut self, news: &News, why: String, now: Timestamp) {
        let errand = Errand {
            rule: "none".to_owned(),
            person: news.to.clone(),
            chain: Vec::new(),
            patience: Duration::ZERO,
        };
        let mut delivery = Delivery::new(errand, news.clone(), now);
        if self.keys.contains_key(&delivery.key) {
            return;
        }
        let place = Place { channel: String::new(), person: None };
        delivery.tried.push(Try { at: now, place, ok: false, status: None, text: why });
        delivery.end(State::Nobody, now);
        self.keys.insert(delivery.key.clone(), now);
        self.unsaved.deliveries.insert(delivery.key.clone(), delivery);
    }

    /// Moves what has ended out of the queue, to be written.
    fn sweep(&mut self) {
        let ended: Vec<String> = self
            .open
            .iter()
            .filter(|(_, delivery)| !delivery.state.is_open())
            .map(|(key, _)| key.clone())
            .collect();
        for key in ended {
            if let Some(delivery) = self.open.remove(&key) {
                self.unsaved.deliveries.insert(key, delivery);
            }
        }
    }

    /// Gives up what is too much.
    fn shed(&mut self, now: Timestamp) {
        while self.open.len() > OPEN_MAX {
            let waiting = self.open.values_mut().filter(|delivery| delivery.state == State::Waiting);
            let Some(least) = waiting.min_by_key(|delivery| (delivery.news.severity, delivery.created_at))
            else {
                return;
            };
            let place = Place { channel: String::new(), person: None };
            let text = format!("More than {OPEN_MAX} messages wait, so this one was given up.");
            least.tried.push(Try { at: now, place, ok: false, status: None, text });
            least.end(State::GivenUp, now);
            self.sweep();
        }
    }

    /// What is to be sent now: the worst first, then the oldest; through each channel one at a time; of each thread one
    /// after the other.
    pub(crate) fn begin(&mut self, now: Moment, gate: impl Fn(&str) -> Gate) -> Vec<Flight> {
        let mut expired = false;
        for delivery in self.open.values_mut() {
            expired |= delivery.expire(now.wall);
        }
        if expired {
            self.sweep();
        }
        let threads: HashSet<_> = self
            .open
            .values()
            .filter(|delivery| delivery.state == State::Sending)
            .filter_map(thread_of)
            .collect();
        let due = self
            .open
            .values()
            .filter(|delivery| delivery.state == State::Waiting && delivery.due <= now.wall);
        let mut order: Vec<_> = due
            .filter(|delivery| thread_of(delivery).is_none_or(|thread| !threads.contains(&thread)))
            .map(|delivery| (Reverse(delivery.news.severity), delivery.news.at, delivery.key.clone()))
            .collect();
        order.sort();
        let mut flights = Vec::new();
        let mut threads: HashSet<_> = threads
            .into_iter()
            .map(|(id, rule, who)| (id, rule.to_owned(), who.map(str::to_owned)))
            .collect();
        for (_, _, key) in order {
            if self.busy.len() >= FLIGHTS_MAX {
                break;
            }
            let thread = self
                .open
                .get(&key)
                .and_then(thread_of)
                .map(|(id, rule, who)| (id, rule.to_owned(), who.map(str::to_owned)));
            if thread.as_ref().is_some_and(|thread| threads.contains(thread)) {
                continue;
            }
            if let Some(flight) = self.start(&key, now, &gate) {
                threads.extend(thread);
                flights.push(flight);
            }
        }
        self.sweep();
        flights
    }

    fn start(&mut self, key: &str, now: Moment, gate: &impl Fn(&str) -> Gate) -> Option<Flight> {
        let delivery = self.open.get_mut(key)?;
        let Some(step) = delivery.pick(now.wall) else {
            delivery.end(State::Failed, now.wall);
            return None;
        };
        let place = delivery.steps.get(step)?.place.clone();
        if self.said.contains_key(&(delivery.news.key.clone(), place.clone())) {
            let text = "It was said there already, because of another rule.".to_owned();
            delivery.answered(step, &Outcome::Taken { status: None, text, missed: None }, now.wall, 0.0);
            return None;
        }
        if self.busy.contains_key(&place.channel) {
            // The next one of its chain is not kept waiting by a channel that hangs.
            delivery.wait_in_line(step, now.wall);
            return None;
        }
        let per_minute = match gate(&place.channel) {
            Gate::Open(per_minute) => per_minute,
            Gate::Paused => {
                delivery.hold(step, now.wall.plus(PAUSED), now.wall);
                return self.start_if_due(key, now, gate);
            }
            Gate::Gone => {
                let text = format!("There is no channel “{}” any more.", place.channel);
                delivery.answered(step, &Outcome::Refused { status: None, text }, now.wall, 0.0);
                return self.start_if_due(key, now, gate);
            }
        };
        if let Some(until) = self.held.get(&place.channel).filter(|until| **until > now.wall) {
            delivery.hold(step, (*until).min(now.wall.plus(LONGEST_PAUSE)), now.wall);
            return self.start_if_due(key, now, gate);
        }
        let full = || (per_minute, Bucket::new(per_minute, now.monotonic));
        let (rate, bucket) = self.buckets.entry(place.channel.clone()).or_insert_with(full);
        if *rate != per_minute {
            (*rate, *bucket) = full();
        }
        if let Err(wait) = bucket.take(now.monotonic) {
            delivery.hold(step, now.wall.plus(wait.max(SHORTEST_WAIT)), now.wall);
            return self.start_if_due(key, now, gate);
        }
        delivery.begin(step, now.wall);
        self.busy.insert(place.channel.clone(), key.to_owned());
        self.unsaved.deliveries.insert(key.to_owned(), delivery.clone());
        let thread = delivery.news.incident.and_then(|incident| self.threads.get(&(incident, place.clone())));
        Some(Flight {
            key: key.to_owned(),
            step,
            dedupe: format!("{key}|{}", place.channel),
            place,
            news: delivery.news.clone(),
            previous: thread.map(|(reference, _)| reference.clone()),
        })
    }

    /// Starts what was just put back and may go to its next place at once.
    fn start_if_due(&mut self, key: &str, now: Moment, gate: &impl Fn(&str) -> Gate) -> Option<Flight> {
        let delivery = self.open.get(key)?;
        let due = delivery.state == State::Waiting && delivery.due <= now.wall;
        if due { self.start(key, now, gate) } else { None }
    }

    /// Takes in what came of a message. `jitter` is from 0 to 1.
    pub(crate) fn landed(
        &mut self,
        flight: &Flight,
        outcome: &Outcome,
        reference: Option<String>,
        now: Timestamp,
        jitter: f64,
    ) {
        self.busy.remove(&flight.place.channel);
        let moved = self.moved.remove(&flight.place.channel);
        let reference = reference.filter(|_| !moved);
        if let Outcome::Later { after: Some(after), .. } = outcome {
            self.held.insert(flight.place.channel.clone(), now.plus((*after).min(LONGEST_PAUSE)));
        }
        if matches!(outcome, Outcome::Taken { .. }) {
            self.held.remove(&flight.place.channel);
            self.said.insert((flight.news.key.clone(), flight.place.clone()), now);
            if let (Some(incident), Some(reference)) = (flight.news.incident, reference) {
                let place = flight.place.clone();
                self.threads.insert((incident, place.clone()), (reference.clone(), now));
                self.unsaved.threads.push(Thread { incident, place, reference, at: now });
            }
        }
        let Some(mut delivery) = self.open.remove(&flight.key) else { return };
        delivery.answered(flight.step, outcome, now, jitter);
        if delivery.state == State::Waiting {
            // While it was on its way something newer may have come.
            let newer = self.open.values_mut().filter(|other| {
                other.state == State::Waiting
                    && other.same_thread(&delivery)
                    && other.news.at >= delivery.news.at
            });
            if let Some(newer) = newer.max_by_key(|other| other.news.at) {
                overtake(newer, std::iter::once(&mut delivery), now);
                self.unsaved.deliveries.insert(newer.key.clone(), newer.clone());
            }
        }
        self.unsaved.deliveries.insert(delivery.key.clone(), delivery.clone());
        if delivery.state.is_open() {
            self.open.insert(delivery.key.clone(), delivery);
        }
    }

    /// The clock was set by so many milliseconds, forwards or backwards: what waits goes on waiting as long as it would
    /// have, and is neither given up nor kept because of it.
    pub(crate) fn clock_was_set(&mut self, by: i64) {
        for (key, delivery) in &mut self.open {
            delivery.clock_was_set(by);
            self.unsaved.deliveries.insert(key.clone(), delivery.clone());
        }
        for until in self.held.values_mut() {
            *until = Timestamp::from_millis(until.millis().saturating_add(by));
        }
    }

    /// Forgets what was said through a channel that leads elsewhere now: nothing there is edited or answered.
    pub(crate) fn forget_threads(&mut self, channel: &str) {
        self.threads.retain(|(_, place), _| place.channel != channel);
        self.unsaved.threads.retain(|thread| thread.place.channel != channel);
        if self.busy.contains_key(channel) {
            self.moved.insert(channel.to_owned());
        }
    }

    /// What is known of an incident here and perhaps not yet in the table.
    pub(crate) fn of_incident(&self, incident: IncidentId) -> impl Iterator<Item = &Delivery> {
        let unsaved = self.unsaved.deliveries.values();
        self.open.values().chain(unsaved).filter(move |delivery| delivery.news.incident == Some(incident))
    }

    /// When something becomes due next. What is due already waits for its channel, and has its turn when that is free.
    pub(crate) fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        let waiting = self.open.values().filter(|delivery| delivery.state == State::Waiting);
        waiting.map(|delivery| delivery.due).filter(|due| *due > now).min()
    }

    /// How much is on its way or waits.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// Forgets what is so old that nothing comes back to it.
    pub(crate) fn forget_old(&mut self, now: Timestamp) {
        let young = |at: &Timestamp| now.since(*at) < REMEMBERED;
        self.keys.retain(|key, at| young(at) || self.open.contains_key(key));
        self.said.retain(|_, at| young(at));
        self.taken.retain(|_, at| young(at));
        self.threads.retain(|_, (_, at)| now.since(*at) < GIVE_UP);
        self.held.retain(|_, until| *until > now);
    }

    /// Puts back what could not be written; what came since is newer.
    pub(crate) fn put_back(&mut self, earlier: Batch) {
        let later = std::mem::replace(&mut self.unsaved, earlier);
        self.unsaved.deliveries.extend(later.deliveries);
        self.unsaved.taken.extend(later.taken);
        self.unsaved.threads.extend(later.threads);
        self.unsaved.marks.extend(later.marks);
    }
}

fn thread_of(delivery: &Delivery) -> Option<(IncidentId, &str, Option<&str>)> {
    Some((delivery.news.incident?, delivery.rule.as_str(), delivery.person.as_deref()))
}

#[cfg(test)]
mod tests;
