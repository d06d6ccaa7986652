//! Answers in the form of Alertmanager: a text of JSON, or go-openapi's `{code, message}`; and who asks.

use super::PREFIX;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use hob_base::wording::tidy;
use hob_feature::{Identity, Scope};
use serde::Serialize;
use std::convert::Infallible;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A value as JSON, with a line's end as Go writes it.
pub(super) fn json(value: &impl Serialize) -> Response {
    // What is written here is texts, numbers and lists of them: that cannot fail.
    let mut text = serde_json::to_vec(value).unwrap_or_default();
    text.push(b'\n');
    ([(header::CONTENT_TYPE, JSON)], text).into_response()
}

/// Done, and nothing to say.
pub(super) fn done() -> Response {
    StatusCode::OK.into_response()
}

/// Why something was not done.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    body: String,
    allow: Option<&'static str>,
}

impl Refusal {
    /// A text, as Alertmanager's own handlers answer.
    pub(super) fn text(status: StatusCode, text: &str) -> Self {
        Self { status, body: serde_json::json!(text).to_string(), allow: None }
    }

    /// A code and a message, as the framework around them answers.
    pub(super) fn coded(status: StatusCode, code: u16, message: &str) -> Self {
        let body = serde_json::json!({ "code": code, "message": message }).to_string();
        Self { status, body, allow: None }
    }

    /// Nothing but the status.
    pub(super) fn empty(status: StatusCode) -> Self {
        Self { status, body: String::new(), allow: None }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = if self.body.is_empty() { self.body } else { self.body + "\n" };
        // Also without a body it says that it is JSON: a plain error would be drawn as a page.
        let mut response = (self.status, [(header::CONTENT_TYPE, JSON)], body).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let realm = HeaderValue::from_static("Basic realm=\"Hob\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, realm);
        }
        if let Some(methods) = self.allow {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
        }
        response
    }
}

/// Who asks, as far as the door recognised them.
pub(super) struct Who(Option<Identity>);

impl<S: Send + Sync> FromRequestParts<S> for Who {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.extensions.get::<Identity>().cloned()))
    }
}

impl Who {
    /// Refuses who may none of these.
    pub(super) fn needs(&self, any: &[Scope]) -> Result<(), Refusal> {
        let Some(who) = &self.0 else {
            let text = "Hob does not know who asks. Send an API token as “Authorization: Bearer …”, or as the \
                        password of Basic.";
            return Err(Refusal::coded(StatusCode::UNAUTHORIZED, 401, text));
        };
        if any.iter().any(|scope| who.may(*scope)) {
            return Ok(());
        }
        let scopes: Vec<String> = any.iter().map(|scope| format!("“{scope}”")).collect();
        let text = format!("This token may not do this: it needs the scope {}.", scopes.join(" or "));
        Err(Refusal::coded(StatusCode::FORBIDDEN, 403, &text))
    }
}

/// The path as Alertmanager would see it.
pub(super) fn own_path(uri: &Uri) -> String {
    let path = uri.path();
    tidy(path.strip_prefix(PREFIX).unwrap_or(path), 200)
}

pub(super) async fn method_not_allowed(methods: &'static str, method: Method) -> Refusal {
    let text = format!("method {} is not allowed, but [{methods}] are", tidy(method.as_str(), 40));
    Refusal { allow: Some(methods), ..Refusal::coded(StatusCode::METHOD_NOT_ALLOWED, 405, &text) }
}

/// A body of JSON, read within a limit.
pub(super) async fn body_of(headers: &HeaderMap, body: Body, max: usize) -> Result<Bytes, Refusal> {
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let media_type = text(header::CONTENT_TYPE).unwrap_or("application/octet-stream");
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let encoded =
        text(header::CONTENT_ENCODING).is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"));
    if !essence.eq_ignore_ascii_case("application/json") || encoded {
        let shown = if encoded { "a packed body".to_owned() } else { format!("{:?}", tidy(essence, 80)) };
        let text = format!("unsupported media type {shown}, only [application/json] are allowed");
        return Err(Refusal::coded(StatusCode::UNSUPPORTED_MEDIA_TYPE, 415, &text));
    }
    to_bytes(body, max).await.map_err(|_| {
        let text = format!(
            "the body could not be read, or it is larger than {max} bytes, which is the most that Hob takes"
        );
        Refusal::coded(StatusCode::PAYLOAD_TOO_LARGE, 413, &text)
    })
}

/// A body that is not what was expected.
pub(super) fn unreadable(what: &str, error: &serde_json::Error) -> Refusal {
    let text = format!("parsing {what} body from \"\" failed, because {}", tidy(&error.to_string(), 300));
    Refusal::coded(StatusCode::BAD_REQUEST, 400, &text)
}

/// What the schema forbids.
pub(super) fn violation((code, message): (u16, String)) -> Refusal {
    Refusal::coded(StatusCode::UNPROCESSABLE_ENTITY, code, &message)
}
