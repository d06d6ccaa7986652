//! Objects as the controllers write them, and what is said of them.

mod argo;
mod credentials;
mod databases;
mod flux;
mod managed;
mod volsync;

use super::*;
use crate::{Finding, Kind, ThingId};
use serde_json::Value;

/// Now: 2026-11-23T12:00:00Z.
pub(super) const NOW: i64 = 1_795_435_200_000;

/// Objects from values that name their kind.
pub(super) fn objects(values: &[Value]) -> Objects {
    let mut objects = Objects::default();
    for value in values {
        let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (kind, version) = (text("kind"), text("apiVersion"));
        let group = version.split_once('/').map_or("", |(group, _)| group).to_owned();
        let found = Kind::ALL.iter().find(|candidate| {
            let resource = candidate.resource();
            resource.kind == kind && resource.group == group
        });
        objects.apply(*found.unwrap_or_else(|| panic!("no kind {version} {kind}")), value.clone()).unwrap();
    }
    objects
}

/// What is seen in them.
pub(super) fn picture(values: &[Value]) -> Picture {
    let settings = Settings { now_ms: NOW, ..Settings::default() };
    let mut picture = Picture::default();
    examine(&objects(values), &settings, &mut picture);
    picture
}

/// The findings of a thing by code.
pub(super) fn found(picture: &Picture, id: &ThingId) -> Vec<Finding> {
    let mut findings = picture.things.get(id).unwrap_or_else(|| panic!("no {id}")).findings.clone();
    findings.sort_by_key(|finding| finding.code);
    findings
}

/// The one finding of a thing.
pub(super) fn only(picture: &Picture, id: &ThingId) -> Finding {
    let findings = found(picture, id);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    findings.into_iter().next().unwrap()
}
