//! A topic of an MQTT broker: PUBLISH and PUBACK of MQTT 3.1.1 (OASIS standard, sections 3.3 and 3.4). How one connects
//! is the business of the library `service-probe`.

use service_probe::conversation::Wire;
use service_probe::conversation::mqtt::{DISCONNECT, PROTOCOL, connect, packet, push_number, push_text};
use service_probe::{Client, Credential, Failure, MqttVersion, Phase, Security, Target};
use tls_probe::Family;

use crate::channel::{Service, Way};
use crate::fields::{ANY_CERTIFICATE, Field, Kind, Reader, Writer, Wrong};
use crate::note::Note;
use crate::outcome::{Answer, Delivered, DeliveryError};
use crate::secret::Secret;
use crate::sender::within_delivery;
use crate::webhook;

/// PUBLISH with a quality of service of 1: the broker says that it has the message.
const PUBLISH: u8 = 0x32;
/// In PUBLISH: whoever subscribes later gets the message, too.
const RETAIN: u8 = 0x01;
const PUBACK: u8 = 0x40;

/// The number of the one message of a connection.
const NUMBER: u16 = 1;

/// Longest topic in bytes; the protocol has 65,535, brokers have less.
const TOPIC_MAX: usize = 1000;

/// A topic of a broker. Each note is a message of its own.
///
/// A broker of MQTT 3.1.1 takes a message also where the user may not publish, and throws it away: it has no way to say
/// so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mqtt {
    /// Name or address of the broker.
    pub server: String,
    /// Its port; 1883, or 8883 with TLS, where there is none.
    pub port: Option<u16>,
    /// Whether to speak over TLS.
    pub tls: bool,
    /// Where to publish.
    pub topic: String,
    /// `json` for the whole note, `text` for title and body.
    pub format: String,
    /// Whether whoever subscribes later gets the newest note.
    pub retain: bool,
    /// Who logs in.
    pub user: Option<String>,
    /// The password of `user`.
    pub password: Option<Secret>,
    /// Whether private things go to a broker whose certificate is not trusted.
    pub accept_any_certificate: bool,
}

impl Service for Mqtt {
    const KIND: Kind = Kind {
        id: "mqtt",
        title: "MQTT",
        help: "A topic of an MQTT broker, such as Mosquitto, for home automation. A broker does not say when the user may not publish there: subscribe to the topic and try.",
        fields: &[
            Field::line("server", "Broker").example("broker.lan").required(),
            Field::tick("tls", "TLS"),
            Field::number("port", "Port", 1, 65535).help("Left blank, 1883, or 8883 with TLS."),
            Field::line("topic", "Topic").example("home/hob").required(),
            Field::choice(
                "format",
                "Message",
                &[("json", "Everything, as JSON"), ("text", "Title and text")],
            ),
            Field::tick("retain", "Keep the newest").help("Whoever subscribes later gets it, too."),
            Field::line("user", "User name"),
            Field::line("password", "Password").secret(),
            ANY_CERTIFICATE,
        ],
    };

    fn read(values: &Reader<'_>) -> Self {
        Self {
            server: values.text("server"),
            port: values.number("port"),
            tls: values.tick("tls"),
            topic: values.text("topic"),
            format: values.text_or("format", "json"),
            retain: values.tick("retain"),
            user: values.optional("user"),
            password: values.optional_secret("password"),
            accept_any_certificate: values.tick("accept_any_certificate"),
        }
    }

    fn write(&self, out: &mut Writer) {
        out.text("server", &self.server)
            .optional("port", self.port.as_ref())
            .tick("tls", self.tls)
            .text("topic", &self.topic)
            .text("format", &self.format)
            .tick("retain", self.retain)
            .optional("user", self.user.as_ref())
            .optional_secret("password", self.password.as_ref())
            .tick("accept_any_certificate", self.accept_any_certificate);
    }

    fn wrong(&self) -> Vec<Wrong> {
        let mut wrong = Vec::new();
        let mut add = |field: &str, why: &str| wrong.push((field.to_owned(), why.to_owned()));
        if self.topic.contains(['+', '#']) {
            add("topic", "Nobody can publish to a topic with “+” or “#”: these are for subscribing.");
        }
        if self.topic.len() > TOPIC_MAX {
            add("topic", "“Topic” is longer than brokers take.");
        }
        if self.password.is_some() && self.user.is_none() {
            add("user", "A password needs a user name.");
        }
        wrong
    }

