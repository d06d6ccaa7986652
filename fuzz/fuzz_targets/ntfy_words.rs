//! Text beyond ASCII in headers (RFC 2047), and text on its way through.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ntfy_protocol::{emoji, rfc2047, text};

fuzz_target!(|input: &[u8]| {
    let value = String::from_utf8_lossy(input);
    let decoded = rfc2047::decode(&value);
    if !value.contains("=?") {
        assert_eq!(decoded, value);
    }
    // A byte becomes at most a character of three (U+FFFD).
    assert!(decoded.len() <= value.len() * 3);
    let line = text::single_line(&decoded);
    assert!(!line.contains(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')));
    let cut = text::cut(&line, input.len() / 2);
    assert!(cut.len() <= input.len() / 2 && line.starts_with(cut));
    let mut json = String::new();
    text::write_json_string(&mut json, &decoded);
    assert!(!json.contains(['\n', '\r', '<', '\u{2028}']));
    if let Some(found) = emoji::of(&value) {
        assert!(!found.is_empty() && !found.is_ascii());
    }
});
