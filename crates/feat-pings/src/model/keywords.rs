//! What a ping's body says of it, where its address only says that the job ran.

use super::address::Action;
use super::definition::Definition;

/// What happened, by words in the body. A word for failure weighs more than one for success, and that more than one
/// for a start. Where words for success are set and none is found, the ping does not count.
///
/// Only for pings whose address says nothing else: `/fail`, `/start`, `/log` and exit statuses mean what they say.
pub(crate) fn classify(definition: &Definition, body: &[u8]) -> Action {
    let Definition { success_kw, failure_kw, start_kw, .. } = definition;
    if [success_kw, failure_kw, start_kw].iter().all(|words| words.is_empty()) {
        return Action::Success;
    }
    let text = String::from_utf8_lossy(body);
    let has =
        |words: &str| words.split(',').map(str::trim).any(|word| !word.is_empty() && text.contains(word));
    if has(failure_kw) {
        Action::Fail
    } else if has(success_kw) {
        Action::Success
    } else if has(start_kw) {
        Action::Start
    } else if success_kw.is_empty() {
        Action::Success
    } else {
        Action::Ignored
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_decide_what_a_body_means() {
        let definition = Definition {
            success_kw: "DONE, finished".to_owned(),
            failure_kw: "ERROR".to_owned(),
            start_kw: "begin".to_owned(),
            ..Definition::default()
        };
        for (body, expected) in [
            (&b"all DONE"[..], Action::Success),
            (b"finished with 1 ERROR", Action::Fail),
            (b"begin", Action::Start),
            (b"nothing known", Action::Ignored),
            (b"", Action::Ignored),
            (b"\xff\xfe DONE", Action::Success),
        ] {
            assert_eq!(classify(&definition, body), expected, "{body:?}");
        }
    }

    #[test]
    fn without_words_for_success_whatever_is_no_failure_is_one() {
        let definition = Definition { failure_kw: "ERROR,".to_owned(), ..Definition::default() };
        assert_eq!(classify(&definition, b"fine"), Action::Success);
        assert_eq!(classify(&definition, b"ERROR"), Action::Fail);
        assert_eq!(classify(&Definition::default(), b"ERROR"), Action::Success);
    }
}
