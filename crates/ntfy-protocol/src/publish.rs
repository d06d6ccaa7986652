//! A message as somebody asked for it: from headers and query, or from JSON; and what becomes of its body.

use crate::action::{self, Action, Draft};
use crate::json::{Object, explained, or_default};
use crate::message::{Attachment, Event, Message};
use crate::params::{Params, is_no, is_yes};
use crate::path::{SequenceId, Topic};
use crate::refusal::{self, Refusal};
use crate::text::{cut, single_line, storable};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use jiff::Zoned;
use serde::Deserialize;

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

impl Limits {
    /// How long a message in JSON may be, in bytes: twice a message, since much is said beside it.
    #[must_use]
    pub fn json_bytes(&self) -> usize {
        self.message_bytes.saturating_mul(2)
    }

    /// How long the data for a template may be, in bytes.
    #[must_use]
    pub fn template_bytes(&self) -> usize {
        self.message_bytes.max(128 * 1024)
    }
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
    /// It is data for a template: read all of it, up to [`Limits::template_bytes`], then render.
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
    /// The refusals of ntfy: 40002 to 40007, 40013, 40018, 40021, 40033, 40037, 40047, 40049, 40050; and 40000 for an
    /// address to click that is too long.
    pub fn from_http(
        topic: Topic,
        sequence_id: Option<SequenceId>,
        headers: &HeaderMap,
        query: &str,
        now: &Zoned,
        limits: &Limits,
    ) -> Result<Self, Refusal> {
        Self::from_params(topic, sequence_id, None, &Params::new(headers, query), now, limits)
    }

    /// Reads a message in JSON (`POST /`). Gives what stands in its place of a body, too: judge that one with
    /// [`Self::judge_body`]. Headers and query count where the JSON says nothing.
    ///
    /// # Errors
    ///
    /// 40024 where it is no such JSON, 41303 where it is longer than [`Limits::json_bytes`], 40009 and 40010 for the
    /// topic, and those of [`Self::from_http`].
    pub fn from_json(
        body: &[u8],
        headers: &HeaderMap,
        query: &str,
        now: &Zoned,
        limits: &Limits,
    ) -> Result<(Self, String), Refusal> {
        if body.len() > limits.json_bytes() {
            return Err(refusal::JSON_BODY_TOO_LARGE);
        }
        // Go reads invalid UTF-8 as U+FFFD, and so some senders never noticed.
        let Object::<JsonMessage>(mut json) = serde_json::from_str(&String::from_utf8_lossy(body))
            .map_err(|error| refusal::JSON_INVALID.with_detail(&explained(&error)))?;
        let topic = Topic::new(&json.topic)?;
        let mut params = Params::new(headers, query);
        let actions = json.say(&mut params);
        let message = if json.message.is_empty() { EMPTY_MESSAGE.to_owned() } else { json.message };
        Ok((Self::from_params(topic, None, actions, &params, now, limits)?, message))
    }

    fn from_params(
        topic: Topic,
        sequence_id: Option<SequenceId>,
        actions: Option<Vec<Object<Draft>>>,
        params: &Params<'_>,
        now: &Zoned,
        limits: &Limits,
    ) -> Result<Self, Refusal> {
        let sequence_id = match sequence_id {
            Some(id) => Some(id),
            None => match params.read(&["x-sequence-id", "sequence-id", "sid"]) {
                id if id.is_empty() => None,
                id => Some(SequenceId::new(&id)?),
            },
        };
        let mut request = Self::to_topic(topic, sequence_id);
        request.template = template(params)?;
        request.read_text(params, limits)?;
        request.read_links(params)?;
        request.read_ways(params)?;
        request.actions = match actions {
            Some(drafts) => action::from_drafts(drafts)?,
            None => match params.read(&["x-actions", "actions", "action"]) {
                text if text.is_empty() => Vec::new(),
                text => action::parse(&text)?,
            },
        };
        request.read_delay(params, now, limits)?;
        if !request.poll_id.is_empty() {
            (request.unified_push, request.cache, request.email) = (false, false, None);
        }
        Ok(request)
    }

