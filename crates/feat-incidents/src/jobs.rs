//! The judge: the one listener that keeps incidents. It looks whenever something changes and when its book asks it to.
//!
//! Every look has one order: judge, save, then show and tell. What was shown survives a crash; what was to be told has a
//! key under which it is said once, even if the crash comes between saying and noting.

use crate::config::{Settings, read, read_maintenance};
use crate::desk::{Desk, Request};
use crate::evidence;
use crate::model::cause::Node;
use crate::model::deeds::{Deed, act};
use crate::model::life::{Book, REOPEN_WITHIN, Step, View};
use crate::model::record::{Record, Sick};
use crate::model::telling::{News, news, notices, waiting};
use crate::model::unrest::Unrest;
use crate::store;
use hob_base::incident::{Happening, TimelineEntry};
use hob_base::silence::labels_of;
use hob_base::wording::listed;
use hob_base::{Error, IncidentId, Level, Resource, ResourceId, Result, Silence, Timestamp};
use hob_feature::{Ctx, Job, NoticeKind, Problems};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

/// How long changes are gathered before they are judged.
const GATHER: Duration = Duration::from_millis(100);
/// The judge looks at least this often: silences begin and end by themselves.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// How soon a database that refused is tried again.
const RETRY: Duration = Duration::from_secs(5);
/// The most dependencies that are probed at once because something that needs them broke.
const POKED_MAX: usize = 50;
/// The most lines that wait for a database that refuses.
const BACKLOG_MAX: usize = 10_000;
/// So many of them with what was known at the time, which is long.
const BACKLOG_WITH_EVIDENCE_MAX: usize = 500;
/// What was closed so long ago may still have to be told after a restart: longer than anything waits to be called over.
const CLOSED_READ: Duration = Duration::from_secs(2 * 86_400);

/// Hob's own figures of incidents.
#[derive(Clone)]
struct Figures {
    open: Gauge,
    opened: Counter,
    judged: Histogram,
}

/// All jobs of the crate.
pub(crate) fn jobs(ctx: &Ctx) -> Vec<Job> {
    let figures = Figures {
        open: ctx.metrics.register("incidents_open", "Incidents that go on", Gauge::default()),
        opened: ctx.metrics.register("incidents_opened", "Incidents that were opened", Counter::default()),
        judged: ctx.metrics.register(
            "incidents_judged_seconds",
            "How long one look took that finds outages and their causes",
            Histogram::new([0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0]),
        ),
    };
    vec![Job::listener("incidents.judge", move |ctx, stop| {
        let figures = figures.clone();
        async move { run(ctx, figures, &stop).await }
    })]
}

async fn run(ctx: Ctx, figures: Figures, stop: &CancellationToken) -> Result<()> {
    let desk = ctx.memory.of::<Desk>();
    let mut requests = desk
        .outbox
        .try_lock()
        .map_err(|_| Error::Conflict("The judge of incidents runs already.".to_owned()))?;
    // Mistakes were reported when the hub started.
    let settings = read(&ctx.config, &Problems::default());
    ctx.silences.publish("incidents.config", read_maintenance(&ctx.config, &Problems::default()));
    let mut changes = ctx.resources.subscribe();
    let mut silences = ctx.silences.subscribe();
    let mut judge = Judge::load(ctx.clone(), desk.clone(), settings, figures).await?;
    loop {
        let pause = judge.look().await;
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            Some(request) = requests.recv() => judge.answer(request).await,
            changed = changes.recv() => judge.gather(changed, &mut changes, stop).await,
            _ = silences.changed() => {}
            () = ctx.clock.sleep(pause) => {}
        }
    }
    judge.flush().await;
    Ok(())
}

struct Judge {
    ctx: Ctx,
    desk: Arc<Desk>,
    settings: Settings,
    figures: Figures,
    book: Book,
    sick: BTreeMap<ResourceId, Sick>,
    /// What was out lately, for too short to be an incident.
    unrest: HashMap<ResourceId, Unrest>,
    /// What nobody judges: it conducts.
    wires: BTreeMap<ResourceId, Node>,
    /// What is not yet in the database, besides the book's unsaved records.
    lines: Vec<(IncidentId, TimelineEntry)>,
    refused: bool,
}

