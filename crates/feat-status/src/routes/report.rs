//! Reports.

use super::PATH;
use crate::memory::reload;
use crate::model::csv::{Cell, heading, write_line};
use crate::model::month::Month;
use crate::model::objective::Objective;
use crate::pages::{self, Overview, ReportView, Wrong};
use crate::report::{Filter, Report, Row, month_report, year_of};
use crate::store;
use axum::Json;
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use hob_base::error::{Doing, OrNotFound};
use hob_base::{Error, Resource, ResourceId, Result};
use hob_feature::{Ctx, Scope};
use hob_web::components::encode_id;
use hob_web::{Answer, Frame};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ReportQuery {
    month: String,
    kind: String,
    q: String,
    own: String,
}

impl ReportQuery {
    fn filter(&self) -> Filter {
        Filter { kind: self.kind.clone(), text: self.q.clone(), own: !self.own.is_empty() }
    }

    /// The filter as the end of an address.
    fn as_text(&self) -> String {
        let encode = |text: &str| encode_id(&ResourceId::new("x", "x", text)).split_off("x/x/".len());
        let parts: Vec<String> = [("kind", &self.kind), ("q", &self.q), ("own", &self.own)]
            .into_iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect();
        if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
    }
}

pub(super) async fn this_month(
    State(ctx): State<Ctx>,
    frame: Frame,
    Query(query): Query<ReportQuery>,
) -> Answer {
    let month = Month::of(ctx.clock.now(), &ctx.zone);
    show(&ctx, &frame, month, &query).await
}

/// `2026-11`, or `2026-11.csv` and `2026-11.json`.
pub(super) async fn month(
    State(ctx): State<Ctx>,
    frame: Frame,
    Path(name): Path<String>,
    Query(query): Query<ReportQuery>,
) -> Answer {
    let (text, form) = name.split_once('.').unwrap_or((&name, ""));
    let month = read_month(&ctx, text)?;
    match form {
        "" => show(&ctx, &frame, month, &query).await,
        "csv" => {
            let report = month_report(&ctx, month, &query.filter()).await?;
            csv_file(&format!("uptime-{month}.csv"), report_csv(&report))
        }
        "json" => Ok(Json(tell(&month_report(&ctx, month, &query.filter()).await?)).into_response()),
        _ => Err(Error::not_found("report", name).into()),
    }
}

fn read_month(ctx: &Ctx, text: &str) -> Result<Month> {
    let month: Month = text.parse().map_err(|problem: String| Error::invalid("month", problem))?;
    if month > Month::of(ctx.clock.now(), &ctx.zone) {
        return Err(Error::invalid("month", format!("{} has not begun yet.", month.words())));
    }
    Ok(month)
}

async fn show(ctx: &Ctx, frame: &Frame, month: Month, query: &ReportQuery) -> Answer {
    let filter = query.filter();
    let report = month_report(ctx, month, &filter).await?;
    let kinds: BTreeSet<String> = ctx
        .resources
        .list()
        .iter()
        .filter(|resource| filter.own || resource.id.scope() != "hob")
        .map(|resource| resource.id.kind().to_owned())
        .collect();
    let view = ReportView {
        report: &report,
        filter: &filter,
        kinds: &kinds.into_iter().collect::<Vec<_>>(),
        query: &query.as_text(),
        next: Some(month.after()).filter(|next| *next <= Month::of(ctx.clock.now(), &ctx.zone)),
    };
    Ok(frame.page(&format!("Up-time in {}", month.words()), &pages::report(&view)))
}

/// The report for programs; without a month the one of today.
pub(super) async fn api(State(ctx): State<Ctx>, Query(query): Query<ReportQuery>) -> Answer {
    let month = match query.month.as_str() {
        "" => Month::of(ctx.clock.now(), &ctx.zone),
        text => read_month(&ctx, text)?,
    };
    Ok(Json(tell(&month_report(&ctx, month, &query.filter()).await?)).into_response())
}

fn tell(report: &Report) -> Value {
    json!({
        "month": report.month.to_string(),
        "hub_off_s": report.off.as_secs(),
        "complete": report.complete,
        "resources": report.rows.iter().map(tell_row).collect::<Vec<_>>(),
    })
}

