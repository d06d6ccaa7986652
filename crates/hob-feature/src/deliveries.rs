//! What became of notices: how the feature that carries them to people is asked by pages that show them.

use crate::{BoxFuture, Ctx};
use hob_base::{Result, Timestamp};

/// How the feature that carries notices is asked.
#[derive(Clone, Copy)]
pub struct DeliveryReader {
    /// What became of the notices with these keys, oldest first.
    pub of_notices: fn(Ctx, Vec<String>) -> BoxFuture<Result<Vec<Delivery>>>,
}

/// One way that one notice went, or is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The key of the notice.
    pub notice: String,
    /// What people call the channel.
    pub channel: String,
    /// When it got to where it is.
    pub at: Timestamp,
    /// How far it got.
    pub outcome: DeliveryOutcome,
}

/// How far a notice got on one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The other side took it.
    Sent,
    /// It will be tried, or tried again; what keeps it, if anything does.
    Waiting(Option<String>),
    /// It was given up: why.
    Failed(String),
}
