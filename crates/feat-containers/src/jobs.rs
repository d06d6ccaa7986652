//! Background work: one listener that looks where engines answer, and watches each of them.

mod engine;
mod publish;

use crate::config;
use crate::model::view::{SOURCE, engine_id};
use crate::places::{Place, Surroundings, places};
use engine::Watch;
use hob_base::{ResourceId, Result};
use hob_feature::{Ctx, Job};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How often it is looked where engines answer.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// An engine that was known and is not found again within this time is forgotten.
const FORGET_AFTER: Duration = Duration::from_secs(600);

/// The last lines of containers that ended badly, for pages and incidents: by the workload's resource.
#[derive(Debug, Default)]
pub(crate) struct Logs(Mutex<BTreeMap<ResourceId, String>>);

impl Logs {
    /// The last lines of one workload.
    pub(crate) fn of(&self, id: &ResourceId) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Replaces those of one engine.
    fn replace(&self, scope: &str, logs: impl IntoIterator<Item = (ResourceId, String)>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|id, _| id.scope() != scope);
        all.extend(logs);
    }
}

/// All jobs of the crate.
pub(crate) fn jobs(_ctx: &Ctx) -> Vec<Job> {
    vec![Job::listener("containers.watch", |ctx, stop| run(ctx, stop, Surroundings::of_process()))]
}

/// Watches until it is told to stop.
async fn run(ctx: Ctx, stop: CancellationToken, around: Surroundings) -> Result<()> {
    let settings = config::read(&ctx.config);
    let mut engines: JoinSet<String> = JoinSet::new();
    let mut watched: BTreeSet<String> = BTreeSet::new();
    let began = ctx.clock.monotonic();
    let mut swept = false;
    loop {
        let (settings_now, around_now) = (settings.clone(), around.clone());
        let found =
            tokio::task::spawn_blocking(move || places(&settings_now, &around_now)).await.unwrap_or_default();
        for place in found {
            if watched.insert(place.settings.name.clone()) {
                engines.spawn(watch(ctx.clone(), stop.clone(), place));
            }
        }
        if !swept && (!settings.auto || ctx.clock.monotonic().saturating_sub(began) >= FORGET_AFTER) {
            sweep(&ctx, &watched).await;
            swept = true;
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = ctx.clock.sleep(LOOK_EVERY) => {}
            // One that was found by itself and is gone may come back under another name or place.
            Some(ended) = engines.join_next() => {
                if let Ok(name) = ended {
                    watched.remove(&name);
                }
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = ctx.clock.sleep(Duration::from_secs(5)) => {}
                }
            }
        }
    }
    engines.shutdown().await;
    Ok(())
}

/// Watches one engine. Gives its name back when it is to be looked for anew.
async fn watch(ctx: Ctx, stop: CancellationToken, place: Place) -> String {
    let name = place.settings.name.clone();
    let mut watch = Watch::new(ctx, place);
    tokio::select! {
        () = stop.cancelled() => {}
        () = watch.run() => {}
    }
    name
}

/// Takes back what was said of engines that are not there any more.
async fn sweep(ctx: &Ctx, watched: &BTreeSet<String>) {
    let source = SOURCE.into();
    for resource in ctx.resources.list() {
        let Some(word) = resource.words.get(&source) else { continue };
        let engine = word.facts.get("engine").and_then(|fact| fact.as_text()).unwrap_or_default();
        if !watched.contains(engine) && !watched.iter().any(|name| engine_id(name) == resource.id) {
            ctx.resources.withdraw(SOURCE, resource.id.clone()).await;
        }
    }
}
