//! The table of tokens that people make for their clients.
