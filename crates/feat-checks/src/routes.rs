//! The addresses: extract, call, render.

mod api;
mod edit;
mod found;
mod import;
mod list;
mod trial;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use hob_feature::Ctx;

/// The list of all checks.
pub(crate) const PATH: &str = "/checks";

/// For who may read; changes need the scope `write`.
pub(super) fn routes(_: &Ctx) -> Router {
    // They have a limit of their own.
    let large = DefaultBodyLimit::disable();
    Router::new()
        .route(PATH, get(list::list))
        .route("/checks/new", get(edit::new).post(edit::add))
        .route("/checks/import", get(import::form).post(import::preview).layer(large))
        .route("/checks/import/take", post(import::take))
        .route("/checks/override/{*id}", get(found::form).post(found::change))
        .route("/checks/{id}", get(edit::form).post(edit::change))
        .route("/checks/{id}/delete", get(edit::confirm_delete).post(edit::delete))
        .route("/checks/{id}/pause", post(edit::pause))
        .route("/checks/{id}/resume", post(edit::resume))
        .route("/checks/{id}/run", post(edit::run))
        .route("/api/v1/checks", get(api::list).post(api::add))
        .route("/api/v1/checks/import", post(import::api).layer(large))
        .route("/api/v1/checks/{id}", get(api::one).put(api::put).delete(api::delete))
        .route("/api/v1/checks/{id}/pause", post(api::pause))
        .route("/api/v1/checks/{id}/resume", post(api::resume))
        .route("/api/v1/checks/{id}/run", post(api::run))
}

/// A clause as a sentence.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    let end = if clause.ends_with(['.', '?']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}
