//! Hob's own pages about messages, on the hub's port.

use axum::Router;
use hob_feature::Ctx;

pub(crate) fn routes(_ctx: &Ctx) -> Router {
    Router::new()
}

pub(crate) fn personal_routes(_ctx: &Ctx) -> Router {
    Router::new()
}
