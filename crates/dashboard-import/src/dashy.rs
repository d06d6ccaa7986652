//! `conf.yml` of Dashy.

use crate::words::{field, is_on, tags, text_of};
use crate::{NAME_MAX, Program, TEXT_MAX, Taking, Tile, Widget};
use serde_json::{Map, Value};

/// Whether a file is one.
pub(crate) fn is(file: &Map<String, Value>) -> bool {
    file.get("sections").is_some_and(Value::is_array)
        || file.contains_key("appConfig")
        || file.contains_key("pageInfo")
}

pub(crate) fn read(file: &Map<String, Value>, taking: &mut Taking) {
    taking.dashboard.program = Program::Dashy;
    let app = file.get("appConfig").and_then(Value::as_object);
    let checked = app.and_then(|app| is_on(app.get("statusCheck"))).unwrap_or(false);
    for section in list(file.get("sections")) {
        let name = field(section, "name", NAME_MAX).unwrap_or_default();
        let group = taking.group(&name);
        for one in list(section.get("items")) {
            item(one, group.as_deref(), checked, taking);
        }
        for one in list(section.get("widgets")) {
            widget(one, taking);
        }
    }
    let links = file.get("pageInfo").and_then(|info| info.get("navLinks"));
    for link in list(links) {
        let tile = Tile {
            name: field(link, "title", NAME_MAX).unwrap_or_default(),
            url: text(link, "path"),
            ..Tile::default()
        };
        taking.keep(tile, true);
    }
    for page in list(file.get("pages")) {
        let name = field(page, "name", NAME_MAX).unwrap_or_default();
        taking.leave(&name, "It is a page with a file of its own: read that file, too.");
    }
    if let Some(app) = app {
        settings(app, taking);
    }
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Map<String, Value>> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn text(table: &Map<String, Value>, key: &str) -> String {
    table.get(key).and_then(text_of).unwrap_or_default()
}

fn item(item: &Map<String, Value>, group: Option<&str>, checked: bool, taking: &mut Taking) {
    let name = field(item, "title", NAME_MAX).unwrap_or_default();
    if let Some(parts) = item.get("subItems").filter(|parts| parts.is_array()) {
        for part in list(Some(parts)) {
            self::item(part, group, checked, taking);
        }
        if !item.contains_key("url") {
            return;
        }
    }
    let tile = Tile {
        url: text(item, "url"),
        group: group.map(str::to_owned),
        icon: field(item, "icon", 200),
        description: field(item, "description", TEXT_MAX),
        tags: tags(item.get("tags")),
        checked: is_on(item.get("statusCheck")).unwrap_or(checked),
        name,
    };
    let other = field(item, "statusCheckUrl", 200).filter(|url| *url != tile.url);
    if other.is_some() {
        taking.leave(&tile.name, "Its status was asked for at another address; here the tile's own is checked. Change that under Checks.");
    }
    taking.keep(tile, false);
}

fn widget(widget: &Map<String, Value>, taking: &mut Taking) {
    let kind = text(widget, "type");
    let options = widget.get("options").and_then(Value::as_object).cloned().unwrap_or_default();
    let option = |key: &str| field(&options, key, 300);
    let name = field(widget, "label", NAME_MAX);
    let made = match kind.as_str() {
        "clock" => Some(("clock", vec![("zone", option("timeZone"))])),
        "weather" | "weather-forecast" => Some((
            "weather",
            vec![
                ("latitude", option("lat")),
                ("longitude", option("lon")),
                ("place", option("city")),
                ("units", option("units")),
            ],
        )),
        "rss-feed" => match crate::words::address(&text(&options, "rssUrl")) {
            Ok(url) => Some(("feed", vec![("url", Some(url)), ("count", option("limit"))])),
            Err(why) => return taking.leave(&kind, why),
        },
        _ => None,
    };
    match made {
        Some((kind, options)) => {
            let options = options.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
            taking.dashboard.widgets.push(Widget { kind, name, options });
        }
        None => taking.leave(&kind, "Hob has no such widget; a key or password in it is not kept."),
    }
}

fn settings(app: &Map<String, Value>, taking: &mut Taking) {
    let search = app.get("webSearch").and_then(Value::as_object);
    if let Some(search) = search.filter(|search| is_on(search.get("disableWebSearch")) != Some(true)) {
        match field(search, "searchEngine", 60).as_deref() {
            Some("custom") => taking.engine("", &text(search, "customSearchEngine")),
            Some(name) => taking.known_engine(name),
            None => {}
        }
        for (bang, target) in search.get("searchBangs").and_then(Value::as_object).into_iter().flatten() {
            let target = text_of(target).unwrap_or_default();
            if target.contains("://") { taking.engine(bang, &target) } else { taking.known_engine(&target) }
        }
    }
    if app.contains_key("auth") {
        taking.leave("auth", "Hob has accounts of its own; users and their passwords are not kept.");
    }
}
