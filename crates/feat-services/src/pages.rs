//! What discovery adds to the page of a service: whose it is and where it listens.

use crate::model::tracked::SOURCE;
use hob_base::{Fact, Facts, Resource};
use hob_feature::{Card, Ctx};
use hob_web::components::facts;

/// What the card shows, in the words of the page.
const SHOWN: &[(&str, &str)] = &[
    ("process", "process"),
    ("pid", "process_id"),
    ("unit", "systemd_unit"),
    ("container", "container"),
    ("address", "listens_on"),
    ("port", "port"),
    ("loopback_only", "only_from_this_machine"),
    ("server", "server_software"),
    ("content_type", "content_type"),
];

/// The card of a service or port that was found on this machine.
pub(crate) fn cards(_ctx: &Ctx, resource: &Resource) -> Vec<Card> {
    let Some(word) = resource.words.get(&SOURCE.into()) else { return Vec::new() };
    let shown: Facts = SHOWN
        .iter()
        .filter_map(|(key, term)| Some(((*term).to_owned(), word.facts.get(*key)?.clone())))
        .filter(|(_, fact)| *fact != Fact::Text(String::new()))
        .collect();
    if shown.is_empty() || resource.id.kind() == "discovery" {
        return Vec::new();
    }
    vec![Card { title: "Where it runs".to_owned(), body: facts(&shown) }]
}
