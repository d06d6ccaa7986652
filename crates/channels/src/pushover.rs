//! Pushover: <https://pushover.net/api> and <https://pushover.net/api/receipts>.

use std::time::Duration;

use http_probe::{Method, Request, Url};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::channel::{Service, Way};
use crate::exchange::{Http, Role, Seen, Step, Words, below, request, safe_key};
use crate::fields::{Field, Kind, Reader, Writer, Wrong};
use crate::note::{Note, Severity, State};
use crate::outcome::{Delivered, DeliveryError};
use crate::secret::Secret;
use crate::text::{clean_line, cut};

/// Longest title in characters.
const TITLE_MAX: usize = 250;
/// Longest message in characters.
const MESSAGE_MAX: usize = 1024;
/// Longest supplementary URL and its title in characters.
const URL_MAX: usize = 512;
/// How often what needs an answer is repeated and until when, in seconds.
const RETRY: u32 = 60;
const EXPIRE: u32 = 3600;
const SERVER: &str = "https://api.pushover.net";
/// What remains of a month's messages comes back with the next; an hour is a fair time to look again.
const QUOTA_WAIT: Duration = Duration::from_secs(3600);

const WORDS: Words = Words {
    name: "Pushover",
    login: "Check the token of the application and the user key.",
    place: "Check the address.",
    at_home: false,
};

/// A user or a group of Pushover. Each note is a message of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushover {
    /// The API token of an application.
    pub token: Secret,
    /// The key of a user or a group.
    pub user: Secret,
    /// Names of devices; blank for all.
    pub device: Option<String>,
    /// Whether what is critical is repeated until somebody confirms it, or until it is over.
    pub emergency: bool,
    /// How often it is repeated, in seconds: at least 30.
    pub retry: Option<u32>,
    /// Until when it is repeated, in seconds: at most 10,800.
    pub expire: Option<u32>,
    /// The sound of what goes on; blank for the user's own.
    pub sound: Option<String>,
    /// Address of the API.
    pub server: String,
}

impl Service for Pushover {
    const KIND: Kind = Kind {
        id: "pushover",
        title: "Pushover",
        help: "Make an application at pushover.net and enter its token and your user key.",
        fields: &[
            Field::line("token", "Application token").help("30 letters and digits.").secret().required(),
            Field::line("user", "User or group key").help("30 letters and digits.").secret().required(),
            Field::line("device", "Devices").help("Left blank, all of them.").example("phone"),
            Field::tick("emergency", "Repeat what is critical until somebody confirms it")
                .help("It also ends when it is over."),
            Field::number("retry", "Repeat every … seconds", 30, 10_800).example("60"),
            Field::number("expire", "Repeat for … seconds", 30, 10_800).example("3600"),
            Field::line("sound", "Sound")
                .help("Of what goes on; left blank, that of the user.")
                .example("siren"),
            Field::address("server", "Server").help("Only for a relay of your own.").example(SERVER),
        ],
    };

    fn read(values: &Reader<'_>) -> Self {
        Self {
            token: values.secret("token"),
            user: values.secret("user"),
            device: values.optional("device"),
            emergency: values.tick("emergency"),
            retry: values.number("retry"),
            expire: values.number("expire"),
            sound: values.optional("sound"),
            server: values.text_or("server", SERVER),
        }
    }

    fn write(&self, out: &mut Writer) {
        let own = if self.server == SERVER { "" } else { &self.server };
        out.secret("token", &self.token)
            .secret("user", &self.user)
            .optional("device", self.device.as_ref())
            .tick("emergency", self.emergency)
            .optional("retry", self.retry.as_ref())
            .optional("expire", self.expire.as_ref())
            .optional("sound", self.sound.as_ref())
            .text("server", own);
    }

    fn wrong(&self) -> Vec<Wrong> {
        let is_key = |key: &Secret| {
            key.reveal().len() == 30 && key.reveal().bytes().all(|b| b.is_ascii_alphanumeric())
        };
        let keys = [
            ("token", &self.token, "token of an application"),
            ("user", &self.user, "key of a user or group"),
        ];
        let wrong = keys.into_iter().filter(|(_, key, _)| !is_key(key));
        wrong
            .map(|(field, _, what)| (field.to_owned(), format!("The {what} has 30 letters and digits.")))
            .collect()
    }

