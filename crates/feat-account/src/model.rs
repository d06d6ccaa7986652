//! Users, sessions and tokens as values, and the rules that need nothing but values.

mod agent;
mod next;
mod proxy;
mod setup_code;
mod throttle;

pub(crate) use agent::describe_agent;
pub(crate) use next::safe_next;
pub(crate) use proxy::{Network, client_address};
pub(crate) use setup_code::SetupCode;
pub(crate) use throttle::{Admission, Throttle, Try, throttle_address};

use hob_base::{Error, Result, Timestamp};
use hob_feature::Scope;
use hob_feature::identity::{Identity, Via};
use jiff::tz::TimeZone;
use std::time::Duration;

/// Without being seen, a session lasts this long.
pub(crate) const SESSION_IDLE: Duration = Duration::from_secs(30 * 86_400);
/// However often it is seen, it lasts no longer than this.
pub(crate) const SESSION_MAX: Duration = Duration::from_secs(180 * 86_400);
/// That a session was seen is written no more often than this.
pub(crate) const SESSION_TOUCH: Duration = Duration::from_secs(300);
/// A user has at most this many sessions; the ones not seen for longest give way.
pub(crate) const SESSIONS_MAX: i64 = 100;
/// That a token was used is written no more often than this.
pub(crate) const TOKEN_TOUCH: Duration = Duration::from_secs(60);
/// Revoked and expired tokens stay in the list this long, so that their owner learns why something stopped working.
pub(crate) const TOKEN_KEPT: Duration = Duration::from_secs(90 * 86_400);

const PASSWORD_CHARS_MIN: usize = 8;
const PASSWORD_CHARS_MAX: usize = 256;
const NAME_CHARS_MAX: usize = 64;

/// A person who may log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its identifier.
    pub id: String,
    /// The name as it was given.
    pub name: String,
    /// Whether they may everything. Everybody else may look.
    pub is_admin: bool,
    /// Whether they may not log in at present.
    pub disabled: bool,
    /// Since when they are known.
    pub created_at: Timestamp,
}

impl User {
    /// What they may do.
    pub fn scope(&self) -> Scope {
        if self.is_admin { Scope::Admin } else { Scope::Read }
    }
}

/// A browser that is logged in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) created_at: Timestamp,
    pub(crate) last_seen_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) user_agent: String,
    pub(crate) address: String,
}

impl Session {
    /// When it ends if it is seen `now` and then no more.
    pub(crate) fn end(created_at: Timestamp, now: Timestamp) -> Timestamp {
        now.plus(SESSION_IDLE).min(created_at.plus(SESSION_MAX))
    }

    /// Who shows this session's token.
    pub(crate) fn identity(&self, user: &User) -> Identity {
        Identity {
            user_id: Some(user.id.clone()),
            name: user.name.clone(),
            scopes: vec![user.scope()],
            via: Via::Session(self.id.clone()),
        }
    }
}

/// A token of the API, without the secret itself, which nobody keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its identifier.
    pub id: String,
    /// What it is for.
    pub name: String,
    /// What it may.
    pub scope: Scope,
    /// When it was made.
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// When it ends, if it does by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Token {
    /// Whether it opens anything.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| end > now)
    }

    /// Who shows this token.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] with the day since which it is of no use.
    pub fn identity(&self, now: Timestamp, zone: &TimeZone) -> Result<Identity> {
        let over = |what: &str, at: Timestamp| {
            let day = at.zoned(zone).strftime("%-d %b %Y").to_string();
            Err(Error::Unauthenticated(format!("This API token {what} on {day}.")))
        };
        match (self.revoked_at, self.expires_at) {
            (Some(at), _) => over("was revoked", at),
            (None, Some(at)) if at <= now => over("expired", at),
            _ => Ok(Identity {
                user_id: None,
                name: format!("token “{}”", self.name),
                scopes: vec![self.scope],
                via: Via::Token(self.id.clone()),
            }),
        }
    }
}

/// What a name is compared by.
pub(crate) fn name_key(name: &str) -> String {
    name.to_lowercase()
}

/// Refuses what cannot be a user's name: names are typed on phones and passed on to other services.
pub(crate) fn check_name(name: &str) -> Result<()> {
    let chars = name.chars().count();
    if chars == 0 || chars > NAME_CHARS_MAX {
        let problem = format!("A name has 1 to {NAME_CHARS_MAX} characters.");
        return Err(Error::invalid("name", problem));
    }
    match name.chars().find(|c| !(c.is_alphabetic() || c.is_ascii_digit() || ".-_@".contains(*c))) {
        Some(' ') => {
            Err(Error::invalid("name", "A name has no spaces: use letters, digits and . _ - @ only."))
        }
        Some(_) => Err(Error::invalid("name", "Use letters, digits and . _ - @ only.")),
        None => Ok(()),
    }
}

/// Refuses passwords that are too easy or too long. Length is what counts; there are no rules of composition.
pub(crate) fn check_password(name: &str, password: &str) -> Result<()> {
    let chars = password.chars().count();
    if chars < PASSWORD_CHARS_MIN {
        let problem =
            format!("Use at least {PASSWORD_CHARS_MIN} characters; a few words are a good password.");
        return Err(Error::invalid("password", problem));
    }
    if chars > PASSWORD_CHARS_MAX {
        return Err(Error::invalid("password", format!("Use at most {PASSWORD_CHARS_MAX} characters.")));
    }
    if name_key(password) == name_key(name) {
        return Err(Error::invalid("password", "The password must not be the name."));
    }
    Ok(())
}

/// Whether a password is worth comparing: longer ones were never accepted.
pub(crate) fn may_be_password(password: &str) -> bool {
    password.chars().count() <= PASSWORD_CHARS_MAX
}

/// Refuses what cannot be a token's name.
pub(crate) fn check_token_name(name: &str) -> Result<()> {
    let chars = name.chars().count();
    if chars == 0 || chars > NAME_CHARS_MAX {
        let problem =
            format!("A token's name has 1 to {NAME_CHARS_MAX} characters; it says what the token is for.");
        return Err(Error::invalid("name", problem));
    }
    if name.trim() != name || name.chars().any(char::is_control) {
        return Err(Error::invalid("name", "A token's name has no spaces at its ends and no line breaks."));
    }
    Ok(())
}
