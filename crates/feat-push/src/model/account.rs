//! What is kept for a person: tokens of their clients, and what ntfy's clients keep on the server.

use hob_base::Timestamp;
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What every push token begins with.
pub(crate) const TOKEN_PREFIX: &str = "tk_";
/// The length of a push token with its prefix.
const TOKEN_LENGTH: usize = 32;
/// How long a token lasts of which nobody said how long.
pub(crate) const TOKEN_LASTS: Duration = Duration::from_secs(72 * 3600);
/// A person has at most this many tokens; those used longest ago give way.
pub(crate) const TOKENS_MAX: i64 = 60;
/// A person's clients keep at most this many subscriptions.
pub(crate) const SYNCED_MAX: i64 = 500;
/// A person reserves at most this many topics.
pub(crate) const RESERVATIONS_MAX: usize = 50;

const LABEL_CHARS_MAX: usize = 64;
const BASE_URL_BYTES_MAX: usize = 255;
const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// A token that a person made for a client, without the secret itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    /// Its identifier.
    pub(crate) id: String,
    /// What lists show of it: its beginning and its end.
    pub(crate) hint: String,
    /// Whose it is: the user's id.
    pub(crate) person: String,
    /// What it is for.
    pub(crate) label: String,
    /// When it was made.
    pub(crate) created_at: Timestamp,
    /// When it ends, if it does by itself.
    pub(crate) expires_at: Option<Timestamp>,
    /// When it was last used, to the minute.
    pub(crate) last_access_at: Option<Timestamp>,
    /// From where.
    pub(crate) last_origin: String,
}

impl Token {
    /// Whether it opens anything.
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| end > now)
    }
}

/// Whether a text looks like a push token.
pub(crate) fn is_push_token(text: &str) -> bool {
    text.len() == TOKEN_LENGTH
        && text.strip_prefix(TOKEN_PREFIX).is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// A push token out of random bytes: 29 small letters and digits. A byte is used only where every letter stays equally
/// likely; `None` when too few were of use.
pub(crate) fn token_from(random: &[u8]) -> Option<String> {
    let fair = u8::MAX - u8::MAX % 36;
    let letters = random.iter().filter(|b| **b < fair).filter_map(|b| LETTERS.get(usize::from(b % 36)));
    let text: String = letters.take(TOKEN_LENGTH - TOKEN_PREFIX.len()).map(|b| char::from(*b)).collect();
    let token = format!("{TOKEN_PREFIX}{text}");
    (token.len() == TOKEN_LENGTH).then_some(token)
}

/// What is kept of a token. It is random, so a fast hash without salt tells nothing about it.
pub(crate) fn token_hash(token: &str) -> String {
    digest(&SHA256, token.as_bytes()).as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

/// What lists show of a token.
pub(crate) fn token_hint(token: &str) -> String {
    let (start, end) = (token.get(..7), token.len().checked_sub(4).and_then(|at| token.get(at..)));
    format!("{}…{}", start.unwrap_or_default(), end.unwrap_or_default())
}

/// A label without what lists cannot show, cut to a length.
pub(crate) fn clean_label(label: &str) -> String {
    label.chars().filter(|c| !c.is_control()).take(LABEL_CHARS_MAX).collect::<String>().trim().to_owned()
}

/// A subscription that a person's clients share through the server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Synced {
    /// Of which server.
    #[serde(default)]
    pub(crate) base_url: String,
    /// Of which topic.
    #[serde(default)]
    pub(crate) topic: String,
    /// What the person calls it.
    #[serde(default)]
    pub(crate) display_name: Option<String>,
}

impl Synced {
    /// Whether it may be kept, with its name cut to a length.
    pub(crate) fn checked(mut self) -> Option<Self> {
        self.display_name = self.display_name.map(|name| clean_label(&name));
        let printable = |text: &str| text.bytes().all(|b| b.is_ascii_graphic());
        let is_address = self.base_url.starts_with("https://") || self.base_url.starts_with("http://");
        let right = is_address
            && self.base_url.len() <= BASE_URL_BYTES_MAX
            && printable(&self.base_url)
            && ntfy_protocol::Topic::new(&self.topic).is_ok();
        right.then_some(self)
    }
}

/// The settings of a person's clients, as ntfy's clients write and read them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Prefs {
    /// The language of its pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) language: Option<String>,
    /// How messages are shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) notification: Option<NotificationPrefs>,
}

/// How a person's clients show messages.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct NotificationPrefs {
    /// The name of a sound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sound: Option<String>,
    /// Messages of less priority are not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) min_priority: Option<i64>,
    /// After how many seconds messages are removed; 0: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) delete_after: Option<i64>,
}

impl Prefs {
    /// What is said anew takes the place of what was; what is not said stays.
    pub(crate) fn change(&mut self, new: Self) {
        let short = |text: String| text.chars().filter(|c| !c.is_control()).take(LABEL_CHARS_MAX).collect();
        if let Some(language) = new.language {
            self.language = Some(short(language));
        }
        let Some(new) = new.notification else { return };
        let own = self.notification.get_or_insert_default();
        own.sound = new.sound.map(short).or(own.sound.take());
        own.min_priority = new.min_priority.or(own.min_priority);
        own.delete_after = new.delete_after.or(own.delete_after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_ntfys_form() {
        let token = token_from(&(0..=255).collect::<Vec<u8>>()).unwrap();
        assert_eq!(token, "tk_abcdefghijklmnopqrstuvwxyz012");
        assert!(is_push_token(&token));
        assert_eq!(token_hint(&token), "tk_abcd…z012");
        assert_eq!(token_from(&[255; 64]), None, "bytes that would make some letters likelier are left out");
        for wrong in
            ["", "tk_", "tk_abcdefghijklmnopqrstuvwxyz01", "tk_abcdefghijklmnopqrstuvwxyz0-2", "hob_x"]
        {
            assert!(!is_push_token(wrong), "{wrong}");
        }
    }

    #[test]
    fn settings_are_changed_one_by_one() {
        let read = |json: &str| serde_json::from_str::<Prefs>(json).unwrap();
        let mut prefs = read(r#"{"notification":{"sound":"juntos"},"ignored":true}"#);
        prefs.change(read(r#"{"notification":{"delete_after":86400},"language":"de"}"#));
        let json = serde_json::to_string(&prefs).unwrap();
        assert_eq!(json, r#"{"language":"de","notification":{"sound":"juntos","delete_after":86400}}"#);
    }

    #[test]
    fn only_subscriptions_of_servers_are_kept() {
        let new = |base_url: &str, topic: &str| Synced {
            base_url: base_url.to_owned(),
            topic: topic.to_owned(),
            display_name: Some("ding\ndong".to_owned()),
        };
        assert_eq!(new("http://abc.com", "def").checked().unwrap().display_name.unwrap(), "dingdong");
        for (base_url, topic) in
            [("abc.com", "def"), ("http://a b", "def"), ("http://abc.com", "d/f"), ("", "")]
        {
            assert_eq!(new(base_url, topic).checked(), None, "{base_url} {topic}");
        }
    }
}
