//! What is common to all services over HTTP: requests as they are built, answers as they are judged.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http_probe::{Limits, Method, Redirects, Request, Url};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::note::Note;
use crate::outcome::{Answer, Delivered, DeliveryError};

/// What may stand in a segment of a path as it is (RFC 3986, section 2.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// How long one service may take.
pub(crate) const TIME_MAX: Duration = Duration::from_secs(10);
/// How much of an answer is read, in bytes.
const ANSWER_MAX: usize = 64 * 1024;

/// Longest reference that is kept, in bytes.
const REFERENCE_MAX: usize = 600;

const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("Hob/", env!("CARGO_PKG_VERSION"), " (+notification)"));

/// A service that is reached by requests over HTTP.
pub(crate) trait Http: Sync {
    /// What to ask, in this order, to tell `note`; `previous` is the reference of the delivery which
    /// began its thread.
    fn steps(&self, note: &Note, previous: Option<&str>) -> Result<Vec<Step>, DeliveryError>;

    /// What an answer to a step means.
    fn judge(&self, step: &Step, seen: &Seen<'_>) -> Result<Delivered, DeliveryError>;

    /// Whether private things go to a server whose certificate is not trusted.
    fn accepts_any_certificate(&self) -> bool {
        false
    }
}

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It sends a new message.
    Send,
    /// It changes the message which was sent first.
    Edit,
    /// It clears up besides. When it is refused for good, that is no reason not to go on.
    Aside,
}

/// One request on the way to a delivery.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) role: Role,
    pub(crate) request: Request,
    /// The reference which is kept if this step goes well, where the answer tells none.
    pub(crate) reference: Option<String>,
}

impl Step {
    pub(crate) fn send(request: Request) -> Self {
        Self { role: Role::Send, request, reference: None }
    }

    /// Edits what `reference` refers to.
    pub(crate) fn edit(request: Request, reference: &str) -> Self {
        Self { role: Role::Edit, request, reference: Some(reference.to_owned()) }
    }

    /// Clears up besides.
    pub(crate) fn aside(request: Request) -> Self {
        Self { role: Role::Aside, request, reference: None }
    }

    /// The step went well. A reference which is none that any service gives is not kept.
    pub(crate) fn delivered(&self, seen: &Seen<'_>, reference: Option<String>) -> Delivered {
        let reference =
            reference.filter(|text| text.len() <= REFERENCE_MAX && !text.contains(char::is_control));
        Delivered { reference: self.reference.clone().or(reference), answer: seen.answer(), missed: None }
    }
}

/// What came back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) status: u16,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

impl Seen<'_> {
    pub(crate) fn answer(&self) -> Answer {
        Answer::new(self.status, self.body)
    }

    /// The body as JSON; `Null` if it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(self.body).unwrap_or(Value::Null)
    }

    /// How long the server asks to wait (RFC 9110, section 10.2.3). A date is compared with the
    /// server's own, so that clocks need not agree.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let text = |name: HeaderName| self.headers.get(name).and_then(|value| value.to_str().ok());
        let after = text(header::RETRY_AFTER)?.trim();
        if let Ok(seconds) = after.parse::<f64>() {
            return Duration::try_from_secs_f64(seconds).ok();
        }
        let then = http_date(after)?;
        let now = http_date(text(header::DATE)?)?;
        u64::try_from(then.as_second() - now.as_second()).ok().map(Duration::from_secs)
    }
}

/// A date of HTTP (RFC 9110, section 5.6.7), which is one of RFC 5322 in Greenwich's time.
fn http_date(text: &str) -> Option<Timestamp> {
    let text = text.trim().strip_suffix("GMT")?;
    DateTimeParser::new().parse_timestamp(format!("{text}+0000")).ok()
}

/// The words in which a service speaks of its failures.
pub(crate) struct Words {
    /// Its name.
    pub(crate) name: &'static str,
    /// What to check when it does not know who asks: a whole sentence.
    pub(crate) login: &'static str,
    /// What to check when it does not know what is asked for: a whole sentence.
    pub(crate) place: &'static str,
    /// Whether it is a server of the owner's, as a rule behind a proxy of the owner's. Some of those
    /// say 404 in place of a server that restarts.
    pub(crate) at_home: bool,
}

impl Words {
    /// What every answer of HTTP means by its status alone.
    pub(crate) fn judge(&self, seen: &Seen<'_>) -> Result<(), DeliveryError> {
        self.judge_with(seen, seen.retry_after())
    }

