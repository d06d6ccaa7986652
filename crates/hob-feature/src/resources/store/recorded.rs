//! What the database has of a stretch of time long ago: for reports and exports, which ask for it when somebody looks.

use super::{Row, gaps_between, read_row, unpack};
use crate::resources::Recorded;
use hob_base::error::Doing;
use hob_base::uptime::{Change, Span};
use hob_base::{ResourceId, Result, Timestamp, Transition};
use hob_db::{Db, on};
use std::collections::HashMap;

/// The most changes of level that one answer is made of.
const CHANGES_MAX: i64 = 500_000;
/// The most runs of the hub that are looked at.
const RUNS_MAX: i64 = 20_000;

pub(in crate::resources) async fn recorded(
    db: &Db,
    of: Option<&ResourceId>,
    span: Span,
    now: Timestamp,
) -> Result<Recorded> {
    let (mut changes, complete) = changes_within(db, of, span).await?;
    for (id, change) in levels_before(db, of, span.from).await? {
        changes.entry(id).or_insert_with(|| vec![change]);
    }
    let gaps = gaps_within(db, span, now).await?;
    Ok(Recorded { changes, gaps, complete })
}

async fn changes_within(
    db: &Db,
    of: Option<&ResourceId>,
    span: Span,
) -> Result<(HashMap<ResourceId, Vec<Change>>, bool)> {
    const PACKED: &str = "string_agg(CAST(at AS TEXT) || substr(COALESCE(from_level, '-'), 1, 1)
        || substr(to_level, 1, 1), ',' ORDER BY at)";
    const OF_ALL: &str = "SELECT resource_id, at, from_level, to_level FROM hob_transition
        WHERE at >= $1 AND at < $2 ORDER BY at LIMIT $3";
    const OF_ONE: &str = "SELECT resource_id, at, from_level, to_level FROM hob_transition
        WHERE resource_id = $4 AND at >= $1 AND at < $2 ORDER BY at LIMIT $3";
    let inner = if of.is_some() { OF_ONE } else { OF_ALL };
    let text =
        format!("SELECT resource_id AS id, COUNT(*) AS n, {PACKED} FROM ({inner}) AS t GROUP BY resource_id");
    let rows: Vec<(String, i64, String)> = on!(read db, p => {
        let mut query = sqlx::query_as(sqlx::AssertSqlSafe(text))
            .bind(span.from.millis())
            .bind(span.to.millis())
            .bind(CHANGES_MAX);
        if let Some(id) = of {
            query = query.bind(id.as_str().to_owned());
        }
        query.fetch_all(p).await
    })
    .doing(|| "Reading the transitions of a report".to_owned())?;
    let complete = rows.iter().map(|(_, count, _)| *count).sum::<i64>() < CHANGES_MAX;
    let parsed =
        rows.into_iter().filter_map(|(id, _, packed)| Some((id.parse().ok()?, unpack(&packed, span.from))));
    Ok((parsed.collect(), complete))
}

/// What held at `from`, of what is still known, or of one resource whether it is still known or not.
async fn levels_before(
    db: &Db,
    of: Option<&ResourceId>,
    from: Timestamp,
) -> Result<Vec<(ResourceId, Change)>> {
    // One short look along the primary key for each resource, instead of over the transitions of all years.
    const OF_ALL: &str = "SELECT id, (SELECT to_level FROM hob_transition
            WHERE resource_id = hob_resource.id AND at < $1 ORDER BY at DESC LIMIT 1) FROM hob_resource";
    const OF_ONE: &str = "SELECT resource_id, to_level FROM hob_transition
        WHERE at < $1 AND resource_id = $2 ORDER BY at DESC LIMIT 1";
    let rows: Vec<(String, Option<String>)> = match of {
        None => on!(read db, p => sqlx::query_as(OF_ALL).bind(from.millis()).fetch_all(p).await),
        Some(id) => {
            on!(read db, p => sqlx::query_as(OF_ONE).bind(from.millis()).bind(id.as_str()).fetch_all(p).await)
        }
    }
    .doing(|| "Reading what held before a report begins".to_owned())?;
    let parsed = rows
        .into_iter()
        .filter_map(|(id, level)| Some((id.parse().ok()?, Change { at: from, to: level?.parse().ok()? })));
    Ok(parsed.collect())
}

/// The spans in which the hub did not run.
async fn gaps_within(db: &Db, span: Span, now: Timestamp) -> Result<Vec<Span>> {
    // The run before counts as well: from its end to the next start nobody watched.
    const RUNS: &str = "SELECT started_at, alive_at FROM hob_run
        WHERE started_at < $2 AND alive_at >= COALESCE((SELECT MAX(alive_at) FROM hob_run WHERE alive_at < $1), $1)
        ORDER BY started_at LIMIT $3";
    let rows: Vec<(i64, i64)> = on!(read db, p => sqlx::query_as(RUNS)
        .bind(span.from.millis()).bind(span.to.millis()).bind(RUNS_MAX).fetch_all(p).await)
    .doing(|| "Reading when the hub ran".to_owned())?;
    Ok(gaps_between(&rows, span.to.min(now)))
}

/// Transitions in order of time, from where an earlier answer ended.
pub(in crate::resources) async fn transitions_between(
    db: &Db,
    of: Option<&ResourceId>,
    span: Span,
    after: Option<(Timestamp, &ResourceId)>,
    limit: u32,
) -> Result<Vec<Transition>> {
    const OF_ALL: &str = "SELECT resource_id, at, from_level, to_level, reason FROM hob_transition
        WHERE at >= $1 AND at < $2 AND (at > $3 OR (at = $3 AND resource_id > $4))
        ORDER BY at, resource_id LIMIT $5";
    const OF_ONE: &str = "SELECT resource_id, at, from_level, to_level, reason FROM hob_transition
        WHERE at >= $1 AND at < $2 AND (at > $3 OR (at = $3 AND resource_id > $4)) AND resource_id = $6
        ORDER BY at, resource_id LIMIT $5";
    let from = after.map_or(span.from, |(at, _)| span.from.max(at)).millis();
    let (last_at, last_id) = after.map_or((i64::MIN, ""), |(at, id)| (at.millis(), id.as_str()));
    let rows: Vec<Row> = on!(read db, p => {
        let mut query = sqlx::query_as(if of.is_some() { OF_ONE } else { OF_ALL })
            .bind(from)
            .bind(span.to.millis())
            .bind(last_at)
            .bind(last_id)
            .bind(i64::from(limit));
        if let Some(id) = of {
            query = query.bind(id.as_str());
        }
        query.fetch_all(p).await
    })
    .doing(|| "Reading transitions".to_owned())?;
    rows.into_iter().map(read_row).collect()
}
