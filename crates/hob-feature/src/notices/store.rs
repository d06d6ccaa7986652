//! All SQL about notices.

use super::{Act, Notice};
use hob_base::error::Doing;
use hob_base::{IncidentId, Result, Timestamp};
use hob_db::{Db, on};
use std::collections::HashSet;
use tracing::warn;

/// The most that are read at once.
const READ_MAX: i64 = 10_000;

/// Carries everything out in its order, in one transaction. Returns the keys that were not known.
pub(super) async fn write(db: &Db, acts: &[Act]) -> Result<HashSet<String>> {
    const ADD: &str = "INSERT INTO hob_notice (key, incident, at, due, state) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (key) DO NOTHING";
    const LIST: &str = "SELECT key, state FROM hob_notice WHERE incident = $1 AND due > $2";
    const DELETE: &str = "DELETE FROM hob_notice WHERE key = $1";
    let run = on!(write db, p => async {
        let mut new = HashSet::new();
        let mut tx = p.begin().await?;
        for act in acts {
            match act {
                Act::Add { notice, .. } => {
                    // A notice is strings and numbers: writing it as JSON cannot fail.
                    let state = serde_json::to_string(notice.as_ref()).unwrap_or_default();
                    let done = sqlx::query(ADD)
                        .bind(&notice.key)
                        .bind(notice.incident.map(|id| id.0))
                        .bind(notice.at.millis())
                        .bind(notice.due.millis())
                        .bind(state)
                        .execute(&mut *tx)
                        .await?;
                    if done.rows_affected() > 0 {
                        new.insert(notice.key.clone());
                    }
                }
                Act::Withdraw { incident, after, .. } => {
                    let rows: Vec<(String, String)> =
                        sqlx::query_as(LIST).bind(incident.0).bind(after.millis()).fetch_all(&mut *tx).await?;
                    for notice in rows.into_iter().filter_map(read_row).filter(|notice| act.withdraws(notice)) {
                        sqlx::query(DELETE).bind(&notice.key).execute(&mut *tx).await?;
                    }
                }
            }
        }
        tx.commit().await?;
        Ok::<_, sqlx::Error>(new)
    }.await);
    run.doing(|| "Saving notices".to_owned())
}

/// Which of these keys there are.
pub(super) async fn known(db: &Db, keys: &[String]) -> Result<HashSet<String>> {
    const SQL: &str = "SELECT key FROM hob_notice WHERE key = $1";
    let run = on!(read db, p => async {
        let mut known = HashSet::new();
        for key in keys {
            let row: Option<(String,)> = sqlx::query_as(SQL).bind(key).fetch_optional(p).await?;
            known.extend(row.map(|(key,)| key));
        }
        Ok::<_, sqlx::Error>(known)
    }.await);
    run.doing(|| "Reading notices".to_owned())
}

pub(super) async fn last_incident(db: &Db) -> Result<IncidentId> {
    const SQL: &str = "SELECT COALESCE(MAX(incident), 0) FROM hob_notice";
    let (last,): (i64,) = on!(read db, p => sqlx::query_as(SQL).fetch_one(p).await)
        .doing(|| "Reading the last notice".to_owned())?;
    Ok(IncidentId(last))
}

pub(super) async fn list_of_incidents(db: &Db, first: IncidentId, last: IncidentId) -> Result<Vec<Notice>> {
    const SQL: &str =
        "SELECT key, state FROM hob_notice WHERE incident >= $1 AND incident <= $2 ORDER BY at, key LIMIT $3";
    let rows: Vec<(String, String)> =
        on!(read db, p => sqlx::query_as(SQL).bind(first.0).bind(last.0).bind(READ_MAX).fetch_all(p).await)
            .doing(|| format!("Reading the notices of incidents {first} to {last}"))?;
    Ok(rows.into_iter().filter_map(read_row).collect())
}

pub(super) async fn list_due(db: &Db, from: Timestamp, to: Timestamp) -> Result<Vec<Notice>> {
    const SQL: &str =
        "SELECT key, state FROM hob_notice WHERE due >= $1 AND due < $2 ORDER BY due, key LIMIT $3";
    let rows: Vec<(String, String)> = on!(read db, p => sqlx::query_as(SQL)
        .bind(from.millis())
        .bind(to.millis())
        .bind(READ_MAX)
        .fetch_all(p)
        .await)
    .doing(|| "Reading the notices that are due".to_owned())?;
    Ok(rows.into_iter().filter_map(read_row).collect())
}

fn read_row((key, state): (String, String)) -> Option<Notice> {
    serde_json::from_str(&state)
        .map_err(|error| warn!(key, %error, "a saved notice cannot be read; it is left out"))
        .ok()
}
