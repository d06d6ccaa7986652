//! Any program which takes a request over HTTP.

use go_template::{Environment, Template, TemplateError};
use http::{HeaderName, HeaderValue, header};
use http_probe::{Method, Url};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use ring::hmac;
use serde::de::IgnoredAny;
use serde_json::Value;

use crate::channel::{Service, Way};
use crate::exchange::{Http, Seen, Step, Words, address, header_value, hex, private_value, request};
use crate::fields::{ANY_CERTIFICATE, Field, Kind, Reader, Writer, Wrong};
use crate::note::{Note, Severity, State};
use crate::outcome::{Delivered, DeliveryError};
use crate::secret::Secret;

/// Longest body in bytes, as far as the client goes.
const BODY_MAX: usize = http_probe::MAX_BODY;
/// Most headers of one's own.
const HEADERS_MAX: usize = 20;
const JSON: &str = "application/json";
/// The signature, as GitHub's and others' receivers know it: `sha256=` and the HMAC of the body in
/// hexadecimal.
const SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature-256");
/// The key of the delivery: the same again is the same message.
const DELIVERY: HeaderName = HeaderName::from_static("x-delivery");

const WORDS: Words = Words {
    name: "The webhook",
    login: "Check the headers and the secret that it expects.",
    place: "Check the address.",
    at_home: true,
};

/// Any program which takes a request over HTTP.
///
/// The address may hold a secret, so it is treated as one, and so are the headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Where to send to.
    pub url: Secret,
    /// `POST`, `PUT` or `PATCH`.
    pub method: String,
    /// Headers of one's own, one on a line: `Name: value`.
    pub headers: Secret,
    /// The type of the body; blank for JSON.
    pub content_type: Option<String>,
    /// The body as a template; blank for the whole note as JSON.
    pub body: Option<String>,
    /// With which the body is signed (HMAC with SHA-256, in `X-Hub-Signature-256`).
    pub secret: Option<Secret>,
    /// Whether private things go to a server whose certificate is not trusted.
    pub accept_any_certificate: bool,
}

impl Service for Webhook {
    const KIND: Kind = Kind {
        id: "webhook",
        title: "Webhook",
        help: "Any program that takes a request over HTTP: Node-RED, n8n, a script of your own.",
        fields: &[
            Field::address("url", "Address").help("It is not shown again, since such an address often is a secret.").example("https://nodered.example/hooks/house").secret().required(),
            Field::choice("method", "Method", &[("POST", "POST"), ("PUT", "PUT"), ("PATCH", "PATCH")]),
            Field::text("headers", "Headers").help("One on a line. They are not shown again.").example("X-Api-Key: …").secret(),
            Field::text("body", "Body").help("A template in the language of Go's text/template; left blank, everything is sent as JSON. Fields: .title .body .text .severity .state .link .links .thread .tags .at .dedupe").example("{\"text\": {{ .title | toJSON }}}"),
            Field::line("content_type", "Content type").help("Of a body of your own.").example("application/json"),
            Field::line("secret", "Secret").help("Signs the body: X-Hub-Signature-256 holds “sha256=” and its HMAC.").secret(),
            ANY_CERTIFICATE,
        ],
    };

    fn read(values: &Reader<'_>) -> Self {
        Self {
            url: values.secret("url"),
            method: values.text_or("method", "POST"),
            headers: values.secret("headers"),
            content_type: values.optional("content_type"),
            body: values.optional("body"),
            secret: values.optional_secret("secret"),
            accept_any_certificate: values.tick("accept_any_certificate"),
        }
    }

    fn write(&self, out: &mut Writer) {
        out.secret("url", &self.url)
            .text("method", &self.method)
            .secret("headers", &self.headers)
            .optional("content_type", self.content_type.as_ref())
            .optional("body", self.body.as_ref())
            .optional_secret("secret", self.secret.as_ref())
            .tick("accept_any_certificate", self.accept_any_certificate);
    }

    fn wrong(&self) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        if let Err(sentence) = headers(self.headers.reveal()) {
            wrong.push(("headers".to_owned(), sentence));
        }
        if self.content_type.as_deref().is_some_and(|text| HeaderValue::from_str(text).is_err()) {
            wrong.push(("content_type".to_owned(), "This is no content type.".to_owned()));
        }
        if let Some(sentence) = self.wrong_body() {
            wrong.push(("body".to_owned(), sentence));
        }
        wrong
    }

    fn way(&self) -> Way<'_> {
        Way::Http(self)
    }

    fn place(&self) -> String {
        let host = Url::parse(self.url.reveal()).map(|url| url.authority());
        format!("the webhook at {}", host.unwrap_or_else(|_| "an address that cannot be asked".to_owned()))
    }
}

impl Webhook {
    /// What is sent of a note.
    fn body(&self, note: &Note) -> Result<Vec<u8>, String> {
        let Some(source) = &self.body else { return Ok(whole(note).into_bytes()) };
        let wrong = |error: &TemplateError| format!("The body cannot be written. {error}");
        let template = Template::parse(source).map_err(|error| wrong(&error))?;
        // Dates are those of the note, so that the same note is always the same request.
        let mut environment = Environment::new(note.at, TimeZone::UTC);
        environment.limits.output = BODY_MAX;
        Ok(template.render(&data(note), &environment).map_err(|error| wrong(&error))?.into_bytes())
    }

