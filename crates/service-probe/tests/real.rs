//! Probes of real servers, each started by its test on a free port with a folder of its own.
//!
//! A server which is not installed is passed over; in CI those of Redis, Mosquitto and PostgreSQL must be there.

#[cfg(test)]
mod real {
    mod databases;
    mod messages;
    mod others;
    mod server;
}
