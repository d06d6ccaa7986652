//! How a feature reaches the built-in push server without knowing the feature that is it.

use crate::{BoxFuture, Ctx};
use hob_base::Result;

/// A message for the built-in push server, in the words of its protocol.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PushMessage {
    /// Where to: a topic of the push server. Not looked at where the message goes to somebody's browsers.
    pub topic: String,
    /// The headline; empty for none.
    pub title: String,
    /// The text.
    pub message: String,
    /// From 1 (lowest) to 5 (highest); 3 is usual.
    pub priority: u8,
    /// Words or names of emoji.
    pub tags: Vec<String>,
    /// What opens when it is tapped: a whole address.
    pub click: Option<String>,
    /// Links shown as buttons: what they say, and what they open.
    pub links: Vec<(String, String)>,
    /// Whether the text is Markdown.
    pub markdown: bool,
    /// What this is the newest word of: a later message of the same sequence takes the place of the earlier one.
    pub sequence_id: Option<String>,
}

/// What became of a message to somebody's browsers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BrowserPush {
    /// How many browsers' push services took it.
    pub reached: usize,
    /// What the others answered, one sentence each.
    pub failed: Vec<String>,
}

/// How the feature that is the push server is asked to say something. Hob itself asks, so no right is looked at.
#[derive(Clone, Copy)]
pub struct PushDoor {
    /// Publishes a message; it is kept when this returns. Gives its id.
    pub publish: fn(Ctx, PushMessage) -> BoxFuture<Result<String>>,
    /// Sends a message to every browser that this person (by name; `None`: anybody) has allowed Hob to notify.
    pub to_browsers: fn(Ctx, Option<String>, PushMessage) -> BoxFuture<Result<BrowserPush>>,
}
