//! Subscribing.
