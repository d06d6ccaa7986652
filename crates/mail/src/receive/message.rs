//! What is read of a mail: its subject, and its text.

use std::borrow::Cow;

use mail_parser::{MessageParser, MimeHeaders as _};

/// Longest subject, in characters.
const SUBJECT_MAX: usize = 250;

/// Longest text, in bytes. Whoever takes it has limits of their own.
const TEXT_MAX: usize = 256 * 1024;

/// What a mail says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// The subject on one line; may be empty.
    pub subject: String,
    /// The text; may be empty.
    pub text: String,
}

/// Reads a mail: its text, or its page as text where it has none (RFC 5322, RFC 2045 to 2047). `None` if it is none.
#[must_use]
pub fn read(mail: &[u8]) -> Option<Text> {
    let message = MessageParser::default().parse(mail)?;
    let subject = message.subject().unwrap_or_default();
    // Files which are attached as text are no text of the mail.
    let text = (0..message.text_body_count())
        .find(|&at| message.text_part(u32::try_from(at).unwrap_or(0)).is_none_or(|part| !is_file(part)))
        .and_then(|at| message.body_text(at))
        .unwrap_or(Cow::Borrowed(""));
    Some(Text { subject: one_line(subject), text: lines(&text) })
}

fn is_file(part: &mail_parser::MessagePart<'_>) -> bool {
    part.content_disposition().is_some_and(mail_parser::ContentType::is_attachment)
}

/// White space becomes one space each; other control characters, and those which change the direction of writing, go.
fn one_line(text: &str) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().filter(|&c| !disturbs(c)).take(SUBJECT_MAX).collect()
}

fn lines(text: &str) -> String {
    let text = text.get(..text.floor_char_boundary(TEXT_MAX)).unwrap_or_default();
    let clean: String =
        text.replace("\r\n", "\n").chars().filter(|&c| matches!(c, '\n' | '\t') || !disturbs(c)).collect();
    let lines: Vec<&str> = clean.lines().map(str::trim_end).collect();
    lines.join("\n").trim().to_owned()
}

fn disturbs(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Address, Letter};
    use proptest::prelude::*;

    fn text(mail: &str) -> (String, String) {
        let read = read(mail.replace('\n', "\r\n").as_bytes()).unwrap();
        (read.subject, read.text)
    }

    fn pair(subject: &str, text: &str) -> (String, String) {
        (subject.to_owned(), text.to_owned())
    }

    #[test]
    fn mails_of_many_programs() {
        for (mail, subject, body) in [
            ("Subject: Hi\n\nIt is down.\n", "Hi", "It is down."),
            ("From: a@b\n\nno subject", "", "no subject"),
            ("Subject: =?UTF-8?B?w5xiZXIg4pyT?=\n =?utf-8?q?_und?= mehr\n\nx", "Über ✓ und mehr", "x"),
            ("Subject: =?ISO-8859-1?Q?Z=FCrich?=\n\nx", "Zürich", "x"),
            (
                "Subject: a\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nZ=FCrich =\nist da",
                "a",
                "Zürich ist da",
            ),
            (
                "Subject: a\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nw5xiZXIK\n",
                "a",
                "Über",
            ),
            (
                "Subject: a\nContent-Type: text/html\n\n<html><body><p>One &amp; two</p><p>three</p></body></html>",
                "a",
                "One & two\nthree",
            ),
            (
                "Subject: a\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n<b>page</b>\n--b\nContent-Type: text/plain\n\ntext\n--b--\n",
                "a",
                "text",
            ),
            ("Subject: a\nContent-Type: image/png\nContent-Transfer-Encoding: base64\n\nAAAA\n", "a", ""),
            ("Subject: a\n\n", "a", ""),
        ] {
            assert_eq!(text(mail), pair(subject, body), "{mail}");
        }
    }

    #[test]
    fn nothing_disturbs() {
        let (subject, body) = text("Subject: a\u{202e}b\tc\n\nx\u{1b}[31m\u{202e}y\n\n\nz  \n");
        assert_eq!((subject.as_str(), body.as_str()), ("ab c", "x[31my\n\n\nz"));
        let long = format!("Subject: {}\n\n{}", "s".repeat(5000), "ü".repeat(400_000));
        let (subject, body) = text(&long);
        assert!(subject.chars().count() <= SUBJECT_MAX && body.len() <= TEXT_MAX);
    }

    #[test]
    fn a_letter_of_our_own_is_read() {
        let letter = Letter {
            subject: "“nas” läuft nicht – und das ist ein langer Betreff, der umgebrochen wird".to_owned(),
            text: "Ein Satz.\n.\nNoch einer – mit Strich.".to_owned(),
            html: Some("<p>Seite</p>".to_owned()),
            ..Letter::default()
        };
        let from = Address::parse("a@b").unwrap();
        let read = read(&letter.compose(&from, std::slice::from_ref(&from))).unwrap();
        assert_eq!((read.subject, read.text), (letter.subject, letter.text));
    }

    #[test]
    fn parts_without_end_are_read() {
        let part = "Content-Type: multipart/mixed; boundary=b\n\n--b\n";
        drop(read(format!("Subject: a\n{}", part.repeat(5000)).as_bytes()));
        let nested = "Content-Type: message/rfc822\n\n";
        drop(read(format!("Subject: a\n{}", nested.repeat(5000)).as_bytes()));
        drop(read(format!("Content-Type: text/html\n\n{}", "<div><p>".repeat(50_000)).as_bytes()));
    }

    proptest! {
        #[test]
        fn anything_is_read(mail: Vec<u8>) {
            if let Some(Text { subject, text }) = read(&mail) {
                prop_assert!(!subject.contains(char::is_control));
                prop_assert!(!text.chars().any(|c| disturbs(c) && c != '\n' && c != '\t'));
            }
        }

        #[test]
        fn what_we_write_is_read(subject in "[a-zA-Zäöü✓=?_ ]{1,80}", text in "[a-zA-Zäöü✓=.\n]{0,200}") {
            let from = Address::parse("a@b").unwrap();
            let letter = Letter { subject: subject.clone(), text: text.clone(), ..Letter::default() };
            let read = read(&letter.compose(&from, std::slice::from_ref(&from))).unwrap();
            prop_assert_eq!(read.subject, one_line(&subject));
            prop_assert_eq!(read.text, lines(&text));
        }
    }
}
