//! What systemctl says.

#![no_main]

use hob_fuzz::texts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [list, show] = texts(input);
    feat_hosts::fuzzing::systemd(&list, &show);
});
