//! Sending to a server of our own, which behaves as it is told.

mod server;

use super::*;
use proptest::prelude::*;
use server::{Does, Server, Trouble};

fn letter() -> Letter {
    Letter {
        subject: "Grafana is down".to_owned(),
        text: ".\nIt is.\n..\n".to_owned(),
        key: "incident/12/opened".to_owned(),
        ..Letter::default()
    }
}

fn hurried() -> Limits {
    let time = Duration::from_millis(400);
    Limits { total: Duration::from_secs(2), connect: time, answer: time, ..Limits::default() }
}

async fn send_to(server: &Server, change: impl FnOnce(&mut Smtp)) -> Result<Sent, MailError> {
    let mut smtp = server.smtp();
    change(&mut smtp);
    server.friend().within(hurried()).send(&smtp, &letter()).await
}

fn logs_in(smtp: &mut Smtp) {
    smtp.user = Some("anna".to_owned());
    smtp.password = Some(Password::new("s3cret"));
}

#[tokio::test]
async fn a_mail_arrives_over_each_encryption() {
    for encryption in [Encryption::None, Encryption::StartTls, Encryption::Tls] {
        let server = Server::new(encryption, &[]).await;
        let sent = send_to(&server, logs_in).await.unwrap_or_else(|error| panic!("{encryption:?}: {error}"));
        assert_eq!(sent, Sent { answer: "250 2.0.0 Ok: queued as 4F2".to_owned(), refused: Vec::new() });
        let heard = server.heard();
        let verbs: Vec<&str> = heard.iter().map(|line| line.split(' ').next().unwrap_or_default()).collect();
        let secure: &[&str] = if encryption == Encryption::StartTls { &["EHLO", "STARTTLS"] } else { &[] };
        let rest = ["EHLO", "AUTH", "MAIL", "RCPT", "RCPT", "DATA", ".", "QUIT"];
        assert_eq!(verbs, [secure, &rest].concat());
        assert!(heard.contains(&"RCPT TO:<anna@example.org>".to_owned()), "{heard:?}");
        let mail = server.mails().pop().unwrap();
        assert!(mail.contains("\r\nSubject: Grafana is down\r\n"));
        assert!(mail.ends_with("\r\n\r\n.\r\nIt is.\r\n..\r\n"), "{mail}");
    }
}

#[tokio::test]
async fn each_login_that_is_offered() {
    for (offer, command) in [
        ("250-AUTH LOGIN PLAIN", "AUTH PLAIN AGFubmEAczNjcmV0"),
        ("250-AUTH=LOGIN PLAIN", "AUTH PLAIN AGFubmEAczNjcmV0"),
        ("250-AUTH LOGIN XOAUTH2", "AUTH LOGIN"),
    ] {
        let server = Server::new(Encryption::StartTls, &[("OFFER", Does::Say(offer))]).await;
        send_to(&server, logs_in).await.unwrap();
        assert!(server.heard().contains(&command.to_owned()), "{:?}", server.heard());
    }
    let server = Server::new(Encryption::StartTls, &[]).await;
    send_to(&server, |smtp| {
        logs_in(smtp);
        smtp.password = Some(Password::new("x".repeat(900)));
    })
    .await
    .unwrap();
    assert!(server.heard().contains(&"AUTH PLAIN".to_owned()), "a long secret comes in a line of its own");
}

