//! Nothing that is shown holds a secret.

use super::every;
use crate::{Channel, Note};

/// Every secret in the channels of these tests has this in it, or is one of these.
const MARKS: [&str; 6] =
    ["-secret", "_secret", "secret-", "abcdefghijklmnop", "zyxwvutsrqponm", "mailto://u:p"];

pub(super) fn assert_clean(text: &str, what: &str) {
    for mark in MARKS {
        assert!(!text.contains(mark), "{what}: {text}");
    }
}

#[test]
fn neither_debug_nor_place_nor_form_shows_a_secret() {
    for (name, channel) in every("https://x.example") {
        assert_clean(&format!("{channel:?}"), name);
        assert_clean(&channel.place(), name);
        assert_clean(&format!("{:?}", channel.to_fields()), name);
    }
}

#[test]
fn wrong_fields_do_not_repeat_what_was_typed() {
    let values =
        super::values(&[("url", "hxxp://secret/"), ("headers", "secret"), ("secret", "secret\u{0}")]);
    for (_, sentence) in Channel::from_fields("webhook", &values).unwrap_err() {
        assert!(!sentence.contains("secret"), "{sentence}");
    }
}

#[test]
fn a_note_keeps_within_its_bounds() {
    let note = Note { link: Some("https://x.example/a b".to_owned()), ..super::nasty() }.bounded();
    assert_eq!(note.title, "<b>*x*</b> & \"q\" @everyone Bcc: evil@example.com txt.exe");
    assert!(note.link.is_none() && note.links.len() == 1);
    assert_eq!(note.tags, ["a,b"]);
    assert!(!note.body.contains(|c: char| c.is_control() && c != '\n'));
}
