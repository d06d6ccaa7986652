//! The life of a job as a pure function of its pings and of time.
//!
//! Deadlines are by the wall clock, since a nightly job is about the time of night. That a clock jumps, or that nobody
//! watched, is told by [`State::wake`] and [`State::rebase`], so that neither brings an alarm.

use super::address::{Action, RunId};
use super::definition::Definition;
use super::runs::{RUNS_KEPT, Run, Unusual, judge_run};
use hob_base::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::time::Duration;

/// The most runs of one job that are under way at once; of more the oldest are forgotten.
const OPEN_MAX: usize = 20;
/// What began longer ago than this is no run that ends now: 72 hours, as with healthchecks.
const RUN_MAX: Duration = Duration::from_secs(72 * 3600);

/// How a job is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    /// Nothing was heard of it yet.
    #[default]
    New,
    /// It reports as it should.
    Up,
    /// It failed, or fell silent.
    Down,
    /// Nothing is expected of it.
    Paused,
}

/// Why a job is down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Why {
    /// It said so.
    Failed {
        /// When.
        at: Timestamp,
        /// Its exit status, where it gave one.
        exit: Option<u8>,
    },
    /// Nothing came.
    Missing {
        /// When it was expected at the latest.
        by: Timestamp,
    },
    /// It began and never ended.
    Unfinished {
        /// When it began.
        since: Timestamp,
    },
}

/// A run that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Open {
    /// Which one, where it has a name.
    pub(crate) run: Option<RunId>,
    /// When it began.
    pub(crate) since: Timestamp,
}

/// What is known of a job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct State {
    /// How it is.
    pub(crate) phase: Phase,
    /// How many pings came.
    pub(crate) pings: u64,
    /// When anything was last heard.
    pub(crate) last_heard: Option<Timestamp>,
    /// When a run last ended, well or not. The next one is expected by it.
    pub(crate) last_end: Option<Timestamp>,
    /// When one last went well.
    pub(crate) last_success: Option<Timestamp>,
    /// When the next is expected.
    pub(crate) due: Option<Timestamp>,
    /// No alarm before this: granted when nobody watched as it was due.
    pub(crate) not_before: Option<Timestamp>,
    /// The runs under way, oldest first.
    pub(crate) open: Vec<Open>,
    /// The last runs that went well, oldest first.
    pub(crate) runs: VecDeque<Run>,
    /// Set while the last run was unusual.
    pub(crate) unusual: Option<Unusual>,
    /// Why it is down.
    pub(crate) why: Option<Why>,
    /// The beginning of what it last said.
    pub(crate) said: String,
    /// Who paused it.
    pub(crate) paused_by: String,
}

/// One ping as it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ping {
    /// What happened.
    pub(crate) action: Action,
    /// Its exit status.
    pub(crate) exit: Option<u8>,
    /// Which run.
    pub(crate) run: Option<RunId>,
    /// How long it took, where the ping says so itself, in milliseconds.
    pub(crate) took_ms: Option<u32>,
    /// The beginning of what it says.
    pub(crate) said: String,
}

/// What became of a ping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    /// As what it counted.
    pub(crate) action: Action,
    /// How long the run took that ended with it, in milliseconds.
    pub(crate) took_ms: Option<u32>,
}

/// What people are shown; the words are those of healthchecks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// It failed, or fell silent.
    Down,
    /// It should have reported, and has some time left.
    Late,
    /// It reports as it should.
    Up,
    /// Nothing was heard of it yet.
    New,
    /// Nothing is expected of it.
    Paused,
}

impl State {
    /// Takes a ping in.
    pub(crate) fn ping(&mut self, ping: Ping, at: Timestamp, job: &Definition, zone: &TimeZone) -> Counted {
        self.pings += 1;
        self.last_heard = Some(at);
        let paused = self.phase == Phase::Paused && job.manual_resume;
        let action = if paused { Action::Ignored } else { ping.action };
        let mut took_ms = None;
        match action {
            Action::Success => {
                took_ms = self.end_run(ping.run, at).or(ping.took_ms);
                self.succeed(took_ms, at, job);
            }
            Action::Fail => {
                took_ms = self.end_run(ping.run, at).or(ping.took_ms);
                self.phase = Phase::Down;
                self.why = Some(Why::Failed { at, exit: ping.exit });
            }
            Action::Start => self.begin_run(ping.run, at),
            Action::Log | Action::Ignored => {}
        }
        if action.ends_a_run() {
            self.last_end = Some(at);
            self.due = job.next_after(at, zone);
            self.not_before = None;
        }
        if action.ends_a_run() || !ping.said.is_empty() {
            self.said = ping.said;
        }
        Counted { action, took_ms }
    }

