//! Errors become answers in one place: a page, a fragment for htmx, or problem+json (RFC 9457), as the request wants it.

use crate::frame::Frame;
use crate::guard::bearer;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use hob_base::Error;
use hob_feature::Identity;
use maud::{Markup, html};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tracing::error;

/// What a handler returns.
pub type Answer<T = Response> = Result<T, Failure>;

/// An [`Error`] on its way to becoming an answer.
#[derive(Debug, Clone)]
pub struct Failure(Arc<Error>);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(Arc::new(error))
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = status_of(&self.0).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Whether the sender is a program that reads JSON rather than a person with a browser.
pub fn wants_json(path: &str, headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    path.starts_with("/api/")
        || bearer(headers).is_some()
        || (accept.contains("json") && !accept.contains("html"))
}

/// Whether htmx asks for a part of a page.
pub fn wants_part(headers: &HeaderMap) -> bool {
    headers.contains_key("hx-request")
}

fn status_of(error: &Error) -> StatusCode {
    match error {
        Error::NotFound { .. } => StatusCode::NOT_FOUND,
        Error::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Conflict(_) => StatusCode::CONFLICT,
        Error::Forbidden(_) => StatusCode::FORBIDDEN,
        Error::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
        Error::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// The layer that draws error answers: failures of handlers, and the plain texts of the router itself (unknown path,
/// wrong method, body too large).
pub(crate) async fn draw_errors(request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let headers = parts.headers.clone();
    let mut frame = Frame::from_request_parts(&mut parts, &()).await.ok();
    let response = next.run(Request::from_parts(parts, body)).await;
    let status = response.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    // This layer is outside the guard, which leaves who asked on the response.
    if let (Some(frame), Some(who)) = (&mut frame, response.extensions().get::<Identity>()) {
        frame.who = Some(who.clone());
    }
    let (failure, kept) = match response.extensions().get::<Failure>().cloned() {
        Some(failure) => (failure.0, response.headers().clone()),
        None if is_plain(&response) => {
            let kept = response.headers().clone();
            (Arc::new(from_plain(response, &path).await), kept)
        }
        None => return response,
    };
    draw(&failure, status, &path, &headers, &kept, frame.as_ref())
}

fn is_plain(response: &Response) -> bool {
    let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_none_or(|content_type| content_type.starts_with("text/plain"))
}

async fn from_plain(response: Response, path: &str) -> Error {
    let status = response.status();
    let text = to_bytes(response.into_body(), 2048).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text).trim().to_owned();
    match status {
        StatusCode::NOT_FOUND => Error::not_found("page", path),
        StatusCode::METHOD_NOT_ALLOWED => {
            Error::Forbidden("This address does not accept that method.".to_owned())
        }
        StatusCode::PAYLOAD_TOO_LARGE => {
            Error::Forbidden("The request is too large: at most 1 MiB is accepted here.".to_owned())
        }
        _ if status.is_client_error() => {
            Error::invalid("request", if text.is_empty() { "It cannot be read.".to_owned() } else { text })
        }
        _ => Error::internal(format!("Answering {path}"), text),
    }
}

fn draw(
    failure: &Error,
    status: StatusCode,
    path: &str,
    headers: &HeaderMap,
    kept: &HeaderMap,
    frame: Option<&Frame>,
) -> Response {
    let detail = match failure {
        Error::Internal { .. } => {
            let id = incident_number();
            error!(path, id, reason = failure.chain(), "a request failed");
            format!(
                "Hob made a mistake or something it stands on failed. The log has the cause under number {id}."
            )
        }
        other => other.to_string(),
    };
    let mut response = if wants_json(path, headers) {
        problem(failure, status, &detail)
    } else if wants_part(headers) {
        let part = html! { p.error role="alert" { (detail) } };
        (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], part.into_string()).into_response()
    } else {
        let body = error_body(status, &detail);
        match frame {
            Some(frame) => (status, frame.plain_page(title_of(status), &body)).into_response(),
            None => (status, detail).into_response(),
        }
    };
    if let Error::TooMany { retry_after_s, .. } = failure {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*retry_after_s));
    }
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    for name in [header::ALLOW, header::LOCATION, HeaderName::from_static("hx-redirect")] {
        if let Some(value) = kept.get(&name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}

fn problem(failure: &Error, status: StatusCode, detail: &str) -> Response {
    let mut body = json!({
        "type": "about:blank",
        "title": title_of(status),
        "status": status.as_u16(),
        "detail": detail,
    });
    if let Error::Invalid { field, .. } = failure {
        body["field"] = json!(field);
    }
    let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, content_type, Body::from(body.to_string())).into_response()
}

fn title_of(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::UNAUTHORIZED => "Please log in",
        StatusCode::FORBIDDEN => "Not allowed",
        StatusCode::CONFLICT => "Not possible now",
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST => "Something is wrong with this input",
        StatusCode::TOO_MANY_REQUESTS => "Please wait a moment",
        StatusCode::SERVICE_UNAVAILABLE => "Not available just now",
        StatusCode::METHOD_NOT_ALLOWED => "That method is not possible here",
        StatusCode::PAYLOAD_TOO_LARGE => "Too large",
        _ if status.is_client_error() => "That was not understood",
        _ => "Hob failed",
    }
}

pub(crate) fn error_body(status: StatusCode, detail: &str) -> Markup {
    html! {
        section.notice {
            h1 { (title_of(status)) }
            p { (detail) }
            p { a.button href="/" { "Back to the home page" } }
        }
    }
}

/// A number under which the log has the cause.
fn incident_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
