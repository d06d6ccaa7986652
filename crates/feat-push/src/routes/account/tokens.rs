//! Tokens that people make for their clients.

use super::super::asking::{Answered, PersonAsking, Told, body, json, success};
use crate::model::account::{
    TOKEN_LASTS, TOKENS_MAX, Token, clean_label, is_push_token, token_from, token_hash, token_hint,
};
use crate::store::tokens as store;
use axum::body::Body;
use hob_base::{Error, Result, Timestamp};
use hob_feature::{Ctx, IdentityChanges};
use ntfy_protocol::refusal;
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// ntfy's `apiAccountTokenResponse`.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    token: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_access: Option<i64>,
    #[serde(skip_serializing_if = "String::is_empty")]
    last_origin: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<i64>,
}

impl Shown {
    fn of(token: &Token, text: &str) -> Self {
        Self {
            token: text.to_owned(),
            label: token.label.clone(),
            last_access: token.last_access_at.map(seconds),
            last_origin: token.last_origin.clone(),
            expires: token.expires_at.map(seconds),
        }
    }
}

fn seconds(at: Timestamp) -> i64 {
    at.millis().div_euclid(1000)
}

/// What a client says of a token: 0 is no end, nothing is ntfy's three days.
fn end(said: Option<i64>, now: Timestamp) -> Option<Timestamp> {
    match said {
        Some(0) => None,
        Some(at) => Some(Timestamp::from_millis(at.saturating_mul(1000))),
        None => Some(now.plus(TOKEN_LASTS)),
    }
}

/// A person's tokens, without the secrets.
pub(super) async fn list(ctx: &Ctx, person: &str) -> Result<Vec<Shown>> {
    let tokens = store::tokens(&ctx.db, Some(person)).await?;
    let now = ctx.clock.now();
    Ok(tokens.iter().filter(|token| token.is_live(now)).map(|token| Shown::of(token, &token.hint)).collect())
}

/// Makes a token for a person: what is known of it, and itself, which is known only now.
pub(crate) async fn make_token(
    ctx: &Ctx,
    person: &str,
    label: &str,
    expires_at: Option<Timestamp>,
    origin: Option<IpAddr>,
) -> Result<(Token, String)> {
    let no_randomness = || Error::internal("Making a push token", "the system gave no random bytes");
    let mut random = [0; 128];
    SystemRandom::new().fill(&mut random).map_err(|_| no_randomness())?;
    let text = token_from(&random[..96]).ok_or_else(no_randomness)?;
    let now = ctx.clock.now();
    let token = Token {
        id: random[96..112].iter().map(|b| format!("{b:02x}")).collect(),
        hint: token_hint(&text),
        person: person.to_owned(),
        label: clean_label(label),
        created_at: now,
        expires_at,
        last_access_at: origin.map(|_| now),
        last_origin: origin.map_or_else(String::new, |address| address.to_canonical().to_string()),
    };
    let gone = store::add_token(&ctx.db, &token, &token_hash(&text), TOKENS_MAX).await?;
    gone.iter().for_each(|id| ctx.memory.of::<IdentityChanges>().note(id));
    Ok((token, text))
}

/// Removes a token of a person; `false` when there is none of this id.
pub(crate) async fn remove_token(ctx: &Ctx, person: &str, id: &str) -> Result<bool> {
    let removed = store::remove_token(&ctx.db, person, id).await?;
    ctx.memory.of::<IdentityChanges>().note(id);
    Ok(removed)
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    token: String,
    label: Option<String>,
    expires: Option<i64>,
}

pub(super) async fn make(person: PersonAsking, request: Body) -> Answered {
    let wanted: Wanted = body(request).await?;
    let ctx = &person.asking.ctx;
    let expires_at = end(wanted.expires, ctx.clock.now());
    let origin = person.asking.visitor.address();
    let label = wanted.label.unwrap_or_default();
    let (token, text) = make_token(ctx, &person.id, &label, expires_at, origin).await?;
    json(&Shown::of(&token, &text))
}

/// The token that is meant: the one named (itself, or as lists show it), otherwise the one that was shown.
async fn meant(person: &PersonAsking, named: &str) -> Result<Option<Token>, Told> {
    let ctx = &person.asking.ctx;
    let own = store::tokens(&ctx.db, Some(&person.id)).await?;
    let shown = person.known()?.push_token.as_deref();
    if named.is_empty() {
        let shown = shown.ok_or(Told(refusal::NO_TOKEN_PROVIDED))?;
        return Ok(own.into_iter().find(|token| token.id == shown));
    }
    if is_push_token(named) {
        let found = store::find_token(&ctx.db, &token_hash(named)).await?;
        return Ok(found.filter(|token| token.person == person.id));
    }
    Ok(own.into_iter().find(|token| token.hint == named))
}

pub(super) async fn change(person: PersonAsking, request: Body) -> Answered {
    let wanted: Wanted = body(request).await?;
    let ctx = &person.asking.ctx;
    let mut token = meant(&person, &wanted.token).await?.ok_or(Told(refusal::NOT_FOUND))?;
    if wanted.expires.is_some() || wanted.label.is_none() {
        token.expires_at = end(wanted.expires, ctx.clock.now());
    }
    if let Some(label) = &wanted.label {
        token.label = clean_label(label);
    }
    store::change_token(&ctx.db, &token.id, &token.label, token.expires_at).await?;
    ctx.memory.of::<IdentityChanges>().note(&token.id);
    let text = if is_push_token(&wanted.token) { &wanted.token } else { &token.hint };
    json(&Shown::of(&token, text))
}

pub(super) async fn remove(person: PersonAsking) -> Answered {
    let named = person.asking.header(&["x-token", "token"]).unwrap_or_default();
    // Removed twice is removed.
    if let Some(token) = meant(&person, named).await? {
        remove_token(&person.asking.ctx, &person.id, &token.id).await?;
    }
    success()
}
