//! What the examination is told besides the objects.

use crate::Kind;
use crate::faults::Memory;
use crate::objects::Key;
use std::collections::{BTreeMap, BTreeSet};

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
    /// What earlier looks at the objects taught (see [`Memory::learn`]).
    pub memory: Memory,
    /// How full claims are, as far as it was measured.
    pub usage: BTreeMap<Key, Usage>,
    /// The last log lines of containers that ended, by the pod's identity and the container's name.
    pub logs: BTreeMap<(Box<str>, Box<str>), Box<str>>,
}

/// How full a volume is, as a kubelet measured it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Usage {
    /// When, in milliseconds since 1970.
    pub measured_ms: i64,
    /// Bytes in use.
    pub used_bytes: i64,
    /// Bytes there are.
    pub capacity_bytes: i64,
    /// Inodes in use; 0 where it is not known.
    pub inodes_used: i64,
    /// Inodes there are; 0 where it is not known or without a limit.
    pub inodes: i64,
    /// Earlier measurements: when (in milliseconds since 1970) and bytes in use, in order. A day or more of them allows a
    /// forecast.
    pub earlier: Vec<(i64, i64)>,
}
