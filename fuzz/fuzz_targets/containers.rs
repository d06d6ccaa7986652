//! What Docker and Podman answer: containers, images, logs, events.

#![no_main]

use feat_containers::fuzzing::{engine, events};
use hob_fuzz::parts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [list, full, images, log] = parts(input);
    for said in engine(list, full, images, log) {
        for fact in said.facts.values().filter_map(|fact| fact.as_text()) {
            assert!(fact.chars().count() <= 300 && !fact.contains(char::is_control), "{fact}");
        }
        if let Some(health) = said.health {
            assert!(!health.reason.is_empty() && health.evidence.chars().count() <= 1000);
        }
    }
    let _ = events(list, full);
});
