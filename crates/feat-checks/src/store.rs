//! All SQL about checks that people made, and what they want otherwise for those that were found.

use crate::model::adjust::Override;
use crate::model::definition::CheckDefinition;
use hob_base::error::Doing;
use hob_base::{Error, ResourceId, Result, Timestamp};
use hob_db::{Db, on};
use std::collections::HashMap;
use std::time::Duration;
use tracing::warn;

/// A check as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stored {
    /// What it is; its slug is the id of the row.
    pub(crate) definition: CheckDefinition,
    /// When it was last changed.
    pub(crate) updated_at: Timestamp,
}

/// All checks by id. A row that cannot be read (an older Hob on a newer table) is left out, and the log says so.
pub(crate) async fn list_checks(db: &Db) -> Result<Vec<Stored>> {
    const SQL: &str = "SELECT id, definition, enabled, updated_at FROM checks_check ORDER BY id";
    let rows: Vec<(String, String, bool, i64)> = on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await)
        .doing(|| "Reading the checks".to_owned())?;
    let stored = rows.into_iter().filter_map(|(id, json, enabled, updated_at)| {
        match serde_json::from_str::<CheckDefinition>(&json) {
            Ok(definition) => Some(Stored {
                definition: CheckDefinition { slug: id, enabled, ..definition },
                updated_at: Timestamp::from_millis(updated_at),
            }),
            Err(error) => {
                warn!(id, %error, "a check in the database cannot be read; it is left out");
                None
            }
        }
    });
    Ok(stored.collect())
}

/// Adds checks, all or none; `false` when one of their ids is taken.
pub(crate) async fn add_checks(db: &Db, definitions: &[CheckDefinition], now: Timestamp) -> Result<bool> {
    const SQL: &str = "INSERT INTO checks_check (id, definition, enabled, updated_at)
        VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING";
    let rows: Vec<(&str, String, bool)> = definitions
        .iter()
        .map(|one| Ok((one.slug.as_str(), json(one)?, one.enabled)))
        .collect::<Result<_>>()?;
    let run: Result<bool, sqlx::Error> = on!(write db, p => async {
        let mut tx = p.begin().await?;
        for (id, json, enabled) in &rows {
            let added = sqlx::query(SQL)
                .bind(*id)
                .bind(json)
                .bind(*enabled)
                .bind(now.millis())
                .execute(&mut *tx)
                .await?
                .rows_affected();
            if added == 0 {
                tx.rollback().await?;
                return Ok(false);
            }
        }
        tx.commit().await?;
        Ok(true)
    }.await);
    run.doing(|| match definitions {
        [one] => format!("Adding the check “{}”", one.name),
        more => format!("Adding {} checks", more.len()),
    })
}

/// Replaces a check; `false` when there is none of this id.
pub(crate) async fn change_check(db: &Db, definition: &CheckDefinition, now: Timestamp) -> Result<bool> {
    const SQL: &str = "UPDATE checks_check SET definition = $2, enabled = $3, updated_at = $4 WHERE id = $1";
    let text = json(definition)?;
    let changed = on!(write db, p => sqlx::query(SQL)
        .bind(&definition.slug).bind(&text).bind(definition.enabled).bind(now.millis())
        .execute(p).await.map(|done| done.rows_affected()));
    Ok(changed.doing(|| format!("Changing the check “{}”", definition.name))? == 1)
}

/// Pauses or resumes a check; `false` when there is none of this id.
pub(crate) async fn enable_check(db: &Db, id: &str, enabled: bool, now: Timestamp) -> Result<bool> {
    const SQL: &str = "UPDATE checks_check SET enabled = $2, updated_at = $3 WHERE id = $1";
    let changed = on!(write db, p => sqlx::query(SQL)
        .bind(id).bind(enabled).bind(now.millis())
        .execute(p).await.map(|done| done.rows_affected()));
    Ok(changed.doing(|| format!("Pausing or resuming the check “{id}”"))? == 1)
}

/// Deletes a check; `false` when there is none of this id.
pub(crate) async fn delete_check(db: &Db, id: &str) -> Result<bool> {
    const SQL: &str = "DELETE FROM checks_check WHERE id = $1";
    let deleted =
        on!(write db, p => sqlx::query(SQL).bind(id).execute(p).await.map(|done| done.rows_affected()));
    Ok(deleted.doing(|| format!("Deleting the check “{id}”"))? == 1)
}

fn json(definition: &CheckDefinition) -> Result<String> {
    serde_json::to_string(definition)
        .map_err(|error| Error::internal(format!("Writing down the check “{}”", definition.name), error))
}

type OverrideRow = (String, Option<i64>, Option<i64>, Option<i64>, bool);

/// What people want otherwise, by resource.
pub(crate) async fn list_overrides(db: &Db) -> Result<HashMap<ResourceId, Override>> {
    const SQL: &str = "SELECT resource_id, every_ms, timeout_ms, failures, paused FROM checks_override";
    let rows: Vec<OverrideRow> = on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await)
        .doing(|| "Reading what is wanted otherwise for found services".to_owned())?;
    let millis = |value: Option<i64>| value.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
    let read = |(id, every, timeout, failures, paused): OverrideRow| {
        let wanted = Override {
            every: millis(every),
            timeout: millis(timeout),
            failures: failures.and_then(|count| u32::try_from(count).ok()),
            paused,
        };
        Some((id.parse().ok()?, wanted))
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// Sets what is wanted otherwise for a resource; nothing goes back to what whoever found it says.
pub(crate) async fn set_override(db: &Db, id: &ResourceId, wanted: &Override, now: Timestamp) -> Result<()> {
    const SET: &str =
        "INSERT INTO checks_override (resource_id, every_ms, timeout_ms, failures, paused, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (resource_id) DO UPDATE SET every_ms = excluded.every_ms, timeout_ms = excluded.timeout_ms,
            failures = excluded.failures, paused = excluded.paused, updated_at = excluded.updated_at";
    const RESET: &str = "DELETE FROM checks_override WHERE resource_id = $1";
    let millis = |value: Option<Duration>| value.and_then(|value| i64::try_from(value.as_millis()).ok());
    let done = if wanted.is_nothing() {
        on!(write db, p => sqlx::query(RESET).bind(id.as_str()).execute(p).await.map(|_| ()))
    } else {
        on!(write db, p => sqlx::query(SET)
            .bind(id.as_str()).bind(millis(wanted.every)).bind(millis(wanted.timeout))
            .bind(wanted.failures.map(i64::from)).bind(wanted.paused).bind(now.millis())
            .execute(p).await.map(|_| ()))
    };
    done.doing(|| format!("Saving what is wanted otherwise for {id}"))
}