    fn succeed(&mut self, took_ms: Option<u32>, at: Timestamp, job: &Definition) {
        self.phase = Phase::Up;
        self.why = None;
        self.last_success = Some(at);
        // What should have ended by now is over: that it works again is the news.
        self.open.retain(|open| open.since.plus(job.grace.duration()) > at);
        if let Some(ms) = took_ms {
            self.unusual = judge_run(&self.runs, ms);
            if self.runs.len() >= RUNS_KEPT {
                self.runs.pop_front();
            }
            self.runs.push_back(Run { at, ms });
        }
    }

    fn begin_run(&mut self, run: Option<RunId>, at: Timestamp) {
        self.open.retain(|open| open.run != run);
        if self.open.len() >= OPEN_MAX {
            self.open.remove(0);
        }
        self.open.push(Open { run, since: at });
    }

    /// Ends a run of this name, and says how long it took.
    pub(crate) fn end_run(&mut self, run: Option<RunId>, at: Timestamp) -> Option<u32> {
        let index = self.open.iter().position(|open| open.run == run)?;
        let took = at.since(self.open.remove(index).since);
        (took < RUN_MAX).then(|| u32::try_from(took.as_millis()).unwrap_or(u32::MAX))
    }

    /// When it will be down, and why, if nothing is heard.
    pub(crate) fn deadline(&self, job: &Definition) -> Option<(Timestamp, Why)> {
        let grace = job.grace.duration();
        let missing = self.due.filter(|_| self.phase == Phase::Up).map(|due| {
            let by = due.plus(grace);
            (by, Why::Missing { by })
        });
        let watched = matches!(self.phase, Phase::Up | Phase::New);
        let oldest = self.open.iter().map(|open| open.since).min().filter(|_| watched);
        let unfinished = oldest.map(|since| (since.plus(grace), Why::Unfinished { since }));
        let (at, why) = [unfinished, missing].into_iter().flatten().min_by_key(|(at, _)| *at)?;
        Some((at.max(self.not_before.unwrap_or(at)), why))
    }

    /// Lets time pass. Returns whether it went down.
    pub(crate) fn tick(&mut self, now: Timestamp, job: &Definition) -> bool {
        let Some((_, why)) = self.deadline(job).filter(|(at, _)| *at <= now) else { return false };
        self.phase = Phase::Down;
        self.why = Some(why);
        true
    }

    /// When it looks different if nothing is heard: late, or down.
    pub(crate) fn next_look(&self, now: Timestamp, job: &Definition) -> Option<Timestamp> {
        let (down, _) = self.deadline(job)?;
        let late = self.due.filter(|due| self.phase == Phase::Up && *due > now);
        Some(late.map_or(down, |late| late.min(down)))
    }

    /// Nobody watched for a while until now: what would have become an alarm meanwhile is given its grace anew. The
    /// reports may have been sent, and not been heard.
    pub(crate) fn wake(&mut self, now: Timestamp, job: &Definition) -> bool {
        let missed = self.deadline(job).is_some_and(|(at, _)| at <= now);
        if missed {
            self.not_before = Some(now.plus(job.grace.duration()));
        }
        missed
    }

    /// The clock was set back: nothing can have happened later than now. Returns whether anything had.
    pub(crate) fn rebase(&mut self, now: Timestamp, job: &Definition, zone: &TimeZone) -> bool {
        let before = self.clone();
        let earlier = |at: &mut Timestamp| *at = (*at).min(now);
        [&mut self.last_heard, &mut self.last_success, &mut self.last_end]
            .into_iter()
            .flatten()
            .for_each(earlier);
        self.open.iter_mut().for_each(|open| earlier(&mut open.since));
        let latest = now.plus(job.grace.duration());
        self.not_before = self.not_before.map(|at| at.min(latest));
        if self.last_end != before.last_end {
            self.due = self.last_end.and_then(|end| job.next_after(end, zone));
        }
        *self != before
    }

    /// Its schedule or grace was changed: what would be an alarm at once is given its grace.
    pub(crate) fn replan(&mut self, now: Timestamp, job: &Definition, zone: &TimeZone) {
        self.due = self.last_end.and_then(|end| job.next_after(end, zone));
        self.wake(now, job);
    }

    /// Nothing is expected of it any more.
    pub(crate) fn pause(&mut self, by: &str) {
        self.phase = Phase::Paused;
        self.paused_by = by.to_owned();
        self.open.clear();
        (self.why, self.unusual, self.due, self.not_before) = (None, None, None, None);
    }

    /// It begins anew. Returns whether it was paused.
    pub(crate) fn resume(&mut self) -> bool {
        let paused = self.phase == Phase::Paused;
        if paused {
            self.phase = Phase::New;
            self.last_end = None;
            self.paused_by.clear();
        }
        paused
    }

    /// What people are shown.
    pub(crate) fn status(&self, now: Timestamp) -> Status {
        match self.phase {
            Phase::Down => Status::Down,
            Phase::New => Status::New,
            Phase::Paused => Status::Paused,
            Phase::Up if self.due.is_some_and(|due| due <= now) => Status::Late,
            Phase::Up => Status::Up,
        }
    }
}

#[cfg(test)]
mod tests;
