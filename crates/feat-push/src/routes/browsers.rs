//! ntfy's API of browsers that get messages.

use axum::Router;
use hob_feature::Ctx;

pub(crate) fn routes(_ctx: &Ctx) -> Router {
    Router::new()
}
