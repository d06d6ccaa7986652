//! Background work: the runner of checks, and the pass that keeps configured services alive.

mod configured;
mod probe;
mod runner;

use hob_feature::{Ctx, Job};

/// The name under which results are observed.
pub(crate) const SOURCE: &str = "checks";
/// The name under which configured services are observed and their checks published.
pub(crate) const CONFIG_SOURCE: &str = "checks.config";

pub(crate) use runner::{Figures, ProbeFn};

/// All jobs of the crate.
pub(crate) fn jobs(ctx: &Ctx) -> Vec<Job> {
    // Registered once, here, and not when the listener starts again after a failure.
    let figures = Figures::register(&ctx.metrics);
    vec![runner::job(figures, probe::over_the_network()), configured::job()]
}

/// The runner with a probe of the test's own.
#[cfg(test)]
pub(crate) fn runner_with(ctx: &Ctx, probe: ProbeFn) -> Job {
    runner::job(Figures::register(&ctx.metrics), probe)
}
