//! All kinds of channels as one.
//!
//! A new service is a module with a [`Service`], a variant of [`Channel`], and a line each in
//! `each!`, in [`KINDS`] and in [`Channel::read`]. One which is not reached over HTTP is a new
//! [`Way`], which `sender` goes.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::apprise_api::AppriseApi;
use crate::apprise_command::AppriseCommand;
use crate::discord::Discord;
use crate::exchange::Http;
use crate::fields::{self, ANY_CERTIFICATE, Field, Input, Kind, Reader, Values, Writer, Wrong, tick};
use crate::gotify::Gotify;
use crate::home_assistant::HomeAssistant;
use crate::mail::Mail;
use crate::matrix::Matrix;
use crate::mattermost::Mattermost;
use crate::mqtt::Mqtt;
use crate::ntfy::Ntfy;
use crate::pushover::Pushover;
use crate::signal::Signal;
use crate::slack::Slack;
use crate::telegram::Telegram;
use crate::webhook::Webhook;

/// What every service says of itself.
pub(crate) trait Service: Sized {
    /// How it is set up.
    const KIND: Kind;

    /// Reads the values of its fields, which have been checked against their descriptions.
    fn read(values: &Reader<'_>) -> Self;

    /// Writes them, also the secret ones.
    fn write(&self, out: &mut Writer);

    /// What is wrong beyond what the descriptions of the fields tell.
    fn wrong(&self) -> Vec<Wrong> {
        Vec::new()
    }

    /// How it is reached.
    fn way(&self) -> Way<'_>;

    /// Where it goes, without anything secret: completes "messages go to ...".
    fn place(&self) -> String;
}

/// Where to tell people something, and how.
///
/// Serialized it is `{"kind": "ntfy", …}` with its fields as in [`Channel::kinds`], the secret ones
/// in the clear: whoever keeps it seals it. What is read is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Channel {
    /// Any program which takes a request over HTTP.
    Webhook(Webhook),
    /// A server of ntfy.
    Ntfy(Ntfy),
    /// A server of Gotify.
    Gotify(Gotify),
    /// A user or a group of Pushover.
    Pushover(Pushover),
    /// A bot of Telegram.
    Telegram(Telegram),
    /// A webhook of Discord.
    Discord(Discord),
    /// A channel of Slack.
    Slack(Slack),
    /// A channel of Mattermost.
    Mattermost(Mattermost),
    /// A room of Matrix.
    Matrix(Matrix),
    /// People and groups of Signal.
    Signal(Signal),
    /// A notify service of Home Assistant.
    HomeAssistant(HomeAssistant),
    /// A server of Apprise API.
    AppriseApi(AppriseApi),
    /// The program Apprise on this machine.
    AppriseCommand(AppriseCommand),
    /// A topic of an MQTT broker.
    Mqtt(Mqtt),
    /// People with an address of mail.
    Mail(Mail),
}

/// Said of a secret which would go elsewhere.
const AGAIN: &str = "It would be sent elsewhere than before, or less safely: type it again.";

