use super::*;
use proptest::prelude::*;

fn terms() -> Terms {
    let rule = Rule { domain: Some("hob.example".to_owned()), prefix: "ntfy-".to_owned() };
    Terms { host: "hob.example".to_owned(), rule, mail_max: 1000, recipients_max: 2, mails_max: 3 }
}

/// What was said, and the mails which were taken. Everything is decided so: who is not “eve” may log in, and the topic
/// “secret” is for nobody.
#[derive(Debug, Default, PartialEq)]
struct Told {
    said: Vec<String>,
    mails: Vec<(Vec<String>, String)>,
    ended: bool,
}

fn decide(told: &mut Told, question: &Question) -> Result<(), Refusal> {
    let no = |words: &str| Err(Refusal { again: false, words: words.to_owned() });
    match question {
        Question::Login { user, .. } if user == "eve" => no("Not you"),
        Question::Recipient(to) if to.topic == "secret" => no("Not for you"),
        Question::Recipient(to) if to.topic == "busy" => {
            Err(Refusal { again: true, words: "Later\r\n221 x".to_owned() })
        }
        Question::Mail { to, bytes } => {
            let topics = to.iter().map(|to| to.topic.clone()).collect();
            told.mails.push((topics, String::from_utf8_lossy(bytes).into_owned()));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Says all of it in pieces of `step` bytes.
fn converse(all: &[u8], step: usize) -> Told {
    let mut session = Session::new(terms());
    let mut told = Told::default();
    for piece in all.chunks(step.max(1)) {
        session.hear(piece);
        while let Some(event) = session.event() {
            let said = match event {
                Event::Say(said) => said,
                Event::Ask(question) => {
                    let decision = decide(&mut told, &question);
                    session.answer(decision)
                }
                Event::End(said) => {
                    told.ended = true;
                    said
                }
            };
            told.said.push(String::from_utf8(said).unwrap());
        }
    }
    told
}

fn codes(told: &Told) -> Vec<&str> {
    told.said.iter().map(|said| &said[..3]).collect()
}

const GOOD: &str = "EHLO x\r\nMAIL FROM:<a@b> SIZE=20 BODY=8BITMIME\r\nRCPT TO:<ntfy-backups+tk_1@hob.example>\r\nDATA\r\nSubject: a\r\n\r\n..\r\nx\n.\ny\r\n.\r\nQUIT\r\n";

#[test]
fn a_mail_is_taken() {
    for step in [1, 7, 4096] {
        let told = converse(GOOD.as_bytes(), step);
        assert_eq!(codes(&told), ["250", "250", "250", "354", "250", "221"]);
        let mail = "Subject: a\r\n\r\n.\r\nx\n.\ny\r\n".to_owned();
        assert_eq!(told.mails, [(vec!["backups".to_owned()], mail)], "{step}");
        assert!(told.ended);
    }
}

#[test]
fn nothing_is_passed_on() {
    for address in
        ["<anna@other.example>", "<ntfy-a@other.example>", "<anna@hob.example>", "<@hob.example:a@b>", "<>"]
    {
        let told =
            converse(format!("HELO x\r\nMAIL FROM:<>\r\nRCPT TO:{address}\r\nDATA\r\n").as_bytes(), 99);
        assert_eq!(codes(&told), ["250", "250", "550", "503"], "{address}");
    }
}

#[test]
fn what_is_decided_elsewhere_is_told() {
    let told = converse(
        b"EHLO x\r\nMAIL FROM:a@b\r\nRCPT TO:<ntfy-secret@hob.example>\r\nRCPT TO:<ntfy-busy@hob.example>\r\n",
        99,
    );
    assert_eq!(told.said[2], "550 5.7.1 Not for you\r\n");
    assert_eq!(told.said[3], "451 4.3.0 Later221 x\r\n", "no decision begins a line of its own");
}

#[test]
fn logins() {
    // \0anna\0pw and \0eve\0pw
    for (login, codes_wanted) in [
        ("AUTH PLAIN AGFubmEAcHc=\r\n", &["250", "235"][..]),
        ("AUTH PLAIN\r\nAGFubmEAcHc=\r\n", &["250", "334", "235"]),
        ("auth login\r\nYW5uYQ==\r\ncHc=\r\n", &["250", "334", "334", "235"]),
        ("AUTH LOGIN YW5uYQ==\r\ncHc=\r\n", &["250", "334", "235"]),
        ("AUTH PLAIN AGV2ZQBwdw==\r\n", &["250", "535"]),
        ("AUTH PLAIN ???\r\n", &["250", "501"]),
        ("AUTH PLAIN AAAA\r\nAUTH PLAIN YQ==\r\n", &["250", "235", "501"]),
        ("AUTH LOGIN\r\n*\r\n", &["250", "334", "501"]),
        ("AUTH CRAM-MD5\r\n", &["250", "504"]),
    ] {
        let told = converse(format!("EHLO x\r\n{login}").as_bytes(), 99);
        assert_eq!(codes(&told), codes_wanted, "{login}");
    }
    let told = converse("EHLO x\r\n".to_owned().as_bytes(), 99);
    assert!(told.said[0].ends_with("250 AUTH PLAIN LOGIN\r\n"));
}

#[test]
fn everything_has_its_order() {
    for (said, wanted) in [
        ("MAIL FROM:<a@b>\r\n", &["503"][..]),
        ("EHLO x\r\nRCPT TO:<ntfy-a@hob.example>\r\n", &["250", "503"]),
        ("EHLO x\r\nMAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\n", &["250", "250", "503"]),
        ("EHLO x\r\nMAIL FROM:<a@b>\r\nDATA\r\n", &["250", "250", "503"]),
        (
            "EHLO x\r\nMAIL FROM:<a@b>\r\nRSET\r\nRCPT TO:<ntfy-a@hob.example>\r\n",
            &["250", "250", "250", "503"],
        ),
        ("EHLO x\r\nMAIL TO:<a@b>\r\nMAIL FROM:\r\nMAIL\r\n", &["250", "501", "501", "501"]),
        ("NOOP\r\nVRFY a\r\nHELP\r\nGET / HTTP/1.1\r\n", &["250", "252", "500", "500"]),
    ] {
        assert_eq!(codes(&converse(said.as_bytes(), 99)), wanted, "{said}");
    }
}

#[test]
fn everything_has_a_limit() {
    let begin = "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<ntfy-a@hob.example>\r\n";
    let told = converse(format!("{begin}{}", "RCPT TO:<ntfy-b@hob.example>\r\n".repeat(3)).as_bytes(), 99);
    assert_eq!(codes(&told), ["250", "250", "250", "250", "452", "452"]);
    let told = converse(b"EHLO x\r\nMAIL FROM:<a@b> SIZE=5000\r\n", 99);
    assert_eq!(codes(&told), ["250", "552"]);
    // Too large, and then another one.
    let large = format!("{begin}DATA\r\n{}\r\n.\r\n{}", "x".repeat(3500), GOOD);
    let told = converse(large.as_bytes(), 500);
    assert_eq!(codes(&told)[3..5], ["354", "552"]);
    assert_eq!(told.mails.len(), 1);
    // Without end.
    let told = converse(format!("{begin}DATA\r\n{}", "x".repeat(100_000)).as_bytes(), 500);
    assert!(told.ended && told.mails.is_empty());
    let told = converse("x".repeat(100_000).as_bytes(), 500);
    assert!(told.ended && codes(&told) == ["500"]);
    let told = converse("NONSENSE\r\n".repeat(50).as_bytes(), 500);
    assert!(told.ended && told.said.len() == 11);
    let told = converse("NOOP\r\n".repeat(2000).as_bytes(), 500);
    assert!(told.ended && told.said.len() == 501);
    let again = GOOD.strip_suffix("QUIT\r\n").unwrap().repeat(5);
    let told = converse(again.as_bytes(), 500);
    assert!(told.ended && told.mails.len() == 3);
}

#[test]
fn only_one_end_is_an_end() {
    for smuggled in ["\n.\n", "\r\n.\n", "\n.\r\n", "\r.\r", "\r\n.\r"] {
        let begin = "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<ntfy-a@hob.example>\r\nDATA\r\n";
        let told = converse(format!("{begin}one{smuggled}MAIL FROM:<c@d>\r\n.\r\n").as_bytes(), 3);
        assert_eq!(told.mails.len(), 1, "{smuggled:?}");
        assert!(told.mails[0].1.contains("MAIL FROM:<c@d>"), "{smuggled:?}: {told:?}");
    }
    let begin = "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<ntfy-a@hob.example>\r\nDATA\r\n.\r\nNOOP\r\n";
    let told = converse(begin.as_bytes(), 3);
    assert_eq!(told.mails, [(vec!["a".to_owned()], String::new())]);
}

proptest! {
    #[test]
    fn pieces_make_no_difference(
        lines in proptest::collection::vec(prop_oneof![
            Just("EHLO x\r\n".to_owned()), Just("MAIL FROM:<a@b>\r\n".to_owned()),
            Just("RCPT TO:<ntfy-a@hob.example>\r\n".to_owned()), Just("DATA\r\n".to_owned()),
            Just("\r\n.\r\n".to_owned()), Just("AUTH LOGIN\r\n".to_owned()), Just("RSET\n".to_owned()), ".{0,20}\r\n", ".{0,5}",
        ], 0..30),
        step in 1usize..40,
    ) {
        let all = lines.concat();
        prop_assert_eq!(converse(all.as_bytes(), step), converse(all.as_bytes(), 1));
    }

    #[test]
    fn anything_is_answered_in_lines(bytes: Vec<u8>, step in 1usize..40) {
        for said in converse(&bytes, step).said {
            prop_assert!(said.ends_with("\r\n") && said.is_ascii());
            prop_assert!(said.as_bytes()[..3].iter().all(u8::is_ascii_digit));
        }
    }
}
