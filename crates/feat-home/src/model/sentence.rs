//! The state of the house in one sentence.

use hob_base::wording::{counted, listed};
use hob_base::{Level, Resource};
use std::sync::Arc;

/// Of more problems than this only the number is said.
const NAMED_MAX: usize = 3;

/// "All well: 1 machine, 3 filesystems and 5 services." or what is wrong and why.
///
/// `problems` are named and ordered worst first; `tiles` is how many services there are to open.
pub fn sentence(resources: &[Arc<Resource>], tiles: usize, problems: &[(String, Arc<Resource>)]) -> String {
    if resources.iter().all(|resource| is_own(resource)) && problems.is_empty() {
        return "Looking around: nothing has been found yet.".to_owned();
    }
    match problems {
        [] => format!("All well: {}.", inventory(resources, tiles)),
        [(name, only)] => one(name, only),
        many => several(many),
    }
}

/// Resources of Hob's own are no part of the inventory.
fn is_own(resource: &Resource) -> bool {
    resource.id.scope() == "hob" || resource.id.kind() == "discovery"
}

fn inventory(resources: &[Arc<Resource>], tiles: usize) -> String {
    const NOUNS: [(&str, &str); 4] =
        [("host", "machine"), ("filesystem", "filesystem"), ("service", "service"), ("unit", "unit")];
    let parts: Vec<String> = NOUNS
        .iter()
        .filter_map(|(kind, noun)| {
            let count = match *kind {
                // One thing may have been found more than once.
                "service" => tiles,
                kind => resources.iter().filter(|resource| resource.id.kind() == kind).count(),
            };
            (count > 0).then(|| counted(count, noun))
        })
        .collect();
    if parts.is_empty() { counted(resources.len(), "resource") } else { listed(&parts) }
}

fn one(name: &str, resource: &Resource) -> String {
    let reason = resource.health.reason.trim_end_matches('.');
    match resource.health.level {
        Level::Critical => format!("{name} is broken: {reason}."),
        Level::Warning => format!("{name} needs attention: {reason}."),
        Level::Unknown | Level::Ok => format!("Nothing is known of {name}: {reason}."),
    }
}

fn several(problems: &[(String, Arc<Resource>)]) -> String {
    let of = |level: Level| -> Vec<&str> {
        problems.iter().filter(|(_, r)| r.health.level == level).map(|(name, _)| name.as_str()).collect()
    };
    let say = |names: &[&str], is: &str, are: &str| match names {
        [] => None,
        [one] => Some(format!("{one} {is}")),
        few if few.len() <= NAMED_MAX => Some(format!("{} {are}", listed(few))),
        many => Some(format!("{} {are}", counted(many.len(), "thing"))),
    };
    let parts: Vec<String> = [
        say(&of(Level::Critical), "is broken", "are broken"),
        say(&of(Level::Warning), "needs attention", "need attention"),
        say(&of(Level::Unknown), "is unknown", "are unknown"),
    ]
    .into_iter()
    .flatten()
    .collect();
    format!("{}.", parts.join("; "))
}
