//! Words for what was seen: bytes of strangers made printable, times as one says them.

use std::io;
use std::time::Duration;

/// What the operating system said, without its number and without the name of the call.
#[must_use]
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
    text.split(" (os error").next().unwrap_or(text).to_owned()
}

/// A time as one says it: "10 seconds", "1.5 seconds", "300 milliseconds".
#[must_use]
pub fn spoken(time: Duration) -> String {
    let millis = (time.as_micros() + 500) / 1000;
    match (millis + 50) / 100 {
        _ if millis < 1000 => format!("{millis} milliseconds"),
        10 => "1 second".to_owned(),
        tenths if tenths % 10 == 0 => format!("{} seconds", tenths / 10),
        tenths => format!("{}.{} seconds", tenths / 10, tenths % 10),
    }
}

/// The first `limit` characters, and an ellipsis for the others.
#[must_use]
pub fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Bytes from a stranger as printable ASCII: anything else, and the back quote which encloses them
/// in a sentence, is escaped.
#[must_use]
pub fn escaped(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len()), |mut text, &byte| {
        match byte {
            b'\t' => text.push_str("\\t"),
            b'\r' => text.push_str("\\r"),
            b'\n' => text.push_str("\\n"),
            b'\\' => text.push_str("\\\\"),
            b' '..=b'~' if byte != b'`' => text.push(char::from(byte)),
            _ => drop(write!(text, "\\x{byte:02x}")),
        }
        text
    })
}

/// The first line which holds something, escaped: the banner of SSH, the greeting of a mail server.
#[must_use]
pub fn first_line(bytes: &[u8]) -> String {
    let line = bytes.split(|&byte| matches!(byte, b'\r' | b'\n')).find(|line| !line.is_empty());
    escaped(line.unwrap_or(bytes))
}

/// Text from a stranger without what would disturb its surroundings: control characters and those
/// which change the direction of writing become `\u{fffd}`. At most `limit` characters, and an
/// ellipsis for the others.
#[must_use]
pub fn readable(text: impl Iterator<Item = char>, limit: usize) -> String {
    let disturbs = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let mut clean = text.map(|c| if disturbs(c) { char::REPLACEMENT_CHARACTER } else { c });
    let mut kept: String = clean.by_ref().take(limit).collect();
    if clean.next().is_some() {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_spoken() {
        for (millis, text) in [
            (0, "0 milliseconds"),
            (999, "999 milliseconds"),
            (1000, "1 second"),
            (1049, "1 second"),
            (1500, "1.5 seconds"),
            (9999, "10 seconds"),
            (60_000, "60 seconds"),
        ] {
            assert_eq!(spoken(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn names_of_issuers_cannot_disturb_a_page() {
        assert_eq!(readable("Bücher GmbH\u{202e}\0".chars(), 50), "Bücher GmbH\u{fffd}\u{fffd}");
        assert_eq!(readable("abcdef".chars(), 3), "abc…");
        assert_eq!(readable("abc".chars(), 3), "abc");
    }

    proptest! {
        #[test]
        fn what_a_stranger_sent_is_printable(bytes: Vec<u8>) {
            for text in [escaped(&bytes), first_line(&bytes)] {
                prop_assert!(text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'`'));
            }
        }

        #[test]
        fn a_cut_text_is_short(text: String, limit in 0usize..20) {
            prop_assert!(cut(&text, limit).chars().count() <= limit + 1);
            prop_assert!(readable(text.chars(), limit).chars().count() <= limit + 1);
        }
    }
}
