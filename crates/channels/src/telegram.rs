//! Telegram's bots: <https://core.telegram.org/bots/api>.

use std::time::Duration;

use http_probe::Url;
use serde_json::{Value, json};

use crate::channel::{Service, Way};
use crate::exchange::{Http, Role, Seen, Step, Words, address, below, post, reference, referred};
use crate::fields::{ANY_CERTIFICATE, Field, Kind, Reader, Writer, Wrong};
use crate::note::{Note, State, has_full_name};
use crate::outcome::{Delivered, DeliveryError};
use crate::secret::Secret;
use crate::text::{cut_utf16, html};

/// Longest text, counted after its markup has been read.
const TEXT_MAX: usize = 4096;
const SERVER: &str = "https://api.telegram.org";

const WORDS: Words = Words {
    name: "Telegram",
    login: "Check the bot's token, and whether the bot may write here: it must be in the group, or have been sent a first message.",
    place: "Check the bot's token.",
    at_home: false,
};

/// A bot which writes to a person, a group or a channel of Telegram.
///
/// The first message of a thread is edited; what should be heard replies to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telegram {
    /// The bot's token, as BotFather gives it.
    pub token: Secret,
    /// The number of the chat, or `@name` of a channel.
    pub chat: String,
    /// The number of a topic within a group.
    pub topic: Option<u64>,
    /// Address of the server of the API.
    pub server: String,
    /// Whether private things go to a server whose certificate is not trusted.
    pub accept_any_certificate: bool,
}

impl Service for Telegram {
    const KIND: Kind = Kind {
        id: "telegram",
        title: "Telegram",
        help: "Make a bot with @BotFather, send it a message or add it to your group, and enter its token and the number of the chat.",
        fields: &[
            Field::line("token", "Bot token").example("123456789:AA…").secret().required(),
            Field::line("chat", "Chat")
                .help("The number of the chat (negative for a group), or @name of a channel.")
                .example("-1001234567890")
                .required(),
            Field::number("topic", "Topic", 1, i64::MAX)
                .help("The number of a topic in a group that has topics."),
            Field::address("server", "Server")
                .help("Only for a server of the bot API of your own.")
                .example(SERVER),
            ANY_CERTIFICATE,
        ],
    };

    fn read(values: &Reader<'_>) -> Self {
        Self {
            token: values.secret("token"),
            chat: values.text("chat"),
            topic: values.number("topic"),
            server: values.text_or("server", SERVER),
            accept_any_certificate: values.tick("accept_any_certificate"),
        }
    }

    fn write(&self, out: &mut Writer) {
        let own = if self.server == SERVER { "" } else { &self.server };
        out.secret("token", &self.token)
            .text("chat", &self.chat)
            .optional("topic", self.topic.as_ref())
            .text("server", own)
            .tick("accept_any_certificate", self.accept_any_certificate);
    }

    fn wrong(&self) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let number = self.chat.parse::<i64>().is_ok();
        let named = self.chat.strip_prefix('@').is_some_and(|name| !name.is_empty());
        if !number && !named {
            wrong.push(("chat".to_owned(), "A chat is a number, or @name of a channel.".to_owned()));
        }
        let token = self.token.reveal().split_once(':');
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let is_token = |(bot, key): (&str, &str)| {
            !bot.is_empty()
                && bot.bytes().all(|b| b.is_ascii_digit())
                && !key.is_empty()
                && key.chars().all(fits)
        };
        if !token.is_some_and(is_token) {
            wrong.push((
                "token".to_owned(),
                "A token is a number, a colon, and letters and digits.".to_owned(),
            ));
        }
        wrong
    }

    fn way(&self) -> Way<'_> {
        Way::Http(self)
    }

    fn place(&self) -> String {
        format!("the chat {} of Telegram", self.chat)
    }
}

impl Telegram {
    fn method(&self, name: &str) -> Result<Url, DeliveryError> {
        // The colon of the token may stand in a path as it is.
        let bot = format!("/bot{}/{name}", self.token.reveal());
        let base = below(&self.server, &[])?.to_string();
        address(&format!("{}{bot}", base.trim_end_matches('/')))
    }

    /// What every message has.
    fn message(&self, text: &str) -> Value {
        json!({
            "chat_id": self.chat,
            "text": text,
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": true},
        })
    }

