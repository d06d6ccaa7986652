//! The listener that probes every check at its interval.

mod connection;

use super::SOURCE;
use crate::added;
use crate::config::internet::{self, Anchor, Internet};
use crate::model::Outcome;
use crate::model::guard::Guard;
use crate::model::judge::{date, judge};
use crate::model::outcome::Reach;
use crate::model::progress::Said;
use crate::model::recent::{Recent, Sample};
use crate::model::rest;
use crate::model::schedule::{Found, Schedule, Slot, Start};
use hob_base::resource::Word;
use hob_base::{Fact, Level, Observation, ResourceId, Result, Source};
use hob_feature::checks::CheckTarget;
use hob_feature::{BoxFuture, CheckSpec, Ctx, Job, Problems, metrics::Metrics};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

pub(crate) use connection::connection;

/// Makes one probe. An argument, so that a test can bring its own.
pub(crate) type ProbeFn = Arc<dyn Fn(Arc<CheckSpec>) -> BoxFuture<Outcome> + Send + Sync>;
/// Asks whether an anchor can be reached.
pub(crate) type AnchorFn = Arc<dyn Fn(Anchor) -> BoxFuture<bool> + Send + Sync>;

/// How the runner asks.
#[derive(Clone)]
pub(crate) struct Asking {
    /// Of what is checked.
    pub(crate) probe: ProbeFn,
    /// Of the owner's anchors.
    pub(crate) anchor: AnchorFn,
}

/// The fact that holds the status of the last answer.
const HTTP_STATUS: &str = "http_status";
/// The fact that holds the day on which a certificate, registration or credential ends.
pub(crate) const VALID_UNTIL: &str = "valid_until";
/// After a start, features have this long to publish their checks; words on resources that then have no check are
/// taken back.
const ORPHANS_AFTER: Duration = Duration::from_secs(45);
/// The runner looks around at least this often.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// What an engine may need past its own time limit before its probe is given up.
const GRACE: Duration = Duration::from_secs(1);

/// Hob's own figures of its checks.
#[derive(Clone)]
pub(crate) struct Figures {
    checks: Counter,
    failed: Counter,
    lateness: Histogram,
}

impl Figures {
    /// Adds them to `/metrics`. To be called once.
    pub(crate) fn register(metrics: &Metrics) -> Self {
        let buckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];
        Self {
            checks: metrics.register("checks", "Probes that ended", Counter::default()),
            failed: metrics.register(
                "checks_failed",
                "Probes that found something wrong",
                Counter::default(),
            ),
            lateness: metrics.register(
                "check_lateness_seconds",
                "From the moment at which a probe was due to its start",
                Histogram::new(buckets),
            ),
        }
    }
}

pub(super) fn job(ctx: &Ctx, figures: Figures, asking: Asking) -> Job {
    // What is wrong was reported when the hub started, and is left out here.
    let internet = internet::read(&ctx.config, &Problems::default());
    Job::listener("checks.runner", move |ctx, stop| {
        let mut runner = Runner::new(ctx, figures.clone(), asking.clone(), internet.clone());
        async move {
            runner.run(&stop).await;
            Ok(()) as Result<()>
        }
    })
}

struct Runner {
    ctx: Ctx,
    figures: Figures,
    asking: Asking,
    internet: Internet,
    recent: Arc<Recent>,
    schedule: Schedule,
    guard: Guard,
    /// The probes under way. Dropping it ends them.
    probes: JoinSet<Outcome>,
    under_way: HashMap<Id, UnderWay>,
    /// The anchors that are being asked.
    anchors: JoinSet<(usize, bool)>,
    /// When all anchors are to be asked again.
    anchors_at: Duration,
    /// When to say again how the connection is.
    connection_at: Duration,
    /// Of checks that were answered, or tried an address: whether it is outside.
    placed: HashMap<ResourceId, bool>,
    /// The groups of which a resource is a member.
    groups: HashMap<ResourceId, BTreeSet<ResourceId>>,
    /// When to look for words whose check is gone; `None` once done.
    orphans_at: Option<Duration>,
}

struct UnderWay {
    spec: Arc<CheckSpec>,
    slot: Slot,
    began: Duration,
}

impl Runner {
    fn new(ctx: Ctx, figures: Figures, asking: Asking, internet: Internet) -> Self {
        let now = ctx.clock.monotonic();
        Self {
            recent: ctx.memory.of::<Recent>(),
            ctx,
            figures,
            asking,
            schedule: Schedule::default(),
            guard: Guard::new(internet.anchors.len()),
            internet,
            probes: JoinSet::new(),
            under_way: HashMap::new(),
            anchors: JoinSet::new(),
            anchors_at: now,
            connection_at: now,
            placed: HashMap::new(),
            groups: HashMap::new(),
            orphans_at: Some(now + ORPHANS_AFTER),
        }
    }

