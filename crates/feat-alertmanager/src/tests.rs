//! A whole hub with this feature and a door that knows four tokens: what clients are answered, what the house is told,
//! what time makes of it, and whether the real programs work with it.

mod house;
mod life;
mod limits;
mod programs;
mod wire;
