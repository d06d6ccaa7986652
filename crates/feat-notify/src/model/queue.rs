//! The life of one delivery: a pure function of what channels answered and of time.
//!
//! A delivery has a chain of places. The first is tried with growing pauses; when it fails for good, or for longer than
//! the rule's patience, the next one is tried as well. Once all were begun they take turns, until one takes the message
//! or a day has passed.

use super::news::News;
use super::route::{Errand, Place};
use hob_base::Timestamp;
use hob_base::wording::tidy;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The pause after the first failure.
const FIRST_PAUSE: Duration = Duration::from_secs(10);
/// The longest pause between two tries.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(3600);
/// After this nothing is tried any more: what is told a day late helps nobody.
pub(crate) const GIVE_UP: Duration = Duration::from_secs(24 * 3600);
/// So many tries are remembered of one delivery, the first and the last ones.
const TRIED_MAX: usize = 20;
/// The longest answer that is remembered, in characters.
const ANSWER_MAX: usize = 500;

/// How far a delivery is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// Waits for its turn, or for the next try.
    Waiting,
    /// Is on its way.
    Sending,
    /// Arrived.
    Sent,
    /// Every channel refused it for good.
    Failed,
    /// A day has passed.
    GivenUp,
    /// Something newer about the same was told instead, which says this too.
    Overtaken,
    /// Nobody listens there: no browser was allowed to be notified.
    Nobody,
}

impl State {
    /// All of them.
    pub(crate) const ALL: [Self; 7] = [
        Self::Waiting,
        Self::Sending,
        Self::Sent,
        Self::Failed,
        Self::GivenUp,
        Self::Overtaken,
        Self::Nobody,
    ];

    /// The word in tables and the API.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::GivenUp => "given_up",
            Self::Overtaken => "overtaken",
            Self::Nobody => "nobody",
        }
    }

    /// Whether something is still to be done.
    pub(crate) const fn is_open(self) -> bool {
        matches!(self, Self::Waiting | Self::Sending)
    }
}

/// One place of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Step {
    /// Where.
    pub(crate) place: Place,
    /// When it was first tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) begun_at: Option<Timestamp>,
    /// How often it was tried.
    #[serde(default)]
    pub(crate) tries: u32,
    /// Whether it refused for good.
    #[serde(default)]
    pub(crate) refused: bool,
    /// Whether it did so because nobody listens there.
    #[serde(default)]
    pub(crate) nobody: bool,
}

/// What came of one try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Try {
    /// When.
    pub(crate) at: Timestamp,
    /// Where.
    pub(crate) place: Place,
    /// Whether it was taken.
    pub(crate) ok: bool,
    /// The status of the answer, where the service has such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    /// What the other side said, or why it could not be asked.
    pub(crate) text: String,
}

/// What a channel said to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It took it.
    Taken {
        /// The status of the answer.
        status: Option<u16>,
        /// The answer.
        text: String,
        /// Whom it did not reach while others have it, one sentence.
        missed: Option<String>,
    },
    /// Not now.
    Later {
        /// It asked to be left alone for so long.
        after: Option<Duration>,
        /// The status of the answer.
        status: Option<u16>,
        /// Why.
        text: String,
    },
    /// Never.
    Refused {
        /// The status of the answer.
        status: Option<u16>,
        /// Why.
        text: String,
    },
    /// Nobody listens there, which is nobody's fault.
    Nobody {
        /// Who does not.
        text: String,
    },
}

impl Outcome {
    /// Whom it did not reach while others have it.
    pub(crate) fn missed(&self) -> Option<&str> {
        match self {
            Self::Taken { missed, .. } => missed.as_deref(),
            _ => None,
        }
    }

    /// The status of the answer and what it says.
    pub(crate) fn words(&self) -> (Option<u16>, &str) {
        match self {
            Self::Taken { status, text, .. }
            | Self::Later { status, text, .. }
            | Self::Refused { status, text } => (*status, text),
            Self::Nobody { text } => (None, text),
        }
    }
}

/// One message on its way to one person, or to the house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Delivery {
    /// News, rule and person: there is never a second one.
    pub(crate) key: String,
    /// What is told.
    pub(crate) news: News,
    /// Because of which rule.
    pub(crate) rule: String,
    /// Who is told; `None`: the house.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) person: Option<String>,
    /// How far it is.
    pub(crate) state: State,
    /// Through what.
    pub(crate) steps: Vec<Step>,
    /// Not to be tried before.
    pub(crate) due: Timestamp,
    /// When it was taken up.
    pub(crate) created_at: Timestamp,
    /// When it ended, well or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ended_at: Option<Timestamp>,
    /// What came of each try.
    #[serde(default)]
    pub(crate) tried: Vec<Try>,
    /// How long one place is tried before the next is, in milliseconds.
    pub(crate) patience_ms: u64,
}

