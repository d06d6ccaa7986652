//! The addresses: extract, call, answer. All of them are doors: a token says who asks.

mod alerts;
mod answer;
mod silences;

use crate::memory::open_since;
use crate::model::wire;
use answer::{Refusal, Who, json, method_not_allowed};
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get};
use hob_feature::{Ctx, Scope};

/// The largest body of posted alerts, in bytes.
const ALERTS_BYTES_MAX: usize = 8 << 20;
/// The largest body of a posted silence, in bytes.
const SILENCE_BYTES_MAX: usize = 256 << 10;
/// Before this everything is the protocol's own.
const PREFIX: &str = "/alertmanager";

pub(crate) fn routes(ctx: &Ctx) -> Router {
    let only = |methods: &'static str| move |method| method_not_allowed(methods, method);
    let api = |path: &str| format!("{PREFIX}/api/v2{path}");
    Router::new()
        .route(PREFIX, get(home))
        .route(&format!("{PREFIX}/"), get(home))
        .route(&format!("{PREFIX}/-/healthy"), get(|| async { "OK" }))
        .route(&format!("{PREFIX}/-/ready"), get(|| async { "OK" }))
        .route(&format!("{PREFIX}/api/v1/{{*rest}}"), any(version_1))
        .route(&api("/status"), get(status).fallback(only("GET")))
        .route(&api("/receivers"), get(receivers).fallback(only("GET")))
        .route(&api("/alerts"), get(alerts::list).post(alerts::post).fallback(only("GET,POST")))
        .route(&api("/alerts/groups"), get(alerts::groups).fallback(only("GET")))
        .route(&api("/silences"), get(silences::list).post(silences::post).fallback(only("GET,POST")))
        .route(&api("/silence/{id}"), get(silences::show).delete(silences::end).fallback(only("DELETE,GET")))
        .route(&api("/{*rest}"), any(unknown))
        // Each handler reads its body within a limit of its own.
        .layer(DefaultBodyLimit::disable())
        .with_state(ctx.clone())
}

/// Where people go who open the address in a browser.
async fn home() -> Redirect {
    Redirect::to("/resources?kind=alert")
}

async fn status(State(ctx): State<Ctx>, who: Who) -> Result<Response, Refusal> {
    who.needs(&[Scope::Read])?;
    Ok(json(&wire::status(open_since(&ctx))))
}

async fn receivers(who: Who) -> Result<Response, Refusal> {
    who.needs(&[Scope::Read])?;
    Ok(json(&wire::RECEIVERS))
}

/// The first version of the API, in the words of the program that no longer has it.
async fn version_1() -> Response {
    let gone = serde_json::json!({
        "status": "deprecated",
        "error": "The Alertmanager v1 API was deprecated in version 0.16.0 and is removed as of version 0.27.0 - please \
                  use the equivalent route in the v2 API",
    });
    (StatusCode::GONE, json(&gone)).into_response()
}

async fn unknown(who: Who, uri: Uri) -> Refusal {
    if let Err(refusal) = who.needs(&[Scope::Read]) {
        return refusal;
    }
    Refusal::coded(StatusCode::NOT_FOUND, 404, &format!("path {} was not found", answer::own_path(&uri)))
}
