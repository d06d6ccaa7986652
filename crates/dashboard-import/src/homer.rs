//! `config.yml` of Homer.

use crate::words::{field, line, tags, text_of};
use crate::{NAME_MAX, Program, TEXT_MAX, Taking, Tile};
use serde_json::{Map, Value};

/// Whether a file is one.
pub(crate) fn is(file: &Map<String, Value>) -> bool {
    file.get("services").is_some_and(Value::is_array) || file.get("links").is_some_and(Value::is_array)
}

pub(crate) fn read(file: &Map<String, Value>, taking: &mut Taking) {
    taking.dashboard.program = Program::Homer;
    if let Some(other) = field(file, "externalConfig", 200) {
        taking.leave(&other, "It names another file that stands for this one: read that file.");
    }
    for service in list(file.get("services")) {
        let group = field(service, "name", NAME_MAX).and_then(|name| taking.group(&name));
        for one in list(service.get("items")) {
            item(one, group.clone(), taking);
        }
    }
    for link in list(file.get("links")) {
        let name = field(link, "name", NAME_MAX).unwrap_or_default();
        let url = link.get("url").and_then(text_of).unwrap_or_default();
        if url.starts_with('#') && url.len() > 1 {
            taking.leave(&name, "It is a page with a file of its own: read that file, too.");
            continue;
        }
        taking.keep(Tile { name, url, icon: field(link, "icon", 200), ..Tile::default() }, true);
    }
    let message = file.get("message").and_then(Value::as_object);
    if let Some(title) = message.and_then(|message| field(message, "title", NAME_MAX)) {
        taking.leave(&title, "Hob shows no message of its owner on the home page.");
    }
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Map<String, Value>> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn item(item: &Map<String, Value>, group: Option<String>, taking: &mut Taking) {
    let name = field(item, "name", NAME_MAX).unwrap_or_default();
    let mut words = tags(item.get("tag"));
    words.extend(tags(item.get("keywords")));
    words.sort();
    words.dedup();
    let logo = item.get("logo").and_then(|logo| text_of(logo).or_else(|| text_of(logo.get("light")?)));
    let smart = field(item, "type", 40);
    let tile = Tile {
        url: item.get("url").and_then(text_of).unwrap_or_default(),
        group,
        icon: field(item, "icon", 200).or_else(|| line(&logo?, 200)),
        description: field(item, "subtitle", TEXT_MAX),
        tags: words,
        // A smart card shows whether its service answers.
        checked: smart.is_some(),
        name,
    };
    if let Some(kind) = smart {
        let why = format!(
            "The figures of its smart card “{kind}” are not taken over; a key or password in it is not kept. Its health is known without."
        );
        taking.leave(&tile.name, why);
    }
    taking.keep(tile, false);
}
