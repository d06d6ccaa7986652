//! UnifiedPush: apps of a phone that let ntfy's app receive for them.

use crate::path::Topic;
use http::HeaderMap;

/// What `GET /topic?up=1` answers: this server speaks UnifiedPush.
pub const DISCOVERY: &str = "{\"unifiedpush\":{\"version\":1}}\n";

/// Whether a `GET /topic` asks for UnifiedPush (header or query `up=1` and its longer names).
#[must_use]
pub fn is_discovery(headers: &HeaderMap, query: &str) -> bool {
    let _ = (headers, query);
    false
}

/// Whether the app made this topic for another app: `up` and twelve letters and digits.
#[must_use]
pub fn is_topic(topic: &Topic) -> bool {
    topic.as_str().len() == 14 && topic.as_str().starts_with("up")
}
