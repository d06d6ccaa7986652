//! Everything that changed, as CSV. Read piece by piece while it is sent, so that years of it take no memory.

use super::report::csv_file;
use crate::model::csv::{Cell, heading, write_line};
use axum::body::Body;
use axum::extract::{Query, State};
use bytes::Bytes;
use futures_util::stream::{self, StreamExt};
use hob_base::uptime::Span;
use hob_base::wording::listed;
use hob_base::{Error, Incident, IncidentId, Level, ResourceId, Result, Timestamp, Transition};
use hob_feature::{Ctx, IncidentQuery};
use hob_web::Answer;
use serde::Deserialize;
use std::time::Duration;

/// How many lines are read at once.
const PIECE: u32 = 1000;
/// What is told where no time is given.
const LATELY: Duration = Duration::from_secs(30 * 86_400);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ExportQuery {
    from: Option<String>,
    to: Option<String>,
    resource: Option<String>,
}

impl ExportQuery {
    fn span(&self, ctx: &Ctx) -> Result<Span> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let to = match given(&self.to) {
            Some(text) => read_time(ctx, "to", &text, true)?,
            None => ctx.clock.now().plus(Duration::from_millis(1)),
        };
        let from = match given(&self.from) {
            Some(text) => read_time(ctx, "from", &text, false)?,
            None => to.minus(LATELY),
        };
        if from >= to {
            return Err(Error::invalid("to", "It must be after “from”."));
        }
        Ok(Span { from, to })
    }

    fn resource(&self) -> Result<Option<ResourceId>> {
        let text = self.resource.as_deref().filter(|text| !text.is_empty());
        text.map(str::parse).transpose().map_err(|problem: String| Error::invalid("resource", problem))
    }
}

/// A day in the house's zone, or a moment. A day as an end belongs to what is asked for.
fn read_time(ctx: &Ctx, field: &str, text: &str, end: bool) -> Result<Timestamp> {
    let wrong =
        || Error::invalid(field, "This is not a time: write for example 2026-11-23 or 2026-11-23T14:00:00Z.");
    let text = text.trim();
    if let Ok(moment) = text.parse::<jiff::Timestamp>() {
        return Ok(Timestamp::from_millis(moment.as_millisecond()));
    }
    let day: jiff::civil::Date =
        text.get(..10).filter(|_| text.len() == 10).ok_or_else(wrong)?.parse().map_err(|_| wrong())?;
    let day = if end { day.tomorrow().map_err(|_| wrong())? } else { day };
    let zoned = day.to_zoned(ctx.zone.clone()).map_err(|_| wrong())?;
    Ok(Timestamp::from_millis(zoned.timestamp().as_millisecond()))
}

/// The transitions of a time, oldest first.
pub(super) async fn transitions(State(ctx): State<Ctx>, Query(query): Query<ExportQuery>) -> Answer {
    let (span, of) = (query.span(&ctx)?, query.resource()?);
    let begin = heading(&["at", "resource", "from", "to", "reason"]);
    // The first piece is read before the answer begins, so that a failure is still an answer.
    let first = ctx.resources.transitions_between(of.as_ref(), span, None, PIECE).await?;
    let rest = stream::try_unfold((ctx, of, last_of(&first)), move |(ctx, of, last)| async move {
        let Some((at, id)) = last else { return Ok(None) };
        let piece = ctx.resources.transitions_between(of.as_ref(), span, Some((at, &id)), PIECE).await?;
        let next = last_of(&piece);
        Ok::<_, Error>((!piece.is_empty()).then(|| (Bytes::from(transition_lines(&piece)), (ctx, of, next))))
    });
    let begin = Bytes::from(begin + &transition_lines(&first));
    let whole = stream::once(async { Ok(begin) }).chain(rest);
    csv_file("transitions.csv", Body::from_stream(whole))
}

/// Where the next piece begins; `None` where this was the last one.
fn last_of(piece: &[Transition]) -> Option<(Timestamp, ResourceId)> {
    let last = piece.last().filter(|_| piece.len() == PIECE as usize)?;
    Some((last.at, last.resource.clone()))
}

fn transition_lines(piece: &[Transition]) -> String {
    let mut out = String::new();
    for transition in piece {
        let cells = [
            Cell::text(transition.at.rfc3339()),
            Cell::text(transition.resource.as_str()),
            transition.from.map_or(Cell::Empty, |level| Cell::text(level.as_str())),
            Cell::text(transition.to.as_str()),
            Cell::text(&transition.reason),
        ];
        write_line(&mut out, &cells);
    }
    out
}

/// The incidents that went on in a time, newest first.
pub(super) async fn incidents(State(ctx): State<Ctx>, Query(query): Query<ExportQuery>) -> Answer {
    let (span, resource) = (query.span(&ctx)?, query.resource()?);
    let begin = heading(&[
        "id",
        "began_at",
        "opened_at",
        "closed_at",
        "duration_s",
        "severity",
        "title",
        "cause",
        "reason",
        "affected",
    ]);
    let ask = IncidentQuery {
        from: Some(span.from),
        to: Some(span.to),
        resource,
        limit: PIECE,
        ..IncidentQuery::default()
    };
    let first = incident_piece(&ctx, ask.clone()).await?;
    let rest = stream::try_unfold((ctx, ask, next_of(&first)), |(ctx, ask, before)| async move {
        let Some(before) = before else { return Ok(None) };
        let piece = incident_piece(&ctx, IncidentQuery { before: Some(before), ..ask.clone() }).await?;
        // A reader that ignores where to go on must not make this endless.
        let next = next_of(&piece).filter(|next| *next < before);
        Ok::<_, Error>((!piece.is_empty()).then(|| (Bytes::from(incident_lines(&piece)), (ctx, ask, next))))
    });
    let begin = Bytes::from(begin + &incident_lines(&first));
    let whole = stream::once(async { Ok(begin) }).chain(rest);
    csv_file("incidents.csv", Body::from_stream(whole))
}

async fn incident_piece(ctx: &Ctx, query: IncidentQuery) -> Result<Vec<std::sync::Arc<Incident>>> {
    match ctx.incidents() {
        Some(reader) => (reader.list)(ctx.clone(), query).await,
        None => Ok(Vec::new()),
    }
}

fn next_of(piece: &[std::sync::Arc<Incident>]) -> Option<IncidentId> {
    piece.iter().map(|incident| incident.id).min()
}

fn incident_lines(piece: &[std::sync::Arc<Incident>]) -> String {
    let mut out = String::new();
    for incident in piece {
        let lasted = incident.closed_at.map(|closed| closed.since(incident.began_at).as_secs());
        let affected: Vec<&str> = incident.others().map(|member| member.resource.as_str()).collect();
        let cells = [
            Cell::Integer(incident.id.0),
            Cell::text(incident.began_at.rfc3339()),
            Cell::text(incident.opened_at.rfc3339()),
            incident.closed_at.map_or(Cell::Empty, |closed| Cell::text(closed.rfc3339())),
            lasted.map_or(Cell::Empty, |seconds| Cell::Integer(i64::try_from(seconds).unwrap_or(i64::MAX))),
            Cell::text(Level::as_str(incident.severity)),
            Cell::text(&incident.title),
            Cell::text(incident.cause.resource.as_str()),
            Cell::text(&incident.cause.reason),
            Cell::text(listed(&affected)),
        ];
        write_line(&mut out, &cells);
    }
    out
}
