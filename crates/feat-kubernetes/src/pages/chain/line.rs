//! What is known of a thing, in one line.

use cluster_model::{Fact, Thing, ThingId, ThingKind};
use hob_base::Timestamp;
use hob_base::units::Bytes;
use hob_base::wording::{counted, tidy};

/// The longest line, in characters.
const LINE_MAX: usize = 140;
/// How many digits of a digest tell it from others.
const DIGITS: usize = 12;

/// A fact in words.
pub(crate) fn text<'a>(thing: &'a Thing, key: &str) -> Option<&'a str> {
    match thing.facts.get(key) {
        Some(Fact::Text(text)) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// A fact in numbers.
pub(crate) fn whole(thing: &Thing, key: &str) -> Option<i64> {
    match thing.facts.get(key) {
        Some(Fact::Integer(number)) => Some(*number),
        _ => None,
    }
}

/// The beginning of a digest: `sha256:0f3c1b2…` is “0f3c1b2…”.
pub(crate) fn digits(digest: &str) -> String {
    let hex = digest.rsplit(':').next().unwrap_or(digest);
    hex.chars().take(DIGITS).collect()
}

/// What is known of a thing, in one line; empty where nothing is.
pub(crate) fn line(id: &ThingId, thing: &Thing) -> String {
    let parts: Vec<String> = match id.kind {
        ThingKind::Service | ThingKind::Port => vec![text(thing, "url").unwrap_or(&id.name).to_owned()],
        ThingKind::Route => vec![if thing.title.is_empty() { id.name.clone() } else { thing.title.clone() }],
        ThingKind::EntryPoint => entry(thing),
        ThingKind::Middleware => text(thing, "does").map(str::to_owned).into_iter().collect(),
        ThingKind::Backend => backend(thing),
        ThingKind::Workload | ThingKind::Job => workload(thing),
        ThingKind::Image => image(thing),
        ThingKind::Credential => text(thing, "registries").map(str::to_owned).into_iter().collect(),
        ThingKind::Host => ["version", "arch", "roles"]
            .iter()
            .filter_map(|key| text(thing, key))
            .map(str::to_owned)
            .collect(),
        ThingKind::Volume => volume(thing),
        ThingKind::Certificate => certificate(thing),
        ThingKind::Deployment | ThingKind::Database | ThingKind::Backup => {
            text(thing, "tool").map(str::to_owned).into_iter().collect()
        }
    };
    tidy(&parts.join(" · "), LINE_MAX)
}

fn entry(thing: &Thing) -> Vec<String> {
    let port = whole(thing, "port").map(|port| format!("port {port}"));
    let words = ["class", "controller", "protocol", "address"].iter().filter_map(|key| text(thing, key));
    words.map(str::to_owned).chain(port).collect()
}

fn backend(thing: &Thing) -> Vec<String> {
    let addresses = match (whole(thing, "addresses_ready"), whole(thing, "addresses")) {
        (Some(ready), Some(all)) => Some(format!("{ready} of {all} addresses ready")),
        _ => text(thing, "external_name").map(str::to_owned),
    };
    let ports = text(thing, "ports").map(|ports| format!("port {ports}"));
    addresses.into_iter().chain(ports).collect()
}

fn workload(thing: &Thing) -> Vec<String> {
    let pods = match (whole(thing, "pods_ready"), whole(thing, "pods_wanted")) {
        (Some(ready), Some(wanted)) => Some(format!("{ready} of {wanted} pods ready")),
        _ => text(thing, "schedule").map(str::to_owned),
    };
    let restarts = whole(thing, "restarts")
        .filter(|restarts| *restarts > 0)
        .map(|restarts| counted(usize::try_from(restarts).unwrap_or(usize::MAX), "restart"));
    pods.into_iter().chain(restarts).collect()
}

fn image(thing: &Thing) -> Vec<String> {
    let served = text(thing, "digests").map(|digests| {
        let all: Vec<String> = digests.split(", ").take(3).map(digits).collect();
        format!("served: {}", all.join(", "))
    });
    served.into_iter().collect()
}

fn volume(thing: &Thing) -> Vec<String> {
    let bytes = |key| whole(thing, key).and_then(|n| u64::try_from(n).ok()).map(|n| Bytes(n).to_string());
    let free = whole(thing, "free_percent").map(|free| format!("{free} % free"));
    let size = bytes("capacity_bytes").or_else(|| bytes("size_bytes"));
    let place = text(thing, "place").or_else(|| text(thing, "storage_class")).map(str::to_owned);
    free.into_iter().chain(size).chain(place).collect()
}

fn certificate(thing: &Thing) -> Vec<String> {
    let names = text(thing, "names").map(str::to_owned);
    let until = whole(thing, "not_after_ms").map(|until| format!("until {}", day(until)));
    until.into_iter().chain(names).collect()
}

/// A day in UTC: `2026-12-24`.
pub(super) fn day(at_ms: i64) -> String {
    Timestamp::from_millis(at_ms).rfc3339().chars().take(10).collect()
}
