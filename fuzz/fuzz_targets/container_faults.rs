//! What container runtimes and kubelets say, and the last lines of logs.

#![no_main]

use container_faults::{Engine, exit, hints, probe, pull, start, without_queries};
use hob_fuzz::texts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let [text, name] = texts(input);
    let (text, name) = (&*text, &*name);
    let about = pull::About { image: name, secrets: &[name], ..pull::About::default() };
    assert!(!pull::classify(text, &about).sentence.is_empty());
    assert!(!start::classify(text, name, Engine::Docker).sentence.is_empty());
    let exit = exit::Exit { container: name, code: 1, log: text, ..exit::Exit::default() };
    assert!(!exit::crash_loop(&exit, 3, None).sentence.is_empty());
    probe::parse(text);
    probe::answer(text);
    hints::of_log(text);
    assert!(without_queries(text).len() <= text.len() + 3 * text.matches("://").count());
});
