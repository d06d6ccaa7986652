//! From the picture of a cluster to what is said of resources, and only what changed of it.

use crate::logs::Tails;
use cluster_model::{Fact, Finding, Picture, Severity, Thing, ThingId, ThingKind};
use hob_base::wording::tidy;
use hob_base::{Health, Observation, ResourceId};
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// Who speaks.
pub(crate) const SOURCE: &str = "kubernetes";
/// How long a word holds.
pub(crate) const HOLDS_FOR: Duration = Duration::from_secs(15 * 60);
/// In how many parts everything is said again, one after the other.
pub(crate) const ROUNDS: u64 = 60;
/// The longest name that an id takes whole, in characters; `ResourceId` cuts longer ones.
const NAME_MAX: usize = 128;
/// The longest evidence, in characters.
const EVIDENCE_MAX: usize = 2_000;
/// How many objects are named as what defines a thing.
const OBJECTS_MAX: usize = 6;
/// How many further findings are told with the worst.
const ALSO_MAX: usize = 8;

/// The resource that a thing is. Names that are too long for an id end in a mark of their own, so that two images with the
/// same beginning stay two.
pub(crate) fn resource_id(cluster: &str, id: &ThingId) -> ResourceId {
    if id.name.chars().count() <= NAME_MAX {
        return ResourceId::new(id.kind.as_str(), cluster, &id.name);
    }
    let start: String = id.name.chars().take(NAME_MAX - 18).collect();
    ResourceId::new(id.kind.as_str(), cluster, &format!("{start}~{:016x}", hash(&id.name)))
}

/// The resource that stands for the cluster itself.
pub(crate) fn cluster_id(cluster: &str) -> ResourceId {
    ResourceId::new("cluster", cluster, "api")
}

/// In which part a thing is said again.
pub(crate) fn round_of(id: &ThingId) -> u64 {
    hash(id) % ROUNDS
}

fn hash(value: impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// What is different from one picture to the next.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference<'a> {
    /// New or changed.
    pub(crate) changed: BTreeSet<&'a ThingId>,
    /// No longer there.
    pub(crate) gone: Vec<&'a ThingId>,
}

/// Compares two pictures.
pub(crate) fn difference<'a>(before: &'a Picture, after: &'a Picture) -> Difference<'a> {
    let changed = after.things.iter().filter(|(id, thing)| before.things.get(*id) != Some(*thing));
    let gone = before.things.keys().filter(|id| !after.things.contains_key(*id));
    Difference { changed: changed.map(|(id, _)| id).collect(), gone: gone.collect() }
}

/// What is said of one thing.
pub(crate) fn observation(cluster: &str, id: &ThingId, thing: &Thing, tails: &Tails) -> Observation {
    let mut said = Observation::new(SOURCE, resource_id(cluster, id), HOLDS_FOR)
        .named(if thing.title.is_empty() { id.name.as_str() } else { thing.title.as_str() })
        .fact("cluster", cluster);
    for (key, fact) in &thing.facts {
        said = match fact {
            Fact::Boolean(value) => said.fact(key, *value),
            Fact::Integer(value) => said.fact(key, *value),
            Fact::Text(value) => said.fact(key, value.as_str()),
        };
    }
    if !thing.objects.is_empty() {
        let names: Vec<String> = thing.objects.iter().take(OBJECTS_MAX).map(ToString::to_string).collect();
        said = said.fact("objects", names.join(", "));
    }
    for need in &thing.needs {
        said = said.needs(resource_id(cluster, need));
    }
    // What a person opens, and the nodes, may be out because the cluster is: one incident, not one for each.
    if matches!(id.kind, ThingKind::Service | ThingKind::Host) {
        said = said.needs(cluster_id(cluster));
    }
    if thing.judged {
        said = said.judged(health(thing, tails));
    }
    said
}

/// How well a thing is: its worst finding, and with it what else was found.
fn health(thing: &Thing, tails: &Tails) -> Health {
    let worst = thing.worst();
    let Some(finding) = worst.filter(|finding| finding.severity > Severity::Note) else {
        let reason = match (thing.well.is_empty(), worst) {
            (false, _) => thing.well.clone(),
            (true, Some(note)) => note.sentence.clone(),
            (true, None) => "Nothing is wrong with it.".to_owned(),
        };
        return Health::ok(reason).with_evidence(also(thing, worst.filter(|_| thing.well.is_empty())));
    };
    let mut health = match finding.severity {
        Severity::Critical => Health::critical(finding.sentence.clone()),
        Severity::Warning => Health::warning(finding.sentence.clone()),
        Severity::Unknown | Severity::Note => Health::unknown(finding.sentence.clone()),
    };
    health.evidence = evidence(thing, finding, tails);
    health.remedy.clone_from(&finding.remedy);
    health
}

/// Where it was found, what the machine said, its last words, and what else was found.
fn evidence(thing: &Thing, finding: &Finding, tails: &Tails) -> String {
    let mut parts = Vec::new();
    let place = if finding.field.is_empty() {
        format!("{}.", finding.object)
    } else {
        format!("{}, {}.", finding.object, finding.field)
    };
    if !finding.object.name.is_empty() {
        parts.push(place);
    }
    if !finding.evidence.is_empty() {
        parts.push(finding.evidence.clone());
    }
    if let Some(tail) = tails.of(finding) {
        parts.push(format!("Its last lines:\n{tail}"));
    }
    let also = also(thing, Some(finding));
    if !also.is_empty() {
        parts.push(also);
    }
    cut(&parts.join("\n"))
}

