//! Mattermost: <https://developers.mattermost.com/integrate/webhooks/incoming/> and
//! <https://developers.mattermost.com/api-documentation/> (`POST /api/v4/posts`, `PUT …/patch`).

use http::header;
use http_probe::{Method, Request};
use serde_json::{Value, json};

use crate::channel::{Service, Way};
use crate::exchange::{
    Http, Role, Seen, Step, Words, address, bearer, below, json as with_json, reference, referred,
};
use crate::fields::{ANY_CERTIFICATE, Field, Kind, Reader, Writer, Wrong};
use crate::markdown::{escaped, link};
use crate::note::Note;
use crate::outcome::{Delivered, DeliveryError};
use crate::secret::Secret;
use crate::text::cut;

/// Longest text in characters: older servers take 4,000 in all.
const TEXT_MAX: usize = 3500;

const WORDS: Words = Words {
    name: "Mattermost",
    login: "Check the token, and whether the bot may write to the channel.",
    place: "Check the address of the webhook, or of the server and the id of the channel.",
    at_home: true,
};

/// A channel of Mattermost, reached by an incoming webhook or by a bot.
///
/// A bot edits the first message of a thread and replies to it with what should be heard; a webhook
/// can only send new messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mattermost {
    /// The address of an incoming webhook.
    pub webhook: Option<Secret>,
    /// Address of the server, for a bot.
    pub server: Option<String>,
    /// The access token of a bot.
    pub token: Option<Secret>,
    /// For a bot the id of the channel, for a webhook the name of another one than its own.
    pub channel: Option<String>,
    /// Whether private things go to a server whose certificate is not trusted.
    pub accept_any_certificate: bool,
}

impl Service for Mattermost {
    const KIND: Kind = Kind {
        id: "mattermost",
        title: "Mattermost",
        help: "Either make an incoming webhook and enter its address, or make a bot, add it to the channel and enter the server, the bot's token and the id of the channel: a bot can update what it wrote.",
        fields: &[
            Field::address("webhook", "Webhook address").help("Whoever knows it can write to the channel; it is not shown again.").example("https://chat.example/hooks/…").secret(),
            Field::address("server", "Server").help("For a bot.").example("https://chat.example"),
            Field::line("token", "Bot token").help("For a bot.").secret(),
            Field::line("channel", "Channel").help("For a bot the id of the channel, from “View info”; for a webhook another channel than its own, by name.").example("4xp9fdt7pbgium38k0k6w95oa4"),
            ANY_CERTIFICATE,
        ],
    };

    fn read(values: &Reader<'_>) -> Self {
        Self {
            webhook: values.optional_secret("webhook"),
            server: values.optional("server"),
            token: values.optional_secret("token"),
            channel: values.optional("channel"),
            accept_any_certificate: values.tick("accept_any_certificate"),
        }
    }

    fn write(&self, out: &mut Writer) {
        out.optional_secret("webhook", self.webhook.as_ref())
            .optional("server", self.server.as_ref())
            .optional_secret("token", self.token.as_ref())
            .optional("channel", self.channel.as_ref())
            .tick("accept_any_certificate", self.accept_any_certificate);
    }

    fn wrong(&self) -> Vec<Wrong> {
        let wrong = match (&self.webhook, &self.server, &self.token, &self.channel) {
            (None, None, None, _) => {
                vec![("webhook", "Enter the address of a webhook, or a server and the token of a bot.")]
            }
            (Some(_), _, Some(_), _) | (Some(_), Some(_), _, _) => {
                vec![("webhook", "Enter either a webhook, or a server with a bot.")]
            }
            (Some(_), None, None, _) => Vec::new(),
            (None, server, token, channel) => {
                let mut wrong = Vec::new();
                if server.is_none() {
                    wrong.push(("server", "A bot needs the address of the server."));
                }
                if token.is_none() {
                    wrong.push(("token", "A bot needs a token."));
                }
                if channel.is_none() {
                    wrong.push(("channel", "A bot needs the id of a channel to write to."));
                }
                wrong
            }
        };
        wrong.into_iter().map(|(field, sentence)| (field.to_owned(), sentence.to_owned())).collect()
    }

