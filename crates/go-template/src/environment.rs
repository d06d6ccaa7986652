//! What a template is rendered with besides its data: the time, the zone, and how much it may cost.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What a template is rendered with besides its data.
#[derive(Debug, Clone)]
pub struct Environment {
    /// What `now` and `ago` take for the present.
    pub now: Timestamp,
    /// The zone in which dates are written that name none.
    pub zone: TimeZone,
    /// How much the rendering may cost.
    pub limits: Limits,
}

impl Environment {
    /// At this moment, in this zone, with the usual limits.
    #[must_use]
    pub fn new(now: Timestamp, zone: TimeZone) -> Self {
        Self { now, zone, limits: Limits::default() }
    }
}

/// How much one rendering may cost. What costs more ends with a [`TemplateError`](crate::TemplateError) that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Longest output, in bytes. ntfy allows one MiB, of which a message keeps 4 KiB.
    pub output: usize,
    /// Bytes of all texts, lists and dicts that are made on the way, together; what was dropped counts too.
    pub memory: usize,
    /// Steps: one for each action, function and visited element, more for long arguments. A step takes
    /// a microsecond at most, most of them a tenth of that.
    pub steps: u64,
    /// How deep actions, parentheses and templates may call each other, and values be nested.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { output: 1024 * 1024, memory: 8 * 1024 * 1024, steps: 250_000, depth: 100 }
    }
}
