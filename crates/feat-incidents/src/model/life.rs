//! How incidents live: opened when the damping time of what broke has passed, joined by what it affects without a word,
//! given a better cause when one appears, recognised as coming and going, closed when all has been well for a while.
//!
//! [`Book::step`] is a pure function of the book, of what is not well, and of the time. It is called whenever something
//! changes and when it asked to be, and it may be called at any time without harm.

use super::cause::{Node, Outage, outages};
use super::record::{Record, Sick, named_cause, note};
use super::words::{severity, title};
use hob_base::incident::{Happening, Hush, Member, Role, TimelineEntry};
use hob_base::resource::Moment;
use hob_base::wording::{counted, duration_words};
use hob_base::{Incident, IncidentId, Level, ResourceId, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

/// So many things that nothing explains within [`STORM_WITHIN`] are taken for one outage, since chance does not break
/// three things in a minute.
const STORM_MIN: usize = 3;
/// How close together outages of one storm begin.
const STORM_WITHIN: Duration = Duration::from_secs(60);
/// How long after a storm was opened what broke at the same time, but was noticed later, still belongs to it.
const STORM_OPEN_FOR: Duration = Duration::from_secs(300);
/// How long a cause that is well again stays the cause while others are not.
const CAUSE_KEPT: Duration = Duration::from_secs(60);
/// What breaks again so soon after its incident was closed is the same incident.
pub(crate) const REOPEN_WITHIN: Duration = Duration::from_secs(900);
/// Three relapses within this time are flapping.
const FLAPPING_WITHIN: Duration = Duration::from_secs(3600);
/// The most resources whose joining is written into the timeline one by one.
const JOINED_MAX: usize = 10;
/// The most lines of one timeline that say that a resource joined, changed or recovered.
const ROUTINE_MAX: usize = 1000;

/// How patient the judge is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Patience {
    /// How long something must be critical before an incident is opened.
    pub(crate) critical: Duration,
    /// The same for warnings.
    pub(crate) warning: Duration,
    /// The same for silence.
    pub(crate) unknown: Duration,
    /// How long all must be well before it is closed.
    pub(crate) well: Duration,
    /// The same for what comes and goes.
    pub(crate) flapping: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self { critical: s(30), warning: s(300), unknown: s(300), well: s(120), flapping: s(900) }
    }
}

impl Patience {
    /// How long something of this level must last.
    pub(crate) fn damping(&self, level: Level) -> Duration {
        match level {
            Level::Critical => self.critical,
            Level::Warning => self.warning,
            Level::Unknown | Level::Ok => self.unknown,
        }
    }
}

/// What the judge sees.
pub(crate) struct View<'a> {
    /// Everything that is not well.
    pub(crate) sick: &'a BTreeMap<ResourceId, Sick>,
    /// What is known but judged by nobody: it conducts.
    pub(crate) wires: &'a [Node],
    /// The silence that covers a resource now: its id and what it says.
    pub(crate) silence: &'a dyn Fn(&ResourceId) -> Option<(String, String)>,
    /// Whether a resource still exists.
    pub(crate) known: &'a dyn Fn(&ResourceId) -> bool,
}

/// What a step amounts to.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Step {
    /// Incidents that are not as they were.
    pub(crate) changed: BTreeSet<IncidentId>,
    /// What is to be written into timelines.
    pub(crate) entries: Vec<(IncidentId, TimelineEntry)>,
    /// When to look again, at the latest.
    pub(crate) look_again_in: Option<Duration>,
}

impl Step {
    /// Writes a line into an incident's timeline.
    pub(crate) fn say(&mut self, id: IncidentId, at: Timestamp, what: Happening, text: String) {
        self.say_of(id, at, what, text, None);
    }

    fn say_of(
        &mut self,
        id: IncidentId,
        at: Timestamp,
        what: Happening,
        text: String,
        of: Option<&ResourceId>,
    ) {
        let entry = TimelineEntry { at, what, text, by: None, resource: of.cloned(), evidence: Vec::new() };
        self.entries.push((id, entry));
        self.changed.insert(id);
    }

    fn within(&mut self, pause: Duration) {
        self.look_again_in = Some(self.look_again_in.map_or(pause, |before| before.min(pause)));
    }
}