/// How a service is reached.
pub(crate) enum Way<'a> {
    /// By requests over HTTP.
    Http(&'a dyn Http),
    /// By a program.
    AppriseCommand(&'a AppriseCommand),
    /// By a broker.
    Mqtt(&'a Mqtt),
    /// By a mail server.
    Mail(&'a Mail),
}

/// Does the same for whichever service it is.
macro_rules! each {
    ($channel:expr, $it:ident => $what:expr) => {
        match $channel {
            Channel::Webhook($it) => $what,
            Channel::Ntfy($it) => $what,
            Channel::Gotify($it) => $what,
            Channel::Pushover($it) => $what,
            Channel::Telegram($it) => $what,
            Channel::Discord($it) => $what,
            Channel::Slack($it) => $what,
            Channel::Mattermost($it) => $what,
            Channel::Matrix($it) => $what,
            Channel::Signal($it) => $what,
            Channel::HomeAssistant($it) => $what,
            Channel::AppriseApi($it) => $what,
            Channel::AppriseCommand($it) => $what,
            Channel::Mqtt($it) => $what,
            Channel::Mail($it) => $what,
        }
    };
}

const KINDS: &[Kind] = &[
    Mail::KIND,
    Ntfy::KIND,
    Telegram::KIND,
    Signal::KIND,
    Matrix::KIND,
    Discord::KIND,
    Slack::KIND,
    Mattermost::KIND,
    Gotify::KIND,
    Pushover::KIND,
    HomeAssistant::KIND,
    Mqtt::KIND,
    AppriseApi::KIND,
    AppriseCommand::KIND,
    Webhook::KIND,
];

impl Channel {
    /// Every kind of channel: its title and what is to be filled in.
    #[must_use]
    pub fn kinds() -> &'static [Kind] {
        KINDS
    }

    /// The kind with this id.
    #[must_use]
    pub fn kind_of(id: &str) -> Option<&'static Kind> {
        KINDS.iter().find(|kind| kind.id == id)
    }

    /// Makes a channel of a kind out of the values of its fields.
    ///
    /// # Errors
    ///
    /// For each field that is wrong its name and a sentence; the name is empty where the whole is
    /// meant.
    pub fn from_fields(kind: &str, values: &Values) -> Result<Self, Vec<Wrong>> {
        let Some(described) = Self::kind_of(kind) else {
            let ids: Vec<&str> = KINDS.iter().map(|kind| kind.id).collect();
            return Err(vec![(
                String::new(),
                format!("There is no such kind of channel; there are {}.", ids.join(", ")),
            )]);
        };
        let wrong = fields::check(described, values);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let channel = Self::read(described.id, &Reader::new(values));
        let wrong = each!(&channel, it => it.wrong());
        if wrong.is_empty() { Ok(channel) } else { Err(wrong) }
    }

    fn read(id: &str, values: &Reader<'_>) -> Self {
        match id {
            "ntfy" => Self::Ntfy(Ntfy::read(values)),
            "gotify" => Self::Gotify(Gotify::read(values)),
            "pushover" => Self::Pushover(Pushover::read(values)),
            "telegram" => Self::Telegram(Telegram::read(values)),
            "discord" => Self::Discord(Discord::read(values)),
            "slack" => Self::Slack(Slack::read(values)),
            "mattermost" => Self::Mattermost(Mattermost::read(values)),
            "matrix" => Self::Matrix(Matrix::read(values)),
            "signal" => Self::Signal(Signal::read(values)),
            "home_assistant" => Self::HomeAssistant(HomeAssistant::read(values)),
            "apprise_api" => Self::AppriseApi(AppriseApi::read(values)),
            "apprise_command" => Self::AppriseCommand(AppriseCommand::read(values)),
            "mqtt" => Self::Mqtt(Mqtt::read(values)),
            "mail" => Self::Mail(Mail::read(values)),
            _ => Self::Webhook(Webhook::read(values)),
        }
    }

    /// This channel with the values of a form that showed [`to_fields`](Self::to_fields): a secret
    /// which is left blank stays as it is, unless `forget` names its field.
    ///
    /// When an address changes, or certificates need not be trusted any more, secrets have to be
    /// typed again, so that nobody can send them to where they were not meant for.
    ///
    /// # Errors
    ///
    /// As [`from_fields`](Self::from_fields).
    pub fn updated(&self, values: &Values, forget: &[&str]) -> Result<Self, Vec<Wrong>> {
        let mut values = values.clone();
        let moved = self.is_moved_by(&values);
        let mut again = Vec::new();
        for (name, value) in self.all_fields() {
            let blank = values.get(&name).is_none_or(|new| new.trim().is_empty());
            if !blank || !self.is_secret(&name) || forget.contains(&name.as_str()) {
                continue;
            }
            if moved {
                again.push((name, AGAIN.to_owned()));
            } else {
                values.insert(name, value);
            }
        }
        if !again.is_empty() {
            return Err(again);
        }
        Self::from_fields(self.kind().id, &values)
    }

    /// Whether these values lead elsewhere, or on a less safe way.
    fn is_moved_by(&self, values: &Values) -> bool {
        let old = self.all_fields();
        self.kind().fields.iter().any(|field| {
            let value = |values: &Values| values.get(field.name).map(|value| value.trim().to_owned());
            let [old, new] = [&old, values].map(|values| value(values).unwrap_or_default());
            leads_elsewhere(field, &old, &new)
        })
    }

    /// What kind it is.
    #[must_use]
    pub fn kind(&self) -> &'static Kind {
        let id = each!(self, it => id_of(it));
        // Every kind is in the list, see the tests.
        KINDS.iter().find(|kind| kind.id == id).unwrap_or(&KINDS[0])
    }

    /// The values of its fields for a form: secrets are blank. [`is_set`](Self::is_set) tells
    /// whether there is one.
    #[must_use]
    pub fn to_fields(&self) -> Values {
        let shown = |(name, value): (String, String)| {
            let value = if self.is_secret(&name) { String::new() } else { value };
            (name, value)
        };
        self.all_fields().into_iter().map(shown).collect()
    }

    /// Whether a field has a value, be it secret or not.
    #[must_use]
    pub fn is_set(&self, field: &str) -> bool {
        self.all_fields().contains_key(field)
    }

    /// Where it goes, without anything secret: completes "messages go to ...".
    #[must_use]
    pub fn place(&self) -> String {
        each!(self, it => it.place())
    }

    /// What is wrong with it, as [`from_fields`](Self::from_fields) says it; for one that was made
    /// by hand.
    #[must_use]
    pub fn check(&self) -> Vec<Wrong> {
        Self::from_fields(self.kind().id, &self.all_fields()).err().unwrap_or_default()
    }

    /// How it is reached.
    pub(crate) fn way(&self) -> Way<'_> {
        each!(self, it => it.way())
    }

    /// All values, also secret ones.
    fn all_fields(&self) -> Values {
        let mut out = Writer::default();
        each!(self, it => it.write(&mut out));
        out.into_values()
    }

    fn is_secret(&self, name: &str) -> bool {
        self.kind().fields.iter().any(|field| field.name == name && field.secret)
    }

    /// Everything that must never be shown: also the parts of secret addresses and the values in
    /// secret lines.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let values = self.all_fields().into_iter().filter(|(name, _)| self.is_secret(name));
        values.flat_map(|(_, value)| parts(&value)).collect()
    }
}

