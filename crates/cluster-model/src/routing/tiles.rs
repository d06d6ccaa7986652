//! Tiles: what people open, with its address, name, place and what it rests on.

use super::draft::{Draft, Exposure, Served, Way, broken};
use super::hosts::{self, Address};
use super::looks::{self, Behind};
use super::sites::{Site, sites};
use super::world::World;
use crate::{ObjectRef, Picture, Severity, Thing, ThingId, ThingKind};
use app_catalog::{Hints, Probe, Role};
use std::collections::{BTreeMap, BTreeSet};

/// The most objects that a tile says it was found in.
const FOUND_MAX: usize = 12;

impl Draft<'_, '_> {
    /// Makes the tiles of all ways.
    pub(super) fn tiles(&mut self) {
        let sites = sites(&self.ways);
        let crowd = Crowd::of(&sites);
        for site in &sites {
            tile(self.world, self.picture, site, &crowd);
            if !is_caught(&self.ways, &site.host) {
                redirects_nowhere(self.picture, site);
            }
        }
        for way in &self.ways {
            nameless(self.world, self.picture, way);
        }
    }
}

/// What a tile can only know by looking at the others.
struct Crowd {
    /// How many hosts, served by different things, begin with that label.
    labels: BTreeMap<String, usize>,
    /// The namespaces that have something for people.
    namespaces: BTreeSet<String>,
    /// Of each object the first of its sites: that one its annotations name.
    first: BTreeMap<ObjectRef, Rank>,
}

/// Which of the sites of an object comes first: by its place in the object, then the shorter path.
type Rank = (usize, usize, String);

fn rank(site: &Site<'_, '_>, way: &Way<'_>) -> Rank {
    (way.order, site.path.len(), site.authority())
}

impl Crowd {
    fn of(sites: &[Site<'_, '_>]) -> Self {
        let mut labels = BTreeMap::new();
        let mut namespaces = BTreeSet::new();
        for site in sites.iter().filter(|site| site.machine.is_none()) {
            if site.path == "/"
                && let Some(label) = hosts::label(&site.host)
            {
                let count: &mut usize = labels.entry(label.to_owned()).or_default();
                *count = count.saturating_add(1);
            }
            if !hosts::is_interface(&site.host) {
                namespaces.extend(site.pages.iter().map(|way| way.object.namespace.clone()));
            }
        }
        let mut first: BTreeMap<ObjectRef, Rank> = BTreeMap::new();
        for (site, way) in sites.iter().flat_map(|site| site.pages.iter().map(move |way| (site, way))) {
            let rank = rank(site, way);
            let before = first.entry(way.object.clone()).or_insert_with(|| rank.clone());
            if rank < *before {
                *before = rank;
            }
        }
        Self { labels, namespaces, first }
    }
}

fn tile(world: &World<'_>, picture: &mut Picture, site: &Site<'_, '_>, crowd: &Crowd) {
    let first = site.pages.first().or_else(|| site.folded.first());
    let Some(first) = first.copied() else { return };
    let serves = site.serves();
    let hints = hints_of(world, site, serves.iter().next().copied(), crowd);
    let behind = looks::behind(world, serves.iter().next().copied());
    let hidden = why_hidden(world, site, &behind, &hints, crowd);
    let thing = picture.thing(ThingId::tile(&site.authority(), &site.path));
    thing.title = hints.name.clone().unwrap_or_else(|| title(site, &behind, crowd));
    address(thing, site, &hints);
    dress(thing, first, &hints, &behind);
    let aliases: Vec<&str> = site.aliases.iter().map(String::as_str).collect();
    if !aliases.is_empty() {
        thing.fact("aliases", aliases.join(","));
    }
    if let Some(exposure) = exposure(site, &hints) {
        thing.fact("exposure", exposure);
    }
    if behind.app.is_some_and(|app| app.id == "hob") || is_hob(behind.image) {
        thing.fact("this_page", true);
    }
    if let Some(because) = hidden {
        thing.fact("hidden", true).fact("hidden_because", because);
    }
    rest(thing, site.ways());
}

/// What annotations say of a site: those of its routes, of the routes folded into it, of what serves it.
fn hints_of(world: &World<'_>, site: &Site<'_, '_>, served: Option<&Served>, crowd: &Crowd) -> Hints {
    let mut all = Hints::default();
    for way in &site.pages {
        let mut hints = looks::hints(way.meta);
        // One object may be several sites: a name, an address and a picture are those of the first.
        if crowd.first.get(&way.object).is_some_and(|first| *first < rank(site, way)) {
            hints = Hints { name: None, url: None, icon: None, description: None, probe: None, ..hints };
        }
        all = all.or(hints);
    }
    let pages = site.pages.is_empty();
    for way in &site.folded {
        let hints = looks::hints(way.meta);
        // What hides an API does not hide the site above it.
        all = all.or(if pages { hints } else { Hints { hidden: None, url: None, probe: None, ..hints } });
    }
    let service = served.and_then(|served| world.service(&served.namespace, &served.name));
    match service {
        Some(service) => all.or(looks::hints(&service.metadata)),
        None => all,
    }
}

