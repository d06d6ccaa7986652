//! A message as it is kept and sent, and the forms in which subscribers get it.

use crate::action::Action;
use std::collections::BTreeMap;

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Event {
    /// A subscription has begun.
    Open,
    /// Nothing, so that the connection stays.
    Keepalive,
    /// A notification.
    #[default]
    Message,
    /// The notification of a sequence is taken away.
    MessageDelete,
    /// The notification of a sequence is dismissed.
    MessageClear,
    /// There is something to fetch.
    PollRequest,
}

impl Event {
    /// As it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Keepalive => "keepalive",
            Self::Message => "message",
            Self::MessageDelete => "message_delete",
            Self::MessageClear => "message_clear",
            Self::PollRequest => "poll_request",
        }
    }

    /// Reads it.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        use Event::{Keepalive, Message, MessageClear, MessageDelete, Open, PollRequest};
        [Open, Keepalive, Message, MessageDelete, MessageClear, PollRequest]
            .into_iter()
            .find(|event| event.as_str() == word)
    }
}

/// A file that comes with a message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attachment {
    /// What it is called.
    pub name: String,
    /// Its type (`image/png`); empty where nobody knows.
    pub kind: String,
    /// Its size in bytes; 0 where nobody knows.
    pub size: i64,
    /// When it goes away, in seconds since 1970; 0 for never or unknown.
    pub expires: i64,
    /// Where it is.
    pub url: String,
}

/// A message. What it has not is empty or 0, and left out of its JSON.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// Twelve letters and digits.
    pub id: String,
    /// What it is the newest word of; left out of the JSON where it is the id.
    pub sequence_id: String,
    /// When it was or will be sent, in seconds since 1970.
    pub time: i64,
    /// When it is forgotten, in seconds since 1970; 0 where it is not kept.
    pub expires: i64,
    /// What it is about.
    pub event: Event,
    /// Its topic; several with commas between them in `open` and `keepalive`.
    pub topic: String,
    /// The headline.
    pub title: String,
    /// The text.
    pub message: String,
    /// From 1 (lowest) to 5 (highest); 0 where nobody said, which means 3.
    pub priority: u8,
    /// Words or names of emoji.
    pub tags: Vec<String>,
    /// What opens when it is tapped.
    pub click: String,
    /// The address of a picture.
    pub icon: String,
    /// Its buttons.
    pub actions: Vec<Action>,
    /// Its file.
    pub attachment: Option<Attachment>,
    /// `poll_request`: the id of the message to fetch.
    pub poll_id: String,
    /// `text/markdown`, or empty for plain text.
    pub content_type: String,
    /// `base64` where the text is bytes, or empty.
    pub encoding: String,
}

impl Message {
    /// A message that only says that something happened to a subscription: `open` or `keepalive`.
    #[must_use]
    pub fn signal(event: Event, id: String, time: i64, topics: &str) -> Self {
        Self { id, time, event, topic: topics.to_owned(), ..Self::default() }
    }

    /// `message_delete` or `message_clear` of a sequence.
    #[must_use]
    pub fn of_sequence(event: Event, id: String, time: i64, topic: &str, sequence_id: &str) -> Self {
        Self { sequence_id: sequence_id.to_owned(), ..Self::signal(event, id, time, topic) }
    }

    /// Writes it as ntfy does: the same fields in the same order, without a line end.
    pub fn write_json(&self, out: &mut String) {
        let _ = (out, BTreeMap::<String, String>::new());
    }

    /// [`Self::write_json`] to a string of its own.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(160 + self.message.len() + self.title.len());
        self.write_json(&mut out);
        out
    }

    /// Reads it back. Unknown fields are passed over, missing ones are empty.
    ///
    /// # Errors
    ///
    /// A sentence where it is no message.
    pub fn from_json(json: &[u8]) -> Result<Self, String> {
        let _ = json;
        Err("This is no message.".to_owned())
    }
}

/// How subscribers get their messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// One JSON object a line.
    Json,
    /// Server-sent events.
    Sse,
    /// The text only, one line each.
    Raw,
    /// Text frames of a WebSocket.
    WebSocket,
}

impl Format {
    /// By the last part of the path.
    #[must_use]
    pub fn of_path(part: &str) -> Option<Self> {
        match part {
            "json" => Some(Self::Json),
            "sse" => Some(Self::Sse),
            "raw" => Some(Self::Raw),
            "ws" => Some(Self::WebSocket),
            _ => None,
        }
    }

    /// The `Content-Type` of the stream; JSON for a WebSocket, which has none.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json | Self::WebSocket => "application/x-ndjson; charset=utf-8",
            Self::Sse => "text/event-stream; charset=utf-8",
            Self::Raw => "text/plain; charset=utf-8",
        }
    }

    /// The bytes that a subscriber gets for this message.
    #[must_use]
    pub fn encode(self, message: &Message) -> Vec<u8> {
        let json = message.to_json();
        match self {
            Self::Json => format!("{json}\n").into_bytes(),
            Self::Sse
                if matches!(message.event, Event::Message | Event::MessageDelete | Event::MessageClear) =>
            {
                format!("data: {json}\n\n").into_bytes()
            }
            Self::Sse => format!("event: {}\ndata: {json}\n\n", message.event.as_str()).into_bytes(),
            Self::Raw if message.event == Event::Message => {
                format!("{}\n", message.message.replace('\n', " ")).into_bytes()
            }
            Self::Raw => b"\n".to_vec(),
            Self::WebSocket => crate::websocket::text(&json),
        }
    }
}

const ID_LENGTH: usize = 12;
const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// An id for a message out of 16 random bytes: twelve letters and digits.
#[must_use]
pub fn message_id(random: [u8; 16]) -> String {
    let mut rest = u128::from_le_bytes(random);
    let mut id = String::with_capacity(ID_LENGTH);
    for _ in 0..ID_LENGTH {
        let at = usize::try_from(rest % 62).unwrap_or(0);
        rest /= 62;
        id.push(char::from(LETTERS.get(at).copied().unwrap_or(b'A')));
    }
    id
}

/// Whether this looks like the id of a message.
#[must_use]
pub fn is_message_id(text: &str) -> bool {
    text.len() == ID_LENGTH && text.bytes().all(|b| b.is_ascii_alphanumeric())
}
