//! Keeps the checks of `hob.toml` alive as resources and publishes them to the runner.

use super::CONFIG_SOURCE;
use crate::config;
use crate::model::definition::{CONFIG_SCOPE, CheckDefinition};
use hob_base::wording::counted;
use hob_base::{ResourceId, Result};
use hob_feature::{Ctx, Job, Problems};
use std::collections::HashSet;
use std::time::Duration;

const EVERY: Duration = Duration::from_secs(60);
/// Its own silence is shown by the job; the services' facts need not expire with it.
const HOLDS_FOR: Duration = Duration::from_secs(3600);

pub(super) fn job() -> Job {
    Job::pass("checks.configured", EVERY, run)
}

async fn run(ctx: Ctx) -> Result<String> {
    // What is wrong was reported when the hub started, and is left out here.
    let definitions = config::read(&ctx.config, &Problems::default());
    establish(&ctx, CONFIG_SOURCE, CONFIG_SCOPE, &definitions).await;
    Ok(match definitions.len() {
        0 => "hob.toml names no services; those on this machine are found without it.".to_owned(),
        n => format!("{} from hob.toml.", counted(n, "check")),
    })
}

/// Makes a set of definitions what the house works with: each is a resource, has its check in the book and its
/// maintenance windows among the silences; what `source` said of others before is taken back. `source` is also the origin
/// under which checks and silences are published, and `scope` the scope of the resources.
pub(crate) async fn establish(ctx: &Ctx, source: &str, scope: &str, definitions: &[CheckDefinition]) {
    let mut ours: HashSet<ResourceId> = HashSet::new();
    let (mut specs, mut silences) = (Vec::new(), Vec::new());
    for definition in definitions.iter().filter(|definition| definition.enabled) {
        // Whoever made the definition has shown what is wrong with it.
        let Ok(spec) = definition.spec(scope) else { continue };
        ours.insert(spec.resource.clone());
        ctx.resources.observe(definition.observation(scope, source, HOLDS_FOR)).await;
        specs.push(spec);
        silences.extend(definition.silence(scope));
    }
    for resource in ctx.resources.list() {
        if !ours.contains(&resource.id) && resource.words.contains_key(&source.into()) {
            ctx.resources.withdraw(source, resource.id.clone()).await;
        }
    }
    ctx.silences.publish(source, silences);
    ctx.checks.publish(source, specs);
}
