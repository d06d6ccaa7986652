//! The addresses: extract, call, render.

mod api;
mod door;
mod pages;

use axum::Router;
use axum::http::{HeaderMap, header};
use axum::routing::{any, get, post};
use hob_feature::Ctx;
use hob_web::is_https;

/// The page of all jobs.
pub(crate) const PATH: &str = "/scheduled";

pub(crate) fn routes(ctx: &Ctx) -> Router {
    Router::new()
        .route(PATH, get(pages::list).post(pages::add))
        .route("/scheduled/new", get(pages::ask_new))
        .route("/scheduled/key", get(pages::ask_rotate).post(pages::rotate))
        .route("/scheduled/{handle}", get(pages::show).post(pages::change))
        .route("/scheduled/{handle}/edit", get(pages::ask_change))
        .route("/scheduled/{handle}/pause", post(pages::pause))
        .route("/scheduled/{handle}/resume", post(pages::resume))
        .route("/scheduled/{handle}/delete", get(pages::ask_delete).post(pages::delete))
        .route("/scheduled/{handle}/pings/{n}", get(pages::body))
        .with_state(ctx.clone())
}

/// What programs ping, and the API with which they manage jobs.
pub(crate) fn door_routes(ctx: &Ctx) -> Router {
    Router::new()
        .route("/ping/{*rest}", any(door::ping))
        .route("/api/push/{token}", any(door::push))
        .route("/ping/api/v3/checks/", any(api::checks))
        .route("/ping/api/v3/checks/{id}", any(api::check))
        .route("/ping/api/v3/checks/{id}/{action}", any(api::act))
        .route("/ping/api/v3/checks/{id}/pings/", any(api::pings))
        .route("/ping/api/v3/checks/{id}/flips/", any(api::flips))
        .route("/ping/api/v3/checks/{id}/pings/{n}/body", any(api::body))
        .with_state(ctx.clone())
}

/// Where Hob is reached, as the client says: for addresses that it can copy.
fn site(headers: &HeaderMap) -> String {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("localhost");
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    let host: String = host.chars().filter(|c| plain(*c)).take(255).collect();
    let scheme = if is_https(headers) { "https" } else { "http" };
    format!("{scheme}://{host}")
}
