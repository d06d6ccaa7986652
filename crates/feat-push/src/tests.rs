//! Whole-hub tests through real sockets.
