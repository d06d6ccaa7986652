//! ntfy: <https://docs.ntfy.sh/publish/>. Messages are published as JSON, so that nothing has to fit
//! into headers.

use http::header;
use serde_json::{Value, json};

use crate::channel::{Service, Way};
use crate::exchange::{Http, Seen, Step, Words, basic, bearer, below, post, safe_key};
use crate::fields::{ANY_CERTIFICATE, Field, Kind, Reader, Writer, Wrong};
use crate::note::{Note, Severity, State};
use crate::outcome::{Delivered, DeliveryError};
use crate::secret::Secret;
use crate::text::{cut, cut_bytes};

/// Longest message in bytes; a longer one would become a file.
const MESSAGE_MAX: usize = 4000;
/// Longest title that every client shows, in bytes.
const TITLE_MAX: usize = 250;
/// Most buttons below a message.
const ACTIONS_MAX: usize = 3;

const WORDS: Words = Words {
    name: "ntfy",
    login: "Check the token, or the name and password, and whether they may write to this topic.",
    place: "Check that the address is that of a server of ntfy, without the topic.",
    at_home: true,
};

/// A topic on a server of ntfy.
///
/// All news of a thread carry the same `sequence_id`: since version 2.16 of the server, clients show
/// the newest in place of those before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ntfy {
    /// Address of the server, without a topic.
    pub server: String,
    /// The topic: up to 64 letters, digits, `-` and `_`.
    pub topic: String,
    /// An access token, such as `tk_…`.
    pub token: Option<Secret>,
    /// The name to log in with, where there is no token.
    pub user: Option<String>,
    /// The password of `user`.
    pub password: Option<Secret>,
    /// The priority from 1 to 5 of everything, in place of one which follows from the severity.
    pub priority: Option<u8>,
    /// Whether private things go to a server whose certificate is not trusted.
    pub accept_any_certificate: bool,
}

impl Service for Ntfy {
    const KIND: Kind = Kind {
        id: "ntfy",
        title: "ntfy",
        help: "Another server of ntfy, such as one of your own or ntfy.sh. The push server that is built in needs no channel.",
        fields: &[
            Field::address("server", "Server")
                .help("Its address, without the topic.")
                .example("https://ntfy.example")
                .required(),
            Field::line("topic", "Topic")
                .help("On a public server whoever knows the topic can read it.")
                .example("house")
                .required(),
            Field::line("token", "Access token")
                .help("Where the server wants a login: a token, or a name and a password.")
                .example("tk_…")
                .secret(),
            Field::line("user", "User name"),
            Field::line("password", "Password").secret(),
            Field::number("priority", "Priority", 1, 5).help(
                "Left blank, it follows from how bad things are: 5 when critical, 4 for a warning, else 3.",
            ),
            ANY_CERTIFICATE,
        ],
    };

    fn read(values: &Reader<'_>) -> Self {
        Self {
            server: values.text("server"),
            topic: values.text("topic"),
            token: values.optional_secret("token"),
            user: values.optional("user"),
            password: values.optional_secret("password"),
            priority: values.number("priority"),
            accept_any_certificate: values.tick("accept_any_certificate"),
        }
    }

    fn write(&self, out: &mut Writer) {
        out.text("server", &self.server)
            .text("topic", &self.topic)
            .optional_secret("token", self.token.as_ref())
            .optional("user", self.user.as_ref())
            .optional_secret("password", self.password.as_ref())
            .optional("priority", self.priority.as_ref())
            .tick("accept_any_certificate", self.accept_any_certificate);
    }

    fn wrong(&self) -> Vec<Wrong> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let mut wrong = Vec::new();
        if self.topic.is_empty() || self.topic.len() > 64 || !self.topic.chars().all(fits) {
            wrong.push(("topic", "A topic has 1 to 64 letters, digits, “-” and “_”."));
        }
        if self.password.is_some() && self.user.is_none() {
            wrong.push(("user", "There is a password without a user name."));
        }
        if self.user.is_some() && self.password.is_none() {
            wrong.push(("password", "There is a user name without a password."));
        }
        if self.token.is_some() && self.user.is_some() {
            wrong.push(("token", "Enter either a token, or a name and a password."));
        }
        wrong.into_iter().map(|(field, sentence)| (field.to_owned(), sentence.to_owned())).collect()
    }

    fn way(&self) -> Way<'_> {
        Way::Http(self)
    }

    fn place(&self) -> String {
        format!("the topic “{}” at {}", self.topic, self.server)
    }
}

impl Ntfy {
    fn body(&self, note: &Note) -> Value {
        let mut tags = vec![emoji(note).to_owned()];
        tags.extend(note.tags.iter().map(|tag| tag.replace(',', " ")));
        let mut body = json!({
            "topic": self.topic,
            "title": cut_bytes(&note.title, TITLE_MAX),
            "message": cut_bytes(if note.body.is_empty() { &note.title } else { &note.body }, MESSAGE_MAX),
            "priority": self.priority.unwrap_or(priority(note)),
            "tags": tags,
        });
        if let Some(link) = &note.link {
            body["click"] = link.as_str().into();
        }
        let view =
            |(label, url): (&str, &str)| json!({"action": "view", "label": cut(label, 40), "url": url});
        let actions: Vec<Value> = note.all_links().take(ACTIONS_MAX).map(view).collect();
        if !actions.is_empty() {
            body["actions"] = actions.into();
        }
        if let Some(thread) = &note.thread {
            body["sequence_id"] = safe_key(thread).into();
        }
        body
    }
}

impl Http for Ntfy {
    fn steps(&self, note: &Note, _: Option<&str>) -> Result<Vec<Step>, DeliveryError> {
        let mut request = post(below(&self.server, &[])?, &self.body(note));
        let login = match (&self.token, &self.user, &self.password) {
            (Some(token), _, _) => Some(bearer(token.reveal())?),
            (None, Some(user), Some(password)) => Some(basic(user, password.reveal())?),
            _ => None,
        };
        request.headers.extend(login.map(|login| (header::AUTHORIZATION, login)));
        Ok(vec![Step::send(request)])
    }

    fn judge(&self, step: &Step, seen: &Seen<'_>) -> Result<Delivered, DeliveryError> {
        WORDS.judge(seen)?;
        // What was published comes back with its id.
        match seen.json().get("id").and_then(Value::as_str) {
            Some(id) => Ok(step.delivered(seen, Some(id.to_owned()))),
            None => Err(WORDS.foreign(seen)),
        }
    }

    fn accepts_any_certificate(&self) -> bool {
        self.accept_any_certificate
    }
}

fn priority(note: &Note) -> u8 {
    match (note.state, note.severity) {
        (State::Resolved | State::Digest | State::Test, _) | (_, Severity::Info) => 3,
        (_, Severity::Warning) => 4,
        (_, Severity::Critical) => 5,
    }
}

/// A tag which clients show as an emoji: <https://docs.ntfy.sh/emojis/>.
fn emoji(note: &Note) -> &'static str {
    match (note.state, note.severity) {
        (State::Resolved, _) => "white_check_mark",
        (State::Digest, _) => "clipboard",
        (State::Test, _) => "bell",
        (_, Severity::Critical) => "rotating_light",
        (_, Severity::Warning) => "warning",
        (_, Severity::Info) => "information_source",
    }
}
