//! Background work: the runner of checks, and the pass that keeps configured services alive.

mod added;
mod configured;
mod probe;
mod runner;

use hob_feature::{Ctx, Job};
use runner::Asking;
use std::sync::OnceLock;

/// The name under which results are observed.
pub(crate) const SOURCE: &str = "checks";
/// The name under which configured services are observed and their checks published.
pub(crate) const CONFIG_SOURCE: &str = "checks.config";

pub(crate) use added::ADDED_JOB;
pub(crate) use runner::{AnchorFn, Figures, ProbeFn, VALID_UNTIL};
#[cfg(test)]
pub(crate) use {probe::look_at_group, runner::connection};

/// All jobs of the crate.
pub(crate) fn jobs(ctx: &Ctx) -> Vec<Job> {
    // Registered once, here, and not when the listener starts again after a failure.
    let figures = Figures::register(&ctx.metrics);
    let asking = Asking { probe: probe::over_the_network(ctx), anchor: probe::anchors_over_the_network() };
    ctx.memory.of::<Trial>().0.get_or_init(|| asking.probe.clone());
    vec![runner::job(ctx, figures, asking), configured::job(), added::job()]
}

/// The probe of the runner, for who wants to try a check before it is kept.
#[derive(Default)]
pub(crate) struct Trial(pub(crate) OnceLock<ProbeFn>);

/// The runner with a probe of the test's own, and anchors that are there as long as it says so.
#[cfg(test)]
pub(crate) fn runner_with(ctx: &Ctx, probe: ProbeFn, anchor: AnchorFn) -> Job {
    runner::job(ctx, Figures::register(&ctx.metrics), Asking { probe, anchor })
}
