//! Tokens that people make for their clients, and what ntfy's clients keep for a person.

use crate::model::account::{Synced, Token};
use hob_base::{Result, Timestamp, error::Doing};
use hob_db::{Db, on};

type Row = (String, String, String, String, i64, Option<i64>, Option<i64>, String);

fn read_row(row: Row) -> Token {
    let (id, hint, person, label, created_at, expires_at, last_access_at, last_origin) = row;
    Token {
        id,
        hint,
        person,
        label,
        created_at: Timestamp::from_millis(created_at),
        expires_at: expires_at.map(Timestamp::from_millis),
        last_access_at: last_access_at.map(Timestamp::from_millis),
        last_origin,
    }
}

/// Adds a token. Of more than `most` of one person, those give way that were used longest ago; their ids are returned.
pub(crate) async fn add_token(db: &Db, token: &Token, hash: &str, most: i64) -> Result<Vec<String>> {
    const ADD: &str = "INSERT INTO push_token
        (id, hash, hint, person, label, created_at, expires_at, last_access_at, last_origin)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    const EXCESS: &str =
        "SELECT id FROM push_token WHERE person = $1 AND id NOT IN (SELECT id FROM push_token
        WHERE person = $1 ORDER BY COALESCE(last_access_at, created_at) DESC, created_at DESC LIMIT $2)";
    const REMOVE: &str = "DELETE FROM push_token WHERE id = $1";
    let excess: std::result::Result<Vec<(String,)>, sqlx::Error> = on!(write db, p => async {
        let mut tx = p.begin().await?;
        sqlx::query(ADD)
            .bind(&token.id)
            .bind(hash)
            .bind(&token.hint)
            .bind(&token.person)
            .bind(&token.label)
            .bind(token.created_at.millis())
            .bind(token.expires_at.map(Timestamp::millis))
            .bind(token.last_access_at.map(Timestamp::millis))
            .bind(&token.last_origin)
            .execute(&mut *tx)
            .await?;
        let excess: Vec<(String,)> =
            sqlx::query_as(EXCESS).bind(&token.person).bind(most).fetch_all(&mut *tx).await?;
        for (id,) in &excess {
            sqlx::query(REMOVE).bind(id).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(excess)
    }.await);
    Ok(excess.doing(|| "Adding a push token".to_owned())?.into_iter().map(|(id,)| id).collect())
}

/// By its hash, whether it has expired or not.
pub(crate) async fn find_token(db: &Db, hash: &str) -> Result<Option<Token>> {
    const SQL: &str = "SELECT id, hint, person, label, created_at, expires_at, last_access_at, last_origin
        FROM push_token WHERE hash = $1";
    let row: Option<Row> = on!(read db, p => sqlx::query_as(SQL).bind(hash).fetch_optional(p).await)
        .doing(|| "Looking for a push token".to_owned())?;
    Ok(row.map(read_row))
}

/// All tokens, or those of one person; those made last first.
pub(crate) async fn tokens(db: &Db, person: Option<&str>) -> Result<Vec<Token>> {
    const SQL: &str = "SELECT id, hint, person, label, created_at, expires_at, last_access_at, last_origin
        FROM push_token WHERE ($1 = '' OR person = $1) ORDER BY created_at DESC, id LIMIT 2000";
    let rows: Vec<Row> = on!(read db, p => sqlx::query_as(SQL)
        .bind(person.unwrap_or_default()).fetch_all(p).await)
    .doing(|| "Reading push tokens".to_owned())?;
    Ok(rows.into_iter().map(read_row).collect())
}

/// Changes label and end of a token.
pub(crate) async fn change_token(
    db: &Db,
    id: &str,
    label: &str,
    expires_at: Option<Timestamp>,
) -> Result<()> {
    const SQL: &str = "UPDATE push_token SET label = $2, expires_at = $3 WHERE id = $1";
    on!(write db, p => sqlx::query(SQL)
        .bind(id).bind(label).bind(expires_at.map(Timestamp::millis)).execute(p).await.map(|_| ()))
    .doing(|| "Changing a push token".to_owned())
}

/// Notes that a token was used.
pub(crate) async fn touch_token(db: &Db, id: &str, now: Timestamp, origin: &str) -> Result<()> {
    const SQL: &str = "UPDATE push_token SET last_access_at = $2, last_origin = $3 WHERE id = $1";
    on!(write db, p => sqlx::query(SQL)
        .bind(id).bind(now.millis()).bind(origin).execute(p).await.map(|_| ()))
    .doing(|| "Noting that a push token was used".to_owned())
}

/// Removes a token of a person; `false` when there is none.
pub(crate) async fn remove_token(db: &Db, person: &str, id: &str) -> Result<bool> {
    const SQL: &str = "DELETE FROM push_token WHERE person = $1 AND id = $2";
    let removed = on!(write db, p => sqlx::query(SQL)
        .bind(person).bind(id).execute(p).await.map(|done| done.rows_affected()));
    Ok(removed.doing(|| "Removing a push token".to_owned())? > 0)
}

