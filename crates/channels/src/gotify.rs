//! Gotify: <https://gotify.net/docs/pushmsg> and <https://gotify.net/docs/msgextras>.

use http::HeaderName;
use serde_json::{Value, json};

use crate::channel::{Service, Way};
use crate::exchange::{Http, Seen, Step, Words, below, post, private_value};
use crate::fields::{ANY_CERTIFICATE, Field, Kind, Reader, Writer};
use crate::note::{Note, Severity, State};
use crate::outcome::{Delivered, DeliveryError};
use crate::secret::Secret;
use crate::text::cut;

/// Longest message in characters. Gotify has no limit of its own, phones do.
const MESSAGE_MAX: usize = 8000;

const KEY: HeaderName = HeaderName::from_static("x-gotify-key");

const WORDS: Words = Words {
    name: "Gotify",
    login: "Check the token: it is that of an application, not of a client.",
    place: "Check that the address is that of Gotify.",
    at_home: true,
};

/// An application on a server of Gotify. Each note is a message of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gotify {
    /// Address of the server.
    pub server: String,
    /// The token of an application.
    pub token: Secret,
    /// The priority from 0 to 10 of everything, in place of one which follows from the severity.
    pub priority: Option<u8>,
    /// Whether private things go to a server whose certificate is not trusted.
    pub accept_any_certificate: bool,
}

impl Service for Gotify {
    const KIND: Kind = Kind {
        id: "gotify",
        title: "Gotify",
        help: "In Gotify, make an application and copy its token.",
        fields: &[
            Field::address("server", "Server").example("https://gotify.example").required(),
            Field::line("token", "Application token")
                .help("Of an application, not of a client.")
                .example("A…")
                .secret()
                .required(),
            Field::number("priority", "Priority", 0, 10).help(
                "Left blank, it follows from how bad things are: 8 when critical, 2 for a digest, else 5.",
            ),
            ANY_CERTIFICATE,
        ],
    };

    fn read(values: &Reader<'_>) -> Self {
        Self {
            server: values.text("server"),
            token: values.secret("token"),
            priority: values.number("priority"),
            accept_any_certificate: values.tick("accept_any_certificate"),
        }
    }

    fn write(&self, out: &mut Writer) {
        out.text("server", &self.server)
            .secret("token", &self.token)
            .optional("priority", self.priority.as_ref())
            .tick("accept_any_certificate", self.accept_any_certificate);
    }

    fn way(&self) -> Way<'_> {
        Way::Http(self)
    }

    fn place(&self) -> String {
        format!("Gotify at {}", self.server)
    }
}

impl Gotify {
    fn body(&self, note: &Note) -> Value {
        let mut text = note.body.clone();
        for (label, url) in &note.links {
            text.push_str(&format!("\n{label}: {url}"));
        }
        let text = cut(text.trim(), MESSAGE_MAX);
        let mut body = json!({
            "title": format!("{} {}", note.sign(), note.title),
            "message": if text.is_empty() { &note.title } else { &text },
            "priority": self.priority.unwrap_or(priority(note)),
            // Plain, so that nothing in it is taken for markup.
            "extras": {"client::display": {"contentType": "text/plain"}},
        });
        if let Some(link) = &note.link {
            body["extras"]["client::notification"] = json!({"click": {"url": link}});
        }
        body
    }
}

impl Http for Gotify {
    fn steps(&self, note: &Note, _: Option<&str>) -> Result<Vec<Step>, DeliveryError> {
        let mut request = post(below(&self.server, &["message"])?, &self.body(note));
        request.headers.push((KEY, private_value(self.token.reveal(), "The token")?));
        Ok(vec![Step::send(request)])
    }

    fn judge(&self, step: &Step, seen: &Seen<'_>) -> Result<Delivered, DeliveryError> {
        WORDS.judge(seen)?;
        match seen.json().get("id").and_then(Value::as_u64) {
            Some(_) => Ok(step.delivered(seen, None)),
            None => Err(WORDS.foreign(seen)),
        }
    }

    fn accepts_any_certificate(&self) -> bool {
        self.accept_any_certificate
    }
}

/// Clients make a sound from 4 on and pop up from 8 on.
fn priority(note: &Note) -> u8 {
    match (note.state, note.severity) {
        (State::Resolved | State::Test, _) => 5,
        (State::Digest, _) | (_, Severity::Info) => 2,
        (_, Severity::Warning) => 5,
        (_, Severity::Critical) => 8,
    }
}
