//! Doors to what reads strangers' bytes, for the targets in `fuzz/`: bytes in, and a panic where a promise is broken.

use http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;

use crate::channel::Way;
use crate::exchange::{Http, Seen};
use crate::{Channel, Note, Severity, State};

/// Longest sentence of an error, in characters: an answer of 500 and some words of ours.
const SENTENCE_MAX: usize = 1000;

/// Where all of them go.
const HOSTS: [&str; 3] = ["a.example", "api.telegram.org", "api.pushover.net"];

/// A channel of every kind that can edit, and of the others one.
const CHANNELS: [(&str, &[(&str, &str)]); 12] = [
    ("ntfy", &[("server", "https://a.example"), ("topic", "t"), ("token", "tk_secret")]),
    ("telegram", &[("token", "1:secret"), ("chat", "-1")]),
    ("signal", &[("server", "https://a.example"), ("number", "+4915111111"), ("recipients", "group.a")]),
    ("matrix", &[("server", "https://a.example"), ("token", "syt_secret"), ("room", "!r:a")]),
    ("discord", &[("url", "https://a.example/api/webhooks/1/secret")]),
    ("slack", &[("token", "xoxb-secret"), ("channel", "C1"), ("server", "https://a.example")]),
    ("mattermost", &[("server", "https://a.example"), ("token", "secret"), ("channel", "c")]),
    ("gotify", &[("server", "https://a.example"), ("token", "secret")]),
    (
        "pushover",
        &[
            ("token", "abcdefghijklmnopqrstuvwxyz0123"),
            ("user", "abcdefghijklmnopqrstuvwxyz0123"),
            ("emergency", "true"),
        ],
    ),
    ("home_assistant", &[("server", "https://a.example"), ("token", "secret"), ("service", "all")]),
    ("apprise_api", &[("server", "https://a.example"), ("key", "k")]),
    ("webhook", &[("url", "https://a.example/"), ("secret", "secret")]),
];

fn channels() -> impl Iterator<Item = Channel> {
    CHANNELS.iter().map(|(kind, pairs)| {
        let values = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        match Channel::from_fields(kind, &values) {
            Ok(channel) => channel,
            Err(wrong) => panic!("a channel of the target: {wrong:?}"),
        }
    })
}

/// A note with these texts and a reference to a message before it are sent over every channel, and
/// each answers with this.
pub fn exchange(title: &str, body: &str, link: &str, previous: &str, status: u16, answer: &[u8]) {
    let note = Note {
        title: title.to_owned(),
        body: body.to_owned(),
        severity: Severity::Critical,
        state: State::Resolved,
        link: Some(link.to_owned()),
        links: vec![(title.to_owned(), link.to_owned())],
        thread: Some(title.to_owned()),
        tags: vec![title.to_owned()],
        at: Timestamp::UNIX_EPOCH,
        dedupe: body.to_owned(),
    };
    let mut headers = HeaderMap::new();
    headers.extend(HeaderValue::from_bytes(link.as_bytes()).ok().map(|value| (header::RETRY_AFTER, value)));
    for channel in channels() {
        match channel.way() {
            Way::Http(service) => {
                over_http(
                    service,
                    &note.bounded(),
                    previous,
                    &Seen { status, headers: &headers, body: answer },
                );
            }
            // What these read has targets of its own, in the libraries which read it.
            Way::Mail(_) | Way::Mqtt(_) | Way::AppriseCommand(_) => {}
        }
    }
}

fn over_http(service: &dyn Http, note: &Note, previous: &str, seen: &Seen<'_>) {
    let Ok(steps) = service.steps(note, Some(previous)) else { panic!("a note which cannot be sent") };
    for step in steps {
        let request = &step.request;
        assert!(HOSTS.contains(&request.url.host()), "{} is nobody's", request.url.host());
        assert!(request.body_is_private && !request.body.is_empty(), "an impostor would get it");
        assert!(request.body.len() <= http_probe::MAX_BODY, "{} bytes", request.body.len());
        let text = match service.judge(&step, seen) {
            Ok(delivered) => {
                let reference = delivered.reference.unwrap_or_default();
                assert!(step.reference.is_some() || !reference.contains(char::is_control), "{reference:?}");
                delivered.answer.to_string()
            }
            Err(error) => error.to_string(),
        };
        let fits = text.chars().count() <= SENTENCE_MAX && !text.contains(char::is_control);
        assert!(fits, "{text:?}");
    }
}
