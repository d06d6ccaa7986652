//! A broker of messages: CONNECT of MQTT 3.1.1 and 5 (OASIS standards, sections 3.1, 3.2 and 3.14 of each).

use crate::answer::Said;
use crate::failure::{Failure, Phase};
use crate::question::Credential;
use crate::random;
use crate::text::said;
use crate::wire::{Protocol, Wire};

/// How a broker is recognised.
pub const PROTOCOL: Protocol =
    Protocol { name: "an MQTT broker", may_begin: |first| matches!(first, [CONNACK, ..]) };

const CONNECT: u8 = 0x10;
const CONNACK: u8 = 0x20;

/// DISCONNECT, normally; the same in both versions, as 5 may leave out a reason of zero.
pub const DISCONNECT: [u8; 2] = [0xe0, 0x00];

/// Longest answer in bytes. In 3.1.1 it has 2, in 5 a few properties.
const LONGEST_ANSWER: usize = 16 * 1024;

/// How long a connection may be idle, in seconds. The probe leaves at once.
const KEEP_ALIVE: u16 = 30;

/// Connects with a name of chance and a clean session, and leaves at once. Nothing is published and
/// nothing subscribed to.
///
/// A broker which wants a login and is given none answers well. Details: `version`; `authentication`
/// (`required` or `accepted`); of version 5, as far as the broker says them, `reason`,
/// `server_reference` and `maximum_packet_size`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mqtt {
    /// The version to speak.
    pub version: MqttVersion,
    /// The login. In 3.1.1 a password needs a user.
    pub credential: Option<Credential>,
}

/// A version of MQTT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MqttVersion {
    /// 3.1.1, which every broker speaks.
    #[default]
    V3,
    /// 5.
    V5,
}

impl Mqtt {
    /// A clause which says why this cannot be asked.
    pub(crate) fn wrong(&self) -> Option<String> {
        let credential = self.credential.as_ref()?;
        let fits = |text: &str| text.len() <= usize::from(u16::MAX) && !text.contains('\0');
        if !fits(credential.password.reveal()) || !credential.user.as_deref().is_none_or(fits) {
            return Some("MQTT has no room for such a user name or password".to_owned());
        }
        let nameless = self.version == MqttVersion::V3 && credential.user.is_none();
        nameless.then(|| "MQTT 3.1.1 has no password without a user name".to_owned())
    }
}

pub(crate) async fn talk(wire: &mut Wire<'_>, question: &Mqtt) -> Result<Said, Failure> {
    let answer = enter(wire, question).await?;
    let result = judge(wire, question, &answer);
    if answer.code == 0 {
        wire.part(&DISCONNECT).await;
    }
    result
}

/// Connects, and has itself let in. Takes leave with [`DISCONNECT`].
///
/// # Errors
///
/// [`Failure`] if the broker does not let it in, also for want of a login.
pub async fn connect(wire: &mut Wire<'_>, question: &Mqtt) -> Result<(), Failure> {
    if let Some(reason) = question.wrong() {
        return Err(Failure::BadQuestion { reason });
    }
    let answer = enter(wire, question).await?;
    judge(wire, question, &answer)?;
    if answer.code == 0 {
        return Ok(());
    }
    // What is a good answer for a probe keeps out everybody else.
    Err(wire.declined(format!("{} (code {})", meaning(answer.code).1, answer.code)))
}

async fn enter(wire: &mut Wire<'_>, question: &Mqtt) -> Result<Answer, Failure> {
    if let Some(credential) = &question.credential {
        wire.may_send(credential)?;
    }
    wire.enter(Phase::Login);
    let name = format!("probe{}", random::hex(&random::bytes::<8>()?));
    wire.send(&hello(question, &name)).await?;
    let (_, body) = packet(wire, "CONNECT").await?;
    parse(&body, question.version).ok_or_else(|| wire.broken("its answer to CONNECT cannot be read"))
}

/// The packet which asks for a connection.
fn hello(question: &Mqtt, name: &str) -> Vec<u8> {
    const CLEAN: u8 = 0x02;
    const PASSWORD: u8 = 0x40;
    const USER: u8 = 0x80;
    let user = question.credential.as_ref().and_then(|credential| credential.user.as_deref());
    let password = question.credential.as_ref().map(|credential| credential.password.reveal());
    let flags = CLEAN | user.map_or(0, |_| USER) | password.map_or(0, |_| PASSWORD);
    let mut body = Vec::new();
    push_text(&mut body, "MQTT");
    match question.version {
        MqttVersion::V3 => body.extend([4, flags]),
        MqttVersion::V5 => body.extend([5, flags]),
    }
    body.extend(KEEP_ALIVE.to_be_bytes());
    if question.version == MqttVersion::V5 {
        body.push(0); // no properties
    }
    for text in [Some(name), user, password].into_iter().flatten() {
        push_text(&mut body, text);
    }
    let mut packet = vec![CONNECT];
    push_number(&mut packet, body.len());
    packet.extend(body);
    packet
}

