//! Doors to what reads strangers' bytes, for the targets in `fuzz/`: bytes in, and a panic where a promise is broken.

use crate::outcome::{Outcome, Report};
use crate::record::plain;
use crate::{Domain, Record, parse, registrable};

/// What a registry answers about `example.com`.
pub fn answer(json: &[u8]) {
    let Ok(domain) = Domain::parse("example.com") else { panic!("the domain of the target") };
    let Ok(Record { expires, registrar, status }) = parse(json, &domain) else { return };
    assert!(status.len() <= 16, "there are more states than may be");
    for text in status.iter().chain(&registrar) {
        assert!(plain(text).is_some(), "a text is empty");
        // What is in lower case may be longer than what was not.
        assert!(text.chars().count() <= 400 && !text.chars().any(char::is_control), "{text:?}");
    }
    if let Some(at) = expires {
        let sentence = Report { domain, outcome: Outcome::Expires { at, registrar, status } }.to_string();
        assert!(sentence.ends_with('.'), "{sentence}");
    }
}

/// The name of a host, and the domain that it belongs to.
pub fn host(text: &str) {
    if let Ok(domain) = Domain::parse(text) {
        assert_eq!(Domain::parse(domain.as_str()), Ok(domain.clone()), "it is not read as it was written");
    }
    if let Some(domain) = registrable(text) {
        assert_eq!(registrable(domain.as_str()), Some(domain), "the domain of a domain is another one");
    }
}
