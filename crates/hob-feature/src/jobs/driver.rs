//! Runs passes and listeners, catches their panics, and keeps their state.

use super::{Entry, Job, JobBoard, JobStatus, Listener, PANICKED, Pass, Report};
use crate::Ctx;
use futures_util::FutureExt;
use hob_base::{Observation, ResourceId, Result};
use prometheus_client::metrics::counter::Counter;
use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, error, info};

/// How long work may go on after the hub was asked to stop.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(4);

/// A listener that ran for so long has recovered from an earlier failure.
const HELD_OUT: Duration = Duration::from_secs(60);

/// The supervised background work of one hub.
pub struct JobDriver {
    tracker: TaskTracker,
    stop: CancellationToken,
}

#[derive(Clone)]
struct Counters {
    runs: Counter,
    failures: Counter,
    panics: Counter,
}

impl JobDriver {
    /// Starts all jobs.
    pub fn start(ctx: &Ctx, jobs: Vec<Job>) -> Self {
        let driver = Self { tracker: TaskTracker::new(), stop: ctx.shutdown.child_token() };
        let counters = Counters {
            runs: ctx.metrics.register("job_runs", "Runs of background jobs that ended", Counter::default()),
            failures: ctx.metrics.register(
                "job_failures",
                "Runs of background jobs that failed",
                Counter::default(),
            ),
            panics: ctx.metrics.register("job_panics", "Panics in background jobs", Counter::default()),
        };
        driver.tracker.spawn(withdraw_strangers(ctx.clone(), jobs.iter().map(Job::name).collect()));
        for job in jobs {
            let poke = ctx.jobs.add(&job);
            let (ctx, stop, counters) = (ctx.clone(), driver.stop.clone(), counters.clone());
            match job {
                Job::Pass(pass) => driver.tracker.spawn(drive_pass(ctx, pass, poke, stop, counters)),
                Job::Listener(listener) => {
                    driver.tracker.spawn(drive_listener(ctx, listener, stop, counters))
                }
            };
        }
        driver.tracker.close();
        driver
    }

    /// Asks everything to end and waits, but not for ever. Returns whether everything ended in time.
    pub async fn stop(self) -> bool {
        self.stop.cancel();
        tokio::time::timeout(SHUTDOWN_LIMIT, self.tracker.wait()).await.is_ok()
    }
}

impl JobBoard {
    fn add(&self, job: &Job) -> Arc<Notify> {
        let poke = Arc::new(Notify::new());
        let every = match job {
            Job::Pass(pass) => Some(pass.every),
            Job::Listener(_) => None,
        };
        let status = JobStatus { every, running: false, ..blank(job.name()) };
        self.with(|entries| {
            entries.insert(job.name(), Entry { status, poke: poke.clone(), waiting: Vec::new() });
        });
        poke
    }

    fn started(&self, ctx: &Ctx, name: &'static str) {
        self.with(|entries| {
            if let Some(entry) = entries.get_mut(name) {
                entry.status.running = true;
                entry.status.started_at = Some(ctx.clock.now());
            }
        });
    }

    fn ended(&self, name: &'static str, took: Duration, outcome: &Outcome) -> Option<JobStatus> {
        self.with(|entries| {
            let entry = entries.get_mut(name)?;
            let status = &mut entry.status;
            status.running = false;
            status.runs += 1;
            status.took = Some(took);
            status.panics += u64::from(outcome.panicked);
            let recovered = status.every.is_none() && took >= HELD_OUT;
            let before = if recovered { 0 } else { status.failures_in_a_row };
            status.failures_in_a_row = if outcome.result.is_err() { before + 1 } else { 0 };
            status.last = Some(outcome.result.clone());
            Some(status.clone())
        })
    }

    fn take_waiting(
        &self,
        name: &'static str,
    ) -> Vec<tokio::sync::oneshot::Sender<std::result::Result<Report, String>>> {
        self.with(|entries| {
            entries.get_mut(name).map(|entry| std::mem::take(&mut entry.waiting)).unwrap_or_default()
        })
    }
}

struct Outcome {
    result: std::result::Result<Report, String>,
    panicked: bool,
}

