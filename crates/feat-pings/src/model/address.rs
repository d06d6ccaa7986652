//! The addresses that jobs ping: which job, and what happened to it.
//!
//! Source: the pinging API of healthchecks (docs, “Pinging API” and “Slug URLs”), and `/api/push/` of Uptime Kuma.

use super::definition::{SLUG_CHARS_MAX, is_slug};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest ping key or Kuma token, in bytes.
const KEY_BYTES_MAX: usize = 100;
/// The longest query that is looked at, in bytes; what follows is not.
const QUERY_BYTES_MAX: usize = 4096;
/// The longest message of a Kuma push, in characters.
const MESSAGE_CHARS_MAX: usize = 2000;
/// The longest `ping` of a Kuma push: a day, in milliseconds.
const KUMA_MS_MAX: f64 = 86_400_000.0;

/// What a ping says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    /// It went well.
    Success,
    /// It begins.
    Start,
    /// It failed.
    Fail,
    /// Something for the log.
    Log,
    /// It was not counted: the job is paused, or takes other pings only.
    Ignored,
}

impl Action {
    /// The word for files and tables.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Start => "start",
            Self::Fail => "fail",
            Self::Log => "log",
            Self::Ignored => "ign",
        }
    }

    /// Whether a run ends with it.
    pub(crate) const fn ends_a_run(self) -> bool {
        matches!(self, Self::Success | Self::Fail)
    }

    pub(crate) fn from_word(word: &str) -> Self {
        [Self::Success, Self::Start, Self::Fail, Self::Log]
            .into_iter()
            .find(|action| action.as_str() == word)
            .unwrap_or(Self::Ignored)
    }
}

/// Which job is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    /// By its own secret: a UUID in lower case, or the token of a Kuma push as it is.
    Code(String),
    /// By the hub's ping key and the job's slug.
    Slug {
        /// The key.
        key: String,
        /// The slug; it may be one that no job can have.
        slug: String,
    },
}

/// What stands after the job in an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Signal {
    /// What happened.
    pub(crate) action: Action,
    /// The exit status, where one was given.
    pub(crate) exit: Option<u8>,
}

/// An address, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// Which job.
    pub(crate) who: Who,
    /// What happened; `None` where that cannot be understood.
    pub(crate) signal: Option<Signal>,
}

impl Address {
    /// Reads what follows `/ping/`. `None` for what can be no job's address.
    pub(crate) fn read(path: &str) -> Option<Self> {
        let path = path.strip_suffix('/').unwrap_or(path);
        let mut parts = path.splitn(4, '/');
        let first = parts.next().filter(|part| !part.is_empty() && part.len() <= KEY_BYTES_MAX)?;
        let (who, signal) = match (uuid(first), parts.next()) {
            (Some(code), signal) => (Who::Code(code), signal),
            (None, Some(slug)) if !slug.is_empty() && slug.len() <= 2 * SLUG_CHARS_MAX => {
                let is_key = first.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
                let who = Who::Slug { key: first.to_owned(), slug: slug.to_owned() };
                (is_key.then_some(who)?, parts.next())
            }
            (None, _) => return None,
        };
        let signal = match parts.next() {
            None => read_signal(signal),
            Some(_) => None,
        };
        Some(Self { who, signal })
    }

    /// Whether its slug is one that a job can have.
    pub(crate) fn has_good_slug(&self) -> bool {
        match &self.who {
            Who::Code(_) => true,
            Who::Slug { slug, .. } => is_slug(slug),
        }
    }
}

fn read_signal(word: Option<&str>) -> Option<Signal> {
    let of = |action| Some(Signal { action, exit: None });
    match word {
        None => of(Action::Success),
        Some("start") => of(Action::Start),
        Some("fail") => of(Action::Fail),
        Some("log") => of(Action::Log),
        Some(digits) if digits.len() <= 8 && digits.bytes().all(|b| b.is_ascii_digit()) => {
            let exit: u8 = digits.parse().ok()?;
            let action = if exit == 0 { Action::Success } else { Action::Fail };
            Some(Signal { action, exit: Some(exit) })
        }
        Some(_) => None,
    }
}