    /// Title, text, priority, tags.
    fn read_text(&mut self, params: &Params<'_>, limits: &Limits) -> Result<(), Refusal> {
        let inline = self.template == Template::Inline;
        let title = params.read(&["x-title", "title", "ti", "t"]);
        let message = params.read(&["x-message", "message", "m"]);
        let priority = params.read(&["x-priority", "priority", "prio", "p"]);
        if inline {
            self.title = cut(&title, limits.message_bytes).to_owned();
            self.message = storable(cut(&message, limits.message_bytes));
        } else {
            self.title = single_line(cut(&title, TITLE_BYTES)).trim().to_owned();
            self.message = storable(cut(&message.replace("\\n", "\n"), limits.message_bytes));
        }
        if self.template == Template::None {
            self.priority = parse_priority(&priority)?;
        } else {
            self.priority_template = cut(&priority, limits.message_bytes).to_owned();
        }
        self.tags = params.list(TAGS_MAX, &["x-tags", "tags", "tag", "ta"]);
        for tag in &mut self.tags {
            *tag = single_line(cut(tag, TAG_BYTES));
        }
        let content_type = params.read(&["content-type", "content_type"]);
        let markdown =
            content_type.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case(MARKDOWN));
        self.markdown = markdown || params.flag(false, &["x-markdown", "markdown", "md"]);
        Ok(())
    }

    /// What it points to: an address to open, a picture, a file.
    fn read_links(&mut self, params: &Params<'_>) -> Result<(), Refusal> {
        self.click = single_line(&params.read(&["x-click", "click"]));
        if self.click.len() > URL_BYTES {
            return Err(refusal::BAD_REQUEST.with_detail("the address to click is too long"));
        }
        self.icon = params.read(&["x-icon", "icon"]);
        if !self.icon.is_empty() && !is_web_address(&self.icon) {
            return Err(refusal::ICON_URL_INVALID);
        }
        self.filename = file_name(&params.read(&["x-filename", "filename", "file", "f"]));
        self.attach = params.read(&["x-attach", "attach", "a"]);
        if !self.attach.is_empty() {
            if !is_web_address(&self.attach) {
                return Err(refusal::ATTACHMENT_URL_INVALID);
            }
            if self.filename.is_empty() {
                self.filename = name_of_address(&self.attach);
            }
        }
        Ok(())
    }

    /// Which ways it goes: kept, mailed, called, to an app.
    fn read_ways(&mut self, params: &Params<'_>) -> Result<(), Refusal> {
        self.cache = params.flag(true, &["x-cache", "cache"]);
        self.firebase = params.flag(true, &["x-firebase", "firebase"]);
        self.email = email(&params.read(&["x-email", "x-e-mail", "email", "e-mail", "mail", "e"]))?;
        self.call = call(&params.read(&["x-call", "call"]))?;
        self.unified_push = params.flag(false, UNIFIED_PUSH)
            // Web Push messages of apps come with nothing but this (RFC 8291).
            || params.read(&["content-encoding"]).eq_ignore_ascii_case("aes128gcm");
        self.firebase &= !self.unified_push;
        let poll_id = params.read(&["x-poll-id", "poll-id"]);
        self.poll_id = single_line(cut(&poll_id, 64));
        Ok(())
    }

    fn read_delay(&mut self, params: &Params<'_>, now: &Zoned, limits: &Limits) -> Result<(), Refusal> {
        let delay = params.read(&["x-delay", "delay", "x-at", "at", "x-in", "in"]);
        if delay.is_empty() {
            return Ok(());
        }
        if !self.cache {
            return Err(refusal::DELAY_NO_CACHE);
        }
        if self.email.is_some() {
            return Err(refusal::DELAY_NO_EMAIL);
        }
        if self.call.is_some() {
            return Err(refusal::DELAY_NO_CALL);
        }
        let at = crate::delay::parse(&delay, now).ok_or(refusal::DELAY_CANNOT_PARSE)?;
        let today = now.timestamp().as_second();
        if at < today.saturating_add(limits.delay_min) {
            return Err(refusal::DELAY_TOO_SMALL);
        }
        if at > today.saturating_add(limits.delay_max) {
            return Err(refusal::DELAY_TOO_LARGE);
        }
        self.deliver_at = Some(at);
        Ok(())
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
        if !self.poll_id.is_empty() {
            return Ok(Body::Empty);
        }
        let text = whole_characters(start, more);
        if self.unified_push {
            // An app wants its bytes back as they were. What no database takes as text goes as bytes, too.
            return Ok(match std::str::from_utf8(start) {
                Ok(text) if !text.contains('\0') => Body::Text(text.to_owned()),
                _ => Body::Base64(STANDARD.encode(start)),
            });
        }
        if !self.attach.is_empty() {
            return text.map(body_of_text).ok_or(refusal::MESSAGE_NOT_UTF8);
        }
        if !self.filename.is_empty() {
            return Ok(Body::Attachment);
        }
        if self.template != Template::None {
            return Ok(Body::Template);
        }
        match text {
            Some(text) if !more => Ok(body_of_text(text)),
            _ => Ok(Body::Attachment),
        }
    }

    /// The second (since 1970) of the message: now, or when it is to be delivered.
    #[must_use]
    pub fn time(&self, now: i64) -> i64 {
        self.deliver_at.unwrap_or(now)
    }

    /// The message. `now` in seconds since 1970; `expires` is when the server forgets it, as a rule so much after
    /// [`Self::time`], and counts only where [`Self::cache`] says so. For [`Body::Template`] title and text are still
    /// the templates; for [`Body::Attachment`] the attachment has its name only (perhaps none). In both cases call
    /// [`Message::fill_in`] once the rest is there.
    #[must_use]
    pub fn into_message(self, id: String, now: i64, expires: i64, body: Body) -> Message {
        let time = self.time(now);
        let expires = if self.cache { expires } else { 0 };
        let topic = self.topic.into_string();
        if !self.poll_id.is_empty() {
            let event = Event::PollRequest;
            let message = POLL_MESSAGE.to_owned();
            return Message {
                id,
                time: now,
                event,
                topic,
                message,
                poll_id: self.poll_id,
                ..Message::default()
            };
        }
        let file = body == Body::Attachment;
        let open = file || body == Body::Template;
        let (message, encoding) = match body {
            Body::Text(text) => (text, ""),
            Body::Base64(text) => (text, "base64"),
            Body::Empty | Body::Template | Body::Attachment => (self.message, ""),
        };
        let attachment = (file || !self.attach.is_empty()).then(|| Attachment {
            name: self.filename,
            url: self.attach,
            ..Attachment::default()
        });
        let mut message = Message {
            sequence_id: self.sequence_id.map_or_else(|| id.clone(), SequenceId::into_string),
            actions: numbered(self.actions, &id),
            id,
            time,
            expires,
            event: Event::Message,
            topic,
            title: self.title,
            message,
            priority: self.priority,
            tags: self.tags,
            click: self.click,
            icon: self.icon,
            attachment,
            poll_id: String::new(),
            content_type: if self.markdown { MARKDOWN.to_owned() } else { String::new() },
            encoding: encoding.to_owned(),
        };
        if !open {
            message.fill_in();
        }
        message
    }
}