/// Every incident that is open or was closed a short while ago.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Book {
    /// By number.
    pub(crate) records: BTreeMap<IncidentId, Record>,
    /// The highest number ever given.
    pub(crate) last_id: i64,
    /// Those that are not in the database as they are: none of them is forgotten.
    pub(crate) unsaved: BTreeSet<IncidentId>,
}

impl Book {
    /// A number that no incident has had.
    pub(crate) fn next_id(&mut self) -> IncidentId {
        self.last_id += 1;
        IncidentId(self.last_id)
    }

    /// The open ones.
    pub(crate) fn open(&self) -> impl Iterator<Item = &Record> {
        self.records.values().filter(|record| record.incident.is_open())
    }

    fn open_mut(&mut self) -> impl Iterator<Item = &mut Record> {
        self.records.values_mut().filter(|record| record.incident.is_open())
    }

    /// Takes in how things are now.
    pub(crate) fn step(&mut self, view: &View<'_>, patience: &Patience, now: Moment) -> Step {
        let mut step = Step::default();
        self.refresh(view, now, &mut step);
        let nodes: Vec<Node> = view.sick.values().map(node_of).chain(view.wires.iter().cloned()).collect();
        let outages = outages(&nodes);
        let new = self.assign(&outages, &nodes, view, now, &mut step);
        self.open_new(&new, view, patience, now, &mut step);
        let step_ref = &mut step;
        for record in self.open_mut() {
            name_cause(record, view, now, step_ref);
            retitle(record, step_ref);
            hush(record, view, now, step_ref);
            close(record, patience, now, step_ref);
        }
        let unsaved = &self.unsaved;
        self.records.retain(|id, record| unsaved.contains(id) || record.is_current(now.wall, REOPEN_WITHIN));
        if self.records.values().any(|record| record.incident.is_open()) {
            step.within(Duration::from_secs(15));
        }
        step
    }

    /// Notes how the resources of open incidents are now.
    fn refresh(&mut self, view: &View<'_>, now: Moment, step: &mut Step) {
        for record in self.open_mut() {
            let (mut touched, mut relapsed, was_sick) = (false, Vec::new(), record.is_sick());
            let mut changes = Vec::new();
            for member in record.incident.members.iter_mut().filter(|member| !has_left(member, now.wall)) {
                let before = member.level;
                match view.sick.get(&member.resource) {
                    Some(sick) if before == Level::Ok => {
                        note(member, sick);
                        relapsed.push(member.resource.clone());
                        changes.push((
                            Happening::Joined,
                            format!("{} is out again: {}", sick.name, sick.health.reason),
                            member.resource.clone(),
                        ));
                    }
                    Some(sick) if before != sick.health.level || member.reason != sick.health.reason => {
                        // Another number in the same sentence is shown, but is no line of its own.
                        let same =
                            before == sick.health.level && says_the_same(&member.reason, &sick.health.reason);
                        note(member, sick);
                        touched = true;
                        if !same {
                            let text = format!("{}: {}", sick.name, sick.health.reason);
                            changes.push((Happening::Changed, text, member.resource.clone()));
                        }
                    }
                    None if before != Level::Ok => {
                        member.level = Level::Ok;
                        member.recovered_at = Some(now.wall);
                        let text = if (view.known)(&member.resource) {
                            let lasted = duration_words(now.wall.since(member.since));
                            format!("{} is well again after {lasted}.", member.name)
                        } else {
                            format!("{} is no longer watched.", member.name)
                        };
                        changes.push((Happening::Recovered, text, member.resource.clone()));
                    }
                    _ => {}
                }
            }
            if changes.is_empty() && !touched {
                continue;
            }
            record.stirred = true;
            let levels = record.incident.members.iter().map(|member| member.worst).max();
            record.incident.severity = record.incident.severity.max(levels.unwrap_or(Level::Ok));
            // That what it affects comes and goes while its cause stays is no news of the cause.
            if relapsed.iter().any(|resource| !was_sick || record.was_cause(resource)) {
                relapse(record, now, step);
            }
            step.changed.insert(record.id());
            say_some(record, now.wall, changes, step);
        }
    }

