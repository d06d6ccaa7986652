//! Quoted-printable (RFC 2045, section 6.7): text as ASCII on short lines, readable as it is.

/// Longest line, with the sign which continues it.
const LINE: usize = 76;

/// Encodes a text; every line ends with `\r\n`, also the last one. Control characters other than tabs become
/// replacement characters: no text has any.
pub(crate) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len() + text.len() / 8);
    let text = text.strip_suffix('\n').unwrap_or(text);
    for line in text.split('\n') {
        push_line(&mut encoded, line.strip_suffix('\r').unwrap_or(line));
        encoded.push_str("\r\n");
    }
    encoded
}

fn push_line(encoded: &mut String, line: &str) {
    let mut column = 0;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let is_last = chars.peek().is_none();
        let c = if c.is_control() && c != '\t' { char::REPLACEMENT_CHARACTER } else { c };
        let stays = matches!(c, '!'..='<' | '>'..='~') || matches!(c, ' ' | '\t') && !is_last;
        let width = if stays { 1 } else { 3 * c.len_utf8() };
        // A character is not torn apart: whoever reads the source sees whole ones.
        if column + width > LINE - usize::from(!is_last) {
            encoded.push_str("=\r\n");
            column = 0;
        }
        column += width;
        if stays {
            encoded.push(c);
        } else {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                encoded.push_str(&format!("={byte:02X}"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(encoded: &str) -> String {
        let joined = encoded.replace("=\r\n", "");
        let mut bytes = Vec::new();
        let mut rest = joined.as_bytes();
        while let Some((&byte, after)) = rest.split_first() {
            if byte == b'=' {
                let (hex, after) = after.split_at(2);
                bytes.push(u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap());
                rest = after;
            } else {
                bytes.push(byte);
                rest = after;
            }
        }
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn texts() {
        assert_eq!(encode("1 = 1 ✓\nend "), "1 =3D 1 =E2=9C=93\r\nend=20\r\n");
        assert_eq!(encode("a\r\n\r\nb\t\n"), "a\r\n\r\nb=09\r\n");
        assert_eq!(encode("\0\x1b[31m"), "=EF=BF=BD=EF=BF=BD[31m\r\n");
        assert_eq!(encode(""), "\r\n");
        assert_eq!(encode(&"x".repeat(76)), format!("{}\r\n", "x".repeat(76)));
        assert_eq!(encode(&"x".repeat(77)), format!("{}=\r\nxx\r\n", "x".repeat(75)));
    }

    proptest! {
        #[test]
        fn comes_back_on_short_lines(text in "[^\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f]{0,300}") {
            let encoded = encode(&text);
            prop_assert!(encoded.is_ascii() && !encoded.contains("=_"));
            prop_assert!(encoded.split("\r\n").all(|line| line.len() <= LINE));
            let wanted = text.strip_suffix('\n').unwrap_or(&text).replace('\n', "\r\n") + "\r\n";
            prop_assert_eq!(decode(&encoded), wanted);
        }
    }
}
