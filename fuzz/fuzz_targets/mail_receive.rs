//! What anybody may say to the server that takes mail for topics, and any mail.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mail::receive::{Event, Question, Refusal, Rule, Session, Terms, read};

/// Holds a conversation whose words come in pieces of `step` bytes. Gives everything that was said and every mail.
fn converse(words: &[u8], step: usize) -> (Vec<u8>, Vec<Vec<u8>>) {
    let rule = Rule { domain: Some("h.e".to_owned()), prefix: "n-".to_owned() };
    let mut session = Session::new(Terms { rule, mail_max: 500, ..Terms::default() });
    let (mut said, mut mails) = (Vec::new(), Vec::new());
    for piece in words.chunks(step.max(1)) {
        session.hear(piece);
        while let Some(event) = session.event() {
            match event {
                Event::Say(words) | Event::End(words) => said.extend(words),
                Event::Ask(question) => {
                    let decision = match &question {
                        Question::Recipient(to) => {
                            assert!((1..=64).contains(&to.topic.len()));
                            Ok(())
                        }
                        Question::Login { user, .. } if user.is_empty() => {
                            Err(Refusal { again: false, words: "no\r\n250 yes".to_owned() })
                        }
                        Question::Login { .. } => Ok(()),
                        Question::Mail { to, bytes } => {
                            assert!(!to.is_empty() && to.len() <= 5 && bytes.len() <= 500);
                            mails.push(bytes.clone());
                            Ok(())
                        }
                    };
                    said.extend(session.answer(decision));
                }
            }
        }
    }
    (said, mails)
}

fuzz_target!(|input: &[u8]| {
    let Some((&step, words)) = input.split_first() else { return };
    let (said, mails) = converse(words, usize::from(step));
    assert_eq!((&said, &mails), (&converse(words, 1).0, &converse(words, 1).1), "pieces make a difference");
    for line in said.split_inclusive(|&byte| byte == b'\n') {
        assert!(line.is_ascii() && line.len() >= 6 && line[..3].iter().all(u8::is_ascii_digit), "{line:?}");
    }
    for mail in mails.iter().map(Vec::as_slice).chain([words]) {
        if let Some(text) = read(mail) {
            assert!(text.subject.chars().count() <= 250 && !text.subject.contains(char::is_control));
            assert!(text.text.len() <= 256 * 1024);
        }
    }
});
