//! `Last-Event-ID`: where a page says that it is.

#![no_main]

use hob_fuzz::texts;
use hob_web::fuzzing::missed;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((&events, position)) = input.split_first() else { return };
    let [position] = texts(position);
    let events = usize::from(events) * 2;
    let frames = String::from_utf8_lossy(&missed(events, &position)).into_owned();
    let told = frames.matches("event: stale").count();
    assert!(frames.starts_with("event: hello\n"), "{frames}");
    assert!(told <= 256, "{told} events are kept");
    // Whoever is not where the stage ends is told something.
    let here = format!(".{events}");
    let at_end = position.strip_prefix('.').and_then(|n| n.parse().ok()) == Some(events);
    assert_eq!(told == 0, at_end, "{position} is told {told} events at {here}");
});
