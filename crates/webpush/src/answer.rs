//! What the answer of a push service means (RFC 8030).

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, header};
use tls_probe::words::{cut, readable, spoken};

/// The longest wait that a service may ask for. A longer one is shortened: it would be a day of silence.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);

/// How much of what a service says is told on, in characters.
const WORDS: usize = 200;

/// What is to become of a message that was not taken, and of the subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The browser has ended the subscription: forget it (RFC 8030, section 7.3).
    Gone,
    /// The message is too long for this service (RFC 8030, section 7.2); shorter ones may pass.
    TooLarge,
    /// Not now. The service may have said for how long.
    Later(Option<Duration>),
    /// Not so: trying the same again does not help.
    Refused,
}

/// A message that was not taken. `Display` is one plain sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What is to be done.
    pub fate: Fate,
    /// The status of the answer, if there was one.
    pub status: Option<u16>,
    /// What happened, in one sentence for the owner of a homelab.
    pub sentence: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for Failure {}

impl Failure {
    /// A message that never got an answer.
    pub(crate) fn unsent(fate: Fate, sentence: impl Into<String>) -> Self {
        Self { fate, status: None, sentence: sentence.into() }
    }
}

/// What the push service `host` means with its answer at `now`, in seconds since 1970.
///
/// # Errors
///
/// [`Failure`] for every answer but success (2xx).
pub fn judge(host: &str, status: u16, headers: &HeaderMap, body: &[u8], now: i64) -> Result<(), Failure> {
    let (fate, what) = match status {
        200..=299 => return Ok(()),
        404 | 410 => (Fate::Gone, "says that this browser no longer wants messages".to_owned()),
        413 => (Fate::TooLarge, "says that the message is too long".to_owned()),
        429 => {
            let wait = retry_after(headers, now);
            let until = wait.map_or_else(String::new, |wait| format!(" for {}", spoken(wait)));
            (Fate::Later(wait), format!("asks for a pause{until}, as it gets too many messages"))
        }
        401 | 403 => (Fate::Refused, format!("does not accept the key of this sender (status {status})")),
        300..=399 => {
            let to = headers.get(header::LOCATION).map(|to| words(to.as_bytes())).unwrap_or_default();
            let what = format!("points to another address, which is not followed (status {status}, “{to}”)");
            (Fate::Refused, what)
        }
        408 | 425 | 500..=599 => {
            (Fate::Later(retry_after(headers, now)), format!("is out of order (status {status})"))
        }
        _ => (Fate::Refused, format!("does not take the message (status {status})")),
    };
    let said = words(body);
    let said =
        if said.is_empty() || matches!(fate, Fate::Gone) { String::new() } else { format!(": “{said}”") };
    let sentence = format!("The push service {host} {what}{said}.");
    Err(Failure { fate, status: Some(status), sentence })
}

/// The beginning of what a service says, on one line.
fn words(body: &[u8]) -> String {
    let start = body.get(..body.len().min(4 * WORDS)).unwrap_or_default();
    let text = String::from_utf8_lossy(start);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    cut(&readable(line.chars(), WORDS), WORDS)
}

/// For how long a service wants to be left alone: seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: i64) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = match text.parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            u64::try_from(at.as_second().saturating_sub(now)).unwrap_or(0)
        }
    };
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    fn of(status: u16, headers: &[(header::HeaderName, &str)], body: &str) -> Failure {
        let headers =
            headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()));
        judge("push.example", status, &headers.collect(), body.as_bytes(), 784_111_777).unwrap_err()
    }

    #[test]
    fn answers_say_what_to_do() {
        for status in [200, 201, 202, 204] {
            assert_eq!(judge("a", status, &HeaderMap::new(), b"", 0), Ok(()));
        }
        for (status, fate) in [
            (301, Fate::Refused),
            (307, Fate::Refused),
            (400, Fate::Refused),
            (401, Fate::Refused),
            (403, Fate::Refused),
            (404, Fate::Gone),
            (408, Fate::Later(None)),
            (410, Fate::Gone),
            (413, Fate::TooLarge),
            (429, Fate::Later(None)),
            (500, Fate::Later(None)),
            (503, Fate::Later(None)),
            (101, Fate::Refused),
        ] {
            let failure = of(status, &[], "");
            assert_eq!((failure.fate, failure.status), (fate, Some(status)));
        }
    }

    #[test]
    fn answers_are_sentences() {
        for (failure, sentence) in [
            (
                of(410, &[], "unsubscribed"),
                "The push service push.example says that this browser no longer wants messages.",
            ),
            (of(413, &[], ""), "The push service push.example says that the message is too long."),
            (
                of(429, &[(header::RETRY_AFTER, "120")], ""),
                "The push service push.example asks for a pause for 120 seconds, as it gets too many messages.",
            ),
            (
                of(403, &[], "{\"reason\":\"BadJwtToken\"}\n"),
                "The push service push.example does not accept the key of this sender (status 403): “{\"reason\":\"BadJwtToken\"}”.",
            ),
            (
                of(302, &[(header::LOCATION, "http://127.0.0.1/")], ""),
                "The push service push.example points to another address, which is not followed (status 302, “http://127.0.0.1/”).",
            ),
            (of(503, &[], ""), "The push service push.example is out of order (status 503)."),
        ] {
            assert_eq!(failure.to_string(), sentence);
        }
        assert!(of(400, &[], &"x y ".repeat(1000)).sentence.len() < 300);
        assert!(!of(400, &[], "a\u{202e}\0b").sentence.contains(['\u{202e}', '\0']));
    }

    #[test]
    fn a_pause_is_seconds_or_a_date() {
        for (text, wait) in [
            ("5", Some(5)),
            ("0", Some(0)),
            ("Sun, 06 Nov 1994 08:49:47 GMT", Some(10)),
            ("Sun, 06 Nov 1994 08:49:27 GMT", Some(0)),
            ("9999999999", Some(86_400)),
            ("-5", None),
            ("soon", None),
        ] {
            let failure = of(429, &[(header::RETRY_AFTER, text)], "");
            assert_eq!(failure.fate, Fate::Later(wait.map(Duration::from_secs)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_answer_is_judged(status in 0u16..1000, wait: Vec<u8>, body: Vec<u8>) {
            let mut headers = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_bytes(&wait) {
                headers.insert(header::RETRY_AFTER, value.clone());
                headers.insert(header::LOCATION, value);
            }
            if let Err(failure) = judge("push.example", status, &headers, &body, 0) {
                prop_assert!(failure.sentence.ends_with('.') && failure.sentence.chars().count() < 700);
                prop_assert!(!failure.sentence.chars().any(char::is_control));
            }
        }
    }
}
