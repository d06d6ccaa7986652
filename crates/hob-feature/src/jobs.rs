//! Background work under supervision. Nobody starts a task by hand.
//!
//! A **pass** takes no input, is idempotent, runs periodically and when poked, one at a time, within a time limit; its
//! last result is kept and shown on `/system/jobs`. It makes no retries of its own: it is run again. A **listener** runs
//! until shutdown and is restarted with back-off when it ends or panics.
//!
//! The state of every job is also a resource (`job/hob/<name>`), so that a collector that dies is a finding.

mod driver;

pub use driver::JobDriver;

use crate::{BoxFuture, Ctx};
use hob_base::{Health, Result, Timestamp, wording::duration_words};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

/// What a pass reports: one sentence for the page, such as "Read 3 filesystems."
pub type Report = String;

/// Background work of one kind or the other.
pub enum Job {
    /// Runs periodically.
    Pass(Pass),
    /// Runs until shutdown.
    Listener(Listener),
}

/// Work that runs periodically and when poked.
pub struct Pass {
    /// `feature.verb`, unique.
    pub name: &'static str,
    /// From the end of one run to the start of the next.
    pub every: Duration,
    /// After this a run is given up and counts as failed.
    pub limit: Duration,
    /// The work.
    pub run: Arc<dyn Fn(Ctx) -> BoxFuture<Result<Report>> + Send + Sync>,
}

/// Work that runs until shutdown.
pub struct Listener {
    /// `feature.noun`, unique.
    pub name: &'static str,
    /// The work. It ends soon after the token is cancelled.
    pub run: Arc<dyn Fn(Ctx, CancellationToken) -> BoxFuture<Result<()>> + Send + Sync>,
}

impl Job {
    /// A pass with a limit of three intervals, at least 30 seconds.
    pub fn pass<F>(
        name: &'static str,
        every: Duration,
        run: impl Fn(Ctx) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Report>> + Send + 'static,
    {
        let limit = (every * 3).clamp(Duration::from_secs(30), Duration::from_secs(600));
        Self::Pass(Pass { name, every, limit, run: Arc::new(move |ctx| Box::pin(run(ctx))) })
    }

    /// A listener.
    pub fn listener<F>(
        name: &'static str,
        run: impl Fn(Ctx, CancellationToken) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        Self::Listener(Listener { name, run: Arc::new(move |ctx, stop| Box::pin(run(ctx, stop))) })
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pass(pass) => pass.name,
            Self::Listener(listener) => listener.name,
        }
    }
}

/// What is known of one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobStatus {
    /// Its name.
    pub name: &'static str,
    /// Between two runs; `None` for a listener.
    pub every: Option<Duration>,
    /// Whether it runs at this moment.
    pub running: bool,
    /// How often it ended, well or not.
    pub runs: u64,
    /// How often it failed in a row.
    pub failures_in_a_row: u32,
    /// How often it panicked since the start.
    pub panics: u64,
    /// When it last started.
    pub started_at: Option<Timestamp>,
    /// How long the last run took.
    pub took: Option<Duration>,
    /// What the last run said.
    pub last: Option<std::result::Result<Report, String>>,
}

impl JobStatus {
    /// How well the job is: one failure is a warning, three in a row or a panic are critical.
    pub fn health(&self) -> Health {
        let Some(last) = &self.last else { return Health::ok("It runs.") };
        match last {
            Ok(report) if report.is_empty() => Health::ok("The last run went well."),
            Ok(report) => Health::ok(report.clone()),
            Err(error) => {
                let reason = match self.failures_in_a_row {
                    0 | 1 => "The last run failed; it will be tried again.".to_owned(),
                    n => format!("The last {n} runs failed; it will be tried again."),
                };
                let health = if self.failures_in_a_row >= 3 || error.starts_with(PANICKED) {
                    Health::critical(reason)
                } else {
                    Health::warning(reason)
                };
                health.with_evidence(error.clone()).with_remedy("The log of Hob has the details.")
            }
        }
    }

    /// The pause before the next try of something that failed.
    pub fn back_off(&self, normal: Duration) -> Duration {
        let doubling = Duration::from_secs(1 << self.failures_in_a_row.clamp(1, 7).saturating_sub(1));
        match self.failures_in_a_row {
            0 => normal,
            // A pass that fails comes back no sooner than planned; a listener after a minute at the latest.
            _ => normal.max(doubling.min(Duration::from_secs(60))),
        }
    }

    /// What the page says of the interval.
    pub fn rhythm(&self) -> String {
        let Some(every) = self.every else { return "always".to_owned() };
        let words = duration_words(every);
        format!("every {}", words.strip_prefix("1 ").unwrap_or(&words))
    }
}

pub(crate) const PANICKED: &str = "It panicked: ";

/// The state of all jobs, and the way to poke them. Cheap to clone.
#[derive(Clone, Default)]
pub struct JobBoard(Arc<Mutex<BTreeMap<&'static str, Entry>>>);

struct Entry {
    status: JobStatus,
    poke: Arc<Notify>,
    waiting: Vec<oneshot::Sender<std::result::Result<Report, String>>>,
}

impl JobBoard {
    /// All jobs by name.
    pub fn list(&self) -> Vec<JobStatus> {
        self.with(|entries| entries.values().map(|entry| entry.status.clone()).collect())
    }

    /// Asks a pass to run now; if it runs already, it runs once more afterwards. Unknown names are ignored: the
    /// feature may not be part of this hub.
    pub fn poke(&self, name: &str) {
        self.with(|entries| {
            if let Some(entry) = entries.get(name) {
                entry.poke.notify_one();
            }
        });
    }

    /// Runs a pass now and waits for its result. `None` when there is no such pass.
    pub async fn run(&self, name: &str) -> Option<std::result::Result<Report, String>> {
        let (sender, receiver) = oneshot::channel();
        self.with(|entries| {
            let entry = entries.get_mut(name).filter(|entry| entry.status.every.is_some())?;
            entry.waiting.push(sender);
            entry.poke.notify_one();
            Some(())
        })?;
        receiver.await.ok()
    }

    fn with<T>(&self, f: impl FnOnce(&mut BTreeMap<&'static str, Entry>) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
