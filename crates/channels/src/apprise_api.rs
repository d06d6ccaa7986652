//! Apprise API: <https://github.com/caronc/apprise-api>, which passes on to over a hundred services.

use http::header;
use http_probe::Url;
use serde_json::{Value, json};

use crate::channel::{Service, Way};
use crate::exchange::{Http, Seen, Step, Words, address, basic, below, post};
use crate::fields::{ANY_CERTIFICATE, Field, Kind, Reader, Writer, Wrong};
use crate::note::{Note, Severity, State};
use crate::outcome::{Delivered, DeliveryError};
use crate::secret::Secret;
use crate::text::cut;

/// Longest message in characters. Apprise cuts it further for each service.
const MESSAGE_MAX: usize = 8000;

const WORDS: Words = Words {
    name: "Apprise",
    login: "Check the user name and password of what stands before it.",
    place: "Check that the address is that of Apprise API, and that there is a configuration under the key.",
    at_home: true,
};

/// A server of Apprise API. Each note is a message of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppriseApi {
    /// Address of the server.
    pub server: String,
    /// The key of a configuration which is kept there.
    pub key: Option<String>,
    /// Of that configuration only what has one of these tags.
    pub tag: Option<String>,
    /// Apprise's URLs, in place of a configuration.
    pub urls: Option<Secret>,
    /// The name with which a proxy before the service lets in.
    pub user: Option<String>,
    /// The password of `user`.
    pub password: Option<Secret>,
    /// Whether private things go to a server whose certificate is not trusted.
    pub accept_any_certificate: bool,
}

impl Service for AppriseApi {
    const KIND: Kind = Kind {
        id: "apprise_api",
        title: "Apprise API",
        help: "A server of Apprise API in your network, which passes on to over a hundred services. Either keep a configuration there and enter its key, or enter Apprise's URLs here.",
        fields: &[
            Field::address("server", "Server").example("http://apprise.lan:8000").required(),
            Field::line("key", "Key").help("Of a configuration that is kept there.").example("apprise"),
            Field::line("tag", "Tags")
                .help("Only what has one of them; left blank, everything of the configuration.")
                .example("family"),
            Field::text("urls", "URLs")
                .help("In place of a key: one on a line. They are not shown again.")
                .example("tgram://…")
                .secret(),
            Field::line("user", "User name").help("Where a proxy before it wants a login."),
            Field::line("password", "Password").secret(),
            ANY_CERTIFICATE,
        ],
    };

    fn read(values: &Reader<'_>) -> Self {
        Self {
            server: values.text("server"),
            key: values.optional("key"),
            tag: values.optional("tag"),
            urls: values.optional_secret("urls"),
            user: values.optional("user"),
            password: values.optional_secret("password"),
            accept_any_certificate: values.tick("accept_any_certificate"),
        }
    }

    fn write(&self, out: &mut Writer) {
        out.text("server", &self.server)
            .optional("key", self.key.as_ref())
            .optional("tag", self.tag.as_ref())
            .optional_secret("urls", self.urls.as_ref())
            .optional("user", self.user.as_ref())
            .optional_secret("password", self.password.as_ref())
            .tick("accept_any_certificate", self.accept_any_certificate);
    }

    fn wrong(&self) -> Vec<Wrong> {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let mut wrong = Vec::new();
        match (&self.key, &self.urls) {
            (None, None) => wrong.push(("key", "Enter the key of a configuration, or URLs.")),
            (Some(_), Some(_)) => wrong.push(("urls", "Enter either a key or URLs, not both.")),
            (Some(key), None) if key.len() > 128 || !key.chars().all(fits) => {
                wrong.push(("key", "A key has letters, digits, “-” and “_”."));
            }
            _ => {}
        }
        if self.tag.is_some() && self.key.is_none() {
            wrong.push(("tag", "Tags belong to a configuration under a key."));
        }
        if self.user.is_some() != self.password.is_some() {
            wrong.push(("user", "A user name and a password belong together."));
        }
        wrong.into_iter().map(|(field, sentence)| (field.to_owned(), sentence.to_owned())).collect()
    }

    fn way(&self) -> Way<'_> {
        Way::Http(self)
    }

    fn place(&self) -> String {
        let host = Url::parse(&self.server).map(|url| url.authority()).unwrap_or_default();
        match &self.key {
            Some(key) => format!("the configuration {key} of Apprise at {host}"),
            None => format!("URLs of Apprise at {host}"),
        }
    }
}

impl AppriseApi {
    fn body(&self, note: &Note) -> Value {
        let links: String = note.all_links().map(|(label, url)| format!("\n{label}: {url}")).collect();
        let text = format!("{}{links}", cut(&note.body, MESSAGE_MAX));
        let mut body = json!({
            "title": format!("{} {}", note.sign(), note.title),
            "body": if text.trim().is_empty() { &note.title } else { text.trim() },
            "type": kind(note),
            "format": "text",
        });
        if let Some(tag) = &self.tag {
            body["tag"] = tag.as_str().into();
        }
        if let Some(urls) = &self.urls {
            let urls: Vec<&str> = urls.reveal().split_whitespace().collect();
            body["urls"] = urls.join(", ").into();
        }
        body
    }
}

impl Http for AppriseApi {
    fn steps(&self, note: &Note, _: Option<&str>) -> Result<Vec<Step>, DeliveryError> {
        let path: Vec<&str> = ["notify"].into_iter().chain(self.key.as_deref()).collect();
        // With a slash at the end: without one the server points there.
        let url = address(&format!("{}/", below(&self.server, &path)?))?;
        let mut request = post(url, &self.body(note));
        if let (Some(user), Some(password)) = (&self.user, &self.password) {
            request.headers.push((header::AUTHORIZATION, basic(user, password.reveal())?));
        }
        request.headers.push((header::ACCEPT, header::HeaderValue::from_static("application/json")));
        Ok(vec![Step::send(request)])
    }

    fn judge(&self, step: &Step, seen: &Seen<'_>) -> Result<Delivered, DeliveryError> {
        match seen.status {
            204 => Err(DeliveryError::wrong(
                "Apprise has nothing to send to: there is no configuration under this key, or nothing in it has this tag.",
                seen.answer(),
            )),
            // Some services may have got it, others not.
            424 => Err(DeliveryError::TryAgain {
                sentence: format!(
                    "Apprise took the message, but could not pass it on to every service ({}).",
                    seen.answer()
                ),
                answer: Some(seen.answer()),
                retry_after: None,
                unsure: true,
            }),
            _ => WORDS.judge(seen).map(|()| step.delivered(seen, None)),
        }
    }

    fn accepts_any_certificate(&self) -> bool {
        self.accept_any_certificate
    }
}

fn kind(note: &Note) -> &'static str {
    match (note.state, note.severity) {
        (State::Resolved, _) => "success",
        (_, Severity::Info) => "info",
        (_, Severity::Warning) => "warning",
        (_, Severity::Critical) => "failure",
    }
}
