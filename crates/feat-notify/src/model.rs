//! What is decided here, without any I/O: which news goes where, how a delivery lives, how well a channel works.

pub(crate) mod dead_man;
pub(crate) mod digest;
pub(crate) mod news;
pub(crate) mod note;
pub(crate) mod pulse;
pub(crate) mod queue;
pub(crate) mod route;
pub(crate) mod simulate;
pub(crate) mod words;
