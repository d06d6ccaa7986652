//! Who asks, and what they may.

use crate::{BoxFuture, Ctx};
use hob_base::{Error, Result};
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// See everything that is not an administrator's.
    Read,
    /// Change what the house shows and does.
    Write,
    /// Publish messages.
    Push,
    /// Send what an agent collects.
    Agent,
    /// Manage users, tokens and the hub; includes every other scope.
    Admin,
}

impl Scope {
    /// All scopes, in the order in which forms show them.
    pub const ALL: [Self; 5] = [Self::Read, Self::Write, Self::Push, Self::Agent, Self::Admin];

    /// The word in files, commands and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Push => "push",
            Self::Agent => "agent",
            Self::Admin => "admin",
        }
    }

    /// Whether who has this scope may do what needs `needed`.
    pub fn includes(self, needed: Self) -> bool {
        self == needed || self == Self::Admin || (self == Self::Write && needed == Self::Read)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or_else(|| format!("“{text}” is not a scope: use read, write, push, agent or admin."))
    }
}

/// By what somebody was recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Via {
    /// A browser's cookie; the text identifies the session, it is not the token. State-changing requests must prove
    /// that they come from Hob's own pages.
    Session(String),
    /// A token of the API; the text is its id.
    Token(String),
    /// Name and password, shown with the request itself.
    Password,
    /// The socket in the data directory, which only the hub's own account and root can open.
    LocalSocket,
}

/// Somebody who was recognised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The user's id; a token and the local socket have none.
    pub user_id: Option<String>,
    /// What to call them.
    pub name: String,
    /// What they may.
    pub scopes: Vec<Scope>,
    /// By what.
    pub via: Via,
}

impl Identity {
    /// Who may open the local socket may everything.
    pub fn local() -> Self {
        Self {
            user_id: None,
            name: "local console".to_owned(),
            scopes: vec![Scope::Admin],
            via: Via::LocalSocket,
        }
    }

    /// Whether they may do what needs `scope`.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.iter().any(|own| own.includes(scope))
    }

    /// Refuses who may not.
    ///
    /// # Errors
    /// [`Error::Forbidden`] with the scope that is missing.
    pub fn require(&self, scope: Scope) -> Result<()> {
        if self.may(scope) {
            return Ok(());
        }
        Err(Error::Forbidden(match self.via {
            Via::Session(_) | Via::Password => format!(
                "Your account may not do this: it needs the scope “{scope}”. An administrator can grant it."
            ),
            _ => format!("This token may not do this: it needs the scope “{scope}”."),
        }))
    }
}

/// Somebody who has an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The user's id.
    pub id: String,
    /// What to call them.
    pub name: String,
    /// Whether they manage the hub.
    pub is_admin: bool,
}

/// What a request shows of its sender.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// The session cookie's value.
    Cookie(String),
    /// The bearer token.
    Bearer(String),
}

/// A name and a password, as somebody shows them to a door that takes both with every request.
#[derive(Clone, PartialEq, Eq)]
pub struct NameAndPassword {
    /// The name as it was typed.
    pub name: String,
    /// The password.
    pub password: String,
    /// From where, behind the proxies that are believed; `None` for the local socket. Tries are counted by it.
    pub address: Option<IpAddr>,
}

impl fmt::Debug for NameAndPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NameAndPassword").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Tells those who remember somebody for a while that a user or token is no longer what it was: the feature that knows
/// users notes it, doors that remember look. In [`Ctx::memory`](crate::CtxParts::memory); what a command on another process
/// changes is noted within a minute.
#[derive(Debug, Default)]
pub struct IdentityChanges {
    number: AtomicU64,
    last: Mutex<Changes>,
}

#[derive(Debug, Default)]
struct Changes {
    /// Who is not in `by_id` has not changed since this number.
    floor: u64,
    by_id: HashMap<String, u64>,
}

