//! The tables of browsers.
