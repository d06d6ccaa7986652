//! Text on its way through: cut where a character ends, free of what must not be in a header, and written as JSON.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The longest beginning of `text` of at most `max` bytes that does not tear a character apart.
#[must_use]
pub fn cut(text: &str, max: usize) -> &str {
    text.get(..text.floor_char_boundary(max)).unwrap_or(text)
}

/// Without control characters (C0, C1, DEL) and the separators of lines and paragraphs: each becomes a space. Such a
/// text may stand in a header of HTTP or of a mail without starting another one.
#[must_use]
pub fn single_line(text: &str) -> String {
    let clean = |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
    text.chars().map(clean).collect()
}

/// Without the one character that a database may refuse in a text.
pub(crate) fn storable(text: &str) -> String {
    text.replace('\0', "")
}

/// Writes `,"name":"value"` unless the value is empty.
pub(crate) fn write_json_member(out: &mut String, name: &str, value: &str) {
    if !value.is_empty() {
        out.push_str(",\"");
        out.push_str(name);
        out.push_str("\":");
        write_json_string(out, value);
    }
}

/// Writes `,"name":{…}` unless the map is empty.
pub(crate) fn write_json_map(out: &mut String, name: &str, map: &BTreeMap<String, String>) {
    if map.is_empty() {
        return;
    }
    out.push_str(",\"");
    out.push_str(name);
    out.push_str("\":");
    for (at, (key, value)) in map.iter().enumerate() {
        out.push(if at == 0 { '{' } else { ',' });
        write_json_string(out, key);
        out.push(':');
        write_json_string(out, value);
    }
    out.push('}');
}

/// Writes a string of JSON as Go does it (and so ntfy): `<`, `>`, `&` and the separators U+2028 and U+2029 as `\u…`.
pub fn write_json_string(out: &mut String, text: &str) {
    out.push('"');
    let mut from = 0;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        // Nearly all bytes stand for themselves; one look tells.
        if !matches!(byte, 0..0x20 | b'"' | b'\\' | b'<' | b'>' | b'&' | 0xE2) {
            continue;
        }
        let (escaped, length) = match byte {
            b'"' => ("\\\"", 1),
            b'\\' => ("\\\\", 1),
            b'\n' => ("\\n", 1),
            b'\r' => ("\\r", 1),
            b'\t' => ("\\t", 1),
            0x08 => ("\\b", 1),
            0x0C => ("\\f", 1),
            b'<' => ("\\u003c", 1),
            b'>' => ("\\u003e", 1),
            b'&' => ("\\u0026", 1),
            0xE2 => match bytes.get(at + 1..at + 3) {
                Some([0x80, 0xA8]) => ("\\u2028", 3),
                Some([0x80, 0xA9]) => ("\\u2029", 3),
                _ => continue,
            },
            _ => ("", 1),
        };
        out.push_str(text.get(from..at).unwrap_or_default());
        if escaped.is_empty() {
            let _ = write!(out, "\\u{byte:04x}");
        } else {
            out.push_str(escaped);
        }
        from = at + length;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cutting_tears_no_character() {
        assert_eq!(
            (cut("grün", 2), cut("grün", 3), cut("grün", 4), cut("grün", 99)),
            ("gr", "gr", "grü", "grün")
        );
    }

    #[test]
    fn one_line_has_no_control_characters() {
        assert_eq!(single_line("a\r\nb\0c\u{85}d\u{2028}e\u{7f}f\u{1b}g"), "a  b c d e f g");
    }

    #[test]
    fn what_go_escapes_is_escaped() {
        let mut json = String::new();
        write_json_string(
            &mut json,
            "a\"\\\n\r\t\u{8}\u{c}\0\u{1f}\u{7f}<>&\u{2027}\u{2028}\u{2029}\u{202a}â€ä🎉",
        );
        let expected = "\"a\\\"\\\\\\n\\r\\t\\b\\f\\u0000\\u001f\u{7f}\\u003c\\u003e\\u0026\u{2027}\\u2028\\u2029\u{202a}â€ä🎉\"";
        assert_eq!(json, expected);
    }

    proptest! {
        #[test]
        fn a_string_of_json_is_read_back(text in any::<String>()) {
            let mut json = String::new();
            write_json_string(&mut json, &text);
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