/// A text with its length (section 1.5.3 of 3.1.1). It is not longer than 65,535 bytes, or it is cut there.
pub fn push_text(packet: &mut Vec<u8>, text: &str) {
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    packet.extend(length.to_be_bytes());
    packet.extend(&text.as_bytes()[..usize::from(length)]);
}

/// A number in groups of seven bits, the lowest first (section 2.2.3 of 3.1.1, 1.5.5 of 5).
pub fn push_number(packet: &mut Vec<u8>, mut number: usize) {
    while number > 0x7f {
        packet.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    packet.push(u8::try_from(number).unwrap_or(0));
}

/// Reads the packet which answers `what`: its first byte, and what follows its length.
///
/// # Errors
///
/// [`Failure`] if none came in time, or it is longer than 16 KiB.
pub async fn packet(wire: &mut Wire<'_>, what: &str) -> Result<(u8, Vec<u8>), Failure> {
    let first = wire.exact(1).await?.first().copied().unwrap_or_default();
    let mut length = 0;
    for group in 0..4 {
        let byte = wire.exact(1).await?.first().copied().unwrap_or_default();
        length |= usize::from(byte & 0x7f) << (7 * group);
        if byte & 0x80 == 0 {
            if !(2..=LONGEST_ANSWER).contains(&length) {
                return Err(wire.broken(format!("its answer to {what} claims to have {length} bytes")));
            }
            return Ok((first, wire.exact(length).await?));
        }
    }
    Err(wire.broken(format!("the length of its answer to {what} has no end")))
}

/// What the broker says to CONNECT.
#[derive(Debug, Default, PartialEq, Eq)]
struct Answer {
    code: u8,
    reason: String,
    server_reference: String,
    maximum_packet_size: Option<u32>,
}

fn parse(body: &[u8], version: MqttVersion) -> Option<Answer> {
    let (&[flags, code], rest) = body.split_first_chunk()?;
    // All but the lowest bit are reserved.
    if flags > 1 {
        return None;
    }
    let mut answer = Answer { code, ..Answer::default() };
    // A broker which speaks only 3.1.1 refuses in its own words, which have no properties.
    if version == MqttVersion::V3 || rest.is_empty() {
        return rest.is_empty().then_some(answer);
    }
    let mut properties = Input(rest);
    let length = properties.number()?;
    let mut properties = Input(properties.bytes(length)?);
    while !properties.0.is_empty() {
        // Section 2.2.2.2 of version 5.
        match properties.number()? {
            0x1f => answer.reason = said(properties.text()?),
            0x1c => answer.server_reference = said(properties.text()?),
            0x27 => {
                let size = properties.bytes(4)?.try_into().ok()?;
                answer.maximum_packet_size = Some(u32::from_be_bytes(size));
            }
            0x24 | 0x25 | 0x28 | 0x29 | 0x2a => drop(properties.bytes(1)?),
            0x13 | 0x21 | 0x22 => drop(properties.bytes(2)?),
            0x11 => drop(properties.bytes(4)?),
            0x12 | 0x15 | 0x16 | 0x1a => drop(properties.text()?),
            0x26 => drop((properties.text()?, properties.text()?)),
            _ => return None,
        }
    }
    Some(answer)
}

/// Bytes of which something is taken from the front.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn bytes(&mut self, number: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(number)?;
        self.0 = rest;
        Some(taken)
    }

    fn text(&mut self) -> Option<&'a [u8]> {
        let length = u16::from_be_bytes(self.bytes(2)?.try_into().ok()?);
        self.bytes(usize::from(length))
    }

    fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for group in 0..4 {
            let byte = *self.bytes(1)?.first()?;
            number |= usize::from(byte & 0x7f) << (7 * group);
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

/// What a code means (table 3.1 of 3.1.1, section 3.2.2.2 of 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    Accepted,
    NotReady,
    Login,
    Declined,
}

fn meaning(code: u8) -> (Meaning, &'static str) {
    match code {
        0 => (Meaning::Accepted, "accepted"),
        1 | 0x84 => (Meaning::Declined, "it does not speak this version of MQTT"),
        2 | 0x85 => (Meaning::Declined, "it does not accept the name of the client"),
        3 | 0x88 => (Meaning::NotReady, "the server is unavailable"),
        4 | 0x86 => (Meaning::Login, "wrong user name or password"),
        5 | 0x87 => (Meaning::Login, "not authorized"),
        0x89 => (Meaning::NotReady, "the server is busy"),
        0x97 => (Meaning::NotReady, "a quota is exceeded"),
        0x9f => (Meaning::NotReady, "too many connections in a short time"),
        0x8a => (Meaning::Declined, "this client is banned"),
        0x8c => (Meaning::Login, "it wants another way to log in"),
        0x9c => (Meaning::Declined, "another server is to be used for now"),
        0x9d => (Meaning::Declined, "another server is to be used"),
        _ => (Meaning::Declined, "it does not say why"),
    }
}

