//! The addresses: extract, call, render.

mod export;
mod manage;
mod public;
mod report;

use axum::Router;
use axum::routing::{get, post};
use hob_feature::Ctx;

/// The report of this month.
pub(super) const PATH: &str = "/uptime";

/// For who may read; changes need the scope `write`.
pub(super) fn routes(ctx: &Ctx) -> Router {
    Router::new()
        .route(PATH, get(report::this_month))
        .route("/uptime/{month}", get(report::month))
        .route("/uptime/resource/{*id}", get(report::resource))
        .route("/uptime/objective/{*id}", post(report::set_objective))
        .route("/api/v1/uptime", get(report::api))
        .route("/api/v1/export/incidents.csv", get(export::incidents))
        .route("/api/v1/export/transitions.csv", get(export::transitions))
        .route("/status-pages", get(manage::list).post(manage::add))
        .route("/status-pages/new", get(manage::new))
        .route("/status-pages/{id}", get(manage::edit).post(manage::change))
        .route("/status-pages/{id}/add", post(manage::add_entries))
        .route("/status-pages/{id}/entries", post(manage::change_entries))
        .route("/status-pages/{id}/announcements", post(manage::announce))
        .route("/status-pages/{id}/announcements/{said}/end", post(manage::end_announcement))
        .route("/status-pages/{id}/announcements/{said}/delete", post(manage::delete_announcement))
        .route("/status-pages/{id}/delete", get(manage::confirm_delete).post(manage::delete))
        .with_state(ctx.clone())
}

/// For everybody.
pub(super) fn open_routes(ctx: &Ctx) -> Router {
    Router::new()
        .route("/status/{slug}", get(public::page))
        .route("/status/{slug}/{document}", get(public::document))
        .route("/status/{slug}/badge/{number}", get(public::badge))
        .with_state(ctx.clone())
}