/// Ids for buttons: the message's own, shortened, and a number. ntfy rolls dice; that they differ is enough.
fn numbered(mut actions: Vec<Action>, id: &str) -> Vec<Action> {
    for (action, number) in actions.iter_mut().zip(b'0'..=b'9') {
        action.id = format!("{}{}", cut(id, 9), char::from(number));
    }
    actions
}

/// The text, without the character at its end that the limit tore apart.
fn whole_characters(start: &[u8], more: bool) -> Option<&str> {
    match std::str::from_utf8(start) {
        Ok(text) => Some(text),
        Err(error) if more && error.error_len().is_none() => {
            start.get(..error.valid_up_to()).and_then(|whole| std::str::from_utf8(whole).ok())
        }
        Err(_) => None,
    }
}

/// An empty body leaves the text of the headers as it is.
fn body_of_text(text: &str) -> Body {
    if text.is_empty() { Body::Empty } else { Body::Text(storable(text.trim())) }
}

/// The names of the parameter of UnifiedPush.
pub(crate) const UNIFIED_PUSH: &[&str] = &["x-unifiedpush", "unifiedpush", "up"];

/// What ntfy says where nothing is said.
const EMPTY_MESSAGE: &str = "triggered";
/// What a poll request says.
const POLL_MESSAGE: &str = "New message";
const MARKDOWN: &str = "text/markdown";
const TITLE_BYTES: usize = 1024;
const TAGS_MAX: usize = 50;
const TAG_BYTES: usize = 128;
const URL_BYTES: usize = 2048;
const FILE_NAME_BYTES: usize = 255;

