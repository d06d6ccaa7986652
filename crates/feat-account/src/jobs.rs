//! Clearing away what has ended.

use crate::model::TOKEN_KEPT;
use crate::store;
use hob_base::{Result, wording::counted};
use hob_feature::{Ctx, Job};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

pub(crate) fn jobs(_: &Ctx) -> Vec<Job> {
    vec![Job::pass("account.expire", HOUR, |ctx| async move { expire(&ctx).await })]
}

pub(crate) async fn expire(ctx: &Ctx) -> Result<String> {
    let now = ctx.clock.now();
    let sessions = store::delete_expired_sessions(&ctx.db, now).await?;
    let tokens = store::delete_old_tokens(&ctx.db, now.minus(TOKEN_KEPT)).await?;
    let count = |n: u64, noun: &str| counted(usize::try_from(n).unwrap_or(usize::MAX), noun);
    Ok(format!("Deleted {} and {}.", count(sessions, "expired session"), count(tokens, "old token")))
}
