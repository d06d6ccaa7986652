//! Conversations which go well, one or several of each protocol.

use super::Step::{self, Hear, HearThis, Secure};
use super::{message, packet, say, wire};
use crate::{
    Credential, Dns, Imap, Mqtt, MqttVersion, Mysql, Postgres, Question, Record, Redis, Security, Smtp, Ssh,
    Tcp,
};

/// A conversation which goes well.
pub(super) struct Case {
    pub(super) question: Question,
    pub(super) security: Security,
    pub(super) script: Vec<Step>,
    pub(super) summary: &'static str,
    /// How many of the steps the answer needs; what comes after them may fail.
    pub(super) needed: usize,
}

fn case(question: Question, security: Security, summary: &'static str, script: Vec<Step>) -> Case {
    let needed = script.len();
    Case { question, security, script, summary, needed }
}

/// The password of the tests, which may go to anybody.
pub(super) fn credential(user: Option<&str>) -> Credential {
    Credential { to_untrusted: true, ..Credential::new(user, "pencil") }
}

pub(super) const MARIADB: &[u8] =
    b"\x0a5.5.5-10.11.6-MariaDB\0\x1e\0\0\0abcdefgh\0\xfe\xff\x2d\x02\0\xff\x81\x15\
    \0\0\0\0\0\0\0\0\0\0abcdefghijkl\0mysql_native_password\0";

pub(super) fn all() -> Vec<Case> {
    [mail(), messages_and_stores(), databases(), others()].into_iter().flatten().collect()
}

fn mail() -> Vec<Case> {
    use Security::{Plain, StartTls, Tls};
    let smtp = || Question::Smtp(Smtp::default());
    let imap = || Question::Imap(Imap::default());
    let hello = say(b"250-mail.lan at your service\r\n250-SIZE 1000\r\n250 8BITMIME\r\n");
    let greeting = say(b"220-mail.lan ESMTP Postfix (Debian)\r\n220 no junk\r\n");
    let capability = say(b"* CAPABILITY IMAP4rev1 IDLE\r\na2 OK done\r\n");
    let ready = say(b"* OK [CAPABILITY IMAP4rev1] Dovecot ready.\r\n");
    let (postfix, dovecot) = ("mail.lan ESMTP Postfix (Debian)", "Dovecot ready.");
    vec![
        case(
            smtp(),
            Plain,
            postfix,
            vec![greeting.clone(), HearThis(b"EHLO [127.0.0.1]\r\n"), hello.clone()],
        ),
        case(smtp(), Tls, postfix, vec![Secure, greeting.clone(), Hear, hello.clone()]),
        case(
            smtp(),
            StartTls,
            postfix,
            vec![
                greeting.clone(),
                Hear,
                hello.clone(),
                HearThis(b"STARTTLS\r\n"),
                say(b"220 go ahead\r\n"),
                Secure,
                HearThis(b"EHLO "),
                hello.clone(),
            ],
        ),
        case(
            smtp(),
            Plain,
            "an SMTP server",
            vec![say(b"220\n"), Hear, say(b"502 what?\r\n"), HearThis(b"HELO "), say(b"250 hello\r\n")],
        ),
        case(imap(), Plain, dovecot, vec![ready.clone(), HearThis(b"a2 CAPABILITY\r\n"), capability.clone()]),
        case(imap(), Tls, dovecot, vec![Secure, ready.clone(), Hear, capability.clone()]),
        case(
            imap(),
            StartTls,
            dovecot,
            vec![ready, HearThis(b"a1 STARTTLS\r\n"), say(b"a1 OK go\r\n"), Secure, Hear, capability],
        ),
    ]
}

