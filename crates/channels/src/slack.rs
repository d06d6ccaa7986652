//! Slack: <https://docs.slack.dev/reference/methods/chat.postMessage>, `chat.update`, and
//! <https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>.

use http::header;
use http_probe::Request;
use serde_json::{Value, json};

use crate::channel::{Service, Way};
use crate::exchange::{Http, Role, Seen, Step, Words, address, bearer, below, post, reference, referred};
use crate::fields::{Field, Kind, Reader, Writer, Wrong};
use crate::note::Note;
use crate::outcome::{Delivered, DeliveryError};
use crate::secret::Secret;
use crate::text::cut;

/// Longest text in characters: Slack advises at most this many.
const TEXT_MAX: usize = 4000;
const SERVER: &str = "https://slack.com/api";

const WORDS: Words = Words {
    name: "Slack",
    login: "Check the token or the address of the webhook, and whether the app is still installed.",
    place: "Check the address of the webhook: the app or its channel may be gone.",
    at_home: false,
};

/// A channel of Slack, reached by an incoming webhook or by a bot.
///
/// A bot edits the first message of a thread and replies to it with what should be heard; a webhook
/// can only send new messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slack {
    /// The address of an incoming webhook.
    pub webhook: Option<Secret>,
    /// The token of a bot with the scope `chat:write`.
    pub token: Option<Secret>,
    /// The id of the channel which the bot writes to, or its name.
    pub channel: Option<String>,
    /// Address of the API.
    pub server: String,
}

impl Service for Slack {
    const KIND: Kind = Kind {
        id: "slack",
        title: "Slack",
        help: "Make an app for your workspace. Either give it an incoming webhook and enter its address, or give its bot the scope chat:write, invite it to the channel and enter its token: a bot can update what it wrote.",
        fields: &[
            Field::address("webhook", "Webhook address")
                .help("Whoever knows it can write to the channel; it is not shown again.")
                .example("https://hooks.slack.com/services/…")
                .secret(),
            Field::line("token", "Bot token").example("xoxb-…").secret(),
            Field::line("channel", "Channel")
                .help("Which the bot writes to: its id, or its name.")
                .example("C0123456789"),
            Field::address("server", "API address")
                .help("Only where Slack told you another one.")
                .example(SERVER),
        ],
    };

    fn read(values: &Reader<'_>) -> Self {
        Self {
            webhook: values.optional_secret("webhook"),
            token: values.optional_secret("token"),
            channel: values.optional("channel"),
            server: values.text_or("server", SERVER),
        }
    }

    fn write(&self, out: &mut Writer) {
        let own = if self.server == SERVER { "" } else { &self.server };
        out.optional_secret("webhook", self.webhook.as_ref())
            .optional_secret("token", self.token.as_ref())
            .optional("channel", self.channel.as_ref())
            .text("server", own);
    }

    fn wrong(&self) -> Vec<Wrong> {
        let wrong = match (&self.webhook, &self.token, &self.channel) {
            (None, None, _) => Some(("webhook", "Enter the address of a webhook, or the token of a bot.")),
            (Some(_), Some(_), _) => Some(("token", "Enter either a webhook or a bot, not both.")),
            (None, Some(_), None) => Some(("channel", "A bot needs a channel to write to.")),
            (Some(_), None, Some(_)) => Some(("channel", "A webhook has its own channel: leave this blank.")),
            _ => None,
        };
        wrong.into_iter().map(|(field, sentence)| (field.to_owned(), sentence.to_owned())).collect()
    }

    fn way(&self) -> Way<'_> {
        Way::Http(self)
    }

    fn place(&self) -> String {
        match &self.channel {
            Some(channel) => format!("the channel {channel} of Slack"),
            None => "a webhook of Slack".to_owned(),
        }
    }
}

/// The three characters which begin markup, escaped:
/// <https://docs.slack.dev/messaging/formatting-message-text#escaping>.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A link. A bar would end its address.
fn link(label: &str, url: &str) -> String {
    format!("<{}|{}>", escaped(&url.replace('|', "%7C")), escaped(&label.replace('|', "/")))
}

fn headline(note: &Note) -> String {
    escaped(&format!("{} {}", note.sign(), note.title))
}

/// A message without any markup but its links; stars and underscores stay as they are.
fn message(note: &Note) -> Value {
    let links: Vec<String> = note.all_links().map(|(label, url)| link(label, url)).collect();
    let text = format!("{}\n{}", escaped(&cut(&note.body, TEXT_MAX)), links.join("  ·  "));
    json!({
        "text": headline(note),
        "mrkdwn": false,
        "unfurl_links": false,
        "unfurl_media": false,
        "attachments": [{
            "color": format!("#{:06x}", note.colour()),
            "fallback": headline(note),
            "text": text.trim(),
            "mrkdwn_in": [],
            "ts": note.at.as_second(),
        }],
    })
}