    /// Gives what belongs to open incidents to them, and joins incidents that turn out to be one. Returns the outages
    /// that belong to none, each with how many of its resources nothing explains.
    fn assign(
        &mut self,
        outages: &[Outage],
        nodes: &[Node],
        view: &View<'_>,
        now: Moment,
        step: &mut Step,
    ) -> Vec<(usize, Vec<ResourceId>)> {
        let mut owner: HashMap<ResourceId, IncidentId> = HashMap::new();
        for record in self.open() {
            for member in record.incident.members.iter().filter(|member| !has_left(member, now.wall)) {
                owner.entry(member.resource.clone()).or_insert(record.id());
            }
        }
        let mut unowned = Vec::new();
        for outage in outages {
            let ids: Vec<ResourceId> = outage.all().map(|i| nodes[i].id.clone()).collect();
            let owners: BTreeSet<IncidentId> = ids.iter().filter_map(|id| owner.get(id)).copied().collect();
            let Some(first) = owners.first().copied() else {
                unowned.push((outage.ends, ids));
                continue;
            };
            for other in owners.iter().skip(1) {
                if self.may_join(first, *other) {
                    self.merge(first, *other, None, now.wall, step);
                }
            }
            let new: Vec<&Sick> =
                ids.iter().filter(|id| !owner.contains_key(*id)).filter_map(|id| view.sick.get(id)).collect();
            if let Some(record) = self.records.get_mut(&first) {
                join(record, &new, now, step);
            }
        }
        unowned
    }

    fn may_join(&self, a: IncidentId, b: IncidentId) -> bool {
        let apart = |x: IncidentId, y: IncidentId| {
            self.records.get(&x).is_some_and(|record| record.apart_from.contains(&y))
        };
        !apart(a, b) && !apart(b, a)
    }

    /// Makes two incidents one: everything of `from` goes to `into`.
    pub(crate) fn merge(
        &mut self,
        into: IncidentId,
        from: IncidentId,
        by: Option<&str>,
        now: Timestamp,
        step: &mut Step,
    ) {
        let Some(mut gone) = self.records.remove(&from) else { return };
        let Some(kept) = self.records.get_mut(&into) else {
            self.records.insert(from, gone);
            return;
        };
        // Of what was a part of both, the one where it is out now counts.
        let out: HashSet<&ResourceId> =
            gone.incident.members.iter().filter(|m| m.level != Level::Ok).map(|m| &m.resource).collect();
        kept.incident.members.retain(|m| m.level != Level::Ok || !out.contains(&m.resource));
        let known: HashSet<ResourceId> = kept.incident.members.iter().map(|m| m.resource.clone()).collect();
        let moved = gone.incident.members.iter().filter(|member| !known.contains(&member.resource));
        kept.incident.members.extend(moved.cloned());
        kept.incident.began_at = kept.incident.began_at.min(gone.incident.began_at);
        kept.incident.severity = kept.incident.severity.max(gone.incident.severity);
        kept.apart_from.extend(gone.apart_from.iter().copied().filter(|id| *id != into));
        kept.relapses.append(&mut gone.relapses);
        kept.relapses.sort_unstable();
        // What was told of the one is known of the other: only the better of both is news.
        if kept.told.is_none() {
            kept.told = gone.told.take();
            if let Some(told) = &mut kept.told {
                told.also.insert(from);
            }
        }
        kept.stirred = true;
        kept.members_saved = 0;
        gone.incident.closed_at = Some(now);
        gone.settled_at = Some(now);
        gone.incident.merged_into = Some(into);
        let because = if by.is_some() { "" } else { ", because it turned out to be the same outage" };
        let was = format!("Incident {from} (“{}”) became a part of this one{because}.", gone.incident.title);
        let is = format!("This became a part of incident {into}{because}.");
        self.records.insert(from, gone);
        for (id, text) in [(into, was), (from, is)] {
            step.say(id, now, Happening::Merged, text);
            if let (Some(by), Some((_, entry))) = (by, step.entries.last_mut()) {
                entry.by = Some(by.to_owned());
            }
        }
    }

