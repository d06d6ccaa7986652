//! Buttons, in the short form and as JSON.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ntfy_protocol::{ActionKind, action};

fuzz_target!(|input: &[u8]| {
    let text = String::from_utf8_lossy(input);
    match action::parse(&text) {
        Ok(actions) => {
            assert!(actions.len() <= action::ACTIONS_MAX);
            let mut json = Vec::new();
            for action in &actions {
                assert!(!action.label.is_empty());
                for line in [&action.label, &action.url, &action.method, &action.intent] {
                    assert!(!line.contains(|c: char| c.is_control()), "{line:?}");
                }
                for (name, value) in &action.headers {
                    assert!(!name.contains(['\r', '\n', '\0']) && !value.contains(['\r', '\n', '\0']));
                }
                assert!(
                    !matches!(action.kind, ActionKind::View | ActionKind::Http) || !action.url.is_empty()
                );
                let mut one = String::new();
                action.write_json(&mut one);
                json.push(one);
            }
            assert_eq!(action::parse(&format!("[{}]", json.join(","))), Ok(actions));
        }
        Err(refusal) => {
            assert_eq!(refusal.code, 40018);
            assert!(
                refusal.error.len() < 600 && !refusal.error.contains(|c: char| c.is_control()),
                "{refusal}"
            );
        }
    }
});
