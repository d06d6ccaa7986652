//! A message as somebody asked for it: from headers and query, or from JSON; and what becomes of its body.

use crate::action::Action;
use crate::message::Message;
use crate::path::{SequenceId, Topic};
use crate::refusal::{self, Refusal};
use http::{HeaderMap, Method};
use jiff::Zoned;

/// What a server allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// How long a message may be, in bytes; what is longer becomes an attachment.
    pub message_bytes: usize,
    /// The shortest delay, in seconds.
    pub delay_min: i64,
    /// The longest delay, in seconds.
    pub delay_max: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { message_bytes: 4096, delay_min: 10, delay_max: 3 * 24 * 60 * 60 }
    }
}

/// Whom a copy goes to by mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Email {
    /// The address of whoever publishes (`Email: yes`).
    Own,
    /// This address; it has an `@` and no white space, comma or semicolon.
    Address(String),
}

/// Whom to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// The first number of whoever publishes (`Call: yes`).
    Own,
    /// This number: `+` and digits.
    Number(String),
}

/// Whether the body is data for a template.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Template {
    /// It is not.
    #[default]
    None,
    /// Title, message and priority of the request are the templates.
    Inline,
    /// This one of the server's templates: letters, digits, `-` and `_`.
    Named(String),
}

/// A message as somebody asked for it. Nothing of it is checked against what the server has (mail, calls, attachments,
/// rights): the fields say what is wanted, and [`refusal`] has the words for a no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishRequest {
    /// Where to.
    pub topic: Topic,
    /// What it is the newest word of, where somebody said so.
    pub sequence_id: Option<SequenceId>,
    /// The headline; a template with [`Template::Inline`].
    pub title: String,
    /// The text, where it is not the body; a template with [`Template::Inline`].
    pub message: String,
    /// From 1 to 5; 0 where nobody said, and with a template.
    pub priority: u8,
    /// The priority as it was written, with a template only: see [`parse_priority`].
    pub priority_template: String,
    /// Words or names of emoji.
    pub tags: Vec<String>,
    /// What opens when it is tapped.
    pub click: String,
    /// The address of a picture.
    pub icon: String,
    /// Its buttons, without ids.
    pub actions: Vec<Action>,
    /// The address of a file that is elsewhere; empty for none.
    pub attach: String,
    /// What the file is called: given, or the last part of [`Self::attach`]; empty where there is no file.
    pub filename: String,
    /// Whether the text is Markdown.
    pub markdown: bool,
    /// Whom a copy goes to by mail.
    pub email: Option<Email>,
    /// Whom to call.
    pub call: Option<Call>,
    /// Whether it is kept for those who are away.
    pub cache: bool,
    /// Whether Google may be asked to wake phones. Hob never asks.
    pub firebase: bool,
    /// Whether it is for an app of a phone (UnifiedPush): the body is taken as it is, bytes become base64.
    pub unified_push: bool,
    /// The id of a message to fetch: somebody else's server has it.
    pub poll_id: String,
    /// When to deliver it, in seconds since 1970; `None` for now.
    pub deliver_at: Option<i64>,
    /// Whether the body is data for a template.
    pub template: Template,
}

/// What becomes of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// It says nothing: [`PublishRequest::message`] is the text.
    Empty,
    /// It is the text.
    Text(String),
    /// It is bytes for an app; the text is their base64.
    Base64(String),
    /// It is data for a template: read all of it, up to `max(message_bytes, 128 KiB)`, then render.
    Template,
    /// It is a file: keep it and set [`Message::attachment`].
    Attachment,
}

impl PublishRequest {
    /// Reads a request to publish to this topic (see [`crate::Endpoint::Publish`]). `query` is what stands after the
    /// `?`, still encoded. `now` is the time, in the zone that words such as “tomorrow, 10am” mean.
    ///
    /// # Errors
    ///
    /// The refusals of ntfy: 40002 to 40007, 40013, 40018, 40021, 40033, 40037, 40047, 40049, 40050.
    pub fn from_http(
        method: &Method,
        topic: Topic,
        sequence_id: Option<SequenceId>,
        headers: &HeaderMap,
        query: &str,
        now: &Zoned,
        limits: &Limits,
    ) -> Result<Self, Refusal> {
        let _ = (method, headers, query, now, limits);
        Ok(Self::to_topic(topic, sequence_id))
    }

    /// Reads a message in JSON (`POST /`). Gives what stands in its place of a body, too: judge that one with
    /// [`Self::judge_body`]. Headers and query count where the JSON says nothing.
    ///
    /// # Errors
    ///
    /// 40017 where it is no such JSON, 40009 and 40010 for the topic, and those of [`Self::from_http`].
    pub fn from_json(
        body: &[u8],
        headers: &HeaderMap,
        query: &str,
        now: &Zoned,
        limits: &Limits,
    ) -> Result<(Self, String), Refusal> {
        let _ = (body, headers, query, now, limits);
        Err(refusal::MESSAGE_JSON_INVALID)
    }

    /// A request that says nothing but where to.
    #[must_use]
    pub fn to_topic(topic: Topic, sequence_id: Option<SequenceId>) -> Self {
        Self {
            topic,
            sequence_id,
            title: String::new(),
            message: String::new(),
            priority: 0,
            priority_template: String::new(),
            tags: Vec::new(),
            click: String::new(),
            icon: String::new(),
            actions: Vec::new(),
            attach: String::new(),
            filename: String::new(),
            markdown: false,
            email: None,
            call: None,
            cache: true,
            firebase: true,
            unified_push: false,
            poll_id: String::new(),
            deliver_at: None,
            template: Template::None,
        }
    }

    /// Decides what the body is by its first [`Limits::message_bytes`] bytes; `more` where it goes on after them.
    ///
    /// # Errors
    ///
    /// 40011 where it must be text and is not UTF-8.
    pub fn judge_body(&self, start: &[u8], more: bool) -> Result<Body, Refusal> {
        let _ = more;
        match std::str::from_utf8(start) {
            Ok(text) => Ok(Body::Text(text.trim().to_owned())),
            Err(_) => Ok(Body::Attachment),
        }
    }

    /// The message. `expires` is when the server forgets it (0 where it is not kept); for [`Body::Attachment`] the
    /// attachment has its name only: the server adds the rest and calls [`Message::name_attachment`].
    #[must_use]
    pub fn into_message(self, id: String, now: i64, expires: i64, body: Body) -> Message {
        let _ = (expires, body);
        Message { id, time: now, topic: self.topic.into_string(), ..Message::default() }
    }
}

/// Reads a priority: `1` to `5`, or `min`, `low`, `default`, `high`, `max` and `urgent`; 0 for an empty text.
///
/// # Errors
///
/// 40007 for anything else.
pub fn parse_priority(text: &str) -> Result<u8, Refusal> {
    match text.trim().to_ascii_lowercase().as_str() {
        "" => Ok(0),
        "1" | "min" => Ok(1),
        "2" | "low" => Ok(2),
        "3" | "default" => Ok(3),
        "4" | "high" => Ok(4),
        "5" | "max" | "urgent" => Ok(5),
        _ => Err(refusal::PRIORITY_INVALID),
    }
}

impl Message {
    /// Says “You received a file: …” where the message has a file and no text.
    pub fn name_attachment(&mut self) {
        if self.message.is_empty()
            && let Some(attachment) = &self.attachment
        {
            self.message = format!("You received a file: {}", attachment.name);
        }
    }
}
