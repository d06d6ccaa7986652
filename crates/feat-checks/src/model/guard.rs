//! Whether it is the Internet connection that is missing, and not each of the things that are checked through it.
//!
//! Nothing is sent outside that the owner did not ask for: the judgement rests on the checks of outside addresses
//! themselves, and on the owner's anchors where there are some.
//!
//! A first failure of the kind that a missing connection makes raises a suspicion: some other outside checks and all
//! anchors are asked at once. One answer from outside ends it: the connection is there. When all anchors fail, or without
//! anchors all that were asked on at least two different hosts, the connection is lost. As long as that is open, or it
//! is lost, such failures are held back and judge nobody.

use super::outcome::Reach;
use hob_base::ResourceId;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::time::Duration;

/// The most checks that are asked at once because of a suspicion.
const ASKED_MAX: usize = 12;
/// After this a suspicion is judged by what came.
const PATIENCE: Duration = Duration::from_secs(30);
/// A check whose suspicion was unfounded raises no other within this time.
const TRUSTED_FOR: Duration = Duration::from_secs(60);

/// What is known of the way outside.
#[derive(Debug, Default)]
pub(crate) struct Guard {
    outside: HashMap<ResourceId, Outside>,
    anchors: Vec<Option<Heard>>,
    state: State,
}

/// A check of an outside address.
#[derive(Debug, Clone)]
struct Outside {
    /// The name or address that it asks.
    host: String,
    /// The last address that it reached, or tried to.
    remote: Option<IpAddr>,
    /// Whether asking it often is a burden to others.
    costly: bool,
    last: Option<Heard>,
    /// When a suspicion that it raised was found to be unfounded.
    cleared: Option<Duration>,
}

/// A result, and when it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Heard {
    at: Duration,
    there: bool,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Calm,
    Suspicious {
        by: Option<ResourceId>,
        since: Duration,
        /// Those that were asked and have not answered.
        asked: HashSet<ResourceId>,
    },
    Lost,
}

/// What is to be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing.
    Nothing,
    /// Ask these checks, and every anchor.
    Ask(Vec<ResourceId>),
    /// The suspicion is unfounded: ask those again whose failure was held back for it.
    Unfounded(Vec<ResourceId>),
    /// The connection was lost just now.
    Lost,
    /// It is there again.
    Back,
}

/// What a suspicion is judged by: results since it was raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Findings {
    /// Whether anything outside answered.
    pub(crate) answered: bool,
    /// Whether there are anchors.
    pub(crate) anchored: bool,
    /// Whether every anchor failed.
    pub(crate) anchors_failed: bool,
    /// Whether anybody who was asked has not answered yet.
    pub(crate) waiting: bool,
    /// On how many different hosts checks failed.
    pub(crate) failed_hosts: usize,
}

/// What findings mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The connection is there, or nobody can tell.
    NotLost,
    /// It cannot be told yet.
    Open,
    /// It is lost.
    Lost,
}

/// What findings mean. One answer from outside is proof that there is a connection.
pub(crate) fn judge(findings: &Findings) -> Verdict {
    match findings {
        Findings { answered: true, .. } => Verdict::NotLost,
        Findings { anchored: true, anchors_failed: true, .. } => Verdict::Lost,
        Findings { waiting: true, .. } => Verdict::Open,
        Findings { anchored: false, failed_hosts: 2.., .. } => Verdict::Lost,
        _ => Verdict::NotLost,
    }
}

impl Guard {
    /// A guard with so many anchors.
    pub(crate) fn new(anchors: usize) -> Self {
        Self { anchors: vec![None; anchors], ..Self::default() }
    }

    /// Counts a check among those of outside addresses.
    pub(crate) fn add(&mut self, id: ResourceId, host: String, costly: bool) {
        match self.outside.get_mut(&id) {
            Some(known) if known.host == host => known.costly = costly,
            _ => {
                self.outside.insert(id, Outside { host, remote: None, costly, last: None, cleared: None });
            }
        }
    }

    /// Counts a check among them no more.
    pub(crate) fn remove(&mut self, id: &ResourceId) {
        self.outside.remove(id);
        if let State::Suspicious { asked, .. } = &mut self.state {
            asked.remove(id);
        }
    }

    /// Whether a check is one of an outside address.
    pub(crate) fn has(&self, id: &ResourceId) -> bool {
        self.outside.contains_key(id)
    }

    /// Whether there is no check of an outside address.
    pub(crate) fn is_empty(&self) -> bool {
        self.outside.is_empty()
    }

    /// Every check of an outside address.
    pub(crate) fn all(&self) -> Vec<ResourceId> {
        self.outside.keys().cloned().collect()
    }

