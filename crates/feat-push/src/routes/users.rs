//! ntfy's API of users, for administrators.

use axum::Router;
use hob_feature::Ctx;

pub(crate) fn routes(_ctx: &Ctx) -> Router {
    Router::new()
}
