//! All SQL of this crate.

use crate::book::{CodeHash, Head, JobId, Logged, Writes};
use crate::model::definition::Definition;
use crate::model::state::State;
use crate::model::{ALL_BODY_BYTES_MAX, JOB_BODY_BYTES_MAX, PINGS_KEPT};
use bytes::Bytes;
use hob_base::error::Doing;
use hob_base::{Error, Result, Timestamp};
use hob_db::{Db, on};
use std::collections::BTreeSet;
use tracing::warn;

/// A job as it stands in the table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Its number.
    pub(crate) id: JobId,
    /// The name of its resource and its page.
    pub(crate) handle: String,
    /// The SHA-256 of its secret.
    pub(crate) code_hash: String,
    /// Its secret, sealed.
    pub(crate) code: Vec<u8>,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// What it is.
    pub(crate) definition: Definition,
    /// How it is.
    pub(crate) state: State,
}

/// A job whose definition cannot be read: what it is called, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Damaged {
    /// The name of its resource.
    pub(crate) handle: String,
    /// Why it cannot be read.
    pub(crate) problem: String,
}

/// All jobs, and those that cannot be read: because of one the others must not be forgotten.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn list_jobs(db: &Db) -> Result<(Vec<Row>, Vec<Damaged>)> {
    const SQL: &str =
        "SELECT id, handle, code_hash, code, created_at, definition, state FROM pings_job ORDER BY id";
    type Columns = (i64, String, String, Vec<u8>, i64, String, String);
    let rows: Vec<Columns> = on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await)
        .doing(|| "Reading the scheduled jobs".to_owned())?;
    let (mut read, mut damaged) = (Vec::new(), Vec::new());
    for (id, handle, code_hash, code, created_at, definition, state) in rows {
        let definition = match serde_json::from_str(&definition) {
            Ok(definition) => definition,
            Err(error) => {
                damaged.push(Damaged { handle, problem: error.to_string() });
                continue;
            }
        };
        // Its state is worth less than the job: it begins anew.
        let state = serde_json::from_str(&state).unwrap_or_else(|error| {
            warn!(handle, %error, "the state of a scheduled job cannot be read; it begins anew");
            State::default()
        });
        let created_at = Timestamp::from_millis(created_at);
        read.push(Row { id, handle, code_hash, code, created_at, definition, state });
    }
    Ok((read, damaged))
}

