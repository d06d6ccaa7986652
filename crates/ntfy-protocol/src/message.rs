//! A message as it is kept and sent, and the forms in which subscribers get it.

use crate::action::{Action, ActionKind};
use crate::json::{Object, explained, or_default};
use crate::text::{write_json_member, write_json_string};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

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
        out.push_str("{\"id\":");
        write_json_string(out, &self.id);
        if self.sequence_id != self.id {
            write_json_member(out, "sequence_id", &self.sequence_id);
        }
        let _ = write!(out, ",\"time\":{}", self.time);
        write_number(out, "expires", self.expires);
        out.push_str(",\"event\":\"");
        out.push_str(self.event.as_str());
        out.push_str("\",\"topic\":");
        write_json_string(out, &self.topic);
        write_json_member(out, "title", &self.title);
        write_json_member(out, "message", &self.message);
        write_number(out, "priority", self.priority.into());
        write_list(out, "tags", &self.tags, |out, tag| write_json_string(out, tag));
        write_json_member(out, "click", &self.click);
        write_json_member(out, "icon", &self.icon);
        write_list(out, "actions", &self.actions, |out, action| action.write_json(out));
        if let Some(attachment) = &self.attachment {
            out.push_str(",\"attachment\":");
            attachment.write_json(out);
        }
        write_json_member(out, "poll_id", &self.poll_id);
        write_json_member(out, "content_type", &self.content_type);
        write_json_member(out, "encoding", &self.encoding);
        out.push('}');
    }

    /// [`Self::write_json`] to a string of its own.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::with_capacity(200 + self.message.len() + self.title.len());
        self.write_json(&mut out);
        out
    }

    /// Reads it back. Unknown fields are passed over, missing ones and `null` are empty.
    ///
    /// # Errors
    ///
    /// A sentence where it is no message: no JSON, an event that is not known, an unknown kind of action.
    pub fn from_json(json: &[u8]) -> Result<Self, String> {
        let Object::<Wire>(wire) = serde_json::from_slice(json)
            .map_err(|error| format!("This is not the JSON of a message: {}.", explained(&error)))?;
        wire.message()
    }
}

impl Attachment {
    /// Writes it as ntfy does.
    fn write_json(&self, out: &mut String) {
        out.push_str("{\"name\":");
        write_json_string(out, &self.name);
        write_json_member(out, "type", &self.kind);
        write_number(out, "size", self.size);
        write_number(out, "expires", self.expires);
        out.push_str(",\"url\":");
        write_json_string(out, &self.url);
        out.push('}');
    }
}

/// Writes `,"name":number` unless it is 0.
fn write_number(out: &mut String, name: &str, number: i64) {
    if number != 0 {
        let _ = write!(out, ",\"{name}\":{number}");
    }
}

/// Writes `,"name":[…]` unless it is empty.
fn write_list<T>(out: &mut String, name: &str, list: &[T], write_one: impl Fn(&mut String, &T)) {
    for (at, one) in list.iter().enumerate() {
        if at == 0 {
            let _ = write!(out, ",\"{name}\":[");
        } else {
            out.push(',');
        }
        write_one(out, one);
    }
    if !list.is_empty() {
        out.push(']');
    }
}

