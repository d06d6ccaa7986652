//! A change of health, kept for ever.

use crate::{Level, Resource, ResourceId, Timestamp};

/// `resource` went from one level to another at a time, for a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// Which resource.
    pub resource: ResourceId,
    /// When.
    pub at: Timestamp,
    /// The level before; `None` when the resource was judged for the first time.
    pub from: Option<Level>,
    /// The level after.
    pub to: Level,
    /// The reason that held right after.
    pub reason: String,
}

impl Transition {
    /// The transition between two states of one resource, if its level changed. A resource that nobody has judged yet
    /// has no level to change from or to.
    pub fn between(before: Option<&Resource>, after: &Resource) -> Option<Self> {
        if !after.judged {
            return None;
        }
        let from = before.filter(|resource| resource.judged).map(|resource| resource.health.level);
        (from != Some(after.health.level)).then(|| Self {
            resource: after.id.clone(),
            at: after.since,
            from,
            to: after.health.level,
            reason: after.health.reason.clone(),
        })
    }
}
