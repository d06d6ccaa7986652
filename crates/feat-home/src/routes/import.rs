//! Bringing the page of another dashboard.

use crate::model::TileSettings;
use crate::model::import::{Fate, Step, link, plan, settings};
use crate::model::links::{Link, LinkKind};
use crate::pages::import::{self as pages, Preview};
use crate::{board, links, tiles};
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{DefaultBodyLimit, Form, Query};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};
use axum::{Json, Router};
use dashboard_import::{Dashboard, FILE_BYTES_MAX};
use hob_base::{Error, Result};
use hob_feature::{Ctx, Scope};
use hob_web::upload::text_of;
use hob_web::{Answer, Frame};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A file and what a form has around it.
const UPLOAD_BYTES_MAX: usize = FILE_BYTES_MAX + (64 << 10);
/// How many files wait at once for somebody to say yes.
const WAITING_MAX: usize = 8;
/// How long one waits.
const WAITS_FOR: Duration = Duration::from_secs(1800);

pub(super) fn routes() -> Router<Ctx> {
    // What is sent is counted where it is read.
    let large = DefaultBodyLimit::disable();
    Router::new()
        .route("/home/import", get(form).post(preview).layer(large))
        .route("/home/import/take", post(take))
        .route("/api/v1/home/import", post(api).layer(large))
}

/// Files that were read, until somebody says what of them to take.
#[derive(Default)]
struct Waiting(Mutex<(u64, VecDeque<File>)>);

struct File {
    id: String,
    /// Whose it is.
    who: String,
    since: Duration,
    dashboard: Arc<Dashboard>,
    steps: Arc<Vec<Step>>,
}

impl Waiting {
    fn keep(&self, who: &str, now: Duration, dashboard: Arc<Dashboard>, steps: Arc<Vec<Step>>) -> String {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, files) = &mut *state;
        files.retain(|file| now.saturating_sub(file.since) < WAITS_FOR);
        if files.len() >= WAITING_MAX {
            files.pop_front();
        }
        *last += 1;
        let id = last.to_string();
        files.push_back(File { id: id.clone(), who: who.to_owned(), since: now, dashboard, steps });
        id
    }

    fn take(&self, id: &str, who: &str) -> Option<(Arc<Dashboard>, Arc<Vec<Step>>)> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = state.1.iter().position(|file| file.id == id && file.who == who)?;
        let file = state.1.remove(at)?;
        Some((file.dashboard, file.steps))
    }
}

async fn form(frame: Frame) -> Answer {
    frame.require(Scope::Write)?;
    Ok(frame.page("Import", &pages::form("", "")))
}

