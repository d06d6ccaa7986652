//! Plain types and pure rules: no I/O, so that every rule has a test that needs no patience.

pub(crate) mod alert;
pub(crate) mod book;
pub(crate) mod edges;
pub(crate) mod facts;
pub(crate) mod filter;
pub(crate) mod judge;
pub(crate) mod silence;
pub(crate) mod wire;

/// What this feature calls itself where it speaks of resources.
pub(crate) const SOURCE: &str = "alertmanager";
/// The one receiver that there is.
pub(crate) const RECEIVER: &str = "hob";
