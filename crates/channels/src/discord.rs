//! Discord's webhooks: <https://discord.com/developers/docs/resources/webhook> and
//! <https://discord.com/developers/docs/resources/message#embed-object-embed-limits>.

use std::time::Duration;

use http_probe::{Method, Url};
use serde_json::{Value, json};

use crate::channel::{Service, Way};
use crate::exchange::{Http, Role, Seen, Step, Words, address, json as with_json, post};
use crate::fields::{Field, Kind, Reader, Writer, Wrong};
use crate::markdown::{escaped, link};
use crate::note::{Note, has_full_name};
use crate::outcome::{Delivered, DeliveryError};
use crate::secret::Secret;
use crate::text::{cut, cut_utf16};

/// Longest title of an embed, in characters.
const TITLE_MAX: usize = 256;
/// Longest description of an embed, in characters.
const DESCRIPTION_MAX: usize = 4096;
/// Longest text beside an embed, in characters.
const CONTENT_MAX: usize = 2000;
/// Longest name which a message is sent under, in characters.
const NAME_MAX: usize = 80;

const WORDS: Words = Words {
    name: "Discord",
    login: "Make a new webhook in the settings of the channel and enter its address.",
    place: "The webhook is gone: make a new one in the settings of the channel and enter its address.",
    at_home: false,
};

/// A webhook of a channel of Discord. Its address is a secret: whoever has it can write there.
///
/// The first message of a thread is edited. A webhook cannot reply, so what should be heard is a
/// short message of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discord {
    /// The address of the webhook.
    pub url: Secret,
    /// The name which messages are sent under, in place of that of the webhook.
    pub name: Option<String>,
    /// The number of a thread in the channel.
    pub thread: Option<u64>,
}

impl Service for Discord {
    const KIND: Kind = Kind {
        id: "discord",
        title: "Discord",
        help: "In the settings of the channel, under Integrations, make a webhook and copy its address.",
        fields: &[
            Field::address("url", "Webhook address")
                .help("Whoever knows it can write to the channel; it is not shown again.")
                .example("https://discord.com/api/webhooks/…")
                .secret()
                .required(),
            Field::line("name", "Name").help("Under which messages appear; left blank, that of the webhook."),
            Field::number("thread", "Thread", 1, i64::MAX).help("The number of a thread in the channel."),
        ],
    };

    fn read(values: &Reader<'_>) -> Self {
        Self { url: values.secret("url"), name: values.optional("name"), thread: values.number("thread") }
    }

    fn write(&self, out: &mut Writer) {
        out.secret("url", &self.url)
            .optional("name", self.name.as_ref())
            .optional("thread", self.thread.as_ref());
    }

    fn wrong(&self) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let path = Url::parse(self.url.reveal()).map(|url| url.path_and_query().to_owned());
        let is_webhook = path.is_ok_and(|path| path.contains("/webhooks/") && !path.contains('?'));
        if !is_webhook {
            wrong.push((
                "url".to_owned(),
                "This is not the address of a webhook: it has “/webhooks/” in it, and no “?”.".to_owned(),
            ));
        }
        if self.name.as_ref().is_some_and(|name| name.chars().count() > NAME_MAX) {
            wrong.push(("name".to_owned(), format!("The name is longer than {NAME_MAX} characters.")));
        }
        wrong
    }

    fn way(&self) -> Way<'_> {
        Way::Http(self)
    }

    fn place(&self) -> String {
        let host = Url::parse(self.url.reveal()).map(|url| url.authority());
        format!("a webhook of Discord at {}", host.unwrap_or_default())
    }
}

impl Discord {
    /// The address of the webhook, or of a message of it.
    fn at(&self, message: Option<&str>) -> Result<Url, DeliveryError> {
        let base = self.url.reveal().trim_end_matches('/');
        let path = message.map_or(String::new(), |id| format!("/messages/{id}"));
        let thread = self.thread.map_or(String::new(), |thread| format!("&thread_id={thread}"));
        address(&format!("{base}{path}?wait=true{thread}"))
    }

    fn new_message(&self, mut body: Value) -> Value {
        if let Some(name) = &self.name {
            body["username"] = name.as_str().into();
        }
        body
    }
}

/// A link in a text.
fn written((label, url): (&str, &str)) -> String {
    if has_full_name(url) { link(label, url) } else { format!("{}: {url}", escaped(label)) }
}

/// The message as an embed. Nobody is mentioned whatever the text says.
fn embed(note: &Note) -> Value {
    // An embed with the address of a name of the house alone is refused as a whole.
    let main = note.link.as_deref().filter(|url| has_full_name(url));
    let others = note.all_links().skip(usize::from(main.is_some()));
    let links: Vec<String> = others.map(written).collect();
    let links = links.join("\n");
    let mut text = escaped(&note.body);
    let room = DESCRIPTION_MAX.saturating_sub(links.encode_utf16().count() + 2);
    // What was escaped may be cut in two here, which leaves a lone backslash: it shows, no more.
    text = cut_utf16(&text, room);
    if !links.is_empty() && links.encode_utf16().count() < DESCRIPTION_MAX / 2 {
        text = format!("{text}\n\n{links}").trim_start().to_owned();
    }
    let title = cut_utf16(&format!("{} {}", note.sign(), escaped(&note.title)), TITLE_MAX);
    let mut embed = json!({
        "title": title,
        "description": text,
        "color": note.colour(),
        "timestamp": note.at.to_string(),
    });
    if let Some(url) = main {
        embed["url"] = url.into();
    }
    json!({"embeds": [embed], "allowed_mentions": {"parse": []}})
}

impl Http for Discord {
    fn steps(&self, note: &Note, previous: Option<&str>) -> Result<Vec<Step>, DeliveryError> {
        let is_id = |id: &&str| id.bytes().all(|byte| byte.is_ascii_digit()) && !id.is_empty();
        let Some(id) = previous.filter(is_id) else {
            return Ok(vec![Step::send(post(self.at(None)?, &self.new_message(embed(note))))]);
        };
        let mut steps = vec![Step::edit(with_json(Method::PATCH, self.at(Some(id))?, &embed(note)), id)];
        if note.is_aloud() {
            let short = cut(&format!("{} {}", note.sign(), escaped(&note.title)), CONTENT_MAX);
            let short = self.new_message(json!({"content": short, "allowed_mentions": {"parse": []}}));
            steps.push(Step::send(post(self.at(None)?, &short)));
        }
        Ok(steps)
    }

    fn judge(&self, step: &Step, seen: &Seen<'_>) -> Result<Delivered, DeliveryError> {
        const UNKNOWN_MESSAGE: u64 = 10008;
        let json = seen.json();
        if step.role == Role::Edit && seen.status == 404 && json["code"].as_u64() == Some(UNKNOWN_MESSAGE) {
            return Err(DeliveryError::Gone { answer: seen.answer() });
        }
        let asked = json["retry_after"].as_f64().and_then(|wait| Duration::try_from_secs_f64(wait).ok());
        WORDS.judge_with(seen, asked.or(seen.retry_after()))?;
        match json["id"].as_str() {
            Some(id) => Ok(step.delivered(seen, Some(id.to_owned()))),
            None => Err(WORDS.foreign(seen)),
        }
    }
}
