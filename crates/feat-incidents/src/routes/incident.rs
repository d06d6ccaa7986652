//! The page of one incident, and what people do there.

use super::{Problems, ask, end_of, number, sentence};
use crate::desk::Desk;
use crate::model::deeds::Deed;
use crate::pages::{self, ACKNOWLEDGE, SNOOZE};
use crate::{reader, store};
use axum::Form;
use axum::extract::Path;
use axum::response::{IntoResponse, Redirect};
use hob_base::error::OrNotFound;
use hob_base::{Error, ResourceId, Result, Timestamp};
use hob_feature::{Ctx, Scope};
use hob_web::{Answer, Frame};

/// One incident, its timeline and its notices: four questions to the database at most.
pub(super) async fn show(frame: Frame, Path(id): Path<String>) -> Answer {
    let ctx = &frame.ctx;
    let id = number(&id)?;
    let incident = reader::find(ctx, id).await?.or_not_found("incident", &id.to_string())?;
    let timeline = store::list_entries(&ctx.db, id).await?;
    let notices = ctx.notices.of_incident(id).await?;
    let deliveries = reader::deliveries(ctx, &notices).await?;
    let problem = Problems::take(&frame);
    let page = pages::Page {
        incident: &incident,
        timeline: &timeline,
        notices: &notices,
        deliveries: &deliveries,
        open: &ctx.memory.of::<Desk>().open(),
        may_write: frame.may(Scope::Write),
        problem: problem.as_deref(),
    };
    Ok(frame.page(&incident.title, &pages::incident(&page, ctx)))
}

/// Does what a form asks for, and leads to the incident that came of it.
pub(super) async fn act(
    frame: Frame,
    Path((id, deed)): Path<(String, String)>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Answer {
    let id = number(&id)?;
    let here = format!("/incidents/{id}");
    let done = match deed_of(&deed, &fields, &frame.ctx) {
        Ok(Some(deed)) => ask(&frame, id, deed).await,
        Ok(None) => return Err(Error::not_found("page", format!("{here}/{deed}")).into()),
        Err(error) => Err(error),
    };
    match done {
        Ok(next) => Ok(Redirect::to(&format!("/incidents/{next}")).into_response()),
        Err(error) => {
            Problems::leave(&frame.ctx, frame.identity()?, &here, sentence(error)?);
            Ok(Redirect::to(&here).into_response())
        }
    }
}

/// What a form asks for; `None` for a form that does not exist.
fn deed_of(name: &str, fields: &[(String, String)], ctx: &Ctx) -> Result<Option<Deed>> {
    let field = |key: &str| fields.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value.trim());
    let now = ctx.clock.now();
    let until = |known: &[(&str, &str)]| -> Result<Timestamp> {
        let text = field("until");
        let end = known.iter().any(|(key, _)| *key == text).then(|| end_of(text, now, &ctx.zone)).flatten();
        end.ok_or_else(|| Error::invalid("until", "Choose for how long."))
    };
    Ok(Some(match name {
        "acknowledge" if field("until") == "over" => Deed::Acknowledge { until: None },
        "acknowledge" => Deed::Acknowledge { until: Some(until(&ACKNOWLEDGE)?) },
        "release" => Deed::Release,
        "snooze" => Deed::Snooze { until: until(&SNOOZE)? },
        "mute" => Deed::Mute,
        "unmute" => Deed::Unhush,
        "note" => Deed::Note { text: field("text").to_owned() },
        "merge" => {
            let into = field("into").parse();
            Deed::Merge { into: into.map_err(|problem: String| Error::invalid("into", problem))? }
        }
        "split" => {
            let chosen = fields.iter().filter(|(name, _)| name == "resource");
            let ids: Result<Vec<ResourceId>, String> = chosen.map(|(_, value)| value.parse()).collect();
            Deed::Split { resources: ids.map_err(|problem| Error::invalid("resources", problem))? }
        }
        _ => return Ok(None),
    }))
}