/// Removes what expired before `before`, and says how many.
pub(crate) async fn remove_expired_tokens(db: &Db, before: Timestamp) -> Result<u64> {
    const SQL: &str = "DELETE FROM push_token WHERE expires_at IS NOT NULL AND expires_at <= $1";
    on!(write db, p => sqlx::query(SQL).bind(before.millis()).execute(p).await.map(|done| done.rows_affected()))
        .doing(|| "Removing push tokens that have expired".to_owned())
}

/// Removes all that is kept for a person: tokens, settings, subscriptions, what was read.
pub(crate) async fn forget_person(db: &Db, person: &str) -> Result<()> {
    const ALL: [&str; 4] = [
        "DELETE FROM push_token WHERE person = $1",
        "DELETE FROM push_prefs WHERE person = $1",
        "DELETE FROM push_synced WHERE person = $1",
        "DELETE FROM push_read WHERE person = $1",
    ];
    on!(write db, p => async {
        let mut tx = p.begin().await?;
        for sql in ALL {
            sqlx::query(sql).bind(person).execute(&mut *tx).await?;
        }
        tx.commit().await
    }.await)
    .doing(|| "Forgetting what was kept for somebody".to_owned())
}

/// The settings of a person's clients, as JSON; `None` when there are none.
pub(crate) async fn prefs(db: &Db, person: &str) -> Result<Option<String>> {
    const SQL: &str = "SELECT json FROM push_prefs WHERE person = $1";
    let row: Option<(String,)> = on!(read db, p => sqlx::query_as(SQL).bind(person).fetch_optional(p).await)
        .doing(|| "Reading the settings of push clients".to_owned())?;
    Ok(row.map(|(json,)| json))
}

/// Saves the settings of a person's clients.
pub(crate) async fn save_prefs(db: &Db, person: &str, json: &str) -> Result<()> {
    const SQL: &str = "INSERT INTO push_prefs (person, json) VALUES ($1, $2)
        ON CONFLICT (person) DO UPDATE SET json = excluded.json";
    on!(write db, p => sqlx::query(SQL).bind(person).bind(json).execute(p).await.map(|_| ()))
        .doing(|| "Saving the settings of push clients".to_owned())
}

/// What a person's clients subscribe to.
pub(crate) async fn synced(db: &Db, person: &str) -> Result<Vec<Synced>> {
    const SQL: &str = "SELECT base_url, topic, display_name FROM push_synced
        WHERE person = $1 ORDER BY created_at, base_url, topic";
    let rows: Vec<(String, String, Option<String>)> =
        on!(read db, p => sqlx::query_as(SQL).bind(person).fetch_all(p).await)
            .doing(|| "Reading the subscriptions of push clients".to_owned())?;
    let synced = |(base_url, topic, display_name)| Synced { base_url, topic, display_name };
    Ok(rows.into_iter().map(synced).collect())
}

/// Adds a subscription of a person's clients; `false` when there is one, or there are `most` already.
pub(crate) async fn add_synced(
    db: &Db,
    person: &str,
    new: &Synced,
    now: Timestamp,
    most: i64,
) -> Result<bool> {
    const SQL: &str = "INSERT INTO push_synced (person, base_url, topic, display_name, created_at)
        SELECT $1, $2, $3, $4, $5 WHERE (SELECT COUNT(*) FROM push_synced WHERE person = $1) < $6
        ON CONFLICT (person, base_url, topic) DO NOTHING";
    let added = on!(write db, p => sqlx::query(SQL)
        .bind(person)
        .bind(&new.base_url)
        .bind(&new.topic)
        .bind(&new.display_name)
        .bind(now.millis())
        .bind(most)
        .execute(p)
        .await
        .map(|done| done.rows_affected()));
    Ok(added.doing(|| "Saving a subscription of a push client".to_owned())? > 0)
}

/// Renames a subscription; `false` when there is none.
pub(crate) async fn rename_synced(db: &Db, person: &str, changed: &Synced) -> Result<bool> {
    const SQL: &str = "UPDATE push_synced SET display_name = $4
        WHERE person = $1 AND base_url = $2 AND topic = $3";
    let renamed = on!(write db, p => sqlx::query(SQL)
        .bind(person)
        .bind(&changed.base_url)
        .bind(&changed.topic)
        .bind(&changed.display_name)
        .execute(p)
        .await
        .map(|done| done.rows_affected()));
    Ok(renamed.doing(|| "Renaming a subscription of a push client".to_owned())? > 0)
}

/// Removes a subscription; removed twice is removed.
pub(crate) async fn remove_synced(db: &Db, person: &str, base_url: &str, topic: &str) -> Result<()> {
    const SQL: &str = "DELETE FROM push_synced WHERE person = $1 AND base_url = $2 AND topic = $3";
    on!(write db, p => sqlx::query(SQL).bind(person).bind(base_url).bind(topic).execute(p).await.map(|_| ()))
        .doing(|| "Removing a subscription of a push client".to_owned())
}
