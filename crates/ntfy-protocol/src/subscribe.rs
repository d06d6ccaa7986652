//! What somebody wants to hear: from when on, and which messages.

use crate::message::Message;
use crate::refusal::Refusal;
use http::HeaderMap;

/// From when on messages are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// All that are kept.
    All,
    /// None that are kept, only new ones.
    None,
    /// The last one of each topic.
    Latest,
    /// Those from this second on (since 1970).
    Time(i64),
    /// Those after the message of this id.
    Id(String),
}

/// Which messages are wanted; empty fields let all through. It is only asked of [`crate::Event::Message`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// The one with this id.
    pub id: String,
    /// Those with exactly this text.
    pub message: String,
    /// Those with exactly this headline.
    pub title: String,
    /// Those of one of these priorities.
    pub priorities: Vec<u8>,
    /// Those with all of these tags.
    pub tags: Vec<String>,
}

impl Filter {
    /// Whether a subscriber with this filter gets the message.
    #[must_use]
    pub fn passes(&self, message: &Message) -> bool {
        let _ = message;
        true
    }
}

/// What a subscription asks for beside its topics and format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscribeRequest {
    /// Whether the connection ends after what is kept.
    pub poll: bool,
    /// From when on.
    pub since: Since,
    /// Whether messages that are to be delivered later are wanted, too.
    pub scheduled: bool,
    /// Which.
    pub filter: Filter,
}

impl SubscribeRequest {
    /// Reads headers and query (what stands after the `?`, still encoded). `now` in seconds since 1970.
    ///
    /// # Errors
    ///
    /// 40007 for a priority, 40008 for the time.
    pub fn from_http(headers: &HeaderMap, query: &str, now: i64) -> Result<Self, Refusal> {
        let _ = (headers, query, now);
        Ok(Self { poll: false, since: Since::None, scheduled: false, filter: Filter::default() })
    }
}
