//! What the kernel and the system tell in files: figures, traffic, addresses.

#![no_main]

use feat_hosts::fuzzing::{figures, network};
use hob_fuzz::texts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [before, after] = texts(input);
    figures(&before, &after);
    network(&before, &after);
});
