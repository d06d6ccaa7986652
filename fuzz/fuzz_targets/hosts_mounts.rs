//! `/proc/self/mountinfo` and `/etc/fstab`.

#![no_main]

use hob_fuzz::texts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [mountinfo, fstab, ignored] = texts(input);
    feat_hosts::fuzzing::mounts(&mountinfo, &fstab, &ignored);
});
