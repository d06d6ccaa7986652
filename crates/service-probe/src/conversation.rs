//! What conversations are made of, for libraries which do more than to ask: one that sends mail, one that
//! publishes to a broker.
//!
//! [`Client::converse_with`](crate::Client::converse_with) gives a [`Wire`]: a connection on which every phase
//! is bounded in time, everything read is bounded in size, and whoever speaks another protocol is recognised.
//! Whoever sends something secret, or something to be read by nobody else, looks at [`Wire::examination`] first.

pub use crate::text::said;
pub use crate::wire::{Protocol, Wire};

/// The beginning of a conversation with a mail server, and its replies.
pub mod smtp {
    pub use crate::smtp::{PROTOCOL, Reply, begin, reply};
}

/// The beginning of a conversation with a broker, and what its packets are made of.
pub mod mqtt {
    pub use crate::mqtt::{DISCONNECT, PROTOCOL, connect, packet, push_number, push_text};
}
