//! The API of silences.

use super::silences::{COMMENT_MAX, end_silence, matchers, new_id, windows};
use crate::pages::{is_fixed, silence_state};
use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use hob_base::silence::Matcher;
use hob_base::wording::{parse_duration, tidy};
use hob_base::{Error, Result, Silence, Timestamp};
use hob_feature::Ctx;
use hob_web::{Answer, Frame};
use serde::Deserialize;
use serde_json::{Value, json};

/// A condition, as text or in Alertmanager's form.
#[derive(Deserialize)]
#[serde(untagged)]
enum AnyMatcher {
    Text(String),
    Parts(Matcher),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Body {
    matchers: Vec<AnyMatcher>,
    #[serde(default)]
    comment: String,
    starts_at: Option<String>,
    ends_at: Option<String>,
    lasts: Option<String>,
    #[serde(default)]
    recurs: Vec<String>,
    #[serde(default)]
    maintenance: bool,
}

fn told(silence: &Silence, ctx: &Ctx) -> Value {
    json!({
        "id": silence.id,
        "state": silence_state(silence, ctx).as_str(),
        "matchers": silence.matchers,
        "comment": silence.comment,
        "created_by": silence.created_by,
        "starts_at": silence.starts_at.rfc3339(),
        "ends_at": silence.ends_at.map(Timestamp::rfc3339),
        "recurs": silence.recurs.as_deref().unwrap_or_default().lines().collect::<Vec<_>>(),
        "maintenance": silence.maintenance,
        "updated_at": silence.updated_at.rfc3339(),
        "read_only": is_fixed(silence),
    })
}

pub(super) async fn list(frame: Frame) -> Answer {
    let all: Vec<Value> = frame.ctx.silences.list().iter().map(|silence| told(silence, &frame.ctx)).collect();
    Ok(Json(json!({ "silences": all })).into_response())
}

pub(super) async fn add(frame: Frame, Json(body): Json<Body>) -> Answer {
    let ctx = &frame.ctx;
    let silence = read(body, &frame.identity()?.name, ctx)?;
    ctx.silences.save(silence.clone()).await?;
    Ok((StatusCode::CREATED, Json(told(&silence, ctx))).into_response())
}

pub(super) async fn end(frame: Frame, Path(id): Path<String>) -> Answer {
    end_silence(&frame.ctx, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn read(body: Body, who: &str, ctx: &Ctx) -> Result<Silence> {
    let now = ctx.clock.now();
    let mut conditions = Vec::new();
    for matcher in body.matchers {
        match matcher {
            AnyMatcher::Text(text) => conditions.extend(matchers([text.as_str()].into_iter())?),
            AnyMatcher::Parts(matcher) => conditions.push(matcher),
        }
    }
    let starts_at =
        body.starts_at.as_deref().map(|text| moment("starts_at", text)).transpose()?.unwrap_or(now);
    let ends_at = match (body.ends_at.as_deref(), body.lasts.as_deref()) {
        (Some(_), Some(_)) => return Err(Error::invalid("lasts", "Say either ends_at or lasts, not both.")),
        (Some(text), None) => Some(moment("ends_at", text)?),
        (None, Some(text)) => {
            let lasts = parse_duration(text).map_err(|problem| Error::invalid("lasts", problem))?;
            Some(starts_at.plus(lasts))
        }
        (None, None) => None,
    };
    if ends_at.is_some_and(|end| end <= now) {
        return Err(Error::invalid("ends_at", "This time has passed already; choose a later one."));
    }
    Ok(Silence {
        id: new_id(ctx)?,
        matchers: conditions,
        starts_at,
        ends_at,
        recurs: windows(&body.recurs.join("\n"))?,
        maintenance: body.maintenance,
        created_by: who.to_owned(),
        comment: tidy(&body.comment, COMMENT_MAX),
        updated_at: now,
    })
}

/// A moment in the form of RFC 3339.
pub(super) fn moment(field: &str, text: &str) -> Result<Timestamp> {
    let at: Result<jiff::Timestamp, _> = text.parse();
    let at =
        at.map_err(|_| Error::invalid(field, "Write a time as RFC 3339 has it: 2026-11-23T14:30:00Z."))?;
    Ok(Timestamp::from_millis(at.as_millisecond()))
}