/// What a server does where, what comes of it: the kind, whether it is worth trying again, and a part of the sentence.
#[tokio::test]
async fn troubles_are_told_apart() {
    use Does::{Close, Say};
    let cases: &[Trouble] = &[
        (
            "GREETING",
            Say("421 4.3.2 too busy\r\n"),
            "not_ready",
            true,
            "it is not ready: “421 4.3.2 too busy”",
        ),
        ("GREETING", Say("554 go away\r\n"), "not_ready", true, "go away"),
        ("GREETING", Say("SSH-2.0-OpenSSH_9.2\r\n"), "other_protocol", false, "SSH-2.0"),
        ("GREETING", Close, "closed", true, "closed it without a word"),
        ("EHLO", Close, "closed", true, "before its answer"),
        ("EHLO", Say("550 no\r\n"), "declined", false, "“550 no”"),
        (
            "STARTTLS",
            Say("502 5.5.1 what?\r\n"),
            "no_starttls",
            false,
            "does not offer STARTTLS: “502 5.5.1 what?”",
        ),
        ("AUTH", Say("535 5.7.8 bad credentials\r\n"), "login", false, "the user name or the password: “535"),
        (
            "AUTH",
            Say("534-5.7.9 Application-specific password required\r\n534 x\r\n"),
            "login",
            false,
            "this one program",
        ),
        ("AUTH", Say("454 4.7.0 try later\r\n"), "refused_mail", true, "“454 4.7.0 try later”"),
        ("OFFER", Say("250-AUTH XOAUTH2 CRAM-MD5"), "no_login", false, "it knows XOAUTH2, CRAM-MD5 only"),
        ("OFFER", Say("250-HELP"), "no_login", false, "leave out the user name"),
        ("OFFER", Say("250-AUTH PLAIN\r\n250-SIZE 100"), "too_large", false, "takes at most 100"),
        ("MAIL", Say("530 5.7.0 Authentication required\r\n"), "login_wanted", false, "wants a user name"),
        ("MAIL", Say("553 5.7.1 not your address\r\n"), "writer", false, "hob@home.example as who writes"),
        ("MAIL", Say("451 later\r\n"), "writer", true, "“451 later”"),
        ("MAIL", Say("552 5.3.4 too big\r\n"), "refused_mail", false, "“552 5.3.4 too big”"),
        (
            "RCPT",
            Say("554 5.7.1 <x>: Relay access denied\r\n"),
            "relay_denied",
            false,
            "does not pass on mail for anna@",
        ),
        ("RCPT", Say("550 5.1.1 no such user\r\n"), "recipient", false, "takes no mail for anna@example.org"),
        ("RCPT", Say("450 4.2.0 greylisted\r\n"), "recipient", true, "greylisted"),
        ("DATA", Say("451 4.3.0 disk full\r\n"), "refused_mail", true, "disk full"),
        (".", Say("554 5.7.1 looks like spam\r\n"), "refused_mail", false, "“554 5.7.1 looks like spam”"),
        (".", Say("250 ok\r\n"), "", false, ""),
        (".", Close, "closed", true, "before its answer"),
        ("DATA", Say("354-a\r\n999 b\r\n"), "broken", false, "is no line of a reply"),
    ];
    for (place, does, kind, again, words) in cases {
        let server = Server::new(Encryption::StartTls, &[(place, *does)]).await;
        match send_to(&server, logs_in).await {
            Ok(_) => assert_eq!(*kind, "", "{place} {does:?}"),
            Err(error) => {
                assert_eq!(
                    (error.kind(), error.worth_trying_again()),
                    (*kind, *again),
                    "{place} {does:?}: {error}"
                );
                let sentence = error.to_string();
                assert!(sentence.contains(words) && sentence.ends_with('.'), "{sentence}");
                assert!(!sentence.contains("s3cret") && !sentence.contains(char::is_control), "{sentence}");
            }
        }
    }
}

#[tokio::test]
async fn whoever_is_silent_has_its_time_and_no_more() {
    for place in ["GREETING", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "."] {
        let server = Server::new(Encryption::StartTls, &[(place, Does::Hang)]).await;
        let start = tokio::time::Instant::now();
        let error = send_to(&server, logs_in).await.unwrap_err();
        assert!(start.elapsed() < Duration::from_millis(1900), "{place}: {:?}", start.elapsed());
        assert!(error.worth_trying_again(), "{place}: {error}");
        assert!(["silent", "unfinished"].contains(&error.kind()), "{place}: {error}");
    }
    let server = Server::new(Encryption::StartTls, &[("GREETING", Does::Hang)]).await;
    let error = send_to(&server, |_| ()).await.unwrap_err();
    assert!(error.to_string().ends_with("use encryption “tls”."), "{error}");
}

#[tokio::test]
async fn an_answer_without_end_has_one() {
    for (place, line) in [("EHLO", "250-more\r\n"), ("RCPT", "25"), (".", "250-more\r\n")] {
        let server = Server::new(Encryption::StartTls, &[(place, Does::Flood(line))]).await;
        let error = send_to(&server, logs_in).await.unwrap_err();
        assert!(["broken", "too_much"].contains(&error.kind()), "{place}: {error}");
    }
    let long: &'static str = Box::leak(format!("550 {}\r\n", "no ".repeat(500)).into_boxed_str());
    let server = Server::new(Encryption::StartTls, &[("RCPT", Does::Say(long))]).await;
    let error = send_to(&server, logs_in).await.unwrap_err();
    assert!(error.answer().unwrap().chars().count() <= 201);
}

