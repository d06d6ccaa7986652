//! The messages at the beginning of a session (<https://www.postgresql.org/docs/current/protocol-message-formats.html>).

/// Asks whether TLS may begin.
pub(super) const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// Most ways of proof which are looked at.
const MOST_METHODS: usize = 16;

/// What the server says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message<'a> {
    /// The login is over.
    Welcome,
    CleartextPassword,
    /// With the salt.
    Md5Password([u8; 4]),
    /// With the names of the ways of proof.
    Sasl(Vec<&'a [u8]>),
    SaslMore(&'a [u8]),
    SaslEnd(&'a [u8]),
    /// Kerberos and the like.
    OtherProof,
    Complaint(Complaint<'a>),
    /// A setting and its value.
    Setting(&'a [u8], &'a [u8]),
    /// A query may be asked.
    Ready,
    Other,
}

/// An ErrorResponse.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Complaint<'a> {
    /// The state of SQL, of five characters.
    pub(super) code: &'a [u8],
    pub(super) text: &'a [u8],
}

/// Reads a message of type `kind`.
pub(super) fn parse(kind: u8, body: &[u8]) -> Option<Message<'_>> {
    match kind {
        b'R' => {
            let (code, rest) = body.split_first_chunk()?;
            authentication(u32::from_be_bytes(*code), rest)
        }
        b'E' => Some(Message::Complaint(complaint(body))),
        b'S' => {
            let (name, rest) = text(body)?;
            Some(Message::Setting(name, text(rest)?.0))
        }
        b'Z' => Some(Message::Ready),
        // A notice, the key to cancel a query with, a dispute about versions.
        b'N' | b'K' | b'v' => Some(Message::Other),
        _ => None,
    }
}

fn authentication(code: u32, rest: &[u8]) -> Option<Message<'_>> {
    match code {
        0 => Some(Message::Welcome),
        3 => Some(Message::CleartextPassword),
        5 => Some(Message::Md5Password(rest.try_into().ok()?)),
        10 => Some(Message::Sasl(
            rest.split(|&byte| byte == 0).filter(|name| !name.is_empty()).take(MOST_METHODS).collect(),
        )),
        11 => Some(Message::SaslMore(rest)),
        12 => Some(Message::SaslEnd(rest)),
        2 | 6..=9 => Some(Message::OtherProof),
        _ => None,
    }
}

/// Reads an ErrorResponse: fields, each with a letter and a text.
pub(super) fn complaint(mut body: &[u8]) -> Complaint<'_> {
    let mut complaint = Complaint::default();
    while let Some((&field, rest)) = body.split_first()
        && field != 0
        && let Some((value, rest)) = text(rest)
    {
        match field {
            b'C' => complaint.code = value,
            b'M' => complaint.text = value,
            _ => {}
        }
        body = rest;
    }
    complaint
}

/// A text up to its zero, and what follows.
fn text(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().position(|&byte| byte == 0)?;
    Some((&bytes[..end], &bytes[end + 1..]))
}

/// Begins a session.
pub(super) fn startup(user: &str, database: Option<&str>) -> Vec<u8> {
    const VERSION: [u8; 4] = [0, 3, 0, 0];
    let mut body = VERSION.to_vec();
    let settings =
        [("user", Some(user)), ("database", database), ("application_name", Some("service-probe"))];
    for (name, value) in settings {
        let Some(value) = value else { continue };
        for text in [name, value] {
            body.extend(text.as_bytes());
            body.push(0);
        }
    }
    body.push(0);
    [&length(&body)[..], &body].concat()
}

/// Carries a password, or a hash of it.
pub(super) fn password(proof: &[u8]) -> Vec<u8> {
    [b"p", &length(&[proof, &[0]].concat())[..], proof, &[0]].concat()
}

/// Goes on with a proof of several steps.
pub(super) fn sasl_more(proof: &[u8]) -> Vec<u8> {
    [b"p", &length(proof)[..], proof].concat()
}

/// Begins a proof of several steps.
pub(super) fn sasl_begin(method: &str, first: &[u8]) -> Vec<u8> {
    let size = u32::try_from(first.len()).unwrap_or(u32::MAX).to_be_bytes();
    let body = [method.as_bytes(), &[0], &size, first].concat();
    [b"p", &length(&body)[..], &body].concat()
}

/// The length before a body, which counts itself.
fn length(body: &[u8]) -> [u8; 4] {
    u32::try_from(body.len() + 4).unwrap_or(u32::MAX).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn messages_of_the_documentation() {
        assert_eq!(parse(b'R', &[0, 0, 0, 0]), Some(Message::Welcome));
        assert_eq!(parse(b'R', &[0, 0, 0, 5, 1, 2, 3, 4]), Some(Message::Md5Password([1, 2, 3, 4])));
        assert_eq!(parse(b'R', &[0, 0, 0, 5, 1]), None);
        assert_eq!(parse(b'R', b"\0\0\0\x0aA\0B\0\0"), Some(Message::Sasl(vec![b"A", b"B"])));
        assert_eq!(
            parse(b'S', b"server_version\x0015.3\0"),
            Some(Message::Setting(b"server_version", b"15.3"))
        );
        assert_eq!(parse(b'S', b"server_version"), None);
        assert_eq!(parse(b'T', b""), None);
        let starting = complaint(b"SFATAL\0C57P03\0Mthe database system is starting up\0\0");
        assert_eq!(
            (starting.code, starting.text),
            (&b"57P03"[..], &b"the database system is starting up"[..])
        );
    }

    #[test]
    fn a_session_begins_as_documented() {
        let startup = startup("a", Some("b"));
        assert_eq!(startup, b"\0\0\0\x3a\0\x03\0\0user\0a\0database\0b\0application_name\0service-probe\0\0");
        assert_eq!(password(b"x"), b"p\0\0\0\x06x\0");
        assert_eq!(sasl_more(b"x"), b"p\0\0\0\x05x");
        assert_eq!(sasl_begin("M", b"ab"), b"p\0\0\0\x0cM\0\0\0\0\x02ab");
    }

    proptest! {
        #[test]
        fn any_message_is_judged(kind: u8, body: Vec<u8>) {
            for kind in [kind, b'R', b'E', b'S'] {
                let _ = parse(kind, &body);
            }
            for code in 0..16 {
                let _ = authentication(code, &body);
            }
        }
    }
}
