//! What anybody may send to the door of scheduled jobs: addresses, queries, bodies, names, schedules, requests.

#![no_main]

use feat_pings::fuzzing::{address, body, names, schedule, spec};
use hob_fuzz::texts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [path, query, text] = texts(input);
    if let Some(who) = address(&path, &query) {
        assert!(who.len() <= 200 && !who.is_empty(), "{who:?}");
    }
    for said in [body(input).0, body(input).1] {
        assert!(!said.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')), "{said:?}");
    }
    assert!(body(input).0.chars().count() <= 1001, "an excerpt is short");
    let (slug, handle, good) = names(&text);
    assert!(good && !handle.is_empty() && slug.len() <= 100, "{slug:?} {handle:?}");
    if let Ok(written) = schedule(&text) {
        assert_eq!(schedule(&written), Ok(written.clone()), "what is written is read again");
    }
    let _ = spec(&text);
});
