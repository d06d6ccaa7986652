//! What of an engine people open: sites behind Traefik, addresses that labels name, and published ports.
//!
//! A port of this machine that discovery found as `service/HOST/PORT` stays that resource: here it is only told what it
//! is. So nothing is shown twice.

use super::container::{Container, Port};
use super::sites::Site;
use super::view::{Picture, View, with_text};
use app_catalog::{Hints, Icon, Probe, Role, letters, title};
use hob_base::wording::tidy;
use hob_base::{Observation, ResourceId};
use hob_feature::checks::HttpCheck;
use hob_feature::{CheckSpec, CheckTarget};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The longest name, in characters.
const NAME_MAX: usize = 80;
/// How often the address of a tile is probed.
const PROBE_EVERY: Duration = Duration::from_secs(60);
/// After this time discovery would have found a port that can be seen.
const DISCOVERED_MS: i64 = 60_000;
/// Ports within containers on which unknown applications serve pages.
const WEB_PORTS: [u16; 16] =
    [80, 443, 3000, 3001, 4000, 5000, 5173, 8000, 8008, 8080, 8081, 8088, 8443, 8888, 9000, 9090];
/// Ports that speak TLS.
const TLS_PORTS: [u16; 6] = [443, 4443, 8006, 8443, 9443, 10_443];

/// A tile while it is put together.
struct Tile<'a> {
    id: ResourceId,
    /// The container that is shown.
    container: &'a Container,
    /// All containers behind it.
    containers: BTreeSet<String>,
    /// What labels say.
    hints: Hints,
    /// What it is called without anybody saying so.
    default_name: String,
    /// What tells it from another of the same name.
    detail: String,
    url: Option<String>,
    host: Option<String>,
    aliases: Vec<String>,
    internal: bool,
    routers: BTreeSet<String>,
    found_in: String,
    /// Why it is left out.
    hidden_because: Option<String>,
    /// Whether its address is probed by this feature.
    probed: bool,
}

/// Adds the tiles to the view.
pub(crate) fn add(picture: &Picture<'_>, sites: &[Site], view: &mut View) {
    let mut tiles: Vec<Tile<'_>> = sites.iter().filter_map(|site| site_tile(picture, site)).collect();
    for container in &picture.shown {
        let fronted = tiles.iter().find(|tile| tile.containers.contains(&container.id));
        let fronted = fronted.and_then(|tile| tile.url.clone());
        let by_label = container.hints.url.clone().filter(|_| fronted.is_none());
        if let Some(url) = &by_label {
            tiles.push(label_tile(picture, container, url));
        }
        let shown_as = fronted.or(by_label);
        tiles.extend(port_tiles(picture, container, shown_as.as_deref()));
    }
    let names = names(&tiles);
    for (tile, name) in tiles.iter().zip(names) {
        view.observations.push(observation(picture, tile, &name));
        view.checks.extend(check(picture, tile));
    }
}

fn site_tile<'a>(picture: &'a Picture<'_>, site: &Site) -> Option<Tile<'a>> {
    let containers: Vec<&Container> = site.containers.iter().filter_map(|id| picture.by_id(id)).collect();
    let container = *containers.iter().find(|c| c.is_running()).or_else(|| containers.first())?;
    let hints = containers.iter().fold(container.hints.clone(), |hints, other| hints.or(other.hints.clone()));
    // A path of its own is something else than the application at the root.
    let app = container.app().filter(|_| site.path == "/");
    let label = site.host.split('.').next().unwrap_or_default();
    let default_name = match (app, site.path.as_str()) {
        (Some(app), _) => app.name.to_owned(),
        (None, "/") => title(label),
        (None, path) => format!("{} {}", title(label), path.trim_matches('/')),
    };
    let names: Vec<&str> = containers.iter().map(|container| container.name.as_str()).collect();
    Some(Tile {
        id: ResourceId::new("service", picture.scope(), &site.name()),
        container,
        containers: site.containers.clone(),
        default_name,
        detail: label.to_owned(),
        url: Some(hints.url.clone().unwrap_or_else(|| site.url())),
        host: Some(site.host.clone()),
        aliases: site.aliases.iter().cloned().collect(),
        internal: site.internal,
        routers: site.routers.clone(),
        found_in: format!("labels of {} for Traefik", names.join(", ")),
        hidden_because: hidden_because(picture, container, &hints),
        probed: true,
        hints,
    })
}

