//! All SQL of this crate.

use crate::model::record::Record;
use hob_base::error::Doing;
use hob_base::incident::TimelineEntry;
use hob_base::{IncidentId, Result, Timestamp};
use hob_db::{Db, on};
use hob_feature::IncidentQuery;
use std::collections::BTreeMap;
use tracing::warn;

/// The most incidents that one query gives.
const LIST_MAX: u32 = 1000;
/// So many of the oldest lines of a timeline are read,
const FIRST_ENTRIES: i64 = 200;
/// and so many of the newest; a timeline is rarely longer than both.
const LAST_ENTRIES: i64 = 1800;

/// Saves records with all their members, and adds lines to timelines, all in one transaction.
pub(crate) async fn save(
    db: &Db,
    records: &[&Record],
    entries: &[(IncidentId, TimelineEntry)],
) -> Result<()> {
    const INCIDENT: &str =
        "INSERT INTO incidents_incident (id, began_at, closed_at, state) VALUES ($1, $2, $3, $4)
        ON CONFLICT (id) DO UPDATE SET began_at = excluded.began_at, closed_at = excluded.closed_at,
            state = excluded.state";
    const MEMBER: &str = "INSERT INTO incidents_member (resource_id, incident) VALUES ($1, $2)
        ON CONFLICT (resource_id, incident) DO NOTHING";
    const ENTRY: &str = "INSERT INTO incidents_entry (incident, number, at, state)
        VALUES ($1, (SELECT COALESCE(MAX(number), 0) + 1 FROM incidents_entry WHERE incident = $2), $3, $4)";
    // Both are strings and numbers: writing them as JSON cannot fail.
    let states: Vec<String> =
        records.iter().map(|record| serde_json::to_string(record).unwrap_or_default()).collect();
    let lines: Vec<String> =
        entries.iter().map(|(_, entry)| serde_json::to_string(entry).unwrap_or_default()).collect();
    let run = on!(write db, p => async {
        let mut tx = p.begin().await?;
        for (record, state) in records.iter().zip(&states) {
            let incident = &record.incident;
            sqlx::query(INCIDENT)
                .bind(incident.id.0)
                .bind(incident.began_at.millis())
                .bind(incident.closed_at.map(Timestamp::millis))
                .bind(state)
                .execute(&mut *tx)
                .await?;
            // They are many where everything broke at once, and rarely new.
            let members = if record.members_saved == incident.members.len() { &[][..] } else { &incident.members };
            for member in members {
                sqlx::query(MEMBER).bind(member.resource.as_str()).bind(incident.id.0).execute(&mut *tx).await?;
            }
        }
        for ((id, entry), line) in entries.iter().zip(&lines) {
            sqlx::query(ENTRY)
                .bind(id.0)
                .bind(id.0)
                .bind(entry.at.millis())
                .bind(line)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await
    }.await);
    run.doing(|| format!("Saving {} incidents", records.len()))
}

/// Those that are open or were closed at or after `since`, and the highest number there is.
pub(crate) async fn load(db: &Db, since: Timestamp) -> Result<(Vec<Record>, i64)> {
    const SQL: &str = "SELECT id, state FROM incidents_incident WHERE closed_at IS NULL OR closed_at >= $1";
    let rows: Vec<(i64, String)> =
        on!(read db, p => sqlx::query_as(SQL).bind(since.millis()).fetch_all(p).await)
            .doing(|| "Reading the open incidents".to_owned())?;
    let (last,): (i64,) = on!(read db, p => sqlx::query_as("SELECT COALESCE(MAX(id), 0) FROM incidents_incident").fetch_one(p).await)
        .doing(|| "Reading the last number of incidents".to_owned())?;
    Ok((rows.into_iter().filter_map(read_record).collect(), last))
}

/// One record.
pub(crate) async fn find(db: &Db, id: IncidentId) -> Result<Option<Record>> {
    const SQL: &str = "SELECT id, state FROM incidents_incident WHERE id = $1";
    let row: Option<(i64, String)> =
        on!(read db, p => sqlx::query_as(SQL).bind(id.0).fetch_optional(p).await)
            .doing(|| format!("Reading incident {id}"))?;
    Ok(row.and_then(read_record))
}

/// Those that a query asks for, newest first.
pub(crate) async fn list(db: &Db, query: &IncidentQuery) -> Result<Vec<Record>> {
    const SQL: &str = "SELECT id, state FROM incidents_incident
        WHERE id < $1
            AND (closed_at IS NULL OR closed_at >= $2)
            AND began_at < $3
            AND ($4 = 0 OR ($4 = 1 AND closed_at IS NULL) OR ($4 = 2 AND closed_at IS NOT NULL))
            AND ($5 = '' OR id IN (SELECT incident FROM incidents_member WHERE resource_id = $5))
        ORDER BY id DESC LIMIT $6";
    let state: i64 = match query.open {
        None => 0,
        Some(true) => 1,
        Some(false) => 2,
    };
    let resource = query.resource.as_ref().map_or("", |id| id.as_str());
    let rows: Vec<(i64, String)> = on!(read db, p => sqlx::query_as(SQL)
        .bind(query.before.map_or(i64::MAX, |id| id.0))
        .bind(query.from.map_or(i64::MIN, Timestamp::millis))
        .bind(query.to.map_or(i64::MAX, Timestamp::millis))
        .bind(state)
        .bind(resource)
        .bind(i64::from(query.limit.min(LIST_MAX)))
        .fetch_all(p)
        .await)
    .doing(|| "Reading incidents".to_owned())?;
    Ok(rows.into_iter().filter_map(read_record).collect())
}

/// What happened in one, oldest first.
pub(crate) async fn list_entries(db: &Db, id: IncidentId) -> Result<Vec<TimelineEntry>> {
    const SQL: &str = "SELECT number, state FROM incidents_entry WHERE incident = $1 AND (number <= $2
            OR number > (SELECT COALESCE(MAX(number), 0) FROM incidents_entry WHERE incident = $3) - $4)
        ORDER BY number";
    let rows: Vec<(i64, String)> = on!(read db, p => sqlx::query_as(SQL)
        .bind(id.0)
        .bind(FIRST_ENTRIES)
        .bind(id.0)
        .bind(LAST_ENTRIES)
        .fetch_all(p)
        .await)
    .doing(|| format!("Reading the timeline of incident {id}"))?;
    let read = rows.into_iter().filter_map(|(number, state)| {
        serde_json::from_str(&state)
            .map_err(|error| warn!(incident = %id, number, %error, "a line of a timeline cannot be read; it is left out"))
            .ok()
    });
    Ok(read.collect())
}

