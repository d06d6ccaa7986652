//! Text beyond ASCII in a header: encoded words (RFC 2047), such as `=?UTF-8?B?8J+HqfCfh6o=?=`.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Some senders leave the padding away.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The sets of characters that are understood.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Charset {
    Utf8,
    Latin1,
}

/// Decodes the encoded words of a value; whatever is none, or is in a set of characters that is not known (known are
/// UTF-8, US-ASCII and ISO-8859-1), stays as it is. White space between two encoded words is none (section 6.2), and a
/// character may be torn between two of them, as some senders do.
#[must_use]
pub fn decode(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut pending: Option<(Charset, Vec<u8>)> = None;
    let mut rest = value;
    while let Some(at) = rest.find("=?") {
        let (before, from) = rest.split_at(at);
        let Some((charset, bytes, after)) = word(from) else {
            settle(&mut out, &mut pending);
            out.push_str(before);
            out.push_str("=?");
            rest = from.get(2..).unwrap_or_default();
            continue;
        };
        let apart = pending.is_some() && before.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n'));
        match &mut pending {
            Some((same, sofar)) if apart && *same == charset => sofar.extend_from_slice(&bytes),
            _ => {
                settle(&mut out, &mut pending);
                if !apart {
                    out.push_str(before);
                }
                pending = Some((charset, bytes));
            }
        }
        rest = after;
    }
    settle(&mut out, &mut pending);
    out.push_str(rest);
    out
}

/// Writes what was decoded so far.
fn settle(out: &mut String, pending: &mut Option<(Charset, Vec<u8>)>) {
    match pending.take() {
        Some((Charset::Utf8, bytes)) => out.push_str(&String::from_utf8_lossy(&bytes)),
        Some((Charset::Latin1, bytes)) => out.extend(bytes.into_iter().map(char::from)),
        None => {}
    }
}

/// Reads the encoded word at the beginning: its set of characters, its bytes, and what comes after it.
fn word(text: &str) -> Option<(Charset, Vec<u8>, &str)> {
    let (charset, rest) = text.strip_prefix("=?")?.split_once('?')?;
    let (encoding, rest) = rest.split_once('?')?;
    let (encoded, after) = end_of_word(rest)?;
    // RFC 2231, section 5: a language may follow the set of characters.
    let charset = charset.split('*').next().unwrap_or_default();
    let charset = match charset.to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" | "us-ascii" | "ascii" => Charset::Utf8,
        "iso-8859-1" | "latin1" => Charset::Latin1,
        _ => return None,
    };
    let bytes = match encoding {
        "B" | "b" => BASE64.decode(encoded).ok()?,
        "Q" | "q" => quoted(encoded)?,
        _ => return None,
    };
    Some((charset, bytes, after))
}

/// How far an encoded word is looked through that has question marks of its own.
const LENIENT_BYTES: usize = 1024;

/// Splits at the `?=` that ends a word. A question mark must be encoded, and so the first one ends it, however long the
/// word is; some senders leave it as it is, which is understood in a word that is not too long (or else a value of
/// nothing but beginnings would be read over and over).
fn end_of_word(text: &str) -> Option<(&str, &str)> {
    let (encoded, after) = text.split_once('?')?;
    if let Some(after) = after.strip_prefix('=') {
        return Some((encoded, after));
    }
    let end = crate::text::cut(text, LENIENT_BYTES).find("?=")?;
    Some((text.get(..end)?, text.get(end + 2..)?))
}

/// The Q encoding (section 4.2): `_` is a space, `=C3` a byte, printable ASCII is itself.
fn quoted(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'_' => b' ',
            b'=' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            b' '..=b'~' | b'\t' => byte,
            _ => return None,
        });
    }
    Some(out)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn encoded_words_become_text() {
        let table = [
            ("=?UTF-8?B?8J+HqfCfh6o=?=", "🇩🇪"),
            ("=?UTF-8?Q?=C3=84pfel?=", "Äpfel"),
            ("=?utf-8?q?Hello_World?=", "Hello World"),
            ("=?iso-8859-1?Q?caf=E9?=", "café"),
            ("=?us-ascii?q?plain?=", "plain"),
            ("=?utf-8*de?q?gr=C3=BCn?=", "grün"),
            ("before =?utf-8?q?=C3=A4?= after", "before ä after"),
            ("=?utf-8?q?one_?= =?utf-8?q?two?=", "one two"),
            // A character torn between two words.
            ("=?utf-8?q?=C3?= =?utf-8?q?=A4?=", "ä"),
            // Without padding.
            ("=?utf-8?B?w6Q?=", "ä"),
            // A question mark that should have been encoded.
            ("=?utf-8?q?Really?_=C3=84h?=!", "Really? Äh!"),
            ("=?utf-8?q?=C3=A4?=x =?utf-8?q?=C3=B6?=", "äx ö"),
            ("=?utf-8?q?=C3=A4?= =?iso-8859-1?q?=F6?=", "äö"),
        ];
        for (from, to) in table {
            assert_eq!(decode(from), to, "{from}");
        }
    }

    #[test]
    fn what_is_no_encoded_word_stays() {
        let table = [
            "",
            "plain",
            "=?",
            "=?=",
            "a =?b? c",
            "=?utf-8?x?abc?=",
            "=?koi8-r?q?abc?=",
            "=?utf-8?q?=Z1?=",
            "=?utf-8?B?*?=",
            "Äpfel",
            "2 =? 3",
            "=?utf-8?q?unfinished",
            "=?utf-8?q?=C?=",
        ];
        for text in table {
            assert_eq!(decode(text), text);
        }
    }
}
