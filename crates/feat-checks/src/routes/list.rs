//! The list.

use crate::added;
use crate::overview::{Filter, rows};
use crate::pages::list::{List, PAGE, list as draw};
use axum::extract::Query;
use hob_feature::Scope;
use hob_web::{Answer, Frame};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    q: String,
    kind: String,
    health: String,
    page: String,
    said: String,
}

/// What was done, as a sentence. Only these are ever said.
fn sentence(said: &str) -> Option<&'static str> {
    Some(match said {
        "deleted" => "The check is deleted.",
        "imported" => "The checks are made. They are probed from now on.",
        "adjusted" => "Saved. It holds from now on.",
        _ => return None,
    })
}

pub(super) async fn list(frame: Frame, Query(query): Query<ListQuery>) -> Answer {
    let ctx = &frame.ctx;
    added::known(ctx).await?;
    let filter = Filter { text: query.q.chars().take(200).collect(), kind: query.kind, health: query.health };
    let rows = rows(ctx, &filter);
    let last = rows.len().saturating_sub(1) / PAGE;
    let view = List {
        rows: &rows,
        filter: &filter,
        page: query.page.parse::<usize>().unwrap_or(0).min(last),
        may_write: frame.may(Scope::Write),
        said: sentence(&query.said),
    };
    Ok(frame.page("Checks", &draw(&view, ctx)))
}
