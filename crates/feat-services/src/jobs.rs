//! Background work: looking at the sockets, asking what is new, icons of tiles that others found, and clearing away icons
//! that nobody uses.

mod ask;
mod favicons;
mod icons;
mod identify;
mod scan;
mod state;

use crate::config::{self, Settings};
use hob_feature::{Ctx, Job, Problems};
use http_probe::Client;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

const SCAN_EVERY: Duration = Duration::from_secs(3);
const IDENTIFY_EVERY: Duration = Duration::from_secs(10);
const TIDY_EVERY: Duration = Duration::from_secs(7 * 86_400);

/// What the jobs share apart from the context.
pub(crate) struct Tools {
    /// Where the kernel tells of sockets and processes.
    pub(crate) proc: PathBuf,
    /// Asks services what they are.
    pub(crate) client: Client,
    /// The owner's wishes.
    pub(crate) settings: Settings,
}

/// All jobs of the crate, on this machine.
pub(crate) fn jobs(ctx: &Ctx) -> Vec<Job> {
    jobs_on(ctx, PathBuf::from("/proc"))
}

/// All jobs of the crate, on a machine that is described in `proc`.
pub(crate) fn jobs_on(ctx: &Ctx, proc: PathBuf) -> Vec<Job> {
    // What is wrong was reported when the hub started, and is replaced by its default here.
    let settings = config::read(&ctx.config, &Problems::default());
    let tools = Arc::new(Tools { proc, client: Client::new(), settings });
    let (scan_tools, identify_tools, icon_tools) = (tools.clone(), tools.clone(), tools);
    vec![
        Job::pass("services.scan", SCAN_EVERY, move |ctx| scan::run(ctx, scan_tools.clone())),
        Job::pass("services.identify", IDENTIFY_EVERY, move |ctx| identify::run(ctx, identify_tools.clone())),
        Job::pass("services.tidy_icons", TIDY_EVERY, icons::run),
        Job::listener("services.favicons", move |ctx, stop| favicons::run(ctx, stop, icon_tools.clone())),
    ]
}