fn read_record((id, state): (i64, String)) -> Option<Record> {
    serde_json::from_str(&state)
        .map_err(|error| warn!(incident = id, %error, "a saved incident cannot be read; it is left out"))
        .ok()
}

/// Everybody's quiet hours: windows, one a line, by name.
pub(crate) async fn list_quiet(db: &Db) -> Result<BTreeMap<String, String>> {
    let rows: Vec<(String, String)> =
        on!(read db, p => sqlx::query_as("SELECT person, windows FROM incidents_quiet").fetch_all(p).await)
            .doing(|| "Reading quiet hours".to_owned())?;
    Ok(rows.into_iter().collect())
}

/// Sets somebody's quiet hours; empty ones are none.
pub(crate) async fn save_quiet(db: &Db, person: &str, windows: &str) -> Result<()> {
    const SET: &str = "INSERT INTO incidents_quiet (person, windows) VALUES ($1, $2)
        ON CONFLICT (person) DO UPDATE SET windows = excluded.windows";
    const DELETE: &str = "DELETE FROM incidents_quiet WHERE person = $1";
    let run = if windows.is_empty() {
        on!(write db, p => sqlx::query(DELETE).bind(person).execute(p).await.map(|_| ()))
    } else {
        on!(write db, p => sqlx::query(SET).bind(person).bind(windows).execute(p).await.map(|_| ()))
    };
    run.doing(|| format!("Saving the quiet hours of {person}"))
}