    fn way(&self) -> Way<'_> {
        Way::Http(self)
    }

    fn place(&self) -> String {
        match (&self.server, &self.channel) {
            (Some(server), Some(channel)) => format!("the channel {channel} of Mattermost at {server}"),
            _ => "a webhook of Mattermost".to_owned(),
        }
    }
}

fn attachment(note: &Note) -> Value {
    let links: Vec<String> = note.all_links().map(|(label, url)| link(label, url)).collect();
    let text = format!("{}\n\n{}", cut(&escaped(&note.body), TEXT_MAX), links.join(" · "));
    let mut attachment = json!({
        "fallback": format!("{} {}", note.sign(), note.title),
        "color": format!("#{:06x}", note.colour()),
        "title": format!("{} {}", note.sign(), note.title),
        "text": text.trim(),
    });
    if let Some(url) = &note.link {
        attachment["title_link"] = url.as_str().into();
    }
    attachment
}

impl Mattermost {
    fn by_webhook(&self, webhook: &Secret, note: &Note) -> Result<Vec<Step>, DeliveryError> {
        let mut body = json!({"attachments": [attachment(note)]});
        if let Some(channel) = &self.channel {
            body["channel"] = channel.as_str().into();
        }
        Ok(vec![Step::send(with_json(Method::POST, address(webhook.reveal())?, &body))])
    }

    fn bot(&self, method: Method, path: &[&str], body: &Value) -> Result<Request, DeliveryError> {
        let server = self.server.as_deref().unwrap_or_default();
        let token = self.token.as_ref().map_or("", Secret::reveal);
        let segments = [&["api", "v4", "posts"], path].concat();
        let mut request = with_json(method, below(server, &segments)?, body);
        request.headers.push((header::AUTHORIZATION, bearer(token)?));
        Ok(request)
    }

    fn by_bot(&self, note: &Note, previous: Option<&str>) -> Result<Vec<Step>, DeliveryError> {
        let channel = self.channel.as_deref().unwrap_or_default();
        // The text stands in the attachment alone; phones show it in what pops up.
        let props = json!({"attachments": [attachment(note)]});
        let Some((id, previous)) = referred(previous, channel).zip(previous) else {
            let body = json!({"channel_id": channel, "message": "", "props": props});
            return Ok(vec![Step::send(self.bot(Method::POST, &[], &body)?)]);
        };
        let edit = json!({"message": "", "props": props});
        let mut steps = vec![Step::edit(self.bot(Method::PUT, &[id, "patch"], &edit)?, previous)];
        if note.is_aloud() {
            let text = format!("{} {}", note.sign(), escaped(&note.title));
            let reply = json!({"channel_id": channel, "root_id": id, "message": text});
            steps.push(Step::send(self.bot(Method::POST, &[], &reply)?));
        }
        Ok(steps)
    }
}

impl Http for Mattermost {
    fn steps(&self, note: &Note, previous: Option<&str>) -> Result<Vec<Step>, DeliveryError> {
        match &self.webhook {
            Some(webhook) => self.by_webhook(webhook, note),
            None => self.by_bot(note, previous),
        }
    }

    fn judge(&self, step: &Step, seen: &Seen<'_>) -> Result<Delivered, DeliveryError> {
        if step.role == Role::Edit && matches!(seen.status, 400 | 404 | 410) {
            return Err(DeliveryError::Gone { answer: seen.answer() });
        }
        WORDS.judge(seen)?;
        if self.webhook.is_some() {
            return if seen.body.trim_ascii() == b"ok" {
                Ok(step.delivered(seen, None))
            } else {
                Err(WORDS.foreign(seen))
            };
        }
        let channel = self.channel.as_deref().unwrap_or_default();
        match seen.json()["id"].as_str() {
            Some(id) => Ok(step.delivered(seen, Some(reference(id, channel)))),
            None => Err(WORDS.foreign(seen)),
        }
    }

    fn accepts_any_certificate(&self) -> bool {
        self.accept_any_certificate
    }
}