/// A UUID in its usual form of 36 characters, in lower case.
pub(crate) fn uuid(text: &str) -> Option<String> {
    let good = text.len() == 36
        && text.bytes().enumerate().all(|(i, b)| match i {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        });
    good.then(|| text.to_ascii_lowercase())
}

/// A UUID of random bytes, version 4 (RFC 9562, section 5.4).
pub(crate) fn random_uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = hex(&bytes);
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

/// Bytes as lower-case digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Which run of a job a ping belongs to: the `rid` of healthchecks, a UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct RunId(u128);

impl RunId {
    /// Reads a UUID with its hyphens.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let digits: String = uuid(text)?.chars().filter(|c| *c != '-').collect();
        u128::from_str_radix(&digits, 16).ok().map(Self)
    }
}

impl TryFrom<String> for RunId {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::read(&text).ok_or("this is no UUID")
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = format!("{:032x}", self.0);
        let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
        write!(f, "{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
    }
}

/// What the query of a ping asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Asked {
    /// Which run.
    pub(crate) run: Option<RunId>,
    /// Whether its `rid` is there and no UUID.
    pub(crate) bad_run: bool,
    /// Whether a job that is missing is to be made.
    pub(crate) create: bool,
}

impl Asked {
    /// Reads a query. Of what comes twice the last counts.
    pub(crate) fn read(query: &str) -> Self {
        let mut asked = Self::default();
        for (name, value) in pairs(query) {
            match name.as_str() {
                "rid" => {
                    asked.run = RunId::read(&value);
                    asked.bad_run = asked.run.is_none();
                }
                "create" => asked.create = value == "1",
                _ => {}
            }
        }
        asked
    }
}

/// A push as Uptime Kuma understands it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Push {
    /// Whether it is not up: anything but `up`.
    pub(crate) down: bool,
    /// What it says.
    pub(crate) message: Option<String>,
    /// How long it took, in milliseconds.
    pub(crate) took_ms: Option<u32>,
}

impl Push {
    /// Reads a query.
    ///
    /// # Errors
    /// Kuma's words for a `ping` that is no time.
    pub(crate) fn read(query: &str) -> Result<Self, String> {
        let mut push = Self::default();
        for (name, value) in pairs(query) {
            match name.as_str() {
                "status" => push.down = !value.is_empty() && value != "up",
                "msg" if !value.is_empty() => {
                    push.message = Some(value.chars().take(MESSAGE_CHARS_MAX).collect());
                }
                "ping" if !value.is_empty() => push.took_ms = Some(read_took(&value)?),
                _ => {}
            }
        }
        Ok(push)
    }
}

fn read_took(text: &str) -> Result<u32, String> {
    let shown: String = text.chars().take(40).collect();
    let number: f64 = text.trim().parse().unwrap_or(f64::NAN);
    if !number.is_finite() {
        return Err(format!("Invalid ping value: '{shown}' is not a valid number"));
    }
    if number < 0.0 {
        return Err(format!("Invalid ping value: {number}ms cannot be negative"));
    }
    if number > KUMA_MS_MAX {
        return Err(format!("Ping value {number}ms exceeds maximum allowed (86400000ms = 24 hours)."));
    }
    Ok(number as u32)
}

