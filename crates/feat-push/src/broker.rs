//! Who listens to which topic, in memory: a topic is there while somebody listens to it.
//!
//! Each subscriber has a mailbox, which is bounded: who does not read is dropped, and nobody waits for it. One clock for
//! all ([`Broker::tick`]) says when which subscriber is to be told that the connection lives.

use crate::delivery::Delivery;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use tokio::sync::mpsc;

/// How many messages may wait for one subscriber.
pub(crate) const WAITING_MAX: usize = 8192;
/// How many bytes of messages may wait for one subscriber.
pub(crate) const WAITING_BYTES_MAX: usize = 4 << 20;

/// Topics and who listens to them.
#[derive(Default)]
pub(crate) struct Broker(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    topics: HashMap<Box<str>, Vec<Arc<Mailbox>>>,
    /// Subscribers by the second of the round in which they are told that the connection lives.
    wheel: Vec<Vec<Arc<Mailbox>>>,
    hand: usize,
    taps: Vec<mpsc::Sender<Arc<Delivery>>>,
    closed: bool,
}

/// What waits for one subscriber.
#[derive(Default)]
pub(crate) struct Mailbox(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    messages: VecDeque<Arc<Delivery>>,
    bytes: usize,
    waker: Option<Waker>,
    ticks: u8,
    end: Option<End>,
}

/// Why a subscription ends from this side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// More waited for it than may.
    TooSlow,
    /// The hub stops.
    Stopping,
}

/// What a subscriber found in its mailbox.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// How often the clock came round since it last looked.
    pub(crate) ticks: u8,
    /// Whether this is the end.
    pub(crate) end: Option<End>,
}

/// A place among those who listen; it is given up on drop.
pub(crate) struct Listening {
    broker: Arc<Broker>,
    mailbox: Arc<Mailbox>,
    topics: Box<[Box<str>]>,
    slot: usize,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Broker {
    /// Opens for business, with a round of so many ticks.
    pub(crate) fn open(&self, round: usize) {
        let mut inner = locked(&self.0);
        inner.closed = false;
        // Who listens already keeps its place.
        let slots = round.max(inner.wheel.len()).max(1);
        inner.wheel.resize_with(slots, Vec::new);
    }

    /// Listens to these topics from now on.
    pub(crate) fn listen<'a>(self: &Arc<Self>, topics: impl Iterator<Item = &'a str>) -> Listening {
        let topics: Box<[Box<str>]> = topics.map(Box::from).collect();
        let mailbox = Arc::new(Mailbox::default());
        let mut inner = locked(&self.0);
        if inner.closed {
            mailbox.finish(End::Stopping);
        }
        for topic in &topics {
            match inner.topics.get_mut(topic) {
                Some(listeners) => listeners.push(mailbox.clone()),
                // Room for one: most topics have no other listener.
                None => drop(inner.topics.insert(topic.clone(), vec![mailbox.clone()])),
            }
        }
        let slot = inner.hand;
        match inner.wheel.get_mut(slot) {
            Some(all) => all.push(mailbox.clone()),
            None => inner.wheel.push(vec![mailbox.clone()]),
        }
        drop(inner);
        Listening { broker: self.clone(), mailbox, topics, slot }
    }

    /// Hears every message of every topic. What does not fit into the queue is not waited for.
    pub(crate) fn tap(&self, capacity: usize) -> mpsc::Receiver<Arc<Delivery>> {
        let (sender, receiver) = mpsc::channel(capacity);
        locked(&self.0).taps.push(sender);
        receiver
    }

    /// Gives messages to everybody who listens, in this order; each subscriber is woken once.
    pub(crate) fn deliver(&self, messages: &[Arc<Delivery>]) {
        let mut inner = locked(&self.0);
        for of_topic in messages.chunk_by(|one, other| one.message.topic == other.message.topic) {
            let topic = of_topic.first().map_or("", |delivery| delivery.message.topic.as_str());
            for mailbox in inner.topics.get(topic).into_iter().flatten() {
                mailbox.put(of_topic);
            }
        }
        inner.taps.retain(|tap| !tap.is_closed());
        for tap in &inner.taps {
            for delivery in messages {
                // A tap that is full misses this one; it is its listener's business to say so.
                let _ = tap.try_send(delivery.clone());
            }
        }
    }