    fn way(&self) -> Way<'_> {
        Way::Mqtt(self)
    }

    fn place(&self) -> String {
        format!("the topic {} of the MQTT broker {}", self.topic, self.server)
    }
}

impl Mqtt {
    fn target(&self) -> Target {
        let (security, port) = if self.tls { (Security::Tls, 8883) } else { (Security::Plain, 1883) };
        let host = self.server.trim_start_matches('[').trim_end_matches(']').to_owned();
        Target { host, port: self.port.unwrap_or(port), security, family: Family::Any }
    }

    /// How to be let in.
    fn entry(&self) -> service_probe::Mqtt {
        let credential = self.user.as_ref().map(|user| Credential {
            to_untrusted: self.accept_any_certificate,
            ..Credential::new(Some(user), self.password.as_ref().map_or("", Secret::reveal))
        });
        service_probe::Mqtt { version: MqttVersion::V3, credential }
    }

    fn payload(&self, note: &Note) -> String {
        if self.format == "text" {
            format!("{}\n{}", note.title, note.body).trim_end().to_owned()
        } else {
            webhook::whole(note)
        }
    }

    pub(crate) async fn deliver(
        &self,
        network: &tls_probe::Client,
        note: &Note,
    ) -> Result<Delivered, DeliveryError> {
        let (client, target, limits) = (Client::new(network.clone()), self.target(), within_delivery());
        let failed = |failure| failed(&failure, false);
        let wire = client.converse_with(&target, PROTOCOL, &limits);
        let mut wire = Box::pin(wire).await.map_err(failed)?;
        self.trusts(&wire)?;
        connect(&mut wire, &self.entry()).await.map_err(failed)?;
        let publish = publish(&self.topic, &self.payload(note), self.retain);
        wire.enter(Phase::Answer);
        let publishing = async {
            wire.send(&publish).await?;
            acknowledged(&mut wire).await
        };
        publishing.await.map_err(|failure| self::failed(&failure, true))?;
        wire.part(&DISCONNECT).await;
        let answer = Answer::new(0, format!("{} has it", wire.at()).as_bytes());
        Ok(Delivered { reference: None, answer, missed: None })
    }

    /// What is published is not for everybody, even if nobody logs in.
    fn trusts(&self, wire: &Wire<'_>) -> Result<(), DeliveryError> {
        match wire.examination().map(|seen| &seen.trusted) {
            Some(Err(why)) if !self.accept_any_certificate => Err(crate::sender::untrusted(&why.to_string())),
            _ => Ok(()),
        }
    }
}

/// The packet which publishes.
fn publish(topic: &str, payload: &str, retain: bool) -> Vec<u8> {
    let mut body = Vec::with_capacity(topic.len() + payload.len() + 4);
    push_text(&mut body, topic);
    body.extend(NUMBER.to_be_bytes());
    body.extend(payload.as_bytes());
    let mut packet = vec![PUBLISH | if retain { RETAIN } else { 0 }];
    push_number(&mut packet, body.len());
    packet.extend(body);
    packet
}

/// Waits until the broker has the message.
async fn acknowledged(wire: &mut Wire<'_>) -> Result<(), Failure> {
    match packet(wire, "PUBLISH").await? {
        (PUBACK, number) if number == NUMBER.to_be_bytes() => Ok(()),
        _ => Err(wire.broken("its answer to PUBLISH is none")),
    }
}

/// Why the broker does not have the message, or may not have it.
fn failed(failure: &Failure, was_sent: bool) -> DeliveryError {
    let sentence = failure.to_string();
    match failure {
        Failure::CredentialWithheld { .. }
        | Failure::CredentialRejected { .. }
        | Failure::BadQuestion { .. }
        | Failure::OtherProtocol { .. }
        | Failure::SpeaksTls { .. }
        | Failure::Declined { .. }
        | Failure::Broken { .. }
        | Failure::Connection(tls_probe::Error::NotTls { .. }) => DeliveryError::unsendable(sentence),
        _ => DeliveryError::TryAgain { sentence, answer: None, retry_after: None, unsure: was_sent },
    }
}

#[cfg(test)]
mod tests;
