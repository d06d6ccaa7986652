//! What pages, the API and commands do alike: check, hash, store, and say clearly why something is not possible.

use crate::model::{Session, Token, User, check_name, check_password, check_token_name};
use crate::password::Hasher;
use crate::random::{hash_token, new_api_token, new_id, new_session_token};
use crate::store::{self, Account};
use hob_base::error::OrNotFound;
use hob_base::{Clock, Error, Result};
use hob_db::Db;
use hob_feature::Scope;
use std::time::Duration;

/// Who is to be added.
#[derive(Clone, Copy)]
pub(crate) struct NewUser<'a> {
    pub(crate) name: &'a str,
    pub(crate) password: &'a str,
    pub(crate) is_admin: bool,
}

/// What token is to be made.
#[derive(Clone, Copy)]
pub(crate) struct NewToken<'a> {
    pub(crate) name: &'a str,
    pub(crate) scope: Scope,
    pub(crate) lasts: Option<Duration>,
    pub(crate) by: &'a str,
}

pub(crate) async fn add_user(db: &Db, clock: &Clock, hasher: &Hasher, new: NewUser<'_>) -> Result<User> {
    let account = new_account(clock, hasher, new).await?;
    if store::add_user(db, &account).await? {
        return Ok(account.user);
    }
    Err(Error::Conflict(format!("There is already a user “{}”.", new.name)))
}

/// The first user, an administrator; `None` when somebody was faster.
pub(crate) async fn add_first_user(
    db: &Db,
    clock: &Clock,
    hasher: &Hasher,
    new: NewUser<'_>,
) -> Result<Option<User>> {
    let account = new_account(clock, hasher, new).await?;
    Ok(store::add_first_user(db, &account).await?.then_some(account.user))
}

async fn new_account(clock: &Clock, hasher: &Hasher, new: NewUser<'_>) -> Result<Account> {
    check_name(new.name)?;
    check_password(new.name, new.password)?;
    let password_hash = hasher.hash(new.password).await?;
    let user = User {
        id: new_id()?,
        name: new.name.to_owned(),
        is_admin: new.is_admin,
        disabled: false,
        created_at: clock.now(),
    };
    Ok(Account { user, password_hash })
}

pub(crate) async fn find_user(db: &Db, name: &str) -> Result<User> {
    Ok(store::find_user(db, name).await?.or_not_found("user", name)?.user)
}

pub(crate) async fn find_user_by_id(db: &Db, id: &str) -> Result<User> {
    Ok(store::find_user_by_id(db, id).await?.or_not_found("user", id)?.user)
}

pub(crate) async fn set_password(
    db: &Db,
    hasher: &Hasher,
    user: &User,
    password: &str,
    keep_session: Option<&str>,
) -> Result<()> {
    check_password(&user.name, password)?;
    let hash = hasher.hash(password).await?;
    store::set_password(db, &user.id, &hash, keep_session).await
}

pub(crate) async fn set_disabled(db: &Db, user: &User, disabled: bool) -> Result<()> {
    if store::set_disabled(db, &user.id, disabled).await? {
        return Ok(());
    }
    Err(last_admin(user, "disabled"))
}

pub(crate) async fn set_admin(db: &Db, user: &User, is_admin: bool) -> Result<()> {
    if store::set_admin(db, &user.id, is_admin).await? {
        return Ok(());
    }
    Err(last_admin(user, "made an ordinary user"))
}

fn last_admin(user: &User, what: &str) -> Error {
    Error::Conflict(format!(
        "“{}” is the last administrator who can log in and cannot be {what}. Make somebody else an administrator first.",
        user.name
    ))
}

pub(crate) async fn delete_user(db: &Db, user: &User) -> Result<()> {
    if store::delete_user(db, &user.id).await? {
        return Ok(());
    }
    Err(Error::Conflict(format!("“{}” can still log in. Disable the user first, then delete it.", user.name)))
}

/// Logs somebody in: the token for their browser. `None` when they are no longer let in.
pub(crate) async fn add_session(
    db: &Db,
    clock: &Clock,
    user: &User,
    address: &str,
    user_agent: &str,
) -> Result<Option<String>> {
    let now = clock.now();
    let token = new_session_token()?;
    let session = Session {
        id: new_id()?,
        created_at: now,
        last_seen_at: now,
        expires_at: Session::end(now, now),
        user_agent: user_agent.to_owned(),
        address: address.to_owned(),
    };
    Ok(store::add_session(db, &user.id, &hash_token(&token), &session).await?.then_some(token))
}

/// Makes a token: what is known of it, and itself, which is known only now.
pub(crate) async fn add_token(db: &Db, clock: &Clock, new: NewToken<'_>) -> Result<(Token, String)> {
    check_token_name(new.name)?;
    if new.lasts.is_some_and(|lasts| lasts.is_zero()) {
        return Err(Error::invalid(
            "expires_in",
            "A token must last for some time; leave it out for a token without end.",
        ));
    }
    let now = clock.now();
    let text = new_api_token()?;
    let token = Token {
        id: new_id()?,
        name: new.name.to_owned(),
        scope: new.scope,
        created_at: now,
        created_by: new.by.to_owned(),
        expires_at: new.lasts.map(|lasts| now.plus(lasts)),
        last_used_at: None,
        revoked_at: None,
    };
    if store::add_token(db, &token, &hash_token(&text)).await? {
        return Ok((token, text));
    }
    Err(Error::Conflict(format!(
        "There is already a token “{}”. Revoke it first, or choose another name.",
        new.name
    )))
}

/// Revokes a token by its id, or by the name of one that is not revoked yet.
pub(crate) async fn revoke_token(db: &Db, clock: &Clock, name_or_id: &str) -> Result<Token> {
    let now = clock.now();
    let tokens = store::list_tokens(db).await?;
    let fits = |token: &&Token| token.id == name_or_id || token.name == name_or_id;
    let live = tokens.iter().filter(fits).find(|token| token.is_live(now));
    let open = live.or_else(|| tokens.iter().filter(fits).find(|token| token.revoked_at.is_none()));
    let token = open.or_else(|| tokens.iter().find(fits)).or_not_found("API token", name_or_id)?;
    if store::revoke_token(db, &token.id, now).await? {
        return Ok(token.clone());
    }
    Err(Error::Conflict(format!("The token “{}” was revoked before.", token.name)))
}