/// Adds jobs, or writes all of those anew that are there.
pub(crate) async fn save_jobs(db: &Db, rows: &[Row]) -> Result<()> {
    const SQL: &str = "INSERT INTO pings_job (id, handle, code_hash, code, created_at, definition, state)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (id) DO UPDATE SET handle = excluded.handle, code_hash = excluded.code_hash,
            code = excluded.code, definition = excluded.definition, state = excluded.state";
    let texts: Vec<(String, String)> = rows.iter().map(texts_of).collect::<Result<_>>()?;
    let run = on!(write db, p => async {
        let mut tx = p.begin().await?;
        for (row, (definition, state)) in rows.iter().zip(&texts) {
            sqlx::query(SQL)
                .bind(row.id)
                .bind(&row.handle)
                .bind(&row.code_hash)
                .bind(&row.code)
                .bind(row.created_at.millis())
                .bind(definition)
                .bind(state)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await
    }.await);
    run.doing(|| "Saving a scheduled job".to_owned())
}

fn texts_of(row: &Row) -> Result<(String, String)> {
    let doing = || "Writing a scheduled job as JSON".to_owned();
    Ok((
        serde_json::to_string(&row.definition).doing(doing)?,
        serde_json::to_string(&row.state).doing(doing)?,
    ))
}

/// Deletes jobs and their pings.
pub(crate) async fn delete_jobs(db: &Db, ids: &[JobId]) -> Result<()> {
    let run = on!(write db, p => async {
        let mut tx = p.begin().await?;
        for id in ids {
            sqlx::query("DELETE FROM pings_job WHERE id = $1").bind(id).execute(&mut *tx).await?;
            sqlx::query("DELETE FROM pings_ping WHERE job = $1").bind(id).execute(&mut *tx).await?;
        }
        tx.commit().await
    }.await);
    run.doing(|| "Deleting a scheduled job".to_owned())
}

/// Writes pings and states in one transaction.
pub(crate) async fn write_batch(db: &Db, writes: &Writes, states: &[(JobId, String)]) -> Result<()> {
    const PING: &str =
        "INSERT INTO pings_ping (job, slot, n, at, head, size, body) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (job, slot) DO UPDATE SET n = excluded.n, at = excluded.at, head = excluded.head,
            size = excluded.size, body = excluded.body";
    const STATE: &str = "UPDATE pings_job SET state = $1 WHERE id = $2";
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let run = on!(write db, p => async {
        let mut tx = p.begin().await?;
        for ping in &writes.pings {
            sqlx::query(PING)
                .bind(ping.job)
                .bind(number(ping.n % PINGS_KEPT))
                .bind(number(ping.n))
                .bind(ping.at.millis())
                .bind(serde_json::to_string(&ping.head).unwrap_or_default())
                .bind(number(ping.size))
                .bind(ping.body.as_deref())
                .execute(&mut *tx)
                .await?;
        }
        for (id, state) in states {
            sqlx::query(STATE).bind(state).bind(id).execute(&mut *tx).await?;
        }
        tx.commit().await
    }.await);
    run.doing(|| format!("Saving {} pings", writes.pings.len()))?;
    trim_bodies(db, writes).await
}

/// Where a job's bodies have become too many bytes, the oldest are let go.
async fn trim_bodies(db: &Db, writes: &Writes) -> Result<()> {
    /// Bodies shorter than this, a hundred of them, are within the limit.
    const SMALL: usize = JOB_BODY_BYTES_MAX as usize / PINGS_KEPT as usize;
    const SQL: &str = "UPDATE pings_ping SET body = NULL WHERE job = $1 AND body IS NOT NULL AND n IN (
        SELECT n FROM (SELECT n, SUM(LENGTH(body)) OVER (ORDER BY n DESC) AS total FROM pings_ping
            WHERE job = $2 AND body IS NOT NULL) AS kept WHERE total > $3)";
    let large = |ping: &&Logged| ping.body.as_ref().is_some_and(|body| body.len() > SMALL);
    let jobs: BTreeSet<JobId> = writes.pings.iter().filter(large).map(|ping| ping.job).collect();
    for job in jobs {
        on!(write db, p => sqlx::query(SQL).bind(job).bind(job).bind(JOB_BODY_BYTES_MAX).execute(p).await.map(|_| ()))
            .doing(|| "Letting the oldest bodies of a job's pings go".to_owned())?;
    }
    Ok(())
}

/// Where all bodies together have become too many bytes, the oldest are let go. Returns how many bytes there are.
pub(crate) async fn tidy_bodies(db: &Db) -> Result<i64> {
    const SUM: &str = "SELECT CAST(COALESCE(SUM(LENGTH(body)), 0) AS BIGINT) FROM pings_ping";
    const SQL: &str = "UPDATE pings_ping SET body = NULL WHERE body IS NOT NULL AND at <= (
        SELECT COALESCE(MAX(at), -1) FROM (SELECT at, SUM(LENGTH(body)) OVER (ORDER BY at DESC) AS total
            FROM pings_ping WHERE body IS NOT NULL) AS kept WHERE total > $1)";
    let doing = || "Counting the bodies of pings".to_owned();
    let (bytes,): (i64,) = on!(read db, p => sqlx::query_as(SUM).fetch_one(p).await).doing(doing)?;
    if bytes > ALL_BODY_BYTES_MAX {
        on!(write db, p => sqlx::query(SQL).bind(ALL_BODY_BYTES_MAX).execute(p).await.map(|_| ()))
            .doing(|| "Letting the oldest bodies of pings go".to_owned())?;
    }
    Ok(bytes)
}

