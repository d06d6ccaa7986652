//! Whole-hub tests through real sockets.

mod account_api;
mod look;
mod matrix;
mod people;
mod revoked;
mod users_api;

mod doors;
mod figures;
mod files;
mod house;
mod life;
mod post;
mod wire;