/// Beyond this many, everybody counts as changed.
const CHANGES_MAX: usize = 10_000;

impl IdentityChanges {
    /// A user (by id) has another password, other rights, or is gone; or a token (by id) is revoked.
    pub fn note(&self, id: &str) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let number = self.number.load(Ordering::Acquire) + 1;
        if last.by_id.len() >= CHANGES_MAX {
            last.by_id.clear();
            last.floor = number;
        }
        last.by_id.insert(id.to_owned(), number);
        // Only now: who sees the number finds what it stands for.
        self.number.store(number, Ordering::Release);
    }

    /// The number of the newest change; it only grows. Cheap.
    pub fn number(&self) -> u64 {
        self.number.load(Ordering::Acquire)
    }

    /// Whether the user or token of this id has changed since `number`.
    pub fn changed_since(&self, id: &str, number: u64) -> bool {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.by_id.get(id).copied().unwrap_or(last.floor) > number
    }
}

/// How the feature that knows users answers the session guard.
#[derive(Clone, Copy)]
pub struct Gate {
    /// Who this is; `None` for an unknown, expired or revoked credential.
    pub identify: fn(Ctx, Credential) -> BoxFuture<Result<Option<Identity>>>,
    /// Whether there is a first user. Until then only the setup page is served.
    pub is_set_up: fn(Ctx) -> BoxFuture<Result<bool>>,
    /// Everybody who has an account that is not disabled, by name.
    pub people: fn(Ctx) -> BoxFuture<Result<Vec<Person>>>,
    /// Whose name and password these are; `None` when they are nobody's. Tries are slowed down and refused
    /// ([`Error::TooMany`]) by the address as they are on the login page, so who asks often remembers the answer.
    pub by_password: fn(Ctx, NameAndPassword) -> BoxFuture<Result<Option<Identity>>>,
    /// Adds an ordinary user, by the rules of the pages: [`Error::Invalid`] for a name or password that cannot be,
    /// [`Error::Conflict`] when the name is taken. Who asks must have made sure that an administrator does.
    pub add_person: fn(Ctx, String, String) -> BoxFuture<Result<Person>>,
    /// Removes a user by name, and with it every session: [`Error::NotFound`], or [`Error::Conflict`] for the last
    /// administrator. Who asks must have made sure that an administrator does.
    pub remove_person: fn(Ctx, String) -> BoxFuture<Result<()>>,
    /// Gives a user a new password and ends their sessions. Who asks must have made sure that it is their own, or that
    /// an administrator asks.
    pub set_password: fn(Ctx, String, String) -> BoxFuture<Result<()>>,
    /// Where people log in.
    pub login_path: &'static str,
    /// Where the first user is made.
    pub setup_path: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admin_includes_all_and_write_includes_read() {
        for scope in Scope::ALL {
            assert!(Scope::Admin.includes(scope));
        }
        assert!(Scope::Write.includes(Scope::Read));
        assert!(!Scope::Read.includes(Scope::Write));
        assert!(!Scope::Push.includes(Scope::Read));
    }

    #[test]
    fn a_change_is_seen_by_those_who_remember_who_changed() {
        let changes = IdentityChanges::default();
        let before = changes.number();
        changes.note("anna");
        assert!(changes.changed_since("anna", before));
        assert!(!changes.changed_since("ben", before));
        assert!(!changes.changed_since("anna", changes.number()));
    }

    #[test]
    fn of_too_many_changes_everybody_counts_as_changed() {
        let changes = IdentityChanges::default();
        for n in 0..=CHANGES_MAX {
            changes.note(&n.to_string());
        }
        assert!(changes.changed_since("somebody else", 0));
        assert!(!changes.changed_since("somebody else", changes.number()));
    }

    #[test]
    fn a_password_is_not_printed() {
        let shown = NameAndPassword { name: "anna".into(), password: "s3cret".into(), address: None };
        assert!(!format!("{shown:?}").contains("s3cret"));
    }
}