/// A ping as it is shown: without the end of a long body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Shown {
    /// The ping, with at most as much of its body as was asked for.
    pub(crate) ping: Logged,
    /// How much of the body is kept, in bytes.
    pub(crate) kept: u64,
}

/// The last pings of a job, newest first, of each body at most `bytes`.
pub(crate) async fn list_pings(db: &Db, job: JobId, newest: u64, bytes: i64) -> Result<Vec<Shown>> {
    const SQL: &str =
        "SELECT n, at, head, size, SUBSTR(body, 1, $1), CAST(COALESCE(LENGTH(body), 0) AS BIGINT)
        FROM pings_ping WHERE job = $2 AND n > $3 ORDER BY n DESC LIMIT $4";
    type Columns = (i64, i64, String, i64, Option<Vec<u8>>, i64);
    let oldest = i64::try_from(newest.saturating_sub(PINGS_KEPT)).unwrap_or(i64::MAX);
    let bytes = i32::try_from(bytes).unwrap_or(i32::MAX);
    let rows: Vec<Columns> = on!(read db, p => sqlx::query_as(SQL)
        .bind(bytes)
        .bind(job)
        .bind(oldest)
        .bind(PINGS_KEPT as i64)
        .fetch_all(p)
        .await)
    .doing(|| "Reading the pings of a job".to_owned())?;
    let shown = |(n, at, head, size, body, kept): Columns| {
        let head: Head = serde_json::from_str(&head).unwrap_or_default();
        let (n, size, kept) = (n.unsigned_abs(), size.unsigned_abs(), kept.unsigned_abs());
        let at = Timestamp::from_millis(at);
        Shown { ping: Logged { job, n, at, head, size, body: body.map(Bytes::from) }, kept }
    };
    Ok(rows.into_iter().map(shown).collect())
}

/// The body of one ping. `None` when there is no such ping, or it has none.
pub(crate) async fn find_body(db: &Db, job: JobId, n: u64) -> Result<Option<Vec<u8>>> {
    const SQL: &str = "SELECT body FROM pings_ping WHERE job = $1 AND n = $2 AND body IS NOT NULL";
    let n = i64::try_from(n).unwrap_or(i64::MAX);
    let row: Option<(Vec<u8>,)> =
        on!(read db, p => sqlx::query_as(SQL).bind(job).bind(n).fetch_optional(p).await)
            .doing(|| "Reading the body of a ping".to_owned())?;
    Ok(row.map(|(body,)| body))
}

/// The ping key, sealed.
pub(crate) async fn find_key(db: &Db) -> Result<Option<Vec<u8>>> {
    let row: Option<(Vec<u8>,)> =
        on!(read db, p => sqlx::query_as("SELECT key FROM pings_key WHERE id = 1").fetch_optional(p).await)
            .doing(|| "Reading the ping key".to_owned())?;
    Ok(row.map(|(key,)| key))
}

/// Sets the ping key.
pub(crate) async fn save_key(db: &Db, key: &[u8], now: Timestamp) -> Result<()> {
    const SQL: &str = "INSERT INTO pings_key (id, key, made_at) VALUES (1, $1, $2)
        ON CONFLICT (id) DO UPDATE SET key = excluded.key, made_at = excluded.made_at";
    on!(write db, p => sqlx::query(SQL).bind(key).bind(now.millis()).execute(p).await.map(|_| ()))
        .doing(|| "Saving the ping key".to_owned())
}

/// A hash from the table.
pub(crate) fn hash_of(text: &str) -> Result<CodeHash> {
    CodeHash::from_text(text).ok_or_else(|| Error::internal("Reading a scheduled job", "its hash is damaged"))
}

/// Runs one statement, for tests that want a table to be away.
#[cfg(test)]
pub(crate) async fn run_for_test(db: &Db, sql: &'static str) {
    on!(write db, p => sqlx::raw_sql(sql).execute(p).await.map(|_| ())).unwrap();
}
