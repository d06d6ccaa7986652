//! `/api/v1/incidents`: the contract that scripts rely on.

use super::silences_api::moment;
use super::{ask, number};
use crate::desk::Desk;
use crate::model::deeds::Deed;
use crate::{reader, store};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query};
use axum::response::IntoResponse;
use hob_base::error::OrNotFound;
use hob_base::incident::{Evidence, EvidenceBody, Hush, Member, TimelineEntry};
use hob_base::wording::parse_duration;
use hob_base::{Error, Incident, IncidentId, ResourceId, Result, Timestamp};
use hob_feature::{Ctx, Delivery, DeliveryOutcome, IncidentQuery, Notice};
use hob_web::{Answer, Frame};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// The most incidents in one answer.
const LIMIT_MAX: u32 = 500;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    state: String,
    resource: String,
    from: String,
    to: String,
    before: String,
    limit: Option<u32>,
}

/// Those that are asked for, newest first; open ones alone the worst first.
pub(super) async fn list(frame: Frame, Query(query): Query<ListQuery>) -> Answer {
    let found = find(&frame.ctx, &read(&query)?).await?;
    let ids = found.iter().map(|incident| incident.id);
    let notices = match (ids.clone().min(), ids.max()) {
        (Some(first), Some(last)) => frame.ctx.notices.of_incidents(first, last).await?,
        _ => Vec::new(),
    };
    let deliveries = reader::deliveries(&frame.ctx, &notices).await?;
    let told: Vec<Value> = found
        .iter()
        .map(|incident| {
            let own: Vec<Notice> =
                notices.iter().filter(|notice| notice.incident == Some(incident.id)).cloned().collect();
            tell(incident, &own, &deliveries)
        })
        .collect();
    Ok(Json(json!({ "incidents": told })).into_response())
}

fn read(query: &ListQuery) -> Result<IncidentQuery> {
    let open = match query.state.as_str() {
        "" | "open" => Some(true),
        "closed" => Some(false),
        "all" => None,
        other => {
            let shown: String = other.chars().take(40).collect();
            let problem = format!("“{shown}” is not a state: use open, closed or all.");
            return Err(Error::invalid("state", problem));
        }
    };
    let given = |text: &'_ str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let resource: Option<ResourceId> = given(&query.resource)
        .map(|text| text.parse())
        .transpose()
        .map_err(|problem: String| Error::invalid("resource", problem))?;
    let before: Option<IncidentId> = given(&query.before)
        .map(|text| text.parse())
        .transpose()
        .map_err(|problem: String| Error::invalid("before", problem))?;
    Ok(IncidentQuery {
        open,
        from: given(&query.from).map(|text| moment("from", &text)).transpose()?,
        to: given(&query.to).map(|text| moment("to", &text)).transpose()?,
        resource,
        before,
        limit: query.limit.unwrap_or(100).clamp(1, LIMIT_MAX),
    })
}

/// Open ones come from memory, others from the database.
async fn find(ctx: &Ctx, query: &IncidentQuery) -> Result<Vec<Arc<Incident>>> {
    if query.open != Some(true) {
        return reader::list(ctx, query).await;
    }
    let open = ctx.memory.of::<Desk>().open();
    let wanted = open.iter().filter(|incident| {
        query.to.is_none_or(|to| incident.began_at < to)
            && query.resource.as_ref().is_none_or(|id| incident.has(id))
            && query.before.is_none_or(|before| incident.id < before)
    });
    Ok(wanted.take(query.limit as usize).cloned().collect())
}

pub(super) async fn show(frame: Frame, Path(id): Path<String>) -> Answer {
    Ok(Json(whole(&frame.ctx, number(&id)?).await?).into_response())
}

/// One incident with its timeline.
async fn whole(ctx: &Ctx, id: IncidentId) -> Result<Value> {
    let incident = reader::find(ctx, id).await?.or_not_found("incident", &id.to_string())?;
    let notices = ctx.notices.of_incident(id).await?;
    let timeline = store::list_entries(&ctx.db, id).await?;
    let deliveries = reader::deliveries(ctx, &notices).await?;
    let mut told = tell(&incident, &notices, &deliveries);
    told["timeline"] = timeline.iter().map(tell_entry).collect();
    Ok(told)
}

fn tell(incident: &Incident, notices: &[Notice], deliveries: &[Delivery]) -> Value {
    let cause = &incident.cause;
    let acknowledged = incident.acknowledged.as_ref().map(
        |ack| json!({ "by": ack.by, "at": ack.at.rfc3339(), "until": ack.until.map(Timestamp::rfc3339) }),
    );
    let flapping = incident.flapping.map(|f| json!({ "times": f.times, "since": f.since.rfc3339() }));
    let notified: Vec<Value> = notices
        .iter()
        .map(|n| {
            let ways = deliveries.iter().filter(|delivery| delivery.notice == n.key).map(tell_way);
            let through: Vec<Value> = ways.collect();
            json!({ "at": n.due.rfc3339(), "kind": n.kind, "to": n.to, "title": n.title, "through": through })
        })
        .collect();
    json!({
        "id": incident.id,
        "opened_at": incident.opened_at.rfc3339(),
        "began_at": incident.began_at.rfc3339(),
        "closed_at": incident.closed_at.map(Timestamp::rfc3339),
        "severity": incident.severity,
        "title": incident.title,
        "cause": {
            "id": cause.resource,
            "name": cause.name,
            "reason": cause.reason,
            "evidence": cause.evidence,
            "remedy": cause.remedy,
        },
        "affected": incident.others().map(tell_member).collect::<Vec<_>>(),
        "notified": notified,
        "acknowledged": acknowledged,
        "flapping": flapping,
        "hush": incident.hush.as_ref().map(tell_hush),
        "merged_into": incident.merged_into,
    })
}

