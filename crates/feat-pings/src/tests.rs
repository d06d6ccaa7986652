//! A whole hub with this feature and a door that knows five tokens: what clients are answered, what the house is told,
//! what time makes of it, what it costs, and whether real programs work with it.

mod api;
mod figures;
mod house;
mod life;
mod limits;
mod look;
mod programs;
mod wire;