impl Judge {
    async fn load(ctx: Ctx, desk: Arc<Desk>, settings: Settings, figures: Figures) -> Result<Self> {
        let now = ctx.clock.now();
        let (records, last_id) = store::load(&ctx.db, now.minus(CLOSED_READ)).await?;
        // A number under which something was told is never used again, even if its incident was not saved.
        let last_id = last_id.max(ctx.notices.last_incident().await?.0);
        desk.load_quiet(&ctx.db).await?;
        let current = records.into_iter().filter(|record| record.is_current(now, REOPEN_WITHIN));
        let records = current.map(|record| (record.id(), record)).collect();
        let mut judge = Self {
            ctx,
            desk,
            settings,
            figures,
            book: Book { records, last_id, ..Book::default() },
            sick: BTreeMap::new(),
            unrest: HashMap::new(),
            wires: BTreeMap::new(),
            lines: Vec::new(),
            refused: false,
        };
        judge.read_all();
        Ok(judge)
    }

    fn read_all(&mut self) {
        let all = self.ctx.resources.list();
        let known: HashSet<&ResourceId> = all.iter().map(|resource| &resource.id).collect();
        self.sick.retain(|id, _| known.contains(id));
        self.wires.retain(|id, _| known.contains(id));
        for resource in &all {
            self.read(&resource.id, Some(resource));
        }
    }

    /// Takes in how a resource is now. Returns whether that can matter.
    fn read(&mut self, id: &ResourceId, resource: Option<&Resource>) -> bool {
        let was_wire = self.wires.remove(id).is_some();
        let Some(resource) = resource else { return self.sick.remove(id).is_some() || was_wire };
        if !resource.judged {
            let wire = Node {
                id: id.clone(),
                level: None,
                since: resource.since,
                needs: resource.depends_on.clone(),
            };
            self.wires.insert(id.clone(), wire);
            self.sick.remove(id);
            return true;
        }
        if resource.health.level == Level::Ok {
            return self.recovers(id) || was_wire;
        }
        let before = self.sick.get(id);
        if before.is_none() {
            self.poke_dependencies(resource);
        }
        let sick = Sick {
            id: id.clone(),
            name: resource.name.clone(),
            health: resource.health.clone(),
            since: before.map_or(resource.since, |before| before.since),
            seen_at: before.map_or_else(|| self.out_since(id), |before| before.seen_at),
            needs: resource.depends_on.clone(),
        };
        let changed = before != Some(&sick);
        self.sick.insert(id.clone(), sick);
        changed || was_wire
    }

    /// Returns whether it was out.
    fn recovers(&mut self, id: &ResourceId) -> bool {
        let Some(sick) = self.sick.remove(id) else { return false };
        let damping = self.settings.patience.damping(sick.health.level);
        match Unrest::after(sick.seen_at, self.ctx.clock.monotonic(), damping) {
            Some(unrest) => self.unrest.insert(id.clone(), unrest),
            None => self.unrest.remove(id),
        };
        true
    }

    /// Since when something that is out from now on counts as out.
    fn out_since(&self, id: &ResourceId) -> Duration {
        let now = self.ctx.clock.monotonic();
        now.saturating_sub(self.unrest.get(id).map_or(Duration::ZERO, |unrest| unrest.left(now)))
    }

    /// Has everything probed that could be the reason, so that the cause is known when the incident is opened.
    fn poke_dependencies(&self, resource: &Resource) {
        let mut seen: BTreeSet<ResourceId> = BTreeSet::new();
        let mut next: Vec<ResourceId> = resource.depends_on.clone();
        while let Some(id) = next.pop() {
            if seen.len() >= POKED_MAX || !seen.insert(id.clone()) {
                continue;
            }
            if let Some(dependency) = self.ctx.resources.get(&id) {
                next.extend(dependency.depends_on.iter().cloned());
            }
            self.ctx.checks.poke(id);
        }
    }

    /// Takes in what changed, and what changes within a moment.
    async fn gather(
        &mut self,
        first: Result<Arc<Vec<ResourceId>>, RecvError>,
        changes: &mut broadcast::Receiver<Arc<Vec<ResourceId>>>,
        stop: &CancellationToken,
    ) {
        let relevant = self.take_in(first);
        if !(self.drain(changes) || relevant) {
            return;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.ctx.clock.sleep(GATHER) => {}
        }
        self.drain(changes);
    }

    /// Takes in everything that has been said. Returns whether any of it can matter.
    fn drain(&mut self, changes: &mut broadcast::Receiver<Arc<Vec<ResourceId>>>) -> bool {
        let mut relevant = false;
        loop {
            relevant |= match changes.try_recv() {
                Ok(ids) => self.take_in(Ok(ids)),
                Err(TryRecvError::Lagged(missed)) => self.take_in(Err(RecvError::Lagged(missed))),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return relevant,
            };
        }
    }