/// A message in JSON. A field of another type is a mistake, an unknown one is passed over, `null` says nothing.
#[derive(Default, Deserialize)]
#[serde(default)]
struct JsonMessage {
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
    actions: Vec<Object<Draft>>,
    #[serde(deserialize_with = "or_default")]
    attach: String,
    #[serde(deserialize_with = "or_default")]
    markdown: bool,
    #[serde(deserialize_with = "or_default")]
    filename: String,
    #[serde(deserialize_with = "or_default")]
    email: String,
    #[serde(deserialize_with = "or_default")]
    call: String,
    #[serde(deserialize_with = "or_default")]
    cache: String,
    #[serde(deserialize_with = "or_default")]
    firebase: String,
    #[serde(deserialize_with = "or_default")]
    delay: String,
    #[serde(deserialize_with = "or_default")]
    sequence_id: String,
}

impl JsonMessage {
    /// Says it in the words of headers; gives the buttons, if there are any.
    fn say(&mut self, params: &mut Params<'_>) -> Option<Vec<Object<Draft>>> {
        let words: [(&'static str, &mut String); 10] = [
            ("x-title", &mut self.title),
            ("x-click", &mut self.click),
            ("x-icon", &mut self.icon),
            ("x-attach", &mut self.attach),
            ("x-filename", &mut self.filename),
            ("x-email", &mut self.email),
            ("x-call", &mut self.call),
            ("x-cache", &mut self.cache),
            ("x-firebase", &mut self.firebase),
            ("x-delay", &mut self.delay),
        ];
        for (name, value) in words {
            params.say(name, std::mem::take(value));
        }
        params.say("x-sequence-id", std::mem::take(&mut self.sequence_id));
        params.say("x-tags", self.tags.join(","));
        if self.priority != 0 {
            params.say("x-priority", self.priority.to_string());
        }
        if self.markdown {
            params.say("x-markdown", "yes".to_owned());
        }
        (!self.actions.is_empty()).then(|| std::mem::take(&mut self.actions))
    }
}

fn template(params: &Params<'_>) -> Result<Template, Refusal> {
    let value = params.read(&["x-template", "template", "tpl"]);
    let name = value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    match value {
        value if value.is_empty() || is_no(&value) => Ok(Template::None),
        value if is_yes(&value) => Ok(Template::Inline),
        value if name && value.len() <= 64 => Ok(Template::Named(value)),
        _ => Err(refusal::TEMPLATE_FILE_NOT_FOUND),
    }
}

fn email(value: &str) -> Result<Option<Email>, Refusal> {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '@'))
    };
    match value {
        value if value.is_empty() || is_no(value) => Ok(None),
        value if is_yes(value) => Ok(Some(Email::Own)),
        value if value.len() > 254 => Err(refusal::EMAIL_ADDRESS_INVALID),
        value => match value.rsplit_once('@') {
            Some((who, host)) if plain(who) && plain(host) => Ok(Some(Email::Address(value.to_owned()))),
            _ => Err(refusal::EMAIL_ADDRESS_INVALID),
        },
    }
}

fn call(value: &str) -> Result<Option<Call>, Refusal> {
    let digits = value.strip_prefix('+').unwrap_or_default();
    match value {
        value if value.is_empty() || is_no(value) => Ok(None),
        value if is_yes(value) => Ok(Some(Call::Own)),
        value if (1..=100).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) => {
            Ok(Some(Call::Number(value.to_owned())))
        }
        _ => Err(refusal::PHONE_NUMBER_INVALID),
    }
}

/// Whether it is an address of the web, and one that may stand in a header or an attribute.
fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty())
        && text.len() <= URL_BYTES
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
}

/// The name of a file, without a path before it.
fn file_name(name: &str) -> String {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = single_line(cut(name, FILE_NAME_BYTES)).trim().to_owned();
    if matches!(name.as_str(), "." | "..") { String::new() } else { name }
}

/// What a file is called by its address: the last part of the path.
fn name_of_address(address: &str) -> String {
    let (_, rest) = address.split_once("://").unwrap_or(("", address));
    let (rest, _) = rest.split_once(['?', '#']).unwrap_or((rest, ""));
    let (_, path) = rest.split_once('/').unwrap_or((rest, ""));
    let last = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let name = file_name(&percent_encoding::percent_decode_str(last).decode_utf8_lossy());
    if name.is_empty() { "attachment".to_owned() } else { name }
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
    /// Gives a message without text the one that ntfy gives it: “You received a file: …” where it has a file,
    /// “triggered” where it has none.
    pub fn fill_in(&mut self) {
        if self.message.is_empty() {
            self.message = match &self.attachment {
                Some(attachment) => format!("You received a file: {}", attachment.name),
                None => EMPTY_MESSAGE.to_owned(),
            };
        }
    }
}

#[cfg(test)]
mod tests;
