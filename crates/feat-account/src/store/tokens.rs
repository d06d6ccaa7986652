//! Tokens of the API. The token itself is never here, only its hash.

use super::lock_tokens;
use crate::model::Token;
use hob_base::{Error, Result, Timestamp, error::Doing};
use hob_db::{Db, on};

type Row = (String, String, String, i64, String, Option<i64>, Option<i64>, Option<i64>);

fn read_row(row: Row) -> Result<Token> {
    let (id, name, scope, created_at, created_by, expires_at, last_used_at, revoked_at) = row;
    let scope = scope.parse().map_err(|problem: String| {
        Error::internal(format!("Reading account_token.scope of {id}"), problem)
    })?;
    Ok(Token {
        id,
        name,
        scope,
        created_at: Timestamp::from_millis(created_at),
        created_by,
        expires_at: expires_at.map(Timestamp::from_millis),
        last_used_at: last_used_at.map(Timestamp::from_millis),
        revoked_at: revoked_at.map(Timestamp::from_millis),
    })
}

/// Adds a token; `false` when another one of this name is in use.
pub(crate) async fn add_token(db: &Db, token: &Token, token_hash: &str) -> Result<bool> {
    const SQL: &str =
        "INSERT INTO account_token (id, name, token_hash, scope, created_at, created_by, expires_at)
        SELECT $1, $2, $3, $4, $5, $6, $7 WHERE NOT EXISTS (SELECT 1 FROM account_token
            WHERE name = $2 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $5))";
    let added = on!(write db, p => async {
        let mut tx = p.begin().await?;
        sqlx::query(lock_tokens(db)).execute(&mut *tx).await?;
        let added = sqlx::query(SQL)
            .bind(&token.id)
            .bind(&token.name)
            .bind(token_hash)
            .bind(token.scope.as_str())
            .bind(token.created_at.millis())
            .bind(&token.created_by)
            .bind(token.expires_at.map(Timestamp::millis))
            .execute(&mut *tx)
            .await?
            .rows_affected();
        tx.commit().await?;
        Ok::<_, sqlx::Error>(added)
    }.await);
    Ok(added.doing(|| format!("Adding the token {}", token.name))? == 1)
}

/// By its hash, whether it is still of use or not.
pub(crate) async fn find_token(db: &Db, token_hash: &str) -> Result<Option<Token>> {
    const SQL: &str = "SELECT id, name, scope, created_at, created_by, expires_at, last_used_at, revoked_at
        FROM account_token WHERE token_hash = $1";
    let row: Option<Row> = on!(read db, p => sqlx::query_as(SQL).bind(token_hash).fetch_optional(p).await)
        .doing(|| "Looking for an API token".to_owned())?;
    row.map(read_row).transpose()
}

/// All tokens: those of use first, then by name.
pub(crate) async fn list_tokens(db: &Db) -> Result<Vec<Token>> {
    const SQL: &str = "SELECT id, name, scope, created_at, created_by, expires_at, last_used_at, revoked_at
        FROM account_token ORDER BY CASE WHEN revoked_at IS NULL THEN 0 ELSE 1 END, name, created_at";
    let rows: Vec<Row> = on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await)
        .doing(|| "Reading the API tokens".to_owned())?;
    rows.into_iter().map(read_row).collect()
}

/// Notes that a token was used.
pub(crate) async fn touch_token(db: &Db, id: &str, now: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE account_token SET last_used_at = $2 WHERE id = $1";
    on!(write db, p => sqlx::query(SQL).bind(id).bind(now.millis()).execute(p).await.map(|_| ()))
        .doing(|| "Noting that a token was used".to_owned())
}

/// Revokes a token; `false` when there is none with this id or it was revoked before.
pub(crate) async fn revoke_token(db: &Db, id: &str, now: Timestamp) -> Result<bool> {
    const SQL: &str = "UPDATE account_token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    let revoked = on!(write db, p => sqlx::query(SQL)
        .bind(id).bind(now.millis()).execute(p).await.map(|done| done.rows_affected()));
    Ok(revoked.doing(|| "Revoking a token".to_owned())? == 1)
}

/// Deletes what was revoked or expired before `before`, and says how many.
pub(crate) async fn delete_old_tokens(db: &Db, before: Timestamp) -> Result<u64> {
    const SQL: &str = "DELETE FROM account_token WHERE revoked_at <= $1 OR expires_at <= $1";
    on!(write db, p => sqlx::query(SQL).bind(before.millis()).execute(p).await.map(|done| done.rows_affected()))
        .doing(|| "Deleting old tokens".to_owned())
}
