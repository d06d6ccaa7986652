//! Services that are found by themselves.