    /// Opens incidents for outages that have lasted long enough.
    fn open_new(
        &mut self,
        outages: &[(usize, Vec<ResourceId>)],
        view: &View<'_>,
        patience: &Patience,
        now: Moment,
        step: &mut Step,
    ) {
        let mut waiting: Vec<Fresh<'_>> = outages
            .iter()
            .map(|(ends, ids)| {
                let sick = ids.iter().filter_map(|id| view.sick.get(id)).collect();
                Fresh::new(*ends, sick, patience, now)
            })
            .filter(|fresh| !fresh.sick.is_empty())
            .collect();
        waiting.sort_by_key(|fresh| fresh.began);
        while !waiting.is_empty() {
            // What began within a minute of the first of them.
            let first = waiting[0].began;
            let count = waiting.partition_point(|fresh| fresh.began.since(first) <= STORM_WITHIN);
            let together: Vec<Fresh<'_>> = waiting.drain(..count).collect();
            let ends: usize = together.iter().map(|fresh| fresh.ends).sum();
            if together.len() > 1 && ends >= STORM_MIN && together.iter().any(|fresh| fresh.due_in.is_zero())
            {
                let sick: Vec<&Sick> = together.into_iter().flat_map(|fresh| fresh.sick).collect();
                self.begin(&sick, true, now, step);
                continue;
            }
            for fresh in together {
                if fresh.due_in.is_zero() {
                    self.begin(&fresh.sick, false, now, step);
                } else {
                    step.within(fresh.due_in);
                }
            }
        }
    }

    /// Opens an incident, or the one anew that was closed a short while ago, or adds to a storm that goes on.
    fn begin(&mut self, sick: &[&Sick], by_time: bool, now: Moment, step: &mut Step) {
        let began = sick.iter().map(|one| one.since).min().unwrap_or(now.wall);
        let storm = self.open_mut().find(|record| {
            record.by_time
                && now.wall.since(record.incident.opened_at) <= STORM_OPEN_FOR
                && began.since(record.incident.began_at).max(record.incident.began_at.since(began))
                    <= 2 * STORM_WITHIN
        });
        if let Some(record) = storm {
            join(record, sick, now, step);
            return;
        }
        let closed = self.records.values_mut().rev().find(|record| {
            !by_time
                && !record.incident.is_open()
                && record.incident.merged_into.is_none()
                && sick.iter().any(|one| one.id == record.incident.cause.resource)
        });
        if let Some(record) = closed {
            record.incident.closed_at = None;
            // Who took care of it until it was over has done so.
            record.incident.acknowledged =
                record.incident.acknowledged.take().filter(|ack| ack.until.is_some());
            record.settled_at = None;
            record.well_since = None;
            record.admit(sick);
            let text = format!("It broke again: {}: {}", sick[0].name, sick[0].health.reason);
            step.say_of(record.incident.id, now.wall, Happening::Reopened, text, Some(&sick[0].id));
            relapse(record, now, step);
            return;
        }
        let id = self.next_id();
        let mut record = Record::open(id, sick, now.wall);
        record.by_time = by_time;
        step.changed.insert(id);
        name_cause(
            &mut record,
            &View { sick: &by_id(sick), wires: &[], silence: &|_| None, known: &|_| true },
            now,
            step,
        );
        let text = opened_sentence(&record);
        let cause = record.incident.cause.resource.clone();
        // The opening is the first line, and names the cause itself.
        step.entries.retain(|(of, _)| *of != id);
        step.say_of(id, now.wall, Happening::Opened, text, Some(&cause));
        self.records.insert(id, record);
    }
}

fn by_id(sick: &[&Sick]) -> BTreeMap<ResourceId, Sick> {
    sick.iter().map(|one| (one.id.clone(), Sick::clone(one))).collect()
}

/// An outage without an incident.
struct Fresh<'a> {
    /// How many of its resources nothing explains.
    ends: usize,
    sick: Vec<&'a Sick>,
    began: Timestamp,
    /// How long until it has lasted long enough; zero if it has.
    due_in: Duration,
}

impl<'a> Fresh<'a> {
    fn new(ends: usize, sick: Vec<&'a Sick>, patience: &Patience, now: Moment) -> Self {
        let due = |one: &&Sick| {
            let due = one.seen_at.saturating_add(patience.damping(one.health.level));
            due.saturating_sub(now.monotonic)
        };
        let began = sick.iter().map(|one| one.since).min().unwrap_or(now.wall);
        Self { ends, began, due_in: sick.iter().map(due).min().unwrap_or_default(), sick }
    }
}

fn node_of(sick: &Sick) -> Node {
    Node { id: sick.id.clone(), level: Some(sick.health.level), since: sick.since, needs: sick.needs.clone() }
}

fn opened_sentence(record: &Record) -> String {
    let incident = &record.incident;
    let affected = match incident.members.len() - 1 {
        0 => String::new(),
        others => format!(" {} with it.", counted(others, "other resource")),
    };
    format!("{}: {}{affected}", incident.cause.name, incident.cause.reason)
}