    fn take_in(&mut self, changed: Result<Arc<Vec<ResourceId>>, RecvError>) -> bool {
        let Ok(ids) = changed else {
            self.read_all();
            return true;
        };
        let mut relevant = false;
        for id in ids.iter() {
            let resource = self.ctx.resources.get(id);
            relevant |= self.read(id, resource.as_deref());
        }
        relevant
    }

    /// Judges, saves, shows and tells. Returns how long nothing needs to be looked at.
    async fn look(&mut self) -> Duration {
        let began = self.ctx.clock.monotonic();
        let step = self.judge();
        self.figures.judged.observe(self.ctx.clock.monotonic().saturating_sub(began).as_secs_f64());
        let pause = step.look_again_in.unwrap_or(LONGEST_PAUSE);
        self.unrest.retain(|_, unrest| !unrest.left(began).is_zero());
        self.take_over(step);
        self.flush().await;
        self.tell().await;
        self.show();
        if self.refused { pause.min(RETRY) } else { pause }
    }

    fn judge(&mut self) -> Step {
        let (ctx, now) = (&self.ctx, self.ctx.clock.moment());
        let active = ctx.silences.active(now.wall);
        let wires: Vec<Node> = self.wires.values().cloned().collect();
        let silence = |id: &ResourceId| covering(ctx, &active, id);
        let known = |id: &ResourceId| ctx.resources.get(id).is_some_and(|resource| resource.judged);
        let view = View { sick: &self.sick, wires: &wires, silence: &silence, known: &known };
        self.book.step(&view, &self.settings.patience, now)
    }

    fn take_over(&mut self, step: Step) {
        self.book.unsaved.extend(step.changed);
        for (id, mut entry) in step.entries {
            if entry.what == Happening::Opened {
                self.figures.opened.inc();
                info!(incident = %id, title = entry.text, "an incident was opened");
            }
            if self.lines.len() < BACKLOG_WITH_EVIDENCE_MAX {
                entry.evidence = evidence::gather(&self.ctx, &entry);
            }
            self.lines.push((id, entry));
        }
        let excess = self.lines.len().saturating_sub(BACKLOG_MAX);
        self.lines.drain(..excess);
    }

    async fn flush(&mut self) {
        // What was handed over while the database refused goes first: its key must be known before it is noted as told.
        if let Err(problem) = self.ctx.notices.save_waiting().await {
            self.note_refusal(&problem);
            return;
        }
        if self.book.unsaved.is_empty() && self.lines.is_empty() {
            self.refused = false;
            return;
        }
        let records: Vec<&Record> =
            self.book.unsaved.iter().filter_map(|id| self.book.records.get(id)).collect();
        match store::save(&self.ctx.db, &records, &self.lines).await {
            Ok(()) => {
                let saved = std::mem::take(&mut self.book.unsaved);
                for (_, record) in self.book.records.iter_mut().filter(|(id, _)| saved.contains(id)) {
                    record.members_saved = record.incident.members.len();
                }
                self.lines.clear();
                self.refused = false;
            }
            Err(problem) => self.note_refusal(&problem),
        }
    }

    /// The keeper of resources says the same as a resource; what waits is written later.
    fn note_refusal(&mut self, problem: &Error) {
        if !std::mem::replace(&mut self.refused, true) {
            error!(reason = problem.chain(), "incidents could not be saved; they are kept in memory");
        }
    }

    fn show(&self) {
        let mut open: Vec<Arc<hob_base::Incident>> =
            self.book.open().map(|record| Arc::new(record.incident.clone())).collect();
        open.sort_by_key(|incident| (std::cmp::Reverse(incident.severity), std::cmp::Reverse(incident.id)));
        self.figures.open.set(i64::try_from(open.len()).unwrap_or(i64::MAX));
        self.desk.show(open);
    }

    /// Hands the notices that are due over, and only then notes that people were told. What the database refuses to
    /// take is handed over all the same and written later.
    async fn tell(&mut self) {
        let now = self.ctx.clock.now();
        let due: Vec<News> =
            self.book.records.values().filter_map(|record| news(record, &self.settings.rota, now)).collect();
        for mut news in due {
            match self.hand_over(&news).await {
                Ok(waiting) => news.told.waiting = waiting,
                Err(problem) => {
                    error!(incident = %news.incident, reason = problem.chain(), "a notice could not be kept");
                    self.refused = true;
                    break;
                }
            }
            let Some(record) = self.book.records.get_mut(&news.incident) else { continue };
            record.told = Some(news.told);
            self.book.unsaved.insert(news.incident);
        }
        self.take_back_merged();
        self.flush().await;
    }

