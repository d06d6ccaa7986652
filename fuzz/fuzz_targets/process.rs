//! `comm`, `cmdline`, `cgroup` and `status` of a process. Whoever runs it writes the first two.

#![no_main]

use hob_fuzz::{parts, texts};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [comm, _, cgroup, status] = texts(input);
    let [_, cmdline, _, _] = parts(input);
    feat_services::fuzzing::process(&comm, cmdline, &cgroup, &status);
});
