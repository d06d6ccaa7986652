//! Doors to what reads strangers' bytes, for the targets in `fuzz/`: bytes in, what is made of them out.

use crate::files::{kind, plain_name};
use crate::port::head::{Judged, judge};
use crate::routes::attachments::{Range, range_of};

/// The first bytes on a connection: the topics of the subscription that they begin, and where its head ends.
pub fn head(bytes: &[u8]) -> Option<(String, usize)> {
    match judge(bytes) {
        Judged::Subscription(wanted, end) => {
            let _ = wanted.polls();
            Some((wanted.topics.joined(), end))
        }
        Judged::Other | Judged::Unfinished => None,
    }
}

/// The name of a file as it is kept, its type, and whether a browser may show it in its place.
pub fn file(name: &str, start: &[u8]) -> (String, &'static str, bool) {
    let name = plain_name(name);
    let (kind, _) = kind::of(start, &name);
    (name, kind, kind::is_harmless(kind))
}

/// The part of a file of this size that a `Range` asks for: its first and last byte.
pub fn range(text: &str, size: u64) -> Option<(u64, u64)> {
    let value = http::HeaderValue::from_str(text).ok()?;
    let headers = http::HeaderMap::from_iter([(http::header::RANGE, value)]);
    match range_of(&headers, size) {
        Range::Part(from, to) => Some((from, to)),
        Range::All | Range::Impossible => None,
    }
}