fn tell_row(row: &Row) -> Value {
    let figures = &row.figures;
    json!({
        "id": row.id,
        "name": row.name,
        "kind": row.id.kind(),
        "uptime_percent": figures.uptime_percent(),
        "known_s": figures.known.as_secs(),
        "unknown_s": figures.unknown.as_secs(),
        "maintenance_s": figures.maintenance.as_secs(),
        "outages": figures.outages,
        "down_s": figures.down.as_secs(),
        "longest_s": figures.longest.as_secs(),
        "objective_percent": row.objective.percent(),
        "objective_kept": row.is_kept(),
        "budget_ms": row.budget.total_ms,
        "budget_used_ms": row.budget.used_ms,
        "budget_left_ms": row.budget.left_ms(),
        "budget_left_percent": row.budget.left_percent(),
        "burn": row.burn,
    })
}

/// The columns of the report as CSV; times are seconds.
const COLUMNS: [&str; 17] = [
    "month",
    "resource",
    "name",
    "kind",
    "uptime_percent",
    "known_s",
    "unknown_s",
    "maintenance_s",
    "outages",
    "down_s",
    "longest_s",
    "objective_percent",
    "objective_kept",
    "budget_s",
    "budget_left_s",
    "budget_left_percent",
    "burn",
];

pub(crate) fn report_csv(report: &Report) -> String {
    let mut out = heading(&COLUMNS);
    let seconds =
        |duration: std::time::Duration| Cell::Integer(i64::try_from(duration.as_secs()).unwrap_or(i64::MAX));
    for row in &report.rows {
        let figures = &row.figures;
        let kept = row.is_kept().map_or(Cell::Empty, |kept| Cell::text(if kept { "yes" } else { "no" }));
        let cells: [Cell; 17] = [
            Cell::text(report.month.to_string()),
            Cell::text(row.id.as_str()),
            Cell::text(&row.name),
            Cell::text(row.id.kind()),
            Cell::number(figures.uptime_percent()),
            seconds(figures.known),
            seconds(figures.unknown),
            seconds(figures.maintenance),
            Cell::Integer(i64::try_from(figures.outages).unwrap_or(i64::MAX)),
            seconds(figures.down),
            seconds(figures.longest),
            Cell::Number(row.objective.percent()),
            kept,
            Cell::Integer(row.budget.total_ms / 1000),
            Cell::Integer(row.budget.left_ms().div_euclid(1000)),
            Cell::number(row.budget.left_percent()),
            Cell::number(row.burn),
        ];
        write_line(&mut out, &cells);
    }
    out
}

/// A CSV file to keep.
pub(super) fn csv_file(name: &str, body: impl Into<axum::body::Body>) -> Answer {
    let mut response = Response::new(body.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    let disposition = HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
        .doing(|| format!("Naming the file {name}"))?;
    headers.insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}

fn find(ctx: &Ctx, text: &str) -> Result<Arc<Resource>> {
    let id: ResourceId = text.parse().map_err(|_| Error::not_found("resource", text))?;
    ctx.resources.get(&id).or_not_found("resource", text)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SaidQuery {
    said: String,
}

pub(super) async fn resource(
    State(ctx): State<Ctx>,
    frame: Frame,
    Path(id): Path<String>,
    Query(query): Query<SaidQuery>,
) -> Answer {
    let resource = find(&ctx, &id)?;
    overview(&ctx, &frame, &resource, query.said == "saved", None).await
}

async fn overview(
    ctx: &Ctx,
    frame: &Frame,
    resource: &Resource,
    saved: bool,
    wrong: Option<(&str, Wrong)>,
) -> Answer {
    let (months, complete) = year_of(ctx, resource).await?;
    let view = Overview {
        resource,
        months: &months,
        complete,
        may_write: frame.may(Scope::Write),
        saved,
        entered: wrong.as_ref().map(|(entered, _)| *entered),
        wrong: wrong.as_ref().map(|(_, wrong)| wrong),
    };
    Ok(frame.page(&format!("Up-time of {}", resource.name), &pages::overview(&view)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ObjectiveForm {
    objective: String,
}

pub(super) async fn set_objective(
    State(ctx): State<Ctx>,
    frame: Frame,
    Path(id): Path<String>,
    Form(form): Form<ObjectiveForm>,
) -> Answer {
    let resource = find(&ctx, &id)?;
    let percent = match form.objective.trim() {
        "" => None,
        text => match text.parse::<Objective>() {
            Ok(objective) => Some(objective.percent()),
            Err(problem) => {
                let wrong = (form.objective.as_str(), Wrong::new("objective", problem));
                let mut answer = overview(&ctx, &frame, &resource, false, Some(wrong)).await?;
                *answer.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
                return Ok(answer);
            }
        },
    };
    store::set_objective(&ctx.db, &resource.id, percent).await?;
    reload(&ctx).await?;
    Ok(Redirect::to(&format!("{PATH}/resource/{}?said=saved", encode_id(&resource.id))).into_response())
}
