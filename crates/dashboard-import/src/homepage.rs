//! `services.yaml`, `bookmarks.yaml`, `widgets.yaml` and `settings.yaml` of Homepage.

use crate::words::{field, is_on, line, tags, text_of};
use crate::{NAME_MAX, Program, TEXT_MAX, Taking, Tile, Widget};
use serde_json::{Map, Value};

/// Groups within groups are read so deep.
const DEPTH_MAX: usize = 8;
/// What stands at the top of `settings.yaml`.
const SETTINGS: [&str; 12] = [
    "layout",
    "headerStyle",
    "background",
    "theme",
    "color",
    "title",
    "providers",
    "quicklaunch",
    "language",
    "target",
    "statusStyle",
    "favicon",
];
/// The names of information widgets.
const WIDGETS: [&str; 14] = [
    "resources",
    "search",
    "datetime",
    "openmeteo",
    "openweathermap",
    "weatherapi",
    "greeting",
    "logo",
    "glances",
    "kubernetes",
    "longhorn",
    "unifi_console",
    "stocks",
    "weather",
];

/// Whether a file is `settings.yaml`.
pub(crate) fn is_settings(file: &Map<String, Value>) -> bool {
    file.keys().any(|key| SETTINGS.contains(&key.as_str()))
}

/// Only the groups where they are a list, and search providers; the rest is looks.
pub(crate) fn settings(file: &Map<String, Value>, taking: &mut Taking) {
    taking.dashboard.program = Program::Homepage;
    if let Some(Value::Array(groups)) = file.get("layout") {
        for name in groups.iter().filter_map(Value::as_object).flat_map(Map::keys) {
            taking.group(name);
        }
    } else if file.contains_key("layout") {
        taking
            .leave("layout", "How the groups look is not taken over: their order is chosen under “Arrange”.");
    }
    let launch = file.get("quicklaunch").and_then(Value::as_object);
    if let Some(launch) = launch {
        provider(launch, taking);
    }
    if file.contains_key("providers") {
        taking.leave(
            "providers",
            "Keys of weather services and the like are not kept: Hob asks sources that need none.",
        );
    }
}

/// One of the three lists: each entry is a table with one key.
pub(crate) fn lists(entries: &[Value], taking: &mut Taking) {
    taking.dashboard.program = Program::Homepage;
    for (name, value) in entries.iter().filter_map(Value::as_object).flatten() {
        match value {
            Value::Array(inside) => group(name, inside, 0, taking),
            Value::Object(options) if WIDGETS.contains(&name.as_str()) => widget(name, options, taking),
            Value::Null if WIDGETS.contains(&name.as_str()) => widget(name, &Map::new(), taking),
            Value::Object(service) if service.contains_key("href") => {
                self::service(name, service, None, taking);
            }
            _ => taking.leave(name, "It is neither a group nor a widget that is known here."),
        }
    }
}

fn group(name: &str, inside: &[Value], depth: usize, taking: &mut Taking) {
    let group = taking.group(name);
    for (name, value) in inside.iter().filter_map(Value::as_object).flatten() {
        match value {
            Value::Object(entry) => service(name, entry, group.clone(), taking),
            // Of bookmarks each is a list with one table in it; of groups within groups each entry has a name.
            Value::Array(list) => {
                match list.iter().find_map(Value::as_object).filter(|entry| entry.contains_key("href")) {
                    Some(entry) => taking.keep(tile(name, entry, group.clone()), true),
                    None if depth < DEPTH_MAX => self::group(name, list, depth + 1, taking),
                    None => taking.leave(name, "It is nested too deep."),
                }
            }
            Value::Null => taking.leave(name, "It has no address."),
            _ => taking.leave(name, "It cannot be read."),
        }
    }
}

