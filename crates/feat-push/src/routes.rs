//! The addresses: extract, call, render. [`push_router`] is the whole push server; `pages` are Hob's own pages.

pub(crate) mod account;
mod asking;
pub(crate) mod attachments;
pub(crate) mod browsers;
pub(crate) mod info;
pub(crate) mod pages;
pub(crate) mod publish;
pub(crate) mod subscribe;
pub(crate) mod users;

use crate::config;
use crate::visitor::{Cost, Visitor, auth_query};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use hob_feature::{Ctx, HostRoutes};
use hob_web::Peer;
use http::{HeaderName, HeaderValue, Method, StatusCode, header, request};
use ntfy_protocol::{Endpoint, Refusal, matrix, refusal};
use std::borrow::Cow;

/// Everything that answers on the push server's own port and host name.
pub(crate) fn push_router(ctx: &Ctx) -> Router {
    Router::new()
        .merge(info::routes(ctx))
        .merge(account::routes(ctx))
        .merge(users::routes(ctx))
        .merge(browsers::routes(ctx))
        .method_not_allowed_fallback(axum::routing::any(dispatch_unmatched).with_state::<()>(ctx.clone()))
        .fallback_service(axum::routing::any(dispatch).with_state(ctx.clone()))
        .layer(axum::middleware::map_response(cross_origin))
}

pub(crate) fn host_routes(ctx: &Ctx) -> Option<HostRoutes> {
    let settings = config::settings(ctx);
    let hostname = settings.hostname.clone().filter(|_| settings.enabled)?;
    Some(HostRoutes { hostname, routes: push_router(ctx) })
}

/// A request about topics.
pub(super) struct Asked {
    ctx: Ctx,
    parts: request::Parts,
    body: Body,
    peer: Peer,
}

impl Asked {
    /// Who asks; it costs a request.
    fn visitor(&self) -> impl Future<Output = Result<Visitor, Refusal>> + Send {
        let auth = auth_query(self.parts.uri.query());
        // A body cannot be looked at by two threads, so the future must not hold on to it.
        let (ctx, headers, peer) = (&self.ctx, &self.parts.headers, self.peer);
        async move {
            let visitor = Visitor::recognise(ctx, headers, auth.as_deref(), peer).await?;
            visitor.pay(ctx, Cost::Request)?;
            Ok(visitor)
        }
    }

    /// What stands after the `?`, still encoded.
    fn query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }
}

async fn dispatch(State(ctx): State<Ctx>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Some(peer) = parts.extensions.get::<Peer>().copied() else {
        return refused(&refusal::INTERNAL_ERROR);
    };
    if parts.uri.path() == "/" && matches!(parts.method, Method::GET | Method::HEAD) {
        return info::home(&ctx, &parts.headers);
    }
    let endpoint = Endpoint::of(&parts.method, parts.uri.path());
    let asked = Asked { ctx, parts, body, peer };
    let answer = match endpoint {
        Ok(endpoint) => answer(asked, endpoint).await,
        Err(refusal) => Err(refusal),
    };
    answer.unwrap_or_else(|refusal| refused(&refusal))
}

async fn answer(asked: Asked, endpoint: Endpoint) -> Result<Response, Refusal> {
    match endpoint {
        Endpoint::PublishJson => publish::publish_json(asked).await,
        Endpoint::Publish(topic, sequence) => publish::publish(asked, topic, sequence).await,
        Endpoint::Delete(topic, sequence) => publish::delete(asked, topic, sequence).await,
        Endpoint::Clear(topic, sequence) => publish::clear(asked, topic, sequence).await,
        Endpoint::Subscribe(topics, format) => subscribe::subscribe(asked, topics, format).await,
        Endpoint::Auth(topics) => subscribe::auth(asked, topics).await,
        Endpoint::TopicPage(topic) => Ok(info::topic(&asked, &topic)),
        Endpoint::File(id) => attachments::serve(asked, &id).await,
        Endpoint::MatrixDiscovery => Ok(json(matrix::DISCOVERY)),
        Endpoint::MatrixNotify => publish::matrix(asked).await,
        Endpoint::Preflight => Ok(preflight()),
    }
}

/// A path that is known, but not with this method. `/` is a page to look at and the place where JSON is published to.
async fn dispatch_unmatched(State(ctx): State<Ctx>, request: Request) -> Response {
    match request.method() {
        &Method::OPTIONS => preflight(),
        _ if request.uri().path() == "/" => dispatch(State(ctx), request).await,
        _ => refused(&refusal::NOT_FOUND),
    }
}

/// A browser asks before it asks.
fn preflight() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, PUT, POST, PATCH, DELETE"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "*"),
    ];
    headers.into_response()
}

/// Pages of any origin may use the push server: it knows no cookies.
async fn cross_origin(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.entry(header::ACCESS_CONTROL_ALLOW_ORIGIN).or_insert(HeaderValue::from_static("*"));
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    response
}

/// A refusal as an answer.
pub(crate) fn refused(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.http).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json(&format!("{}\n", refusal.to_json()));
    *response.status_mut() = status;
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

/// The protocol has no number for “not now”; 503 is what its clients try again on.
pub(crate) fn unavailable(sentence: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal { code: 50301, http: 503, error: sentence.into(), link: None }
}

/// The database does not answer.
pub(crate) fn database_is_away() -> Refusal {
    unavailable("The database of the push server does not answer at the moment. Try again in a moment.")
}

/// An answer in JSON.
pub(crate) fn json(text: &str) -> Response {
    with_type("application/json", text.to_owned())
}

fn with_type(kind: &'static str, text: String) -> Response {
    let headers: [(HeaderName, &str); 1] = [(header::CONTENT_TYPE, kind)];
    (headers, text).into_response()
}
