//! Everything that was found, by cause: what only follows from something else stands below it. Pure.

use super::chain::{Fault, is_bad, level_of, name_of};
use cluster_model::{Picture, ThingId};
use hob_base::{Health, Level};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// How many of one kind are told one by one.
const ALIKE_MAX: usize = 3;
/// The most things that are followed from one that is not well.
const FOLLOWED_MAX: usize = 500;

/// Something that was found on a thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// The thing.
    pub(crate) id: ThingId,
    /// What it is, for programs.
    pub(crate) code: String,
    /// How bad it is.
    pub(crate) level: Level,
    /// What, where, and what to do.
    pub(crate) fault: Fault,
}

/// A cause with what follows from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cause {
    /// What was found there, the worst first.
    pub(crate) found: Vec<Found>,
    /// What follows from it: the things that need it and are not well either.
    pub(crate) follows: Vec<Found>,
    /// The same found elsewhere, too often to be told one by one.
    pub(crate) alike: Vec<Found>,
}

impl Cause {
    /// How bad the worst of it is.
    pub(crate) fn level(&self) -> Level {
        let all = self.found.iter().chain(&self.follows);
        all.map(|found| found.level).max().unwrap_or(Level::Ok)
    }
}

/// Everything that was found: by the examination of the cluster, and by whoever else speaks of its things (`said`: what a
/// registry says of an image or a credential).
pub(crate) fn all(picture: &Picture, said: &dyn Fn(&ThingId) -> Option<Health>) -> Vec<Found> {
    let mut all: Vec<Found> = Vec::new();
    for (id, thing) in &picture.things {
        all.extend(thing.findings.iter().map(|finding| Found {
            id: id.clone(),
            code: finding.code.to_owned(),
            level: level_of(finding.severity),
            fault: Fault::from(finding),
        }));
        all.extend(said(id).filter(|health| is_bad(health.level)).map(|health| Found {
            id: id.clone(),
            code: format!("{}-said-by-registry", id.kind.as_str()),
            level: health.level,
            fault: Fault {
                sentence: health.reason,
                object: name_of(id, Some(thing)),
                evidence: health.evidence,
                remedy: health.remedy,
                ..Fault::default()
            },
        }));
    }
    all.sort_by(|a, b| (Reverse(a.level), &a.id, &a.code).cmp(&(Reverse(b.level), &b.id, &b.code)));
    all
}

/// What needs attention, by cause, the worst first.
pub(crate) fn by_cause(picture: &Picture, all: &[Found]) -> Vec<Cause> {
    let mut by_thing: BTreeMap<&ThingId, Vec<&Found>> = BTreeMap::new();
    for found in all.iter().filter(|found| is_bad(found.level)) {
        by_thing.entry(&found.id).or_default().push(found);
    }
    let worst = |id: &ThingId| by_thing.get(id).and_then(|found| found.first()).map(|found| found.level);
    let mut causes: BTreeMap<&ThingId, Cause> = BTreeMap::new();
    let cause = |found: &[&Found]| Cause {
        found: found.iter().map(|found| (*found).clone()).collect(),
        follows: Vec::new(),
        alike: Vec::new(),
    };
    for (id, found) in &by_thing {
        let root = last_root(picture, id, &worst);
        if root == *id {
            causes.entry(root).or_insert_with(|| cause(&[])).found = cause(found).found;
        } else if let Some(first) = found.first() {
            causes.entry(root).or_insert_with(|| cause(&[])).follows.push((*first).clone());
        }
    }
    // Two that need each other explain each other: nothing of it is lost.
    for (id, circle) in causes.iter_mut().filter(|(_, circle)| circle.found.is_empty()) {
        circle.found = by_thing.get(id).map(|found| cause(found).found).unwrap_or_default();
    }
    let mut causes: Vec<Cause> = causes.into_values().collect();
    causes.sort_by_key(|cause| (Reverse(cause.level()), Reverse(cause.follows.len())));
    together(causes)
}

/// The thing that explains another, and is explained by none itself.
fn last_root<'a>(
    picture: &'a Picture,
    id: &'a ThingId,
    worst: &dyn Fn(&ThingId) -> Option<Level>,
) -> &'a ThingId {
    let mut seen = BTreeSet::from([id]);
    let mut root = id;
    loop {
        let next = root_of(picture, root, worst);
        if !seen.insert(next) {
            return root;
        }
        root = next;
    }
}

/// The thing that explains another: the deepest that it needs and that is at least as bad. Itself where there is none.
fn root_of<'a>(
    picture: &'a Picture,
    id: &'a ThingId,
    worst: &dyn Fn(&ThingId) -> Option<Level>,
) -> &'a ThingId {
    let level = worst(id);
    let mut seen: BTreeSet<&ThingId> = BTreeSet::from([id]);
    let mut layer = vec![id];
    let mut root = id;
    while !layer.is_empty() && seen.len() < FOLLOWED_MAX {
        let mut next: Vec<&ThingId> = Vec::new();
        for one in layer {
            let needs = picture.things.get(one).into_iter().flat_map(|thing| &thing.needs);
            next.extend(needs.filter(|need| seen.insert(need)));
        }
        next.sort();
        if let Some(deeper) = next.iter().copied().find(|one| worst(one) >= level && worst(one).is_some()) {
            root = deeper;
        }
        layer = next;
    }
    root
}

