//! Keeps the checks that people made alive as resources and publishes them to the runner.

use super::configured::establish;
use crate::added;
use crate::model::definition::{ADDED_SCOPE, CheckDefinition};
use hob_base::Result;
use hob_base::wording::counted;
use hob_feature::{Ctx, Job};
use std::time::Duration;

/// The name of the pass.
pub(crate) const ADDED_JOB: &str = "checks.added";
/// The name under which checks that people made are observed and published.
pub(crate) const ADDED_SOURCE: &str = "checks.added";

const EVERY: Duration = Duration::from_secs(60);

pub(super) fn job() -> Job {
    Job::pass(ADDED_JOB, EVERY, run)
}

async fn run(ctx: Ctx) -> Result<String> {
    let impatient = added::take_impatient(&ctx);
    let stored = added::reload(&ctx).await?;
    let definitions: Vec<CheckDefinition> = stored.values().map(|one| one.definition.clone()).collect();
    establish(&ctx, ADDED_SOURCE, ADDED_SCOPE, &definitions).await;
    for resource in impatient {
        ctx.checks.poke(resource);
    }
    Ok(match definitions.len() {
        0 => "Nobody has made a check; there are those that were found and those of hob.toml.".to_owned(),
        n => format!("{} that people made.", counted(n, "check")),
    })
}
