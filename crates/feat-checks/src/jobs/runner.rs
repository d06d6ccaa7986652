//! The listener that probes every check at its interval.

use super::SOURCE;
use crate::model::Outcome;
use crate::model::judge::judge;
use crate::model::progress::Said;
use crate::model::recent::{Recent, Sample};
use crate::model::schedule::{Schedule, Slot, Start};
use hob_base::resource::Word;
use hob_base::{Fact, Level, Observation, ResourceId, Result, Source};
use hob_feature::{BoxFuture, CheckSpec, Ctx, Job, metrics::Metrics};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{Id, JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

/// Makes one probe. An argument, so that a test can bring its own.
pub(crate) type ProbeFn = Arc<dyn Fn(Arc<CheckSpec>) -> BoxFuture<Outcome> + Send + Sync>;

/// The fact that holds the status of the last answer.
const HTTP_STATUS: &str = "http_status";
/// After a start, features have this long to publish their checks; words on resources that then have no check are
/// taken back.
const ORPHANS_AFTER: Duration = Duration::from_secs(45);
/// The runner looks around at least this often.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

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

pub(super) fn job(figures: Figures, probe: ProbeFn) -> Job {
    Job::listener("checks.runner", move |ctx, stop| {
        let recent = ctx.memory.of::<Recent>();
        let orphans_at = Some(ctx.clock.monotonic() + ORPHANS_AFTER);
        let mut runner = Runner {
            ctx,
            figures: figures.clone(),
            probe: probe.clone(),
            recent,
            schedule: Schedule::default(),
            probes: JoinSet::new(),
            under_way: HashMap::new(),
            orphans_at,
        };
        async move {
            runner.run(&stop).await;
            Ok(()) as Result<()>
        }
    })
}

struct Runner {
    ctx: Ctx,
    figures: Figures,
    probe: ProbeFn,
    recent: Arc<Recent>,
    schedule: Schedule,
    /// The probes under way. Dropping it ends them.
    probes: JoinSet<Outcome>,
    under_way: HashMap<Id, UnderWay>,
    /// When to look for words whose check is gone; `None` once done.
    orphans_at: Option<Duration>,
}

struct UnderWay {
    spec: Arc<CheckSpec>,
    slot: Slot,
    began: Duration,
}

impl Runner {
    async fn run(&mut self, stop: &CancellationToken) {
        let mut book = self.ctx.checks.subscribe();
        self.sync().await;
        loop {
            self.start_due();
            let (clock, pause) = (self.ctx.clock.clone(), self.pause());
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                // The sender lives in the context, so waiting cannot fail while this runs.
                _ = book.changed() => self.sync().await,
                Some(ended) = self.probes.join_next_with_id() => self.take(ended).await,
                () = clock.sleep(pause) => self.withdraw_orphans().await,
            }
        }
        self.probes.shutdown().await;
    }

    /// Takes over what the book says now.
    async fn sync(&mut self) {
        let resources = self.ctx.resources.clone();
        let resumed = |id: &ResourceId| said_before(&resources.get(id)?.words);
        let gone = self.schedule.sync(self.ctx.checks.all(), self.ctx.clock.monotonic(), resumed);
        for id in gone {
            self.recent.forget(&id);
            self.ctx.resources.withdraw(SOURCE, id).await;
        }
        let now = self.ctx.clock.monotonic();
        for id in self.ctx.checks.take_poked() {
            self.schedule.poke(&id, now);
        }
    }

    fn start_due(&mut self) {
        let now = self.ctx.clock.monotonic();
        while let Some(Start { spec, slot, due }) = self.schedule.start(now) {
            self.figures.lateness.observe(now.saturating_sub(due).as_secs_f64());
            let task = self.probes.spawn((self.probe)(spec.clone()));
            self.under_way.insert(task.id(), UnderWay { spec, slot, began: now });
        }
    }

    fn pause(&self) -> Duration {
        let now = self.ctx.clock.monotonic();
        let next = [self.schedule.next_due(), self.orphans_at].into_iter().flatten().min();
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
        self.figures.checks.inc();
        if health.level != Level::Ok {
            self.figures.failed.inc();
        }
        let well = health.level < Level::Critical && outcome.failure().is_none();
        let said = Said { health, status: outcome.status() };
        let say = self.schedule.finished(&spec.resource, slot, said, outcome.failure(), now);
        if !self.schedule.contains(&spec.resource) {
            return;
        }
        let sample = Sample { at: self.ctx.clock.now(), took: now.saturating_sub(began), well };
        self.recent.add(&spec.resource, sample);
        if let Some(said) = say {
            self.ctx.resources.observe(observation(&spec, said)).await;
        }
    }

    /// Takes back what was said, before the hub was restarted, of resources that nobody wants checked any more.
    async fn withdraw_orphans(&mut self) {
        if self.orphans_at.is_none_or(|at| at > self.ctx.clock.monotonic()) {
            return;
        }
        self.orphans_at = None;
        let source = SOURCE.into();
        for resource in self.ctx.resources.list() {
            if resource.words.contains_key(&source) && !self.schedule.contains(&resource.id) {
                info!(resource = %resource.id, "nobody wants this checked any more");
                self.ctx.resources.withdraw(SOURCE, resource.id.clone()).await;
            }
        }
    }
}

/// What this crate said of a resource before the hub was restarted.
fn said_before(words: &BTreeMap<Source, Word>) -> Option<Said> {
    let word = words.get(&SOURCE.into())?;
    let status = word.facts.get(HTTP_STATUS).and_then(Fact::as_number);
    Some(Said { health: word.health.clone()?, status: status.map(|status| status as u16) })
}

/// Only what is stable while the state is: every visible change is sent to every open page.
fn observation(spec: &CheckSpec, said: Said) -> Observation {
    let holds_for = spec.every * 3 + spec.timeout * 2 + Duration::from_secs(30);
    let observation = Observation::new(SOURCE, spec.resource.clone(), holds_for).judged(said.health);
    match said.status {
        Some(status) => observation.fact(HTTP_STATUS, status),
        None => observation,
    }
}
