//! What the examination is told besides the objects.

use crate::Kind;
use std::collections::BTreeSet;

/// What the examination is told besides the objects.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
    /// Kinds that are not installed, not permitted or not yet read: what refers to one of them is not called dangling.
    pub unread: BTreeSet<Kind>,
    /// Host names (with or without a leading `*.`) that are not shown as tiles.
    pub hidden_hosts: Vec<String>,
    /// Namespaces that are not shown as tiles.
    pub hidden_namespaces: Vec<String>,
}
