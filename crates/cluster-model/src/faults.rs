//! What is wrong with what runs: pods, roll-outs, nodes, volumes, certificates, scheduled jobs.

pub mod owners;

pub use owners::{Owners, owner_of, workloads_behind};

use crate::{Objects, Picture, Settings};

/// Adds what it sees to the picture.
pub fn examine(_objects: &Objects, _settings: &Settings, _picture: &mut Picture) {}
