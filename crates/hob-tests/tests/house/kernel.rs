//! What every feature stands on.

mod disk;
mod jobs;
mod resources;
mod running;