/// Whether a route for many hosts may serve that one.
fn is_caught(ways: &[Way<'_>], host: &str) -> bool {
    ways.iter().filter(|way| way.redirect.is_none() && !way.serves.is_empty()).any(|way| match &way.address {
        Address::Wildcard(pattern) => hosts::covers(pattern, host),
        Address::Expression(_) | Address::Any => true,
        Address::Host(_) | Address::Broken(_) => false,
    })
}

/// Says of a route that sends people to the encrypted address, where no route of the cluster serves it.
fn redirects_nowhere(picture: &mut Picture, site: &Site<'_, '_>) {
    if !site.pages.is_empty() || !site.folded.iter().all(|way| way.redirect.as_deref() == Some("")) {
        return;
    }
    for way in &site.folded {
        let sentence =
            format!("It sends people to https://{}, which no route of this cluster serves.", site.host);
        picture.thing(way.route.clone()).find(broken(
            "route-redirects-nowhere",
            Severity::Warning,
            &way.object,
            sentence,
        ));
    }
}

/// The name by the host; of several sites with the same label by what serves them, or with the rest of the host.
fn title(site: &Site<'_, '_>, behind: &Behind<'_>, crowd: &Crowd) -> String {
    let by_host = looks::title(&site.host, &site.path, behind);
    let label = hosts::label(&site.host).unwrap_or_default();
    if site.path != "/" || crowd.labels.get(label).copied().unwrap_or(0) < 2 {
        return by_host;
    }
    let by_service = app_catalog::title(&behind.service);
    if !by_service.is_empty() && !by_service.eq_ignore_ascii_case(&by_host) {
        return by_service;
    }
    match site.host.split_once(label).map(|(_, rest)| rest.trim_start_matches('.')) {
        Some(rest) if !rest.is_empty() => format!("{by_host} ({rest})"),
        _ => by_host,
    }
}

/// Whether an image is Hob's own.
fn is_hob(image: &str) -> bool {
    app_catalog::ImageName::parse(image).is_some_and(|name| name.last() == "hob")
}

/// The address that a person opens.
fn address(thing: &mut Thing, site: &Site<'_, '_>, hints: &Hints) {
    thing.fact("host", site.host.as_str());
    let best = site
        .ways()
        .filter(|way| way.redirect.is_none())
        .max_by_key(|way| (way.https == Some(true), way.sure));
    let https =
        best.is_none_or(|way| way.https == Some(true)) || site.ways().any(|way| way.https == Some(true));
    let sure = best.is_some_and(|way| way.sure);
    thing.fact("scheme_sure", sure);
    if let Some(url) = &hints.url {
        thing.fact("url", url.as_str());
        return;
    }
    let scheme = if https { "https" } else { "http" };
    let host = if site.host.contains(':') { format!("[{}]", site.host) } else { site.host.clone() };
    let port = best.and_then(|way| way.port).filter(|port| *port != if https { 443 } else { 80 });
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    // The dashboard of Traefik answers only there, and only with a slash behind.
    let own = site.serves().iter().any(|served| served.name == "api@internal");
    let path = match site.path.as_str() {
        "/" | "/dashboard" if own => "/dashboard/",
        "/" => "",
        path => path,
    };
    thing.fact("url", format!("{scheme}://{host}{port}{path}"));
}

/// Symbol, heading and words.
pub(super) fn dress(thing: &mut Thing, way: &Way<'_>, hints: &Hints, behind: &Behind<'_>) {
    let namespace = way.object.namespace.as_str();
    thing.fact("namespace", namespace);
    let group = hints.group.clone().unwrap_or_else(|| app_catalog::title(namespace));
    thing.fact("group", group);
    let symbol = hints.icon.as_ref().and_then(|icon| icon.symbol().map(str::to_owned));
    let symbol = symbol.or_else(|| behind.app.map(|app| app.symbol.to_owned()));
    let symbol = symbol.unwrap_or_else(|| app_catalog::letters(&thing.title));
    if !symbol.is_empty() {
        thing.fact("symbol", symbol);
    }
    if let Some(url) = hints.icon.as_ref().and_then(|icon| icon.url()) {
        thing.fact("icon_url", url);
    }
    match &hints.probe {
        Some(Probe::Off) => {
            thing.fact("probe", false);
        }
        Some(Probe::At { path: Some(path), .. }) => {
            thing.fact("probe", path.as_str());
        }
        Some(Probe::At { url: Some(url), .. }) => {
            thing.fact("probe_url", url.as_str());
        }
        _ => {}
    }
    if let Some(description) = &hints.description {
        thing.fact("description", description.as_str());
    }
    if let Some(weight) = hints.weight {
        thing.fact("weight", weight);
    }
    if !hints.tags.is_empty() {
        thing.fact("tags", hints.tags.join(","));
    }
    if !behind.image.is_empty() {
        thing.fact("image", behind.image);
    }
    if let Some(app) = behind.app {
        thing.fact("app", app.id).fact("category", app.category.as_str());
    }
}

/// Where it was found, and what it needs.
fn rest<'w, 'a: 'w>(thing: &mut Thing, ways: impl Iterator<Item = &'w Way<'a>>) {
    for way in ways {
        thing.objects.insert(way.object.clone());
        thing.needs.insert(way.route.clone());
    }
    let found: Vec<String> = thing.objects.iter().take(FOUND_MAX).map(ToString::to_string).collect();
    thing.fact("found_in", found.join(", "));
}

