//! JSON: a message to publish, a message of another server, a notification of a Matrix server.

#![no_main]

use http::HeaderMap;
use jiff::Zoned;
use libfuzzer_sys::fuzz_target;
use ntfy_protocol::{Limits, Message, PublishRequest, matrix};

fuzz_target!(|input: &[u8]| {
    let now: Zoned = "2021-12-10T10:17:23[Europe/Berlin]".parse().unwrap();
    if let Ok((request, body)) =
        PublishRequest::from_json(input, &HeaderMap::new(), "", &now, &Limits::default())
    {
        assert!(!body.is_empty() && request.tags.len() <= 50 && request.actions.len() <= 3);
        assert!(!request.title.contains(|c: char| c.is_control()));
        let Ok(judged) = request.judge_body(body.as_bytes(), false) else { return };
        survives(&request.into_message("AAAAAAAAAAAA".to_owned(), 0, 0, judged));
    }
    if let Ok(message) = Message::from_json(input) {
        survives(&message);
    }
    match matrix::parse(input, "https://push.example", 4096) {
        Ok(notify) => assert!(notify.pushkey.starts_with("https://push.example/")),
        Err(matrix::Unpublished::Rejected(pushkey)) => {
            let answer = matrix::answer(&[&pushkey]);
            assert!(answer.ends_with("]}\n") && answer.matches('\n').count() == 1);
        }
        Err(matrix::Unpublished::Refused(refusal)) => assert!(!refusal.to_json().contains('\n')),
    }
});

/// What is written is one line and is read back as the same.
fn survives(message: &Message) {
    let json = message.to_json();
    assert!(!json.contains(['\n', '\r']));
    assert_eq!(Message::from_json(json.as_bytes()).map(|again| again.to_json()), Ok(json));
}