fn judge(wire: &Wire<'_>, question: &Mqtt, answer: &Answer) -> Result<Said, Failure> {
    let (meaning, words) = meaning(answer.code);
    let version = match question.version {
        MqttVersion::V3 => "3.1.1",
        MqttVersion::V5 => "5",
    };
    let text = match (answer.reason.as_str(), answer.server_reference.as_str()) {
        ("", "") => format!("{words} (code {})", answer.code),
        ("", place) => format!("{words} (code {}): {place}", answer.code),
        (reason, _) => format!("{words} (code {}): {reason}", answer.code),
    };
    let said = |summary: String| {
        Said::new(summary)
            .with("version", version)
            .with("reason", answer.reason.clone())
            .with("server_reference", answer.server_reference.clone())
            .with(
                "maximum_packet_size",
                answer.maximum_packet_size.map_or_else(String::new, |size| size.to_string()),
            )
    };
    match (meaning, &question.credential) {
        (Meaning::Accepted, None) => Ok(said(format!("an MQTT {version} broker accepts connections"))),
        (Meaning::Accepted, Some(_)) => {
            let summary = format!("an MQTT {version} broker accepts the login");
            Ok(said(summary).with("authentication", "accepted"))
        }
        (Meaning::Login, None) => {
            Ok(said(format!("an MQTT {version} broker asks for a login")).asks_for_login())
        }
        (Meaning::Login, Some(_)) => Err(wire.rejected(text)),
        (Meaning::NotReady, _) => Err(wire.not_ready(text)),
        (Meaning::Declined, _) => Err(wire.declined(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_packet_of_the_standard() {
        let plain = hello(&Mqtt::default(), "abc");
        assert_eq!(plain, b"\x10\x0f\0\x04MQTT\x04\x02\0\x1e\0\x03abc");
        let credential = Some(Credential::new(Some("u"), "pw"));
        let five = hello(&Mqtt { version: MqttVersion::V5, credential }, "abc");
        assert_eq!(five, b"\x10\x17\0\x04MQTT\x05\xc2\0\x1e\0\0\x03abc\0\x01u\0\x02pw");
    }

    #[test]
    fn numbers_of_the_standard() {
        for (number, bytes) in [
            (0, &[0][..]),
            (127, &[0x7f]),
            (128, &[0x80, 1]),
            (16_383, &[0xff, 0x7f]),
            (2_097_152, &[0x80, 0x80, 0x80, 1]),
        ] {
            let mut packet = Vec::new();
            push_number(&mut packet, number);
            assert_eq!(packet, bytes);
            assert_eq!(Input(bytes).number(), Some(number));
        }
        assert_eq!(Input(&[0xff; 5]).number(), None);
        assert_eq!(Input(&[0xff]).number(), None);
    }

    #[test]
    fn answers_of_both_versions() {
        assert_eq!(parse(&[0, 5], MqttVersion::V3), Some(Answer { code: 5, ..Answer::default() }));
        assert_eq!(parse(&[0, 1], MqttVersion::V5), Some(Answer { code: 1, ..Answer::default() }));
        assert_eq!(parse(&[0, 5, 0], MqttVersion::V3), None);
        assert_eq!(parse(&[2, 0], MqttVersion::V3), None);
        let five = b"\0\x89\x13\x22\0\x0a\x27\0\0\x40\0\x1f\0\x04full\x26\0\0\0\0";
        let answer = Answer {
            code: 0x89,
            reason: "full".to_owned(),
            maximum_packet_size: Some(16_384),
            ..Answer::default()
        };
        assert_eq!(parse(&five[..], MqttVersion::V5).as_ref(), None, "the length is one too large");
        let mut five = five.to_vec();
        five[2] = 20;
        assert_eq!(parse(&five, MqttVersion::V5), Some(answer));
    }

    #[test]
    fn a_password_needs_its_place() {
        let with = |version, user| Mqtt { version, credential: Some(Credential::new(user, "x")) };
        assert!(with(MqttVersion::V3, None).wrong().is_some());
        assert!(with(MqttVersion::V5, None).wrong().is_none());
        assert!(with(MqttVersion::V3, Some("a\0")).wrong().is_some());
        assert!(with(MqttVersion::V3, Some("a")).wrong().is_none());
    }

    proptest! {
        #[test]
        fn any_answer_is_judged(body: Vec<u8>) {
            for version in [MqttVersion::V3, MqttVersion::V5] {
                if let Some(answer) = parse(&body, version) {
                    prop_assert!(!meaning(answer.code).1.is_empty());
                }
            }
        }

        #[test]
        fn numbers_come_back(number in 0usize..268_435_456) {
            let mut packet = Vec::new();
            push_number(&mut packet, number);
            prop_assert_eq!(Input(&packet).number(), Some(number));
        }
    }
}
