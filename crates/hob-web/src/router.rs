//! All routes of all features behind the layers of the shell.

use crate::answer::{Failure, draw_errors};
use crate::assets::serve_asset;
use crate::compress::compress;
use crate::guard::{Need, guard, setup_first};
use crate::live::serve_live;
use crate::system;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::FutureExt;
use hob_base::Error;
use hob_feature::Ctx;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// The largest request body, unless a route says otherwise.
const BODY_BYTES_MAX: usize = 1 << 20;
/// The longest that a handler may take until its answer begins.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Nothing from elsewhere, nothing inline; forms go to Hob only; nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    font-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The whole hub as one service.
pub fn router(ctx: &Ctx) -> Router {
    let gather = |pick: fn(&hob_feature::Feature, &Ctx) -> Router| {
        ctx.features.iter().fold(Router::new(), |all, feature| all.merge(pick(feature, ctx)))
    };
    let behind = |routes: Router, need: Need| routes.layer(from_fn_with_state((ctx.clone(), need), guard));
    let guarded = gather(|feature, ctx| (feature.routes)(ctx))
        .merge(system::guarded_routes(ctx))
        .route("/live", get(serve_live).with_state(ctx.clone()));
    let guarded = crate::design::add(guarded);
    let personal = gather(|feature, ctx| (feature.personal_routes)(ctx));
    let open = gather(|feature, ctx| (feature.open_routes)(ctx)).fallback(unknown);
    let doors = gather(|feature, ctx| (feature.door_routes)(ctx));
    Router::new()
        .merge(behind(guarded, Need::ByMethod))
        .merge(behind(personal, Need::AnyLogin))
        .merge(behind(open, Need::Nothing))
        .merge(behind(doors, Need::Door))
        .merge(system::open_routes(ctx))
        .route("/assets/{file}", get(serve_asset))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(from_fn_with_state(ctx.clone(), setup_first))
        .layer(from_fn(bounded))
        .layer(from_fn(draw_errors))
        .layer(from_fn(compress))
        .layer(from_fn_with_state(ctx.clone(), enter))
}

async fn unknown(request: Request) -> Failure {
    Error::not_found("page", request.uri().path()).into()
}

/// Outermost: gives the request the house, counts it, and puts the security headers on the answer.
async fn enter(State(ctx): State<Ctx>, mut request: Request, next: Next) -> Response {
    request.extensions_mut().insert(ctx.clone());
    let page = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = next.run(request).await;
    ctx.memory.of::<system::Requests>().count(&ctx, response.status());
    let headers = response.headers_mut();
    let mut set = |name: header::HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    set(header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    set(header::HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()");
    set(header::CACHE_CONTROL, if page { "private, no-cache" } else { "no-store" });
    response
}

/// A handler that hangs or panics is an error answer, not a lost connection.
async fn bounded(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let run = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(ANSWER_WITHIN, run).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => Failure::from(Error::internal(format!("Answering {path}"), "the handler panicked"))
            .into_response(),
        Err(_) => {
            let seconds = ANSWER_WITHIN.as_secs();
            let text =
                format!("This took longer than {seconds} seconds and was given up. Try again in a moment.");
            let mut response = Failure::from(Error::Unavailable(text)).into_response();
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            response
        }
    }
}