    fn new_message(&self, note: &Note, text: &str) -> Value {
        let mut body = self.message(text);
        if let Some(topic) = self.topic {
            body["message_thread_id"] = topic.into();
        }
        if note.state == State::Digest {
            body["disable_notification"] = true.into();
        }
        body
    }
}

impl Http for Telegram {
    fn steps(&self, note: &Note, previous: Option<&str>) -> Result<Vec<Step>, DeliveryError> {
        let text = text(note);
        let first = referred(previous, &self.chat).and_then(|id| id.parse::<i64>().ok()).zip(previous);
        let Some((id, previous)) = first else {
            return Ok(vec![Step::send(post(self.method("sendMessage")?, &self.new_message(note, &text)))]);
        };
        let mut edit = self.message(&text);
        edit["message_id"] = id.into();
        let mut steps = vec![Step::edit(post(self.method("editMessageText")?, &edit), previous)];
        if note.is_aloud() {
            let mut reply = self.new_message(note, &headline(note));
            reply["reply_parameters"] = json!({"message_id": id, "allow_sending_without_reply": true});
            steps.push(Step::send(post(self.method("sendMessage")?, &reply)));
        }
        Ok(steps)
    }

    fn judge(&self, step: &Step, seen: &Seen<'_>) -> Result<Delivered, DeliveryError> {
        let json = seen.json();
        let said = json["description"].as_str().unwrap_or_default().to_ascii_lowercase();
        if step.role == Role::Edit && seen.status == 400 {
            if said.contains("message is not modified") {
                return Ok(step.delivered(seen, None));
            }
            let gone = ["message to edit not found", "message can't be edited", "message_id_invalid"];
            if gone.iter().any(|words| said.contains(words)) {
                return Err(DeliveryError::Gone { answer: seen.answer() });
            }
        }
        if seen.status == 400 && said.contains("chat not found") {
            return Err(DeliveryError::wrong(
                "Telegram does not know the chat. Check its number, and send the bot a first message or add it to the group.",
                seen.answer(),
            ));
        }
        if let Some(chat) = json["parameters"]["migrate_to_chat_id"].as_i64() {
            return Err(DeliveryError::wrong(
                format!("The group of Telegram has a new number: enter {chat} as the chat."),
                seen.answer(),
            ));
        }
        let asked = json["parameters"]["retry_after"].as_u64().map(Duration::from_secs);
        WORDS.judge_with(seen, asked.or(seen.retry_after()))?;
        match json["result"]["message_id"].as_i64().filter(|_| json["ok"] == true) {
            Some(id) => Ok(step.delivered(seen, Some(reference(&id.to_string(), &self.chat)))),
            None => Err(WORDS.foreign(seen)),
        }
    }

    fn accepts_any_certificate(&self) -> bool {
        self.accept_any_certificate
    }
}

fn headline(note: &Note) -> String {
    format!("{} <b>{}</b>", note.sign(), html(&note.title))
}

/// The whole text. It is cut before it is escaped: markup does not count, and is not cut in two.
fn text(note: &Note) -> String {
    let links: Vec<(String, usize)> = note.all_links().map(|(label, url)| link(label, url)).collect();
    let taken = format!("{} {}\n\n\n", note.sign(), note.title).encode_utf16().count();
    let mut room = TEXT_MAX.saturating_sub(taken);
    let mut kept = Vec::new();
    for (markup, length) in links {
        // What happened matters more than the further pages.
        if length < room / 2 {
            room -= length + 1;
            kept.push(markup);
        }
    }
    let mut text = headline(note);
    if !note.body.is_empty() {
        text.push_str("\n\n");
        text.push_str(&html(&cut_utf16(&note.body, room)));
    }
    if !kept.is_empty() {
        text.push_str("\n\n");
        text.push_str(&kept.join("\n"));
    }
    text
}

/// A link as markup, and how long it is without. Names without a dot are links to nobody at
/// Telegram, so there the address is written out.
fn link(label: &str, url: &str) -> (String, usize) {
    if has_full_name(url) {
        (format!("<a href=\"{}\">{}</a>", html(url), html(label)), label.encode_utf16().count())
    } else {
        let text = format!("{label}: {url}");
        (html(&text), text.encode_utf16().count())
    }
}
