//! What is to be said over channels, and what notification services answer.

#![no_main]

use channels::fuzzing::exchange;
use hob_fuzz::{parts, texts};
use libfuzzer_sys::fuzz_target;

const STATUSES: [u16; 8] = [200, 201, 204, 400, 404, 424, 429, 503];

fuzz_target!(|input: &[u8]| {
    let Some((&[status], rest)) = input.split_first_chunk() else { return };
    let [title, body, link, previous, _] = texts(rest);
    let [_, _, _, _, answer] = parts(rest);
    exchange(&title, &body, &link, &previous, STATUSES[usize::from(status) % STATUSES.len()], answer);
});