fn label_tile<'a>(picture: &Picture<'_>, container: &'a Container, url: &str) -> Tile<'a> {
    let hints = container.hints.clone();
    Tile {
        id: ResourceId::new("service", picture.scope(), container.stable_name()),
        host: host_of(url),
        url: Some(url.to_owned()),
        found_in: format!("labels of {}", container.name),
        hidden_because: hidden_because(picture, container, &hints),
        probed: true,
        ..bare(container, hints)
    }
}

fn bare(container: &Container, hints: Hints) -> Tile<'_> {
    Tile {
        id: ResourceId::new("service", "", ""),
        containers: BTreeSet::from([container.id.clone()]),
        default_name: name_of(container),
        detail: container.service().unwrap_or(container.stable_name()).to_owned(),
        container,
        hints,
        url: None,
        host: None,
        aliases: Vec::new(),
        internal: false,
        routers: BTreeSet::new(),
        found_in: String::new(),
        hidden_because: None,
        probed: false,
    }
}

/// The published ports of a container. On this machine each is a resource that discovery found; elsewhere, and where
/// discovery cannot see it, what is known to serve pages becomes a tile of its own.
fn port_tiles<'a>(
    picture: &'a Picture<'_>,
    container: &'a Container,
    shown_as: Option<&str>,
) -> Vec<Tile<'a>> {
    let ports: Vec<Port> = container.ports.iter().filter(|port| port.protocol == "tcp").cloned().collect();
    let mut tiles = Vec::new();
    let mut told: BTreeSet<ResourceId> = BTreeSet::new();
    for port in &ports {
        let owner = owner(picture, container, port.private);
        let endpoints = picture.endpoints.iter().filter(|e| picture.standing.here && e.port == port.public);
        let mut found = false;
        for endpoint in endpoints {
            found = true;
            if told.insert(endpoint.id.clone()) {
                tiles.push(endpoint_tile(picture, owner, port, endpoint.id.clone(), shown_as));
            }
        }
        if !found {
            tiles.extend(own_tile(picture, owner, port, shown_as));
        }
    }
    let short = container.short_id();
    if short.len() == 12 {
        // On the network of the machine itself nothing is published; discovery sees whose socket it is.
        let own = picture
            .endpoints
            .iter()
            .filter(|e| picture.standing.here && e.container.as_deref() == Some(short));
        for endpoint in own.filter(|endpoint| !told.contains(&endpoint.id)) {
            let port = Port {
                public: endpoint.port,
                private: endpoint.port,
                protocol: "tcp".to_owned(),
                loopback: false,
            };
            tiles.push(endpoint_tile(picture, container, &port, endpoint.id.clone(), shown_as));
        }
    }
    tiles
}

/// Who answers on a port that `container` publishes: another one may use its network, as behind a VPN.
fn owner<'a>(picture: &'a Picture<'_>, container: &'a Container, private: u16) -> &'a Container {
    let knows = |c: &Container| c.app().is_some_and(|app| app.ports.contains(&private));
    let guests = picture.shown.iter().copied().filter(|other| {
        other
            .shares_network_of()
            .is_some_and(|provider| provider == container.id || provider == container.name)
    });
    if knows(container) {
        return container;
    }
    let guests: Vec<&Container> = guests.collect();
    let guest = guests.iter().find(|guest| knows(guest) || guest.exposed.contains(&private));
    guest.copied().unwrap_or(container)
}

fn endpoint_tile<'a>(
    picture: &Picture<'_>,
    container: &'a Container,
    port: &Port,
    id: ResourceId,
    shown_as: Option<&str>,
) -> Tile<'a> {
    let hints = container.hints.clone();
    let hidden =
        hidden_because(picture, container, &hints).or_else(|| not_the_page(container, port, shown_as));
    Tile {
        // A port that speaks no HTTP is no tile that could be left out.
        hidden_because: hidden.filter(|_| id.kind() == "service"),
        id,
        detail: format!("{}, port {}", container.service().unwrap_or(container.stable_name()), port.public),
        found_in: format!("published port of {}", container.name),
        ..bare(container, hints)
    }
}