fn tell_way(delivery: &Delivery) -> Value {
    let (state, reason) = match &delivery.outcome {
        DeliveryOutcome::Sent => ("sent", None),
        DeliveryOutcome::Waiting(why) => ("waiting", why.as_deref()),
        DeliveryOutcome::Failed(why) => ("failed", Some(why.as_str())),
    };
    json!({ "channel": delivery.channel, "at": delivery.at.rfc3339(), "state": state, "reason": reason })
}

fn tell_member(member: &Member) -> Value {
    json!({
        "id": member.resource,
        "name": member.name,
        "level": member.level,
        "worst": member.worst,
        "role": member.role,
        "reason": member.reason,
        "since": member.since.rfc3339(),
        "recovered_at": member.recovered_at.map(Timestamp::rfc3339),
    })
}

fn tell_hush(hush: &Hush) -> Value {
    match hush {
        Hush::Snoozed { by, until } => json!({ "kind": "snoozed", "by": by, "until": until.rfc3339() }),
        Hush::Muted { by } => json!({ "kind": "muted", "by": by }),
        Hush::Silenced { silence, comment } => {
            json!({ "kind": "silenced", "silence": silence, "comment": comment })
        }
    }
}

fn tell_entry(entry: &TimelineEntry) -> Value {
    json!({
        "at": entry.at.rfc3339(),
        "what": entry.what.as_str(),
        "text": entry.text,
        "by": entry.by,
        "resource": entry.resource,
        "evidence": entry.evidence.iter().map(tell_evidence).collect::<Vec<_>>(),
    })
}

fn tell_evidence(evidence: &Evidence) -> Value {
    match &evidence.body {
        EvidenceBody::Text(text) => json!({ "title": evidence.title, "text": text }),
        EvidenceBody::Series { unit, points } => {
            let points: Vec<Value> = points.iter().map(|(at, value)| json!([at.rfc3339(), value])).collect();
            json!({ "title": evidence.title, "unit": unit, "points": points })
        }
    }
}

/// The body of any deed; each takes what it needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct DeedBody {
    until: Option<String>,
    lasts: Option<String>,
    text: Option<String>,
    into: Option<i64>,
    resources: Option<Vec<String>>,
}

/// Does what a program asks for, and answers with the incident that came of it.
pub(super) async fn act(frame: Frame, Path((id, deed)): Path<(String, String)>, body: Bytes) -> Answer {
    let id = number(&id)?;
    // What needs nothing more may be sent without a body.
    let body: DeedBody = if body.iter().all(u8::is_ascii_whitespace) {
        DeedBody::default()
    } else {
        serde_json::from_slice(&body).map_err(|error| {
            Error::invalid("body", format!("This is not the JSON that is expected: {error}."))
        })?
    };
    let deed = deed_of(&deed, body, frame.ctx.clock.now())?;
    let next = ask(&frame, id, deed).await?;
    Ok(Json(whole(&frame.ctx, next).await?).into_response())
}

fn deed_of(name: &str, body: DeedBody, now: Timestamp) -> Result<Deed> {
    let until = || match (body.until.as_deref(), body.lasts.as_deref()) {
        (Some(_), Some(_)) => Err(Error::invalid("lasts", "Say either until or lasts, not both.")),
        (Some(text), None) => moment("until", text).map(Some),
        (None, Some(text)) => {
            let lasts = parse_duration(text).map_err(|problem| Error::invalid("lasts", problem))?;
            Ok(Some(now.plus(lasts)))
        }
        (None, None) => Ok(None),
    };
    Ok(match name {
        "acknowledge" => Deed::Acknowledge { until: until()? },
        "release" => Deed::Release,
        "snooze" => {
            let missing =
                || Error::invalid("until", "Say until when, or how long it lasts: {\"lasts\": \"30m\"}.");
            Deed::Snooze { until: until()?.ok_or_else(missing)? }
        }
        "mute" => Deed::Mute,
        "unmute" => Deed::Unhush,
        "note" => Deed::Note { text: body.text.unwrap_or_default() },
        "merge" => {
            let into =
                body.into.ok_or_else(|| Error::invalid("into", "Say the number of the other incident."))?;
            Deed::Merge { into: IncidentId(into) }
        }
        "split" => {
            let ids: Result<Vec<ResourceId>, String> =
                body.resources.unwrap_or_default().iter().map(|text| text.parse()).collect();
            Deed::Split { resources: ids.map_err(|problem| Error::invalid("resources", problem))? }
        }
        other => {
            let shown: String = other.chars().take(40).collect();
            return Err(Error::not_found("action", shown));
        }
    })
}
