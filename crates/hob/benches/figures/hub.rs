//! `figures --hub DATA ADDRESS SERVICES CHANGES`: a hub with one more feature, which says of so many made-up services
//! that they are well, and of the first of them, so many times per second, that they broke or came back.
//!
//! `figures --hub DATA ADDRESS outage`: a hub with many resources that need each other, of which a tenth breaks at once.

use crate::Outcome;
use crate::house;
use crate::outage::{BREAK, RESOURCES};
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
const NOTHING_ELSE: &str = "[services]\nenabled = false\n[incidents]\nopen_after = \"0s\"\n";
/// In place of the number of services: the outage.
pub(crate) const OUTAGE: &str = "outage";
/// As many as `hob serve` has.
const THREADS: usize = 2;

const CHANGES: Feature = Feature { jobs, ..Feature::new("figures", "Figures") };

static PLAN: OnceLock<Plan> = OnceLock::new();

#[derive(Debug, Clone, Copy)]
enum Plan {
    Changes { services: usize, per_second: u32 },
    Outage,
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
    let (data, address, plan) = match arguments {
        [data, address, what] if what == OUTAGE => (data, address, Plan::Outage),
        [data, address, services, changes] => {
            (data, address, Plan::Changes { services: services.parse()?, per_second: changes.parse()? })
        }
        _ => return Err("--hub DATA ADDRESS SERVICES CHANGES, or --hub DATA ADDRESS outage".into()),
    };
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
    match PLAN.get().copied() {
        None => Vec::new(),
        Some(Plan::Outage) => vec![Job::pass("figures.outage", SAY_EVERY * 60, break_down)],
        Some(Plan::Changes { services, per_second }) => {
            let first = if per_second > 0 { CHANGING } else { 0 };
            let mut jobs = vec![Job::pass("figures.say", SAY_EVERY, move |ctx| say(ctx, first..services))];
            if per_second > 0 {
                jobs.push(Job::listener("figures.change", move |ctx, stop| {
                    change(ctx, stop.cancelled_owned(), per_second)
                }));
            }
            jobs
        }
    }
}

/// Ten thousand resources that need three others each are well; then the one at the bottom breaks, and everything that
/// needs it by its first edge.
async fn break_down(ctx: Ctx) -> Result<String> {
    for number in 0..RESOURCES {
        ctx.resources.observe(house::node(number)).await;
    }
    ctx.resources.settle().await;
    for number in 0..BREAK {
        ctx.resources.observe(broken(house::node(number))).await;
    }
    Ok(String::new())
}

async fn say(ctx: Ctx, numbers: std::ops::Range<usize>) -> Result<String> {
    for number in numbers {
        ctx.resources.observe(house::observation(number)).await;
    }
    Ok(String::new())
}

async fn change(ctx: Ctx, stop: impl Future<Output = ()>, per_second: u32) -> Result<()> {
    tokio::pin!(stop);
    let pause = Duration::from_secs(1) / per_second.max(1);
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
