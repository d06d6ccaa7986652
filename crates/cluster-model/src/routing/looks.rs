//! What a tile looks like: its name, symbol and heading.

use super::draft::Served;
use super::hosts;
use super::paths;
use super::world::World;
use crate::objects::{Container, Meta, PortName, Service};
use app_catalog::{App, Hints};

/// What runs behind something.
#[derive(Debug, Clone, Default)]
pub(super) struct Behind<'a> {
    pub(super) image: &'a str,
    pub(super) app: Option<&'static App>,
    pub(super) service: String,
}

/// What the annotations of an object say.
pub(super) fn hints(meta: &Meta) -> Hints {
    Hints::from_annotations(meta.annotations.iter().map(|(key, value)| (&**key, &**value)))
}

/// What runs behind the first of these.
pub(super) fn behind<'a>(world: &World<'a>, served: Option<&Served>) -> Behind<'a> {
    let Some(served) = served else { return Behind::default() };
    if served.namespace.is_empty() {
        let app = served.name.ends_with("@internal").then(|| app_catalog::by_id("traefik")).flatten();
        return Behind { image: "", app, service: "traefik".to_owned() };
    }
    let service = served.name.clone();
    let Some(found) = world.service(&served.namespace, &served.name) else {
        return Behind { image: "", app: None, service };
    };
    let pods = world.owners.pods_behind(&served.namespace, &found.spec.selector);
    let containers = pods.first().map(|pod| pod.spec.containers.as_slice()).unwrap_or_default();
    let image = serving(found, &served.port, containers).map_or("", |container| &container.image);
    Behind { image, app: app_catalog::app(image), service }
}

/// The container that a port of a Service leads to; else the first.
fn serving<'c>(service: &Service, port: &str, containers: &'c [Container]) -> Option<&'c Container> {
    let asked = service
        .spec
        .ports
        .iter()
        .find(|one| one.port.to_string() == port)
        .or_else(|| service.spec.ports.first());
    let listens = |container: &&Container| {
        asked.is_some_and(|asked| {
            container.ports.iter().any(|port| match &asked.target_port {
                Some(PortName::Name(name)) => port.name == *name,
                Some(PortName::Number(number)) => port.container_port == *number,
                None => port.container_port == asked.port,
            })
        })
    };
    containers.iter().find(listens).or_else(|| containers.first())
}

/// What people call a site: by its host, or by its path where that is another application.
pub(super) fn title(host: &str, path: &str, behind: &Behind<'_>) -> String {
    let by_host = hosts::label(host).map(|label| nice(label, behind));
    if path != "/" {
        if let Some(copy) = paths::copy(path) {
            let name = by_host.unwrap_or_else(|| app_catalog::title(&behind.service));
            return format!("{name} ({copy})");
        }
        let segment = path.trim_start_matches('/').split('/').next().unwrap_or_default();
        // `/dashboard` and the like say nothing of what it is.
        if !matches!(segment, "dashboard" | "ui" | "web" | "admin" | "app" | "portal" | "index.html") {
            return nice(segment, behind);
        }
    }
    by_host.unwrap_or_else(|| by_service(behind))
}

/// What people call something by what serves it.
pub(super) fn by_service(behind: &Behind<'_>) -> String {
    match behind.app {
        Some(app) => app.name.to_owned(),
        None => match app_catalog::by_id(&behind.service) {
            Some(app) => app.name.to_owned(),
            None => app_catalog::title(&behind.service),
        },
    }
}

/// A label as people write it; as the application is called where it is the same word.
fn nice(label: &str, behind: &Behind<'_>) -> String {
    let plain = |text: &str| {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase()
    };
    let word = plain(label);
    // `ha` is what people call Home Assistant.
    let initials = |name: &str| {
        let first = name.split(' ').filter_map(|word| word.chars().next());
        first.collect::<String>().to_ascii_lowercase()
    };
    let means = |app: &&App| {
        plain(app.id) == word || plain(app.name) == word || (word.len() > 1 && initials(app.name) == word)
    };
    match behind.app.filter(means) {
        Some(app) => app.name.to_owned(),
        None => {
            app_catalog::by_id(label).map_or_else(|| app_catalog::title(label), |app| app.name.to_owned())
        }
    }
}
