//! UnifiedPush: apps of a phone that let ntfy's app receive for them.

use crate::params::Params;
use crate::path::Topic;
use crate::publish::UNIFIED_PUSH;
use http::HeaderMap;

/// What `GET /topic?up=1` answers: this server speaks UnifiedPush.
pub const DISCOVERY: &str = "{\"unifiedpush\":{\"version\":1}}\n";

/// Whether a `GET /topic` asks for UnifiedPush (header or query `up=1` and its longer names).
#[must_use]
pub fn is_discovery(headers: &HeaderMap, query: &str) -> bool {
    Params::new(headers, query).flag(false, UNIFIED_PUSH)
}

/// Whether the app made this topic for another app: `up` and twelve letters and digits.
#[must_use]
pub fn is_topic(topic: &Topic) -> bool {
    topic.as_str().len() == 14 && topic.as_str().starts_with("up")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_for_it_and_which_topics_it_has() {
        for query in ["up=1", "unifiedpush=yes", "x=2&up=true", "UP=0&up=1"] {
            assert!(is_discovery(&HeaderMap::new(), query), "{query}");
        }
        for query in ["", "up", "up=0", "up=2", "update=1"] {
            assert!(!is_discovery(&HeaderMap::new(), query), "{query}");
        }
        for (name, is) in
            [("upAbCdEf123456", true), ("up", false), ("upAbCdEf1234567", false), ("abcdefghijklmn", false)]
        {
            assert_eq!(is_topic(&Topic::new(name).unwrap()), is, "{name}");
        }
    }
}
