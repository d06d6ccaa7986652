//! The listener that folds observations into resources, in order, and keeps the database in step.

use super::{History, Message, Resources, store};
use crate::{Ctx, Job};
use hob_base::resource::{Moment, Withdrawn, expire, observe, restore, withdraw};
use hob_base::{Clock, Error, Health, Level, Observation, Resource, ResourceId, Result, Transition};
use hob_db::is_disk_full;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

/// How many messages are folded in and written together.
const BATCH_MAX: usize = 1024;
/// How often words are looked at for having expired.
const TICK: Duration = Duration::from_secs(1);
/// How long sources have to speak after a start before their silence counts.
const GRACE: Duration = Duration::from_secs(60);
/// How often facts that are no change of health are written.
const SAVE_EVERY: Duration = Duration::from_secs(300);
/// How often the hub notes that it runs.
const ALIVE_EVERY: Duration = Duration::from_secs(60);
/// How often a database that refused is tried again.
const RETRY_EVERY: Duration = Duration::from_secs(5);
/// Transitions that wait for a database that refuses. Beyond this the oldest are given up, and the log says so.
const BACKLOG_MAX: usize = 100_000;

impl Resources {
    /// Reads what was known when the hub last ran.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn load(&self, clock: &Clock) -> Result<()> {
        let now = clock.moment();
        let resources = store::list_resources(&self.0.db).await?;
        let mut changes = store::list_changes(&self.0.db, now.wall).await?;
        let gaps = store::begin_run(&self.0.db, now.wall).await?;
        let mut history = self.0.history.write().unwrap_or_else(PoisonError::into_inner);
        for resource in &resources {
            let recent = changes.remove(&resource.id).unwrap_or_else(|| unchanged(resource));
            history.insert(resource.id.clone(), Arc::new(History::new(recent)));
        }
        drop(history);
        *self.0.gaps.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(gaps);
        let restored: Vec<_> = resources
            .into_iter()
            .map(|resource| (resource.id.clone(), Some(Arc::new(restore(resource, now, GRACE)))))
            .collect();
        let ids = restored.iter().map(|(id, _)| id.clone()).collect();
        self.publish(restored, ids);
        Ok(())
    }
}

/// A resource without a recent transition has been as it is since its last one.
fn unchanged(resource: &Resource) -> Vec<hob_base::uptime::Change> {
    let change = hob_base::uptime::Change { at: resource.since, to: resource.health.level };
    if resource.judged { vec![change] } else { Vec::new() }
}

/// The listener. There is one in every hub.
pub fn keeper(started_at: hob_base::Timestamp) -> Job {
    Job::listener("resources.keeper", move |ctx, stop| async move {
        let resources = ctx.resources.clone();
        let mut outbox = resources.outbox()?;
        let now = ctx.clock.moment();
        let mut keeper = Keeper {
            ctx,
            started_at,
            backlog: Vec::new(),
            unsaved: BTreeSet::new(),
            gone: BTreeSet::new(),
            refused: false,
            last_alive: now,
            next_tick: now.monotonic + TICK,
            next_expiry: now.monotonic,
            next_save: now.monotonic + SAVE_EVERY,
            next_alive: now.monotonic,
        };
        keeper.run(&mut outbox, &stop).await;
        Ok(())
    })
}

struct Keeper {
    ctx: Ctx,
    started_at: hob_base::Timestamp,
    /// Transitions that the database refused.
    backlog: Vec<Transition>,
    /// Resources whose facts are newer than the database.
    unsaved: BTreeSet<ResourceId>,
    /// Resources that are gone but still in the database, because it refused.
    gone: BTreeSet<ResourceId>,
    /// Whether the database refused last time.
    refused: bool,
    /// When the database was last told that the hub runs, or should have been.
    last_alive: Moment,
    next_tick: Duration,
    /// No word stops to hold before this.
    next_expiry: Duration,
    next_save: Duration,
    next_alive: Duration,
}

/// What a batch of messages amounts to.
#[derive(Default)]
struct Batch {
    states: BTreeMap<ResourceId, Option<Arc<Resource>>>,
    transitions: Vec<Transition>,
    /// What a page would show differently.
    visible: BTreeSet<ResourceId>,
    /// What must be in the database before it is shown.
    urgent: BTreeSet<ResourceId>,
    settled: Vec<oneshot::Sender<()>>,
}

