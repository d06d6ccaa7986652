//! Keeps the services of `hob.toml` alive as resources and publishes their checks.

use super::CONFIG_SOURCE;
use crate::config::{self, Service};
use hob_base::wording::counted;
use hob_base::{Observation, Result};
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
    let services = config::read(&ctx.config, &Problems::default());
    for service in &services {
        ctx.resources.observe(observation(service)).await;
    }
    let ours: HashSet<_> = services.iter().map(|service| &service.id).collect();
    for resource in ctx.resources.list() {
        if !ours.contains(&resource.id) && resource.words.contains_key(&CONFIG_SOURCE.into()) {
            ctx.resources.withdraw(CONFIG_SOURCE, resource.id.clone()).await;
        }
    }
    ctx.checks.publish(CONFIG_SOURCE, services.iter().map(|service| service.check.clone()).collect());
    Ok(match services.len() {
        0 => "hob.toml names no services; those on this machine are found without it.".to_owned(),
        n => format!("{} from hob.toml.", counted(n, "service")),
    })
}

fn observation(service: &Service) -> Observation {
    let mut observation = Observation::new(CONFIG_SOURCE, service.id.clone(), HOLDS_FOR)
        .named(service.name.clone())
        .fact("url", service.url.clone())
        .fact("configured", true)
        .fact("checked_every_s", service.check.every.as_secs());
    for (key, value) in [("group", &service.group), ("symbol", &service.symbol)] {
        if let Some(value) = value {
            observation = observation.fact(key, value.clone());
        }
    }
    for dependency in &service.depends_on {
        observation = observation.needs(dependency.clone());
    }
    observation
}
