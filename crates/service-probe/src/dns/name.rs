//! Names in messages (RFC 1035, section 4.1.4) and in text (section 5.1).

use std::fmt::Write as _;
use std::net::IpAddr;

/// Longest name in a message, in bytes (RFC 1035, section 2.3.4).
const LONGEST: usize = 255;

/// Longest label in bytes.
const LONGEST_LABEL: usize = 63;

/// Most pointers of one name. Compression needs no more than one for each label.
const MOST_POINTERS: usize = 128;

/// A name for a message; or a clause which says why it cannot be one.
pub(super) fn encode(name: &str) -> Result<Vec<u8>, String> {
    let mut encoded = Vec::with_capacity(name.len() + 2);
    let labels = name.strip_suffix('.').unwrap_or(name);
    for label in labels.split('.').filter(|_| !labels.is_empty()) {
        let length = u8::try_from(label.len()).unwrap_or(u8::MAX);
        if label.is_empty() || usize::from(length) > LONGEST_LABEL {
            return Err(format!(
                "“{}” has a part without a letter or with more than 63",
                crate::text::said(name.as_bytes())
            ));
        }
        if !label.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
            return Err(format!("“{}” is not written in plain letters", crate::text::said(name.as_bytes())));
        }
        encoded.push(length);
        encoded.extend(label.as_bytes());
    }
    encoded.push(0);
    if encoded.len() > LONGEST { Err("the name is too long".to_owned()) } else { Ok(encoded) }
}

/// The name under which an address is looked up (RFC 1035, section 3.5; RFC 3596, section 2.5).
pub(super) fn reverse(ip: IpAddr) -> String {
    match ip {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            format!("{d}.{c}.{b}.{a}.in-addr.arpa")
        }
        IpAddr::V6(ip) => {
            ip.octets().iter().rev().fold(String::with_capacity(72), |mut name, byte| {
                let _ = write!(name, "{:x}.{:x}.", byte & 0x0f, byte >> 4);
                name
            }) + "ip6.arpa"
        }
    }
}

/// The name at `start` of a message as text without the last dot, and where it ends there.
pub(super) fn decode(message: &[u8], start: usize) -> Option<(String, usize)> {
    let (mut at, mut segment, mut end) = (start, start, None);
    let (mut text, mut length) = (String::new(), 1);
    let mut pointers = 0;
    loop {
        let first = *message.get(at)?;
        match first {
            0 => break,
            1..=63 => {
                let label = message.get(at + 1..)?.get(..usize::from(first))?;
                length += label.len() + 1;
                if length > LONGEST {
                    return None;
                }
                push(&mut text, label);
                at += label.len() + 1;
            }
            0xc0..=0xff => {
                let target = usize::from(first & 0x3f) << 8 | usize::from(*message.get(at + 1)?);
                end.get_or_insert(at + 2);
                pointers += 1;
                // Only what came before may be pointed at, so that there is no circle.
                if target >= segment || pointers > MOST_POINTERS {
                    return None;
                }
                (at, segment) = (target, target);
            }
            // Kinds of labels which were given up (RFC 6891, section 5).
            _ => return None,
        }
    }
    if text.is_empty() {
        text.push('.');
    }
    Some((text, end.unwrap_or(at + 1)))
}

fn push(text: &mut String, label: &[u8]) {
    if !text.is_empty() {
        text.push('.');
    }
    for &byte in label {
        match byte {
            b'.' | b'\\' => text.extend(['\\', char::from(byte)]),
            b'!'..=b'~' => text.push(char::from(byte)),
            _ => drop(write!(text, "\\{byte:03}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_example_of_rfc_1035() {
        let mut message = vec![0; 20];
        message.extend(b"\x01F\x03ISI\x04ARPA\0");
        message.resize(40, 0);
        message.extend(b"\x03FOO\xc0\x14");
        message.resize(64, 0);
        message.extend(b"\xc0\x1a");
        message.resize(92, 0);
        assert_eq!(decode(&message, 20), Some(("F.ISI.ARPA".to_owned(), 32)));
        assert_eq!(decode(&message, 40), Some(("FOO.F.ISI.ARPA".to_owned(), 46)));
        assert_eq!(decode(&message, 64), Some(("ARPA".to_owned(), 66)));
        assert_eq!(decode(&message, 91), Some((".".to_owned(), 92)));
    }

    #[test]
    fn circles_and_ends_are_found() {
        assert_eq!(decode(b"\xc0\x00", 0), None, "points at itself");
        assert_eq!(decode(b"\x01a\xc0\x00", 0), None, "points at its own beginning");
        assert_eq!(decode(b"\xc0\x02\xc0\x00", 2), None, "points at one who points back");
        assert_eq!(decode(b"\x05ab", 0), None);
        assert_eq!(decode(b"\xc0", 0), None);
        assert_eq!(decode(b"\x41x", 0), None);
        assert_eq!(decode(b"", 7), None);
        let long: Vec<u8> = [&b"\x3f"[..], &[b'x'; 63]].concat().repeat(4);
        assert_eq!(decode(&[&long[..], b"\0"].concat(), 0), None, "257 bytes");
        assert!(decode(&[&long[64..], b"\0"].concat(), 0).is_some());
    }

    #[test]
    fn names_which_cannot_be_asked() {
        assert_eq!(encode("nas.lan."), encode("nas.lan"));
        assert_eq!(encode("nas.lan").as_deref(), Ok(&b"\x03nas\x03lan\0"[..]));
        assert_eq!(encode(".").as_deref(), Ok(&b"\0"[..]));
        for wrong in ["a..b", ".a", "a b", "bücher.de", "a\\b", &"x".repeat(64), &"abc.".repeat(64)] {
            assert!(encode(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn addresses_backwards() {
        assert_eq!(reverse("192.0.2.1".parse().unwrap()), "1.2.0.192.in-addr.arpa");
        let six = reverse("2001:db8::567:89ab".parse().unwrap());
        assert_eq!(six, "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
    }

    proptest! {
        #[test]
        fn any_bytes_end_somewhere(message: Vec<u8>, start in 0usize..300) {
            if let Some((text, end)) = decode(&message, start) {
                prop_assert!(text.len() <= LONGEST * 4 && text.bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert!(end > start && end <= message.len());
            }
        }

        #[test]
        fn a_name_comes_back(name in "[a-z0-9_-]{1,20}(\\.[a-z0-9_-]{1,20}){0,5}") {
            let encoded = encode(&name).unwrap();
            prop_assert_eq!(decode(&encoded, 0), Some((name, encoded.len())));
        }
    }
}