fn own_tile<'a>(
    picture: &Picture<'_>,
    container: &'a Container,
    port: &Port,
    shown_as: Option<&str>,
) -> Option<Tile<'a>> {
    let standing = picture.standing;
    let up_for = container.started_ms.map_or(0, |at| standing.now_ms - at);
    let here_but_unseen = standing.here && (!container.is_running() || up_for < DISCOVERED_MS);
    let app = container.app();
    let serves_pages = match app {
        Some(app) => app.ports.contains(&port.private),
        None => !standing.here && WEB_PORTS.contains(&port.private),
    };
    if here_but_unseen || !serves_pages || shown_as.is_some() || (port.loopback && !standing.here) {
        return None;
    }
    let host = match (&standing.settings.host, &standing.settings.address) {
        (Some(host), _) | (None, crate::places::Address::Tcp { host, .. }) => host.clone(),
        (None, crate::places::Address::Socket(_)) => "127.0.0.1".to_owned(),
    };
    let shown_host =
        if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.clone() };
    let scheme = if TLS_PORTS.contains(&port.private) { "https" } else { "http" };
    let path = app.map_or("/", |app| app.path);
    let hints = container.hints.clone();
    Some(Tile {
        id: ResourceId::new(
            "service",
            picture.scope(),
            &format!("{}:{}", container.stable_name(), port.public),
        ),
        url: Some(format!("{scheme}://{shown_host}:{}{path}", port.public)),
        detail: format!("{}, port {}", container.service().unwrap_or(container.stable_name()), port.public),
        found_in: format!("published port of {}", container.name),
        hidden_because: hidden_because(picture, container, &hints),
        internal: true,
        // From within a container the machine's ports are not to be had under this address.
        probed: standing.here || host != "127.0.0.1",
        host: Some(host),
        ..bare(container, hints)
    })
}

/// Why a container gets no tile.
fn hidden_because(picture: &Picture<'_>, container: &Container, hints: &Hints) -> Option<String> {
    let hide = &picture.standing.settings.hide;
    let named = [
        Some(container.stable_name()),
        Some(container.name.as_str()),
        container.project(),
        container.service(),
    ];
    if named.into_iter().flatten().any(|name| hide.iter().any(|hidden| hidden == name)) {
        return Some("The section [[containers]] of hob.toml says so.".to_owned());
    }
    match hints.hidden {
        Some(true) => return Some(format!("A label of the container “{}” says so.", container.name)),
        Some(false) => return None,
        None => {}
    }
    if let Some(parent) = hints.part_of.as_deref().filter(|_| hints.url.is_none()) {
        return Some(format!("A label says that it is a part of “{parent}”."));
    }
    let look = container.look()?;
    let wanted = hints.name.is_some() || hints.url.is_some();
    (look.role == Role::Machine && !wanted)
        .then(|| format!("{} is something that only programs talk to.", look.name))
}

/// Why a port is not what people open: the application is shown under its address, or has its pages on another port.
fn not_the_page(container: &Container, port: &Port, shown_as: Option<&str>) -> Option<String> {
    if let Some(url) = shown_as {
        return Some(format!("It is shown under its address, {url}."));
    }
    let app = container.app().filter(|app| !app.ports.is_empty() && !app.ports.contains(&port.private))?;
    let page = container.ports.iter().find(|other| app.ports.contains(&other.private));
    match page {
        Some(page) => Some(format!("The pages of {} are on port {}.", app.name, page.public)),
        None if app.id == "traefik" => {
            Some("It is an entry point of Traefik, through which others are reached.".to_owned())
        }
        None => None,
    }
}

/// What a container is called without anybody saying so.
fn name_of(container: &Container) -> String {
    match container.look() {
        Some(look) if look.app.is_some() => look.name,
        look => {
            let own = title(container.service().unwrap_or(container.stable_name()));
            if own.is_empty() { look.map_or_else(|| "?".to_owned(), |look| look.name) } else { own }
        }
    }
}

/// The names of all tiles; of those that would be called alike each says what tells it apart.
fn names(tiles: &[Tile<'_>]) -> Vec<String> {
    let name = |tile: &Tile<'_>| tile.hints.name.clone().unwrap_or_else(|| tile.default_name.clone());
    let mut count: BTreeMap<(String, bool), usize> = BTreeMap::new();
    for tile in tiles {
        *count.entry((name(tile), tile.hidden_because.is_some())).or_default() += 1;
    }
    let of = |tile: &Tile<'_>| {
        let plain = name(tile);
        let alone =
            count.get(&(plain.clone(), tile.hidden_because.is_some())).is_none_or(|count| *count == 1);
        if alone || tile.detail.is_empty() { plain } else { format!("{plain} ({})", tile.detail) }
    };
    tiles.iter().map(of).collect()
}

