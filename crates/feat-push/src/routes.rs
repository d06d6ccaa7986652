//! The addresses: extract, call, render.

use super::{model, pages};
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use hob_feature::Ctx;
use hob_web::Frame;

/// Its page.
pub(super) const PATH: &str = "/push";

pub(super) fn routes(ctx: &Ctx) -> Router {
    Router::new().route(PATH, get(show)).with_state(ctx.clone())
}

async fn show(frame: Frame) -> Response {
    frame.page("Push", &pages::overview(&model::judge(0)))
}