    async fn run(&mut self, stop: &CancellationToken) {
        let mut book = self.ctx.checks.subscribe();
        let mut changes = self.ctx.resources.subscribe();
        self.sync().await;
        loop {
            self.start_due().await;
            let (clock, pause) = (self.ctx.clock.clone(), self.pause());
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                // The sender lives in the context, so waiting cannot fail while this runs.
                _ = book.changed() => self.sync().await,
                Some(ended) = self.probes.join_next_with_id() => self.take(ended).await,
                Some(ended) = self.anchors.join_next() => self.take_anchor(ended).await,
                changed = changes.recv(), if !self.groups.is_empty() => self.poke_groups(changed.ok().as_deref()),
                () = clock.sleep(pause) => self.look_around().await,
            }
        }
        self.probes.shutdown().await;
        self.anchors.shutdown().await;
    }

    /// Takes over what the book says now.
    async fn sync(&mut self) {
        let resources = self.ctx.resources.clone();
        let resumed = |id: &ResourceId| said_before(&resources.get(id)?.words);
        let specs = added::wanted(&self.ctx);
        self.groups = groups(&specs);
        let outside = self.guard_checks(&specs);
        let gone = self.schedule.sync(specs, self.ctx.clock.monotonic(), resumed);
        for id in gone {
            self.recent.forget(&id);
            self.guard.remove(&id);
            self.placed.remove(&id);
            self.ctx.resources.withdraw(SOURCE, id).await;
        }
        if outside {
            self.tell_connection().await;
        }
        let now = self.ctx.clock.monotonic();
        for id in self.ctx.checks.take_poked() {
            self.schedule.poke(&id, now);
        }
    }

    async fn start_due(&mut self) {
        let now = self.ctx.clock.monotonic();
        while let Some(Start { spec, slot, due }) = self.schedule.start(now) {
            self.figures.lateness.observe(now.saturating_sub(due).as_secs_f64());
            if let Some(health) = rest::resting(&spec.only, self.ctx.clock.now(), &self.ctx.zone) {
                let found = Found::Rests(Said::of(health));
                if let Some(said) = self.schedule.finished(&spec.resource, slot, found, now) {
                    self.say(&spec, said).await;
                }
                continue;
            }
            let (probe, clock, limit) =
                ((self.asking.probe)(spec.clone()), self.ctx.clock.clone(), spec.timeout + GRACE);
            let task = self.probes.spawn(async move {
                tokio::select! {
                    outcome = probe => outcome,
                    () = clock.sleep(limit) => Outcome::Overdue,
                }
            });
            self.under_way.insert(task.id(), UnderWay { spec, slot, began: now });
        }
        self.ask_anchors_if_due(now);
        if self.connection_due().is_some_and(|at| at <= now) {
            self.tell_connection().await;
        }
    }

    fn pause(&self) -> Duration {
        let now = self.ctx.clock.monotonic();
        let anchors = (!self.internet.anchors.is_empty()).then_some(self.anchors_at);
        let moments =
            [self.schedule.next_due(), self.orphans_at, self.guard.next(), anchors, self.connection_due()];
        let next = moments.into_iter().flatten().min();
        next.map_or(LONGEST_SLEEP, |next| next.saturating_sub(now).min(LONGEST_SLEEP))
    }

    /// Takes in the end of a probe. One that panicked is one failed check.
    async fn take(&mut self, ended: std::result::Result<(Id, Outcome), JoinError>) {
        let (id, outcome) = match ended {
            Ok((id, outcome)) => (id, outcome),
            Err(failure) => (failure.id(), Outcome::Broken(failure.to_string())),
        };
        let Some(UnderWay { spec, slot, began }) = self.under_way.remove(&id) else { return };
        if let Outcome::Broken(reason) = &outcome {
            error!(resource = %spec.resource, reason, "a probe broke off");
        }
        let now = self.ctx.clock.monotonic();
        let health = judge(&spec, &outcome, self.ctx.clock.now());
        self.count(&spec, &outcome, &health, now.saturating_sub(began));
        let id = spec.resource.clone();
        let reach = outcome.reach();
        self.place(&spec, outcome.remote()).await;
        let step = self.guard.heard(&id, reach, outcome.remote(), now);
        let found = if reach != Reach::There && self.guard.holds_back(&id) {
            Found::HeldBack
        } else {
            let said = Said { health, status: outcome.status(), until: outcome.until().map(date) };
            Found::Result { said, failure: outcome.failure() }
        };
        let held = found == Found::HeldBack;
        let say = self.schedule.finished(&id, slot, found, now);
        if self.schedule.contains(&id) {
            match say {
                _ if held && self.guard.is_lost() => self.say_cut_off(&spec).await,
                Some(said) => self.say(&spec, said).await,
                None => {}
            }
        }
        self.take_step(step).await;
    }

    /// Keeps what the page shows of a probe, and Hob's own figures.
    fn count(&self, spec: &CheckSpec, outcome: &Outcome, health: &hob_base::Health, took: Duration) {
        self.figures.checks.inc();
        if health.level != Level::Ok {
            self.figures.failed.inc();
        }
        if !self.schedule.contains(&spec.resource) {
            return;
        }
        let well = health.level < Level::Critical && (outcome.failure().is_none() || spec.upside_down);
        let sample = Sample { at: self.ctx.clock.now(), took: outcome.took().unwrap_or(took), well };
        self.recent.add(&spec.resource, sample);
        self.recent.keep_words(&spec.resource, outcome.words(health));
    }

    async fn say(&self, spec: &CheckSpec, said: Said) {
        let observation = observation(spec, said);
        let observation =
            if self.guard.has(&spec.resource) { observation.needs(connection()) } else { observation };
        self.ctx.resources.observe(observation).await;
    }

    /// Groups are looked at anew when a member changes. `None`: so much changed that it was not told one by one.
    fn poke_groups(&mut self, changed: Option<&Vec<ResourceId>>) {
        let now = self.ctx.clock.monotonic();
        let groups: BTreeSet<&ResourceId> = match changed {
            Some(ids) => ids.iter().filter_map(|id| self.groups.get(id)).flatten().collect(),
            None => self.groups.values().flatten().collect(),
        };
        for group in groups {
            self.schedule.poke(group, now);
        }
    }

    async fn look_around(&mut self) {
        let step = self.guard.tick(self.ctx.clock.monotonic());
        self.take_step(step).await;
        self.withdraw_orphans().await;
    }

    /// Takes back what was said, before the hub was restarted, of resources that nobody wants checked any more.
    async fn withdraw_orphans(&mut self) {
        if self.orphans_at.is_none_or(|at| at > self.ctx.clock.monotonic()) {
            return;
        }
        self.orphans_at = None;
        let source = SOURCE.into();
        for resource in self.ctx.resources.list() {
            let ours =
                self.schedule.contains(&resource.id) || resource.id == connection() && !self.guard.is_empty();
            if resource.words.contains_key(&source) && !ours {
                info!(resource = %resource.id, "nobody wants this checked any more");
                self.ctx.resources.withdraw(SOURCE, resource.id.clone()).await;
            }
        }
    }
}

