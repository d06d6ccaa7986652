//! Doors to what reads an engine's answers, for the fuzz targets of this repository.

use crate::api::{Image, Inspected, Listed, log_text};
use crate::client::Lines;
use crate::config::EngineSettings;
use crate::model::container::Container;
use crate::model::view::{Endpoint, Learnt, Snapshot, Standing, view};
use crate::places::Address;
use hob_base::{Observation, ResourceId};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What is said of an engine whose list, full answers (a list of them) and images are these bytes.
#[must_use]
pub fn engine(list: &[u8], full: &[u8], images: &[u8], log: &[u8]) -> Vec<Observation> {
    let listed: Vec<Listed> = serde_json::from_slice(list).unwrap_or_default();
    let full: Vec<Inspected> = serde_json::from_slice(full).unwrap_or_default();
    let images: Vec<Image> = serde_json::from_slice(images).unwrap_or_default();
    let containers = listed.iter().map(Container::of_list).chain(
        full.iter()
            .zip(listed.iter().map(Some).chain(std::iter::repeat(None)))
            .map(|(full, one)| Container::of(one, full)),
    );
    let snapshot = Snapshot {
        containers: containers.map(|container| (container.id.clone(), container)).collect(),
        images: images.into_iter().map(|image| (image.id.clone(), image)).collect(),
        ..Snapshot::default()
    };
    let log = log_text(log);
    let learnt: BTreeMap<String, Learnt> = snapshot
        .containers
        .keys()
        .map(|id| (id.clone(), Learnt { looping: None, log: log.clone() }))
        .collect();
    let standing = Standing {
        settings: EngineSettings::new("docker", Address::Socket(PathBuf::from("/x"))),
        host: ResourceId::new("host", "home", "nas"),
        here: true,
        now_ms: 1_800_000_000_000,
    };
    let endpoints = [Endpoint { id: ResourceId::new("service", "nas", "80"), port: 80, container: None }];
    view(&snapshot, &standing, &learnt, &endpoints).observations
}

/// How many events are in a stream that comes in two parts.
#[must_use]
pub fn events(first: &[u8], second: &[u8]) -> usize {
    let mut lines = Lines::default();
    lines.add(first).len() + lines.add(second).len()
}
