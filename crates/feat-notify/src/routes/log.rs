//! Who was told what, how, and what the other side said.

use crate::desk::Desk;
use crate::model::queue::State as Far;
use crate::pages::{self, LogView};
use crate::store::{self, Query as LogQuery};
use axum::extract::{Path, Query, State};
use hob_base::error::OrNotFound;
use hob_base::{Error, IncidentId, Timestamp};
use hob_feature::Ctx;
use hob_web::{Answer, Frame};
use serde::Deserialize;

/// Messages on one page.
pub(crate) const PAGE: u32 = 50;

/// What the log is narrowed by.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(crate) struct Narrow {
    /// Words that a message must have.
    pub(crate) q: String,
    /// How far it must be.
    pub(crate) state: String,
    /// Before which time, in milliseconds: for the next page.
    pub(crate) before: Option<i64>,
    /// And which key.
    pub(crate) key: String,
    /// At most so many, where a program asks.
    pub(crate) limit: Option<u32>,
}

impl Narrow {
    /// What to read.
    pub(crate) fn query(&self, limit: u32) -> LogQuery {
        LogQuery {
            words: self.q.split_whitespace().take(3).map(|word| word.chars().take(100).collect()).collect(),
            state: Far::ALL.into_iter().find(|state| state.as_str() == self.state),
            before: self.before.map(|ms| (Timestamp::from_millis(ms), self.key.clone())),
            since: None,
            limit,
        }
    }
}

pub(super) async fn list(State(ctx): State<Ctx>, frame: Frame, Query(narrow): Query<Narrow>) -> Answer {
    let setup = ctx.memory.of::<Desk>().setup(&ctx).await?;
    let all = store::list_deliveries(&ctx.db, &narrow.query(PAGE)).await?;
    let view = LogView { narrow: &narrow, all: &all, setup: &setup };
    Ok(frame.page("Log of messages", &pages::log(&ctx, &view)))
}

#[derive(Debug, Deserialize)]
pub(super) struct Which {
    key: String,
}

pub(super) async fn show(State(ctx): State<Ctx>, frame: Frame, Query(which): Query<Which>) -> Answer {
    let setup = ctx.memory.of::<Desk>().setup(&ctx).await?;
    let shown: String = which.key.chars().take(80).collect();
    let delivery = store::find_delivery(&ctx.db, &which.key).await?.or_not_found("message", &shown)?;
    Ok(frame.page("A message", &pages::message(&ctx, &delivery, &setup)))
}

pub(super) async fn of_incident(State(ctx): State<Ctx>, frame: Frame, Path(id): Path<String>) -> Answer {
    let id: IncidentId = id.parse().map_err(|problem: String| Error::invalid("incident", problem))?;
    let setup = ctx.memory.of::<Desk>().setup(&ctx).await?;
    let all = store::list_of_incident(&ctx.db, id).await?;
    Ok(frame.page(&format!("Who was told of incident {id}"), &pages::of_incident(&ctx, id, &all, &setup)))
}
