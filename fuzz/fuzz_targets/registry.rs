//! What a registry of container images and its token service answer.

#![no_main]

use hob_fuzz::parts;
use libfuzzer_sys::fuzz_target;
use registry_probe::fuzzing::{answer, challenge, manifest};

const STATUSES: [u16; 8] = [200, 400, 401, 403, 404, 405, 418, 451];

fuzz_target!(|input: &[u8]| {
    let Some((&[status], rest)) = input.split_first_chunk() else { return };
    let [authenticate, body] = parts(rest);
    answer(STATUSES[usize::from(status) % STATUSES.len()], authenticate, body);
    challenge(&String::from_utf8_lossy(authenticate));
    manifest(body);
});
