//! The API of users and tokens, for administrators. Errors are problem+json.

use crate::actions::{self, NewToken, NewUser};
use crate::gate::note_change;
use crate::memory::remembered;
use crate::model::{Token, User};
use crate::store;
use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use hob_base::wording::parse_duration;
use hob_base::{Error, Result, Timestamp};
use hob_feature::{Ctx, Scope};
use hob_web::{Answer, Frame};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenBody {
    name: String,
    scope: String,
    expires_in: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserBody {
    name: String,
    password: String,
    #[serde(default)]
    admin: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UserChange {
    admin: Option<bool>,
    disabled: Option<bool>,
    password: Option<String>,
}

fn token_json(token: &Token) -> Value {
    json!({
        "id": token.id,
        "name": token.name,
        "scope": token.scope.as_str(),
        "created_at": token.created_at.rfc3339(),
        "created_by": token.created_by,
        "expires_at": token.expires_at.map(Timestamp::rfc3339),
        "last_used_at": token.last_used_at.map(Timestamp::rfc3339),
        "revoked_at": token.revoked_at.map(Timestamp::rfc3339),
    })
}

fn user_json(user: &User) -> Value {
    json!({
        "id": user.id,
        "name": user.name,
        "admin": user.is_admin,
        "disabled": user.disabled,
        "created_at": user.created_at.rfc3339(),
    })
}

pub(super) async fn list_tokens(frame: Frame) -> Answer {
    frame.require(Scope::Admin)?;
    let tokens: Vec<Value> = store::list_tokens(&frame.ctx.db).await?.iter().map(token_json).collect();
    Ok(Json(json!({ "tokens": tokens })).into_response())
}

pub(super) async fn add_token(frame: Frame, Json(body): Json<TokenBody>) -> Answer {
    frame.require(Scope::Admin)?;
    let scope = body.scope.parse().map_err(|problem: String| Error::invalid("scope", problem))?;
    let lasts = body.expires_in.as_deref().map(parse_duration).transpose();
    let lasts = lasts.map_err(|problem| Error::invalid("expires_in", problem))?;
    let new = NewToken { name: &body.name, scope, lasts, by: &frame.identity()?.name };
    let (token, text) = actions::add_token(&frame.ctx.db, &frame.ctx.clock, new).await?;
    let mut answer = token_json(&token);
    answer["token"] = json!(text);
    Ok(created(answer))
}

pub(super) async fn revoke_token(frame: Frame, Path(id): Path<String>) -> Answer {
    frame.require(Scope::Admin)?;
    let token = actions::revoke_token(&frame.ctx.db, &frame.ctx.clock, &id).await?;
    note_change(&frame.ctx, &token.id);
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn list_users(frame: Frame) -> Answer {
    frame.require(Scope::Admin)?;
    let users: Vec<Value> = store::list_users(&frame.ctx.db).await?.iter().map(user_json).collect();
    Ok(Json(json!({ "users": users })).into_response())
}

pub(super) async fn add_user(frame: Frame, Json(body): Json<UserBody>) -> Answer {
    frame.require(Scope::Admin)?;
    let ctx = &frame.ctx;
    let new = NewUser { name: &body.name, password: &body.password, is_admin: body.admin };
    let user = actions::add_user(&ctx.db, &ctx.clock, &remembered(ctx).hasher, new).await?;
    Ok(created(user_json(&user)))
}

pub(super) async fn change_user(
    frame: Frame,
    Path(id): Path<String>,
    Json(change): Json<UserChange>,
) -> Answer {
    frame.require(Scope::Admin)?;
    let ctx = &frame.ctx;
    let user = actions::find_user_by_id(&ctx.db, &id).await?;
    let changed = apply(ctx, &user, &change).await;
    // Also where only a part of it was done.
    note_change(ctx, &id);
    changed?;
    Ok(Json(user_json(&actions::find_user_by_id(&ctx.db, &id).await?)).into_response())
}

async fn apply(ctx: &Ctx, user: &User, change: &UserChange) -> Result<()> {
    // The password first: it is the one that may be refused for its own sake, and then nothing is changed.
    if let Some(password) = &change.password {
        actions::set_password(&ctx.db, &remembered(ctx).hasher, user, password, None).await?;
    }
    if let Some(is_admin) = change.admin {
        actions::set_admin(&ctx.db, user, is_admin).await?;
    }
    if let Some(disabled) = change.disabled {
        actions::set_disabled(&ctx.db, user, disabled).await?;
    }
    Ok(())
}

pub(super) async fn delete_user(frame: Frame, Path(id): Path<String>) -> Answer {
    frame.require(Scope::Admin)?;
    let user = actions::find_user_by_id(&frame.ctx.db, &id).await?;
    actions::delete_user(&frame.ctx.db, &user).await?;
    note_change(&frame.ctx, &id);
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn created(value: Value) -> Response {
    (StatusCode::CREATED, Json(value)).into_response()
}
