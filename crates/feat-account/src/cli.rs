//! What the commands `hob user` and `hob token` do. They work on the database itself, with and without a running hub,
//! which sees every change at its next request.

use crate::actions::{self, NewToken, NewUser};
use crate::model::{Token, User};
use crate::password::Hasher;
use crate::store;
use hob_base::{Clock, Result};
use hob_db::Db;
use hob_feature::Scope;
use std::time::Duration;

/// Adds a user. If it is the first one, it replaces the setup code.
///
/// # Errors
/// When the name cannot be used or is taken, or the password is too short.
pub async fn add_user(db: &Db, clock: &Clock, name: &str, password: &str, admin: bool) -> Result<User> {
    actions::add_user(db, clock, &Hasher::default(), NewUser { name, password, is_admin: admin }).await
}

/// All users by name.
///
/// # Errors
/// When the database does not answer.
pub async fn list_users(db: &Db) -> Result<Vec<User>> {
    store::list_users(db).await
}

/// Keeps a user out and ends their sessions at once.
///
/// # Errors
/// When there is no such user, or it is the last administrator who can log in.
pub async fn disable_user(db: &Db, name: &str) -> Result<()> {
    actions::set_disabled(db, &actions::find_user(db, name).await?, true).await
}

/// Lets a user in again.
///
/// # Errors
/// When there is no such user.
pub async fn enable_user(db: &Db, name: &str) -> Result<()> {
    actions::set_disabled(db, &actions::find_user(db, name).await?, false).await
}

/// Makes a user an administrator, or an ordinary user again.
///
/// # Errors
/// When there is no such user, or it is the last administrator who can log in.
pub async fn set_admin(db: &Db, name: &str, admin: bool) -> Result<()> {
    actions::set_admin(db, &actions::find_user(db, name).await?, admin).await
}

/// Gives a user a new password and ends all their sessions.
///
/// # Errors
/// When there is no such user or the password is too short.
pub async fn reset_password(db: &Db, name: &str, password: &str) -> Result<()> {
    let user = actions::find_user(db, name).await?;
    actions::set_password(db, &Hasher::default(), &user, password, None).await
}

/// Makes an API token and returns it. It is shown only now.
///
/// # Errors
/// When the name cannot be used or another token in use has it.
pub async fn create_token(
    db: &Db,
    clock: &Clock,
    name: &str,
    scope: Scope,
    expires: Option<Duration>,
) -> Result<String> {
    let new = NewToken { name, scope, lasts: expires, by: "command line" };
    Ok(actions::add_token(db, clock, new).await?.1)
}

/// All tokens, those not revoked first.
///
/// # Errors
/// When the database does not answer.
pub async fn list_tokens(db: &Db) -> Result<Vec<Token>> {
    store::list_tokens(db).await
}

/// Revokes a token, by its id or its name.
///
/// # Errors
/// When there is no such token or it was revoked before.
pub async fn revoke_token(db: &Db, clock: &Clock, name_or_id: &str) -> Result<()> {
    actions::revoke_token(db, clock, name_or_id).await.map(|_| ())
}