/// What was sent, unless it is too much.
async fn whole(body: Body) -> std::result::Result<Bytes, String> {
    let large = |_| "It is larger than 4 MiB, which is the most that is read, or it broke off.".to_owned();
    to_bytes(body, UPLOAD_BYTES_MAX).await.map_err(large)
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Reads a file away from the threads that answer requests: it may be large.
async fn read(text: String) -> Result<std::result::Result<Dashboard, String>> {
    tokio::task::spawn_blocking(move || dashboard_import::read(&text))
        .await
        .map_err(|error| Error::internal("Reading a file of a dashboard", error))
}

async fn steps(ctx: &Ctx, dashboard: &Dashboard) -> Result<Vec<Step>> {
    let (house, links) = (board::current_house(ctx).await?, links::known(ctx).await?);
    Ok(plan(dashboard, &house, &ctx.resources.list(), &links.all, &ctx.hostname))
}

async fn preview(frame: Frame, headers: HeaderMap, body: Body) -> Answer {
    let ctx = &frame.ctx;
    let text = whole(body).await.and_then(|body| text_of(content_type(&headers), &body));
    let pasted = text.clone().unwrap_or_default();
    let read = match text {
        Ok(text) => read(text).await?,
        Err(problem) => Err(problem),
    };
    let dashboard = match read {
        Ok(dashboard) => Arc::new(dashboard),
        Err(problem) => {
            // Nothing that was pasted is lost, unless it is more than a page should hold.
            let pasted = if pasted.len() <= 256 << 10 { pasted.as_str() } else { "" };
            let page = frame.page("Import", &pages::form(&problem, pasted));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let steps = Arc::new(steps(ctx, &dashboard).await?);
    let waiting = ctx.memory.of::<Waiting>();
    let who = &frame.identity()?.name;
    let id = waiting.keep(who, ctx.clock.monotonic(), dashboard.clone(), steps.clone());
    Ok(frame.page("Import", &pages::preview(&Preview { id: &id, dashboard: &dashboard, steps: &steps })))
}

/// What is done with one step.
fn choice(wanted: Option<&str>, step: &Step) -> Option<Fate> {
    match wanted? {
        "found" if matches!(step.fate, Fate::Found(_)) => Some(step.fate.clone()),
        "tile" => Some(Fate::Tile),
        "bookmark" => Some(Fate::Bookmark),
        _ => None,
    }
}

async fn take(frame: Frame, Form(fields): Form<BTreeMap<String, String>>) -> Answer {
    let ctx = &frame.ctx;
    let id = fields.get("import").map_or("", String::as_str);
    let gone =
        || Error::Conflict("The file is not at hand any more: choose it again under “Import”.".to_owned());
    let waiting = ctx.memory.of::<Waiting>();
    let (dashboard, steps) = waiting.take(id, &frame.identity()?.name).ok_or_else(gone)?;
    let wanted = |at: usize| fields.get(&format!("take-{at}")).map(String::as_str);
    let chosen: Vec<(&Step, Fate)> =
        steps.iter().enumerate().filter_map(|(at, step)| Some((step, choice(wanted(at), step)?))).collect();
    let engines =
        dashboard.engines.iter().enumerate().filter(|(at, _)| fields.contains_key(&format!("engine-{at}")));
    let engines: Vec<Link> =
        engines.map(|(_, (name, url))| Link::new(LinkKind::Engine, name.clone(), url.clone())).collect();
    carry_out(ctx, &chosen, engines).await?;
    Ok(Redirect::to("/").into_response())
}

/// Names what was found, and adds the rest.
async fn carry_out(ctx: &Ctx, chosen: &[(&Step, Fate)], engines: Vec<Link>) -> Result<()> {
    let known = links::known(ctx).await?;
    let mut new: Vec<Link> = engines
        .into_iter()
        .filter(|engine| known.of(LinkKind::Engine).all(|other| other.url != engine.url))
        .collect();
    for (step, fate) in chosen {
        match fate {
            Fate::Tile => new.push(link(&step.entry, LinkKind::Tile)),
            Fate::Bookmark => new.push(link(&step.entry, LinkKind::Bookmark)),
            Fate::Known | Fate::Found(_) => {}
        }
    }
    links::add(ctx, new).await?;
    for (step, fate) in chosen {
        let Fate::Found(id) = fate else { continue };
        // It may have gone while somebody looked at the list.
        let Some(resource) = ctx.resources.get(id) else { continue };
        let before: TileSettings = tiles::settings(ctx).await?.people.get(id).cloned().unwrap_or_default();
        tiles::change(ctx, id, Some(settings(&step.entry, &resource, &before))).await?;
    }
    hob_web::live(ctx).stale("home");
    Ok(())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ApiQuery {
    dry_run: bool,
}

/// The same for programs: everything is done as the page would propose it, unless it is only to be looked at.
async fn api(frame: Frame, Query(query): Query<ApiQuery>, headers: HeaderMap, body: Body) -> Answer {
    let ctx = &frame.ctx;
    let invalid = |problem: String| Error::invalid("body", problem);
    let text = whole(body).await.and_then(|body| text_of(content_type(&headers), &body)).map_err(invalid)?;
    let dashboard = read(text).await?.map_err(invalid)?;
    let steps = steps(ctx, &dashboard).await?;
    let told: Vec<_> = steps
        .iter()
        .map(|step| {
            let (what, resource) = match &step.fate {
                Fate::Found(id) => ("found", Some(id)),
                Fate::Tile => ("tile", None),
                Fate::Bookmark => ("bookmark", None),
                Fate::Known => ("known", None),
            };
            json!({ "name": step.entry.name, "url": step.entry.url, "group": step.entry.group, "what": what, "resource": resource })
        })
        .collect();
    let left_out: Vec<_> =
        dashboard.left_out.iter().map(|left| json!({ "name": left.name, "why": left.why })).collect();
    let widgets: Vec<_> = dashboard
        .widgets
        .iter()
        .map(|widget| json!({ "kind": widget.kind, "name": widget.name, "options": widget.options.iter().cloned().collect::<BTreeMap<_, _>>() }))
        .collect();
    let engines: Vec<Link> = dashboard
        .engines
        .iter()
        .map(|(name, url)| Link::new(LinkKind::Engine, name.clone(), url.clone()))
        .collect();
    let told_engines: Vec<_> =
        dashboard.engines.iter().map(|(name, url)| json!({ "name": name, "url": url })).collect();
    if !query.dry_run {
        let chosen: Vec<(&Step, Fate)> = steps.iter().map(|step| (step, step.fate.clone())).collect();
        carry_out(ctx, &chosen, engines).await?;
    }
    Ok(Json(json!({
        "source": dashboard.program.to_string(),
        "dry_run": query.dry_run,
        "links": told,
        "engines": told_engines,
        "widgets": widgets,
        "left_out": left_out,
        "secrets_not_kept": dashboard.secrets,
    }))
    .into_response())
}
