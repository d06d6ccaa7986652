//! The addresses: extract, call, render.

mod api;
mod channels;
mod digest;
mod log;
mod rules;
mod simulate;

pub(crate) use channels::{FIELD, FORGET};
pub(crate) use log::{Narrow, PAGE};
pub(crate) use rules::CHOICES;
pub(crate) use simulate::Asked;

use crate::desk::Desk;
use crate::pages;
use crate::store::{self, Query as LogQuery};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use hob_base::{Error, Result};
use hob_feature::Ctx;
use hob_web::{Answer, Frame};
use std::collections::BTreeMap;

/// The first page.
pub(crate) const PATH: &str = "/notifications";

pub(crate) fn routes(ctx: &Ctx) -> Router {
    Router::new()
        .route(PATH, get(overview))
        .route("/notifications/channels", get(channels::list).post(channels::add))
        .route("/notifications/channels/new", get(channels::ask_new))
        .route("/notifications/channels/{name}", get(channels::show).post(channels::change))
        .route("/notifications/channels/{name}/test", post(channels::test))
        .route("/notifications/channels/{name}/pause", post(channels::pause))
        .route("/notifications/channels/{name}/resume", post(channels::resume))
        .route("/notifications/channels/{name}/delete", get(channels::ask_delete).post(channels::delete))
        .route("/notifications/rules", get(rules::list).post(rules::add))
        .route("/notifications/rules/new", get(rules::ask_new))
        .route("/notifications/rules/{id}", get(rules::show).post(rules::change))
        .route("/notifications/rules/{id}/move", post(rules::move_one))
        .route("/notifications/rules/{id}/delete", post(rules::delete))
        .route("/notifications/simulate", get(simulate::show))
        .route("/notifications/digest", get(digest::show).post(digest::add))
        .route("/notifications/digest/{id}/send", post(digest::send_now))
        .route("/notifications/digest/{id}/delete", post(digest::delete))
        .route("/notifications/log", get(log::list))
        .route("/notifications/log/message", get(log::show))
        .route("/notifications/incident/{id}", get(log::of_incident))
        .route("/api/v1/notify/channels", get(api::channels).post(api::add_channel))
        .route("/api/v1/notify/channels/{name}", axum::routing::delete(api::delete_channel))
        .route("/api/v1/notify/channels/{name}/test", post(api::test))
        .route("/api/v1/notify/kinds", get(api::kinds))
        .route("/api/v1/notify/rules", get(api::rules).put(api::set_rules))
        .route("/api/v1/notify/deliveries", get(api::deliveries))
        .route("/api/v1/notify/simulate", get(api::simulate))
        .with_state(ctx.clone())
}

async fn overview(State(ctx): State<Ctx>, frame: Frame) -> Answer {
    let desk = ctx.memory.of::<Desk>();
    let setup = desk.setup(&ctx).await?;
    let last = store::list_deliveries(&ctx.db, &LogQuery { limit: 10, ..LogQuery::default() }).await?;
    Ok(frame.page("Notifications", &pages::overview(&ctx, &desk, &setup, &last)))
}

/// What a form sent: fields may come several times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sent(BTreeMap<String, Vec<String>>);

impl From<Vec<(String, String)>> for Sent {
    fn from(pairs: Vec<(String, String)>) -> Self {
        let mut sent = Self::default();
        for (name, value) in pairs {
            // What browsers send of a field with several lines has both signs of a line's end.
            sent.0.entry(name).or_default().push(value.replace("\r\n", "\n"));
        }
        sent
    }
}

impl Sent {
    /// One field; empty when it was not sent.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.0.get(name).and_then(|values| values.first()).map_or("", String::as_str)
    }

    /// All values of a field.
    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        self.0.get(name).cloned().unwrap_or_default()
    }

    /// The lines of a field, without empty ones.
    pub(crate) fn lines(&self, name: &str) -> Vec<String> {
        let lines = self.get(name).lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect()
    }

    /// Whether a box was ticked.
    pub(crate) fn ticked(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }
}

/// A page with a form in which something is wrong.
fn again(mut page: Response) -> Response {
    *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    page
}

/// The sentence of an error that a person can do something about; any other is the caller's to answer.
fn sentence(error: Error) -> Result<String> {
    match error {
        Error::Internal { .. } => Err(error),
        Error::Invalid { problem, .. } => Ok(problem),
        other => Ok(other.to_string()),
    }
}