    /// Lets a second pass: whose turn it is hears that the connection lives.
    pub(crate) fn tick(&self) {
        let mut inner = locked(&self.0);
        inner.hand = (inner.hand + 1) % inner.wheel.len().max(1);
        let hand = inner.hand;
        for mailbox in inner.wheel.get(hand).into_iter().flatten() {
            mailbox.tick();
        }
    }

    /// Ends every subscription, and those that are begun from now on.
    pub(crate) fn close(&self) {
        let mut inner = locked(&self.0);
        inner.closed = true;
        for mailbox in inner.wheel.iter().flatten() {
            mailbox.finish(End::Stopping);
        }
    }

    /// How many listen, in all.
    pub(crate) fn subscribers(&self) -> usize {
        locked(&self.0).wheel.iter().map(Vec::len).sum()
    }

    /// How many listen to this topic.
    pub(crate) fn listeners(&self, topic: &str) -> usize {
        locked(&self.0).topics.get(topic).map_or(0, Vec::len)
    }

    /// How many topics are listened to.
    pub(crate) fn topics(&self) -> usize {
        locked(&self.0).topics.len()
    }
}

impl Mailbox {
    fn put(&self, messages: &[Arc<Delivery>]) {
        let mut waiting = locked(&self.0);
        if waiting.end.is_some() {
            return;
        }
        for delivery in messages {
            waiting.bytes += delivery.weight();
            waiting.messages.push_back(delivery.clone());
        }
        if waiting.messages.len() > WAITING_MAX || waiting.bytes > WAITING_BYTES_MAX {
            waiting.end = Some(End::TooSlow);
            waiting.messages = VecDeque::new();
        }
        waiting.wake();
    }

    fn tick(&self) {
        let mut waiting = locked(&self.0);
        waiting.ticks = waiting.ticks.saturating_add(1);
        waiting.wake();
    }

    fn finish(&self, end: End) {
        let mut waiting = locked(&self.0);
        waiting.end.get_or_insert(end);
        waiting.wake();
    }
}

impl Waiting {
    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Listening {
    /// Waits for something and moves all that waits to the end of `into`.
    pub(crate) fn poll_take(&self, cx: &mut Context<'_>, into: &mut VecDeque<Arc<Delivery>>) -> Poll<Found> {
        let mut waiting = locked(&self.mailbox.0);
        let found = Found { ticks: std::mem::take(&mut waiting.ticks), end: waiting.end };
        if waiting.messages.is_empty() && found == Found::default() {
            if !waiting.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                waiting.waker = Some(cx.waker().clone());
            }
            return Poll::Pending;
        }
        waiting.bytes = 0;
        // The memory goes along, so that an idle mailbox has none.
        let messages = std::mem::take(&mut waiting.messages);
        drop(waiting);
        if into.is_empty() {
            *into = messages;
        } else {
            into.extend(messages);
        }
        Poll::Ready(found)
    }

    /// Wakes this task when time passes or the end comes, while messages stay where they are.
    pub(crate) fn poll_signals(&self, cx: &mut Context<'_>) -> Poll<Found> {
        let mut waiting = locked(&self.mailbox.0);
        let found = Found { ticks: std::mem::take(&mut waiting.ticks), end: waiting.end };
        if found != Found::default() {
            return Poll::Ready(found);
        }
        waiting.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut inner = locked(&self.broker.0);
        for topic in &self.topics {
            let Some(listeners) = inner.topics.get_mut(topic) else { continue };
            remove(listeners, &self.mailbox);
            if listeners.is_empty() {
                inner.topics.remove(topic);
            }
        }
        if let Some(all) = inner.wheel.get_mut(self.slot) {
            remove(all, &self.mailbox);
        }
    }
}

fn remove(all: &mut Vec<Arc<Mailbox>>, one: &Arc<Mailbox>) {
    if let Some(at) = all.iter().position(|other| Arc::ptr_eq(other, one)) {
        all.swap_remove(at);
    }
}

#[cfg(test)]
mod tests;
