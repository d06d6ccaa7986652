//! A MySQL or MariaDB database: the greeting of protocol 10
//! (<https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html>,
//! <https://mariadb.com/kb/en/connection/>).

use crate::answer::Said;
use crate::failure::{Failure, Phase};
use crate::text::said;
use crate::wire::{Protocol, Wire};

pub(crate) const PROTOCOL: Protocol = Protocol { name: "a MySQL server", may_begin };

/// Longest packet in bytes. A greeting has about 100, an error at most a few hundred.
const LONGEST_PACKET: usize = 4096;

/// Reads the greeting, and ends the login without a user name.
///
/// A server counts connections which break off after its greeting, and after 100 of them (its variable
/// `max_connect_errors`) turns the host away for good (error 1129). So the probe goes on to a proper end: it
/// sends a login without a name and without a password, which the server refuses, or accepts where the
/// owner has left the nameless user there. Refused logins are not counted (tried with MariaDB 10.11), but
/// may be written to the log. No query is made.
///
/// Details: `version`; `software` (`MySQL` or `MariaDB`); `tls` (`offered` or `not offered`);
/// `authentication` (`required`, or `none` where the nameless user was let in); `text`, what the server
/// said to the login.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mysql {}

pub(crate) async fn talk(wire: &mut Wire<'_>, _question: &Mysql) -> Result<Said, Failure> {
    wire.enter(Phase::Greeting);
    let (number, packet) = packet(wire).await?;
    let greeting = match parse(&packet) {
        Some(Packet::Greeting(greeting)) => greeting,
        Some(Packet::Error(error)) => return refused(wire, &error),
        None => return Err(wire.broken("its greeting cannot be read")),
    };
    let (software, version) = greeting.software();
    let answered = Said::new(format!("{software} {version}").trim_end())
        .with("version", version)
        .with("software", software)
        .with("tls", if greeting.capabilities & CLIENT_SSL != 0 { "offered" } else { "not offered" });
    wire.answered();
    let (authentication, text) = leave(wire, number, &greeting).await;
    Ok(answered.with("authentication", authentication).with("text", text))
}

/// An error in place of the greeting.
fn refused(wire: &Wire<'_>, error: &Error<'_>) -> Result<Said, Failure> {
    let text = format!("{} (error {})", said(error.text), error.code);
    match error.code {
        // The server runs well; it only does not talk to this machine.
        1130 => Ok(Said::new("a MySQL server, which allows no connection from this machine")
            .with("text", text)
            .asks_for_login()),
        // Too many connections, shutdown in progress, host blocked, no resources, no thread.
        1040 | 1053 | 1129 | 1041 | 1135 | 1203 => Err(wire.not_ready(text)),
        _ => Err(wire.declined(text)),
    }
}

/// Ends the login. The greeting is the answer; what happens here only adds to it.
async fn leave(wire: &mut Wire<'_>, number: u8, greeting: &Greeting<'_>) -> (&'static str, String) {
    wire.enter(Phase::Login);
    let login = login(greeting);
    if wire.send(&framed(number.wrapping_add(1), &login)).await.is_err() {
        return ("", String::new());
    }
    // The server may want another kind of proof, of which there is none either.
    for _ in 0..3 {
        let Ok((number, packet)) = packet(wire).await else { break };
        match packet.first() {
            Some(0x00) => {
                const QUIT: [u8; 1] = [0x01];
                wire.part(&framed(0, &QUIT)).await;
                return ("none", String::new());
            }
            Some(0xff) => {
                let text = match parse(&packet) {
                    Some(Packet::Error(error)) => format!("{} (error {})", said(error.text), error.code),
                    _ => String::new(),
                };
                wire.part(&[]).await;
                return ("required", text);
            }
            _ => drop(wire.send(&framed(number.wrapping_add(1), &[])).await),
        }
    }
    ("", String::new())
}

const CLIENT_LONG_PASSWORD: u32 = 0x0000_0001;
const CLIENT_PROTOCOL_41: u32 = 0x0000_0200;
const CLIENT_SSL: u32 = 0x0000_0800;
const CLIENT_SECURE_CONNECTION: u32 = 0x0000_8000;
const CLIENT_PLUGIN_AUTH: u32 = 0x0008_0000;

/// The login without a name: HandshakeResponse41 with an empty user and an empty proof.
fn login(greeting: &Greeting<'_>) -> Vec<u8> {
    const UTF8MB4: u8 = 45;
    let wanted = CLIENT_LONG_PASSWORD | CLIENT_PROTOCOL_41 | CLIENT_SECURE_CONNECTION | CLIENT_PLUGIN_AUTH;
    let capabilities = wanted & (greeting.capabilities | CLIENT_PROTOCOL_41);
    let mut login = capabilities.to_le_bytes().to_vec();
    login.extend((1u32 << 20).to_le_bytes());
    login.push(UTF8MB4);
    login.extend([0; 23]);
    login.extend([0, 0]); // no user, no proof
    if capabilities & CLIENT_PLUGIN_AUTH != 0 {
        login.extend(b"mysql_native_password\0");
    }
    login
}

fn framed(number: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap_or_default().to_le_bytes();
    let mut packet = vec![length[0], length[1], length[2], number];
    packet.extend(body);
    packet
}

