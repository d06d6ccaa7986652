//! What strangers send to the push server's port before it knows them, and what they call their files.
#![no_main]

use feat_push::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], &str, &str, u64)| {
    let (bytes, name, range, size) = input;
    if let Some((topics, end)) = fuzzing::head(bytes) {
        assert!(end <= bytes.len() && bytes[..end].ends_with(b"\n"));
        assert!(topics.split(',').all(|topic| (1..=64).contains(&topic.len())));
    }
    let (name, kind, harmless) = fuzzing::file(name, bytes);
    assert!(!name.contains(['/', '\\', '\0', '\r', '\n']) && name != ".." && name != ".");
    assert!(!(harmless && (kind.contains("html") || kind.contains("svg") || kind.contains("xml"))));
    if let Some((from, to)) = fuzzing::range(range, size) {
        assert!(from <= to && to < size);
    }
});