fn tile(name: &str, entry: &Map<String, Value>, group: Option<String>) -> Tile {
    let abbreviation = field(entry, "abbr", 2);
    Tile {
        name: line(name, NAME_MAX).unwrap_or_default(),
        url: entry.get("href").and_then(text_of).unwrap_or_default(),
        group,
        icon: field(entry, "icon", 200).or(abbreviation),
        description: field(entry, "description", TEXT_MAX),
        tags: tags(entry.get("keywords")),
        checked: ["siteMonitor", "ping", "container", "app"].iter().any(|key| entry.contains_key(*key)),
    }
}

fn service(name: &str, entry: &Map<String, Value>, group: Option<String>, taking: &mut Taking) {
    let tile = tile(name, entry, group);
    let one = entry.get("widget").and_then(Value::as_object).into_iter();
    let many =
        entry.get("widgets").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
    for widget in one.chain(many) {
        service_widget(&tile.name, widget, taking);
    }
    if tile.url.is_empty() {
        taking.leave(
            &tile.name,
            "It has no address, so there is nothing to open; what runs is found by itself.",
        );
        return;
    }
    taking.keep(tile, false);
}

fn service_widget(service: &str, widget: &Map<String, Value>, taking: &mut Taking) {
    let kind = field(widget, "type", 40).unwrap_or_default();
    let calendars = widget.get("integrations").and_then(Value::as_array).into_iter().flatten();
    let mut found = false;
    for calendar in calendars.filter_map(Value::as_object) {
        let is_calendar = field(calendar, "type", 40).as_deref() == Some("ical");
        if let Some(url) =
            field(calendar, "url", 2000).filter(|url| is_calendar && crate::words::address(url).is_ok())
        {
            let name = field(calendar, "name", NAME_MAX);
            taking.dashboard.widgets.push(Widget { kind: "calendar", name, options: vec![("url", url)] });
            found = true;
        }
    }
    if !found && !kind.is_empty() {
        let why = format!(
            "The figures of its widget “{kind}” are not taken over; a key or password in it is not kept. Its health is known without."
        );
        taking.leave(service, why);
    }
}

fn widget(name: &str, options: &Map<String, Value>, taking: &mut Taking) {
    let option = |key: &str| field(options, key, 300);
    let label = field(options, "label", NAME_MAX);
    match name {
        "search" => provider(options, taking),
        "datetime" => {
            let zone = options
                .get("format")
                .and_then(Value::as_object)
                .and_then(|format| field(format, "timeZone", 60));
            push(taking, "clock", label, vec![("zone", zone)]);
        }
        "openmeteo" | "openweathermap" | "weatherapi" | "weather" => {
            let place = label.clone();
            push(
                taking,
                "weather",
                label,
                vec![
                    ("latitude", option("latitude")),
                    ("longitude", option("longitude")),
                    ("place", place),
                    ("units", option("units")),
                ],
            );
        }
        "resources" | "glances" => taking.leave(name, "Hob shows its machines by itself."),
        "kubernetes" | "longhorn" => taking.leave(name, "Hob shows clusters and their volumes by itself."),
        _ => taking.leave(name, "Hob has no such widget; a key or password in it is not kept."),
    }
}

fn push(
    taking: &mut Taking,
    kind: &'static str,
    name: Option<String>,
    options: Vec<(&'static str, Option<String>)>,
) {
    let options = options.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
    taking.dashboard.widgets.push(Widget { kind, name, options });
}

/// A search provider by name, several of them, or one of the owner's own.
fn provider(options: &Map<String, Value>, taking: &mut Taking) {
    if is_on(options.get("searchDescriptions")) == Some(true) && !options.contains_key("provider") {
        return;
    }
    match options.get("provider") {
        Some(Value::Array(all)) => {
            for name in all.iter().filter_map(text_of) {
                taking.known_engine(&name);
            }
        }
        Some(one) => match text_of(one).as_deref() {
            Some("custom") => taking.engine("", &options.get("url").and_then(text_of).unwrap_or_default()),
            Some(name) => taking.known_engine(name),
            None => {}
        },
        None => {}
    }
}
