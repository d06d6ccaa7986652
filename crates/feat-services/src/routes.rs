//! One address: the icons of services.

use crate::model::icon::is_hash;
use crate::store;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hob_base::error::OrNotFound;
use hob_feature::Ctx;
use hob_web::Answer;

/// A file of this name never changes, and only who is logged in may see it.
const FOR_EVER: &str = "private, max-age=31536000, immutable";
/// An SVG may carry script; opened by itself it must not run.
const NO_SCRIPT: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";

/// The router.
pub(crate) fn routes(ctx: &Ctx) -> Router {
    Router::new().route("/services/icon/{hash}", get(icon)).with_state(ctx.clone())
}

async fn icon(State(ctx): State<Ctx>, Path(hash): Path<String>) -> Answer {
    let found = if is_hash(&hash) { store::find_icon(&ctx.db, &hash).await? } else { None };
    let icon = found.or_not_found("icon", &hash)?;
    let headers = [
        (header::CONTENT_TYPE, icon.content_type.as_str()),
        (header::CACHE_CONTROL, FOR_EVER),
        (header::CONTENT_SECURITY_POLICY, NO_SCRIPT),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, icon.bytes).into_response() as Response)
}