async fn guarded(run: impl Future<Output = Result<Report>>) -> Outcome {
    match AssertUnwindSafe(run).catch_unwind().await {
        Ok(Ok(report)) => Outcome { result: Ok(report), panicked: false },
        Ok(Err(error)) => Outcome { result: Err(error.chain()), panicked: false },
        Err(panic) => Outcome { result: Err(format!("{PANICKED}{}", panic_text(&*panic))), panicked: true },
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}

async fn drive_pass(ctx: Ctx, pass: Pass, poke: Arc<Notify>, stop: CancellationToken, counters: Counters) {
    loop {
        // Who asked before the run began gets its result; who asks during it gets the next one's.
        let waiting = ctx.jobs.take_waiting(pass.name);
        ctx.jobs.started(&ctx, pass.name);
        let start = ctx.clock.monotonic();
        let run = async {
            match tokio::time::timeout(pass.limit, (pass.run)(ctx.clone())).await {
                Ok(result) => result,
                Err(_) => Err(hob_base::Error::Unavailable(format!(
                    "It did not finish within {}.",
                    hob_base::wording::duration_words(pass.limit)
                ))),
            }
        };
        let outcome = tokio::select! {
            outcome = guarded(run) => outcome,
            () = stop.cancelled() => return,
        };
        let took = ctx.clock.monotonic().saturating_sub(start);
        let Some(status) = ctx.jobs.ended(pass.name, took, &outcome) else { return };
        tell(&ctx, &status, &counters).await;
        for sender in waiting {
            let _ = sender.send(outcome.result.clone());
        }
        tokio::select! {
            () = ctx.clock.sleep(status.back_off(pass.every)) => {}
            () = poke.notified() => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn drive_listener(ctx: Ctx, listener: Listener, stop: CancellationToken, counters: Counters) {
    loop {
        ctx.jobs.started(&ctx, listener.name);
        let start = ctx.clock.monotonic();
        let run = guarded(async { (listener.run)(ctx.clone(), stop.clone()).await.map(|()| String::new()) });
        let mut outcome = watched(&ctx, listener.name, run).await;
        if stop.is_cancelled() {
            return;
        }
        if outcome.result.is_ok() {
            outcome.result = Err("It ended although nobody asked it to.".to_owned());
        }
        let took = ctx.clock.monotonic().saturating_sub(start);
        let Some(status) = ctx.jobs.ended(listener.name, took, &outcome) else { return };
        tell(&ctx, &status, &counters).await;
        tokio::select! {
            () = ctx.clock.sleep(status.back_off(Duration::ZERO)) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Runs a listener and says that it runs: at once, or, after a failure, when it has held out for a while, so that one
/// that dies again and again does not look well in between.
async fn watched(ctx: &Ctx, name: &'static str, run: impl Future<Output = Outcome>) -> Outcome {
    tokio::pin!(run);
    if ctx.jobs.list().iter().any(|status| status.name == name && status.failures_in_a_row > 0) {
        tokio::select! {
            outcome = &mut run => return outcome,
            () = ctx.clock.sleep(HELD_OUT) => {}
        }
    }
    observe(ctx, &blank(name)).await;
    run.await
}

/// An earlier version of Hob may have had other jobs; nobody speaks of them any more.
async fn withdraw_strangers(ctx: Ctx, names: Vec<&'static str>) {
    for job in ctx.resources.of_kind("job") {
        if job.id.scope() == "hob" && !names.contains(&job.id.name()) {
            ctx.resources.withdraw("jobs", job.id.clone()).await;
        }
    }
}

fn blank(name: &'static str) -> JobStatus {
    JobStatus {
        name,
        every: None,
        running: true,
        runs: 0,
        failures_in_a_row: 0,
        panics: 0,
        started_at: None,
        took: None,
        last: None,
    }
}

async fn tell(ctx: &Ctx, status: &JobStatus, counters: &Counters) {
    counters.runs.inc();
    let took_ms = status.took.map_or(0, |took| took.as_millis());
    match &status.last {
        Some(Err(reason)) => {
            counters.failures.inc();
            if reason.starts_with(PANICKED) {
                counters.panics.inc();
                error!(job = status.name, reason, "a background job panicked");
            } else {
                error!(job = status.name, took_ms, reason, "a background job failed");
            }
        }
        Some(Ok(report)) if status.runs <= 1 => info!(job = status.name, took_ms, report, "first run"),
        _ => debug!(job = status.name, took_ms, "run"),
    }
    observe(ctx, status).await;
}

/// A job that is silent for three intervals has hung or died; a listener cannot be silent, since its end is noticed.
async fn observe(ctx: &Ctx, status: &JobStatus) {
    let holds_for = status
        .every
        .map_or(Duration::from_secs(10 * 366 * 86_400), |every| every * 3 + Duration::from_secs(120));
    let mut observation = Observation::new("jobs", ResourceId::new("job", "hob", status.name), holds_for)
        .named(status.name)
        .judged(status.health());
    if let Some(every) = status.every {
        observation = observation.fact("every_s", every.as_secs());
    }
    ctx.resources.observe(observation).await;
}