    /// Whether the connection is lost.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.state, State::Lost)
    }

    /// Whether a failure that may come from a missing connection is to judge nobody yet.
    pub(crate) fn holds_back(&self, id: &ResourceId) -> bool {
        !matches!(self.state, State::Calm) && self.has(id)
    }

    /// Whether anything was heard from outside, or in vain, since the start.
    pub(crate) fn is_informed(&self) -> bool {
        self.outside.values().any(|outside| outside.last.is_some())
            || self.anchors.iter().any(Option::is_some)
    }

    /// How many different outside addresses there are, anchors among them.
    pub(crate) fn addresses(&self) -> usize {
        self.outside.values().map(Outside::key).collect::<HashSet<_>>().len() + self.anchors.len()
    }

    /// Whether a lost connection could be told from a lost service.
    pub(crate) fn can_tell(&self) -> bool {
        !self.anchors.is_empty() || self.addresses() >= 2
    }

    /// When to ask [`Self::tick`].
    pub(crate) fn next(&self) -> Option<Duration> {
        match self.state {
            State::Suspicious { since, .. } => Some(since + PATIENCE),
            _ => None,
        }
    }

    /// Takes in what a check heard.
    pub(crate) fn heard(
        &mut self,
        id: &ResourceId,
        reach: Reach,
        remote: Option<IpAddr>,
        now: Duration,
    ) -> Step {
        let Some(outside) = self.outside.get_mut(id) else { return Step::Nothing };
        outside.remote = remote.or(outside.remote);
        if let State::Suspicious { asked, .. } = &mut self.state {
            asked.remove(id);
        }
        if reach == Reach::Unclear {
            return self.settle(now);
        }
        let there = reach == Reach::There;
        let first = !there && outside.last.is_none_or(|last| last.there);
        let trusted = outside.cleared.is_some_and(|at| now < at + TRUSTED_FOR);
        outside.last = Some(Heard { at: now, there });
        if first && !trusted && matches!(self.state, State::Calm) && self.can_tell() {
            return self.suspect(Some(id.clone()), now);
        }
        self.settle(now)
    }

    /// Takes in whether an anchor could be reached.
    pub(crate) fn heard_anchor(&mut self, anchor: usize, there: bool, now: Duration) -> Step {
        let Some(last) = self.anchors.get_mut(anchor) else { return Step::Nothing };
        *last = Some(Heard { at: now, there });
        let all_failed = self.anchors.iter().flatten().all(|heard| !heard.there);
        if !there && all_failed && matches!(self.state, State::Calm) {
            return self.suspect(None, now);
        }
        self.settle(now)
    }

    /// Time has passed.
    pub(crate) fn tick(&mut self, now: Duration) -> Step {
        if let State::Suspicious { since, asked, .. } = &mut self.state
            && now >= *since + PATIENCE
        {
            asked.clear();
        }
        self.settle(now)
    }

    fn suspect(&mut self, by: Option<ResourceId>, now: Duration) -> Step {
        let asked = self.witnesses(by.as_ref());
        self.state = State::Suspicious { by, since: now, asked: asked.iter().cloned().collect() };
        match self.settle(now) {
            Step::Nothing => Step::Ask(asked),
            step => step,
        }
    }

    /// Whom to ask: one check of each host, those first that are no burden.
    fn witnesses(&self, by: Option<&ResourceId>) -> Vec<ResourceId> {
        let mut all: Vec<(&ResourceId, &Outside)> =
            self.outside.iter().filter(|(id, _)| Some(*id) != by).collect();
        all.sort_by_key(|(id, outside)| (outside.costly, (*id).clone()));
        let mut hosts: HashSet<String> =
            by.and_then(|by| self.outside.get(by)).map(Outside::key).into_iter().collect();
        let cheap = all.iter().any(|(_, outside)| !outside.costly && !hosts.contains(&outside.key()));
        all.retain(|(_, outside)| !(cheap && outside.costly) && hosts.insert(outside.key()));
        all.into_iter().take(ASKED_MAX).map(|(id, _)| id.clone()).collect()
    }

    /// What has come since a moment.
    fn findings(&self, since: Duration, waiting: bool) -> Findings {
        let recent = |heard: &&Heard| heard.at >= since;
        let mut findings = Findings { anchored: !self.anchors.is_empty(), waiting, ..Findings::default() };
        let mut failed = HashSet::new();
        for outside in self.outside.values() {
            match outside.last.as_ref().filter(recent) {
                Some(Heard { there: true, .. }) => findings.answered = true,
                Some(Heard { there: false, .. }) => {
                    failed.insert(outside.key());
                }
                None => {}
            }
        }
        let anchors: Vec<Option<bool>> =
            self.anchors.iter().map(|heard| heard.as_ref().filter(recent).map(|heard| heard.there)).collect();
        findings.answered |= anchors.contains(&Some(true));
        findings.anchors_failed = findings.anchored && anchors.iter().all(|anchor| *anchor == Some(false));
        findings.waiting |= waiting || (anchors.contains(&None) && findings.anchored);
        findings.failed_hosts = failed.len();
        findings
    }

    fn failed_since(&self, since: Duration) -> Vec<ResourceId> {
        let failed = self
            .outside
            .iter()
            .filter(|(_, outside)| outside.last.is_some_and(|heard| heard.at >= since && !heard.there));
        let mut failed: Vec<ResourceId> = failed.map(|(id, _)| id.clone()).collect();
        failed.sort();
        failed
    }

    /// Judges anew.
    fn settle(&mut self, now: Duration) -> Step {
        match &self.state {
            State::Calm => Step::Nothing,
            State::Lost => {
                // Only what comes now can prove that it is back.
                if self.findings(now, false).answered {
                    self.state = State::Calm;
                    return Step::Back;
                }
                Step::Nothing
            }
            State::Suspicious { by, since, asked } => {
                let mut findings = self.findings(*since, !asked.is_empty());
                findings.waiting &= now < *since + PATIENCE;
                match judge(&findings) {
                    Verdict::Open => Step::Nothing,
                    Verdict::Lost => {
                        self.state = State::Lost;
                        Step::Lost
                    }
                    Verdict::NotLost => {
                        let (by, since) = (by.clone(), *since);
                        self.state = State::Calm;
                        if let Some(outside) = by.and_then(|by| self.outside.get_mut(&by)) {
                            outside.cleared = Some(now);
                        }
                        Step::Unfounded(self.failed_since(since))
                    }
                }
            }
        }
    }
}

impl Outside {
    /// What tells hosts apart: two names of one address are one.
    fn key(&self) -> String {
        match self.remote {
            Some(remote) => remote.to_canonical().to_string(),
            None => self.host.to_ascii_lowercase(),
        }
    }
}

#[cfg(test)]
mod tests;
