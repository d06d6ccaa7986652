//! Keeps memory in step with the database and with incidents, and notes when maintenance really is.

use crate::memory::{SAID_FOR, known, reload, remembered};
use crate::model::maintenance::note;
use crate::store;
use hob_base::Result;
use hob_base::wording::counted;
use hob_feature::{Ctx, Job};
use std::sync::PoisonError;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often everything is read anew: another process may have changed it.
const EVERY: Duration = Duration::from_secs(60);
/// Changes of incidents within this time are read together.
const TOGETHER: Duration = Duration::from_millis(500);
/// How often it is noted which maintenance is under way.
const NOTE_EVERY: Duration = Duration::from_secs(30);
/// After a longer pause than this nobody knows what went on in between.
const PATIENCE: Duration = Duration::from_secs(150);

pub(crate) fn jobs(_: &Ctx) -> Vec<Job> {
    vec![
        Job::listener("status.memory", keep_in_step),
        Job::pass("status.maintenance", NOTE_EVERY, note_maintenance),
        Job::pass("status.forget", Duration::from_secs(86_400), forget),
    ]
}

async fn keep_in_step(ctx: Ctx, stop: CancellationToken) -> Result<()> {
    let mut changes = ctx.incidents().map(|reader| (reader.changes)(&ctx));
    known(&ctx).await?;
    loop {
        let changed = async {
            match &mut changes {
                // Who keeps incidents has ended: nothing will change any more.
                Some(changes) => {
                    if changes.changed().await.is_err() {
                        std::future::pending::<()>().await;
                    }
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = ctx.clock.sleep(EVERY) => {}
            () = changed => tokio::select! {
                () = stop.cancelled() => return Ok(()),
                () = ctx.clock.sleep(TOGETHER) => {}
            },
        }
        reload(&ctx).await?;
    }
}

async fn note_maintenance(ctx: Ctx) -> Result<String> {
    let now = ctx.clock.now();
    let active = ctx.silences.active(now);
    let memory = remembered(&ctx);
    let (last, open) = memory.open.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let windows = note(&open, &active, last, now, PATIENCE);
    store::save_windows(&ctx.db, &windows).await?;
    let count = windows.len();
    *memory.open.lock().unwrap_or_else(PoisonError::into_inner) = (Some(now), windows);
    Ok(if count == 0 {
        "No maintenance is under way.".to_owned()
    } else {
        format!("{} under way.", counted(count, "maintenance window"))
    })
}

async fn forget(ctx: Ctx) -> Result<String> {
    // Times of maintenance stay, as transitions do: else old reports would change.
    let deleted = store::delete_old_announcements(&ctx.db, ctx.clock.now().minus(SAID_FOR)).await?;
    Ok(format!("Forgot {}.", counted(usize::try_from(deleted).unwrap_or(usize::MAX), "old announcement")))
}