impl Delivery {
    /// What an errand asks for.
    pub(crate) fn new(errand: Errand, news: News, now: Timestamp) -> Self {
        let step = |place| Step { place, begun_at: None, tries: 0, refused: false, nobody: false };
        Self {
            key: key_of(&news.key, &errand.rule, errand.person.as_deref()),
            news,
            rule: errand.rule,
            person: errand.person,
            state: State::Waiting,
            steps: errand.chain.into_iter().map(step).collect(),
            due: now,
            created_at: now,
            ended_at: None,
            tried: Vec::new(),
            patience_ms: u64::try_from(errand.patience.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// The same thread: news of one incident, because of one rule, to one person. They are told in their order.
    pub(crate) fn same_thread(&self, other: &Self) -> bool {
        self.news.incident.is_some()
            && self.news.incident == other.news.incident
            && self.rule == other.rule
            && self.person == other.person
    }

    fn patience(&self) -> Duration {
        Duration::from_millis(self.patience_ms)
    }

    /// The first place that was not tried yet and did not refuse.
    fn fresh(&self) -> Option<usize> {
        self.steps.iter().position(|step| step.begun_at.is_none() && !step.refused)
    }

    /// When the next place is tried because the last one that was begun does not answer.
    fn moves_on_at(&self) -> Option<Timestamp> {
        let begun = self.steps.iter().filter(|step| !step.refused).filter_map(|step| step.begun_at).max();
        begun.map(|at| at.plus(self.patience()))
    }

    /// Which place is tried next at `now`.
    pub(crate) fn pick(&self, now: Timestamp) -> Option<usize> {
        let fresh = self.fresh().filter(|_| self.moves_on_at().is_none_or(|at| at <= now));
        fresh.or_else(|| {
            let begun =
                self.steps.iter().enumerate().filter(|(_, step)| step.begun_at.is_some() && !step.refused);
            begun.min_by_key(|(i, step)| (step.tries, *i)).map(|(i, _)| i)
        })
    }

    /// Takes it on its way to one of its places.
    pub(crate) fn begin(&mut self, step: usize, now: Timestamp) {
        self.state = State::Sending;
        if let Some(step) = self.steps.get_mut(step) {
            step.begun_at = step.begun_at.or(Some(now));
            step.tries += 1;
        }
    }

    /// Its place is busy with others: the time for which it is patient runs.
    pub(crate) fn wait_in_line(&mut self, step: usize, now: Timestamp) {
        if let Some(step) = self.steps.get_mut(step) {
            step.begun_at = step.begun_at.or(Some(now));
        }
    }

    /// Puts it back: the place cannot be tried before `until`. The next one is not kept waiting by that.
    pub(crate) fn hold(&mut self, step: usize, until: Timestamp, now: Timestamp) {
        self.wait_in_line(step, now);
        self.wait_until(until, now);
    }

    fn wait_until(&mut self, until: Timestamp, now: Timestamp) {
        let next_place = self.fresh().and_then(|_| self.moves_on_at());
        self.state = State::Waiting;
        self.due = next_place.map_or(until, |at| at.max(now).min(until));
    }

    /// Takes in what a place answered. `jitter` is from 0 to 1.
    pub(crate) fn answered(&mut self, step: usize, outcome: &Outcome, now: Timestamp, jitter: f64) {
        let Some(place) = self.steps.get(step).map(|step| step.place.clone()) else { return };
        let ok = matches!(outcome, Outcome::Taken { .. });
        let (status, text) = outcome.words();
        let text = outcome.missed().map_or_else(|| text.to_owned(), |missed| format!("{text} {missed}"));
        self.note(Try { at: now, place, ok, status, text: tidy(&text, ANSWER_MAX) });
        match outcome {
            Outcome::Taken { .. } => self.end(State::Sent, now),
            Outcome::Refused { .. } | Outcome::Nobody { .. } => {
                if let Some(step) = self.steps.get_mut(step) {
                    step.refused = true;
                    step.nobody = matches!(outcome, Outcome::Nobody { .. });
                }
                if self.steps.iter().all(|step| step.refused) {
                    let nobody = self.steps.iter().all(|step| step.nobody);
                    return self.end(if nobody { State::Nobody } else { State::Failed }, now);
                }
                self.try_later(None, now, jitter, step);
                if self.fresh().is_some() && self.moves_on_at().is_none() {
                    self.due = now;
                }
            }
            Outcome::Later { after, .. } => self.try_later(*after, now, jitter, step),
        }
    }

    fn try_later(&mut self, after: Option<Duration>, now: Timestamp, jitter: f64, step: usize) {
        if now.since(self.created_at) >= GIVE_UP {
            return self.end(State::GivenUp, now);
        }
        let tries = self.steps.get(step).map_or(1, |step| step.tries);
        let pause = pause(tries, jitter).max(after.unwrap_or_default().min(LONGEST_PAUSE));
        self.wait_until(now.plus(pause), now);
    }

    /// Gives it up when a day has passed, whether it had its turn or not. Returns whether it did.
    pub(crate) fn expire(&mut self, now: Timestamp) -> bool {
        let expired = self.state == State::Waiting && now.since(self.created_at) >= GIVE_UP;
        if expired {
            self.end(State::GivenUp, now);
        }
        expired
    }

    /// A clock that was set back must not make it wait longer than it would have.
    pub(crate) fn mind_the_clock(&mut self, now: Timestamp) {
        self.due = self.due.min(now.plus(LONGEST_PAUSE * 2));
        self.created_at = self.created_at.min(now);
    }

    /// The clock was set by so many milliseconds: all of its times are on the new one.
    pub(crate) fn clock_was_set(&mut self, by: i64) {
        let begun = self.steps.iter_mut().filter_map(|step| step.begun_at.as_mut());
        for at in begun.chain([&mut self.due, &mut self.created_at]) {
            *at = Timestamp::from_millis(at.millis().saturating_add(by));
        }
    }

    /// Ends it.
    pub(crate) fn end(&mut self, state: State, now: Timestamp) {
        self.state = state;
        self.ended_at = Some(now);
    }

    fn note(&mut self, tried: Try) {
        self.tried.push(tried);
        if self.tried.len() > TRIED_MAX {
            self.tried.remove(TRIED_MAX / 2);
        }
    }

    /// Where it arrived.
    pub(crate) fn arrived(&self) -> Option<&Place> {
        self.tried.iter().rev().find(|tried| tried.ok).map(|tried| &tried.place)
    }
}

/// The one key of news, rule and person.
pub(crate) fn key_of(news: &str, rule: &str, person: Option<&str>) -> String {
    format!("{news}|{rule}|{}", person.unwrap_or("-"))
}

/// The pause after so many tries: 10 s, 20 s, 40 s … up to an hour, a fifth more or less so that not everything comes
/// at once.
pub(crate) fn pause(tries: u32, jitter: f64) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << tries.saturating_sub(1).min(10)).min(LONGEST_PAUSE);
    doubled.mul_f64(0.8 + 0.4 * jitter.clamp(0.0, 1.0))
}

/// What newer news makes of older deliveries of its thread that did not arrive: they are not told any more, and the newer
/// one says what they would have said. What was opened and closed meanwhile is therefore one message that says both.
pub(crate) fn overtake<'a>(
    newer: &mut Delivery,
    older: impl Iterator<Item = &'a mut Delivery>,
    now: Timestamp,
) {
    let mut untold: Option<News> = None;
    for old in older {
        if old.state == State::Waiting
            && old.same_thread(newer)
            && old.news.at <= newer.news.at
            && old.key != newer.key
        {
            if untold.as_ref().is_none_or(|first| old.news.at < first.at) {
                untold = Some(old.news.clone());
            }
            old.end(State::Overtaken, now);
        }
    }
    if let Some(untold) = untold {
        newer.news = newer.news.clone().after(&untold);
    }
}

/// Allows so many messages a minute, and as many at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bucket {
    tokens: f64,
    at: Duration,
    per_minute: f64,
}

impl Bucket {
    /// A full one.
    pub(crate) fn new(per_minute: u32, now: Duration) -> Self {
        let per_minute = f64::from(per_minute.max(1));
        Self { tokens: per_minute, at: now, per_minute }
    }

    /// Takes one, or says how long to wait. `now` is monotonic.
    pub(crate) fn take(&mut self, now: Duration) -> Result<(), Duration> {
        let passed = now.saturating_sub(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.per_minute / 60.0).min(self.per_minute);
        self.at = now;
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - self.tokens) * 60.0 / self.per_minute))
    }
}

#[cfg(test)]
mod tests;
