//! All SQL about notices.

use super::Notice;
use hob_base::error::Doing;
use hob_base::{IncidentId, Result, Timestamp};
use hob_db::{Db, on};
use tracing::warn;

/// The most that are read at once.
const READ_MAX: i64 = 10_000;

pub(super) async fn add_notices(db: &Db, notices: &[Notice]) -> Result<()> {
    const SQL: &str = "INSERT INTO hob_notice (key, incident, at, due, state) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (key) DO NOTHING";
    let rows: Vec<(&Notice, String)> = notices
        .iter()
        // A notice is strings and numbers: writing it as JSON cannot fail.
        .map(|notice| (notice, serde_json::to_string(notice).unwrap_or_default()))
        .collect();
    let run = on!(write db, p => async {
        let mut tx = p.begin().await?;
        for (notice, state) in &rows {
            sqlx::query(SQL)
                .bind(&notice.key)
                .bind(notice.incident.map(|id| id.0))
                .bind(notice.at.millis())
                .bind(notice.due.millis())
                .bind(state)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await
    }.await);
    run.doing(|| format!("Saving {} notices", notices.len()))
}

pub(super) async fn delete_undue(db: &Db, incident: IncidentId, now: Timestamp) -> Result<()> {
    const SQL: &str = "DELETE FROM hob_notice WHERE incident = $1 AND due > $2";
    on!(write db, p => sqlx::query(SQL).bind(incident.0).bind(now.millis()).execute(p).await.map(|_| ()))
        .doing(|| format!("Taking back notices of incident {incident}"))
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