    /// What waits of an incident that became a part of another is told with that one.
    fn take_back_merged(&mut self) {
        let now = self.ctx.clock.now();
        let merged = self.book.records.values_mut().filter(|record| record.incident.merged_into.is_some());
        for record in merged {
            let (id, Some(told)) = (record.incident.id, record.told.as_mut().filter(|told| !told.over))
            else {
                continue;
            };
            if self.ctx.notices.withdraw_undue(id, now, None).is_ok() {
                told.over = true;
                self.book.unsaved.insert(id);
            }
        }
    }

    /// Returns who has heard nothing yet.
    async fn hand_over(&mut self, news: &News) -> Result<BTreeMap<String, Timestamp>> {
        let (now, quiet) = (self.ctx.clock.now(), self.desk.quiet());
        let Some(record) = self.book.records.get(&news.incident) else { return Ok(BTreeMap::new()) };
        let all = notices(news, record, &self.settings.rota, &quiet, now, &self.ctx.zone);
        // What happened since replaces what somebody in quiet hours has not heard yet; who is not told now keeps it.
        let people: Vec<Option<String>> = all.iter().map(|notice| notice.to.clone()).collect();
        let only = (news.kind != NoticeKind::Closed).then_some(people.as_slice());
        for id in std::iter::once(&news.incident).chain(&news.told.also) {
            self.ctx.notices.withdraw_undue(*id, now, only)?;
        }
        self.ctx.notices.add(&all).await?;
        if let Some(first) = all.first() {
            let people: Vec<&str> =
                people.iter().map(|to| to.as_deref().unwrap_or("everybody who listens")).collect();
            let entry = TimelineEntry {
                at: now,
                what: Happening::Told,
                text: format!("Message for {}: “{}”", listed(&people), first.title),
                by: None,
                resource: None,
                evidence: Vec::new(),
            };
            self.lines.push((news.incident, entry));
        }
        Ok(waiting(news, &all, now))
    }

    async fn answer(&mut self, request: Request) {
        let now = self.ctx.clock.now();
        let mut step = Step::default();
        let mut done = act(&mut self.book, request.incident, &request.deed, &request.who, now, &mut step);
        self.take_over(step);
        if let (Err(Error::NotFound { .. }), Deed::Note { text }) = (&done, &request.deed) {
            done = self.note_on_old(request.incident, text, &request.who).await;
        }
        self.look().await;
        // Who asked may have gone away.
        let _ = request.reply.send(done);
    }

    /// A note on an incident that was closed long ago.
    async fn note_on_old(&mut self, id: IncidentId, text: &str, who: &str) -> Result<IncidentId> {
        let record = store::find(&self.ctx.db, id).await?;
        let record = record.ok_or_else(|| Error::not_found("incident", id.to_string()))?;
        let records = BTreeMap::from([(id, record)]);
        let mut old = Book { records, last_id: id.0, ..Book::default() };
        let mut step = Step::default();
        let deed = Deed::Note { text: text.to_owned() };
        let done = act(&mut old, id, &deed, who, self.ctx.clock.now(), &mut step);
        self.lines.extend(step.entries);
        done
    }
}

/// The silence that covers a resource now. Planned work also covers what needs what is meant, however far.
fn covering(ctx: &Ctx, active: &[Arc<Silence>], id: &ResourceId) -> Option<(String, String)> {
    if active.is_empty() {
        return None;
    }
    let mut seen: HashSet<ResourceId> = HashSet::new();
    let mut next = vec![id.clone()];
    while let Some(at) = next.pop() {
        let Some(resource) = ctx.resources.get(&at) else { continue };
        let labels = labels_of(&resource);
        let own = at == *id;
        let found = active.iter().find(|silence| (own || silence.maintenance) && silence.matches(&labels));
        if let Some(silence) = found {
            return Some((silence.id.clone(), silence.comment.clone()));
        }
        if seen.insert(at) && seen.len() < 1000 {
            next.extend(resource.depends_on.iter().filter(|id| !seen.contains(*id)).cloned());
        }
    }
    None
}