/// The pairs of a query, decoded.
fn pairs(query: &str) -> impl Iterator<Item = (String, String)> {
    let end = (0..=query.len().min(QUERY_BYTES_MAX)).rev().find(|end| query.is_char_boundary(*end));
    let query = query.get(..end.unwrap_or(0)).unwrap_or_default();
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    query.split('&').filter(|pair| !pair.is_empty()).map(move |pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CODE: &str = "5bf66975-d4c7-4bf5-bcc8-b8d8a82ea278";

    fn signal(action: Action, exit: Option<u8>) -> Option<Signal> {
        Some(Signal { action, exit })
    }

    #[test]
    fn a_code_may_be_followed_by_what_happened() {
        for (rest, expected) in [
            ("", signal(Action::Success, None)),
            ("/", signal(Action::Success, None)),
            ("/start", signal(Action::Start, None)),
            ("/fail", signal(Action::Fail, None)),
            ("/log", signal(Action::Log, None)),
            ("/0", signal(Action::Success, Some(0))),
            ("/007", signal(Action::Fail, Some(7))),
            ("/255", signal(Action::Fail, Some(255))),
            ("/256", None),
            ("/-1", None),
            ("/stop", None),
            ("/start/1", None),
            ("/1/2/3/4", None),
        ] {
            let address = Address::read(&format!("{CODE}{rest}")).unwrap();
            assert_eq!(address, Address { who: Who::Code(CODE.to_owned()), signal: expected }, "{rest}");
        }
        let upper = Address::read(&CODE.to_uppercase()).unwrap();
        assert_eq!(upper.who, Who::Code(CODE.to_owned()));
    }

    #[test]
    fn a_slug_stands_after_the_key() {
        let address = Address::read("my-Key_1/backup_nas/fail").unwrap();
        assert_eq!(address.who, Who::Slug { key: "my-Key_1".into(), slug: "backup_nas".into() });
        assert_eq!(address.signal, signal(Action::Fail, None));
        assert!(address.has_good_slug());
        assert!(!Address::read("key/NoCaps").unwrap().has_good_slug());
        for nothing in ["", "/", "key", "key/", "ke%79/slug", "k.ey/slug", "//x"] {
            assert_eq!(Address::read(nothing), None, "{nothing}");
        }
        assert_eq!(Address::read(&format!("{}/x", "k".repeat(101))), None);
        assert_eq!(Address::read(&format!("k/{}", "x".repeat(1000))), None);
    }

    #[test]
    fn the_query_names_the_run() {
        assert_eq!(Asked::read(""), Asked::default());
        let asked = Asked::read(&format!("a=b&rid={CODE}&create=1"));
        assert_eq!((asked.run, asked.create), (RunId::read(CODE), true));
        assert_eq!(asked.run.unwrap().to_string(), CODE);
        assert_eq!(Asked::read("create=true"), Asked::default());
        for wrong in ["rid=", "rid=1", "rid=5bf66975d4c74bf5bcc8b8d8a82ea278", "rid=%zz"] {
            assert!(Asked::read(wrong).bad_run, "{wrong}");
        }
    }

    #[test]
    fn kuma_pushes_are_read_as_kuma_does() {
        assert_eq!(Push::read(""), Ok(Push::default()));
        assert_eq!(
            Push::read("status=down&msg=No+disk%21&ping=12.7"),
            Ok(Push { down: true, message: Some("No disk!".into()), took_ms: Some(12) })
        );
        assert_eq!(Push::read("status=&msg=&ping="), Ok(Push::default()));
        for (query, said) in [
            ("ping=soon", "Invalid ping value: 'soon' is not a valid number"),
            ("ping=-1", "Invalid ping value: -1ms cannot be negative"),
            ("ping=86400001", "Ping value 86400001ms exceeds maximum allowed (86400000ms = 24 hours)."),
            ("ping=NaN", "Invalid ping value: 'NaN' is not a valid number"),
        ] {
            assert_eq!(Push::read(query).unwrap_err(), said);
        }
    }

    #[test]
    fn a_random_code_is_a_uuid() {
        let code = random_uuid([0xff; 16]);
        assert_eq!(code, "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(uuid(&code), Some(code));
    }

    proptest! {
        #[test]
        fn no_address_makes_it_panic(path in ".{0,300}", query in ".{0,300}") {
            let _ = Address::read(&path);
            let _ = Asked::read(&query);
            let _ = Push::read(&query);
        }

        #[test]
        fn run_ids_survive_their_text(id: u128) {
            prop_assert_eq!(RunId::read(&RunId(id).to_string()), Some(RunId(id)));
        }
    }
}
