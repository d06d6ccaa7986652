//! The pages and their forms.

use super::{PATH, site};
use crate::book::Job;
use crate::desk::{Desk, desk};
use crate::model::definition::{Definition, Origin, read_schedule, read_tags, slug_for};
use crate::model::judge::page_of;
use crate::pages::{self, Form, ListView, OneView, Wrong, list_view};
use crate::store;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use hob_base::{Error, Result};
use hob_feature::{Ctx, Scope};
use hob_web::{Answer, Frame};
use recurrence::{Length, Zone};
use serde::Deserialize;
use std::sync::Arc;

/// How much of each body is shown on the page of a job, in bytes.
const SHOWN_BYTES: i64 = 4000;

/// What the list is narrowed by.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Narrow {
    q: String,
    tag: String,
}

pub(super) async fn list(
    State(ctx): State<Ctx>,
    frame: Frame,
    headers: HeaderMap,
    Query(narrow): Query<Narrow>,
) -> Answer {
    let desk = desk(&ctx).await?;
    let now = ctx.clock.now();
    let view: ListView = desk.read(|book| list_view(book, now, &narrow.q, &narrow.tag))?;
    let key = if frame.may(Scope::Write) { Some(desk.read(|book| book.key())?) } else { None };
    let body = pages::list(&ctx, &view, key.as_deref(), &site(&headers));
    Ok(frame.page("Scheduled jobs", &body))
}

/// The job, if there is one of this name.
async fn open(ctx: &Ctx, handle: &str) -> Result<(Arc<Desk>, Job)> {
    let desk = desk(ctx).await?;
    let job = desk.find(handle)?;
    Ok((desk, job))
}

pub(super) async fn show(
    State(ctx): State<Ctx>,
    frame: Frame,
    headers: HeaderMap,
    Path(handle): Path<String>,
) -> Answer {
    let (desk, job) = open(&ctx, &handle).await?;
    // What was just reported is to be seen; if the database refuses, the rest is.
    let _ = desk.flush(&ctx).await;
    let pings = store::list_pings(&ctx.db, job.id, job.state.pings, SHOWN_BYTES).await?;
    let key = desk.read(|book| book.key())?;
    let view = OneView {
        job: &job,
        pings: &pings,
        site: &site(&headers),
        key: &key,
        may_write: frame.may(Scope::Write),
    };
    Ok(frame.page(job.definition.title(), &pages::one(&ctx, &view)))
}

