//! Whole-hub tests through real sockets.

mod account_api;
mod people;
mod users_api;