fn observation(picture: &Picture<'_>, tile: &Tile<'_>, name: &str) -> Observation {
    let container = tile.container;
    let look = container.look();
    let app = container.app();
    let chosen = tile.hints.icon.as_ref();
    let symbol =
        chosen.and_then(Icon::symbol).map(str::to_owned).or_else(|| app.map(|app| app.symbol.to_owned()));
    // A symbol that somebody chose goes before the page's own icon; the catalogue's does not.
    let from_catalog = !matches!(chosen, Some(Icon::Symbol(_)));
    let internal =
        tile.internal || tile.hints.restricted == Some(true) || tile.host.as_deref().is_some_and(is_internal);
    let web = tile.id.kind() == "service";
    let texts = [
        ("url", tile.url.clone()),
        ("host", tile.host.clone()),
        ("group", tile.hints.group.clone()),
        ("project", container.project().map(str::to_owned)),
        (
            "category",
            look.as_ref().and_then(|look| look.category).map(|category| category.as_str().to_owned()),
        ),
        ("symbol", symbol.or_else(|| web.then(|| letters(name))).filter(|_| web)),
        ("app", app.filter(|_| from_catalog).map(|app| app.id.to_owned())),
        ("icon_url", chosen.and_then(Icon::url).map(str::to_owned)),
        ("description", tile.hints.description.clone()),
        ("exposure", internal.then(|| "internal".to_owned()).filter(|_| web && tile.url.is_some())),
        ("aliases", Some(tile.aliases.join(", "))),
        ("tags", Some(tile.hints.tags.join(", "))),
        ("image", Some(container.image.clone())),
        ("found_in", Some(tile.found_in.clone())),
        ("hidden_because", tile.hidden_because.clone()),
    ];
    let mut said = picture.says(tile.id.clone()).named(tidy(name, NAME_MAX));
    for (key, text) in texts {
        said = with_text(said, key, text.as_deref());
    }
    if let Some(weight) = tile.hints.weight {
        said = said.fact("weight", weight);
    }
    if tile.hidden_because.is_some() {
        said = said.fact("hidden", true);
    }
    for router in &tile.routers {
        said = said.needs(picture.route_id(router));
    }
    let external = tile.hints.external == Some(true);
    let behind = tile.containers.iter().filter_map(|id| picture.by_id(id)).filter(|_| !external);
    behind.fold(said, |said, container| said.needs(picture.workload_id(container)))
}

fn check(picture: &Picture<'_>, tile: &Tile<'_>) -> Option<CheckSpec> {
    let wanted = tile.probed && picture.standing.settings.probe && tile.hidden_because.is_none();
    let url = tile.url.as_deref().filter(|_| wanted)?;
    let (url, statuses) = match &tile.hints.probe {
        None => (url.to_owned(), Vec::new()),
        Some(Probe::Off) => return None,
        Some(Probe::At { path, url: other, statuses }) => {
            let asked = other.clone().or_else(|| Some(join(url, path.as_deref()?)));
            (asked.unwrap_or_else(|| url.to_owned()), statuses.clone())
        }
    };
    let target = CheckTarget::Http(Box::new(HttpCheck {
        found: true,
        expect_status: statuses,
        ..HttpCheck::new(url)
    }));
    Some(CheckSpec::new(tile.id.clone(), target, PROBE_EVERY))
}

/// An address with another path.
fn join(url: &str, path: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    format!("{scheme}://{authority}{path}")
}

fn host_of(url: &str) -> Option<String> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => authority.split(':').next()?,
    };
    Some(host.to_lowercase()).filter(|host| !host.is_empty())
}

/// Whether a host can be reached from within only, as far as its name tells.
fn is_internal(host: &str) -> bool {
    let private = |host: &str| match host.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(ip)) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        Ok(std::net::IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local(),
        Err(_) => false,
    };
    let names = [".lan", ".local", ".home.arpa", ".internal", ".home", ".localhost", ".localdomain"];
    private(host) || !host.contains(['.', ':']) || names.iter().any(|ending| host.ends_with(ending))
}
