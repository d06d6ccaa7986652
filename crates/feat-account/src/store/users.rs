//! Users.

use super::{lock_users, may_be_kept};
use crate::model::{User, name_key};
use hob_base::{Result, Timestamp, error::Doing};
use hob_db::{Db, on};

/// A user with what their password is compared with.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) user: User,
    pub(crate) password_hash: String,
}

type Row = (String, String, String, bool, bool, i64);

fn read_row((id, name, password_hash, is_admin, disabled, created_at): Row) -> Account {
    let created_at = Timestamp::from_millis(created_at);
    Account { user: User { id, name, is_admin, disabled, created_at }, password_hash }
}

/// Whether there is anybody.
pub(crate) async fn any_user(db: &Db) -> Result<bool> {
    const SQL: &str = "SELECT id FROM account_user LIMIT 1";
    let row: Option<(String,)> = on!(read db, p => sqlx::query_as(SQL).fetch_optional(p).await)
        .doing(|| "Looking whether there is a user".to_owned())?;
    Ok(row.is_some())
}

/// By name, whatever its case.
pub(crate) async fn find_user(db: &Db, name: &str) -> Result<Option<Account>> {
    const SQL: &str = "SELECT id, name, password_hash, is_admin, disabled, created_at FROM account_user
        WHERE name_key = $1";
    if !may_be_kept(name) {
        return Ok(None);
    }
    let row: Option<Row> =
        on!(read db, p => sqlx::query_as(SQL).bind(name_key(name)).fetch_optional(p).await)
            .doing(|| "Looking for a user by name".to_owned())?;
    Ok(row.map(read_row))
}

/// By id.
pub(crate) async fn find_user_by_id(db: &Db, id: &str) -> Result<Option<Account>> {
    const SQL: &str = "SELECT id, name, password_hash, is_admin, disabled, created_at FROM account_user
        WHERE id = $1";
    if !may_be_kept(id) {
        return Ok(None);
    }
    let row: Option<Row> = on!(read db, p => sqlx::query_as(SQL).bind(id).fetch_optional(p).await)
        .doing(|| "Looking for a user by id".to_owned())?;
    Ok(row.map(read_row))
}

/// Everybody, by name.
pub(crate) async fn list_users(db: &Db) -> Result<Vec<User>> {
    Ok(list_accounts(db).await?.into_iter().map(|account| account.user).collect())
}

/// Everybody with what their password is compared with, by name.
pub(crate) async fn list_accounts(db: &Db) -> Result<Vec<Account>> {
    const SQL: &str = "SELECT id, name, password_hash, is_admin, disabled, created_at FROM account_user
        ORDER BY name_key";
    let rows: Vec<Row> =
        on!(read db, p => sqlx::query_as(SQL).fetch_all(p).await).doing(|| "Reading the users".to_owned())?;
    Ok(rows.into_iter().map(read_row).collect())
}

/// Adds a user; `false` when the name is taken.
pub(crate) async fn add_user(db: &Db, account: &Account) -> Result<bool> {
    const SQL: &str =
        "INSERT INTO account_user (id, name, name_key, password_hash, is_admin, disabled, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (name_key) DO NOTHING";
    let user = &account.user;
    let added = on!(write db, p => sqlx::query(SQL)
        .bind(&user.id)
        .bind(&user.name)
        .bind(name_key(&user.name))
        .bind(&account.password_hash)
        .bind(user.is_admin)
        .bind(user.disabled)
        .bind(user.created_at.millis())
        .execute(p)
        .await
        .map(|done| done.rows_affected()));
    Ok(added.doing(|| format!("Adding the user {}", user.name))? == 1)
}

/// Adds a user if there is none yet; `false` when somebody was faster.
pub(crate) async fn add_first_user(db: &Db, account: &Account) -> Result<bool> {
    const SQL: &str =
        "INSERT INTO account_user (id, name, name_key, password_hash, is_admin, disabled, created_at)
        SELECT $1, $2, $3, $4, $5, $6, $7 WHERE NOT EXISTS (SELECT 1 FROM account_user)";
    let user = &account.user;
    let added = on!(write db, p => async {
        let mut tx = p.begin().await?;
        sqlx::query(lock_users(db)).execute(&mut *tx).await?;
        let added = sqlx::query(SQL)
            .bind(&user.id)
            .bind(&user.name)
            .bind(name_key(&user.name))
            .bind(&account.password_hash)
            .bind(user.is_admin)
            .bind(user.disabled)
            .bind(user.created_at.millis())
            .execute(&mut *tx)
            .await?
            .rows_affected();
        tx.commit().await?;
        Ok::<_, sqlx::Error>(added)
    }.await);
    Ok(added.doing(|| "Adding the first user".to_owned())? == 1)
}