/// From where it is reached: from everywhere as soon as one way says so.
fn exposure(site: &Site<'_, '_>, hints: &Hints) -> Option<&'static str> {
    let all = site.ways().fold(Exposure::default(), |all, way| all.and(way.exposure));
    let fenced = !site.pages.is_empty() && site.pages.iter().all(|way| way.exposure.fenced);
    if fenced || hints.restricted == Some(true) {
        return Some("internal");
    }
    if all.external {
        return Some("external");
    }
    let private = hosts::is_private(&site.host) && site.aliases.iter().all(|alias| hosts::is_private(alias));
    (all.internal || private).then_some("internal")
}

fn why_hidden(
    world: &World<'_>,
    site: &Site<'_, '_>,
    behind: &Behind<'_>,
    hints: &Hints,
    crowd: &Crowd,
) -> Option<String> {
    match hints.hidden {
        Some(true) => return Some("An annotation says so.".to_owned()),
        Some(false) => return None,
        None => {}
    }
    let settings = world.settings;
    if settings.hidden_hosts.iter().any(|hidden| hosts::covers(hidden, &site.host)) {
        return Some("The settings name this host.".to_owned());
    }
    let namespaces: BTreeSet<&str> = site.ways().map(|way| way.object.namespace.as_str()).collect();
    if namespaces.iter().all(|namespace| settings.hidden_namespaces.iter().any(|hidden| hidden == namespace))
    {
        return Some("The settings name its namespace.".to_owned());
    }
    if let Some(why) = &site.machine {
        return Some(why.clone());
    }
    if let Some(app) = behind.app.filter(|app| app.role == Role::Machine) {
        return Some(format!("{} has no page for people.", app.name));
    }
    let company = namespaces.iter().any(|namespace| crowd.namespaces.contains(*namespace));
    if hosts::is_interface(&site.host) && company {
        return Some("Its name says that programs call it (API).".to_owned());
    }
    None
}

/// What has no single address: a wildcard, an expression, or a mistake.
fn nameless(world: &World<'_>, picture: &mut Picture, way: &Way<'_>) {
    let (text, because) = match &way.address {
        Address::Host(_) | Address::Any => return,
        Address::Wildcard(text) => {
            (text, Some(format!("Every host name like {text} leads here: there is no one address to open.")))
        }
        Address::Expression(text) => (
            text,
            Some(
                "An expression says which host names lead here: there is no one address to open.".to_owned(),
            ),
        ),
        // A mistake is shown, so that it is seen; never as a link.
        Address::Broken(text) => (text, None),
    };
    let hints = looks::hints(way.meta);
    let served: Option<&Served> = way.serves.iter().next();
    let behind = looks::behind(world, served);
    let path = if way.path == "/" { "" } else { way.path.as_str() };
    let id = ThingId::new(ThingKind::Service, format!("{text}{path}"));
    // A path within a host may read like a tile that works.
    let works = picture.things.get(&id).is_some_and(|tile| tile.facts.contains_key("url"));
    if works && matches!(way.address, Address::Broken(_)) {
        return;
    }
    let thing = picture.thing(id);
    let by_label = text.trim_start_matches("*.").split('.').next().unwrap_or_default();
    thing.title = hints.name.clone().unwrap_or_else(|| match &way.address {
        Address::Expression(_) => looks::by_service(&behind),
        _ => app_catalog::title(by_label),
    });
    thing.fact("host", text.as_str()).fact("scheme_sure", false);
    dress(thing, way, &hints, &behind);
    if let Some(url) = &hints.url {
        thing.fact("url", url.as_str());
    } else if let Some(because) = because.filter(|_| hints.hidden != Some(false)) {
        thing.fact("hidden", true).fact("hidden_because", because);
    } else {
        thing.fact("broken", true);
    }
    rest(thing, std::iter::once(way));
}