impl Keeper {
    async fn run(&mut self, outbox: &mut mpsc::Receiver<Message>, stop: &CancellationToken) {
        let mut messages = Vec::new();
        // What an earlier run said of the database no longer counts.
        self.say_database(Health::ok("The database accepts writes."));
        loop {
            let mut batch = Batch::default();
            let pause = self.next_tick.saturating_sub(self.ctx.clock.monotonic());
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                _ = outbox.recv_many(&mut messages, BATCH_MAX) => {
                    let now = self.ctx.clock.moment();
                    for message in messages.drain(..) {
                        self.fold(&mut batch, message, now);
                    }
                }
                () = self.ctx.clock.sleep(pause) => {}
            }
            // By the clock, not by the pause: where sources never stop talking there is no pause.
            let now = self.ctx.clock.moment();
            if now.monotonic >= self.next_tick {
                self.next_tick = now.monotonic + TICK;
                if now.monotonic >= self.next_expiry {
                    self.expire_due(&mut batch, now);
                }
            }
            self.commit(batch).await;
            self.housekeeping().await;
        }
        // What was said before the hub was asked to stop is still taken in and saved.
        let mut batch = Batch::default();
        let now = self.ctx.clock.moment();
        while let Ok(message) = outbox.try_recv() {
            self.fold(&mut batch, message, now);
        }
        self.commit(batch).await;
        self.save_unsaved().await;
        let alive = store::keep_run_alive(&self.ctx.db, self.started_at, self.ctx.clock.now()).await;
        if let Err(error) = alive {
            error!(reason = error.chain(), "the end of this run could not be noted");
        }
    }

    fn current(&self, batch: &Batch, id: &ResourceId) -> Option<Arc<Resource>> {
        batch.states.get(id).cloned().unwrap_or_else(|| self.ctx.resources.get(id))
    }

    fn fold(&mut self, batch: &mut Batch, message: Message, now: Moment) {
        match message {
            Message::Observe(observation) => {
                self.next_expiry = self.next_expiry.min(now.monotonic.saturating_add(observation.holds_for));
                let before = self.current(batch, &observation.resource);
                let after = observe(before.as_deref(), *observation, now);
                batch.change(before.as_deref(), after);
            }
            Message::Withdraw(source, id) => {
                let Some(before) = self.current(batch, &id) else { return };
                match withdraw(&before, &source, now) {
                    Some(Withdrawn::Remains(after)) => batch.change(Some(&before), *after),
                    Some(Withdrawn::Gone) => batch.remove(&before, "Nobody speaks of it any more.", now),
                    None => {}
                }
            }
            Message::Forget(id) => {
                if let Some(before) = self.current(batch, &id) {
                    batch.remove(&before, "Somebody let Hob forget it.", now);
                }
            }
            Message::Settle(sender) => batch.settled.push(sender),
        }
    }

    fn expire_due(&mut self, batch: &mut Batch, now: Moment) {
        self.next_expiry = Duration::MAX;
        for before in self.ctx.resources.list() {
            // What somebody spoke of in this very batch is looked at next time.
            if batch.states.contains_key(&before.id) {
                self.next_expiry = now.monotonic;
                continue;
            }
            let after = expire(&before, now);
            let next = after.as_ref().unwrap_or(&before).next_deadline();
            self.next_expiry = self.next_expiry.min(next.unwrap_or(Duration::MAX));
            if let Some(after) = after {
                batch.change(Some(&before), after);
            }
        }
    }

    /// Database first, then memory, then whoever watches.
    async fn commit(&mut self, batch: Batch) {
        let urgent: Vec<(ResourceId, Option<Arc<Resource>>)> = batch
            .urgent
            .iter()
            .filter_map(|id| batch.states.get(id).map(|state| (id.clone(), state.clone())))
            .collect();
        self.backlog.extend(batch.transitions.iter().cloned());
        // While the database refuses, housekeeping alone tries again: sources must not wait for it.
        let waiting = !urgent.is_empty() || !self.backlog.is_empty();
        if waiting && !self.refused {
            self.write(&urgent).await;
        }
        for (id, state) in &batch.states {
            let written = batch.urgent.contains(id) && !self.refused;
            self.unsaved.remove(id);
            self.gone.remove(id);
            match state {
                None if !written => self.gone.insert(id.clone()),
                Some(_) if !written && batch.visible.contains(id) => self.unsaved.insert(id.clone()),
                _ => false,
            };
        }
        self.bound_backlog();
        self.ctx.resources.remember(&batch.transitions);
        self.ctx.resources.publish(batch.states.into_iter().collect(), batch.visible.into_iter().collect());
        for sender in batch.settled {
            let _ = sender.send(());
        }
    }

    async fn write(&mut self, resources: &[(ResourceId, Option<Arc<Resource>>)]) {
        let now = self.ctx.clock.now();
        match store::save(&self.ctx.db, &self.backlog, resources, now).await {
            Ok(()) => {
                self.backlog.clear();
                if std::mem::take(&mut self.refused) {
                    info!("the database accepts writes again; everything that waited has been written");
                    self.say_database(Health::ok("The database accepts writes."));
                }
            }
            Err(error) => self.refuse(&error),
        }
    }

    fn bound_backlog(&mut self) {
        if self.backlog.len() > BACKLOG_MAX {
            let lost = self.backlog.len() - BACKLOG_MAX;
            self.backlog.drain(..lost);
            error!(lost, "the database has refused for too long; the oldest changes of health were given up");
        }
    }

    fn refuse(&mut self, error: &Error) {
        if std::mem::replace(&mut self.refused, true) {
            return;
        }
        error!(reason = error.chain(), "the database refuses to be written");
        self.next_alive = self.ctx.clock.monotonic() + RETRY_EVERY;
        let (reason, remedy) = if is_disk_full(error) {
            let text = format!(
                "The disk that holds Hob's data directory {} is full, so changes of health are kept in memory only.",
                self.ctx.data.display()
            );
            (text, "Free some space on that disk; what is waiting is then written by itself.")
        } else {
            let text = "The database refuses to be written, so changes of health are kept in memory only.";
            (
                text.to_owned(),
                "Look at the evidence; what is waiting is written as soon as the database accepts it.",
            )
        };
        self.say_database(Health::critical(reason).with_evidence(error.chain()).with_remedy(remedy));
    }

    fn say_database(&self, health: Health) {
        let id = ResourceId::new("database", "hob", self.ctx.db.driver());
        let observation = Observation::new("hob", id, Duration::from_secs(10 * 366 * 86_400))
            .named("Hob's database")
            .judged(health);
        // Not `observe`: waiting on our own full inbox would never end. If it is full, the next refusal says it.
        let _ = self.ctx.resources.0.inbox.try_send(Message::Observe(Box::new(observation)));
    }

    async fn housekeeping(&mut self) {
        let now = self.ctx.clock.monotonic();
        if now >= self.next_alive {
            self.next_alive = now + if self.refused { RETRY_EVERY } else { ALIVE_EVERY };
            match self.note_alive().await {
                Err(error) => self.refuse(&error),
                Ok(()) if self.refused => self.save_unsaved().await,
                Ok(()) => {}
            }
        }
        if now >= self.next_save {
            self.next_save = now + SAVE_EVERY;
            self.save_unsaved().await;
        }
    }

    /// Notes that the hub runs. Where the wall clock ran ahead of the monotonic one, the machine slept or its clock was
    /// set: nobody watched in between, which is a gap like the one between two runs.
    async fn note_alive(&mut self) -> Result<()> {
        let (last, now) = (self.last_alive, self.ctx.clock.moment());
        self.last_alive = now;
        let jump = now.wall.since(last.wall).saturating_sub(now.monotonic.saturating_sub(last.monotonic));
        if jump > store::RESTART {
            info!(seconds = jump.as_secs(), "the clock ran ahead: the machine slept, or its clock was set");
            self.started_at = now.wall;
            self.ctx.resources.add_gap(hob_base::uptime::Span { from: last.wall, to: now.wall });
            return store::add_run(&self.ctx.db, now.wall).await;
        }
        store::keep_run_alive(&self.ctx.db, self.started_at, now.wall).await
    }

    async fn save_unsaved(&mut self) {
        let unsaved: Vec<_> = std::mem::take(&mut self.unsaved)
            .into_iter()
            .filter_map(|id| self.ctx.resources.get(&id).map(|resource| (id, Some(resource))))
            .chain(std::mem::take(&mut self.gone).into_iter().map(|id| (id, None)))
            .collect();
        if unsaved.is_empty() && self.backlog.is_empty() {
            return;
        }
        self.write(&unsaved).await;
        if self.refused {
            for (id, state) in unsaved {
                if state.is_some() {
                    self.unsaved.insert(id)
                } else {
                    self.gone.insert(id)
                };
            }
        }
    }
}

impl Batch {
    fn change(&mut self, before: Option<&Resource>, after: Resource) {
        let id = after.id.clone();
        let transition = Transition::between(before, &after);
        let looks_different = before.is_none_or(|before| {
            before.health != after.health
                || before.name != after.name
                || before.facts != after.facts
                || before.depends_on != after.depends_on
                || before.judged != after.judged
        });
        if looks_different {
            self.visible.insert(id.clone());
        }
        if transition.is_some() || before.is_none() {
            self.urgent.insert(id.clone());
        }
        self.transitions.extend(transition);
        self.states.insert(id, Some(Arc::new(after)));
    }

    /// From now on nothing is known of it, which its history must say: it may come back.
    fn remove(&mut self, before: &Resource, reason: &str, now: Moment) {
        if before.judged && before.health.level != Level::Unknown {
            self.transitions.push(Transition {
                resource: before.id.clone(),
                at: now.wall.max(before.since.plus(Duration::from_millis(1))),
                from: Some(before.health.level),
                to: Level::Unknown,
                reason: reason.to_owned(),
            });
        }
        self.visible.insert(before.id.clone());
        self.urgent.insert(before.id.clone());
        self.states.insert(before.id.clone(), None);
    }
}
