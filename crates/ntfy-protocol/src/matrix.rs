//! The gateway that lets a Matrix server push through this one (Matrix Push Gateway API, `POST /_matrix/push/v1/notify`).

use crate::path::Topic;
use crate::refusal::{self, Refusal};

/// What `GET /_matrix/push/v1/notify` answers: this is such a gateway.
pub const DISCOVERY: &str = "{\"unifiedpush\":{\"gateway\":\"matrix\"}}\n";

/// A request of a Matrix server: publish its body to this topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notify {
    /// The address the phone gave, which names the topic.
    pub pushkey: String,
    /// The topic.
    pub topic: Topic,
    /// The query of the pushkey (`up=1`), for [`crate::PublishRequest::from_http`].
    pub query: String,
}

/// Why a request is not published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unpublished {
    /// The pushkey is not one of this server: answer 200 with [`answer`] of it, so that the Matrix server forgets it.
    Rejected(String),
    /// Anything else.
    Refused(Refusal),
}

/// Reads the body of a request. `base_url` is how phones reach this server; `limit` is [`crate::Limits::message_bytes`].
///
/// # Errors
///
/// See [`Unpublished`]: 40019, 41302, 50003 and rejected pushkeys.
pub fn parse(body: &[u8], base_url: &str, limit: usize) -> Result<Notify, Unpublished> {
    let _ = (body, base_url, limit);
    Err(Unpublished::Refused(refusal::MATRIX_MESSAGE_INVALID))
}

/// The answer to a Matrix server, with what it is to forget.
#[must_use]
pub fn answer(rejected: &[&str]) -> String {
    let mut out = String::from("{\"rejected\":[");
    for (at, pushkey) in rejected.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        crate::text::write_json_string(&mut out, pushkey);
    }
    out.push_str("]}\n");
    out
}
