//! Who would be told.

use crate::desk::Desk;
use crate::model::route::House;
use crate::model::simulate::{Question, Simulation, simulate};
use crate::pages::{self, SimulateView};
use axum::extract::{Query, State};
use hob_base::error::OrNotFound;
use hob_base::silence::labels_of;
use hob_base::{Error, Level, ResourceId, Result, Timestamp};
use hob_feature::Ctx;
use hob_web::{Answer, Frame};
use jiff::civil::DateTime;
use serde::Deserialize;

/// The question as it is asked.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// Which resource.
    pub(crate) resource: String,
    /// `critical` or `warning`.
    pub(crate) level: String,
    /// `2026-11-23T14:00`; empty for now.
    pub(crate) at: String,
}

pub(super) async fn show(State(ctx): State<Ctx>, frame: Frame, Query(asked): Query<Asked>) -> Answer {
    let answer = if asked.resource.trim().is_empty() { None } else { Some(answer(&ctx, &asked).await) };
    let (simulation, problem) = match answer {
        None => (None, None),
        Some(Ok(simulation)) => (Some(simulation), None),
        Some(Err(error)) => (None, Some(super::sentence(error)?)),
    };
    let mut known: Vec<String> =
        ctx.resources.list().iter().map(|resource| resource.id.to_string()).collect();
    known.sort();
    let view = SimulateView {
        asked: &asked,
        simulation: simulation.as_ref(),
        problem: problem.as_deref(),
        known: &known,
        zone: ctx.zone.iana_name().unwrap_or("UTC"),
    };
    Ok(frame.page("Who would be told?", &pages::simulate(&view)))
}

/// What would happen.
pub(super) async fn answer(ctx: &Ctx, asked: &Asked) -> Result<Simulation> {
    let id: ResourceId =
        asked.resource.trim().parse().map_err(|problem: String| Error::invalid("resource", problem))?;
    let resource = ctx.resources.get(&id).or_not_found("resource", id.as_str())?;
    let level = match asked.level.as_str() {
        "" | "critical" => Level::Critical,
        "warning" => Level::Warning,
        other => {
            let shown: String = other.chars().take(40).collect();
            return Err(Error::invalid(
                "level",
                format!("“{shown}” is not possible here: use critical or warning."),
            ));
        }
    };
    let at = match asked.at.trim() {
        "" => ctx.clock.now(),
        text => moment(text, ctx)?,
    };
    let reader = ctx.incidents().ok_or_else(|| {
        Error::Unavailable("This hub keeps no incidents, so nobody is told of anything.".to_owned())
    })?;
    let notices = (reader.preview)(ctx, &resource, level, at);
    let mut labels = labels_of(&resource);
    labels.insert("health".to_owned(), level.to_string());
    labels.insert("severity".to_owned(), level.to_string());
    let desk = ctx.memory.of::<Desk>();
    let setup = desk.setup(ctx).await?;
    let people = desk.people(ctx).await;
    let house = House { rules: &setup.rules, channels: &setup.faces(), people: &people, zone: &ctx.zone };
    let question = Question {
        notices: &notices,
        subject: id,
        silence: ctx.silences.covering(&labels, at),
        about: &[labels],
        at,
    };
    Ok(simulate(&house, &question, &|name| setup.title(name)))
}

fn moment(text: &str, ctx: &Ctx) -> Result<Timestamp> {
    let wrong = || Error::invalid("at", "Write a date and a time, for example 2026-11-23T14:00.");
    let civil: DateTime = text.parse().map_err(|_| wrong())?;
    let zoned = civil.to_zoned(ctx.zone.clone()).map_err(|_| wrong())?;
    Ok(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
}
