//! What the GitOps tools and operators say: Argo CD, Flux, k3s charts, `CloudNativePG`, `VolSync`, and which credential pulls which image.

mod argo;
mod cause;
mod credentials;
mod databases;
mod flux;
mod k3s;
mod keyring;
mod managed;
mod pulls;
mod schedule;
mod volsync;
mod words;

pub use databases::{backup_id, database_id};
pub use keyring::Login;
pub use pulls::{Pull, credentials_of, pull_secrets_of, pulls};

use crate::{Objects, Picture, Settings, ThingId, ThingKind};

/// Adds what it sees to the picture.
pub fn examine(objects: &Objects, settings: &Settings, picture: &mut Picture) {
    let pulls = pulls(objects);
    credentials::examine(objects, settings, &pulls, picture);
    argo::examine(objects, settings, picture);
    flux::examine(objects, settings.now_ms, picture);
    k3s::examine(objects, picture);
    databases::examine(objects, settings, picture);
    volsync::examine(objects, settings.now_ms, picture);
    managed::examine(objects, picture);
}

/// The thing that an object of a GitOps tool is: `flux-system/kustomization/apps`.
pub fn deployment_id(object_kind: &str, namespace: &str, name: &str) -> ThingId {
    ThingId::new(ThingKind::Deployment, format!("{namespace}/{}/{name}", object_kind.to_lowercase()))
}

#[cfg(test)]
mod tests;
