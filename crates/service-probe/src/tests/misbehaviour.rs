//! Servers which hang, close, flood, or are somebody else, on a clock which runs only while all wait.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::Step::{self, Close, Flood, Hang, Hear, Say, Secure};
use super::cases::{self, Case, credential};
use super::{Heard, Identity, message, packet, play, say, wire};
use crate::answer::Said;
use crate::client::deadline;
use crate::wire::{Guard, Opening, Wire};
use crate::{Failure, Imap, Limits, Mqtt, Mysql, Phase, Postgres, Question, Redis, Security, Smtp, Ssh, Tcp};

const LIMITS: Limits = Limits {
    total: Duration::from_secs(60),
    connect: Duration::from_secs(3),
    answer: Duration::from_secs(5),
    bytes: 20_000,
};

/// What came of a conversation, and how long it took.
struct Outcome {
    result: Result<Said, Failure>,
    took: Duration,
    heard: Vec<u8>,
}

impl Outcome {
    fn failure(&self) -> &Failure {
        match &self.result {
            Err(failure) => failure,
            Ok(said) => panic!("it went well: {said:?}"),
        }
    }

    fn kind(&self) -> &'static str {
        self.failure().kind()
    }
}

/// Holds a conversation with a server in memory.
async fn converse(question: &Question, security: Security, script: &[Step]) -> Outcome {
    let (near, far) = tokio::io::duplex(1024);
    let identity = Identity::new();
    let heard = Heard::default();
    let client = tls_probe::Client::with_roots(Vec::new());
    let start = Instant::now();
    let asking = async {
        let ip = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let opening = Opening {
            stream: Box::new(near),
            at: SocketAddr::new(ip, 1000),
            local: Some(ip),
            guard: Guard { client: &client, host: "localhost", security },
            limits: &LIMITS,
            deadline: deadline(&LIMITS),
        };
        let mut wire = Wire::new(opening, question.protocol());
        if security == Security::Tls {
            wire.secure().await?;
        }
        question.talk(&mut wire).await
    };
    let serving = async {
        // A server whose probe has gone may fail.
        drop(play(Box::new(far), script, &identity, heard.clone()).await);
        std::future::pending::<()>().await;
    };
    let result = tokio::select! {
        result = timeout(LIMITS.total * 2, asking) => result.expect("the probe does not end"),
        () = serving => unreachable!("the server never ends"),
    };
    let heard = heard.lock().unwrap().clone();
    Outcome { result, took: start.elapsed(), heard }
}

async fn answers(question: &Question, script: &[Step]) -> Outcome {
    converse(question, Security::Plain, script).await
}

/// The script up to the step before the `number`th, and other steps behind it.
fn cut(case: &Case, number: usize, then: &[Step]) -> Vec<Step> {
    [&case.script[..number], then].concat()
}

/// Places in a script where the server speaks, or secures the connection.
fn turns(case: &Case) -> impl Iterator<Item = usize> {
    (0..case.needed).filter(|&number| matches!(case.script[number], Say(_) | Secure))
}

