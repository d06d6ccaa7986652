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
use hob_feature::{Ctx, HostRoutes};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tower::ServiceExt;

/// The largest request body, unless a route says otherwise.
const BODY_BYTES_MAX: usize = 1 << 20;
/// The longest that a handler may take until its answer begins.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Nothing from elsewhere, nothing inline; forms go to Hob only; nobody may frame it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    font-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The policy of a page whose forms may also lead to these origins (`https://duckduckgo.com`), as its owner configured:
/// browsers ask the policy of the page with the form about redirects, too. `None` where there are none, or where one of them
/// is no origin.
pub fn policy_with_forms<'a>(origins: impl IntoIterator<Item = &'a str>) -> Option<HeaderValue> {
    let origins: Vec<&str> = origins.into_iter().collect();
    let plain = |origin: &&str| origin.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:/[]".contains(&b));
    if origins.is_empty() || !origins.iter().all(plain) {
        return None;
    }
    let wider = format!("form-action 'self' {};", origins.join(" "));
    HeaderValue::from_str(&POLICY.replace("form-action 'self';", &wider)).ok()
}

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
    let house = Router::new()
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
        .layer(from_fn_with_state(ctx.clone(), enter));
    let hosts: Vec<HostRoutes> =
        ctx.features.iter().filter_map(|feature| (feature.host_routes)(ctx)).collect();
    if hosts.is_empty() {
        return house;
    }
    house.layer(from_fn_with_state(Arc::new(hosts), by_host))
}

/// Sends what is asked of a feature's own host name there, past the whole shell.
async fn by_host(State(hosts): State<Arc<Vec<HostRoutes>>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|value| value.to_str().ok()).map(hostname);
    match host.and_then(|host| hosts.iter().find(|own| own.hostname.eq_ignore_ascii_case(host))) {
        Some(own) => own.routes.clone().oneshot(request).await.into_response(),
        None => next.run(request).await,
    }
}

/// The name in a `Host` header, without the port.
fn hostname(host: &str) -> &str {
    match host.rsplit_once(':') {
        // The colons of an IPv6 address are inside its brackets.
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
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
