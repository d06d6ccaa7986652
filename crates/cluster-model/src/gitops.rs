//! What the GitOps tools and operators say: Argo CD, Flux, k3s charts, `CloudNativePG`, `VolSync`, and which credential pulls which image.

use crate::{Objects, Picture, Settings};

/// Adds what it sees to the picture.
pub fn examine(_objects: &Objects, _settings: &Settings, _picture: &mut Picture) {}
