//! Background work: the dispatcher, and what is looked at now and then.

use crate::desk::Desk;
use crate::model::route::{CHANNEL_KIND, CHANNEL_SCOPE};
use crate::send::{forget, observe, resource_of};
use crate::store;
use crate::{dead_man, digest, dispatch};
use hob_base::Result;
use hob_base::wording::counted;
use hob_feature::{Ctx, Job};
use std::time::Duration;

/// How often channels are judged anew: what fails for long becomes worse by itself.
const JUDGE_EVERY: Duration = Duration::from_secs(60);
/// How often it is looked whether a digest is due.
const DIGEST_EVERY: Duration = Duration::from_secs(60);
/// How often what is old is deleted.
const TIDY_EVERY: Duration = Duration::from_secs(3600);
/// Notices that were taken up are remembered longer than any waits.
const TAKEN_KEPT: Duration = Duration::from_secs(30 * 86_400);

/// All jobs of the crate.
pub(crate) fn jobs(ctx: &Ctx) -> Vec<Job> {
    let mut jobs = vec![
        Job::listener("notify.dispatch", dispatch::run),
        Job::pass("notify.channels", JUDGE_EVERY, judge),
        Job::pass("notify.digest", DIGEST_EVERY, digest::pass),
        Job::pass("notify.tidy", TIDY_EVERY, tidy),
    ];
    jobs.extend(dead_man::job(ctx));
    jobs
}

/// Tells the house how each channel works.
async fn judge(ctx: Ctx) -> Result<String> {
    let desk = ctx.memory.of::<Desk>();
    let setup = desk.setup(&ctx).await?;
    for channel in &setup.channels {
        observe(&ctx, &desk, channel).await;
    }
    for resource in ctx.resources.of_kind(CHANNEL_KIND) {
        let id = &resource.id;
        let known = setup.channels.iter().any(|channel| resource_of(&channel.name) == *id);
        if id.scope() == CHANNEL_SCOPE && !known {
            forget(&ctx, id.name()).await;
        }
    }
    Ok(format!("Hob knows {}.", counted(setup.channels.len(), "channel")))
}

async fn tidy(ctx: Ctx) -> Result<String> {
    let desk = ctx.memory.of::<Desk>();
    let setup = desk.setup(&ctx).await?;
    let now = ctx.clock.now();
    let gone = store::tidy(&ctx.db, now.minus(setup.settings.keep), now.minus(TAKEN_KEPT)).await?;
    Ok(format!(
        "Deleted {} of the log that were too old.",
        counted(usize::try_from(gone).unwrap_or(usize::MAX), "message")
    ))
}
