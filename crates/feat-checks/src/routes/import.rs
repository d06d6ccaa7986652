//! Bringing checks from elsewhere: a file, a look at what would come of it, and then the checks.

use crate::added;
use crate::import::{self as reading, FILE_BYTES_MAX, Imported, text_of};
use crate::model::definition::{ADDED_SCOPE, CheckDefinition};
use crate::pages::import::{self as pages, Preview};
use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Form, Query};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use hob_base::{Error, Result};
use hob_feature::checks::{CheckSecret, CheckTarget};
use hob_feature::{Ctx, Scope};
use hob_web::{Answer, Frame};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A file and what a form has around it.
const UPLOAD_BYTES_MAX: usize = FILE_BYTES_MAX + (64 << 10);
/// How many files wait at once for somebody to say yes.
const WAITING_MAX: usize = 8;
/// How long one waits.
const WAITS_FOR: Duration = Duration::from_secs(1800);

/// Files that were read, until somebody says what of them to take.
#[derive(Default)]
struct Waiting(Mutex<State>);

#[derive(Default)]
struct State {
    last: u64,
    files: VecDeque<File>,
}

struct File {
    id: String,
    /// Whose it is.
    who: String,
    since: Duration,
    imported: Arc<Imported>,
}

impl Waiting {
    fn keep(&self, who: &str, now: Duration, imported: Arc<Imported>) -> String {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.files.retain(|file| now.saturating_sub(file.since) < WAITS_FOR);
        if state.files.len() >= WAITING_MAX {
            state.files.pop_front();
        }
        state.last += 1;
        let id = state.last.to_string();
        state.files.push_back(File { id: id.clone(), who: who.to_owned(), since: now, imported });
        id
    }

    fn find(&self, id: &str, who: &str) -> Option<Arc<Imported>> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.files.iter().find(|file| file.id == id && file.who == who).map(|file| file.imported.clone())
    }

    fn forget(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).files.retain(|file| file.id != id);
    }
}

/// What was sent, unless it is too much.
///
/// # Errors
/// One sentence.
async fn whole(body: Body) -> Result<Bytes, String> {
    let large = |_| "It is larger than 8 MiB, which is the most that is read, or it broke off.".to_owned();
    to_bytes(body, UPLOAD_BYTES_MAX).await.map_err(large)
}

pub(super) async fn form(frame: Frame) -> Answer {
    frame.require(Scope::Write)?;
    Ok(frame.page("Import checks", &pages::form("", "")))
}

/// Reads a file away from the threads that answer requests: it may be large.
async fn read(ctx: &Ctx, text: String) -> Result<Result<Imported, String>> {
    let sealer = ctx.sealer.clone();
    let read = move || reading::read(&text, &|secret| CheckSecret::seal(&sealer, secret));
    tokio::task::spawn_blocking(read)
        .await
        .map_err(|error| Error::internal("Reading a file with checks", error))
}

pub(super) async fn preview(frame: Frame, headers: HeaderMap, body: Body) -> Answer {
    let ctx = &frame.ctx;
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let text = whole(body).await.and_then(|body| text_of(content_type, &body));
    let pasted = text.clone().unwrap_or_default();
    let read = match text {
        Ok(text) => read(ctx, text).await?,
        Err(problem) => Err(problem),
    };
    let imported = match read {
        Ok(imported) => Arc::new(imported),
        Err(problem) => {
            // Nothing that was pasted is lost, unless it is more than a page should hold.
            let pasted = if pasted.len() <= 256 << 10 { pasted.as_str() } else { "" };
            let page = frame.page("Import checks", &pages::form(&problem, pasted));
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let known = added::known(ctx).await?;
    let mut unique = imported.definitions.clone();
    added::make_unique(&mut unique, |slug| known.contains_key(slug));
    let pairs = imported.definitions.iter().zip(&unique);
    let clashes: Vec<Option<String>> =
        pairs.map(|(before, after)| (before.slug != after.slug).then(|| after.slug.clone())).collect();
    let waiting = ctx.memory.of::<Waiting>();
    let id = waiting.keep(&frame.identity()?.name, ctx.clock.monotonic(), imported.clone());
    let view = Preview { id: &id, imported: &imported, clashes: &clashes };
    Ok(frame.page("Import checks", &pages::preview(&view)))
}

pub(super) async fn take(frame: Frame, Form(fields): Form<BTreeMap<String, String>>) -> Answer {
    let ctx = &frame.ctx;
    let waiting = ctx.memory.of::<Waiting>();
    let id = fields.get("import").map_or("", String::as_str);
    let gone =
        || Error::Conflict("The file is not at hand any more: choose it again under “Import”.".to_owned());
    let imported = waiting.find(id, &frame.identity()?.name).ok_or_else(gone)?;
    let ticked = |at: usize| fields.contains_key(&format!("take-{at}"));
    let chosen = chosen(&imported.definitions, ticked);
    if chosen.is_empty() {
        return Err(Error::invalid("take", "Tick at least one check that is to be made.").into());
    }
    added::add(ctx, chosen).await?;
    waiting.forget(id);
    Ok(Redirect::to("/checks?said=imported").into_response())
}

/// Those that are ticked. Groups lose members that are not; a group without any is not made.
fn chosen(all: &[CheckDefinition], ticked: impl Fn(usize) -> bool) -> Vec<CheckDefinition> {
    let mut chosen: Vec<CheckDefinition> =
        all.iter().enumerate().filter(|(at, _)| ticked(*at)).map(|(_, one)| one.clone()).collect();
    loop {
        let here: HashSet<_> = chosen.iter().map(|one| one.resource(ADDED_SCOPE)).collect();
        let before = chosen.len();
        chosen.retain_mut(|one| {
            let CheckTarget::Group(group) = &mut one.target else { return true };
            group.members.retain(|member| member.scope() != ADDED_SCOPE || here.contains(member));
            !group.members.is_empty()
        });
        if chosen.len() == before {
            return chosen;
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ApiQuery {
    dry_run: bool,
}

/// The same for programs: everything that can be made is made, unless it is only to be looked at.
pub(super) async fn api(
    frame: Frame,
    Query(query): Query<ApiQuery>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let ctx = &frame.ctx;
    let content_type =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let invalid = |problem: String| Error::invalid("body", problem);
    let text = whole(body).await.and_then(|body| text_of(content_type, &body)).map_err(invalid)?;
    let imported = read(ctx, text).await?.map_err(invalid)?;
    let left_out: Vec<_> = imported
        .left_out
        .iter()
        .map(|left| json!({ "name": left.name, "made": left.made, "why": left.why }))
        .collect();
    let made = if query.dry_run {
        let known = added::known(ctx).await?;
        let mut unique = imported.definitions.clone();
        added::make_unique(&mut unique, |slug| known.contains_key(slug));
        unique
    } else {
        added::add(ctx, imported.definitions).await?
    };
    let made: Vec<_> = made
        .iter()
        .map(|one| json!({ "id": one.slug, "name": one.name, "kind": one.target.kind(), "enabled": one.enabled }))
        .collect();
    Ok(Json(
        json!({ "source": imported.source, "dry_run": query.dry_run, "made": made, "left_out": left_out }),
    )
    .into_response())
}
