//! Who asks, and what they may.

use crate::{BoxFuture, Ctx};
use hob_base::{Error, Result};
use std::fmt;
use std::str::FromStr;

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
            Via::Session(_) => format!(
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

/// How the feature that knows users answers the session guard.
#[derive(Clone, Copy)]
pub struct Gate {
    /// Who this is; `None` for an unknown, expired or revoked credential.
    pub identify: fn(Ctx, Credential) -> BoxFuture<Result<Option<Identity>>>,
    /// Whether there is a first user. Until then only the setup page is served.
    pub is_set_up: fn(Ctx) -> BoxFuture<Result<bool>>,
    /// Everybody who has an account that is not disabled, by name.
    pub people: fn(Ctx) -> BoxFuture<Result<Vec<Person>>>,
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
}
