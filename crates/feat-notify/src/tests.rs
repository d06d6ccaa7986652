//! A whole hub with this feature, a push server that only remembers, and services on real sockets: what reaches whom, how
//! often, and what becomes of it when something is in the way.

mod house;
mod look;
mod paths;
mod trouble;
mod watch;
