//! Says what is new, says the rest again before it expires, and takes back what is gone.

use crate::model::view::{SOURCE, View};
use hob_base::{Observation, ResourceId};
use hob_feature::Ctx;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What was said is said again after this time.
const SAY_AGAIN: Duration = Duration::from_secs(300);

/// What was said of one engine.
#[derive(Debug, Default)]
pub(super) struct Publisher {
    said: BTreeMap<ResourceId, (Observation, Duration)>,
    /// Whether what an earlier run of the hub said was taken back where it does not hold any more.
    cleared: bool,
}

impl Publisher {
    /// Says everything of a view, and nothing else any more.
    pub(super) async fn publish(&mut self, ctx: &Ctx, engine: &str, view: View) {
        let wanted: BTreeSet<ResourceId> =
            view.observations.iter().map(|said| said.resource.clone()).collect();
        self.clear(ctx, engine, &wanted).await;
        let gone: Vec<ResourceId> = self.said.keys().filter(|id| !wanted.contains(*id)).cloned().collect();
        for id in gone {
            self.said.remove(&id);
            ctx.resources.withdraw(SOURCE, id).await;
        }
        for observation in view.observations {
            self.say(ctx, observation).await;
        }
        ctx.checks.publish(&origin(engine), view.checks);
    }

    /// Says one thing, unless it was said of late.
    pub(super) async fn say(&mut self, ctx: &Ctx, observation: Observation) {
        let now = ctx.clock.monotonic();
        if let Some((said, at)) = self.said.get(&observation.resource)
            && *said == observation
            && now.saturating_sub(*at) < SAY_AGAIN
            && self.is_heard(ctx, &observation.resource)
        {
            return;
        }
        ctx.resources.observe(observation.clone()).await;
        self.said.insert(observation.resource.clone(), (observation, now));
    }

    /// Whether the word is still there; somebody may have had the resource forgotten.
    fn is_heard(&self, ctx: &Ctx, id: &ResourceId) -> bool {
        ctx.resources.get(id).is_some_and(|resource| resource.words.contains_key(&SOURCE.into()))
    }

    /// Takes back everything, and its checks.
    pub(super) async fn withdraw_all(&mut self, ctx: &Ctx, engine: &str) {
        for id in std::mem::take(&mut self.said).into_keys() {
            ctx.resources.withdraw(SOURCE, id).await;
        }
        ctx.checks.publish(&origin(engine), Vec::new());
    }

    /// Takes back, once, what an earlier run of the hub said of this engine.
    async fn clear(&mut self, ctx: &Ctx, engine: &str, wanted: &BTreeSet<ResourceId>) {
        if self.cleared {
            return;
        }
        self.cleared = true;
        let source = SOURCE.into();
        for resource in ctx.resources.list() {
            let Some(word) = resource.words.get(&source) else { continue };
            let of_engine = word.facts.get("engine").and_then(|fact| fact.as_text()) == Some(engine);
            if of_engine && !wanted.contains(&resource.id) {
                ctx.resources.withdraw(SOURCE, resource.id.clone()).await;
            }
        }
    }
}

/// The name under which the checks of one engine are published.
fn origin(engine: &str) -> String {
    format!("{SOURCE}/{engine}")
}
