//! Matrix: the client-server API, <https://spec.matrix.org/v1.11/client-server-api/>: sending events
//! (section 10.6.3), replacing them (11.24), rich replies (11.10) and intentional mentions (11.22).

use std::time::Duration;

use http::header;
use http_probe::{Method, Request};
use serde_json::{Value, json};

use crate::channel::{Service, Way};
use crate::exchange::{
    Http, Seen, Step, Words, bearer, below, digest, json as with_json, reference, referred,
};
use crate::fields::{ANY_CERTIFICATE, Field, Kind, Reader, Writer, Wrong};
use crate::note::Note;
use crate::outcome::{Delivered, DeliveryError};
use crate::secret::Secret;
use crate::text::{cut, html};

/// How much is said if there is room, and else: characters of text, and links.
const AMOUNTS: [(usize, usize); 2] = [(3000, usize::MAX), (1000, 1)];
/// An event has at most 65,536 bytes (size limits, section 10.1). One which replaces another
/// holds everything twice.
const EVENT_MAX: usize = 60_000;

const WORDS: Words = Words {
    name: "The home server of Matrix",
    login: "Check the access token, and whether its user is in the room and may write there.",
    place: "Check the address of the home server and the id of the room.",
    at_home: true,
};

/// A room of Matrix. It must not be encrypted: what is sent here is not.
///
/// The first message of a thread is replaced; what should be heard replies to it. Each delivery has
/// its transaction id, so that one which is repeated is not shown twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// Address of the home server.
    pub server: String,
    /// The access token of a user who is in the room.
    pub token: Secret,
    /// The id of the room: `!…:server`.
    pub room: String,
    /// Whether private things go to a server whose certificate is not trusted.
    pub accept_any_certificate: bool,
}

impl Service for Matrix {
    const KIND: Kind = Kind {
        id: "matrix",
        title: "Matrix",
        help: "Make a user for it, invite that user to a room without encryption and let it join; then enter its access token and the room's id.",
        fields: &[
            Field::address("server", "Home server").example("https://matrix.example").required(),
            Field::line("token", "Access token")
                .help("In Element: Settings, Help & About, Advanced.")
                .example("syt_…")
                .secret()
                .required(),
            Field::line("room", "Room")
                .help("Its internal id; in Element: settings of the room, Advanced.")
                .example("!abcdefgh:matrix.example")
                .required(),
            ANY_CERTIFICATE,
        ],
    };

    fn read(values: &Reader<'_>) -> Self {
        Self {
            server: values.text("server"),
            token: values.secret("token"),
            room: values.text("room"),
            accept_any_certificate: values.tick("accept_any_certificate"),
        }
    }

    fn write(&self, out: &mut Writer) {
        out.text("server", &self.server)
            .secret("token", &self.token)
            .text("room", &self.room)
            .tick("accept_any_certificate", self.accept_any_certificate);
    }

    fn wrong(&self) -> Vec<Wrong> {
        let sentence = match self.room.chars().next() {
            Some('!') if self.room.len() > 1 => return Vec::new(),
            Some('#') => "This is a name of a room. Its internal id is needed, which begins with “!”.",
            _ => "The internal id of a room begins with “!”.",
        };
        vec![("room".to_owned(), sentence.to_owned())]
    }

    fn way(&self) -> Way<'_> {
        Way::Http(self)
    }

    fn place(&self) -> String {
        format!("the room {} of Matrix at {}", self.room, self.server)
    }
}

/// The message in both forms, with as much as an event has room for.
fn content(note: &Note) -> Value {
    let [full, short] = AMOUNTS.map(|(text, links)| content_of(note, text, links));
    if full.to_string().len() <= EVENT_MAX / 2 { full } else { short }
}

fn content_of(note: &Note, text_max: usize, links_max: usize) -> Value {
    let body = cut(&note.body, text_max);
    let mut plain = format!("{} {}", note.sign(), note.title);
    let mut rich = format!("{} <strong>{}</strong>", note.sign(), html(&note.title));
    if !body.is_empty() {
        plain.push_str(&format!("\n{body}"));
        rich.push_str(&format!("<br>{}", html(&body).replace('\n', "<br>")));
    }
    for (label, url) in note.all_links().take(links_max) {
        plain.push_str(&format!("\n{label}: {url}"));
        rich.push_str(&format!("<br><a href=\"{}\">{}</a>", html(url), html(label)));
    }
    text(&plain, &rich)
}

/// A text which mentions nobody, whatever it says.
fn text(plain: &str, rich: &str) -> Value {
    json!({
        "msgtype": "m.text",
        "body": plain,
        "format": "org.matrix.custom.html",
        "formatted_body": rich,
        "m.mentions": {},
    })
}

impl Matrix {
    /// One event. The same `key` again is the same event again.
    fn event(&self, key: &str, content: &Value) -> Result<Request, DeliveryError> {
        let path = ["_matrix", "client", "v3", "rooms", &self.room, "send", "m.room.message", key];
        let mut request = with_json(Method::PUT, below(&self.server, &path)?, content);
        request.headers.push((header::AUTHORIZATION, bearer(self.token.reveal())?));
        Ok(request)
    }
}

impl Http for Matrix {
    fn steps(&self, note: &Note, previous: Option<&str>) -> Result<Vec<Step>, DeliveryError> {
        let key = |step: &str| digest(&format!("{step} {} {}", note.dedupe, self.room));
        let new = content(note);
        let Some((id, previous)) = referred(previous, &self.room).zip(previous) else {
            return Ok(vec![Step::send(self.event(&key("send"), &new)?)]);
        };
        let mut edit = new.clone();
        // For clients which do not know replacements.
        edit["body"] = format!("* {}", new["body"].as_str().unwrap_or_default()).into();
        edit["formatted_body"] = format!("* {}", new["formatted_body"].as_str().unwrap_or_default()).into();
        edit["m.new_content"] = new;
        edit["m.relates_to"] = json!({"rel_type": "m.replace", "event_id": id});
        let mut steps = vec![Step::edit(self.event(&key("edit"), &edit)?, previous)];
        if note.is_aloud() {
            let plain = format!("{} {}", note.sign(), note.title);
            let mut reply = text(&plain, &html(&plain));
            reply["m.relates_to"] = json!({"m.in_reply_to": {"event_id": id}});
            steps.push(Step::send(self.event(&key("reply"), &reply)?));
        }
        Ok(steps)
    }

    fn judge(&self, step: &Step, seen: &Seen<'_>) -> Result<Delivered, DeliveryError> {
        let json = seen.json();
        // Deprecated in favour of the header, and still what most servers send.
        let asked = json["retry_after_ms"].as_u64().map(Duration::from_millis);
        WORDS.judge_with(seen, seen.retry_after().or(asked))?;
        match json["event_id"].as_str() {
            Some(id) => Ok(step.delivered(seen, Some(reference(id, &self.room)))),
            None => Err(WORDS.foreign(seen)),
        }
    }

    fn accepts_any_certificate(&self) -> bool {
        self.accept_any_certificate
    }
}
