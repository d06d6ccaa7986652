//! ntfy's API of one's own account.

use axum::Router;
use hob_feature::Ctx;

pub(crate) fn routes(_ctx: &Ctx) -> Router {
    Router::new()
}
