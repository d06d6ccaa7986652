//! An incident with what only its judge needs to know of it.

use hob_base::incident::{Cause, Flapping, Member, Role};
use hob_base::{Health, Incident, IncidentId, Level, ResourceId, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

/// A resource that is not well, as the judge sees it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sick {
    /// Which resource.
    pub(crate) id: ResourceId,
    /// What people call it.
    pub(crate) name: String,
    /// What is wrong with it.
    pub(crate) health: Health,
    /// Since when it has not been well, by the wall clock.
    pub(crate) since: Timestamp,
    /// When the judge first saw that, by the monotonic clock: a clock that is set opens and closes nothing. Earlier by
    /// what it was out for shortly before.
    pub(crate) seen_at: Duration,
    /// What it needs.
    pub(crate) needs: Vec<ResourceId>,
}

/// What people were last told of an incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// When.
    pub(crate) at: Timestamp,
    /// How bad it was said to be.
    pub(crate) severity: Level,
    /// Which cause was named.
    pub(crate) cause: ResourceId,
    /// Every cause that was ever named, the last [`CAUSES_MAX`] of them.
    #[serde(default)]
    pub(crate) causes: Vec<ResourceId>,
    /// Whether it was said to come and go.
    pub(crate) flapping: bool,
    /// Whether it was said to be over.
    pub(crate) over: bool,
    /// How many notices there have been: the number of the next one.
    pub(crate) notices: u32,
    /// Whether the second person was told.
    pub(crate) escalated: bool,
    /// When it was first told.
    pub(crate) first_at: Timestamp,
    /// Who has heard nothing of it yet, and until when all of it waits for the end of quiet hours.
    #[serde(default)]
    pub(crate) waiting: BTreeMap<String, Timestamp>,
    /// Incidents that are a part of this one and whose notices may still wait.
    #[serde(default)]
    pub(crate) also: BTreeSet<IncidentId>,
}

/// The most causes that are remembered as named.
pub(crate) const CAUSES_MAX: usize = 50;

/// An incident and the judge's own notes on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// What everybody may read.
    pub(crate) incident: Incident,
    /// Joined by nothing but time: no common cause is known.
    #[serde(default)]
    pub(crate) by_time: bool,
    /// Incidents that somebody split off this one, or this one off them: they are not joined again by themselves.
    #[serde(default)]
    pub(crate) apart_from: BTreeSet<IncidentId>,
    /// What people were told.
    #[serde(default)]
    pub(crate) told: Option<Told>,
    /// When its resources broke again after they had been well.
    #[serde(default)]
    pub(crate) relapses: Vec<Timestamp>,
    /// When the judge called it over, which is later than when it was.
    #[serde(default)]
    pub(crate) settled_at: Option<Timestamp>,
    /// How many lines of its timeline say no more than that a resource joined, changed or recovered.
    #[serde(default)]
    pub(crate) routine: usize,
    /// Whether a silence covers it now, whatever somebody wished besides.
    #[serde(skip)]
    pub(crate) covered: bool,
    /// Since when all of it is well; monotonic, begins anew after a restart.
    #[serde(skip)]
    pub(crate) well_since: Option<Duration>,
    /// Since when its cause is well while others are not.
    #[serde(skip)]
    pub(crate) cause_well_since: Option<Duration>,
    /// Whether its cause is to be looked for anew.
    #[serde(skip)]
    pub(crate) stirred: bool,
    /// How many of its resources are in the database's index already.
    #[serde(skip)]
    pub(crate) members_saved: usize,
}

/// The most relapses that are remembered.
const RELAPSES_MAX: usize = 100;

impl Record {
    /// A new incident of these resources, with the first as its cause for the time being.
    pub(crate) fn open(id: IncidentId, sick: &[&Sick], now: Timestamp) -> Self {
        let first = sick[0];
        let mut record = Self {
            incident: Incident {
                id,
                began_at: sick.iter().map(|one| one.since).min().unwrap_or(now),
                opened_at: now,
                closed_at: None,
                severity: first.health.level,
                title: String::new(),
                cause: named_cause(first, now),
                members: Vec::new(),
                flapping: None,
                acknowledged: None,
                hush: None,
                merged_into: None,
            },
            by_time: false,
            apart_from: BTreeSet::new(),
            told: None,
            relapses: Vec::new(),
            settled_at: None,
            routine: 0,
            covered: false,
            well_since: None,
            cause_well_since: None,
            stirred: true,
            members_saved: 0,
        };
        record.admit(sick);
        record
    }

