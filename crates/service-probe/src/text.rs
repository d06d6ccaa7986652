//! What a stranger said, made fit for a sentence.

use tls_probe::words::readable;

/// Most characters of a stranger's text in a sentence.
pub(crate) const LONGEST_SAID: usize = 200;

/// Most characters of the beginning of an answer in a sentence.
const LONGEST_FIRST: usize = 60;

/// Text of a stranger on one line: white space becomes one space; whatever is no UTF-8, steers a
/// terminal or turns the direction of writing becomes a replacement character; the end is cut after 200
/// characters.
#[must_use]
pub fn said(bytes: &[u8]) -> String {
    // What is cut anyway need not be looked at: a character has at most four bytes.
    let text = String::from_utf8_lossy(bytes.get(..LONGEST_SAID * 8).unwrap_or(bytes));
    let words: Vec<_> = text.split_whitespace().collect();
    readable(words.join(" ").chars(), LONGEST_SAID)
}

/// The first line which holds something: what one recognises another protocol by.
pub(crate) fn first_line(bytes: &[u8]) -> String {
    let line = bytes.split(|&byte| matches!(byte, b'\r' | b'\n')).find(|line| !line.is_empty());
    let line = line.unwrap_or(bytes);
    // Bytes which are no text say more as numbers than as replacement characters.
    if let Some(text) = std::str::from_utf8(line).ok().filter(|text| !text.contains(char::is_control)) {
        return readable(text.chars(), LONGEST_FIRST);
    }
    let numbers = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
    match bytes.get(..8) {
        Some(some) if bytes.len() > 8 => format!("{} …", numbers(some)),
        _ => numbers(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_was_said_stands_on_one_line() {
        assert_eq!(said(b"  the database\r\n is starting\tup "), "the database is starting up");
        assert_eq!(said("zu viele Verbindungen – später".as_bytes()), "zu viele Verbindungen – später");
        assert_eq!(said(b"a\x1b[31mb\xff\0"), "a\u{fffd}[31mb\u{fffd}\u{fffd}");
        assert_eq!(said("gpj\u{202e}.exe".as_bytes()), "gpj\u{fffd}.exe");
        assert_eq!(said(&[b'x'; 5000]).chars().count(), LONGEST_SAID + 1);
    }

    #[test]
    fn a_beginning_is_text_or_numbers() {
        assert_eq!(first_line(b"\r\nHTTP/1.1 400 Bad Request\r\nServer: x\r\n"), "HTTP/1.1 400 Bad Request");
        assert_eq!(first_line(b"\x15\x03\x01\x00\x02\x02\x46"), "15 03 01 00 02 02 46");
        assert_eq!(first_line(&[0; 64]), "00 00 00 00 00 00 00 00 …");
        assert_eq!(first_line(b"\r\n\r\n"), "0d 0a 0d 0a");
    }

    proptest! {
        #[test]
        fn nothing_steers_and_everything_is_short(bytes: Vec<u8>) {
            for (text, longest) in [(said(&bytes), LONGEST_SAID), (first_line(&bytes), LONGEST_FIRST)] {
                prop_assert_eq!(&readable(text.chars(), longest + 1), &text);
                prop_assert!(text.chars().count() <= longest + 1);
            }
        }
    }
}
