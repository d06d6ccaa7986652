//! What a registry of domains answers, and which domain a host belongs to.

#![no_main]

use hob_fuzz::{parts, texts};
use libfuzzer_sys::fuzz_target;
use rdap::fuzzing::{answer, host};

fuzz_target!(|input: &[u8]| {
    let [name, _] = texts(input);
    let [_, json] = parts(input);
    host(&name);
    answer(json);
});
