//! What is wrong with what runs: pods, roll-outs, nodes, volumes, certificates, scheduled jobs.
//!
//! Data flow: pods are gathered by owner once ([`Owners`]), events by object; each container's state becomes a trouble
//! or none (`container`), those of a pod a verdict (`pods`), those of an owner's pods findings of the owner
//! (`workloads`), since people think of “jellyfin” and not of three pods. The words come from the engine
//! `container-faults`.
//!
//! Invariants: a start has its first minutes before it is called a fault; what runs on a node that is silent is not
//! believed; what was switched off on purpose is well.

mod certificates;
mod container;
mod cron;
mod events;
mod images;
mod memory;
mod mounting;
mod nodes;
pub mod owners;
mod pods;
mod quantity;
mod scheduling;
mod volumes;
mod workloads;

pub use memory::Memory;
pub use owners::{Owners, owner_of, workloads_behind};

use crate::{Objects, Picture, Settings};

/// What all parts of the examination look at.
struct Look<'a> {
    objects: &'a Objects,
    settings: &'a Settings,
    owners: Owners<'a>,
    events: events::Events<'a>,
    nodes: nodes::Nodes<'a>,
}

impl Look<'_> {
    /// How long ago something was, in milliseconds; nothing is in the future, however clocks are set.
    fn ago(&self, at_ms: Option<i64>) -> Option<i64> {
        at_ms.map(|at| self.settings.now_ms.saturating_sub(at).max(0))
    }
}

/// Adds what it sees to the picture.
pub fn examine(objects: &Objects, settings: &Settings, picture: &mut Picture) {
    let look = Look {
        objects,
        settings,
        owners: Owners::of(objects),
        events: events::Events::of(objects),
        nodes: nodes::Nodes::of(objects, &settings.unread),
    };
    nodes::examine(&look, picture);
    workloads::examine(&look, picture);
    cron::examine(&look, picture);
    images::examine(&look, picture);
    volumes::examine(&look, picture);
    certificates::examine(&look, picture);
}

#[cfg(test)]
mod tests;
