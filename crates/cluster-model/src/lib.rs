//! What a Kubernetes cluster serves to people, and what is wrong with it: from a snapshot of objects to tiles, the chain
//! of things behind each tile, and findings in whole sentences. Pure: no I/O, no clock, nothing of Hob's.
//!
//! Data flow: objects as the API server tells them go into [`Objects`] (each kind read by a small tolerant struct that
//! keeps only what is judged: fields that are missing or absurd are as if they were not there) → [`examine`] → a
//! [`Picture`] of [`Thing`]s, each with its facts, findings and what it needs.
//!
//! Invariants:
//! - The same objects give the same picture, whatever order they came in.
//! - Nothing that a cluster says can make it panic; texts are cut to a length, never trusted as markup.
//! - A finding says in a sentence what is wrong, names the object and the field, and where there is one the next step.

pub mod objects;
mod picture;
mod settings;

pub mod faults;
pub mod gitops;
pub mod routing;

pub use objects::{Kind, Objects};
pub use picture::{Fact, Finding, ObjectRef, Picture, Severity, Thing, ThingId, ThingKind};
pub use settings::{Settings, Usage};

/// Looks at everything: the routes and tiles, what is behind them, and what is wrong.
pub fn examine(objects: &Objects, settings: &Settings) -> Picture {
    let mut picture = Picture::default();
    routing::examine(objects, settings, &mut picture);
    faults::examine(objects, settings, &mut picture);
    gitops::examine(objects, settings, &mut picture);
    picture
}
