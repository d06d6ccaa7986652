//! What is to be said, before any service has put it into its own form.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::exchange::digest;
use crate::text::{clean, clean_line, cut, cut_bytes, disturbs};

/// Longest title that is passed on, in characters.
const TITLE_MAX: usize = 300;
/// Longest body that is passed on, in bytes. Services cut it further, each to what it takes.
const BODY_MAX: usize = 16_000;
/// Longest address of a link, in bytes; a longer one is left out, since a cut one leads nowhere.
const LINK_MAX: usize = 1000;
/// Most links beside the main one, and most tags.
const EXTRAS_MAX: usize = 8;
/// Longest label of a link and longest tag, in characters.
const WORD_MAX: usize = 200;

/// Longest key of a thread or a delivery, in bytes.
const KEY_MAX: usize = 200;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing is wrong, or not any more.
    Info,
    /// Somebody should look at it today.
    Warning,
    /// Somebody should look at it now.
    Critical,
}

/// What kind of news it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Something begins.
    Open,
    /// What was told before turned out to be otherwise.
    Changed,
    /// It still goes on.
    Reminder,
    /// It is over.
    Resolved,
    /// A summary of some time.
    Digest,
    /// Somebody tries the channel.
    Test,
}

/// One thing to say to people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// A headline without a full stop.
    pub title: String,
    /// Plain sentences; may have line breaks.
    pub body: String,
    /// How bad it is.
    pub severity: Severity,
    /// What kind of news it is.
    pub state: State,
    /// The page which tells more: an absolute `http` or `https` URL. Anything else is left out.
    #[serde(default)]
    pub link: Option<String>,
    /// Further pages: label and URL.
    #[serde(default)]
    pub links: Vec<(String, String)>,
    /// What it is about, the same for all news of one incident: where a service can, a later note
    /// takes the place of the one before.
    #[serde(default)]
    pub thread: Option<String>,
    /// Words to sort by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// When it happened. In JSON as RFC 3339 has it.
    #[serde(with = "rfc3339")]
    pub at: Timestamp,
    /// The key of this very delivery. The same key again means the same message again, and a
    /// service which knows such keys (Matrix: transaction id) takes it once.
    pub dedupe: String,
}

impl Note {
    /// The same within bounds: without characters which disturb their surroundings, cut to what is
    /// reasonable, with links only to web pages.
    #[must_use]
    pub fn bounded(&self) -> Self {
        let word = |text: &str| cut(&clean_line(text), WORD_MAX);
        let links = self.links.iter().filter(|(_, url)| is_web(url)).take(EXTRAS_MAX);
        let tags = self.tags.iter().map(|tag| word(tag)).filter(|tag| !tag.is_empty()).take(EXTRAS_MAX);
        Self {
            title: cut(&clean_line(&self.title), TITLE_MAX),
            body: cut_bytes(clean(&self.body).trim(), BODY_MAX),
            severity: self.severity,
            state: self.state,
            link: self.link.as_deref().filter(|url| is_web(url)).map(tidy),
            links: links.map(|(label, url)| (word(label), tidy(url))).collect(),
            thread: self.thread.as_deref().map(key),
            tags: tags.collect(),
            at: self.at,
            dedupe: key(&self.dedupe),
        }
    }

    /// A sign which tells at a glance how it stands, by its shape and not by its colour alone.
    #[must_use]
    pub fn sign(&self) -> &'static str {
        match (self.state, self.severity) {
            (State::Resolved, _) => "✅",
            (State::Digest, _) => "📋",
            (State::Test, _) => "🔔",
            (_, Severity::Critical) => "🚨",
            (_, Severity::Warning) => "⚠️",
            (_, Severity::Info) => "ℹ️",
        }
    }

    /// Whether this is worth a sound where the first message of its thread is edited in place,
    /// which nobody hears: a change which is not critical is only seen by who looks.
    #[must_use]
    pub fn is_aloud(&self) -> bool {
        self.state != State::Changed || self.severity == Severity::Critical
    }

    /// The colour of `severity` as `0xRRGGBB`, for services which draw a bar beside a message.
    #[must_use]
    pub fn colour(&self) -> u32 {
        match (self.state, self.severity) {
            (State::Resolved, _) => 0x2e_9e_5b,
            (_, Severity::Critical) => 0xd1_34_38,
            (_, Severity::Warning) => 0xe0_9b_1a,
            (_, Severity::Info) => 0x3b_7d_d8,
        }
    }

    /// All links with a label each, the main one first.
    pub(crate) fn all_links(&self) -> impl Iterator<Item = (&str, &str)> {
        let main = self.link.as_deref().map(|url| ("Open", url));
        main.into_iter().chain(self.links.iter().map(|(label, url)| (label.as_str(), url.as_str())))
    }
}

/// A key as it is, or what stands for one which is too long or has something in it that a header
/// cannot have: as unique as itself.
fn key(text: &str) -> String {
    let fits = text.len() <= KEY_MAX && text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if fits { text.to_owned() } else { digest(text) }
}

fn is_web(url: &str) -> bool {
    url.len() <= LINK_MAX && !url.contains(char::is_whitespace) && http_probe::Url::parse(url).is_ok()
}

/// A URL without characters which no URL has, and which some markup takes for the end of one
/// (RFC 3986, appendix A).
fn tidy(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for c in url.chars() {
        if matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}') || c.is_ascii_control() {
            out.push_str(&format!("%{:02X}", u32::from(c)));
        } else if !disturbs(c) {
            out.push(c);
        }
    }
    out
}

/// Whether a URL leads to a host which services elsewhere take for one: a name of the house alone,
/// such as `nas`, is refused by some.
pub(crate) fn has_full_name(url: &str) -> bool {
    http_probe::Url::parse(url).is_ok_and(|url| url.host().contains(['.', ':']))
}

mod rfc3339 {
    use jiff::Timestamp;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(at: &Timestamp, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(at)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Timestamp, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}