/// Adds resources to an open incident.
fn join(record: &mut Record, sick: &[&Sick], now: Moment, step: &mut Step) {
    if sick.is_empty() {
        return;
    }
    let new = record.admit(sick);
    let joined = new.into_iter().filter_map(|at| record.incident.members.get(at));
    let changes = joined
        .map(|m| (Happening::Joined, format!("{} is affected: {}", m.name, m.reason), m.resource.clone()))
        .collect();
    step.changed.insert(record.id());
    say_some(record, now.wall, changes, step);
}

/// What has been well for so long that it would be another outage if it broke again. Otherwise an incident that goes on
/// for weeks because of one thing would swallow everything that was ever a part of it.
fn has_left(member: &Member, now: Timestamp) -> bool {
    member.level == Level::Ok && member.recovered_at.is_some_and(|at| now.since(at) > REOPEN_WITHIN)
}

/// Whether two reasons differ in nothing but their numbers.
fn says_the_same(a: &str, b: &str) -> bool {
    let words = |c: &char| !c.is_ascii_digit() && !matches!(c, '.' | ',');
    a.chars().filter(words).eq(b.chars().filter(words))
}

/// Writes changes into the timeline: each, if they are few; else how many there were of each kind.
fn say_some(
    record: &mut Record,
    at: Timestamp,
    changes: Vec<(Happening, String, ResourceId)>,
    step: &mut Step,
) {
    let id = record.id();
    if changes.is_empty() || record.routine >= ROUTINE_MAX {
        return;
    }
    record.routine += changes.len().min(JOINED_MAX);
    if record.routine >= ROUTINE_MAX {
        let text = "So much has changed that from now on not every change is written down.".to_owned();
        step.say(id, at, Happening::Changed, text);
        return;
    }
    if changes.len() <= JOINED_MAX {
        for (what, text, of) in changes {
            step.say_of(id, at, what, text, Some(&of));
        }
        return;
    }
    for (what, verb) in [
        (Happening::Joined, "were affected"),
        (Happening::Changed, "changed"),
        (Happening::Recovered, "were well again"),
    ] {
        let count = changes.iter().filter(|(kind, _, _)| *kind == what).count();
        if count > 0 {
            step.say(id, at, what, format!("{} {verb} at once.", counted(count, "resource")));
        }
    }
}

fn relapse(record: &mut Record, now: Moment, step: &mut Step) {
    let before = record.incident.flapping;
    record.relapse(now.wall, FLAPPING_WITHIN);
    if before.is_none() && record.incident.flapping.is_some() {
        let text = "It comes and goes, so from now on Hob waits longer before it calls it over.".to_owned();
        step.say(record.incident.id, now.wall, Happening::Flapping, text);
    }
}

/// Names the resource that explains the others. A cause that is still out is replaced only by one that explains it too;
/// one that is well again stays for a while.
fn name_cause(record: &mut Record, view: &View<'_>, now: Moment, step: &mut Step) {
    let current = record.incident.cause.resource.clone();
    if record.incident.members.iter().any(|m| m.resource == current && m.level != Level::Ok) {
        record.cause_well_since = None;
    } else if record.is_sick() {
        let since = *record.cause_well_since.get_or_insert(now.monotonic);
        let kept = CAUSE_KEPT.saturating_sub(now.monotonic.saturating_sub(since));
        if !kept.is_zero() {
            step.within(kept);
            return;
        }
        record.stirred = true;
    }
    if !std::mem::take(&mut record.stirred) {
        return;
    }
    let out = record.incident.members.iter().filter(|member| member.level != Level::Ok);
    let members = out.filter_map(|member| view.sick.get(&member.resource));
    let nodes: Vec<Node> = members.map(node_of).chain(view.wires.iter().cloned()).collect();
    let found = outages(&nodes);
    let Some(best) = found.iter().max_by_key(|outage| outage.weight) else { return };
    let own = found.iter().find(|outage| outage.all().any(|i| nodes[i].id == current));
    // Of outages that stand beside each other the one that was named first stays, as long as it goes on.
    let chosen = match own {
        Some(own) if record.told.is_some() || own.weight >= best.weight => own,
        _ => best,
    };
    give_roles(record, &nodes, &found, chosen);
    let Some(cause) = view.sick.get(&nodes[chosen.cause].id) else { return };
    let before = &record.incident.cause;
    let named_at = if cause.id == before.resource { before.named_at } else { now.wall };
    let after = named_cause(cause, named_at);
    if *before == after {
        return;
    }
    let other = after.resource != before.resource;
    record.incident.cause = after;
    record.cause_well_since = None;
    step.changed.insert(record.incident.id);
    if other {
        let text = format!("The cause is {}: {}", cause.name, cause.health.reason);
        step.say_of(record.incident.id, now.wall, Happening::Cause, text, Some(&cause.id));
    }
}

