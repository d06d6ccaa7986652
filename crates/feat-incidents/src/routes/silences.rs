//! The pages of silences.

use super::{Problems, SILENCES};
use crate::pages::{self, SilenceForm, SilencePage};
use axum::Form;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect};
use hob_base::silence::Matcher;
use hob_base::wording::{parse_duration, tidy};
use hob_base::{Error, Result, Silence, Timestamp};
use hob_feature::silences::MATCHERS_MAX;
use hob_feature::{Ctx, Scope};
use hob_web::{Answer, Frame};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// The longest reason in characters.
pub(super) const COMMENT_MAX: usize = 300;

pub(super) async fn show(frame: Frame) -> Answer {
    let problem = Problems::take(&frame);
    let page = SilencePage {
        all: &frame.ctx.silences.list(),
        may_write: frame.may(Scope::Write),
        problem: problem.as_deref(),
    };
    Ok(frame.page("Silences and planned work", &pages::silences(&page, &frame.ctx)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NewQuery {
    resource: String,
    maintenance: String,
}

pub(super) async fn new(frame: Frame, Query(query): Query<NewQuery>) -> Answer {
    frame.require(Scope::Write)?;
    // The text of a matcher is quoted as JSON is.
    let quoted = |text: &str| serde_json::to_string(text).unwrap_or_default();
    let resource: String = query.resource.chars().take(512).collect();
    let form = SilenceForm {
        matchers: if resource.is_empty() { String::new() } else { format!("resource={}", quoted(&resource)) },
        maintenance: query.maintenance,
        ..SilenceForm::default()
    };
    Ok(frame.page("New silence", &pages::new_silence(&form, None, &frame.ctx)))
}

pub(super) async fn add(frame: Frame, Form(form): Form<SilenceForm>) -> Answer {
    let ctx = &frame.ctx;
    let who = frame.identity()?.name.clone();
    let saved = match read(&form, &who, ctx.clock.now(), &ctx.zone) {
        Ok(silence) => ctx.silences.save(Silence { id: new_id(ctx)?, ..silence }).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(()) => Ok(Redirect::to(SILENCES).into_response()),
        Err(Error::Invalid { field, problem }) => {
            let body = pages::new_silence(&form, Some((&field, &problem)), ctx);
            let mut again = frame.page("New silence", &body);
            *again.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(again)
        }
        Err(other) => Err(other.into()),
    }
}

pub(super) async fn end(frame: Frame, Path(id): Path<String>) -> Answer {
    if let Err(error) = end_silence(&frame.ctx, &id).await {
        Problems::leave(&frame.ctx, frame.identity()?, SILENCES, super::sentence(error)?);
    }
    Ok(Redirect::to(SILENCES).into_response())
}

/// Ends a silence that people made.
pub(super) async fn end_silence(ctx: &Ctx, id: &str) -> Result<()> {
    if ctx.silences.end(id, ctx.clock.now()).await? {
        return Ok(());
    }
    if ctx.silences.list().iter().any(|silence| silence.id == id) {
        let text = "This stands in hob.toml, so it can only be changed there.";
        return Err(Error::Conflict(text.to_owned()));
    }
    let shown: String = id.chars().take(60).collect();
    Err(Error::not_found("silence", shown))
}

/// A UUID, version 4 (RFC 9562, section 5.4), as clients of Alertmanager expect.
pub(super) fn new_id(ctx: &Ctx) -> Result<String> {
    let mut bytes: [u8; 16] = ctx.sealer.random_bytes()?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}

/// What the form means; the id is given later.
fn read(form: &SilenceForm, who: &str, now: Timestamp, zone: &TimeZone) -> Result<Silence> {
    let comment = tidy(&form.comment, COMMENT_MAX);
    if comment.is_empty() {
        return Err(Error::invalid("comment", "Say why, in a few words, for who wonders later."));
    }
    let recurs = windows(&form.recurs)?;
    Ok(Silence {
        id: String::new(),
        matchers: matchers(form.matchers.lines())?,
        starts_at: now,
        ends_at: end_of_form(form, recurs.is_some(), now, zone)?,
        recurs,
        maintenance: !form.maintenance.is_empty(),
        created_by: who.to_owned(),
        comment,
        updated_at: now,
    })
}

/// The matchers, one a line.
pub(super) fn matchers<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Vec<Matcher>> {
    let lines: Vec<&str> = lines.map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() {
        return Err(Error::invalid("matchers", "Say for what, such as resource=\"host/home/nas\"."));
    }
    if lines.len() > MATCHERS_MAX {
        return Err(Error::invalid("matchers", format!("At most {MATCHERS_MAX} conditions are possible.")));
    }
    let read =
        lines.into_iter().map(|line| line.parse().map_err(|problem: String| wrong("matchers", &problem)));
    read.collect()
}

/// The windows, one a line; `None` for all the time.
pub(super) fn windows(text: &str) -> Result<Option<String>> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).take(51).collect();
    if lines.len() > 50 {
        return Err(Error::invalid("recurs", "At most 50 windows are possible."));
    }
    for line in &lines {
        recurrence::Window::parse(line).map_err(|error| wrong("recurs", &error.to_string()))?;
    }
    Ok((!lines.is_empty()).then(|| lines.join("\n")))
}

/// A clause about a field as a sentence.
fn wrong(field: &str, clause: &str) -> Error {
    let mut letters = clause.trim_end_matches('.').chars();
    let first: String = letters.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
    Error::invalid(field, format!("{first}{}.", letters.as_str()))
}

fn end_of_form(
    form: &SilenceForm,
    recurs: bool,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<Option<Timestamp>> {
    let end = match (form.until_at.trim(), form.until.as_str()) {
        ("", "never") if recurs => return Ok(None),
        ("", "never") => {
            let text = "Without windows it needs an end, so that it is not forgotten; choose one.";
            return Err(Error::invalid("until", text));
        }
        ("", text) => now.plus(parse_duration(text).map_err(|problem| Error::invalid("until", problem))?),
        (at, _) => {
            let at: Result<DateTime, _> = at.parse();
            let zoned = at.ok().and_then(|at| at.to_zoned(zone.clone()).ok());
            let zoned = zoned
                .ok_or_else(|| Error::invalid("until", "Write date and time, such as 2026-11-23T14:30."))?;
            Timestamp::from_millis(zoned.timestamp().as_millisecond())
        }
    };
    if end <= now {
        return Err(Error::invalid("until", "This time has passed already; choose a later one."));
    }
    Ok(Some(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 23 November 2026, 02:14 UTC.
    const NOW: Timestamp = Timestamp::from_millis(1_795_400_040_000);

    fn form(until: &str, until_at: &str, recurs: &str) -> SilenceForm {
        SilenceForm {
            matchers: "kind=\"service\"\n\nname=~\"photos.*\"".to_owned(),
            comment: " Moving\n house ".to_owned(),
            until: until.to_owned(),
            until_at: until_at.to_owned(),
            recurs: recurs.to_owned(),
            maintenance: String::new(),
        }
    }

    fn wrong_field(form: &SilenceForm) -> String {
        match read(form, "anna", NOW, &TimeZone::UTC) {
            Err(Error::Invalid { field, .. }) => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_form_becomes_a_silence() {
        let silence = read(&form("4h", "", ""), "anna", NOW, &TimeZone::UTC).unwrap();
        assert_eq!((silence.matchers.len(), silence.comment.as_str()), (2, "Moving house"));
        assert_eq!(silence.ends_at, Some(NOW.plus(std::time::Duration::from_secs(4 * 3600))));
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let at = read(&form("1h", "2026-11-23T14:30", ""), "anna", NOW, &zone).unwrap();
        assert_eq!(at.ends_at.unwrap().rfc3339(), "2026-11-23T13:30:00.000Z");
        let weekly = read(&form("never", "", "Sun 02:00-04:00\n"), "anna", NOW, &zone).unwrap();
        assert_eq!((weekly.ends_at, weekly.recurs.as_deref()), (None, Some("Sun 02:00-04:00")));
    }

    #[test]
    fn mistakes_name_their_field() {
        for (wrong, field) in [
            (form("never", "", ""), "until"),
            (form("1h", "tomorrow", ""), "until"),
            (form("1h", "2020-01-01T00:00", ""), "until"),
            (form("soon", "", ""), "until"),
            (form("1h", "", "whenever"), "recurs"),
            (SilenceForm { matchers: " \n".to_owned(), ..form("1h", "", "") }, "matchers"),
            (SilenceForm { matchers: "kind".to_owned(), ..form("1h", "", "") }, "matchers"),
            (SilenceForm { comment: String::new(), ..form("1h", "", "") }, "comment"),
        ] {
            assert_eq!(wrong_field(&wrong), field, "{wrong:?}");
        }
    }
}
