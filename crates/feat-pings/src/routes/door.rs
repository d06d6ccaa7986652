//! `/ping/…` as healthchecks answers it, and `/api/push/…` as Uptime Kuma does.
//!
//! Who knows an address may ping it; nobody logs in. An address that is not known costs a hash and a look into memory.

use crate::book::{Found, Head, Incoming, JobId};
use crate::desk::{Desk, desk};
use crate::model::BODY_BYTES_MAX;
use crate::model::address::{Action, Address, Asked, Push, Signal, Who, uuid};
use crate::model::definition::{Definition, Origin};
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use hob_base::wording::tidy;
use hob_feature::Ctx;
use hob_web::{Failure, Peer, is_https};
use http_body_util::BodyExt;
use serde_json::json;
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

/// How long a body may take. What has come until then is kept, and the ping counts.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// How much of a body that is too long is thrown away before its client is cut off.
const DISCARDED_BYTES_MAX: u64 = 256 << 20;
/// The longest name of a client's program that is kept, in characters.
const AGENT_CHARS_MAX: usize = 200;

/// Why a ping did not count.
enum Refusal {
    /// There is no such job.
    NotFound,
    /// Several jobs share the slug.
    Ambiguous,
    /// This in the address is wrong.
    Wrong(Cow<'static, str>),
    /// Whoever asks, asks too often.
    TooOften,
    /// Hob failed.
    Failed(hob_base::Error),
}

impl From<hob_base::Error> for Refusal {
    fn from(error: hob_base::Error) -> Self {
        Self::Failed(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::NotFound => refuse(StatusCode::NOT_FOUND, "not found"),
            Self::Ambiguous => refuse(StatusCode::CONFLICT, "ambiguous slug"),
            Self::Wrong(text) => refuse(StatusCode::BAD_REQUEST, text),
            Self::TooOften => {
                let mut response = refuse(StatusCode::TOO_MANY_REQUESTS, "rate limit exceeded");
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
                response
            }
            Self::Failed(error) => Failure::from(error).into_response(),
        }
    }
}

/// The type is that of healthchecks; as plain text it would be drawn as a page.
fn refuse(status: StatusCode, text: impl Into<Cow<'static, str>>) -> Response {
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], text.into()).into_response()
}