#[tokio::test(start_paused = true)]
async fn conversations_which_go_well() {
    for case in cases::all() {
        let outcome = converse(&case.question, case.security, &case.script).await;
        let said = outcome.result.unwrap_or_else(|failure| panic!("{:?}: {failure}", case.question));
        assert_eq!(said.summary, case.summary);
        assert!(outcome.took < Duration::from_millis(300), "{:?} took {:?}", case.question, outcome.took);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_which_hangs_in_any_phase() {
    for case in cases::all() {
        for number in turns(&case) {
            let outcome = converse(&case.question, case.security, &cut(&case, number, &[Hang])).await;
            let (kind, time) = match case.script[number] {
                Secure => ("tls_timeout", LIMITS.connect),
                // The beginning of the text had come.
                _ if case.summary.contains('“') && number > 0 => ("unexpected", LIMITS.answer),
                _ => ("silent", LIMITS.answer),
            };
            assert_eq!(outcome.kind(), kind, "{:?} at step {number}", case.question);
            assert_eq!(outcome.took.as_secs(), time.as_secs(), "{:?} at step {number}", case.question);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_which_closes_in_any_phase() {
    for case in cases::all() {
        for number in turns(&case) {
            let outcome = converse(&case.question, case.security, &cut(&case, number, &[Close])).await;
            let kind = match case.script[number] {
                Secure => "tls_handshake",
                _ if case.summary.contains('“') && number > 0 => "unexpected",
                _ => "closed",
            };
            assert_eq!(outcome.kind(), kind, "{:?} at step {number}", case.question);
            assert_eq!(outcome.took, Duration::ZERO);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_which_says_half_of_it() {
    for case in cases::all() {
        // Any text is a whole answer to who expects none in particular.
        if matches!(case.question, Question::Tcp(_)) {
            continue;
        }
        for number in turns(&case) {
            let Say(text) = &case.script[number] else { continue };
            let half = &text[..text.len() / 2];
            if half.is_empty() {
                continue;
            }
            // A banner of SSH may go before its version, so that half of one may be anything.
            let foreign = matches!(case.question, Question::Ssh(_)) && !half.starts_with(b"SSH-");
            for (end, kind) in [(Hang, "unfinished"), (Close, "closed")] {
                let outcome =
                    converse(&case.question, case.security, &cut(&case, number, &[say(half), end])).await;
                let kind = if foreign { "other_protocol" } else { kind };
                assert_eq!(outcome.kind(), kind, "{:?} at step {number}", case.question);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_which_never_stops() {
    for case in cases::all() {
        for number in turns(&case) {
            let Say(text) = &case.script[number] else { continue };
            if matches!(case.question, Question::Tcp(_)) {
                continue;
            }
            for flood in [&text[..text.len().min(8)], b"x", b"\0\0\0\0", b"\xff"] {
                let outcome =
                    converse(&case.question, case.security, &cut(&case, number, &[Flood(flood.to_vec())]))
                        .await;
                // Several greetings or answers are as good as one; so it may go well, but not long.
                assert!(outcome.took <= LIMITS.answer, "{:?} took {:?}", case.question, outcome.took);
                if let Err(failure) = outcome.result {
                    let expected = ["broken", "too_much", "other_protocol", "closed", "declined"];
                    assert!(expected.contains(&failure.kind()), "{:?}: {failure}", case.question);
                }
            }
        }
    }
    let expects = Question::Tcp(Tcp { send: None, expect: Some("never".to_owned()) });
    let outcome = answers(&expects, &[Flood(b"nev".to_vec())]).await;
    assert_eq!((outcome.kind(), outcome.took), ("unexpected", Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn a_server_which_is_somebody_else() {
    let (fatal, mariadb) = (wire(b'E', b"SFATAL\0\0"), [b"\x50\0\0\0", cases::MARIADB].concat());
    let others: [&[u8]; 9] = [
        b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2p1\r\n",
        b"220 mail.lan ESMTP\r\n",
        b"* OK ready\r\n",
        b"\x20\x02\0\0",
        &fatal,
        &mariadb,
        b"+PONG\r\n",
        b"\x15\x03\x01\0\x02\x02\x46",
    ];
    let questions = [
        (Question::Ssh(Ssh::default()), 1),
        (Question::Smtp(Smtp::default()), 2),
        (Question::Imap(Imap::default()), 3),
        (Question::Mqtt(Mqtt::default()), 4),
        (Question::Postgres(Postgres::default()), 5),
        (Question::Mysql(Mysql::default()), 6),
        (Question::Redis(Redis::default()), 7),
    ];
    for (question, own) in questions {
        for (number, other) in others.into_iter().enumerate().filter(|(number, _)| *number != own) {
            // Four bytes which could be the head of a packet of MySQL; and a broker never speaks first.
            if own == 6 && number == 4 {
                continue;
            }
            // Whoever waits for the probe, and who does not, is known as soon as he speaks.
            for end in [Hang, Close] {
                let outcome = answers(&question, &[say(other), end]).await;
                let kind = if number == 8 { "speaks_tls" } else { "other_protocol" };
                assert_eq!(outcome.kind(), kind, "{question:?} of {}", other.escape_ascii());
            }
        }
    }
    let outcome = answers(&Question::Postgres(Postgres::default()), &[Hear, say(others[0])]).await;
    assert_eq!(
        outcome.failure().to_string(),
        "127.0.0.1:1000 answers, but not like a PostgreSQL server: it begins with “HTTP/1.1 400 Bad Request”."
    );
}

#[tokio::test(start_paused = true)]
async fn servers_which_are_not_ready() {
    let postgres = || Question::Postgres(Postgres::default());
    for (question, steps) in [
        (Question::Smtp(Smtp::default()), vec![say(b"421 too busy\r\n")]),
        (Question::Smtp(Smtp::default()), vec![say(b"554-no mail\r\n554 here\r\n")]),
        (Question::Smtp(Smtp::default()), vec![say(b"220 hi\r\n"), Hear, say(b"450 later\r\n")]),
        (Question::Imap(Imap::default()), vec![say(b"* BYE too many\r\n")]),
        (Question::Imap(Imap::default()), vec![say(b"* OK hi\r\n"), Hear, say(b"* BYE down\r\n")]),
        (Question::Ssh(Ssh::default()), vec![say(b"Exceeded MaxStartups\r\n"), Close]),
        (Question::Mqtt(Mqtt::default()), vec![Hear, say(b"\x20\x02\0\x03")]),
        (postgres(), vec![Hear, message(b'E', b"C57P03\0Mstarting\0\0")]),
        (postgres(), vec![Hear, message(b'E', b"C53300\0Mtoo many\0\0")]),
        (Question::Mysql(Mysql::default()), vec![packet(0, b"\xff\x10\x04Too ma")]),
        (Question::Mysql(Mysql::default()), vec![packet(1, b"\xff\x69\x04blocke")]),
        (Question::Redis(Redis::default()), vec![Hear, say(b"-LOADING data\r\n")]),
        (Question::Redis(Redis::default()), vec![Hear, say(b"-MASTERDOWN link\r\n")]),
    ] {
        let outcome = answers(&question, &steps).await;
        assert_eq!(outcome.kind(), "not_ready", "{question:?} {steps:?}: {}", outcome.failure());
    }
    let starting = answers(&postgres(), &[Hear, message(b'E', b"C57P03\0Mstarting\0\0")]).await;
    assert_eq!(
        starting.failure().to_string(),
        "127.0.0.1:1000 answers that it is not ready: “starting (57P03)”."
    );
    assert_eq!(starting.failure().phase(), Phase::Login);
}

#[tokio::test(start_paused = true)]
async fn servers_which_reject_a_credential() {
    let with = || Some(credential(Some("hob")));
    let redis = || Question::Redis(Redis { credential: with() });
    let postgres = || Question::Postgres(Postgres { database: None, credential: with() });
    let mqtt = || Question::Mqtt(Mqtt { credential: with(), ..Mqtt::default() });
    for (question, steps, kind) in [
        (redis(), vec![Hear, say(b"-WRONGPASS no\r\n")], "credential_rejected"),
        (redis(), vec![Hear, say(b"-LOADING\r\n")], "not_ready"),
        (mqtt(), vec![Hear, say(b"\x20\x02\0\x04")], "credential_rejected"),
        (mqtt(), vec![Hear, say(b"\x20\x02\0\x05")], "credential_rejected"),
        (
            postgres(),
            vec![Hear, message(b'R', b"\0\0\0\x03"), Hear, message(b'E', b"C28P01\0Mno!\0\0")],
            "credential_rejected",
        ),
        // Nothing was sent: it lets nobody in from here.
        (postgres(), vec![Hear, message(b'E', b"C28000\0Mhba!\0\0")], "declined"),
        // It does not prove that it knows the password.
        (
            postgres(),
            vec![Hear, message(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0"), Hear, message(b'R', b"\0\0\0\0")],
            "credential_rejected",
        ),
    ] {
        let outcome = answers(&question, &steps).await;
        assert_eq!(outcome.kind(), kind, "{question:?} {steps:?}: {}", outcome.failure());
    }
}

#[tokio::test(start_paused = true)]
async fn a_password_goes_only_to_whom_it_may() {
    let careful = || Some(crate::Credential { to_untrusted: false, ..credential(Some("hob")) });
    for (question, security, steps) in [
        (Question::Redis(Redis { credential: careful() }), Security::Tls, vec![Secure]),
        (Question::Mqtt(Mqtt { credential: careful(), ..Mqtt::default() }), Security::Tls, vec![Secure]),
        (
            Question::Postgres(Postgres { database: None, credential: careful() }),
            Security::StartTls,
            vec![Hear, say(b"S"), Secure, Hear, message(b'R', b"\0\0\0\x03")],
        ),
    ] {
        let outcome = converse(&question, security, &steps).await;
        assert_eq!(outcome.kind(), "credential_withheld", "{question:?}");
        assert!(!outcome.heard.windows(6).any(|window| window == b"pencil"));
        let sentence = outcome.failure().to_string();
        assert!(sentence.contains(": its certificate is not to be judged, "), "{sentence}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_falls_back_to_plain_text() {
    for (question, steps) in [
        (
            Question::Smtp(Smtp::default()),
            vec![say(b"220 hi\r\n"), Hear, say(b"250 hi\r\n"), Hear, say(b"502 no TLS\r\n")],
        ),
        (Question::Imap(Imap::default()), vec![say(b"* OK hi\r\n"), Hear, say(b"a1 BAD no TLS\r\n")]),
        (Question::Postgres(Postgres::default()), vec![Hear, say(b"N")]),
    ] {
        let outcome = converse(&question, Security::StartTls, &steps).await;
        assert_eq!(
            (outcome.kind(), outcome.failure().phase()),
            ("no_starttls", Phase::StartTls),
            "{question:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_before_tls_is_not_taken_for_what_comes_over_it() {
    for (question, steps) in [
        (
            Question::Smtp(Smtp::default()),
            vec![say(b"220 hi\r\n"), Hear, say(b"250 hi\r\n"), Hear, say(b"220 go\r\n250 evil\r\n"), Secure],
        ),
        (Question::Imap(Imap::default()), vec![say(b"* OK hi\r\n"), Hear, say(b"a1 OK go\r\n* OK evil\r\n")]),
        (Question::Postgres(Postgres::default()), vec![Hear, say(b"SR\0\0\0\x08\0\0\0\0")]),
    ] {
        let outcome = converse(&question, Security::StartTls, &steps).await;
        assert!(matches!(outcome.kind(), "broken" | "other_protocol"), "{question:?}: {}", outcome.failure());
    }
}

#[tokio::test(start_paused = true)]
async fn servers_which_break_their_rules() {
    let smtp = || Question::Smtp(Smtp::default());
    let imap = || Question::Imap(Imap::default());
    let mqtt = || Question::Mqtt(Mqtt::default());
    let mysql = || Question::Mysql(Mysql::default());
    let redis = || Question::Redis(Redis::default());
    let ssh = || Question::Ssh(Ssh::default());
    for (question, steps) in [
        (smtp(), vec![say(b"220-a\r\n250 b\r\n")]),
        (smtp(), vec![say(b"220 a\r\n"), Hear, say(b"hello\r\n")]),
        (imap(), vec![say(b"* NO\r\n")]),
        (imap(), vec![say(b"* OK\r\n"), Hear, say(b"a2 OK\r\n")]),
        (imap(), vec![say(b"* OK\r\n"), Hear, say(b"a2 MAYBE\r\n")]),
        (ssh(), vec![say(b"SSH-2.0\r\n")]),
        (mqtt(), vec![Hear, say(b"\x20\x01\0")]),
        (mqtt(), vec![Hear, say(b"\x20\xff\xff\xff\xff\x01")]),
        (mqtt(), vec![Hear, say(b"\x20\x02\x02\0")]),
        (mysql(), vec![packet(0, b"\x0a8.0.")]),
        (redis(), vec![Hear, say(b"+QUEUED\r\n")]),
        (Question::Postgres(Postgres::default()), vec![Hear, say(b"R\0\0\0\x03")]),
        (Question::Postgres(Postgres::default()), vec![Hear, say(b"R\0\xff\0\x08")]),
        (Question::Postgres(Postgres::default()), vec![Hear, message(b'R', b"\0\0\0\x0c")]),
    ] {
        let outcome = answers(&question, &steps).await;
        assert_eq!(outcome.kind(), "broken", "{question:?} {steps:?}");
    }
}