#[tokio::test]
async fn nothing_is_told_to_a_stranger() {
    for encryption in [Encryption::StartTls, Encryption::Tls] {
        let server = Server::new(encryption, &[]).await;
        let mut smtp = server.smtp();
        logs_in(&mut smtp);
        let stranger = Server::new(encryption, &[]).await.friend().within(hurried());
        let error = stranger.send(&smtp, &letter()).await.unwrap_err();
        assert_eq!((error.kind(), error.worth_trying_again()), ("untrusted", false));
        assert!(error.to_string().contains("its certificate is self-signed"), "{error}");
        let heard = server.heard();
        assert!(!heard.iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")), "{heard:?}");
        smtp.accept_any_certificate = true;
        stranger.send(&smtp, &letter()).await.unwrap();
    }
}

#[tokio::test]
async fn somebody_is_refused_and_others_are_not() {
    let server = Server::new(Encryption::None, &[("RCPT2", Does::Say("450 4.2.1 mailbox busy\r\n"))]).await;
    let sent = send_to(&server, |_| ()).await.unwrap();
    let address = Address::parse("ben@example.org").unwrap();
    assert_eq!(sent.refused, [Refused { address, answer: "450 4.2.1 mailbox busy".to_owned(), again: true }]);
    assert_eq!(server.mails().len(), 1);
}

#[tokio::test]
async fn a_login_in_the_clear_only_where_it_was_chosen() {
    let offer = [("OFFER", Does::Say("250-HELP"))];
    let server = Server::new(Encryption::None, &offer).await;
    let error = send_to(&server, logs_in).await.unwrap_err();
    assert!(error.to_string().contains("try “starttls”"), "{error}");
    // A server without STARTTLS gets nothing, whatever else it offers.
    let server = Server::new(Encryption::None, &[("STARTTLS", Does::Say("502 no\r\n"))]).await;
    let error = send_to(&server, |smtp| {
        logs_in(smtp);
        smtp.encryption = Encryption::StartTls;
    })
    .await
    .unwrap_err();
    assert_eq!(error.kind(), "no_starttls");
    assert!(server.mails().is_empty() && !server.heard().iter().any(|line| line.starts_with("AUTH")));
}

#[tokio::test]
async fn the_wrong_encryption_for_the_port() {
    let server = Server::new(Encryption::None, &[]).await;
    let error = send_to(&server, |smtp| smtp.encryption = Encryption::Tls).await.unwrap_err();
    assert!(error.to_string().contains("Use encryption “starttls”"), "{error}");
    assert!(!error.worth_trying_again());
}

#[tokio::test]
async fn nobody_there() {
    let server = Server::new(Encryption::None, &[]).await;
    let smtp = server.smtp();
    let friend = server.friend();
    drop(server);
    let error = friend.send(&smtp, &letter()).await.unwrap_err();
    assert_eq!((error.kind(), error.worth_trying_again()), ("refused", true));
    assert!(error.to_string().starts_with("Nothing listens at 127.0.0.1:"), "{error}");
    let nowhere = Smtp { host: "mail.invalid".to_owned(), ..smtp };
    let error = friend.within(hurried()).send(&nowhere, &letter()).await.unwrap_err();
    assert!(error.to_string().starts_with("The name mail.invalid could not be"), "{error}");
    assert!(error.worth_trying_again());
}

#[test]
fn settings_are_looked_at_first() {
    let good = Smtp {
        host: "mail.lan".to_owned(),
        port: 587,
        encryption: Encryption::StartTls,
        user: None,
        password: None,
        from: Address::parse("a@b").unwrap(),
        to: vec![Address::parse("c@d").unwrap()],
        accept_any_certificate: false,
    };
    assert_eq!(good.wrong(), None);
    for (smtp, words) in [
        (Smtp { host: " ".to_owned(), ..good.clone() }, "no name"),
        (Smtp { port: 0, ..good.clone() }, "a port"),
        (Smtp { to: Vec::new(), ..good.clone() }, "nobody"),
        (Smtp { user: Some("x".to_owned()), ..good.clone() }, "needs a password"),
        (
            Smtp { user: Some("x".to_owned()), password: Some(Password::new("a\0b")), ..good.clone() },
            "control character",
        ),
    ] {
        assert!(smtp.wrong().unwrap().contains(words), "{words}");
    }
    assert!(!format!("{good:?}").contains("s3cret"));
}

proptest! {
    #[test]
    fn no_text_ends_the_mail(text: String, raw: Vec<u8>) {
        let mail = Letter { text, ..letter() }.compose(&Address::parse("a@b").unwrap(), &[]);
        for bytes in [mail, raw] {
            let sent = stuffed(&bytes);
            let end = b"\r\n.\r\n";
            let first = sent.windows(end.len()).position(|window| window == end);
            prop_assert_eq!(first.unwrap() + end.len(), sent.len());
            prop_assert!(!sent.starts_with(b".\r\n"));
        }
    }
}
