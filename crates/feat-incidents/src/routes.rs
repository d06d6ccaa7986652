//! Pages and API: extract, ask the judge, render. Every form is a plain post that ends in a redirect.

mod api;
mod incident;
mod list;
mod quiet;
mod silences;
mod silences_api;

use crate::desk::Desk;
use crate::live::topic;
use crate::model::deeds::Deed;
use axum::Router;
use axum::routing::{delete, get, post};
use hob_base::{Error, IncidentId, Result, Timestamp};
use hob_feature::identity::Via;
use hob_feature::{Ctx, Identity};
use hob_web::{Frame, live};
use jiff::ToSpan;
use jiff::civil::time;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Where the list of incidents is.
pub(crate) const PATH: &str = "/incidents";
/// Where the list of silences is.
const SILENCES: &str = "/silences";

/// What needs `read` to look and `write` to change.
pub(crate) fn routes(_: &Ctx) -> Router {
    Router::new()
        .route(PATH, get(list::show))
        .route("/incidents/{id}", get(incident::show))
        .route("/incidents/{id}/{deed}", post(incident::act))
        .route(SILENCES, get(silences::show))
        .route("/silences/new", get(silences::new).post(silences::add))
        .route("/silences/{id}/end", post(silences::end))
        .route("/api/v1/incidents", get(api::list))
        .route("/api/v1/incidents/{id}", get(api::show))
        .route("/api/v1/incidents/{id}/{deed}", post(api::act))
        .route("/api/v1/silences", get(silences_api::list).post(silences_api::add))
        .route("/api/v1/silences/{id}", delete(silences_api::end))
}

/// What everybody may do for themselves.
pub(crate) fn personal_routes(_: &Ctx) -> Router {
    Router::new().route("/incidents/quiet", get(quiet::show).post(quiet::save))
}

/// Has the judge do something for who asks, and tells the pages that show the incident.
async fn ask(frame: &Frame, id: IncidentId, deed: Deed) -> Result<IncidentId> {
    let ctx = &frame.ctx;
    let who = frame.identity()?.name.clone();
    let next = ctx.memory.of::<Desk>().ask(id, deed, &who).await?;
    live(ctx).stale(&format!("{}\t{}", topic(id), topic(next)));
    Ok(next)
}

/// The number in an address. What is none is a page that does not exist.
fn number(text: &str) -> Result<IncidentId> {
    let shown: String = text.chars().take(40).collect();
    text.parse().map_err(|_| Error::not_found("incident", shown))
}

/// The end of a time that a form names: `30m`, `2h`, or `morning`, the next time that it is eight o'clock.
fn end_of(text: &str, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    if text == "morning" {
        return morning(now, zone);
    }
    let lasts = hob_base::wording::parse_duration(text).ok()?;
    Some(now.plus(lasts))
}

/// The next time that it is eight o'clock.
fn morning(now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
    let here = now.zoned(zone);
    let at_eight = |day: jiff::civil::Date| day.to_datetime(time(8, 0, 0, 0)).to_zoned(zone.clone()).ok();
    let today = at_eight(here.date())?;
    let next = if today > here { today } else { at_eight(here.date().checked_add(1.day()).ok()?)? };
    Some(Timestamp::from_millis(next.timestamp().as_millisecond()))
}

/// What a message waits for is forgotten after this long.
const KEPT: Duration = Duration::from_secs(60);
/// The most messages that wait.
const MESSAGES_MAX: usize = 200;

/// Why something could not be done, kept for the page to which somebody is sent back. Shown once.
#[derive(Default)]
struct Problems(Mutex<HashMap<String, (Duration, String)>>);

impl Problems {
    fn leave(ctx: &Ctx, who: &Identity, path: &str, text: String) {
        let problems = ctx.memory.of::<Self>();
        let now = ctx.clock.monotonic();
        let mut all = problems.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (at, _)| now.saturating_sub(*at) < KEPT);
        if all.len() < MESSAGES_MAX {
            all.insert(key(who, path), (now, text));
        }
    }

    fn take(frame: &Frame) -> Option<String> {
        let problems = frame.ctx.memory.of::<Self>();
        let key = key(frame.who.as_ref()?, &frame.path);
        let (at, text) = problems.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key)?;
        (frame.ctx.clock.monotonic().saturating_sub(at) < KEPT).then_some(text)
    }
}

fn key(who: &Identity, path: &str) -> String {
    let via = match &who.via {
        Via::Session(id) | Via::Token(id) => id.as_str(),
        Via::Password | Via::LocalSocket => "",
    };
    format!("{via} {path}")
}

/// What is wrong in one sentence, if who asked can do something about it; other errors are the caller's to answer.
fn sentence(error: Error) -> Result<String> {
    match error {
        Error::Invalid { problem, .. } => Ok(problem),
        Error::Conflict(text) | Error::Unavailable(text) => Ok(text),
        other => Err(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn morning_is_the_next_eight_o_clock_here() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at = |text: &str| {
            let at: jiff::Timestamp = text.parse().unwrap();
            Timestamp::from_millis(at.as_millisecond())
        };
        for (now, expected) in [
            ("2026-11-23T02:14:00Z", "2026-11-23T07:00:00Z"),
            ("2026-11-23T06:59:59Z", "2026-11-23T07:00:00Z"),
            ("2026-11-23T07:00:00Z", "2026-11-24T07:00:00Z"),
            // The night in which summer begins.
            ("2026-03-28T22:00:00Z", "2026-03-29T06:00:00Z"),
        ] {
            assert_eq!(end_of("morning", at(now), &zone), Some(at(expected)), "{now}");
        }
        assert_eq!(end_of("30m", at("2026-11-23T02:14:00Z"), &zone), Some(at("2026-11-23T02:44:00Z")));
        assert_eq!(end_of("soon", at("2026-11-23T02:14:00Z"), &zone), None);
    }
}
