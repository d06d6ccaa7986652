use super::*;
use proptest::prelude::*;

fn query(record: Record) -> Query {
    Query { id: 0x1234, name: b"\x03nas\x03lan\0".to_vec(), record }
}

/// An answer to [`query`] with records behind the question, of which the name stands at 12.
fn answer(record: Record, flags: u16, counts: [u16; 3], records: &[u8]) -> Vec<u8> {
    let mut message = query(record).encode(false);
    message[2..4].copy_from_slice(&flags.to_be_bytes());
    for (place, count) in [6, 8, 10].into_iter().zip(counts) {
        message[place..place + 2].copy_from_slice(&count.to_be_bytes());
    }
    message.extend(records);
    message
}

fn one(record: Record, content: &[u8]) -> Result<Response, Wrong> {
    let length = u16::try_from(content.len()).unwrap().to_be_bytes();
    let number = record.number().to_be_bytes();
    let records = [b"\xc0\x0c", &number[..], b"\0\x01\0\0\x01\x2c", &length, content].concat();
    query(record).parse(&answer(record, 0x8180, [1, 0, 0], &records))
}

#[test]
fn a_question_is_as_the_standard_has_it() {
    let plain = query(Record::Aaaa).encode(false);
    assert_eq!(plain, b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03nas\x03lan\0\0\x1c\0\x01");
    let extended = query(Record::Aaaa).encode(true);
    assert_eq!(extended[10..12], [0, 1]);
    assert_eq!(extended[12..], [&plain[12..], b"\0\0\x29\x04\xd0\0\0\0\0\0\0"].concat());
}

#[test]
fn each_type_has_its_text() {
    for (record, content, text) in [
        (Record::A, &b"\x0a\0\0\x05"[..], "10.0.0.5"),
        (Record::Aaaa, b"\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05", "fd00::5"),
        (Record::Cname, b"\x04host\xc0\x10", "host.lan"),
        (Record::Mx, b"\0\x0a\x04mail\xc0\x10", "10 mail.lan"),
        (Record::Txt, b"\x05v=abc\x02de", "v=abcde"),
        (Record::Ns, b"\x02ns\xc0\x10", "ns.lan"),
        (
            Record::Soa,
            b"\x02ns\xc0\x10\xc0\x0c\0\0\0\x01\0\0\0\x02\0\0\0\x03\0\0\0\x04\0\x01\0\0",
            "ns.lan nas.lan 1 2 3 4 65536",
        ),
        (Record::Srv, b"\0\x01\0\x02\x01\xbb\xc0\x0c", "1 2 443 nas.lan"),
        (Record::Ptr, b"\xc0\x0c", "nas.lan"),
        (Record::Caa, b"\0\x05issueca.example", "0 issue \"ca.example\""),
    ] {
        let response = one(record, content).unwrap();
        assert_eq!((response.records, response.ttl), (vec![text.to_owned()], Some(300)), "{record:?}");
    }
}

#[test]
fn content_which_does_not_fit_its_type_is_unreadable() {
    for (record, content) in [
        (Record::A, &b"\x0a\0\0"[..]),
        (Record::Aaaa, b"\x0a\0\0\x05"),
        (Record::Mx, b"\0\x0a\x04mail\xc0\x10\0"),
        (Record::Mx, b"\0"),
        (Record::Txt, b"\x05abc"),
        (Record::Ns, b"\x02n"),
        (Record::Soa, b"\xc0\x0c\xc0\x0c\0\0"),
        (Record::Caa, b"\0\x09issue"),
    ] {
        assert_eq!(one(record, content), Err(Wrong::Unreadable), "{record:?}");
    }
}

#[test]
fn answers_to_other_questions_are_not_ours() {
    let good = answer(Record::A, 0x8180, [0, 0, 0], b"");
    assert!(query(Record::A).parse(&good).is_ok());
    let parse = |message: &[u8]| query(Record::A).parse(message).map(drop);
    assert_eq!(query(Record::Mx).parse(&good).map(drop), Err(Wrong::NotOurs), "another type");
    assert_eq!(parse(&answer(Record::A, 0x0180, [0, 0, 0], b"")), Err(Wrong::NotOurs), "a question");
    assert_eq!(parse(&answer(Record::A, 0xa980, [0, 0, 0], b"")), Err(Wrong::NotOurs), "an update");
    for place in [0, 1, 13, 18] {
        let mut other = good.clone();
        other[place] ^= 1;
        assert_eq!(parse(&other), Err(Wrong::NotOurs), "byte {place}");
    }
    let mut upper = good.clone();
    upper[13..16].copy_from_slice(b"NAS");
    assert_eq!(parse(&upper), Ok(()), "case does not matter");
    let mut mute = good[..12].to_vec();
    mute[5] = 0;
    assert_eq!(parse(&mute), Err(Wrong::NotOurs), "no question and no error");
    mute[3] = 1;
    assert_eq!(query(Record::A).parse(&mute).unwrap().rcode, 1);
}

#[test]
fn aliases_are_followed_and_strangers_left_out() {
    let records = [
        // Another's address, which nobody asked for.
        &b"\x03foo\xc0\x10\0\x01\0\x01\0\0\0\x0a\0\x04\x0a\0\0\x09"[..],
        // host.lan at 54; its addresses come before the alias and not in order.
        b"\x04host\xc0\x10\0\x01\0\x01\0\0\0\x3c\0\x04\x0a\0\0\x06",
        b"\x04host\xc0\x10\0\x01\0\x01\0\0\0\x1e\0\x04\x0a\0\0\x05",
        b"\x04host\xc0\x10\0\x01\0\x01\0\0\0\x1e\0\x04\x0a\0\0\x05",
        b"\xc0\x0c\0\x05\0\x01\0\0\0\x05\0\x07\x04host\xc0\x10",
    ]
    .concat();
    let response = query(Record::A).parse(&answer(Record::A, 0x8580, [5, 0, 0], &records)).unwrap();
    assert_eq!(response.records, ["10.0.0.5", "10.0.0.6"]);
    assert_eq!(
        (response.aliases, response.ttl, response.authoritative),
        (vec!["host.lan".to_owned()], Some(30), true)
    );
}

#[test]
fn aliases_in_a_circle_come_to_an_end() {
    let circle = b"\xc0\x0c\0\x05\0\x01\0\0\0\x05\0\x02\xc0\x0c";
    let response = query(Record::A).parse(&answer(Record::A, 0x8180, [1, 0, 0], circle)).unwrap();
    assert_eq!((response.aliases.len(), response.records.len()), (MOST_ALIASES, 0));
}

#[test]
fn the_extension_completes_the_code() {
    let records = b"\0\0\x29\x04\xd0\x01\0\0\0\0\0";
    let response = query(Record::A).parse(&answer(Record::A, 0x8180, [0, 0, 1], records)).unwrap();
    assert_eq!(response.rcode, 16);
}

#[test]
fn what_was_cut_off_is_asked_again_and_not_refused() {
    let records = b"\xc0\x0c\0\x01\0\x01\0\0\0\x0a\0\x04\x0a\0";
    assert!(query(Record::A).parse(&answer(Record::A, 0x8380, [1, 0, 0], records)).unwrap().truncated);
    assert_eq!(
        query(Record::A).parse(&answer(Record::A, 0x8180, [1, 0, 0], records)),
        Err(Wrong::Unreadable)
    );
}

proptest! {
    #[test]
    fn any_answer_is_judged(flags: u16, counts: [u8; 3], records: Vec<u8>, number in 0usize..10) {
        let record = super::super::tests::RECORDS[number];
        let counts = counts.map(u16::from);
        let message = answer(record, flags | 0x8000, counts, &records);
        if let Ok(response) = query(record).parse(&message) {
            prop_assert!(response.records.len() <= MOST_RECORDS && response.aliases.len() <= MOST_ALIASES);
            prop_assert!(response.records.is_sorted());
        }
        let _ = query(record).parse(&records);
        let _ = one(record, &records);
    }
}
