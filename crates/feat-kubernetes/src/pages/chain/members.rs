//! Which things stand on a chain, by station.

use super::{Stage, is_bad, level_of};
use cluster_model::{Picture, Thing, ThingId, ThingKind};
use std::collections::{BTreeMap, BTreeSet};

/// The most things that are followed; a chain that is longer is cut.
const THINGS_MAX: usize = 400;

/// The stations of the chain on which a thing stands, with what stands there. If it serves one address only, the whole
/// chain of that address; else what needs it and what it needs.
pub(super) fn of(picture: &Picture, id: &ThingId) -> BTreeMap<Stage, BTreeSet<ThingId>> {
    let mut found = Found { picture, members: BTreeMap::new(), count: 0 };
    let above = ancestors(picture, id);
    let tiles: Vec<&ThingId> =
        above.iter().filter(|one| Stage::of(one.kind) == Some(Stage::Address)).collect();
    if let [tile] = tiles.as_slice() {
        found.down(tile, None);
    }
    for one in &above {
        found.put(one, None);
    }
    found.down(id, None);
    found.members
}

/// Everything that needs a thing.
fn ancestors(picture: &Picture, id: &ThingId) -> BTreeSet<ThingId> {
    let mut needed_by: BTreeMap<&ThingId, Vec<&ThingId>> = BTreeMap::new();
    for (by, thing) in &picture.things {
        let stage = Stage::of(by.kind);
        // What an entry point or a middleware rests on carries every route: no chain of its own.
        if stage.is_none_or(Stage::stands_for_what_it_needs) {
            continue;
        }
        for need in &thing.needs {
            needed_by.entry(need).or_default().push(by);
        }
    }
    let mut above = BTreeSet::new();
    let mut open = vec![id];
    while let Some(next) = open.pop() {
        for by in needed_by.get(next).into_iter().flatten() {
            if above.len() < THINGS_MAX && above.insert((*by).clone()) {
                open.push(by);
            }
        }
    }
    above
}

struct Found<'a> {
    picture: &'a Picture,
    members: BTreeMap<Stage, BTreeSet<ThingId>>,
    count: usize,
}

impl Found<'_> {
    /// Puts a thing to its station, or to another one; says whether it is new there.
    fn put(&mut self, id: &ThingId, at: Option<Stage>) -> bool {
        let Some(stage) = at.or_else(|| Stage::of(id.kind)) else { return false };
        if self.count >= THINGS_MAX {
            return false;
        }
        let new = self.members.entry(stage).or_default().insert(id.clone());
        self.count += usize::from(new);
        new
    }

    /// Puts a thing and what it needs. `beside`: the station for which all of it stands, and only what is not well.
    fn down(&mut self, id: &ThingId, beside: Option<Stage>) {
        let mut seen = BTreeSet::new();
        let mut open = vec![(id.clone(), beside)];
        while let Some((next, beside)) = open.pop() {
            if seen.len() > THINGS_MAX || !seen.insert((next.clone(), beside)) {
                continue;
            }
            let thing = self.picture.things.get(&next);
            if beside.is_none() || thing.is_some_and(not_well) {
                self.put(&next, beside);
            }
            let stage = Stage::of(next.kind);
            let beside = beside.or_else(|| stage.filter(|stage| stage.stands_for_what_it_needs()));
            if next.kind == ThingKind::Host {
                continue;
            }
            for need in thing.into_iter().flat_map(|thing| &thing.needs) {
                open.push((need.clone(), beside));
            }
        }
    }
}

fn not_well(thing: &Thing) -> bool {
    thing.worst().is_some_and(|finding| is_bad(level_of(finding.severity)))
}
