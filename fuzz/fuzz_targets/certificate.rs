//! A server's certificates, read and judged.

#![no_main]

use hob_fuzz::parts;
use libfuzzer_sys::fuzz_target;
use tls_probe::Weakness;
use tls_probe::der::date;
use tls_probe::fuzzing::certificate;

fuzz_target!(|input: &[u8]| {
    // Judged by a root of which it may have the name, and by itself; then as a chain of two.
    let root = include_bytes!("../corpus/certificate/root.der");
    let [first, second] = parts(input);
    for (leaf, others, root) in
        [(input, &[][..], &root[..]), (input, &[], input), (first, &[second][..], root), (first, &[first, second], second)]
    {
        let seen = certificate(leaf, others, &[root], "nas.lan");
        assert_eq!(seen.chain_length, others.len() + 1);
        assert!(seen.weaknesses.len() <= 16 && seen.weaknesses.iter().all(|&weak| says_something(weak)));
        if let Err(clause) = &seen.trusted {
            let clause = clause.to_string();
            assert!(!clause.is_empty() && clause.chars().count() <= 300, "{clause}");
            assert!(!clause.chars().any(char::is_control), "{clause:?}");
        }
        for time in seen.leaf.iter().flat_map(|leaf| [leaf.not_before, leaf.not_after]).flatten() {
            assert_eq!(date(time).len(), 10, "{time}");
        }
        if let Some(first) = &seen.first_expiry {
            let own = seen.leaf.as_ref().and_then(|leaf| leaf.not_after);
            assert!(own.is_none_or(|own| first.not_after <= own), "the first is not the first");
            let _ = (first.days_left(i64::MIN), first.days_left(i64::MAX));
        }
    }
});

fn says_something(weakness: Weakness) -> bool {
    !weakness.to_string().is_empty()
}
