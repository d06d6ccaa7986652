//! When to deliver a message, in words.

#![no_main]

use jiff::Zoned;
use libfuzzer_sys::fuzz_target;
use ntfy_protocol::fuzzing::{delay, duration};

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    let length = duration(&text);
    // The last one is an hour that the clocks leave out.
    for now in [
        "2021-12-10T10:17:23[Europe/Berlin]",
        "2024-02-29T23:59:59[UTC]",
        "2026-03-29T01:59:59[Europe/Berlin]",
    ] {
        let now: Zoned = now.parse().unwrap();
        let at = delay(&text, &now);
        if text.trim().parse::<i64>().is_err()
            && let Some(length) = length
        {
            assert_eq!(at, now.timestamp().as_second().checked_add(length.as_secs()), "{text:?}");
        }
    }
});