/// The whole body of a ping, as text that a browser only shows.
pub(super) async fn body(State(ctx): State<Ctx>, Path((handle, n)): Path<(String, u64)>) -> Answer {
    let (desk, job) = open(&ctx, &handle).await?;
    let _ = desk.flush(&ctx).await;
    let body = store::find_body(&ctx.db, job.id, n).await?;
    let body = body.ok_or_else(|| Error::not_found("kept body of ping", n.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response())
}

pub(super) async fn ask_new(State(ctx): State<Ctx>, frame: Frame) -> Answer {
    frame.require(Scope::Write)?;
    let body = pages::new_form(&Form::fresh(), None, &zone_of(&ctx));
    Ok(frame.page("New scheduled job", &body))
}

fn zone_of(ctx: &Ctx) -> String {
    ctx.zone.iana_name().unwrap_or("UTC").to_owned()
}

/// What a form says, or the field in which something is wrong.
fn read_form(form: &Form, base: &Definition) -> std::result::Result<Definition, Wrong> {
    let wrong = |field: &str, problem: String| Wrong { field: field.to_owned(), problem };
    let name = form.name.trim();
    if name.is_empty() {
        return Err(wrong("name", "Give it a name, for example “Backup of the NAS”.".to_owned()));
    }
    let slug = form.slug.trim();
    let slug = if slug.is_empty() { slug_for(name) } else { slug.to_owned() };
    if slug.is_empty() {
        let text = "Nothing of its name can stand in an address. Write for example “backup-nas”.";
        return Err(wrong("slug", text.to_owned()));
    }
    let schedule = read_schedule(&form.schedule).map_err(|problem| wrong("schedule", problem))?;
    let grace = Length::parse(&form.grace).map_err(|error| wrong("grace", error.to_string()))?;
    let zone = form.tz.trim();
    let zone = if zone.is_empty() {
        None
    } else {
        Some(Zone::parse(zone).map_err(|error| wrong("tz", error.to_string()))?)
    };
    let words = form.needs.split(|c: char| c.is_whitespace() || c == ',').filter(|word| !word.is_empty());
    let needs = words.map(str::parse).collect::<std::result::Result<_, String>>();
    let mut definition = Definition {
        name: name.to_owned(),
        slug,
        tags: read_tags(&form.tags),
        about: form.about.trim().replace("\r\n", "\n"),
        schedule,
        grace,
        manual_resume: form.manual_resume.is_some(),
        only_post: form.only_post.is_some(),
        success_kw: form.success_kw.trim().to_owned(),
        failure_kw: form.failure_kw.trim().to_owned(),
        start_kw: form.start_kw.trim().to_owned(),
        needs: needs.map_err(|problem| wrong("needs", problem))?,
        origin: base.origin,
    };
    if zone.is_some() {
        definition.set_zone(zone);
    }
    definition.check().map_err(|(field, problem)| wrong(field, problem))?;
    Ok(definition)
}

/// What is wrong with a field, to be shown beside it; any other error is the caller's to answer.
fn wrong_field(error: Error) -> Result<Wrong> {
    match error {
        Error::Invalid { field, problem } => Ok(Wrong { field, problem }),
        other => Err(other),
    }
}

fn again(mut page: Response) -> Response {
    *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    page
}

pub(super) async fn add(State(ctx): State<Ctx>, frame: Frame, form: axum::Form<Form>) -> Answer {
    let desk = desk(&ctx).await?;
    let base = Definition { origin: Origin::Page, ..Definition::default() };
    let wrong = match read_form(&form, &base) {
        Err(wrong) => wrong,
        Ok(definition) => match desk.add(&ctx, definition, None).await {
            Ok(job) => return Ok(Redirect::to(&page_of(&job.handle)).into_response()),
            Err(error) => wrong_field(error)?,
        },
    };
    let body = pages::new_form(&form, Some(&wrong), &zone_of(&ctx));
    Ok(again(frame.page("New scheduled job", &body)))
}

pub(super) async fn ask_change(State(ctx): State<Ctx>, frame: Frame, Path(handle): Path<String>) -> Answer {
    frame.require(Scope::Write)?;
    let (_, job) = open(&ctx, &handle).await?;
    let body = pages::edit_form(&job, &Form::of(&job.definition), None, &zone_of(&ctx));
    Ok(frame.page("Change a scheduled job", &body))
}

pub(super) async fn change(
    State(ctx): State<Ctx>,
    frame: Frame,
    Path(handle): Path<String>,
    form: axum::Form<Form>,
) -> Answer {
    let (desk, job) = open(&ctx, &handle).await?;
    let wrong = match read_form(&form, &job.definition) {
        Err(wrong) => wrong,
        Ok(definition) => match desk.redefine(&ctx, &handle, definition).await {
            Ok(job) => return Ok(Redirect::to(&page_of(&job.handle)).into_response()),
            Err(error) => wrong_field(error)?,
        },
    };
    let body = pages::edit_form(&job, &form, Some(&wrong), &zone_of(&ctx));
    Ok(again(frame.page("Change a scheduled job", &body)))
}

pub(super) async fn pause(State(ctx): State<Ctx>, frame: Frame, Path(handle): Path<String>) -> Answer {
    let desk = desk(&ctx).await?;
    let job = desk.pause(&ctx, &handle, &frame.identity()?.name)?;
    Ok(Redirect::to(&page_of(&job.handle)).into_response())
}

pub(super) async fn resume(State(ctx): State<Ctx>, Path(handle): Path<String>) -> Answer {
    let desk = desk(&ctx).await?;
    let job = desk.resume(&ctx, &handle)?;
    Ok(Redirect::to(&page_of(&job.handle)).into_response())
}

pub(super) async fn ask_delete(State(ctx): State<Ctx>, frame: Frame, Path(handle): Path<String>) -> Answer {
    frame.require(Scope::Write)?;
    let (_, job) = open(&ctx, &handle).await?;
    Ok(frame.dialog("Delete this job?", &pages::delete_form(&job)))
}

pub(super) async fn delete(State(ctx): State<Ctx>, Path(handle): Path<String>) -> Answer {
    let desk = desk(&ctx).await?;
    desk.delete(&ctx, &handle).await?;
    Ok(Redirect::to(PATH).into_response())
}

pub(super) async fn ask_rotate(frame: Frame) -> Answer {
    frame.require(Scope::Write)?;
    Ok(frame.dialog("Make another ping key?", &pages::rotate_form()))
}

pub(super) async fn rotate(State(ctx): State<Ctx>) -> Answer {
    let desk = desk(&ctx).await?;
    desk.rotate_key(&ctx).await?;
    Ok(Redirect::to(PATH).into_response())
}