/// Puts what is found again and again into one place.
fn together(causes: Vec<Cause>) -> Vec<Cause> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let key = |cause: &Cause| match (cause.found.as_slice(), cause.follows.is_empty()) {
        ([only], true) => Some(only.code.clone()),
        _ => None,
    };
    for code in causes.iter().filter_map(key) {
        *counts.entry(code).or_default() += 1;
    }
    let mut firsts: BTreeMap<String, usize> = BTreeMap::new();
    let mut out: Vec<Cause> = Vec::new();
    for mut cause in causes {
        let crowded = key(&cause).filter(|code| counts.get(code).is_some_and(|count| *count > ALIKE_MAX));
        let Some(code) = crowded else {
            out.push(cause);
            continue;
        };
        match firsts.get(&code).and_then(|first| out.get_mut(*first)) {
            Some(first) => first.alike.append(&mut cause.found),
            None => {
                firsts.insert(code, out.len());
                out.push(cause);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use cluster_model::{Finding, ObjectRef, Severity};

    fn find(picture: &mut Picture, id: &ThingId, severity: Severity, code: &'static str) {
        let object = ObjectRef::new("Pod", "media", "x");
        picture.thing(id.clone()).find(Finding::new(code, severity, object, format!("{code}.")));
    }

    fn needs(picture: &mut Picture, id: &ThingId, need: &ThingId) {
        picture.thing(id.clone()).needs.insert(need.clone());
    }

    const SILENT: &dyn Fn(&ThingId) -> Option<Health> = &|_| None;

    #[test]
    fn what_follows_from_something_stands_below_it() {
        let mut picture = Picture::default();
        let (backend, workload) =
            (ThingId::backend("media", "a"), ThingId::workload("media", "Deployment", "a"));
        let (image, credential) = (ThingId::image("ghcr.io/a/b:1"), ThingId::credential("media", "pull"));
        needs(&mut picture, &backend, &workload);
        needs(&mut picture, &workload, &image);
        needs(&mut picture, &image, &credential);
        picture.thing(credential.clone());
        find(&mut picture, &backend, Severity::Critical, "no-endpoints");
        find(&mut picture, &workload, Severity::Critical, "image-pull");
        find(&mut picture, &ThingId::host("n"), Severity::Warning, "pressure");
        find(&mut picture, &ThingId::host("n"), Severity::Note, "cordoned");
        let said = |id: &ThingId| (*id == credential).then(|| Health::critical("The token has expired."));
        let found = all(&picture, &said);
        let causes = by_cause(&picture, &found);
        assert_eq!(causes.len(), 2, "{causes:?}");
        assert_eq!(causes[0].found[0].fault.sentence, "The token has expired.");
        let follows: Vec<&str> = causes[0].follows.iter().map(|found| found.code.as_str()).collect();
        assert_eq!(follows, ["no-endpoints", "image-pull"]);
        assert_eq!(causes[1].found[0].code, "pressure");
        assert_eq!(found.iter().filter(|found| found.level == Level::Ok).count(), 1);
    }

    #[test]
    fn a_warning_explains_nothing_that_is_broken() {
        let mut picture = Picture::default();
        let (workload, volume) =
            (ThingId::workload("media", "Deployment", "a"), ThingId::volume("media", "a"));
        needs(&mut picture, &workload, &volume);
        find(&mut picture, &workload, Severity::Critical, "crash-loop");
        find(&mut picture, &volume, Severity::Warning, "fills-up");
        let causes = by_cause(&picture, &all(&picture, SILENT));
        assert_eq!(causes.len(), 2);
        assert_eq!(causes[0].found[0].code, "crash-loop");
    }

    #[test]
    fn the_same_again_and_again_is_told_once() {
        let mut picture = Picture::default();
        for n in 0..40 {
            find(&mut picture, &ThingId::backend("media", &format!("b{n:02}")), Severity::Warning, "no-port");
        }
        let causes = by_cause(&picture, &all(&picture, SILENT));
        assert_eq!((causes.len(), causes[0].alike.len()), (1, 39));
    }

    #[test]
    fn two_that_need_each_other_do_not_go_in_circles() {
        let mut picture = Picture::default();
        let (a, b) = (ThingId::backend("m", "a"), ThingId::backend("m", "b"));
        needs(&mut picture, &a, &b);
        needs(&mut picture, &b, &a);
        find(&mut picture, &a, Severity::Critical, "x");
        find(&mut picture, &b, Severity::Critical, "y");
        let told: Vec<usize> =
            by_cause(&picture, &all(&picture, SILENT)).iter().map(|cause| cause.found.len()).collect();
        assert_eq!(told, [1, 1], "nothing is lost");
    }
}
