//! Signal, through <https://github.com/bbernhard/signal-cli-rest-api> (`POST /v2/send`).

use http::header;
use serde_json::json;

use crate::channel::{Service, Way};
use crate::exchange::{Http, Seen, Step, Words, basic, below, post};
use crate::fields::{ANY_CERTIFICATE, Field, Kind, Reader, Writer, Wrong};
use crate::note::Note;
use crate::outcome::{Delivered, DeliveryError};
use crate::secret::Secret;
use crate::text::cut;

/// Longest text in characters; a longer one would become an attachment.
const TEXT_MAX: usize = 2000;
/// Most recipients of one channel.
const RECIPIENTS_MAX: usize = 20;

const WORDS: Words = Words {
    name: "The Signal service",
    login: "Check the user name and password of what stands before it.",
    place: "Check that the address is that of signal-cli-rest-api.",
    at_home: true,
};

/// People and groups of Signal. Each note is a message of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal {
    /// Address of signal-cli-rest-api.
    pub server: String,
    /// The number which sends, as registered there: `+49…`.
    pub number: String,
    /// Numbers, user names (`u:name.01`) and groups (`group.…`).
    pub recipients: Vec<String>,
    /// The name with which a proxy before the service lets in.
    pub user: Option<String>,
    /// The password of `user`.
    pub password: Option<Secret>,
    /// Whether private things go to a server whose certificate is not trusted.
    pub accept_any_certificate: bool,
}

impl Service for Signal {
    const KIND: Kind = Kind {
        id: "signal",
        title: "Signal",
        help: "Run signal-cli-rest-api (github.com/bbernhard/signal-cli-rest-api) in your network and register or link a number there.",
        fields: &[
            Field::address("server", "Server").example("http://signal.lan:8080").required(),
            Field::line("number", "Number that sends").example("+4915112345678").required(),
            Field::text("recipients", "Recipients")
                .help("One on a line: numbers, user names (u:name.01) or groups (group.…).")
                .example("+4915187654321")
                .required(),
            Field::line("user", "User name").help("Where a proxy before it wants a login."),
            Field::line("password", "Password").secret(),
            ANY_CERTIFICATE,
        ],
    };

    fn read(values: &Reader<'_>) -> Self {
        Self {
            server: values.text("server"),
            number: values.text("number").replace([' ', '-'], ""),
            recipients: values.list("recipients"),
            user: values.optional("user"),
            password: values.optional_secret("password"),
            accept_any_certificate: values.tick("accept_any_certificate"),
        }
    }

    fn write(&self, out: &mut Writer) {
        out.text("server", &self.server)
            .text("number", &self.number)
            .text("recipients", &self.recipients.join("\n"))
            .optional("user", self.user.as_ref())
            .optional_secret("password", self.password.as_ref())
            .tick("accept_any_certificate", self.accept_any_certificate);
    }

    fn wrong(&self) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        if !is_number(&self.number) {
            wrong.push(("number", "A number begins with “+” and the code of the country.".to_owned()));
        }
        if self.recipients.len() > RECIPIENTS_MAX {
            wrong.push((
                "recipients",
                format!("There are more than {RECIPIENTS_MAX} recipients; use a group."),
            ));
        }
        let known = |to: &&String| is_number(to) || to.starts_with("group.") || to.starts_with("u:");
        if let Some(other) = self.recipients.iter().find(|to| !known(to)) {
            wrong.push((
                "recipients",
                format!(
                    "“{}” is neither a number (+49…), a user name (u:…) nor a group (group.…).",
                    cut(other, 40)
                ),
            ));
        }
        if self.user.is_some() != self.password.is_some() {
            wrong.push(("user", "A user name and a password belong together.".to_owned()));
        }
        wrong.into_iter().map(|(field, sentence)| (field.to_owned(), sentence)).collect()
    }

    fn way(&self) -> Way<'_> {
        Way::Http(self)
    }

    fn place(&self) -> String {
        format!("{} over Signal", self.recipients.join(", "))
    }
}

fn is_number(text: &str) -> bool {
    text.strip_prefix('+')
        .is_some_and(|digits| digits.len() >= 5 && digits.bytes().all(|b| b.is_ascii_digit()))
}

fn text(note: &Note) -> String {
    let links: String = note.all_links().map(|(label, url)| format!("\n{label}: {url}")).collect();
    let head = format!("{} {}\n", note.sign(), note.title);
    let room = TEXT_MAX.saturating_sub(head.chars().count());
    let links = if links.chars().count() < room / 2 { links } else { String::new() };
    let body = cut(&note.body, room - links.chars().count());
    format!("{head}{body}{links}").trim().to_owned()
}

impl Http for Signal {
    fn steps(&self, note: &Note, _: Option<&str>) -> Result<Vec<Step>, DeliveryError> {
        let body = json!({
            "number": self.number,
            "recipients": self.recipients,
            "message": text(note),
            "text_mode": "normal",
        });
        let mut request = post(below(&self.server, &["v2", "send"])?, &body);
        if let (Some(user), Some(password)) = (&self.user, &self.password) {
            request.headers.push((header::AUTHORIZATION, basic(user, password.reveal())?));
        }
        Ok(vec![Step::send(request)])
    }

    fn judge(&self, step: &Step, seen: &Seen<'_>) -> Result<Delivered, DeliveryError> {
        let json = seen.json();
        // It says 400 to everything that signal-cli could not do, also when Signal cannot be reached.
        if let Some(error) = json["error"].as_str().filter(|_| seen.status == 400) {
            return Err(refused(error, seen));
        }
        WORDS.judge(seen)?;
        match json.get("timestamp").filter(|at| at.is_string() || at.is_number()) {
            Some(_) => Ok(step.delivered(seen, None)),
            None => Err(WORDS.foreign(seen)),
        }
    }

    fn accepts_any_certificate(&self) -> bool {
        self.accept_any_certificate
    }
}

fn refused(error: &str, seen: &Seen<'_>) -> DeliveryError {
    const FINAL: [&str; 6] =
        ["not registered", "unregistered", "invalid", "couldn't process", "not a group member", "untrusted"];
    let (answer, error) = (seen.answer(), error.to_lowercase());
    if FINAL.iter().any(|words| error.contains(words)) {
        return DeliveryError::wrong(
            format!("Signal refused the message ({answer}). Check the number that sends and the recipients."),
            answer,
        );
    }
    DeliveryError::later(
        format!("Signal could not send the message now ({answer})."),
        answer,
        seen.retry_after(),
    )
}