impl Slack {
    fn bot(&self, token: &Secret, method: &str, body: &Value) -> Result<Request, DeliveryError> {
        let mut request = post(below(&self.server, &[method])?, body);
        let kind = header::HeaderValue::from_static("application/json; charset=utf-8");
        request.headers.retain(|(name, _)| name != header::CONTENT_TYPE);
        request.headers.push((header::CONTENT_TYPE, kind));
        request.headers.push((header::AUTHORIZATION, bearer(token.reveal())?));
        Ok(request)
    }

    fn by_bot(
        &self,
        token: &Secret,
        note: &Note,
        previous: Option<&str>,
    ) -> Result<Vec<Step>, DeliveryError> {
        let channel = self.channel.as_deref().unwrap_or_default();
        // The id holds the message's time and the id of its channel, which may be set by its name.
        let first = referred(previous, channel).and_then(|id| id.split_once('@')).zip(previous);
        let mut body = message(note);
        let Some(((ts, id), previous)) = first else {
            body["channel"] = channel.into();
            return Ok(vec![Step::send(self.bot(token, "chat.postMessage", &body)?)]);
        };
        body["channel"] = id.into();
        body["ts"] = ts.into();
        let mut steps = vec![Step::edit(self.bot(token, "chat.update", &body)?, previous)];
        if note.is_aloud() {
            let reply = json!({
                "channel": id, "thread_ts": ts, "reply_broadcast": true, "mrkdwn": false, "text": headline(note),
            });
            steps.push(Step::send(self.bot(token, "chat.postMessage", &reply)?));
        }
        Ok(steps)
    }
}

impl Http for Slack {
    fn steps(&self, note: &Note, previous: Option<&str>) -> Result<Vec<Step>, DeliveryError> {
        match (&self.token, &self.webhook) {
            (Some(token), _) => self.by_bot(token, note, previous),
            (None, Some(webhook)) => Ok(vec![Step::send(post(address(webhook.reveal())?, &message(note)))]),
            (None, None) => Err(DeliveryError::unsendable("Slack has neither a webhook nor a bot.")),
        }
    }

    fn judge(&self, step: &Step, seen: &Seen<'_>) -> Result<Delivered, DeliveryError> {
        WORDS.judge(seen)?;
        if self.token.is_none() {
            // A webhook says `ok`, and nothing of the message.
            return if seen.body.trim_ascii() == b"ok" {
                Ok(step.delivered(seen, None))
            } else {
                Err(WORDS.foreign(seen))
            };
        }
        let json = seen.json();
        if json["ok"] == true {
            let channel = self.channel.as_deref().unwrap_or_default();
            let id = json["ts"].as_str().zip(json["channel"].as_str());
            let kept = id.map(|(ts, id)| reference(&format!("{ts}@{id}"), channel));
            return Ok(step.delivered(seen, kept));
        }
        match json["error"].as_str() {
            Some(error) => Err(refused(error, step.role, seen)),
            None => Err(WORDS.foreign(seen)),
        }
    }
}

/// What Slack means by an error: <https://docs.slack.dev/reference/methods/chat.postMessage#errors>.
fn refused(error: &str, role: Role, seen: &Seen<'_>) -> DeliveryError {
    let answer = seen.answer();
    let gone = ["message_not_found", "cant_update_message", "edit_window_closed", "is_inactive"];
    if role == Role::Edit && gone.contains(&error) {
        return DeliveryError::Gone { answer };
    }
    let what = match error {
        "ratelimited"
        | "rate_limited"
        | "internal_error"
        | "fatal_error"
        | "service_unavailable"
        | "request_timeout" => {
            return DeliveryError::later(
                format!("Slack cannot take the message now ({error})."),
                answer,
                seen.retry_after(),
            );
        }
        "invalid_auth" | "not_authed" | "account_inactive" | "token_revoked" | "token_expired" => {
            "Slack refused the token: enter that of a bot which is installed."
        }
        "missing_scope" => "The bot lacks a right: give it the scope chat:write and install the app again.",
        "not_in_channel" => "The bot is not in the channel: invite it there.",
        "channel_not_found" => {
            "Slack does not know the channel, or the bot is not in it: check its id and invite the bot."
        }
        "is_archived" => "The channel is archived: enter another one.",
        _ => return DeliveryError::wrong(format!("Slack refused the message ({answer})."), answer),
    };
    DeliveryError::wrong(what, answer)
}
