//! Doors to what reads strangers' words, for the targets in `fuzz/`: words in, what is made of them out.

use crate::model::address::{Address, Asked, Push, Who};
use crate::model::definition::{handle_for, is_slug, read_schedule, slug_for};
use crate::model::judge::{excerpt, shown};
use crate::model::{api, definition::Definition};

/// Reads what follows `/ping/`, and a query. Returns the code or the slug that is meant.
pub fn address(path: &str, query: &str) -> Option<String> {
    let _ = Asked::read(query);
    let _ = Push::read(query);
    Address::read(path).map(|address| match address.who {
        Who::Code(code) => code,
        Who::Slug { slug, .. } => slug,
    })
}

/// What is shown of a body: its excerpt, and all of it.
pub fn body(bytes: &[u8]) -> (String, String) {
    (excerpt(bytes), shown(bytes))
}

/// The slug and the handle for a name, and whether the slug is one.
pub fn names(name: &str) -> (String, String, bool) {
    let slug = slug_for(name);
    let definition = Definition { name: name.to_owned(), slug: slug.clone(), ..Definition::default() };
    let good = slug.is_empty() || is_slug(&slug);
    (slug, handle_for(&definition, |_| false), good)
}

/// A schedule as people write it.
pub fn schedule(text: &str) -> Result<String, String> {
    read_schedule(text).map(|schedule| schedule.to_string())
}

/// A request to the management API: what the job is called that comes of it.
pub fn spec(json: &str) -> Option<Result<String, String>> {
    let body = serde_json::from_str::<serde_json::Value>(json).ok()?;
    let spec = api::Spec::read(body.as_object()?);
    Some(spec.map(|spec| {
        let mut definition = Definition::default();
        spec.apply(&mut definition);
        definition.title().to_owned()
    }))
}
