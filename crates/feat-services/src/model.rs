//! What discovery decides, as pure functions over values: which sockets listen ([`sockets`]), which of them are one
//! endpoint ([`endpoints`]), whose they are and what that is called ([`process`]), what a page says of itself ([`page`]),
//! which ports speak something else than HTTP ([`known`]), and what is said of an endpoint ([`tracked`]).

pub(crate) mod endpoints;
pub(crate) mod favicon;
pub(crate) mod icon;
pub(crate) mod known;
pub(crate) mod page;
pub(crate) mod process;
pub(crate) mod sockets;
pub(crate) mod tracked;
