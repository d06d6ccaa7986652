//! Looks at the mirror when it changed, and says what is different.

use crate::checks;
use crate::cluster::Watcher;
use crate::gaps;
use crate::logs::Tails;
use crate::mirror::{Snapshot, Urgency};
use crate::publish::{
    ROUNDS, SOURCE, cluster_id, difference, observation, resource_id, round_of, tiles_touched,
};
use cluster_model::faults::Memory;
use cluster_model::{Picture, Settings, ThingId};
use hob_base::{Observation, Source};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

/// Changes of one moment are looked at together.
const GATHER: Duration = Duration::from_millis(80);
/// The shortest time from one examination to the next.
const PAUSE_MIN: Duration = Duration::from_millis(400);
/// The longest that a change waits, however long an examination takes.
const PAUSE_MAX: Duration = Duration::from_secs(10);
/// An examination may take this share of the time: one in so many.
const SHARE: u32 = 25;
/// How long events alone wait.
const EVENTS_PAUSE: Duration = Duration::from_secs(4);
/// Time alone changes the picture as well.
const AGAIN: Duration = Duration::from_secs(30);
/// How often it is looked whether the first reading has ended.
const WAITING: Duration = Duration::from_secs(1);
/// What was heard within this time is of now.
const FRESH: Duration = Duration::from_secs(45);
/// How often a part of everything is said again.
const ROUND: Duration = Duration::from_secs(5);
/// How long a first reading may take before what is there is shown.
const PATIENCE: Duration = Duration::from_secs(20);

/// What looks at one cluster.
pub(crate) struct Examiner {
    watcher: Arc<Watcher>,
    picture: Arc<Picture>,
    tails: Arc<Tails>,
    /// What was last examined and how long that took.
    last: Option<Duration>,
    took: Duration,
    dirty_since: Option<Duration>,
    /// Whether the first reading is still under way.
    waiting: bool,
    first_seen: Option<Duration>,
    next_round: Duration,
    round: u64,
    /// What earlier examinations taught.
    memory: Memory,
    /// Whether what an earlier run of the hub knew has been cleared away.
    cleared: bool,
}

impl Examiner {
    pub(crate) fn new(watcher: Arc<Watcher>) -> Self {
        Self {
            watcher,
            picture: Arc::default(),
            tails: Arc::default(),
            last: None,
            took: Duration::ZERO,
            dirty_since: None,
            waiting: false,
            first_seen: None,
            next_round: Duration::ZERO,
            round: 0,
            memory: Memory::default(),
            cleared: false,
        }
    }

    pub(crate) async fn run(&mut self) {
        let watcher = self.watcher.clone();
        loop {
            let now = watcher.ctx.clock.monotonic();
            let wait = self.due(now).min(self.next_round).saturating_sub(now);
            tokio::select! {
                () = watcher.mirror.changed(), if self.dirty_since.is_none() => {
                    self.dirty_since = Some(watcher.ctx.clock.monotonic());
                    continue;
                }
                () = watcher.ctx.clock.sleep(wait) => {}
            }
            let now = watcher.ctx.clock.monotonic();
            if now >= self.due(now) {
                self.examine(now).await;
            }
            if now >= self.next_round {
                self.next_round = now + ROUND;
                self.say_again().await;
            }
        }
    }

    /// When the next examination is due.
    fn due(&self, now: Duration) -> Duration {
        let pause = (self.took * SHARE).clamp(PAUSE_MIN, PAUSE_MAX);
        let pause = if self.waiting { GATHER } else { pause };
        let after = |pause: Duration| self.last.map_or(Duration::ZERO, |last| last + pause);
        let Some(since) = self.dirty_since else {
            let again = if self.waiting { WAITING } else { AGAIN };
            return self.last.map_or(now + again, |last| last + again);
        };
        match self.watcher.mirror.dirty() {
            Some(Urgency::Later) => after(pause.max(EVENTS_PAUSE)).max(since + GATHER),
            _ => after(pause).max(since + GATHER),
        }
    }

    async fn examine(&mut self, now: Duration) {
        let watcher = self.watcher.clone();
        self.dirty_since = None;
        let snapshot = watcher.mirror.snapshot();
        if snapshot.units.is_empty() {
            return;
        }
        let first = *self.first_seen.get_or_insert(now);
        if !snapshot.complete() && now < first + PATIENCE {
            // Each list that ends calls again; the pause is for the one that never does.
            (self.waiting, self.last) = (true, Some(now));
            return;
        }
        self.waiting = false;
        if snapshot.complete() {
            self.first_seen = None;
        }
        let settings = self.settings(&snapshot);
        let objects = snapshot.objects.clone();
        let look =
            tokio::task::spawn_blocking(move || (cluster_model::examine(&objects, &settings), settings));
        let Ok((picture, settings)) = look.await else {
            tracing::error!(cluster = watcher.settings.name, "the examination of a cluster panicked");
            self.last = Some(now);
            return;
        };
        let end = watcher.ctx.clock.monotonic();
        self.last = Some(end);
        self.took = end.saturating_sub(now);
        watcher.figures.examined(&watcher.settings.name, self.took, &snapshot);
        self.publish(Arc::new(picture), settings, snapshot).await;
    }

