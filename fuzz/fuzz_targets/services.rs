//! What services say to a probe: whole conversations, datagrams of name servers, replies to pings.

#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use libfuzzer_sys::fuzz_target;
use service_probe::fuzzing::{converse, echo, name_server};
use service_probe::{
    Credential, Dns, Failure, Imap, Mqtt, MqttVersion, Mysql, Phase, Postgres, Question, Record, Redis,
    Security, Smtp, Ssh, Tcp,
};

const RECORDS: [Record; 10] = [
    Record::A,
    Record::Aaaa,
    Record::Cname,
    Record::Mx,
    Record::Txt,
    Record::Ns,
    Record::Soa,
    Record::Srv,
    Record::Ptr,
    Record::Caa,
];

fuzz_target!(|input: &[u8]| {
    let Some((&[which, how, step], answer)) = input.split_first_chunk() else { return };
    let dns = Dns {
        name: "nas.lan".to_owned(),
        record: RECORDS[usize::from(how >> 2) % RECORDS.len()],
        empty_is_well: how & 2 != 0,
    };
    // The number which the seeds have.
    if let Some(records) = name_server(&dns, 0x1234, answer) {
        assert!(records.is_sorted() && records.len() <= 500);
        assert!(
            records.iter().all(|record| record.chars().count() <= 3000 && is_shown(record)),
            "{records:?}"
        );
    }
    for ip in [IpAddr::from(Ipv4Addr::LOCALHOST), IpAddr::from(Ipv6Addr::LOCALHOST)] {
        let _ = echo(ip, answer, [0; 16]);
    }
    let security = if how & 1 == 0 { Security::Plain } else { Security::StartTls };
    let step = if step == 0 { answer.len() } else { usize::from(step) };
    match converse(&question(which, how, dns), security, answer, step) {
        Ok((summary, details)) => {
            assert!(!summary.is_empty() && is_shown(&summary), "{summary:?}");
            assert!(
                details.iter().all(|(word, text)| !text.is_empty()
                    && is_shown(text)
                    && word.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_'))),
                "{details:?}"
            );
        }
        Err(failure) => judge(&failure),
    }
});

/// A question with or without what may be chosen.
fn question(which: u8, how: u8, dns: Dns) -> Question {
    let login = Credential { to_untrusted: true, ..Credential::new(Some("hob"), "pencil") };
    let credential = (how & 2 != 0).then_some(login);
    let version = if how & 4 == 0 { MqttVersion::V3 } else { MqttVersion::V5 };
    match which % 9 {
        0 => Question::Smtp(Smtp::default()),
        1 => Question::Imap(Imap::default()),
        2 => Question::Ssh(Ssh::default()),
        3 => Question::Mqtt(Mqtt { version, credential }),
        4 => Question::Postgres(Postgres { database: None, credential }),
        5 => Question::Mysql(Mysql::default()),
        6 => Question::Redis(Redis { credential }),
        7 => Question::Tcp(Tcp { send: (how & 4 != 0).then(String::new), expect: Some("ready".to_owned()) }),
        _ => Question::Dns(dns),
    }
}

/// Nothing waits for a server which has closed, and no sentence carries what steers a page or a terminal.
fn judge(failure: &Failure) {
    let sentence = failure.to_string();
    assert!(
        sentence.ends_with('.') && sentence.chars().count() <= 500 && is_shown(&sentence),
        "{sentence:?}"
    );
    let waited = ["silent", "unfinished", "no_answer", "resolve", "refused", "connect_timeout"];
    assert!(!waited.contains(&failure.kind()), "{sentence}");
    assert!(!matches!(failure.phase(), Phase::Resolve | Phase::Connect), "{sentence}");
}

fn is_shown(text: &str) -> bool {
    !text.contains(|char: char| char.is_control() || matches!(char, '\u{202a}'..='\u{202e}'))
}