    /// As [`judge`](Self::judge), with the time to wait from elsewhere than the headers.
    pub(crate) fn judge_with(
        &self,
        seen: &Seen<'_>,
        retry_after: Option<Duration>,
    ) -> Result<(), DeliveryError> {
        let (name, status, answer) = (self.name, seen.status, seen.answer());
        match status {
            200..300 => Ok(()),
            401 | 403 => Err(DeliveryError::wrong(
                format!("{name} refused the login ({answer}). {}", self.login),
                answer,
            )),
            404 if self.at_home && !seen.json().is_object() => Err(DeliveryError::later(
                format!("{name} is not there now, or somewhere else ({answer}). {}", self.place),
                answer,
                retry_after,
            )),
            404 | 405 | 410 => Err(DeliveryError::wrong(
                format!("{name} does not know this place ({answer}). {}", self.place),
                answer,
            )),
            407 | 511 => Err(DeliveryError::wrong(
                format!("Something before {name} wants a login first ({answer})."),
                answer,
            )),
            413 => {
                Err(DeliveryError::wrong(format!("{name} finds the message too large ({answer})."), answer))
            }
            429 => Err(DeliveryError::later(
                format!("{name} asks to send less often ({answer})."),
                answer,
                retry_after,
            )),
            408 | 425 | 423 | 500..600 => Err(DeliveryError::later(
                format!("{name} has trouble of its own ({answer})."),
                answer,
                retry_after,
            )),
            _ => Err(DeliveryError::wrong(format!("{name} refused the message ({answer})."), answer)),
        }
    }

    /// An answer which is no answer of this service though its status is good: most often the page
    /// of a login or of another program.
    pub(crate) fn foreign(&self, seen: &Seen<'_>) -> DeliveryError {
        let (name, answer) = (self.name, seen.answer());
        DeliveryError::wrong(
            format!("Something answered, but not as {name} does ({answer}). {}", self.place),
            answer,
        )
    }
}

/// The URL of a path below a base address, which may have a path itself.
pub(crate) fn below(base: &str, segments: &[&str]) -> Result<Url, DeliveryError> {
    let mut text = base.trim().trim_end_matches('/').to_owned();
    for segment in segments {
        text.push('/');
        text.extend(utf8_percent_encode(segment, SEGMENT));
    }
    address(&text)
}

/// A URL as it was given.
pub(crate) fn address(text: &str) -> Result<Url, DeliveryError> {
    Url::parse(text).map_err(|why| DeliveryError::unsendable(format!("The address cannot be asked: {why}.")))
}

/// A request which takes a private body to where it says, and follows nothing.
pub(crate) fn request(method: Method, url: Url, content_type: &'static str, body: Vec<u8>) -> Request {
    Request {
        method,
        headers: vec![
            (header::USER_AGENT, USER_AGENT),
            (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        ],
        body: Bytes::from(body),
        body_is_private: true,
        limits: Limits {
            total: TIME_MAX,
            body_bytes: ANSWER_MAX,
            head_bytes: 16 * 1024,
            ..Limits::default()
        },
        redirects: Redirects::No,
        ..Request::get(url)
    }
}

/// A request with a body of JSON.
pub(crate) fn json(method: Method, url: Url, body: &Value) -> Request {
    request(method, url, "application/json", body.to_string().into_bytes())
}

/// A `POST` with a body of JSON.
pub(crate) fn post(url: Url, body: &Value) -> Request {
    json(Method::POST, url, body)
}

/// The value of a header; control characters cannot be in one.
pub(crate) fn header_value(text: &str, what: &str) -> Result<HeaderValue, DeliveryError> {
    HeaderValue::from_str(text)
        .map_err(|_| DeliveryError::unsendable(format!("{what} holds a character which no header can have.")))
}

/// As [`header_value`], for what nobody may see.
pub(crate) fn private_value(text: &str, what: &str) -> Result<HeaderValue, DeliveryError> {
    let mut value = header_value(text, what)?;
    value.set_sensitive(true);
    Ok(value)
}

/// The value of `Authorization` with a token (RFC 6750, section 2.1).
pub(crate) fn bearer(token: &str) -> Result<HeaderValue, DeliveryError> {
    private_value(&format!("Bearer {token}"), "The token")
}

/// The value of `Authorization` with a name and a password (RFC 7617, section 2).
pub(crate) fn basic(user: &str, password: &str) -> Result<HeaderValue, DeliveryError> {
    private_value(&format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))), "The password")
}

/// SHA-256 of a text in hexadecimal: 64 characters.
pub(crate) fn digest(text: &str) -> String {
    hex(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()).as_ref())
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A key which is safe in any place, the same for the same text: the text itself if it has at most
/// 64 characters of which all are letters, digits, `-` and `_`, else its digest.
pub(crate) fn safe_key(text: &str) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if (1..=64).contains(&text.len()) && text.chars().all(fits) { text.to_owned() } else { digest(text) }
}

/// A reference to `id`, which holds only as long as messages go to `place`.
pub(crate) fn reference(id: &str, place: &str) -> String {
    format!("{id} {place}")
}

/// The id in a reference which was made for `place`.
pub(crate) fn referred<'a>(previous: Option<&'a str>, place: &str) -> Option<&'a str> {
    let (id, kept) = previous?.split_once(' ')?;
    (kept == place && !id.is_empty()).then_some(id)
}
