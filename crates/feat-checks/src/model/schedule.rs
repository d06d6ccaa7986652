//! When each check is due. A value without I/O: the runner asks it what to start and tells it what came of it.
//!
//! Due times lie in a heap; an entry of the heap that no longer is what its check says is passed over. Checks that
//! already fail may use only a part of the slots, so that hundreds that hang until their time is up never keep the
//! others waiting.

use super::progress::{Pace, Patience, Progress, Said};
use hob_base::ResourceId;
use hob_feature::CheckSpec;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// Probes under way at once.
pub(crate) const RUNNING_MAX: usize = 320;
/// Of these, probes of checks that already fail, or failed the last time.
pub(crate) const FAILING_MAX: usize = 192;
/// From here on what fails is probed less often.
const FAILING_MANY: usize = 64;
/// New checks are begun at no more than this rate.
const NEW_PER_SECOND: u64 = 100;
/// A check that was judged before a restart is begun within this time, so that its word does not grow stale.
const RESUME_WITHIN: Duration = Duration::from_secs(30);

/// Every check and when it is due.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    checks: HashMap<ResourceId, Check>,
    heap: BinaryHeap<Reverse<(Duration, u64, ResourceId)>>,
    /// Due checks that already fail and wait for one of their slots.
    parked: VecDeque<(Duration, u64, ResourceId)>,
    running: usize,
    running_failing: usize,
    /// Numbers checks and their appointments.
    tickets: u64,
}

#[derive(Debug)]
struct Check {
    spec: Arc<CheckSpec>,
    progress: Progress,
    /// Which check this is: one that was removed and added again is another.
    serial: u64,
    /// The rhythm: due times are this plus multiples of the interval.
    base: Duration,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Waits for the appointment with this ticket.
    Waiting { ticket: u64, due: Duration },
    /// Its probe is under way; `again` when it was asked for once more meanwhile.
    Running { again: bool },
}

/// A probe to start.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    /// What to probe.
    pub(crate) spec: Arc<CheckSpec>,
    /// For [`Schedule::finished`].
    pub(crate) slot: Slot,
    /// When it was due.
    pub(crate) due: Duration,
}

/// What came of a probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// A result, with the kind of failure where there was no answer.
    Result {
        /// What it says.
        said: Said,
        /// The kind of failure.
        failure: Option<&'static str>,
    },
    /// A failure that is to judge nobody, since it may be another's fault.
    HeldBack,
    /// Nothing: it was not asked, because it rests.
    Rests(Said),
}

/// The place that a probe takes while it is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slot {
    serial: u64,
    failing: bool,
    began: Duration,
}

impl Schedule {
    /// Takes over the specifications as they are now. Checks that stay are not disturbed. Returns those that are gone.
    /// `resumed` knows what was said of a resource before the hub was restarted.
    pub(crate) fn sync(
        &mut self,
        specs: Vec<Arc<CheckSpec>>,
        now: Duration,
        resumed: impl Fn(&ResourceId) -> Option<Said>,
    ) -> Vec<ResourceId> {
        let mut wanted = HashSet::with_capacity(specs.len());
        let mut new = Vec::new();
        for spec in specs {
            // One resource has one check; of several origins the first is heard.
            if !wanted.insert(spec.resource.clone()) {
                continue;
            }
            match self.checks.get_mut(&spec.resource) {
                Some(check) if check.spec == spec => {}
                Some(check) => {
                    // Another interval is another rhythm: the next time of the old one may be hours away.
                    if check.spec.every != spec.every {
                        check.base = now;
                    }
                    check.spec = spec.clone();
                    self.poke(&spec.resource, now);
                }
                None => new.push(spec),
            }
        }
        let burst = Duration::from_millis(1000 * (new.len() as u64).div_ceil(NEW_PER_SECOND));
        for spec in new {
            let known = resumed(&spec.resource);
            let within = if known.is_some() { RESUME_WITHIN.max(burst) } else { burst }.min(spec.every);
            self.add(spec, known, now, within);
        }
        let gone: Vec<ResourceId> = self.checks.keys().filter(|id| !wanted.contains(*id)).cloned().collect();
        for id in &gone {
            self.checks.remove(id);
        }
        gone
    }

    fn add(&mut self, spec: Arc<CheckSpec>, known: Option<Said>, now: Duration, within: Duration) {
        let id = spec.resource.clone();
        let due = now + spread(&id, within);
        let progress = known.map(Progress::resumed).unwrap_or_default();
        let serial = self.ticket();
        let state = self.appoint(&id, due);
        self.checks.insert(id, Check { spec, progress, serial, base: due, state });
    }

    /// Whether there is such a check.
    pub(crate) fn contains(&self, id: &ResourceId) -> bool {
        self.checks.contains_key(id)
    }

    /// Makes a check due now; one that is under way is made once more afterwards.
    pub(crate) fn poke(&mut self, id: &ResourceId, now: Duration) {
        let Some(check) = self.checks.get_mut(id) else { return };
        match &mut check.state {
            State::Running { again } => *again = true,
            State::Waiting { due, .. } if *due <= now => {}
            State::Waiting { .. } => {
                let state = self.appoint(id, now);
                if let Some(check) = self.checks.get_mut(id) {
                    check.state = state;
                }
            }
        }
    }

