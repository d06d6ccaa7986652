//! `/api/v1`: the contract that scripts rely on.

use super::{ListQuery, select};
use crate::model::Settings;
use crate::{board, tiles};
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use hob_base::{Error, Incident, Level, Resource, ResourceId, Transition};
use hob_feature::Ctx;
use hob_web::Answer;
use serde::Deserialize;
use serde_json::{Value, json};

/// The most transitions in one answer.
const TRANSITIONS_MAX: u32 = 1000;

pub(crate) fn routes() -> Router<Ctx> {
    Router::new()
        .route("/api/v1/status", get(status))
        .route("/api/v1/resources", get(resources))
        .route("/api/v1/transitions", get(transitions))
}

/// The state of the house in one sentence, and what is not well.
async fn status(State(ctx): State<Ctx>) -> Answer {
    let settings = tiles::settings(&ctx).await?;
    let house = board::current_house(&ctx).await?;
    let count = |level: Level| house.problems.iter().filter(|(_, r)| r.health.level == level).count();
    let problems: Vec<Value> = house.problems.iter().map(|(_, resource)| tell(resource, &settings)).collect();
    Ok(json_answer(&json!({
        "health": house.level,
        "sentence": house.sentence,
        "critical": count(Level::Critical),
        "warning": count(Level::Warning),
        "unknown": count(Level::Unknown),
        "problems": problems,
        "incidents": house.incidents.iter().map(|incident| tell_incident(incident)).collect::<Vec<_>>(),
    })))
}

fn tell_incident(incident: &Incident) -> Value {
    json!({
        "id": incident.id,
        "title": incident.title,
        "severity": incident.severity,
        "since": incident.began_at.rfc3339(),
    })
}

async fn resources(State(ctx): State<Ctx>, Query(query): Query<ListQuery>) -> Answer {
    let settings = tiles::settings(&ctx).await?;
    let selected = select(&ctx.resources.list(), &settings, &query)?;
    let told: Vec<Value> = selected.iter().map(|resource| tell(resource, &settings)).collect();
    Ok(json_answer(&json!({ "resources": told })))
}

fn tell(resource: &Resource, settings: &Settings) -> Value {
    json!({
        "id": resource.id,
        "kind": resource.id.kind(),
        "name": settings.name_of(resource),
        "health": resource.health.level,
        "reason": resource.health.reason,
        "evidence": resource.health.evidence,
        "remedy": resource.health.remedy,
        "since": resource.since.rfc3339(),
        "depends_on": resource.depends_on,
        "facts": resource.facts,
        "source": resource.source,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TransitionsQuery {
    resource: Option<String>,
    limit: Option<u32>,
}

/// Newest first. The transitions of a resource that was forgotten are still there.
async fn transitions(State(ctx): State<Ctx>, Query(query): Query<TransitionsQuery>) -> Answer {
    let id: Option<ResourceId> = query
        .resource
        .map(|text| text.parse())
        .transpose()
        .map_err(|problem: String| Error::invalid("resource", problem))?;
    let limit = query.limit.unwrap_or(100).clamp(1, TRANSITIONS_MAX);
    let transitions = ctx.resources.transitions(id.as_ref(), limit).await?;
    let told: Vec<Value> = transitions.iter().map(tell_transition).collect();
    Ok(json_answer(&json!({ "transitions": told })))
}

fn tell_transition(transition: &Transition) -> Value {
    json!({
        "resource": transition.resource,
        "at": transition.at.rfc3339(),
        "from": transition.from,
        "to": transition.to,
        "reason": transition.reason,
    })
}

fn json_answer(value: &Value) -> Response {
    Json(value).into_response()
}
