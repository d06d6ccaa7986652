use super::*;

/// A frame as a client sends it.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x37, 0xfa, 0x21, 0x3d];
    let mut out = vec![first];
    match u8::try_from(payload.len()) {
        Ok(short) if short < 126 => out.push(0x80 | short),
        _ => {
            out.push(0x80 | 126);
            out.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
        }
    }
    out.extend_from_slice(&mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    out
}

fn upgrade(changes: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let usual = [
        ("upgrade", "websocket"),
        ("connection", "keep-alive, Upgrade"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    for (name, value) in usual.iter().chain(changes) {
        headers.insert(*name, value.parse().unwrap());
    }
    headers
}

#[test]
fn the_handshake_of_the_rfc() {
    assert_eq!(accept(&upgrade(&[])).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert_eq!(accept(&upgrade(&[("upgrade", "WebSocket")])).unwrap(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    let wrong = [
        ("upgrade", "h2c"),
        ("connection", "close"),
        ("sec-websocket-version", "8"),
        ("sec-websocket-key", "short"),
        ("sec-websocket-key", ""),
    ];
    for change in wrong {
        assert_eq!(accept(&upgrade(&[change])).unwrap_err().code, 40016, "{change:?}");
    }
    assert_eq!(accept(&HeaderMap::new()).unwrap_err(), refusal::WEBSOCKET_UPGRADE_MISSING);
}

#[test]
fn frames_of_the_rfc() {
    // Section 5.7.
    assert_eq!(text("Hello"), [0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
    assert_eq!(ping(b"Hello"), [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
    assert_eq!(text(&"x".repeat(256)).get(..4).unwrap(), [0x81, 0x7e, 0x01, 0x00]);
    assert_eq!(text(&"x".repeat(65_536)).get(..10).unwrap(), [0x81, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]);
    assert_eq!(text(&"x".repeat(125)).len(), 127);
    assert_eq!(text(&"x".repeat(126)).len(), 130);
    assert_eq!(close(1000, "bye"), [0x88, 0x05, 0x03, 0xe8, b'b', b'y', b'e']);
    assert_eq!(close(1000, &"ä".repeat(100)).len(), 2 + 2 + 122);
    assert_eq!(pong(&[0; 300]).len(), 127);
    let hello = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    assert_eq!(Decoder::default().feed(&hello).unwrap(), [Incoming::Text("Hello".into())]);
}

#[test]
fn what_is_said_does_not_depend_on_the_pieces() {
    let mut bytes = masked(0x81, "grüße".as_bytes());
    bytes.extend(masked(0x01, b"one "));
    bytes.extend(masked(0x89, b"there?"));
    bytes.extend(masked(0x00, "tä".as_bytes().get(..2).unwrap()));
    bytes.extend(masked(0x80, &[0xa4]));
    bytes.extend(masked(0x8a, b""));
    bytes.extend(masked(0x82, &[7; 4096]));
    bytes.extend(masked(0x88, b"\x03\xe8done"));
    bytes.extend(masked(0x81, b"never heard"));
    let expected = [
        Incoming::Text("grüße".into()),
        Incoming::Ping(b"there?".to_vec()),
        Incoming::Text("one tä".into()),
        Incoming::Pong(Vec::new()),
        Incoming::Binary(vec![7; 4096]),
        Incoming::Close(Some(1000)),
    ];
    for step in [1, 2, 3, 7, 100, 10_000] {
        let mut decoder = Decoder::default();
        let said: Vec<_> = bytes.chunks(step).flat_map(|piece| decoder.feed(piece).unwrap()).collect();
        assert_eq!(said, expected, "in pieces of {step}");
        assert_eq!(decoder.feed(&masked(0x81, b"x")), Ok(Vec::new()));
    }
}

#[test]
fn what_is_wrong_ends_it() {
    let table = [
        (vec![0x81, 0x00], Fault::Protocol, "not masked"),
        (vec![0x81, 0x7f], Fault::Protocol, "not masked and long"),
        (vec![0xc1, 0x80], Fault::Protocol, "reserved bit"),
        (vec![0x83, 0x80], Fault::Protocol, "reserved opcode"),
        (vec![0x8b, 0x80], Fault::Protocol, "reserved control opcode"),
        (vec![0x09, 0x80], Fault::Protocol, "a ping in fragments"),
        (vec![0x89, 0xfe], Fault::Protocol, "a long ping"),
        (masked(0x80, b"x"), Fault::Protocol, "nothing to go on with"),
        ([masked(0x01, b"x"), masked(0x81, b"y")].concat(), Fault::Protocol, "a new message before the end"),
        (vec![0x81, 0xfe, 0x00, 0x7d], Fault::Protocol, "a length longer than it need be"),
        (vec![0x81, 0xfe, 0x10, 0x01], Fault::TooBig, "4097 bytes"),
        (vec![0x82, 0xff], Fault::TooBig, "eight bytes of length"),
        ([masked(0x02, &[0; 4096]), masked(0x80, &[0])].concat(), Fault::TooBig, "4097 bytes in fragments"),
        (masked(0x81, &[0xff]), Fault::NotUtf8, "no text"),
        (masked(0x88, &[3]), Fault::Protocol, "half a code"),
        (masked(0x88, &[3, 0xec]), Fault::Protocol, "1004"),
        (masked(0x88, &[3, 0xed]), Fault::Protocol, "1005"),
        (masked(0x88, &[0, 0]), Fault::Protocol, "code 0"),
        (masked(0x88, &[3, 0xe8, 0xff]), Fault::NotUtf8, "a reason that is no text"),
    ];
    for (bytes, fault, what) in table {
        let mut decoder = Decoder::default();
        assert_eq!(decoder.feed(&bytes), Err(fault), "{what}");
        assert_eq!(decoder.feed(&masked(0x81, b"x")), Ok(Vec::new()), "{what}");
        assert!((1002..=1009).contains(&fault.code()));
    }
    assert_eq!(Decoder::default().feed(&masked(0x88, b"")), Ok(vec![Incoming::Close(None)]));
}
