//! View data → markup.
