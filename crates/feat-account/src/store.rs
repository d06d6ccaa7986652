//! All SQL about users, sessions and tokens.
//!
//! What must not happen twice or must not happen last (the first user, the last administrator) is one transaction that
//! begins by taking the table for itself.

mod sessions;
mod tokens;
mod users;

pub(crate) use sessions::{
    add_session, delete_expired_sessions, delete_other_sessions, delete_session, find_session, list_sessions,
    touch_session,
};
pub(crate) use tokens::{add_token, delete_old_tokens, find_token, list_tokens, revoke_token, touch_token};
pub(crate) use users::{
    Account, add_first_user, add_user, any_user, delete_user, find_user, find_user_by_id, list_accounts,
    list_users, set_admin, set_disabled, set_password,
};

use hob_db::Db;

/// PostgreSQL keeps no NUL in text and fails a query that asks for one; nothing that is kept has one.
fn may_be_kept(text: &str) -> bool {
    !text.contains('\0')
}

/// The statement that makes a transaction the only one that changes `account_user`. SQLite has one writer at a time as
/// soon as a transaction writes anything, even nothing.
fn lock_users(db: &Db) -> &'static str {
    match db {
        Db::Sqlite(_) => "UPDATE account_user SET disabled = disabled WHERE id = ''",
        Db::Postgres(_) => "LOCK TABLE account_user IN SHARE ROW EXCLUSIVE MODE",
    }
}

/// The same for `account_token`.
fn lock_tokens(db: &Db) -> &'static str {
    match db {
        Db::Sqlite(_) => "UPDATE account_token SET name = name WHERE id = ''",
        Db::Postgres(_) => "LOCK TABLE account_token IN SHARE ROW EXCLUSIVE MODE",
    }
}