fn messages_and_stores() -> Vec<Case> {
    use Security::{Plain, Tls};
    let mqtt = |version, credential| Question::Mqtt(Mqtt { version, credential });
    let redis = |credential| Question::Redis(Redis { credential });
    let ping = || HearThis(b"*1\r\n$4\r\nPING\r\n");
    vec![
        case(
            mqtt(MqttVersion::V3, None),
            Plain,
            "an MQTT 3.1.1 broker accepts connections",
            vec![HearThis(b"\0\x04MQTT\x04\x02"), say(b"\x20\x02\0\0")],
        ),
        case(
            mqtt(MqttVersion::V5, Some(credential(Some("hob")))),
            Tls,
            "an MQTT 5 broker accepts the login",
            vec![Secure, HearThis(b"\0\x03hob\0\x06pencil"), say(b"\x20\x06\0\0\x03\x21\0\x0a")],
        ),
        case(
            mqtt(MqttVersion::V5, None),
            Plain,
            "an MQTT 5 broker asks for a login",
            vec![Hear, say(b"\x20\x03\0\x87\0")],
        ),
        case(redis(None), Plain, "a Redis server answers PING", vec![ping(), say(b"+PONG\r\n")]),
        case(
            redis(None),
            Plain,
            "a Redis server asks for a password",
            vec![ping(), say(b"-NOAUTH needed.\r\n")],
        ),
        case(
            redis(Some(credential(None))),
            Tls,
            "a Redis server answers PING",
            vec![
                Secure,
                HearThis(b"*2\r\n$4\r\nAUTH\r\n$6\r\npencil\r\n"),
                say(b"+OK\r\n"),
                ping(),
                say(b"+PONG\r\n"),
            ],
        ),
    ]
}

fn databases() -> Vec<Case> {
    use Security::{Plain, StartTls};
    let postgres = |credential| Question::Postgres(Postgres { database: None, credential });
    let sasl = message(b'R', b"\0\0\0\x0aSCRAM-SHA-256\0\0");
    let in_it_is = say(&[
        wire(b'R', b"\0\0\0\0"),
        wire(b'S', b"server_version\x0015.3\0"),
        wire(b'K', b"\0\0\0\x01\0\0\0\x02"),
        wire(b'Z', b"I"),
    ]
    .concat());
    let mysql = case(
        Question::Mysql(Mysql::default()),
        Plain,
        "MariaDB 10.11.6-MariaDB",
        vec![packet(0, MARIADB), Hear, packet(2, b"\xff\x15\x04#28000denied")],
    );
    vec![
        case(
            postgres(None),
            Plain,
            "PostgreSQL asks for a password (SCRAM-SHA-256)",
            vec![HearThis(b"user\0postgres\0"), sasl.clone()],
        ),
        case(
            postgres(None),
            StartTls,
            "PostgreSQL asks for a password (SCRAM-SHA-256)",
            vec![HearThis(b"\x04\xd2\x16\x2f"), say(b"S"), Secure, Hear, sasl],
        ),
        case(postgres(None), Plain, "PostgreSQL 15.3", vec![Hear, in_it_is.clone()]),
        case(
            postgres(Some(credential(Some("hob")))),
            Plain,
            "PostgreSQL 15.3",
            vec![
                HearThis(b"user\0hob\0"),
                message(b'R', b"\0\0\0\x05abcd"),
                HearThis(b"p\0\0\0\x28md5"),
                in_it_is.clone(),
            ],
        ),
        case(
            postgres(Some(credential(Some("hob")))),
            Plain,
            "PostgreSQL 15.3",
            vec![Hear, message(b'R', b"\0\0\0\x03"), HearThis(b"p\0\0\0\x0bpencil\0"), in_it_is],
        ),
        // After the greeting the server may do what it likes.
        Case { needed: 1, ..mysql },
    ]
}

fn others() -> Vec<Case> {
    use Security::{Plain, Tls};
    let tcp = |send: Option<&str>, expect: Option<&str>| {
        Question::Tcp(Tcp { send: send.map(str::to_owned), expect: expect.map(str::to_owned) })
    };
    let ssh = || Question::Ssh(Ssh::default());
    vec![
        case(
            ssh(),
            Plain,
            "OpenSSH_9.2p1 Debian-2",
            vec![HearThis(b"SSH-2.0-"), say(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")],
        ),
        case(ssh(), Plain, "dropbear", vec![say(b"Keep out!\r\n\r\nSSH-1.99-dropbear\n"), Hear]),
        case(tcp(None, None), Tls, "accepts connections", vec![Secure]),
        case(tcp(Some("hi\n"), None), Plain, "answers", vec![HearThis(b"hi\n"), say(b"ho")]),
        case(tcp(None, Some("rea")), Plain, "answers with “rea”", vec![say(b"+OK r"), say(b"eady\r\n")]),
    ]
}

/// A question to a name server, whose answers depend on it.
pub(super) fn name_server() -> Question {
    Question::Dns(Dns { name: "nas.lan".to_owned(), record: Record::A, empty_is_well: false })
}
