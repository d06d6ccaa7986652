//! What a method and a path ask for, and the names in a path: topics, lists of topics, sequences of messages.

use crate::refusal::{self, Refusal};
use http::Method;
use std::fmt;

/// The longest name of a topic or a sequence, in bytes.
const NAME_MAX: usize = 64;
/// The most topics that one subscription may name.
const TOPICS_MAX: usize = 100;
/// What no topic may be called, since the server has pages there.
pub const RESERVED_TOPICS: &[&str] =
    &["docs", "static", "file", "app", "metrics", "account", "settings", "signup", "login", "v1"];

/// Whether this is a name as topics and sequences have them: `^[-_A-Za-z0-9]{1,64}$`.
fn is_name(text: &str) -> bool {
    (1..=NAME_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// The name of a topic: one to 64 letters, digits, `-` and `_`, and none of the server's own names.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(String);

impl Topic {
    /// # Errors
    ///
    /// 40009 where it is no name of a topic, 40010 where the name is the server's own.
    pub fn new(name: &str) -> Result<Self, Refusal> {
        if !is_name(name) {
            return Err(refusal::TOPIC_INVALID);
        }
        if RESERVED_TOPICS.contains(&name) {
            return Err(refusal::TOPIC_DISALLOWED);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, given away.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl AsRef<str> for Topic {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One to a hundred topics that are listened to together, each once, in the order of the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics(Vec<Topic>);

impl Topics {
    /// Reads `one,two,three`.
    ///
    /// # Errors
    ///
    /// 40009 and 40010 as for one topic; 40009 also where there are too many.
    pub fn new(list: &str) -> Result<Self, Refusal> {
        let mut topics: Vec<Topic> = Vec::new();
        for name in list.split(',') {
            let topic = Topic::new(name)?;
            if topics.len() >= TOPICS_MAX {
                return Err(
                    refusal::TOPIC_INVALID.with_detail("at most 100 topics can be subscribed to at once")
                );
            }
            if !topics.contains(&topic) {
                topics.push(topic);
            }
        }
        Ok(Self(topics))
    }

    /// The topics.
    #[must_use]
    pub fn as_slice(&self) -> &[Topic] {
        &self.0
    }

    /// The topics, one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, Topic> {
        self.0.iter()
    }

    /// The topics, given away.
    #[must_use]
    pub fn into_vec(self) -> Vec<Topic> {
        self.0
    }

    /// `one,two,three`, as the events `open` and `keepalive` name them.
    #[must_use]
    pub fn joined(&self) -> String {
        self.0.iter().map(Topic::as_str).collect::<Vec<_>>().join(",")
    }
}

/// What several messages are the newest word of: a later one replaces the earlier on the phone. Same grammar as a topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SequenceId(String);

impl SequenceId {
    /// # Errors
    ///
    /// 40049 where it is no such name.
    pub fn new(id: &str) -> Result<Self, Refusal> {
        if is_name(id) { Ok(Self(id.to_owned())) } else { Err(refusal::SEQUENCE_ID_INVALID) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, given away.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

/// What is asked for, as far as it concerns topics. The account, the pages and the browsers have paths of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// `POST /` or `PUT /`: the message is in the body, as JSON, with its topic.
    PublishJson,
    /// `POST /topic`, `PUT /topic`, `POST /topic/sequence`, `PUT /topic/sequence`, `GET /topic/publish|send|trigger`.
    Publish(Topic, Option<SequenceId>),
    /// `DELETE /topic/sequence`: takes the notification away everywhere.
    Delete(Topic, SequenceId),
    /// `PUT /topic/sequence/clear|read`: dismisses the notification everywhere.
    Clear(Topic, SequenceId),
    /// `GET /topics/json|sse|raw|ws`.
    Subscribe(Topics, crate::Format),
    /// `GET /topics/auth`: whether these topics may be read.
    Auth(Topics),
    /// `GET /topic`: the page of a topic, or UnifiedPush asking (see [`crate::unified_push`]).
    TopicPage(Topic),
    /// `GET /file/id.ext`, `HEAD` too: an attachment, by the id of its message.
    File(String),
    /// `GET /_matrix/push/v1/notify`.
    MatrixDiscovery,
    /// `POST /_matrix/push/v1/notify`.
    MatrixNotify,
    /// `OPTIONS` of anything: a browser asks before it asks.
    Preflight,
}

impl Endpoint {
    /// Reads a method and a path (still percent-encoded; names of topics never are).
    ///
    /// # Errors
    ///
    /// 40401 where nothing is there, 40010 where the topic has a name of the server's own.
    pub fn of(method: &Method, path: &str) -> Result<Self, Refusal> {
        let parts: Vec<&str> = path.strip_prefix('/').unwrap_or(path).splitn(5, '/').collect();
        let write = matches!(*method, Method::PUT | Method::POST);
        let get = *method == Method::GET;
        match parts.as_slice() {
            _ if *method == Method::OPTIONS => Ok(Self::Preflight),
            [""] if write => Ok(Self::PublishJson),
            ["_matrix", "push", "v1", "notify"] if get => Ok(Self::MatrixDiscovery),
            ["_matrix", "push", "v1", "notify"] if *method == Method::POST => Ok(Self::MatrixNotify),
            ["file", name] if get || *method == Method::HEAD => file_of(name),
            [topic] if write => Ok(Self::Publish(known(topic)?, None)),
            [topic] if get => Ok(Self::TopicPage(known(topic)?)),
            [topic, "publish" | "send" | "trigger"] if get => Ok(Self::Publish(known(topic)?, None)),
            [topics, "auth"] if get => Ok(Self::Auth(known_list(topics)?)),
            [topics, format] if get => {
                let format = crate::Format::of_path(format).ok_or(refusal::NOT_FOUND)?;
                Ok(Self::Subscribe(known_list(topics)?, format))
            }
            [topic, id] if write => Ok(Self::Publish(known(topic)?, Some(known_sequence(id)?))),
            [topic, id] if *method == Method::DELETE => Ok(Self::Delete(known(topic)?, known_sequence(id)?)),
            [topic, id, "clear" | "read"] if *method == Method::PUT => {
                Ok(Self::Clear(known(topic)?, known_sequence(id)?))
            }
            _ => Err(refusal::NOT_FOUND),
        }
    }
}

/// A path that is no topic leads nowhere, as in ntfy; a reserved name is said to be one.
fn known(name: &str) -> Result<Topic, Refusal> {
    if is_name(name) { Topic::new(name) } else { Err(refusal::NOT_FOUND) }
}

fn known_list(list: &str) -> Result<Topics, Refusal> {
    if list.split(',').all(is_name) { Topics::new(list) } else { Err(refusal::NOT_FOUND) }
}

fn known_sequence(id: &str) -> Result<SequenceId, Refusal> {
    SequenceId::new(id).map_err(|_| refusal::NOT_FOUND)
}

fn file_of(name: &str) -> Result<Endpoint, Refusal> {
    let (id, extension) = name.split_once('.').unwrap_or((name, "x"));
    let plain = (1..=16).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_alphanumeric());
    if is_name(id) && plain { Ok(Endpoint::File(id.to_owned())) } else { Err(refusal::NOT_FOUND) }
}

#[cfg(test)]
mod tests;
