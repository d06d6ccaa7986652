//! `/silences` and `/silence/{id}`.

use super::SILENCE_BYTES_MAX;
use super::answer::{Refusal, Who, body_of, done, json, unreadable, violation};
use crate::model::filter::{filters, has_all};
use crate::model::silence::{Change, State as Stands, decide, is_uuid, order, uuid};
use crate::model::wire::{GettableSilence, PostedSilence, check_silence};
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use hob_base::wording::tidy;
use hob_base::{Error, Silence};
use hob_feature::{Ctx, Scope};
use ring::rand::{SecureRandom, SystemRandom};
use std::sync::Arc;
use tracing::error;

type Pairs = Query<Vec<(String, String)>>;

fn stands(ctx: &Ctx, silence: &Silence) -> Stands {
    let now = ctx.clock.now();
    Stands::of(silence, ctx.silences.is_active(silence, now), now)
}

fn find(ctx: &Ctx, id: &str) -> Option<Arc<Silence>> {
    ctx.silences.list().into_iter().find(|silence| silence.id == id)
}

pub(super) async fn list(State(ctx): State<Ctx>, who: Who, Query(query): Pairs) -> Result<Response, Refusal> {
    who.needs(&[Scope::Read])?;
    let matchers = filters(&query).map_err(|problem| Refusal::text(StatusCode::BAD_REQUEST, &problem))?;
    let found = ctx.silences.list().into_iter().filter(|silence| has_all(silence, &matchers));
    let mut found: Vec<(Arc<Silence>, Stands)> =
        found.map(|silence| (silence.clone(), stands(&ctx, &silence))).collect();
    found.sort_by_cached_key(|(silence, state)| order(silence, *state));
    let told: Vec<GettableSilence> =
        found.iter().map(|(silence, state)| GettableSilence::new(silence, *state)).collect();
    Ok(json(&told))
}

pub(super) async fn show(
    State(ctx): State<Ctx>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    who.needs(&[Scope::Read])?;
    let silence = find(&ctx, &id).ok_or_else(|| missing(&id))?;
    Ok(json(&GettableSilence::new(&silence, stands(&ctx, &silence))))
}

/// There is no silence of this id, and there may not even be one.
fn missing(id: &str) -> Refusal {
    if is_uuid(id) {
        return Refusal::empty(StatusCode::NOT_FOUND);
    }
    violation((601, format!("silenceID in path must be of type uuid: {:?}", tidy(id, 80))))
}

pub(super) async fn end(
    State(ctx): State<Ctx>,
    who: Who,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    who.needs(&[Scope::Write])?;
    find(&ctx, &id).ok_or_else(|| missing(&id))?;
    if end_one(&ctx, &id).await? {
        return Ok(done());
    }
    Err(set_elsewhere(&id))
}

fn set_elsewhere(id: &str) -> Refusal {
    let text = format!("The silence {} is set in hob.toml and can only be changed there.", tidy(id, 80));
    Refusal::text(StatusCode::INTERNAL_SERVER_ERROR, &text)
}

async fn end_one(ctx: &Ctx, id: &str) -> Result<bool, Refusal> {
    ctx.silences.end(id, ctx.clock.now()).await.map_err(|error| failed(&error))
}

pub(super) async fn post(
    State(ctx): State<Ctx>,
    who: Who,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    who.needs(&[Scope::Write])?;
    let body = body_of(&headers, body, SILENCE_BYTES_MAX).await?;
    if body.trim_ascii().is_empty() {
        return Err(violation((602, "silence in body is required".to_owned())));
    }
    let mut posted: PostedSilence =
        serde_json::from_slice(&body).map_err(|error| unreadable("silence", &error))?;
    check_silence(&posted).map_err(violation)?;
    let named = posted.id.take().filter(|id| !id.is_empty());
    let before = named.as_deref().and_then(|id| find(&ctx, id));
    let before = before.map(|silence| (silence.clone(), stands(&ctx, &silence)));
    let borrowed = before.as_ref().map(|(silence, state)| (&**silence, *state));
    let change = decide(posted, borrowed, &new_id()?, ctx.clock.now())
        .map_err(|problem| Refusal::text(StatusCode::BAD_REQUEST, &problem))?;
    if named.is_some() && before.is_none() {
        return Err(Refusal::text(StatusCode::NOT_FOUND, "silence not found"));
    }
    let id = carry_out(&ctx, change, before.as_ref().map(|(silence, _)| &**silence)).await?;
    Ok(json(&serde_json::json!({ "silenceID": id })))
}

async fn carry_out(ctx: &Ctx, change: Change, before: Option<&Silence>) -> Result<String, Refusal> {
    let silence = match change {
        Change::Make(silence) | Change::Update(silence) => silence,
        Change::Replace(silence) => {
            if let Some(before) = before
                && !end_one(ctx, &before.id).await?
            {
                return Err(set_elsewhere(&before.id));
            }
            silence
        }
    };
    let id = silence.id.clone();
    ctx.silences.save(silence).await.map_err(|error| failed(&error))?;
    Ok(id)
}

fn new_id() -> Result<String, Refusal> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| {
        Refusal::text(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The system gave no random number for the silence's id.",
        )
    })?;
    Ok(uuid(bytes))
}

fn failed(problem: &Error) -> Refusal {
    match problem {
        Error::Invalid { problem, .. } => {
            Refusal::text(StatusCode::BAD_REQUEST, &format!("silence invalid: {problem}"))
        }
        Error::Conflict(text) => Refusal::text(StatusCode::BAD_REQUEST, text),
        other => {
            error!(reason = other.chain(), "a silence could not be kept");
            let text = "Hob could not keep this silence: its database refused. The log has the cause.";
            Refusal::text(StatusCode::INTERNAL_SERVER_ERROR, text)
        }
    }
}
