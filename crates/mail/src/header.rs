//! Headers of a mail: any text becomes one header, and never two (RFC 5322, section 2.2; RFC 2047).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Longest line (RFC 5322, section 2.1.1, and RFC 2047, section 2).
const LINE: usize = 76;

/// What an encoded word has besides its text: `=?UTF-8?B?` and `?=`.
const FRAME: usize = 12;

/// Longest text of a header, in characters.
pub(crate) const LONGEST: usize = 300;

/// Adds a header with text for people. Line ends and other control characters become spaces; what is not ASCII
/// is encoded; what is too long is cut.
pub(crate) fn push_text(mail: &mut String, name: &str, value: &str) {
    let value = clean(value);
    mail.push_str(name);
    mail.push_str(": ");
    mail.push_str(&text(&value, name.len() + 2));
    mail.push_str("\r\n");
}

/// Adds a header with words for machines, such as identifiers and addresses, which are folded between them.
/// Whoever calls has made sure that the words are ASCII without line ends; one which is not is left out.
pub(crate) fn push_words(mail: &mut String, name: &str, words: &[String]) {
    mail.push_str(name);
    mail.push(':');
    let mut column = name.len() + 1;
    for word in words.iter().filter(|word| is_safe(word)) {
        if column > name.len() + 1 && column + 1 + word.len() > LINE {
            mail.push_str("\r\n");
            column = 0;
        }
        mail.push(' ');
        mail.push_str(word);
        column += 1 + word.len();
    }
    mail.push_str("\r\n");
}

/// Printable ASCII. The folds of a phrase are the one line end that may be.
fn is_safe(word: &str) -> bool {
    word.replace("\r\n ", "").bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// One line without control characters, at most [`LONGEST`] characters of it.
fn clean(value: &str) -> String {
    let words: Vec<&str> =
        value.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty()).collect();
    tls_probe::words::cut(&words.join(" "), LONGEST)
}

/// A name before an address: as it is, in quotes, or encoded.
pub(crate) fn phrase(name: &str) -> String {
    let name = clean(name);
    let plain = |c: char| c.is_ascii_alphanumeric() || " !#$%&'*+-/=?^_`{|}~".contains(c);
    if name.chars().all(plain) && !name.contains("=?") {
        return name;
    }
    if name.bytes().all(|byte| matches!(byte, b' '..=b'~')) && !name.contains("=?") {
        return format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
    }
    encoded(&name, "Reply-To: ".len())
}

/// The text of a header whose name and colon have `used` columns.
fn text(value: &str, used: usize) -> String {
    let is_plain = value.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && !value.contains("=?")
        && value.split(' ').all(|word| word.len() < LINE - used);
    if !is_plain {
        return encoded(value, used);
    }
    let mut folded = String::with_capacity(value.len());
    let mut column = used;
    for word in value.split(' ').filter(|word| !word.is_empty()) {
        if column > used && column + 1 + word.len() > LINE {
            folded.push_str("\r\n ");
            column = 1;
        } else if column > used {
            folded.push(' ');
            column += 1;
        }
        folded.push_str(word);
        column += word.len();
    }
    folded
}

/// Encoded words of at most a line each, whole characters in each (RFC 2047, section 5).
fn encoded(value: &str, used: usize) -> String {
    let mut words = Vec::new();
    let mut word = String::new();
    let room = |number: usize| (LINE - FRAME - if number == 0 { used } else { 1 }) / 4 * 3;
    for c in value.chars() {
        if word.len() + c.len_utf8() > room(words.len()) {
            words.push(std::mem::take(&mut word));
        }
        word.push(c);
    }
    words.push(word);
    let words: Vec<String> =
        words.iter().map(|word| format!("=?UTF-8?B?{}?=", STANDARD.encode(word))).collect();
    words.join("\r\n ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn subject(value: &str) -> String {
        let mut mail = String::new();
        push_text(&mut mail, "Subject", value);
        mail
    }

    #[test]
    fn subjects() {
        assert_eq!(subject("Grafana is down"), "Subject: Grafana is down\r\n");
        assert_eq!(subject("a\r\nBcc: all@example.org"), "Subject: a Bcc: all@example.org\r\n");
        assert_eq!(subject("a\u{85}\u{2028}b\0c\u{7f}"), "Subject: a b c\r\n");
        assert_eq!(subject("“nas” ✓"), "Subject: =?UTF-8?B?4oCcbmFz4oCdIOKckw==?=\r\n");
        assert_eq!(subject("=?UTF-8?Q?fake?="), "Subject: =?UTF-8?B?PT9VVEYtOD9RP2Zha2U/PQ==?=\r\n");
        let long = subject(&"word ".repeat(30));
        assert!(long.contains("word\r\n word"), "{long}");
        assert!(subject(&"x".repeat(1000)).contains("\r\n =?UTF-8?B?"));
    }

    #[test]
    fn phrases() {
        assert_eq!(phrase("Hob at home"), "Hob at home");
        assert_eq!(phrase("Hob, \"the\" one."), "\"Hob, \\\"the\\\" one.\"");
        assert_eq!(phrase("Höb"), "=?UTF-8?B?SMO2Yg==?=");
    }

    #[test]
    fn words_are_folded_between_them() {
        let mut mail = String::new();
        let word = format!("<{}@x>", "a".repeat(30));
        push_words(&mut mail, "References", &[word.clone(), word.clone(), word.clone(), "b\r\nc".to_owned()]);
        assert_eq!(mail, format!("References: {word}\r\n {word} {word}\r\n"));
    }

    proptest! {
        #[test]
        fn one_header_and_no_long_line(value: String) {
            let mail = subject(&value);
            let mut lines = mail.strip_suffix("\r\n").unwrap().split("\r\n");
            prop_assert!(lines.next().unwrap().starts_with("Subject: "));
            prop_assert!(lines.all(|line| line.starts_with(' ') && line.trim() != ""));
            for line in mail.split("\r\n") {
                prop_assert!(line.len() <= LINE, "{}", line);
                prop_assert!(line.bytes().all(|byte| matches!(byte, b' '..=b'~')));
            }
        }
    }
}
