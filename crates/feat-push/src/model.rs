//! Plain types and pure rules: no I/O, so that every rule has a test that needs no patience.

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod limits;
pub(crate) mod markdown;
