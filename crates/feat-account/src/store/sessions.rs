//! Sessions. What a browser holds is never here, only its hash.

use super::may_be_kept;
use crate::model::{SESSIONS_MAX, Session, User};
use hob_base::{Result, Timestamp, error::Doing};
use hob_db::{Db, on};

type Row = (String, i64, i64, i64, String, String);

fn read_row((id, created_at, last_seen_at, expires_at, user_agent, address): Row) -> Session {
    Session {
        id,
        created_at: Timestamp::from_millis(created_at),
        last_seen_at: Timestamp::from_millis(last_seen_at),
        expires_at: Timestamp::from_millis(expires_at),
        user_agent,
        address,
    }
}

/// Adds a session; beyond the limit those not seen for longest give way. `false` when the user is no longer let in.
pub(crate) async fn add_session(db: &Db, user_id: &str, token_hash: &str, session: &Session) -> Result<bool> {
    const ADD: &str = "INSERT INTO account_session
        (id, token_hash, user_id, created_at, last_seen_at, expires_at, user_agent, address)
        SELECT $1, $2, id, $4, $5, $6, $7, $8 FROM account_user WHERE id = $3 AND NOT disabled";
    const TRIM: &str = "DELETE FROM account_session WHERE user_id = $1 AND id NOT IN
        (SELECT id FROM account_session WHERE user_id = $1 ORDER BY last_seen_at DESC, created_at DESC LIMIT $2)";
    let added = on!(write db, p => async {
        let mut tx = p.begin().await?;
        let added = sqlx::query(ADD)
            .bind(&session.id)
            .bind(token_hash)
            .bind(user_id)
            .bind(session.created_at.millis())
            .bind(session.last_seen_at.millis())
            .bind(session.expires_at.millis())
            .bind(&session.user_agent)
            .bind(&session.address)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        sqlx::query(TRIM).bind(user_id).bind(SESSIONS_MAX).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok::<_, sqlx::Error>(added)
    }.await);
    Ok(added.doing(|| "Adding a session".to_owned())? == 1)
}

/// The session of this token, if it has not ended and its user may log in.
pub(crate) async fn find_session(
    db: &Db,
    token_hash: &str,
    now: Timestamp,
) -> Result<Option<(Session, User)>> {
    const SQL: &str = "SELECT s.id, s.created_at, s.last_seen_at, s.expires_at, s.user_agent, s.address,
            u.id, u.name, u.is_admin, u.created_at
        FROM account_session s JOIN account_user u ON u.id = s.user_id
        WHERE s.token_hash = $1 AND s.expires_at > $2 AND NOT u.disabled";
    type Joined = (String, i64, i64, i64, String, String, String, String, bool, i64);
    let row: Option<Joined> = on!(read db, p =>
        sqlx::query_as(SQL).bind(token_hash).bind(now.millis()).fetch_optional(p).await)
    .doing(|| "Looking for a session".to_owned())?;
    Ok(row.map(|(id, created, seen, expires, agent, address, user_id, name, is_admin, user_created)| {
        let created_at = Timestamp::from_millis(user_created);
        let user = User { id: user_id, name, is_admin, disabled: false, created_at };
        (read_row((id, created, seen, expires, agent, address)), user)
    }))
}

/// A user's sessions that have not ended, last seen first.
pub(crate) async fn list_sessions(db: &Db, user_id: &str, now: Timestamp) -> Result<Vec<Session>> {
    const SQL: &str =
        "SELECT id, created_at, last_seen_at, expires_at, user_agent, address FROM account_session
        WHERE user_id = $1 AND expires_at > $2 ORDER BY last_seen_at DESC, id";
    let rows: Vec<Row> = on!(read db, p =>
        sqlx::query_as(SQL).bind(user_id).bind(now.millis()).fetch_all(p).await)
    .doing(|| "Reading sessions".to_owned())?;
    Ok(rows.into_iter().map(read_row).collect())
}

/// Notes that a session was seen.
pub(crate) async fn touch_session(db: &Db, id: &str, now: Timestamp, expires_at: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE account_session SET last_seen_at = $2, expires_at = $3 WHERE id = $1";
    on!(write db, p => sqlx::query(SQL)
        .bind(id).bind(now.millis()).bind(expires_at.millis()).execute(p).await.map(|_| ()))
    .doing(|| "Noting that a session was seen".to_owned())
}

/// Ends one session of a user; `false` when there is none with this id.
pub(crate) async fn delete_session(db: &Db, user_id: &str, id: &str) -> Result<bool> {
    const SQL: &str = "DELETE FROM account_session WHERE user_id = $1 AND id = $2";
    if !may_be_kept(id) {
        return Ok(false);
    }
    let deleted = on!(write db, p => sqlx::query(SQL)
        .bind(user_id).bind(id).execute(p).await.map(|done| done.rows_affected()));
    Ok(deleted.doing(|| "Ending a session".to_owned())? == 1)
}

/// Ends every session of a user but one, and says how many.
pub(crate) async fn delete_other_sessions(db: &Db, user_id: &str, keep: &str) -> Result<u64> {
    const SQL: &str = "DELETE FROM account_session WHERE user_id = $1 AND id <> $2";
    on!(write db, p => sqlx::query(SQL)
        .bind(user_id).bind(keep).execute(p).await.map(|done| done.rows_affected()))
    .doing(|| "Ending the other sessions".to_owned())
}

/// Deletes what has ended, and says how many.
pub(crate) async fn delete_expired_sessions(db: &Db, now: Timestamp) -> Result<u64> {
    const SQL: &str = "DELETE FROM account_session WHERE expires_at <= $1";
    on!(write db, p => sqlx::query(SQL).bind(now.millis()).execute(p).await.map(|done| done.rows_affected()))
        .doing(|| "Deleting expired sessions".to_owned())
}
