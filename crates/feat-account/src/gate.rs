//! How people and programs are recognised.
//!
//! Every request asks the database: a user disabled or a token revoked by a command on another process counts at once.

use crate::model::{SESSION_TOUCH, Session, TOKEN_TOUCH, User};
use crate::random::{TOKEN_PREFIX, hash_token};
use crate::store;
use hob_base::Result;
use hob_feature::{Credential, Ctx, Gate, Identity, Person, boxed};
use tracing::warn;

/// The longest text that can be a cookie or token of ours.
const CREDENTIAL_CHARS_MAX: usize = 128;

pub(crate) const GATE: Gate = Gate {
    identify: |ctx, credential| boxed(async move { identify(&ctx, credential).await }),
    people: |ctx| boxed(async move { people(&ctx).await }),
    is_set_up: |ctx| boxed(async move { store::any_user(&ctx.db).await }),
    login_path: "/login",
    setup_path: "/setup",
};

async fn identify(ctx: &Ctx, credential: Credential) -> Result<Option<Identity>> {
    match credential {
        Credential::Cookie(text) | Credential::Bearer(text) if text.len() > CREDENTIAL_CHARS_MAX => Ok(None),
        Credential::Cookie(text) => identify_session(ctx, &text).await,
        Credential::Bearer(text) if !text.starts_with(TOKEN_PREFIX) => Ok(None),
        Credential::Bearer(text) => identify_token(ctx, &text).await,
    }
}

async fn people(ctx: &Ctx) -> Result<Vec<Person>> {
    let users = store::list_users(&ctx.db).await?;
    let person = |user: User| Person { id: user.id, name: user.name, is_admin: user.is_admin };
    Ok(users.into_iter().filter(|user| !user.disabled).map(person).collect())
}

async fn identify_session(ctx: &Ctx, token: &str) -> Result<Option<Identity>> {
    let now = ctx.clock.now();
    let Some((session, user)) = store::find_session(&ctx.db, &hash_token(token), now).await? else {
        return Ok(None);
    };
    if now.since(session.last_seen_at) >= SESSION_TOUCH {
        let end = Session::end(session.created_at, now);
        // A full disk must not log everybody out.
        if let Err(error) = store::touch_session(&ctx.db, &session.id, now, end).await {
            warn!(reason = error.chain(), "it could not be noted that a session was seen");
        }
    }
    Ok(Some(session.identity(&user)))
}

async fn identify_token(ctx: &Ctx, text: &str) -> Result<Option<Identity>> {
    let now = ctx.clock.now();
    let Some(token) = store::find_token(&ctx.db, &hash_token(text)).await? else { return Ok(None) };
    let who = token.identity(now, &ctx.zone)?;
    if token.last_used_at.is_none_or(|at| now.since(at) >= TOKEN_TOUCH)
        && let Err(error) = store::touch_token(&ctx.db, &token.id, now).await
    {
        warn!(reason = error.chain(), "it could not be noted that a token was used");
    }
    Ok(Some(who))
}
