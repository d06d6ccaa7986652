//! Doors to what judges strangers' answers, for the targets in `fuzz/`: an answer in, and a panic where a promise is
//! broken.

use crate::model::judge::judge_http;
use hob_base::{ResourceId, Timestamp};
use hob_feature::checks::{CheckSpec, CheckTarget, HttpCheck};
use http_probe::{ProbeError, Response};
use std::time::Duration;

/// What is thought of an answer from `url`, both of a service that was found and of one that was named with a text that
/// must be in its page.
pub fn judge(url: &str, text: &str, answer: Result<&Response, &ProbeError>) {
    for found in [true, false] {
        let http = HttpCheck {
            expect_status: if found { Vec::new() } else { vec![200, 201, 203] },
            expect_text: if found { Vec::new() } else { vec![text.to_owned()] },
            found,
            ..HttpCheck::new(url)
        };
        let second = Duration::from_secs(1);
        let resource = ResourceId::new("service", "nas", "3000");
        let target = CheckTarget::Http(Box::new(http));
        let spec = CheckSpec { timeout: second, ..CheckSpec::new(resource, target, second) };
        let health = judge_http(&spec, answer, Timestamp::from_millis(1_800_000_000_000));
        for words in [&health.reason, &health.evidence] {
            assert!(words.chars().count() <= 1000, "longer than anybody reads: {words}");
            assert!(!words.chars().any(char::is_control), "a control character: {words:?}");
        }
        assert!(!health.reason.is_empty(), "no reason is given");
    }
}

/// A file of another program: whatever it holds, what is taken from it is a check without a mistake, and what is left out
/// is left out with a sentence.
pub fn import(text: &str) {
    let seal = |text: &str| Ok(hob_feature::checks::CheckSecret::Env(text.to_owned()));
    let files = [crate::import::read(text, &seal), crate::import::gatus(text, &seal)];
    for imported in files.into_iter().flatten() {
        for definition in &imported.definitions {
            assert!(definition.mistakes().is_empty(), "taken over with a mistake: {definition:?}");
        }
        for left in &imported.left_out {
            assert!(!left.name.is_empty() && !left.why.is_empty(), "left out without a word: {left:?}");
            assert!(left.why.chars().count() <= 600, "longer than anybody reads: {left:?}");
        }
    }
}

/// What a form sends.
pub fn upload(content_type: &str, body: &[u8]) {
    let _ = crate::import::text_of(content_type, body);
}
