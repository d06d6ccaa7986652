//! The management API of healthchecks, version 3, under `/ping/api/v3/checks/`. Who asks shows a token of Hob as
//! `X-Api-Key`, as `api_key` in the body, or as bearer: with the scope `read` to look, `write` to change.

use super::site;
use crate::book::Job;
use crate::desk::{Desk, desk};
use crate::model::address::uuid;
use crate::model::api::{Spec, check_json, flips_json, ping_json, unique_key};
use crate::model::definition::{Definition, Origin};
use crate::model::judge::resource_of;
use crate::store;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hob_base::{Error, Timestamp};
use hob_feature::{Credential, Ctx, Identity, Scope};
use hob_web::Failure;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The largest request, in bytes.
const BODY_BYTES_MAX: usize = 64 << 10;
/// The most changes of health that are looked at.
const FLIPS_MAX: u32 = 1000;

type Answer<T = Response> = Result<T, Refusal>;

/// Why something was not done.
enum Refusal {
    Said(StatusCode, String),
    Empty(StatusCode),
    Failed(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Invalid { field, problem } => {
                Self::Said(StatusCode::BAD_REQUEST, format!("json validation error: {field}: {problem}"))
            }
            Error::NotFound { .. } => Self::Empty(StatusCode::NOT_FOUND),
            Error::Conflict(text) => Self::Said(StatusCode::CONFLICT, text),
            other => Self::Failed(other),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Said(status, text) => json_answer(status, &json!({ "error": text })),
            // As JSON, since a plain error would be drawn as a page.
            Self::Empty(status) => (status, [(header::CONTENT_TYPE, "application/json")], "").into_response(),
            Self::Failed(error) => Failure::from(error).into_response(),
        }
    }
}

fn refused(status: StatusCode, text: &str) -> Refusal {
    Refusal::Said(status, text.to_owned())
}

fn json_answer(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

/// A request of somebody who may.
struct Asked {
    head: Parts,
    body: Map<String, Value>,
    desk: Arc<Desk>,
    who: Identity,
}

impl Asked {
    /// Reads a request, and refuses who may not. `changing` requests need the scope `write`.
    async fn read(ctx: &Ctx, request: Request, changing: bool) -> Answer<Self> {
        let desk = desk(ctx).await?;
        let (head, body) = request.into_parts();
        let body = if changing { read_body(body).await? } else { Map::new() };
        let who = identify(ctx, &head, &body).await?;
        let scope = if changing { Scope::Write } else { Scope::Read };
        if !who.may(scope) {
            let text = format!("this token may not do this: it needs the scope “{scope}”");
            return Err(Refusal::Said(StatusCode::FORBIDDEN, text));
        }
        Ok(Self { head, body, desk, who })
    }

    /// The job that is meant: by its UUID, or by the key that readers are given.
    fn find(&self, id: &str) -> Answer<Job> {
        let missing = || Refusal::Empty(StatusCode::NOT_FOUND);
        let found = self.desk.read(|book| match uuid(id) {
            Some(code) => book.by_code(&code).cloned(),
            None if id.len() == 40 => book.jobs().find(|job| unique_key(&job.code) == id).cloned(),
            None => None,
        })?;
        found.ok_or_else(missing)
    }

    fn told(&self, job: &Job, now: Timestamp) -> Value {
        check_json(job, now, &site(&self.head.headers), self.who.may(Scope::Write))
    }
}

async fn read_body(body: Body) -> Answer<Map<String, Value>> {
    let bytes = to_bytes(body, BODY_BYTES_MAX)
        .await
        .map_err(|_| refused(StatusCode::PAYLOAD_TOO_LARGE, "the request is too large: at most 64 KiB"))?;
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(refused(StatusCode::BAD_REQUEST, "json validation error: value is not an object")),
        Err(_) => Err(refused(StatusCode::BAD_REQUEST, "could not parse request body")),
    }
}

async fn identify(ctx: &Ctx, head: &Parts, body: &Map<String, Value>) -> Answer<Identity> {
    if let Some(who) = head.extensions.get::<Identity>() {
        return Ok(who.clone());
    }
    let in_header = head.headers.get("x-api-key").and_then(|value| value.to_str().ok());
    let key = in_header.or_else(|| body.get("api_key").and_then(Value::as_str)).unwrap_or_default();
    let (Some(gate), false) = (ctx.gate(), key.is_empty()) else {
        return Err(refused(StatusCode::UNAUTHORIZED, "missing api key"));
    };
    let who = (gate.identify)(ctx.clone(), Credential::Bearer(key.to_owned())).await?;
    who.ok_or_else(|| refused(StatusCode::UNAUTHORIZED, "wrong api key"))
}