    fn way(&self) -> Way<'_> {
        Way::Http(self)
    }

    fn place(&self) -> String {
        match &self.device {
            Some(device) => format!("{device} over Pushover"),
            None => "all devices over Pushover".to_owned(),
        }
    }
}

/// Names and values as forms send them.
fn form(values: &[(&str, String)]) -> Vec<u8> {
    let pairs =
        values.iter().map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)));
    pairs.collect::<Vec<_>>().join("&").into_bytes()
}

fn post(url: Url, values: &[(&str, String)]) -> Request {
    request(Method::POST, url, "application/x-www-form-urlencoded", form(values))
}

impl Pushover {
    fn is_emergency(&self, note: &Note) -> bool {
        let goes_on = matches!(note.state, State::Open | State::Changed | State::Reminder);
        self.emergency && goes_on && note.severity == Severity::Critical
    }

    fn message(&self, note: &Note) -> Result<Request, DeliveryError> {
        let body = if note.body.is_empty() { &note.title } else { &note.body };
        let mut values = vec![
            ("token", self.token.reveal().to_owned()),
            ("user", self.user.reveal().to_owned()),
            ("title", cut(&format!("{} {}", note.sign(), note.title), TITLE_MAX)),
            ("message", cut(body, MESSAGE_MAX)),
            ("timestamp", note.at.as_second().to_string()),
            ("priority", if self.is_emergency(note) { 2 } else { priority(note) }.to_string()),
        ];
        if self.is_emergency(note) {
            values.push(("retry", self.retry.unwrap_or(RETRY).to_string()));
            values.push(("expire", self.expire.unwrap_or(EXPIRE).to_string()));
            values.extend(note.thread.as_deref().map(|thread| ("tags", safe_key(thread))));
        }
        if let Some(link) = note.link.as_ref().filter(|link| link.chars().count() <= URL_MAX) {
            values.extend([("url", link.clone()), ("url_title", "Open".to_owned())]);
        }
        values.extend(self.device.clone().map(|device| ("device", device)));
        let alarms = !matches!(note.state, State::Resolved | State::Digest);
        values.extend(self.sound.clone().filter(|_| alarms).map(|sound| ("sound", sound)));
        Ok(post(below(&self.server, &["1", "messages.json"])?, &values))
    }

    /// Ends the repetition of what was told of a thread.
    fn cancel(&self, thread: &str) -> Result<Request, DeliveryError> {
        let tag = format!("{}.json", safe_key(thread));
        let url = below(&self.server, &["1", "receipts", "cancel_by_tag", &tag])?;
        Ok(post(url, &[("token", self.token.reveal().to_owned())]))
    }
}

impl Http for Pushover {
    fn steps(&self, note: &Note, _: Option<&str>) -> Result<Vec<Step>, DeliveryError> {
        let mut steps = Vec::new();
        if let Some(thread) = note.thread.as_deref().filter(|_| self.emergency && note.state != State::Open) {
            steps.push(Step::aside(self.cancel(thread)?));
        }
        steps.push(Step::send(self.message(note)?));
        Ok(steps)
    }

    fn judge(&self, step: &Step, seen: &Seen<'_>) -> Result<Delivered, DeliveryError> {
        let json = seen.json();
        let errors = json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        let errors: Vec<&str> = errors.iter().filter_map(Value::as_str).collect();
        if (400..429).contains(&seen.status) && !errors.is_empty() {
            let said = cut(&clean_line(&errors.join("; ")), 200);
            return Err(DeliveryError::wrong(
                format!("Pushover refused the message: {said}."),
                seen.answer(),
            ));
        }
        WORDS.judge_with(
            seen,
            Some(seen.retry_after().unwrap_or(QUOTA_WAIT)).filter(|_| seen.status == 429),
        )?;
        if json["status"].as_u64() == Some(1) || step.role == Role::Aside {
            return Ok(step.delivered(seen, None));
        }
        Err(WORDS.foreign(seen))
    }
}

fn priority(note: &Note) -> i8 {
    match (note.state, note.severity) {
        (State::Digest, _) => -1,
        (State::Resolved | State::Test, _) | (_, Severity::Info | Severity::Warning) => 0,
        (_, Severity::Critical) => 1,
    }
}
