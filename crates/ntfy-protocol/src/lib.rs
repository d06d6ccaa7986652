//! The ntfy protocol as values: what a request to publish or subscribe says, and what is answered. No I/O.