/// Answers, also for pages of other sites: they show a token, not a cookie.
async fn cors(methods: &'static str, method: Method, work: impl Future<Output = Answer>) -> Response {
    let mut response = if method == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        work.await.unwrap_or_else(IntoResponse::into_response)
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("X-Api-Key"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    response
}

fn not_allowed() -> Refusal {
    Refusal::Empty(StatusCode::METHOD_NOT_ALLOWED)
}

/// `/checks/`
pub(super) async fn checks(State(ctx): State<Ctx>, request: Request) -> Response {
    let method = request.method().clone();
    cors("GET, POST", method.clone(), async {
        match method {
            Method::GET => list(&ctx, request).await,
            Method::POST => create(&ctx, request).await,
            _ => Err(not_allowed()),
        }
    })
    .await
}

async fn list(ctx: &Ctx, request: Request) -> Answer {
    let asked = Asked::read(ctx, request, false).await?;
    let query: Vec<(String, String)> =
        Query::try_from_uri(&asked.head.uri).map(|Query(pairs)| pairs).unwrap_or_default();
    let values =
        |key: &'static str| query.iter().filter(move |(name, _)| name == key).map(|(_, value)| value);
    let has_all = |job: &Job| values("tag").all(|tag| job.definition.tags.contains(tag));
    let slug = values("slug").next_back().filter(|slug| !slug.is_empty());
    let has_slug = |job: &Job| slug.is_none_or(|slug| *slug == job.definition.slug);
    let mut jobs: Vec<Job> =
        asked.desk.read(|book| book.jobs().filter(|job| has_all(job) && has_slug(job)).cloned().collect())?;
    jobs.sort_by_key(|job| job.id);
    let now = ctx.clock.now();
    let checks: Vec<Value> = jobs.iter().map(|job| asked.told(job, now)).collect();
    Ok(json_answer(StatusCode::OK, &json!({ "checks": checks })))
}

async fn create(ctx: &Ctx, request: Request) -> Answer {
    let asked = Asked::read(ctx, request, true).await?;
    let spec = read_spec(&asked.body)?;
    let same = asked.desk.read(|book| {
        book.jobs().filter(|job| spec.means(&job.definition)).min_by_key(|job| job.id).cloned()
    })?;
    let (status, job) = match same {
        Some(job) => (StatusCode::OK, redefine(ctx, &asked.desk, &job, spec).await?),
        None => {
            let mut definition = Definition { origin: Origin::Api, ..Definition::default() };
            spec.apply(&mut definition);
            (StatusCode::CREATED, asked.desk.add(ctx, definition, None).await?)
        }
    };
    Ok(json_answer(status, &asked.told(&job, ctx.clock.now())))
}

fn read_spec(body: &Map<String, Value>) -> Answer<Spec> {
    Spec::read(body).map_err(|problem| Refusal::Said(StatusCode::BAD_REQUEST, problem))
}

async fn redefine(ctx: &Ctx, desk: &Desk, job: &Job, spec: Spec) -> Answer<Job> {
    let mut definition = Definition::clone(&job.definition);
    spec.apply(&mut definition);
    if definition == *job.definition {
        return Ok(job.clone());
    }
    Ok(desk.redefine(ctx, &job.handle, definition).await?)
}

/// `/checks/{id}`
pub(super) async fn check(State(ctx): State<Ctx>, Path(id): Path<String>, request: Request) -> Response {
    let method = request.method().clone();
    cors("GET, POST, DELETE", method.clone(), async {
        let asked = Asked::read(&ctx, request, method != Method::GET).await?;
        let job = asked.find(&id)?;
        let job = match method {
            Method::GET => job,
            Method::POST => redefine(&ctx, &asked.desk, &job, read_spec(&asked.body)?).await?,
            Method::DELETE => asked.desk.delete(&ctx, &job.handle).await?,
            _ => return Err(not_allowed()),
        };
        Ok(json_answer(StatusCode::OK, &asked.told(&job, ctx.clock.now())))
    })
    .await
}

/// `/checks/{id}/pause` and `/checks/{id}/resume`
pub(super) async fn act(
    State(ctx): State<Ctx>,
    Path((id, action)): Path<(String, String)>,
    request: Request,
) -> Response {
    let method = request.method().clone();
    cors("POST", method.clone(), async {
        let asked = Asked::read(&ctx, request, true).await?;
        let job = asked.find(&id)?;
        let job = match (method, action.as_str()) {
            (Method::POST, "pause") => asked.desk.pause(&ctx, &job.handle, &asked.who.name)?,
            (Method::POST, "resume") => {
                asked.desk.resume(&ctx, &job.handle).map_err(|error| match error {
                    // A text of its own, not JSON: so does healthchecks, but a plain one would be drawn as a page.
                    Error::Conflict(_) => refused(StatusCode::CONFLICT, "check is not paused"),
                    other => other.into(),
                })?
            }
            (_, "pause" | "resume") => return Err(not_allowed()),
            _ => return Err(Refusal::Empty(StatusCode::NOT_FOUND)),
        };
        Ok(json_answer(StatusCode::OK, &asked.told(&job, ctx.clock.now())))
    })
    .await
}

/// `/checks/{id}/pings/`
pub(super) async fn pings(State(ctx): State<Ctx>, Path(id): Path<String>, request: Request) -> Response {
    cors("GET", request.method().clone(), async {
        // What a job said may be as secret as its address.
        let asked = Asked::read(&ctx, request, false).await?;
        may_see_bodies(&asked)?;
        let job = asked.find(&id)?;
        asked.desk.flush(&ctx).await?;
        let url = format!("{}/ping/api/v3/checks/{}", site(&asked.head.headers), job.code);
        let list = store::list_pings(&ctx.db, job.id, job.state.pings, 1).await?;
        let pings: Vec<Value> = list.iter().map(|shown| ping_json(&shown.ping, &url)).collect();
        Ok(json_answer(StatusCode::OK, &json!({ "pings": pings })))
    })
    .await
}

/// As with healthchecks, a key that may only read does not see pings.
fn may_see_bodies(asked: &Asked) -> Answer<()> {
    if asked.who.may(Scope::Write) {
        return Ok(());
    }
    Err(refused(StatusCode::FORBIDDEN, "this token may not do this: it needs the scope “write”"))
}

/// `/checks/{id}/pings/{n}/body`
pub(super) async fn body(
    State(ctx): State<Ctx>,
    Path((id, n)): Path<(String, u64)>,
    request: Request,
) -> Response {
    cors("GET", request.method().clone(), async {
        let asked = Asked::read(&ctx, request, false).await?;
        may_see_bodies(&asked)?;
        let job = asked.find(&id)?;
        asked.desk.flush(&ctx).await?;
        let body = store::find_body(&ctx.db, job.id, n).await?;
        let body = body.ok_or(Refusal::Empty(StatusCode::NOT_FOUND))?;
        Ok(([(header::CONTENT_TYPE, "text/plain")], body).into_response())
    })
    .await
}

/// `/checks/{id}/flips/`
pub(super) async fn flips(State(ctx): State<Ctx>, Path(id): Path<String>, request: Request) -> Response {
    cors("GET", request.method().clone(), async {
        let asked = Asked::read(&ctx, request, false).await?;
        let job = asked.find(&id)?;
        let query: BTreeMap<String, String> =
            Query::try_from_uri(&asked.head.uri).map(|Query(pairs)| pairs).unwrap_or_default();
        let number = |key: &str| match query.get(key) {
            None => Ok(None),
            Some(text) => text
                .parse::<u32>()
                .map(|n| Some(i64::from(n) * 1000))
                .map_err(|_| Refusal::Empty(StatusCode::BAD_REQUEST)),
        };
        let (start, end, seconds) = (number("start")?, number("end")?, number("seconds")?);
        let since = seconds.map(|ms| ctx.clock.now().millis() - ms);
        let resource = resource_of(&job.handle);
        let mut transitions = ctx.resources.transitions(Some(&resource), FLIPS_MAX).await?;
        transitions.retain(|transition| {
            let at = transition.at.millis();
            start.is_none_or(|start| at >= start)
                && end.is_none_or(|end| at < end)
                && since.is_none_or(|since| at >= since)
        });
        Ok(json_answer(StatusCode::OK, &json!({ "flips": flips_json(&transitions) })))
    })
    .await
}
