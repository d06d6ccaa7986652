//! The table of attachments.

use hob_base::error::Doing;
use hob_base::{Result, Timestamp};
use hob_db::{Db, on};

/// A file that came with a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    /// Of which message; also what the file is called on disk.
    pub(crate) message_id: String,
    /// Of which topic.
    pub(crate) topic: String,
    /// Whose quota it counts in.
    pub(crate) owner: String,
    /// What its sender calls it.
    pub(crate) name: String,
    /// Its type.
    pub(crate) kind: String,
    /// Bytes.
    pub(crate) size: i64,
    /// When it goes.
    pub(crate) expires_at: Timestamp,
}

/// One that has not expired.
pub(crate) async fn find(db: &Db, message_id: &str, now: Timestamp) -> Result<Option<Row>> {
    const SQL: &str = "SELECT message_id, topic, owner, name, type, size, expires_at FROM push_attachment \
        WHERE message_id = $1 AND expires_at > $2";
    let row: Option<(String, String, String, String, String, i64, i64)> =
        on!(read db, p => sqlx::query_as(SQL).bind(message_id).bind(now.millis()).fetch_optional(p).await)
            .doing(|| format!("Looking for the attachment of message {message_id}"))?;
    Ok(row.map(|(message_id, topic, owner, name, kind, size, expires_at)| Row {
        message_id,
        topic,
        owner,
        name,
        kind,
        size,
        expires_at: Timestamp::from_millis(expires_at),
    }))
}

/// How many bytes all of them take, expired ones too, until they are removed.
pub(crate) async fn total(db: &Db) -> Result<u64> {
    // A sum of BIGINT is NUMERIC in PostgreSQL.
    const SQL: &str = "SELECT CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM push_attachment";
    let (total,): (i64,) = on!(read db, p => sqlx::query_as(SQL).fetch_one(p).await)
        .doing(|| "Adding up attachments".to_owned())?;
    Ok(total.unsigned_abs())
}

/// Those that have expired, at most `limit`: id and bytes.
pub(crate) async fn expired(db: &Db, now: Timestamp, limit: i64) -> Result<Vec<(String, i64)>> {
    const SQL: &str =
        "SELECT message_id, size FROM push_attachment WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2";
    on!(read db, p => sqlx::query_as(SQL).bind(now.millis()).bind(limit).fetch_all(p).await)
        .doing(|| "Reading which attachments expired".to_owned())
}

/// Forgets one.
pub(crate) async fn forget(db: &Db, message_id: &str) -> Result<()> {
    const SQL: &str = "DELETE FROM push_attachment WHERE message_id = $1";
    on!(write db, p => sqlx::query(SQL).bind(message_id).execute(p).await.map(|_| ()))
        .doing(|| format!("Forgetting the attachment of message {message_id}"))
}

/// Whether a message has one, expired or not.
pub(crate) async fn exists(db: &Db, message_id: &str) -> Result<bool> {
    const SQL: &str = "SELECT message_id FROM push_attachment WHERE message_id = $1";
    let row: Option<(String,)> =
        on!(read db, p => sqlx::query_as(SQL).bind(message_id).fetch_optional(p).await)
            .doing(|| format!("Looking for the attachment of message {message_id}"))?;
    Ok(row.is_some())
}