    /// Its number.
    pub(crate) fn id(&self) -> IncidentId {
        self.incident.id
    }

    /// Takes in resources, or notes how they are now. Returns the places of those that join.
    pub(crate) fn admit(&mut self, sick: &[&Sick]) -> Vec<usize> {
        let places: HashMap<ResourceId, usize> =
            self.incident.members.iter().enumerate().map(|(at, m)| (m.resource.clone(), at)).collect();
        self.stirred = true;
        let mut new = Vec::new();
        for one in sick {
            let level = one.health.level;
            self.incident.severity = self.incident.severity.max(level);
            self.incident.began_at = self.incident.began_at.min(one.since);
            match places.get(&one.id).and_then(|at| self.incident.members.get_mut(*at)) {
                Some(member) => {
                    if member.level == Level::Ok {
                        new.extend(places.get(&one.id));
                    }
                    note(member, one);
                }
                None => {
                    new.push(self.incident.members.len());
                    self.incident.members.push(member_of(one));
                }
            }
        }
        new
    }

    /// Whether any of it is not well now.
    pub(crate) fn is_sick(&self) -> bool {
        self.incident.members.iter().any(|member| member.level != Level::Ok)
    }

    /// Whether the judge still has to do with it: it is open, was called over a short while ago, or that has yet to be
    /// told.
    pub(crate) fn is_current(&self, now: Timestamp, reopen_within: Duration) -> bool {
        let Some(closed) = self.incident.closed_at else { return true };
        let untold = self.incident.merged_into.is_none() && self.told.as_ref().is_some_and(|told| !told.over);
        untold || now.since(self.settled_at.unwrap_or(closed)) <= reopen_within
    }

    /// Whether this resource is its cause, or was told to be.
    pub(crate) fn was_cause(&self, resource: &ResourceId) -> bool {
        self.incident.cause.resource == *resource
            || self.told.as_ref().is_some_and(|told| told.causes.contains(resource))
    }

    /// Notes that it broke again; from the third time within `window` on it comes and goes.
    pub(crate) fn relapse(&mut self, now: Timestamp, window: Duration) {
        self.relapses.push(now);
        let excess = self.relapses.len().saturating_sub(RELAPSES_MAX);
        self.relapses.drain(..excess);
        let recent = self.relapses.iter().filter(|at| now.since(**at) <= window).count();
        if recent >= 3 || self.incident.flapping.is_some() {
            let first = Flapping {
                times: u32::try_from(self.relapses.len()).unwrap_or(u32::MAX),
                since: self.incident.began_at,
            };
            let before = self.incident.flapping.unwrap_or(first);
            self.incident.flapping = Some(Flapping { times: before.times.saturating_add(1), ..before });
        }
    }

    /// Sorts the resources: the cause first, then the worst, then the oldest.
    pub(crate) fn sort_members(&mut self) {
        let rank = |role: Role| match role {
            Role::Cause => 0,
            Role::Besides => 1,
            Role::Affected => 2,
        };
        self.incident.members.sort_by(|a, b| {
            let key = |m: &Member| (rank(m.role), std::cmp::Reverse(m.worst), m.since);
            key(a).cmp(&key(b)).then_with(|| a.resource.cmp(&b.resource))
        });
    }
}

/// Notes how a resource is now that is a part of the incident already.
pub(crate) fn note(member: &mut Member, sick: &Sick) {
    member.level = sick.health.level;
    member.worst = member.worst.max(sick.health.level);
    member.reason.clone_from(&sick.health.reason);
    member.name.clone_from(&sick.name);
    if member.recovered_at.take().is_some() {
        member.since = sick.since;
    }
}

fn member_of(sick: &Sick) -> Member {
    Member {
        resource: sick.id.clone(),
        name: sick.name.clone(),
        role: Role::Affected,
        level: sick.health.level,
        worst: sick.health.level,
        reason: sick.health.reason.clone(),
        since: sick.since,
        recovered_at: None,
    }
}

/// The resource as a cause, in its own words.
pub(crate) fn named_cause(sick: &Sick, now: Timestamp) -> Cause {
    Cause {
        resource: sick.id.clone(),
        name: sick.name.clone(),
        reason: sick.health.reason.clone(),
        evidence: sick.health.evidence.clone(),
        remedy: sick.health.remedy.clone(),
        named_at: now,
    }
}