    /// The next probe to start now, if there is one and a slot for it.
    pub(crate) fn start(&mut self, now: Duration) -> Option<Start> {
        if self.running >= RUNNING_MAX {
            return None;
        }
        if self.running_failing < FAILING_MAX {
            while let Some((due, ticket, id)) = self.parked.pop_front() {
                if let Some(start) = self.begin(&id, due, ticket, now) {
                    return Some(start);
                }
            }
        }
        while let Some(Reverse((due, _, _))) = self.heap.peek() {
            if *due > now {
                return None;
            }
            let Reverse((due, ticket, id)) = self.heap.pop()?;
            if self.is_doubtful(&id) && self.running_failing >= FAILING_MAX {
                self.parked.push_back((due, ticket, id));
                continue;
            }
            if let Some(start) = self.begin(&id, due, ticket, now) {
                return Some(start);
            }
        }
        None
    }

    fn is_doubtful(&self, id: &ResourceId) -> bool {
        self.checks.get(id).is_some_and(|check| check.progress.is_doubtful())
    }

    fn begin(&mut self, id: &ResourceId, due: Duration, ticket: u64, now: Duration) -> Option<Start> {
        let check = self.checks.get_mut(id)?;
        if check.state != (State::Waiting { ticket, due }) {
            return None;
        }
        check.state = State::Running { again: false };
        let slot = Slot { serial: check.serial, failing: check.progress.is_doubtful(), began: now };
        self.running += 1;
        self.running_failing += usize::from(slot.failing);
        Some(Start { spec: check.spec.clone(), slot, due })
    }

    /// Takes in what came of a probe and makes the next appointment. Returns what to say of the resource; nothing when
    /// the check is gone, or its failure is not conclusive and nothing was ever said.
    pub(crate) fn finished(
        &mut self,
        id: &ResourceId,
        slot: Slot,
        found: Found,
        now: Duration,
    ) -> Option<Said> {
        let many_fail = self.running_failing > FAILING_MANY;
        self.release(slot);
        let check = self.checks.get_mut(id).filter(|check| check.serial == slot.serial)?;
        let (say, pace) = match found {
            Found::Result { said, failure } => check.progress.take(said, failure, Patience::of(&check.spec)),
            Found::HeldBack => check.progress.hold_back(),
            Found::Rests(said) => check.progress.rest(said),
        };
        let (retry, most) = (check.spec.retry, check.spec.jitter);
        let again = check.state == State::Running { again: true };
        let every = check.spec.every.max(Duration::from_millis(100));
        let due = match pace {
            _ if again => now,
            Pace::Usual => {
                // A check that was poked keeps the appointment that it has anyway.
                if now >= check.base {
                    let missed = (now - check.base).as_millis() / every.as_millis();
                    let missed = u32::try_from(missed).unwrap_or(u32::MAX);
                    check.base += every.saturating_mul(missed.saturating_add(1));
                }
                check.base + jitter(slot.serial ^ check.base.as_secs(), every, most)
            }
            // Many that hang until their time is up would else take all slots that what fails may have.
            Pace::Failing if many_fail => {
                let pause = Progress::pause(pace, every, retry, chance(id));
                now + (pause + now.saturating_sub(slot.began)).min(every)
            }
            Pace::Quick | Pace::Soon | Pace::Failing => now + Progress::pause(pace, every, retry, chance(id)),
        };
        let state = self.appoint(id, due);
        if let Some(check) = self.checks.get_mut(id) {
            check.state = state;
        }
        say
    }

    fn release(&mut self, slot: Slot) {
        self.running = self.running.saturating_sub(1);
        self.running_failing = self.running_failing.saturating_sub(usize::from(slot.failing));
    }

    /// When to ask [`Schedule::start`] again. `None` when only the end of a probe can change anything.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        if self.running >= RUNNING_MAX {
            return None;
        }
        self.heap.peek().map(|Reverse((due, _, _))| *due)
    }

    fn appoint(&mut self, id: &ResourceId, due: Duration) -> State {
        let ticket = self.ticket();
        self.heap.push(Reverse((due, ticket, id.clone())));
        State::Waiting { ticket, due }
    }

    fn ticket(&mut self) -> u64 {
        self.tickets += 1;
        self.tickets
    }
}

/// A place within a span of time that is always the same for one check.
fn spread(id: &ResourceId, within: Duration) -> Duration {
    within.mul_f64((chance(id) % 10_000) as f64 / 10_000.0)
}

/// Up to what the owner says, else a twentieth of the interval and at most half a second, so that checks that fell into
/// step fall out of it again.
fn jitter(seed: u64, every: Duration, most: Option<Duration>) -> Duration {
    let most = most.unwrap_or_else(|| (every / 20).min(Duration::from_millis(500)));
    most.mul_f64((mix(seed) % 1000) as f64 / 1000.0)
}

/// FNV-1a over the id.
fn chance(id: &ResourceId) -> u64 {
    mix(id.as_str().bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    }))
}

/// Spreads what differs in few bits over all of them (the finisher of MurmurHash3).
fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    bits ^ (bits >> 33)
}

#[cfg(test)]
mod tests;
