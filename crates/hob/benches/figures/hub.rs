//! `figures --hub DATA ADDRESS SERVICES CHANGES`: a hub with one more feature, which says of so many made-up services
//! that they are well, and of the first of them, so many times per second, that they broke or came back.

use crate::Outcome;
use crate::house;
use hob_base::{Clock, Observation, Result};
use hob_db::Location;
use hob_feature::{Config, Ctx, Feature, Job};
use hob_web::{Hub, HubOptions};
use jiff::tz::TimeZone;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How many services take part in the changes.
pub(crate) const CHANGING: usize = 10;
/// What the services say of themselves holds for an hour, but after a restart only for two minutes.
const SAY_EVERY: Duration = Duration::from_secs(60);
/// What else listens on this machine must not be in the figures.
const NOTHING_ELSE: &str = "[services]\nenabled = false\n";
/// As many as `hob serve` has.
const THREADS: usize = 2;

const CHANGES: Feature = Feature { jobs, ..Feature::new("figures", "Figures") };

static PLAN: OnceLock<Plan> = OnceLock::new();

#[derive(Debug, Clone, Copy)]
struct Plan {
    services: usize,
    changes_per_second: u32,
}

/// The process that [`crate::server::Server::changing`] starts.
pub(crate) fn run(arguments: &[String]) -> ExitCode {
    match serve(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(arguments: &[String]) -> Outcome<()> {
    let [data, address, services, changes] = arguments else {
        return Err("--hub DATA ADDRESS SERVICES CHANGES".into());
    };
    let plan = Plan { services: services.parse()?, changes_per_second: changes.parse()? };
    PLAN.set(plan).map_err(|_| "the plan is made once")?;
    let data = PathBuf::from(data);
    let options = HubOptions {
        features: Vec::leak(hob::FEATURES.iter().copied().chain([CHANGES]).collect()),
        config: Config::parse(Path::new("hob.toml"), NOTHING_ELSE).map_err(|_| "the settings are no TOML")?,
        database: Location::File(data.join("hob.db")),
        data,
        listen: address.parse()?,
        clock: Clock::system(),
        zone: TimeZone::UTC,
        hostname: "nas".to_owned(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
    runtime.block_on(async {
        let mut asked_to_stop = signal(SignalKind::terminate())?;
        let hub = Hub::start(options).await.map_err(|error| error.to_string())?;
        asked_to_stop.recv().await;
        if hub.stop().await { Ok(()) } else { Err("some work did not end in time".into()) }
    })
}

fn jobs(_: &Ctx) -> Vec<Job> {
    let Some(plan) = PLAN.get().copied() else { return Vec::new() };
    let mut jobs = vec![Job::pass("figures.say", SAY_EVERY, move |ctx| say(ctx, plan))];
    if plan.changes_per_second > 0 {
        jobs.push(Job::listener("figures.change", move |ctx, stop| {
            change(ctx, stop.cancelled_owned(), plan)
        }));
    }
    jobs
}

async fn say(ctx: Ctx, plan: Plan) -> Result<String> {
    let first = if plan.changes_per_second > 0 { CHANGING } else { 0 };
    for number in first..plan.services {
        ctx.resources.observe(house::observation(number)).await;
    }
    Ok(String::new())
}

async fn change(ctx: Ctx, stop: impl Future<Output = ()>, plan: Plan) -> Result<()> {
    tokio::pin!(stop);
    let pause = Duration::from_secs(1) / plan.changes_per_second.max(1);
    let mut next = ctx.clock.monotonic();
    for step in 0_usize.. {
        next += pause;
        tokio::select! {
            () = ctx.clock.sleep(next.saturating_sub(ctx.clock.monotonic())) => {}
            () = &mut stop => break,
        }
        let observation = house::observation(step % CHANGING);
        let breaks = (step / CHANGING).is_multiple_of(2);
        ctx.resources.observe(if breaks { broken(observation) } else { observation }).await;
    }
    Ok(())
}

fn broken(observation: Observation) -> Observation {
    let health = house::down(&observation.resource);
    observation.judged(health)
}
