//! Containers of Docker and Podman: found, watched, and shown as tiles.
//!
//! Data flow: the listener `containers.watch` looks every minute where engines answer (what `[[containers]]` names, and
//! the usual sockets of this machine). For each it reads all containers and images once, and from then on only what the
//! engine's stream of events says has changed; every ten minutes it reads all anew. Pure functions (`model`) turn
//! that into words: `engine/containers/NAME`, `workload/NAME/CONTAINER`, `image/NAME/REFERENCE`, `route/NAME/…` for routers of
//! Traefik, and tiles `service/NAME/…`. A published port that discovery has found stays `service/HOST/PORT`: it is told its
//! name, its symbol and the container that it needs.
//!
//! Invariants:
//! - Only `GET` is ever sent to an engine; who may use its socket could do anything.
//! - Environment variables and labels that hold other programs' passwords are dropped while they are read.
//! - An engine that does not answer is one finding; what was known of its containers stands until it expires.
//! - Nothing is asked because somebody looks at a page; health checks of containers, which make three events every few
//!   seconds, cause no work.
//!
//! Tables it owns: none.
//!
//! The Cargo feature `fuzzing` opens what reads strangers' bytes to the targets in `fuzz/`.
//!
//! Not done: asking registries whether images can be pulled again. An engine pulls with the credentials of whoever
//! calls it (`~/.docker/config.json`), which are not Hob's to read.

mod api;
mod client;
mod config;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod jobs;
mod model;
mod pages;
mod places;

use hob_feature::Feature;

/// Containers.
pub const FEATURE: Feature = Feature {
    jobs: jobs::jobs,
    cards: pages::cards,
    evidence: pages::evidence,
    config: &[config::SECTION, config::AUTO],
    ..Feature::new("containers", "Containers")
};

#[cfg(test)]
mod tests;
