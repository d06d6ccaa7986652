//! A server's certificate.

#![no_main]

use http_probe::fuzzing::certificate;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    // Judged by a root of which it may have the name, and by itself.
    let root = include_bytes!("../corpus/certificate/root.der");
    for roots in [&root[..], input] {
        if let Err(clause) = certificate(input, &[roots], "nas.lan") {
            assert!(!clause.is_empty() && clause.chars().count() <= 300, "{clause}");
            assert!(!clause.chars().any(char::is_control), "{clause:?}");
        }
    }
});