/// Replaces the password and ends every session but `keep`.
pub(crate) async fn set_password(db: &Db, user_id: &str, hash: &str, keep: Option<&str>) -> Result<()> {
    const CHANGE: &str = "UPDATE account_user SET password_hash = $2 WHERE id = $1";
    const END: &str = "DELETE FROM account_session WHERE user_id = $1 AND id <> $2";
    let done = on!(write db, p => async {
        let mut tx = p.begin().await?;
        sqlx::query(CHANGE).bind(user_id).bind(hash).execute(&mut *tx).await?;
        sqlx::query(END).bind(user_id).bind(keep.unwrap_or_default()).execute(&mut *tx).await?;
        tx.commit().await
    }.await);
    done.doing(|| "Changing a password".to_owned())
}

/// Lets a user in or keeps them out; who is kept out loses their sessions. `false` when it is the last administrator
/// who could still log in.
pub(crate) async fn set_disabled(db: &Db, user_id: &str, disabled: bool) -> Result<bool> {
    const CHANGE: &str = "UPDATE account_user SET disabled = $2 WHERE id = $1 AND ($2 = FALSE OR is_admin = FALSE
        OR disabled OR EXISTS (SELECT 1 FROM account_user o WHERE o.id <> $1 AND o.is_admin AND NOT o.disabled))";
    const END: &str = "DELETE FROM account_session WHERE user_id IN
        (SELECT id FROM account_user WHERE id = $1 AND disabled)";
    let changed = on!(write db, p => async {
        let mut tx = p.begin().await?;
        sqlx::query(lock_users(db)).execute(&mut *tx).await?;
        let changed = sqlx::query(CHANGE).bind(user_id).bind(disabled).execute(&mut *tx).await?.rows_affected();
        sqlx::query(END).bind(user_id).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok::<_, sqlx::Error>(changed)
    }.await);
    Ok(changed.doing(|| "Changing whether a user may log in".to_owned())? == 1)
}

/// Makes a user an administrator, or no longer one. `false` when it is the last who could still log in.
pub(crate) async fn set_admin(db: &Db, user_id: &str, is_admin: bool) -> Result<bool> {
    const CHANGE: &str = "UPDATE account_user SET is_admin = $2 WHERE id = $1 AND ($2 = TRUE OR is_admin = FALSE
        OR disabled OR EXISTS (SELECT 1 FROM account_user o WHERE o.id <> $1 AND o.is_admin AND NOT o.disabled))";
    let changed = on!(write db, p => async {
        let mut tx = p.begin().await?;
        sqlx::query(lock_users(db)).execute(&mut *tx).await?;
        let changed = sqlx::query(CHANGE).bind(user_id).bind(is_admin).execute(&mut *tx).await?.rows_affected();
        tx.commit().await?;
        Ok::<_, sqlx::Error>(changed)
    }.await);
    Ok(changed.doing(|| "Changing whether a user is an administrator".to_owned())? == 1)
}

/// Deletes a user who is disabled; `false` when they are not.
pub(crate) async fn delete_user(db: &Db, user_id: &str) -> Result<bool> {
    const END: &str = "DELETE FROM account_session WHERE user_id IN
        (SELECT id FROM account_user WHERE id = $1 AND disabled)";
    const DELETE: &str = "DELETE FROM account_user WHERE id = $1 AND disabled";
    let deleted = on!(write db, p => async {
        let mut tx = p.begin().await?;
        sqlx::query(lock_users(db)).execute(&mut *tx).await?;
        sqlx::query(END).bind(user_id).execute(&mut *tx).await?;
        let deleted = sqlx::query(DELETE).bind(user_id).execute(&mut *tx).await?.rows_affected();
        tx.commit().await?;
        Ok::<_, sqlx::Error>(deleted)
    }.await);
    Ok(deleted.doing(|| "Deleting a user".to_owned())? == 1)
}
