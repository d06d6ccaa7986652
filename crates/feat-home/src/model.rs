//! What the home page says: pure functions from resources and settings to sentences and tiles.

mod incidents;
mod search;
mod sentence;

pub use incidents::with_incidents;
pub use search::{Words, search};
pub use sentence::sentence;

use hob_base::{Incident, Level, Resource, ResourceId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The kinds of resource that become tiles, because a person opens them.
pub const TILE_KINDS: [&str; 1] = ["service"];
/// Where tiles without a group of their own stand.
pub const UNGROUPED: &str = "Services";
/// Where pinned tiles stand.
pub const PINNED: &str = "Pinned";

/// What somebody set about one tile; `None` leaves what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TileSettings {
    /// What it is called.
    pub name: Option<String>,
    /// Under which heading it stands.
    pub group: Option<String>,
    /// One or two characters, or the name of a built-in symbol.
    pub icon: Option<String>,
    /// Whether it is left out.
    pub hidden: Option<bool>,
    /// Whether it stands at the top.
    pub pinned: Option<bool>,
}

impl TileSettings {
    /// What this says, and where it says nothing what `other` says.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        Self {
            name: self.name.or_else(|| other.name.clone()),
            group: self.group.or_else(|| other.group.clone()),
            icon: self.icon.or_else(|| other.icon.clone()),
            hidden: self.hidden.or(other.hidden),
            pinned: self.pinned.or(other.pinned),
        }
    }
}

/// The settings of all tiles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// Grows with every change.
    pub version: u64,
    /// From the page.
    pub people: BTreeMap<ResourceId, TileSettings>,
    /// From `hob.toml`.
    pub file: BTreeMap<ResourceId, TileSettings>,
}

impl Settings {
    /// What holds for one resource: the file wins over the page.
    pub fn of(&self, id: &ResourceId) -> TileSettings {
        let nothing = TileSettings::default();
        self.file.get(id).cloned().unwrap_or_default().or(self.people.get(id).unwrap_or(&nothing))
    }

    /// What people call a resource.
    pub fn name_of(&self, resource: &Resource) -> String {
        self.of(&resource.id).name.unwrap_or_else(|| resource.name.clone())
    }

    /// Whether it is left out of pages and of the state of the house.
    pub fn hides(&self, id: &ResourceId) -> bool {
        self.of(id).hidden.unwrap_or(false)
    }
}

/// A tile of the home page.
#[derive(Debug, Clone, PartialEq)]
pub struct Tile {
    /// What it shows.
    pub resource: Arc<Resource>,
    /// What it is called.
    pub name: String,
    /// Its symbol or letters, if somebody chose one.
    pub icon: Option<String>,
}

/// A heading with its tiles.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The heading.
    pub title: String,
    /// Its tiles, by name.
    pub tiles: Vec<Tile>,
}

/// A machine with what belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// The machine.
    pub host: Arc<Resource>,
    /// Its filesystems, fullest first.
    pub filesystems: Vec<Arc<Resource>>,
}

/// Everything that the home page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct House {
    /// The worst health of all.
    pub level: Level,
    /// The state in one sentence.
    pub sentence: String,
    /// What is not well, worst first and of equals the oldest.
    pub problems: Vec<(String, Arc<Resource>)>,
    /// The open incidents, the worst first.
    pub incidents: Vec<Arc<Incident>>,
    /// The machines.
    pub machines: Vec<Machine>,
    /// The tiles by heading.
    pub groups: Vec<Group>,
    /// Ports that listen and speak no HTTP.
    pub ports: Vec<Arc<Resource>>,
    /// How many tiles are hidden.
    pub hidden: usize,
}

/// Puts the house together.
pub fn house(resources: &[Arc<Resource>], settings: &Settings) -> House {
    let resources = without_twins(resources);
    let (hidden, shown): (Vec<_>, Vec<_>) = resources.into_iter().partition(|r| settings.hides(&r.id));
    let mut problems: Vec<(String, Arc<Resource>)> = shown
        .iter()
        .filter(|resource| resource.judged && resource.health.level != Level::Ok)
        .map(|resource| (settings.name_of(resource), resource.clone()))
        .collect();
    problems.sort_by(|(_, a), (_, b)| b.health.level.cmp(&a.health.level).then(a.since.cmp(&b.since)));
    let level = problems.first().map_or(Level::Ok, |(_, worst)| worst.health.level);
    House {
        level,
        sentence: sentence(&shown, &problems),
        incidents: Vec::new(),
        machines: machines(&shown),
        groups: groups(&shown, settings),
        ports: shown.iter().filter(|r| r.id.kind() == "port").cloned().collect(),
        hidden: hidden.len(),
        problems,
    }
}

