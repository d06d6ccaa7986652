//! Clearing away what has ended, and noticing what commands changed.

use crate::gate::note_change;
use crate::memory::remembered;
use crate::model::TOKEN_KEPT;
use crate::random::hash_token;
use crate::store;
use hob_base::{Result, wording::counted};
use hob_feature::{Ctx, Job};
use std::collections::HashMap;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
/// Who listens to messages keeps one connection for weeks: a user disabled or a token revoked by a command is to be cut off
/// soon, too.
const LOOK_EVERY: Duration = Duration::from_secs(30);

pub(crate) fn jobs(_: &Ctx) -> Vec<Job> {
    vec![
        Job::pass("account.expire", HOUR, |ctx| async move { expire(&ctx).await }),
        Job::pass("account.look", LOOK_EVERY, |ctx| async move { look(&ctx).await }),
    ]
}

pub(crate) async fn expire(ctx: &Ctx) -> Result<String> {
    let now = ctx.clock.now();
    let sessions = store::delete_expired_sessions(&ctx.db, now).await?;
    let tokens = store::delete_old_tokens(&ctx.db, now.minus(TOKEN_KEPT)).await?;
    let count = |n: u64, noun: &str| counted(usize::try_from(n).unwrap_or(usize::MAX), noun);
    Ok(format!("Deleted {} and {}.", count(sessions, "expired session"), count(tokens, "old token")))
}

/// What users and tokens are, by id, as a fingerprint.
pub(crate) type Standing = HashMap<String, String>;

/// Tells those who remember users and tokens which of them are others than at the last look, whoever changed them.
pub(crate) async fn look(ctx: &Ctx) -> Result<String> {
    let users = store::list_accounts(&ctx.db).await?.into_iter().map(|account| {
        let (user, hash) = (account.user, account.password_hash);
        (user.id, hash_token(&format!("{hash} {} {}", user.is_admin, user.disabled)))
    });
    let tokens = store::list_tokens(&ctx.db).await?.into_iter().map(|token| {
        let standing = format!("{} {:?} {:?}", token.scope, token.expires_at, token.revoked_at);
        (token.id, hash_token(&standing))
    });
    let now: Standing = users.chain(tokens).collect();
    let known = counted(now.len(), "account");
    let before = remembered(ctx).standing(now.clone());
    let changed = before.map(|before| changed(&before, &now)).unwrap_or_default();
    changed.iter().for_each(|id| note_change(ctx, id));
    Ok(format!("{known} looked at, {} changed.", changed.len()))
}

/// Whose fingerprint is another one, or is new or gone.
fn changed(before: &Standing, now: &Standing) -> Vec<String> {
    let other = now.iter().filter(|(id, standing)| before.get(*id) != Some(*standing));
    let gone = before.iter().filter(|(id, _)| !now.contains_key(*id));
    other.chain(gone).map(|(id, _)| id.clone()).collect()
}
