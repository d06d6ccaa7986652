//! All SQL of the push server.

pub(crate) mod access;
pub(crate) mod attachments;
pub(crate) mod browsers;
pub(crate) mod inbox;
pub(crate) mod messages;
pub(crate) mod tokens;