fn also(thing: &Thing, told: Option<&Finding>) -> String {
    let mut others: Vec<&Finding> =
        thing.findings.iter().filter(|finding| told.is_none_or(|told| *finding != told)).collect();
    others.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.sentence.cmp(&b.sentence)));
    let sentences: Vec<String> = others
        .into_iter()
        .take(ALSO_MAX)
        .map(|finding| format!("Also: {}", tidy(&finding.sentence, 300)))
        .collect();
    sentences.join("\n")
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(EVIDENCE_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The tiles whose way changed: what is behind them is worth a look now. `depth` links are followed.
pub(crate) fn tiles_touched<'a>(picture: &'a Picture, changed: &BTreeSet<&ThingId>) -> Vec<&'a ThingId> {
    const DEPTH: usize = 4;
    let tiles = picture.things.keys().filter(|id| id.kind == ThingKind::Service);
    tiles
        .filter(|tile| {
            let mut layer: Vec<&ThingId> = vec![tile];
            for _ in 0..DEPTH {
                if layer.iter().any(|id| changed.contains(id)) {
                    return true;
                }
                layer = layer
                    .iter()
                    .filter_map(|id| picture.things.get(*id))
                    .flat_map(|thing| &thing.needs)
                    .collect();
            }
            false
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use cluster_model::ObjectRef;
    use hob_base::Level;

    fn finding(severity: Severity, sentence: &str) -> Finding {
        Finding::new("x", severity, ObjectRef::new("Ingress", "media", "jellyfin"), sentence)
    }

    #[test]
    fn the_worst_is_said_and_the_rest_is_not_lost() {
        let mut thing = Thing::default();
        thing.find(finding(Severity::Warning, "It is slow."));
        thing.find(
            finding(Severity::Critical, "It is gone.").field("spec.rules[0]").evidence("404").remedy("Look."),
        );
        let said = observation("home", &ThingId::backend("media", "jellyfin"), &thing, &Tails::default());
        assert_eq!(said.resource.as_str(), "backend/home/media/jellyfin");
        let health = said.health.unwrap();
        assert_eq!((health.level, health.reason.as_str()), (Level::Critical, "It is gone."));
        assert_eq!(health.evidence, "Ingress media/jellyfin, spec.rules[0].\n404\nAlso: It is slow.");
        assert_eq!(health.remedy.as_deref(), Some("Look."));
    }

    #[test]
    fn a_note_is_no_fault_and_what_nobody_judges_has_no_health() {
        let id = ThingId::tile("a.example.org", "/");
        let mut thing = Thing::default();
        assert_eq!(observation("home", &id, &thing, &Tails::default()).health, None);
        thing.find(finding(Severity::Note, "It is switched off."));
        let health = observation("home", &id, &thing, &Tails::default()).health.unwrap();
        assert_eq!((health.level, health.reason.as_str()), (Level::Ok, "It is switched off."));
        thing.well = "3 of 3 pods are ready.".to_owned();
        let health = observation("home", &id, &thing, &Tails::default()).health.unwrap();
        assert_eq!(health.reason, "3 of 3 pods are ready.");
        assert_eq!(health.evidence, "Also: It is switched off.");
    }

    #[test]
    fn a_tile_needs_its_route_and_the_cluster() {
        let mut thing = Thing::default();
        thing.needs.insert(ThingId::route("Ingress", "media", "jellyfin", None));
        let said = observation("home", &ThingId::tile("a.example.org", "/"), &thing, &Tails::default());
        let needs: Vec<&str> = said.dependencies.iter().map(ResourceId::as_str).collect();
        assert_eq!(needs, ["route/home/ingress/media/jellyfin", "cluster/home/api"]);
    }

    #[test]
    fn long_names_stay_apart() {
        let long =
            |end: &str| ThingId::image(&format!("registry.example.org/{}@sha256:{end}", "a/".repeat(80)));
        let (a, b) = (resource_id("home", &long("a")), resource_id("home", &long("b")));
        assert_ne!(a, b);
        assert!(a.as_str().len() < 200);
        let short = ThingId::image("nginx:1");
        assert_eq!(resource_id("home", &short).as_str(), "image/home/nginx:1");
    }

    #[test]
    fn only_what_changed_is_said() {
        let (mut before, mut after) = (Picture::default(), Picture::default());
        let (a, b, c) = (ThingId::host("a"), ThingId::host("b"), ThingId::host("c"));
        before.thing(a.clone()).fact("x", 1_i64);
        before.thing(b.clone());
        after.thing(a.clone()).fact("x", 2_i64);
        after.thing(c.clone());
        let found = difference(&before, &after);
        assert_eq!(found.changed, BTreeSet::from([&a, &c]));
        assert_eq!(found.gone, [&b]);
        assert_eq!(difference(&after, &after), Difference::default());
    }

    #[test]
    fn a_tile_is_probed_when_what_is_behind_it_changed() {
        let mut picture = Picture::default();
        let tile = ThingId::tile("a.example.org", "/");
        let other = ThingId::tile("b.example.org", "/");
        let chain = [
            tile.clone(),
            ThingId::route("Ingress", "m", "a", None),
            ThingId::backend("m", "a"),
            ThingId::workload("m", "Deployment", "a"),
        ];
        for pair in chain.windows(2) {
            picture.thing(pair[0].clone()).needs.insert(pair[1].clone());
        }
        picture.thing(other);
        assert_eq!(tiles_touched(&picture, &BTreeSet::from([&chain[3]])), [&tile]);
    }
}
