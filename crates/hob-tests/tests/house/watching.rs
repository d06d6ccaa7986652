//! What the house watches, and how people and programs are told.

mod api;
mod checks;
mod discovery;
mod live;
mod postgres;
mod tiles;
