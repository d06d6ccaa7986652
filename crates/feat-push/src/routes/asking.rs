//! What the handlers of ntfy's account API have in common: who asks, bodies of JSON, answers in its words.

use crate::visitor::{Cost, Known, Visitor, auth_query, refusal_of};
use axum::body::{Body, to_bytes};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use hob_base::Error;
use hob_feature::Ctx;
use hob_web::Peer;
use ntfy_protocol::refusal::{self, Refusal};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The largest body of this API, as in ntfy.
const BODY_BYTES_MAX: usize = 4096;

/// Who asks, recognised and with the request paid for.
pub(super) struct Asking {
    /// The house.
    pub(super) ctx: Ctx,
    /// Who.
    pub(super) visitor: Visitor,
    /// The head of the request.
    pub(super) headers: HeaderMap,
}

/// A person who asks: not a token of the hub, nor nobody.
pub(super) struct PersonAsking {
    /// Who asks.
    pub(super) asking: Asking,
    /// The user's id.
    pub(super) id: String,
}

/// An administrator who asks.
pub(super) struct AdminAsking(pub(super) Asking);

impl FromRequestParts<Ctx> for Asking {
    type Rejection = Told;

    async fn from_request_parts(parts: &mut Parts, ctx: &Ctx) -> Result<Self, Told> {
        let peer = parts.extensions.get::<Peer>().copied();
        let peer = peer.ok_or(Told(refusal::INTERNAL_ERROR))?;
        let auth = auth_query(parts.uri.query());
        let visitor = Visitor::recognise(ctx, &parts.headers, auth.as_deref(), peer).await?;
        visitor.pay(ctx, Cost::Request)?;
        Ok(Self { ctx: ctx.clone(), visitor, headers: parts.headers.clone() })
    }
}

impl FromRequestParts<Ctx> for PersonAsking {
    type Rejection = Told;

    async fn from_request_parts(parts: &mut Parts, ctx: &Ctx) -> Result<Self, Told> {
        let asking = Asking::from_request_parts(parts, ctx).await?;
        let id = asking.visitor.known().and_then(|known| known.person.clone());
        let id = id.ok_or(Told(refusal::UNAUTHORIZED))?;
        Ok(Self { asking, id })
    }
}

impl FromRequestParts<Ctx> for AdminAsking {
    type Rejection = Told;

    async fn from_request_parts(parts: &mut Parts, ctx: &Ctx) -> Result<Self, Told> {
        let asking = Asking::from_request_parts(parts, ctx).await?;
        let is_admin = asking.visitor.known().is_some_and(|known| known.is_admin);
        // As in ntfy: 401 also for those who are logged in.
        if is_admin { Ok(Self(asking)) } else { Err(Told(refusal::UNAUTHORIZED)) }
    }
}

impl PersonAsking {
    /// Who was recognised.
    pub(super) fn known(&self) -> Result<&Known, Told> {
        self.asking.visitor.known().ok_or(Told(refusal::UNAUTHORIZED))
    }
}

impl Asking {
    /// The value of a header, by its names in ntfy.
    pub(super) fn header(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.headers.get(*name)).and_then(|value| value.to_str().ok())
    }
}

/// A refusal on its way to becoming an answer.
#[derive(Debug)]
pub(super) struct Told(pub(super) Refusal);

impl From<Refusal> for Told {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl From<Error> for Told {
    fn from(error: Error) -> Self {
        Self(refusal_of(&error))
    }
}

impl IntoResponse for Told {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = format!("{}\n", self.0.to_json());
        (status, head(), body).into_response()
    }
}

fn head() -> [(header::HeaderName, HeaderValue); 3] {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]
}

/// What a handler of this API returns.
pub(super) type Answered = Result<Response, Told>;

/// An answer in JSON, with a line end as ntfy's.
pub(super) fn json(value: &impl Serialize) -> Answered {
    let text = serde_json::to_string(value).map_err(|_| Told(refusal::INTERNAL_ERROR))?;
    Ok((head(), format!("{text}\n")).into_response())
}

/// That it was done.
pub(super) fn success() -> Answered {
    json(&serde_json::json!({ "success": true }))
}

/// Reads a body of JSON; unknown fields are passed over, an empty body is `{}`.
pub(super) async fn body<T: DeserializeOwned>(body: Body) -> Result<T, Told> {
    let bytes = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| Told(refusal::JSON_BODY_TOO_LARGE))?;
    let text = if bytes.trim_ascii().is_empty() { &b"{}"[..] } else { &bytes };
    serde_json::from_slice(text).map_err(|_| Told(refusal::JSON_INVALID))
}