/// The groups of which each resource is a member.
fn groups(specs: &[Arc<CheckSpec>]) -> HashMap<ResourceId, BTreeSet<ResourceId>> {
    let mut groups: HashMap<ResourceId, BTreeSet<ResourceId>> = HashMap::new();
    for spec in specs {
        let CheckTarget::Group(group) = &spec.target else { continue };
        for member in &group.members {
            groups.entry(member.clone()).or_default().insert(spec.resource.clone());
        }
    }
    groups
}

/// What this crate said of a resource before the hub was restarted.
fn said_before(words: &BTreeMap<Source, Word>) -> Option<Said> {
    let word = words.get(&SOURCE.into())?;
    let status = word.facts.get(HTTP_STATUS).and_then(Fact::as_number).map(|status| status as u16);
    let until = word.facts.get(VALID_UNTIL).and_then(Fact::as_text).map(str::to_owned);
    Some(Said { health: word.health.clone()?, status, until })
}

/// Only what is stable while the state is: every visible change is sent to every open page.
fn observation(spec: &CheckSpec, said: Said) -> Observation {
    let again = spec.every.max(spec.retry.unwrap_or_default()) + spec.jitter.unwrap_or_default();
    let holds_for = again * 3 + spec.timeout * 2 + Duration::from_secs(30);
    let mut observation = Observation::new(SOURCE, spec.resource.clone(), holds_for).judged(said.health);
    if let Some(status) = said.status {
        observation = observation.fact(HTTP_STATUS, status);
    }
    match said.until {
        Some(day) => observation.fact(VALID_UNTIL, day),
        None => observation,
    }
}