fn give_roles(record: &mut Record, nodes: &[Node], found: &[Outage], chosen: &Outage) {
    let cause = &nodes[chosen.cause].id;
    let affected: HashSet<&ResourceId> = chosen.affected.iter().map(|i| &nodes[*i].id).collect();
    let out: HashSet<&ResourceId> = found.iter().flat_map(Outage::all).map(|i| &nodes[i].id).collect();
    for member in &mut record.incident.members {
        if member.resource == *cause {
            member.role = Role::Cause;
        } else if affected.contains(&member.resource) {
            member.role = Role::Affected;
        } else if out.contains(&member.resource) {
            member.role = Role::Besides;
        } else if member.role == Role::Cause {
            // It was the cause, and is well again.
            member.role = Role::Besides;
        }
    }
    record.sort_members();
}

fn retitle(record: &mut Record, step: &mut Step) {
    let title = title(&record.incident, record.by_time);
    if record.incident.title != title {
        record.incident.title = title;
        step.changed.insert(record.incident.id);
    }
}

/// Notes silences that begin or end, and what somebody wanted for a while.
fn hush(record: &mut Record, view: &View<'_>, now: Moment, step: &mut Step) {
    let covered = covering(&record.incident, view);
    record.covered = covered.is_some();
    let incident = &mut record.incident;
    let wished = incident.hush.clone().filter(|hush| match hush {
        Hush::Snoozed { until, .. } => *until > now.wall,
        Hush::Muted { .. } => true,
        Hush::Silenced { .. } => false,
    });
    let after = match (wished, covered) {
        (None, Some((silence, comment))) => Some(Hush::Silenced { silence, comment }),
        (before, _) => before,
    };
    if after != incident.hush {
        let text = match &after {
            Some(Hush::Silenced { comment, .. }) => format!("A silence covers it: {comment}"),
            _ => "Nothing keeps it silent any more.".to_owned(),
        };
        incident.hush = after;
        step.say(incident.id, now.wall, Happening::Hushed, text);
    }
    if let Some(until) = incident.acknowledged.as_ref().and_then(|ack| ack.until)
        && until <= now.wall
    {
        incident.acknowledged = None;
        let text = "The time for which somebody took care of it is over.".to_owned();
        step.say(incident.id, now.wall, Happening::Acknowledged, text);
    }
}

/// The silence that covers an incident: that of its cause, unless something broke besides that nobody silenced.
fn covering(incident: &Incident, view: &View<'_>) -> Option<(String, String)> {
    let covered = (view.silence)(&incident.cause.resource)?;
    let mut besides = incident.members.iter().filter(|m| m.role == Role::Besides && m.level != Level::Ok);
    besides.all(|member| (view.silence)(&member.resource).is_some()).then_some(covered)
}

fn close(record: &mut Record, patience: &Patience, now: Moment, step: &mut Step) {
    if record.is_sick() {
        record.well_since = None;
        return;
    }
    let since = *record.well_since.get_or_insert(now.monotonic);
    let wait = if record.incident.flapping.is_some() { patience.flapping } else { patience.well };
    let left = wait.saturating_sub(now.monotonic.saturating_sub(since));
    if !left.is_zero() {
        step.within(left);
        return;
    }
    // It was over when the last of it was well, not when that was sure.
    let last = record.incident.members.iter().filter_map(|member| member.recovered_at).max();
    let over = last.unwrap_or(now.wall).min(now.wall);
    record.incident.closed_at = Some(over);
    record.incident.hush = None;
    record.settled_at = Some(now.wall);
    let lasted = duration_words(over.since(record.incident.began_at));
    let text = format!("Everything has been well for {}; it lasted {lasted}.", duration_words(wait));
    step.say(record.incident.id, now.wall, Happening::Closed, text);
}

/// How bad it is for whom it is told.
pub(crate) fn told_severity(record: &Record) -> Level {
    severity(record.incident.severity)
}

#[cfg(test)]
mod tests;