/// `/ping/…`
pub(crate) async fn ping(State(ctx): State<Ctx>, request: Request) -> Response {
    let mut response = match *request.method() {
        Method::OPTIONS => preflight(),
        Method::GET | Method::HEAD | Method::POST => {
            take_ping(&ctx, request).await.unwrap_or_else(IntoResponse::into_response)
        }
        _ => {
            let mut response = refuse(StatusCode::METHOD_NOT_ALLOWED, "method not allowed");
            response
                .headers_mut()
                .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST, OPTIONS"));
            response
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "*"),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

async fn take_ping(ctx: &Ctx, request: Request) -> Result<Response, Refusal> {
    let desk = desk(ctx).await?;
    let (head, body) = request.into_parts();
    let path = head.uri.path().strip_prefix("/ping/").unwrap_or_default();
    let Some(address) = Address::read(path) else { return Err(unknown(ctx, &desk, &head)) };
    let asked = Asked::read(head.uri.query().unwrap_or_default());
    let found = desk.read(|book| match &address.who {
        Who::Code(code) => book.by_code(code).map_or(Found::Nothing, |job| Found::Job(job.id)),
        Who::Slug { key, slug } => book.find_slug(key, slug),
    })?;
    match found {
        Found::Job(_) => {}
        Found::NoSuchSlug if asked.create => {}
        Found::Ambiguous => return Err(Refusal::Ambiguous),
        Found::Nothing | Found::NoSuchSlug => return Err(unknown(ctx, &desk, &head)),
    }
    let signal = address.signal.filter(|_| address.has_good_slug());
    let signal = signal.ok_or(Refusal::Wrong("invalid url format".into()))?;
    if asked.bad_run {
        return Err(Refusal::Wrong("invalid uuid format".into()));
    }
    let (job, made) = match (found, address.who) {
        (Found::Job(job), _) => (job, false),
        (_, Who::Slug { slug, .. }) => (make(ctx, &desk, slug).await?, true),
        _ => return Err(Refusal::NotFound),
    };
    let mut rest = body;
    let (body, size) =
        if head.method == Method::POST { read_body(&mut rest).await } else { Default::default() };
    let Signal { action, exit } = signal;
    let from = Head { run: asked.run, exit, ..from(&head) };
    count(ctx, &desk, job, Incoming { action, head: from, body, size })?;
    if size > BODY_BYTES_MAX as u64 {
        discard(&mut rest).await;
    }
    Ok(thanks(made))
}

fn thanks(made: bool) -> Response {
    let (status, text) = if made { (StatusCode::CREATED, "Created") } else { (StatusCode::OK, "OK") };
    let mut response = (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response();
    response
        .headers_mut()
        .insert(HeaderName::from_static("ping-body-limit"), HeaderValue::from(BODY_BYTES_MAX));
    response
}

/// Says that there is nothing, or, to who asks too often, not even that.
fn unknown(ctx: &Ctx, desk: &Desk, head: &Parts) -> Refusal {
    if desk.may_ask(peer_address(head), ctx.clock.moment()) { Refusal::NotFound } else { Refusal::TooOften }
}

fn peer_address(head: &Parts) -> IpAddr {
    match head.extensions.get::<Peer>() {
        Some(Peer::Network(peer)) => peer.ip(),
        Some(Peer::Local) | None => IpAddr::V4(Ipv4Addr::LOCALHOST),
    }
}

async fn make(ctx: &Ctx, desk: &Desk, slug: String) -> Result<JobId, Refusal> {
    if !desk.may_make(ctx.clock.moment()) {
        return Err(Refusal::TooOften);
    }
    let definition = Definition { name: slug.clone(), slug, origin: Origin::Ping, ..Definition::default() };
    Ok(desk.add(ctx, definition, None).await?.id)
}

fn count(ctx: &Ctx, desk: &Desk, job: JobId, incoming: Incoming) -> Result<(), Refusal> {
    let now = ctx.clock.moment();
    // While its body was read the job may have been deleted.
    desk.read(|book| book.ping(job, incoming, now))?.ok_or(Refusal::NotFound)?;
    desk.bell.notify_one();
    Ok(())
}

fn from(head: &Parts) -> Head {
    let agent = head.headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    Head {
        scheme: if is_https(&head.headers) { "https" } else { "http" }.to_owned(),
        address: peer_address(head).to_canonical().to_string(),
        method: head.method.as_str().chars().take(10).collect(),
        agent: tidy(&agent.unwrap_or_default(), AGENT_CHARS_MAX),
        ..Head::default()
    }
}

/// The beginning of a body, and how much of it was read. A body that is too long, too slow or broken off is still part
/// of a ping: its address has said what happened.
async fn read_body(body: &mut Body) -> (Bytes, u64) {
    let mut kept = BytesMut::new();
    let mut size = 0;
    let read = async {
        while let Some(Ok(frame)) = body.frame().await {
            let Ok(data) = frame.into_data() else { continue };
            size += data.len() as u64;
            let room = BODY_BYTES_MAX - kept.len();
            kept.extend_from_slice(data.get(..room.min(data.len())).unwrap_or_default());
            if size > BODY_BYTES_MAX as u64 {
                break;
            }
        }
    };
    // Whether it came in time makes no difference.
    let _ = tokio::time::timeout(BODY_WITHIN, read).await;
    (kept.freeze(), size)
}

/// Throws away what follows the beginning, as far as that is no abuse. A connection that is closed while its client
/// still sends is a failure to that client (curl: exit status 55), although its ping has counted.
async fn discard(body: &mut Body) {
    let mut size = 0;
    let read = async {
        while let Some(Ok(frame)) = body.frame().await {
            size += frame.into_data().map_or(0, |data| data.len() as u64);
            if size > DISCARDED_BYTES_MAX {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(BODY_WITHIN, read).await;
}

/// `/api/push/{token}`
pub(crate) async fn push(State(ctx): State<Ctx>, Path(token): Path<String>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    match take_push(&ctx, &token, &head).await {
        Ok(()) => answer(StatusCode::OK, &json!({ "ok": true })),
        Err(Refusal::Failed(error)) => Failure::from(error).into_response(),
        Err(Refusal::TooOften) => {
            let mut response = told(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests");
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
            response
        }
        Err(Refusal::Wrong(text)) => told(StatusCode::BAD_REQUEST, &text),
        Err(Refusal::NotFound | Refusal::Ambiguous) => {
            told(StatusCode::NOT_FOUND, "Monitor not found or not active.")
        }
    }
}

async fn take_push(ctx: &Ctx, token: &str, head: &Parts) -> Result<(), Refusal> {
    let desk = desk(ctx).await?;
    let code = uuid(token).unwrap_or_else(|| token.to_owned());
    let job = desk.read(|book| book.by_code(&code).map(|job| job.id))?;
    let job = job.ok_or_else(|| unknown(ctx, &desk, head))?;
    let push =
        Push::read(head.uri.query().unwrap_or_default()).map_err(|text| Refusal::Wrong(text.into()))?;
    let action = if push.down { Action::Fail } else { Action::Success };
    let body = Bytes::from(push.message.unwrap_or_default());
    let from = Head { took_ms: push.took_ms, ..from(head) };
    let size = body.len() as u64;
    count(ctx, &desk, job, Incoming { action, head: from, body, size })
}

fn told(status: StatusCode, text: &str) -> Response {
    answer(status, &json!({ "ok": false, "msg": text }))
}

fn answer(status: StatusCode, body: &serde_json::Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json; charset=utf-8")], body.to_string()).into_response()
}