/// Whether another value of a field takes secrets to another place, or less safely to the same.
fn leads_elsewhere(field: &Field, old: &str, new: &str) -> bool {
    let is_set = |value| tick(value) == Some(true);
    match (field.name, field.input) {
        // A secret address which is left blank stays.
        ("server" | "port", _) | (_, Input::Address) => new != old && !(field.secret && new.is_empty()),
        ("tls", _) => is_set(old) && !is_set(new),
        ("encryption", _) => new == "none" && old != new,
        (name, _) => name == ANY_CERTIFICATE.name && is_set(new) && !is_set(old),
    }
}

/// A secret value and the parts of it which are as secret.
fn parts(value: &str) -> Vec<String> {
    /// A shorter part of an address is a word like any other.
    const PART_MIN: usize = 8;
    let mut parts = vec![value.to_owned()];
    for line in value.lines() {
        parts.push(line.trim().to_owned());
        if let Some((_, address)) = line.split_once("://") {
            let path = address.split_once('/').map_or("", |(_, path)| path);
            let pieces = [address, path].into_iter().chain(address.split(['/', '?', '&', '=', '@', ':']));
            parts.extend(pieces.filter(|piece| piece.len() >= PART_MIN).map(str::to_owned));
        } else if let Some((_, value)) = line.split_once(':') {
            parts.push(value.trim().to_owned());
        }
    }
    parts
}

fn id_of<S: Service>(_: &S) -> &'static str {
    S::KIND.id
}

impl Serialize for Channel {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut values = self.all_fields();
        values.insert("kind".to_owned(), self.kind().id.to_owned());
        values.serialize(out)
    }
}

/// A value as settings have it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Scalar {
    Text(String),
    Tick(bool),
    Number(i64),
    List(Vec<String>),
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Tick(tick) => write!(f, "{tick}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::List(list) => f.write_str(&list.join("\n")),
        }
    }
}

impl<'de> Deserialize<'de> for Channel {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let values = BTreeMap::<String, Scalar>::deserialize(from)?;
        let mut values: Values = values.into_iter().map(|(name, value)| (name, value.to_string())).collect();
        let kind = values.remove("kind").ok_or_else(|| D::Error::missing_field("kind"))?;
        Self::from_fields(&kind, &values).map_err(|wrong| {
            let sentences: Vec<String> = wrong.into_iter().map(|(_, sentence)| sentence).collect();
            D::Error::custom(sentences.join(" "))
        })
    }
}
