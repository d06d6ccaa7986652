//! What is to be thought of containers: pure functions from what an engine says to what is said of resources.

pub(crate) mod container;
pub(crate) mod judge;
pub(crate) mod restarts;
pub(crate) mod routers;
pub(crate) mod sites;
pub(crate) mod tiles;
pub(crate) mod traefik;
pub(crate) mod view;

#[cfg(test)]
mod tests;
