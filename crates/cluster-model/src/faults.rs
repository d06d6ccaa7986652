//! What is wrong with what runs: pods, roll-outs, nodes, volumes, certificates, scheduled jobs.

use crate::{Objects, Picture, Settings};

/// Adds what it sees to the picture.
pub fn examine(_objects: &Objects, _settings: &Settings, _picture: &mut Picture) {}