    fn content_type(&self) -> &str {
        self.content_type.as_deref().filter(|_| self.body.is_some()).unwrap_or(JSON)
    }

    /// What is wrong with the body, found out by writing it: first for a plain note, then for one
    /// which has everything that JSON escapes.
    fn wrong_body(&self) -> Option<String> {
        let [plain, quoted] = ["trial", "\"trial\" \\\nof it"].map(trial);
        let body = match self.body(&plain) {
            Ok(body) => body,
            Err(sentence) => return Some(sentence),
        };
        if body.trim_ascii().is_empty() {
            return Some("The body is empty once it is written.".to_owned());
        }
        if !is_json(self.content_type()) {
            return None;
        }
        if let Err(error) = serde_json::from_slice::<IgnoredAny>(&body) {
            return Some(format!(
                "Once it is written, the body is no JSON: {error}. Mend it, or enter another content type."
            ));
        }
        let quoted = self.body(&quoted).ok()?;
        serde_json::from_slice::<IgnoredAny>(&quoted).err().map(|_| {
            "With a quotation mark or a line break in the title or text, the body is no JSON any more. Write {{ .title | toJSON }} in place of \"{{ .title }}\".".to_owned()
        })
    }
}

/// A note as it may come.
fn trial(text: &str) -> Note {
    Note {
        title: text.to_owned(),
        body: text.to_owned(),
        severity: Severity::Warning,
        state: State::Test,
        link: Some("https://house.example/".to_owned()),
        links: vec![(text.to_owned(), "https://house.example/more".to_owned())],
        thread: Some("trial".to_owned()),
        tags: vec![text.to_owned()],
        at: Timestamp::UNIX_EPOCH,
        dedupe: "trial".to_owned(),
    }
}

fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == JSON || kind.ends_with("+json")
}

/// The note for people's own programs, with title and body in one as many of them show it.
fn data(note: &Note) -> Value {
    let mut value = serde_json::to_value(note).unwrap_or_default();
    value["text"] = format!("{}\n{}", note.title, note.body).trim_end().into();
    value
}

/// All of it as JSON; without what is in it twice if that is too large.
pub(crate) fn whole(note: &Note) -> String {
    let mut data = data(note);
    let all = data.to_string();
    if all.len() <= BODY_MAX {
        return all;
    }
    if let Value::Object(fields) = &mut data {
        fields.remove("text");
    }
    data.to_string()
}

/// Headers out of lines `Name: value`.
fn headers(lines: &str) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
    let lines: Vec<&str> = lines.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.len() > HEADERS_MAX {
        return Err(format!("There are more than {HEADERS_MAX} headers."));
    }
    let header = |(number, line): (usize, &&str)| {
        let wrong = |what: &str| format!("Header {} {what}.", number + 1);
        let (name, value) = line.split_once(':').ok_or_else(|| wrong("has no colon"))?;
        let name = HeaderName::from_bytes(name.trim().as_bytes())
            .map_err(|_| wrong("has a name that no header can have"))?;
        let value =
            private_value(value.trim(), "It").map_err(|_| wrong("has a value that no header can have"))?;
        Ok((name, value))
    };
    lines.iter().enumerate().map(header).collect()
}

impl Http for Webhook {
    fn steps(&self, note: &Note, _: Option<&str>) -> Result<Vec<Step>, DeliveryError> {
        let body = self.body(note).map_err(DeliveryError::unsendable)?;
        if body.is_empty() || body.len() > BODY_MAX {
            return Err(DeliveryError::unsendable(format!(
                "The body is empty, or larger than {BODY_MAX} bytes."
            )));
        }
        let method = Method::from_bytes(self.method.as_bytes())
            .map_err(|_| DeliveryError::unsendable("The method of the webhook is none."))?;
        let mut asked = request(method, address(self.url.reveal())?, JSON, body);
        let kind = header_value(self.content_type(), "The content type")?;
        asked.headers.retain(|(name, _)| name != header::CONTENT_TYPE);
        asked.headers.push((header::CONTENT_TYPE, kind));
        asked.headers.push((DELIVERY, header_value(&note.dedupe, "The key of the delivery")?));
        if let Some(secret) = &self.secret {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes());
            let signature = format!("sha256={}", hex(hmac::sign(&key, &asked.body).as_ref()));
            asked.headers.push((SIGNATURE, private_value(&signature, "The signature")?));
        }
        let own = headers(self.headers.reveal()).map_err(DeliveryError::unsendable)?;
        asked.headers.retain(|(name, _)| !own.iter().any(|(other, _)| other == name));
        asked.headers.extend(own);
        Ok(vec![Step::send(asked)])
    }

    fn judge(&self, step: &Step, seen: &Seen<'_>) -> Result<Delivered, DeliveryError> {
        WORDS.judge(seen)?;
        Ok(step.delivered(seen, None))
    }

    fn accepts_any_certificate(&self) -> bool {
        self.accept_any_certificate
    }
}
