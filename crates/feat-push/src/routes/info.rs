//! What the push server says of itself.
