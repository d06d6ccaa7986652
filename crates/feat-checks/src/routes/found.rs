//! Adjusting checks that were found.

use crate::added;
use crate::form::Entered;
use crate::model::adjust::Override;
use crate::model::definition::mistakes::Mistake;
use crate::model::definition::{ADDED_SCOPE, CONFIG_SCOPE};
use crate::pages::edit::{Adjusting, adjust, override_entered};
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use hob_base::error::OrNotFound;
use hob_base::wording::parse_duration;
use hob_base::{Error, ResourceId, Result};
use hob_feature::{CheckSpec, Ctx, Scope};
use hob_web::{Answer, Frame};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

fn find(ctx: &Ctx, id: &str) -> Result<(ResourceId, Arc<CheckSpec>)> {
    let id: ResourceId = id.parse().ok().or_not_found("check", id)?;
    let spec = ctx.checks.find(&id).or_not_found("check", id.as_str())?;
    match id.scope() {
        CONFIG_SCOPE => {
            Err(Error::Conflict(format!("{id} stands in hob.toml: change it there and start Hob again.")))
        }
        ADDED_SCOPE => Err(Error::Conflict(format!("{id} was made by hand: edit it instead."))),
        _ => Ok((id, spec)),
    }
}

fn show(frame: &Frame, id: &ResourceId, spec: &CheckSpec, entered: &Entered, wrong: &[Mistake]) -> Response {
    let name = frame.ctx.resources.get(id).map_or_else(|| id.to_string(), |resource| resource.name.clone());
    frame.page("Adjust a check", &adjust(&Adjusting { id, name: &name, spec, entered, wrong }))
}

pub(super) async fn form(frame: Frame, Path(id): Path<String>) -> Answer {
    frame.require(Scope::Write)?;
    added::known(&frame.ctx).await?;
    let (id, spec) = find(&frame.ctx, &id)?;
    let wanted = added::override_of(&frame.ctx, &id).unwrap_or_default();
    Ok(show(&frame, &id, &spec, &override_entered(&wanted), &[]))
}

pub(super) async fn change(
    frame: Frame,
    Path(id): Path<String>,
    Form(fields): Form<BTreeMap<String, String>>,
) -> Answer {
    let (id, spec) = find(&frame.ctx, &id)?;
    let entered = Entered(fields);
    match read(&entered) {
        Ok(wanted) => {
            added::set_override(&frame.ctx, &id, wanted).await?;
            Ok(Redirect::to("/checks?said=adjusted").into_response())
        }
        Err(wrong) => {
            let mut response = show(&frame, &id, &spec, &entered, &wrong);
            *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(response)
        }
    }
}

fn read(entered: &Entered) -> Result<Override, Vec<Mistake>> {
    let mut wrong = Vec::new();
    let mut duration = |field: &'static str| -> Option<Duration> {
        let text = entered.get(field).trim();
        if text.is_empty() {
            return None;
        }
        let parsed = parse_duration(text);
        if parsed.is_err() {
            let problem = "write a number and a unit, such as 30s, 5m or 2h".to_owned();
            wrong.push(Mistake { field, problem });
        }
        parsed.ok()
    };
    let (every, timeout) = (duration("interval"), duration("timeout"));
    let failures = match entered.get("failures").trim() {
        "" => None,
        // What is no number is out of range with the rest.
        text => Some(text.parse().unwrap_or(0)),
    };
    let wanted = Override { every, timeout, failures, paused: !entered.get("paused").is_empty() };
    wrong.extend(wanted.mistakes());
    if wrong.is_empty() { Ok(wanted) } else { Err(wrong) }
}