/// Reads a packet; gives its number and its body.
async fn packet(wire: &mut Wire<'_>) -> Result<(u8, Vec<u8>), Failure> {
    let head = wire.exact(4).await?;
    let &[a, b, c, number] = &head[..] else { return Err(wire.broken("a packet has no head")) };
    let length = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
    if length == 0 || length > LONGEST_PACKET {
        return Err(wire.broken(format!("a packet claims to have {length} bytes")));
    }
    Ok((number, wire.exact(length).await?))
}

#[derive(Debug, PartialEq, Eq)]
enum Packet<'a> {
    Greeting(Greeting<'a>),
    Error(Error<'a>),
}

#[derive(Debug, PartialEq, Eq)]
struct Greeting<'a> {
    version: &'a [u8],
    capabilities: u32,
}

impl Greeting<'_> {
    /// Who it is, and its version. MariaDB goes before its own with a version of MySQL which old
    /// clients accept.
    fn software(&self) -> (&'static str, String) {
        let version = said(self.version);
        if !version.to_ascii_lowercase().contains("mariadb") {
            return ("MySQL", version);
        }
        ("MariaDB", version.strip_prefix("5.5.5-").unwrap_or(&version).to_owned())
    }
}

#[derive(Debug, PartialEq, Eq)]
struct Error<'a> {
    code: u16,
    text: &'a [u8],
}

fn parse(packet: &[u8]) -> Option<Packet<'_>> {
    match packet {
        [10, rest @ ..] => {
            let end = rest.iter().position(|&byte| byte == 0)?;
            // The number of the connection, eight bytes of chance and a zero.
            let after = rest[end + 1..].get(13..)?;
            let low = u16::from_le_bytes(*after.first_chunk()?);
            // The character set and the status; before 4.1 nothing of this was there.
            let high = after.get(5..7).map_or(0, |high| u16::from_le_bytes([high[0], high[1]]));
            let capabilities = u32::from(low) | u32::from(high) << 16;
            Some(Packet::Greeting(Greeting { version: &rest[..end], capabilities }))
        }
        [0xff, low, high, text @ ..] => {
            // After the greeting a state of SQL goes before the text.
            let text = text.strip_prefix(b"#").and_then(|rest| rest.get(5..)).unwrap_or(text);
            Some(Packet::Error(Error { code: u16::from_le_bytes([*low, *high]), text }))
        }
        _ => None,
    }
}

/// The length of a small packet, the number zero, and a greeting or an error.
fn may_begin(first: &[u8]) -> bool {
    first.iter().zip(0..).all(|(&byte, place)| match place {
        1 => usize::from(byte) << 8 <= LONGEST_PACKET,
        2 => byte == 0,
        // MariaDB numbers its first error 1 if it comes from the thread which accepts.
        3 => byte <= 1,
        4 => matches!(byte, 10 | 0xff),
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The greeting of MySQL's documentation, shortened.
    const GREETING: &[u8] =
        b"\x0a5.5.5-10.11.6-MariaDB-0+deb12u1\0\x1e\0\0\0abcdefgh\0\xfe\xff\x2d\x02\0\xff\x81\x15\
        \0\0\0\0\0\0\0\0\0\0abcdefghijkl\0mysql_native_password\0";

    #[test]
    fn a_greeting_is_read() {
        let Some(Packet::Greeting(greeting)) = parse(GREETING) else { panic!("no greeting") };
        assert_eq!(greeting.software(), ("MariaDB", "10.11.6-MariaDB-0+deb12u1".to_owned()));
        assert_eq!(greeting.capabilities, 0x81ff_fffe);
        let mysql = Greeting { version: b"8.0.36", capabilities: 0 };
        assert_eq!(mysql.software(), ("MySQL", "8.0.36".to_owned()));
    }

    #[test]
    fn errors_are_read_with_and_without_a_state() {
        let error = |text| Some(Packet::Error(Error { code: 1040, text }));
        assert_eq!(parse(b"\xff\x10\x04Too many connections"), error(b"Too many connections"));
        assert_eq!(parse(b"\xff\x10\x04#08004Too many connections"), error(b"Too many connections"));
        assert_eq!(parse(b"\xff\x10"), None);
    }

    #[test]
    fn a_login_says_only_what_the_server_knows() {
        let old = login(&Greeting { version: b"4.1", capabilities: CLIENT_PROTOCOL_41 });
        assert_eq!((old.len(), &old[..4]), (34, &[0, 2, 0, 0][..]));
        let new = login(&Greeting { version: b"8", capabilities: u32::MAX });
        assert!(new.ends_with(b"\0\0mysql_native_password\0"));
        assert_eq!(framed(1, &[7; 300])[..4], [0x2c, 1, 0, 1]);
    }

    #[test]
    fn others_are_told_apart() {
        for other in
            [&b"HTTP/1.1 400"[..], b"SSH-2.0-x", b"220 mail", b"-ERR", b"\x05\0\0\0\x0b", b"+OK Dovecot"]
        {
            assert!(!may_begin(other), "{other:?}");
        }
        assert!(may_begin(&framed(0, GREETING)));
        assert!(may_begin(&framed(1, b"\xff\x10\x04")));
    }

    proptest! {
        #[test]
        fn any_packet_is_judged(packet: Vec<u8>) {
            let _ = (parse(&packet), may_begin(&packet));
            for first in [10, 0xff] {
                if let Some(Packet::Greeting(greeting)) = parse(&[&[first], &packet[..]].concat()) {
                    prop_assert!(login(&greeting).len() < 100 && !greeting.software().0.is_empty());
                }
            }
        }
    }
}
