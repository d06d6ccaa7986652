//! Routes, tiles and what they refer to: Ingress, Traefik, Gateway API.

use crate::{Objects, Picture, Settings};

/// Adds what it sees to the picture.
pub fn examine(_objects: &Objects, _settings: &Settings, _picture: &mut Picture) {}