/// A message as it is read: everything may be missing or `null`.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    #[serde(deserialize_with = "or_default")]
    id: String,
    #[serde(deserialize_with = "or_default")]
    sequence_id: String,
    #[serde(deserialize_with = "or_default")]
    time: i64,
    #[serde(deserialize_with = "or_default")]
    expires: i64,
    #[serde(deserialize_with = "or_default")]
    event: String,
    #[serde(deserialize_with = "or_default")]
    topic: String,
    #[serde(deserialize_with = "or_default")]
    title: String,
    #[serde(deserialize_with = "or_default")]
    message: String,
    #[serde(deserialize_with = "or_default")]
    priority: i64,
    #[serde(deserialize_with = "or_default")]
    tags: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    click: String,
    #[serde(deserialize_with = "or_default")]
    icon: String,
    #[serde(deserialize_with = "or_default")]
    actions: Vec<Object<WireAction>>,
    attachment: Option<Object<WireAttachment>>,
    #[serde(deserialize_with = "or_default")]
    poll_id: String,
    #[serde(deserialize_with = "or_default")]
    content_type: String,
    #[serde(deserialize_with = "or_default")]
    encoding: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireAttachment {
    #[serde(deserialize_with = "or_default")]
    name: String,
    #[serde(rename = "type", deserialize_with = "or_default")]
    kind: String,
    #[serde(deserialize_with = "or_default")]
    size: i64,
    #[serde(deserialize_with = "or_default")]
    expires: i64,
    #[serde(deserialize_with = "or_default")]
    url: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireAction {
    #[serde(deserialize_with = "or_default")]
    id: String,
    #[serde(deserialize_with = "or_default")]
    action: String,
    #[serde(deserialize_with = "or_default")]
    label: String,
    #[serde(deserialize_with = "or_default")]
    clear: bool,
    #[serde(deserialize_with = "or_default")]
    url: String,
    #[serde(deserialize_with = "or_default")]
    method: String,
    #[serde(deserialize_with = "or_default")]
    headers: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    body: String,
    #[serde(deserialize_with = "or_default")]
    intent: String,
    #[serde(deserialize_with = "or_default")]
    extras: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    value: String,
}

impl Wire {
    fn message(self) -> Result<Message, String> {
        let event = Event::of(&self.event)
            .ok_or_else(|| format!("The event “{}” is not known.", crate::text::cut(&self.event, 40)))?;
        Ok(Message {
            sequence_id: match event {
                // Left out where it is the id.
                Event::Message if self.sequence_id.is_empty() => self.id.clone(),
                _ => self.sequence_id,
            },
            id: self.id,
            time: self.time,
            expires: self.expires,
            event,
            topic: self.topic,
            title: self.title,
            message: self.message,
            priority: u8::try_from(self.priority).unwrap_or(0).min(5),
            tags: self.tags,
            click: self.click,
            icon: self.icon,
            actions: self.actions.into_iter().map(|action| action.0.action()).collect::<Result<_, _>>()?,
            attachment: self.attachment.map(|attachment| attachment.0.attachment()),
            poll_id: self.poll_id,
            content_type: self.content_type,
            encoding: self.encoding,
        })
    }
}

impl WireAttachment {
    fn attachment(self) -> Attachment {
        let Self { name, kind, size, expires, url } = self;
        Attachment { name, kind, size, expires, url }
    }
}

impl WireAction {
    fn action(self) -> Result<Action, String> {
        let kind = ActionKind::of(&self.action)
            .ok_or_else(|| format!("The action “{}” is not known.", crate::text::cut(&self.action, 40)))?;
        let Self { id, label, clear, url, method, headers, body, intent, extras, value, .. } = self;
        Ok(Action { id, kind, label, clear, url, method, headers, body, intent, extras, value })
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
        match self {
            Self::Json => {
                let mut out = message.to_json();
                out.push('\n');
                out.into_bytes()
            }
            Self::Sse => {
                let mut out = String::with_capacity(240 + message.message.len());
                // Browsers hand events without a name to `onmessage`: those that people see.
                if matches!(message.event, Event::Open | Event::Keepalive | Event::PollRequest) {
                    out.push_str("event: ");
                    out.push_str(message.event.as_str());
                    out.push('\n');
                }
                out.push_str("data: ");
                message.write_json(&mut out);
                out.push_str("\n\n");
                out.into_bytes()
            }
            Self::Raw if message.event == Event::Message => {
                let mut out = message.message.replace('\n', " ");
                out.push('\n');
                out.into_bytes()
            }
            Self::Raw => b"\n".to_vec(),
            Self::WebSocket => crate::websocket::text(&message.to_json()),
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

#[cfg(test)]
mod tests;
