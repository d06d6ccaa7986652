//! Routes that get in each other's way: the same host and path twice, and routes that another one leaves nothing.

use super::draft::{Draft, Served, Way, broken};
use super::hosts::Address;
use crate::{Finding, ObjectRef, Severity, ThingId};
use std::collections::{BTreeMap, BTreeSet};
use traefik_rules::{HostPattern, Rule, Shadow, same, shadows};

/// The most routes of one host that are compared with each other.
const COMPARED_MAX: usize = 40;

/// One rule of Traefik, as it competes with others.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) route: ThingId,
    pub(super) object: ObjectRef,
    pub(super) priority: i64,
    pub(super) rule: Rule,
    /// Empty: all default ones.
    pub(super) entries: BTreeSet<String>,
    /// Which installation of Traefik it is for, where that is said.
    pub(super) class: String,
    pub(super) tls: bool,
    pub(super) serves: BTreeSet<Served>,
}

impl Claim {
    /// Whether requests could come to both.
    fn meets(&self, other: &Self) -> bool {
        self.class == other.class
            && self.tls == other.tls
            && (self.entries.is_empty()
                || other.entries.is_empty()
                || !self.entries.is_disjoint(&other.entries))
    }
}

impl Draft<'_, '_> {
    /// Compares the routes of each host.
    pub(super) fn conflicts(&mut self) {
        let mut found = same_paths(&self.ways);
        found.extend(rules(&self.claims));
        for (route, finding) in found {
            self.picture.thing(route).find(finding);
        }
    }
}

/// Ingresses and routes of the Gateway API that name the same path of the same host at the same place.
fn same_paths(ways: &[Way<'_>]) -> Vec<(ThingId, Finding)> {
    type Place<'w> = (&'w str, &'w str, &'w str, bool);
    let mut places: BTreeMap<Place<'_>, Vec<&Way<'_>>> = BTreeMap::new();
    for way in ways {
        let Address::Host(host) = &way.address else { continue };
        if way.conditional || way.redirect.is_some() || is_on_purpose(way) {
            continue;
        }
        for entrance in &way.entrances {
            places.entry((entrance, host, &way.path, way.exact)).or_default().push(way);
        }
    }
    let mut found = Vec::new();
    for ((_, host, path, _), mut rivals) in places {
        rivals.sort_by_key(|way| (way.meta.created_ms.unwrap_or(i64::MAX), &way.object, way.order));
        let Some((winner, losers)) = rivals.split_first() else { continue };
        for loser in losers.iter().filter(|loser| loser.object != winner.object) {
            found.push((loser.route.clone(), duplicate(host, path, winner, loser)));
        }
    }
    found
}

/// Whether the same host and path again is how that is done: challenges of cert-manager, canaries, parts of one Ingress.
fn is_on_purpose(way: &Way<'_>) -> bool {
    way.meta.label("acme.cert-manager.io/http01-solver").is_some()
        || way.meta.annotation("nginx.ingress.kubernetes.io/canary") == Some("true")
        || way.meta.annotation("nginx.org/mergeable-ingress-type").is_some()
}

fn duplicate(host: &str, path: &str, winner: &Way<'_>, loser: &Way<'_>) -> Finding {
    let address = format!("{host}{path}");
    let harmless = winner.serves == loser.serves;
    let older = match (winner.meta.created_ms, loser.meta.created_ms) {
        (Some(first), Some(second)) if first < second => "the older one is served",
        _ => "only one of them is served",
    };
    let sentence = if harmless {
        format!("“{address}” is led to the same place by the {} as well.", winner.object)
    } else {
        format!("“{address}” is led elsewhere by the {}: {older}.", winner.object)
    };
    let severity = if harmless { Severity::Note } else { Severity::Warning };
    broken("route-duplicate", severity, &loser.object, sentence)
}

/// Rules of Traefik that another one leaves nothing, host by host.
fn rules(claims: &[Claim]) -> Vec<(ThingId, Finding)> {
    let mut by_host: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (at, claim) in claims.iter().enumerate() {
        for target in claim.rule.targets() {
            if let HostPattern::Exact(host) = target.host {
                by_host.entry(host).or_default().insert(at);
            }
        }
    }
    let mut compared = BTreeSet::new();
    let mut found = BTreeMap::new();
    for rivals in by_host.into_values() {
        let rivals: Vec<usize> = rivals.into_iter().take(COMPARED_MAX).collect();
        for (number, a) in rivals.iter().enumerate() {
            for b in rivals.iter().skip(number.saturating_add(1)) {
                if !compared.insert((*a, *b)) {
                    continue;
                }
                let (Some(one), Some(other)) = (claims.get(*a), claims.get(*b)) else { continue };
                if let Some((route, finding)) = compare(one, other) {
                    found.entry(route).or_insert(finding);
                }
            }
        }
    }
    found.into_iter().collect()
}

fn compare(one: &Claim, other: &Claim) -> Option<(ThingId, Finding)> {
    if !one.meets(other) || one.route == other.route {
        return None;
    }
    let (above, below) = match one.priority.cmp(&other.priority) {
        std::cmp::Ordering::Less => (other, one),
        std::cmp::Ordering::Greater => (one, other),
        std::cmp::Ordering::Equal => {
            return same(&one.rule, &other.rule).then(|| twice(one, other, "Traefik takes either of them"));
        }
    };
    match shadows(&above.rule, &below.rule)? {
        Shadow::Same => Some(twice(above, below, "that one has the higher priority")),
        _ => {
            let sentence = format!(
                "This route is never reached: the {} takes all that it would serve, with the higher priority {} (against {}).",
                above.object, above.priority, below.priority
            );
            let finding = broken("route-shadowed", Severity::Warning, &below.object, sentence);
            Some((
                below.route.clone(),
                finding.evidence(above.rule.text()).remedy("Give this one a higher priority."),
            ))
        }
    }
}

fn twice(above: &Claim, below: &Claim, which: &str) -> (ThingId, Finding) {
    let harmless = above.serves == below.serves;
    let named = if above.object == below.object {
        "another rule of it".to_owned()
    } else {
        format!("the {}", above.object)
    };
    let sentence = if harmless {
        format!("The same rule leads to the same place in {named}.")
    } else {
        format!("The same rule leads elsewhere in {named}: {which}.")
    };
    let severity = if harmless { Severity::Note } else { Severity::Warning };
    let finding = broken("route-duplicate", severity, &below.object, sentence);
    (below.route.clone(), finding.evidence(below.rule.text()))
}