/// A service of this machine that was also written down in `hob.toml` is one thing: what was written down is shown.
fn without_twins(resources: &[Arc<Resource>]) -> Vec<Arc<Resource>> {
    let written: Vec<u16> = resources
        .iter()
        .filter(|r| r.id.kind() == "service" && r.id.scope() == "config")
        .filter_map(|r| r.text("url").and_then(own_port))
        .collect();
    let is_twin = |r: &Resource| {
        r.id.kind() == "service"
            && r.id.scope() != "config"
            && r.number("port").is_some_and(|port| written.iter().any(|own| f64::from(*own) == port))
    };
    resources.iter().filter(|resource| !is_twin(resource)).cloned().collect()
}

/// The port of an address on this machine itself.
fn own_port(url: &str) -> Option<u16> {
    let (scheme, rest) = url.split_once("://")?;
    let rest = OWN_NAMES.iter().find_map(|own| rest.strip_prefix(own))?;
    match rest.strip_prefix(':') {
        Some(port) => port.split(['/', '?']).next()?.parse().ok(),
        None if rest.is_empty() || rest.starts_with('/') => Some(if scheme == "https" { 443 } else { 80 }),
        None => None,
    }
}

/// What this machine calls itself in an address.
const OWN_NAMES: [&str; 3] = ["127.0.0.1", "localhost", "[::1]"];

fn machines(resources: &[Arc<Resource>]) -> Vec<Machine> {
    let used = |r: &Resource| r.number("used_percent").unwrap_or(0.0);
    resources
        .iter()
        .filter(|r| r.id.kind() == "host")
        .map(|host| {
            let mut filesystems: Vec<_> = resources
                .iter()
                .filter(|r| r.id.kind() == "filesystem" && r.id.scope() == host.id.name())
                .cloned()
                .collect();
            filesystems.sort_by(|a, b| used(b).total_cmp(&used(a)));
            Machine { host: host.clone(), filesystems }
        })
        .collect()
}

fn groups(resources: &[Arc<Resource>], settings: &Settings) -> Vec<Group> {
    let mut groups: BTreeMap<(u8, String), Vec<Tile>> = BTreeMap::new();
    for resource in resources.iter().filter(|r| TILE_KINDS.contains(&r.id.kind())) {
        let tile = settings.of(&resource.id);
        let group = tile.group.or_else(|| resource.text("group").map(str::to_owned));
        let place = match (tile.pinned.unwrap_or(false), group) {
            (true, _) => (0, PINNED.to_owned()),
            (false, Some(group)) => (1, group),
            (false, None) => (2, UNGROUPED.to_owned()),
        };
        let name = tile.name.unwrap_or_else(|| resource.name.clone());
        let icon = tile.icon.or_else(|| resource.text("symbol").map(str::to_owned));
        groups.entry(place).or_default().push(Tile { resource: resource.clone(), name, icon });
    }
    let sorted = groups.into_iter().map(|((_, title), mut tiles)| {
        tiles.sort_by_cached_key(|tile| (tile.name.to_lowercase(), tile.resource.id.clone()));
        Group { title, tiles }
    });
    sorted.collect()
}

/// A name that fits on a tile.
///
/// # Errors
/// One sentence that says what would be right.
pub fn check_name(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 60 || text.chars().any(char::is_control) {
        return Err("it must have 1 to 60 characters and no line breaks".to_owned());
    }
    Ok(text.to_owned())
}

/// Where the link of a service leads for somebody who reached Hob under `host` (without port).
///
/// A service was probed at a loopback address; from another machine it is reached under the name by which this machine
/// was reached. `None` when the resource has no address.
pub fn link_target(resource: &Resource, host: Option<&str>) -> Option<String> {
    // A fact may come from a stranger, and only these two schemes lead a browser to a page.
    let url = resource.text("url").filter(|url| url.starts_with("http://") || url.starts_with("https://"))?;
    let loopback_only = matches!(resource.facts.get("loopback_only"), Some(hob_base::Fact::Boolean(true)));
    let Some(host) = host.filter(|host| !loopback_only && is_host_name(host)) else {
        return Some(url.to_owned());
    };
    let (scheme, rest) = url.split_once("://")?;
    for own in OWN_NAMES {
        if let Some(rest) = rest.strip_prefix(own)
            && rest.starts_with([':', '/'])
        {
            return Some(format!("{scheme}://{host}{rest}"));
        }
    }
    Some(url.to_owned())
}

fn is_host_name(host: &str) -> bool {
    !host.is_empty()
        && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']'))
}

#[cfg(test)]
mod tests;
