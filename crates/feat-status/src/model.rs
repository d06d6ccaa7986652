//! Types and pure rules: no I/O, so that every rule has a test that needs no patience.

pub(crate) mod csv;
pub(crate) mod figures;
pub(crate) mod maintenance;
pub(crate) mod month;
pub(crate) mod objective;
pub(crate) mod page;
pub(crate) mod public;
