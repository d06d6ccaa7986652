//! `/proc/net/tcp` and `/proc/net/tcp6`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| feat_services::fuzzing::sockets(input));