    fn settings(&mut self, snapshot: &Snapshot) -> Settings {
        let now_ms = self.as_of();
        self.memory.learn(&snapshot.objects, now_ms);
        let said = &self.watcher.settings;
        let mut settings = Settings {
            now_ms,
            unread: snapshot.unread(),
            hidden_hosts: said.hide_hosts.clone(),
            hidden_namespaces: said.hide_namespaces.clone(),
            memory: self.memory.clone(),
            logs: self.watcher.tails().by_identity(&snapshot.objects),
            ..Settings::default()
        };
        crate::usage::fill(&self.watcher, &mut settings);
        settings
    }

    /// The time at which what is known was true: while the server is away, nothing becomes late or missing.
    fn as_of(&self) -> i64 {
        let now = self.watcher.ctx.clock.now();
        let heard = self.watcher.clusters.get(&self.watcher.settings.name).and_then(|view| view.heard_at);
        heard.filter(|heard| now.since(*heard) > FRESH).unwrap_or(now).millis()
    }

    async fn publish(&mut self, picture: Arc<Picture>, settings: Settings, snapshot: Snapshot) {
        let watcher = self.watcher.clone();
        let (ctx, name) = (&watcher.ctx, watcher.settings.name.as_str());
        let tails = watcher.tails();
        let before = std::mem::replace(&mut self.picture, picture.clone());
        let mut found = difference(&before, &picture);
        if tails != self.tails {
            found.changed.extend(touched_by_tails(&picture, &self.tails, &tails));
            self.tails = tails.clone();
        }
        let mut gaps = gaps::of_kinds(&snapshot, watcher.settings.secrets);
        gaps.extend(watcher.other_gaps());
        let complete = snapshot.complete();
        watcher.clusters.update(name, |view| {
            view.objects = snapshot.objects.clone();
            view.picture = picture.clone();
            view.settings = settings;
            view.gaps = gaps;
            view.examined_at = Some(ctx.clock.now());
            view.complete = complete;
        });
        for id in &found.changed {
            if let Some(thing) = picture.things.get(*id) {
                ctx.resources.observe(observation(name, id, thing, &tails)).await;
            }
        }
        for id in &found.gone {
            ctx.resources.withdraw(SOURCE, resource_id(name, id)).await;
        }
        if !self.cleared && snapshot.settled() {
            self.cleared = true;
            self.clear_away().await;
        }
        if watcher.settings.probe && (complete || !before.things.is_empty()) {
            ctx.checks.publish(&checks::origin(name), checks::specs(name, &picture));
            if !before.things.is_empty() {
                for id in tiles_touched(&picture, &found.changed) {
                    ctx.checks.poke(resource_id(name, id));
                }
            }
        }
    }

    /// What an earlier run of the hub said, and what is no longer so.
    async fn clear_away(&self) {
        let name = &self.watcher.settings.name;
        let known: HashSet<_> = self.picture.things.keys().map(|id| resource_id(name, id)).collect();
        let source = Source::from(SOURCE);
        for resource in self.watcher.ctx.resources.list() {
            let ours = resource.words.contains_key(&source) && resource.id.scope() == name;
            if ours && !known.contains(&resource.id) && resource.id != cluster_id(name) {
                self.watcher.ctx.resources.withdraw(SOURCE, resource.id.clone()).await;
            }
        }
    }

    /// Says a part of everything again, so that no word stops to hold: also what was known before the server went away.
    async fn say_again(&mut self) {
        let watcher = self.watcher.clone();
        let (ctx, name) = (&watcher.ctx, watcher.settings.name.as_str());
        self.round = (self.round + 1) % ROUNDS;
        if self.last.is_none() || self.waiting {
            return self.say_what_was_known().await;
        }
        let due: Vec<&ThingId> = self.picture.things.keys().filter(|id| round_of(id) == self.round).collect();
        for id in due {
            if let Some(thing) = self.picture.things.get(id) {
                ctx.resources.observe(observation(name, id, thing, &self.tails)).await;
            }
        }
    }

    /// Before anything was read: what the last run of the hub said still stands.
    async fn say_what_was_known(&self) {
        if !self.round.is_multiple_of(ROUNDS / 6) {
            return;
        }
        let (ctx, name) = (&self.watcher.ctx, &self.watcher.settings.name);
        let source = Source::from(SOURCE);
        for resource in ctx.resources.list() {
            if resource.id.scope() != name || resource.id == cluster_id(name) {
                continue;
            }
            let Some(word) = resource.words.get(&source) else { continue };
            let again = Observation {
                source: source.clone(),
                resource: resource.id.clone(),
                name: word.name.clone(),
                facts: word.facts.clone(),
                health: word.health.clone(),
                dependencies: word.dependencies.clone(),
                holds_for: crate::publish::HOLDS_FOR,
            };
            ctx.resources.observe(again).await;
        }
    }
}

/// Things of which other last lines are known than before.
fn touched_by_tails<'a>(picture: &'a Picture, before: &Tails, after: &Tails) -> BTreeSet<&'a ThingId> {
    let changed = |finding: &cluster_model::Finding| before.of(finding) != after.of(finding);
    picture.findings().filter(|(_, finding)| changed(finding)).map(|(id, _)| id).collect()
}
