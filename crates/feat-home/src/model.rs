//! What the home page says: pure functions from resources and settings to sentences and tiles.

mod grouping;
pub mod import;
mod incidents;
pub mod layout;
pub mod links;
mod search;
mod sentence;
mod twins;

pub use grouping::title_case;
pub use incidents::with_incidents;
pub use layout::Layout;
pub use search::{Words, search};
pub use sentence::sentence;

use hob_base::wording::tidy;
use hob_base::{Fact, Incident, Level, Resource, ResourceId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The kinds of resource that become tiles, because a person opens them.
pub const TILE_KINDS: [&str; 1] = ["service"];
/// Where tiles without a group of their own stand.
pub const UNGROUPED: &str = "Services";
/// Where pinned tiles stand.
pub const PINNED: &str = "Pinned";
/// Scopes of services that people wrote down: in `hob.toml`, on the page of checks, on the home page.
pub const WRITTEN: [&str; 3] = ["config", "added", links::SCOPE];
/// The longest sentence of a source that is shown.
const SENTENCE_MAX: usize = 300;
/// The most tags of one tile.
const TAGS_MAX: usize = 12;

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
    /// Words to find it by, divided by commas; they come on top of those that were found.
    pub tags: Option<String>,
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
            tags: self.tags.or_else(|| other.tags.clone()),
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
    /// Words to find it by, sorted.
    pub tags: Vec<String>,
    /// The same thing as other sources found it: on another cluster, or behind another route.
    pub also: Vec<Arc<Resource>>,
}

impl Tile {
    /// The worst health of the thing, wherever it was found.
    pub fn level(&self) -> Level {
        self.also.iter().map(|other| other.health.level).fold(self.resource.health.level, Level::max)
    }

    /// The resource whose health that is.
    pub fn worst(&self) -> &Arc<Resource> {
        let level = self.level();
        let all = std::iter::once(&self.resource).chain(&self.also);
        all.into_iter().find(|resource| resource.health.level == level).unwrap_or(&self.resource)
    }
}

/// A heading with its tiles.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The heading.
    pub title: String,
    /// Its tiles, by weight and name.
    pub tiles: Vec<Tile>,
}

impl Group {
    /// The worst health of its tiles.
    pub fn level(&self) -> Level {
        self.tiles.iter().map(Tile::level).max().unwrap_or(Level::Ok)
    }
}

/// Something that was found and has no tile.
#[derive(Debug, Clone, PartialEq)]
pub struct Hidden {
    /// What it is.
    pub resource: Arc<Resource>,
    /// What it is called.
    pub name: String,
    /// Why it has no tile, as a sentence.
    pub because: String,
}

/// A machine with what belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// The machine.
    pub host: Arc<Resource>,
    /// Its filesystems, fullest first.
    pub filesystems: Vec<Arc<Resource>>,
}

impl Machine {
    /// The worst health of it and of its filesystems.
    pub fn level(&self) -> Level {
        self.filesystems
            .iter()
            .map(|filesystem| filesystem.health.level)
            .fold(self.host.health.level, Level::max)
    }
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
    /// What has no tile, and why, by name.
    pub hidden: Vec<Hidden>,
}

impl House {
    /// How many tiles there are.
    pub fn tiles(&self) -> usize {
        self.groups.iter().map(|group| group.tiles.len()).sum()
    }

    /// The same house with only the tiles that contain every word; `#media` is a tag.
    #[must_use]
    pub fn narrowed(&self, text: &str) -> Self {
        let words: Vec<String> = text.split_whitespace().take(8).map(str::to_lowercase).collect();
        let matches = |tile: &Tile| {
            let said = [&tile.name, &tile.resource.name].map(|name| name.to_lowercase());
            let facts = ["url", "process", "description", "namespace", "host"];
            let facts: Vec<String> =
                facts.iter().filter_map(|key| tile.resource.text(key)).map(str::to_lowercase).collect();
            words.iter().all(|word| match word.strip_prefix('#') {
                Some(tag) => tile.tags.iter().any(|own| own == tag),
                None => said.iter().chain(&facts).chain(&tile.tags).any(|text| text.contains(word.as_str())),
            })
        };
        let narrowed = |group: &Group| {
            let tiles: Vec<Tile> = group.tiles.iter().filter(|tile| matches(tile)).cloned().collect();
            (!tiles.is_empty()).then(|| Group { title: group.title.clone(), tiles })
        };
        Self { groups: self.groups.iter().filter_map(narrowed).collect(), ..self.clone() }
    }

    /// The tags of all tiles, the most used first.
    pub fn tags(&self) -> Vec<(&str, usize)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for tag in self.groups.iter().flat_map(|group| &group.tiles).flat_map(|tile| &tile.tags) {
            *counts.entry(tag).or_default() += 1;
        }
        let mut tags: Vec<(&str, usize)> = counts.into_iter().collect();
        tags.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        tags
    }
}

/// Puts the house together.
pub fn house(resources: &[Arc<Resource>], settings: &Settings) -> House {
    let resources = without_twins(resources);
    let (put_away, shown): (Vec<_>, Vec<_>) = resources.into_iter().partition(|r| settings.hides(&r.id));
    let mut problems: Vec<(String, Arc<Resource>)> = shown
        .iter()
        .filter(|resource| resource.judged && resource.health.level != Level::Ok)
        .map(|resource| (settings.name_of(resource), resource.clone()))
        .collect();
    problems.sort_by(|(_, a), (_, b)| b.health.level.cmp(&a.health.level).then(a.since.cmp(&b.since)));
    let level = problems.first().map_or(Level::Ok, |(_, worst)| worst.health.level);
    let (tiles, ruled_out): (Vec<_>, Vec<_>) = shown
        .iter()
        .filter(|resource| TILE_KINDS.contains(&resource.id.kind()))
        .cloned()
        .partition(|resource| !is_hidden_by_rule(resource, settings));
    let folded = twins::folded(tiles);
    let groups = grouping::groups(&folded, settings);
    let tiles = folded.len();
    House {
        level,
        sentence: sentence(&shown, tiles, &problems),
        incidents: Vec::new(),
        machines: machines(&shown),
        groups,
        ports: shown.iter().filter(|r| r.id.kind() == "port").cloned().collect(),
        hidden: hidden(put_away, ruled_out, settings),
        problems,
    }
}

/// Whether a rule or an annotation keeps it off the home page, and nobody wants it there all the same.
fn is_hidden_by_rule(resource: &Resource, settings: &Settings) -> bool {
    let found = matches!(resource.facts.get("hidden"), Some(Fact::Boolean(true)));
    found && settings.of(&resource.id).hidden.is_none()
}

/// What people put away, and what rules left out.
fn hidden(put_away: Vec<Arc<Resource>>, ruled_out: Vec<Arc<Resource>>, settings: &Settings) -> Vec<Hidden> {
    let by_people = put_away.into_iter().map(|resource| (resource, "Somebody hid its tile.".to_owned()));
    let by_rule = ruled_out.into_iter().map(|resource| {
        let because = resource.text("hidden_because").map_or_else(
            || "It does not look like something that a person opens.".to_owned(),
            |said| tidy(said, SENTENCE_MAX),
        );
        (resource, because)
    });
    let mut all: Vec<Hidden> = by_people
        .chain(by_rule)
        .map(|(resource, because)| Hidden { name: settings.name_of(&resource), resource, because })
        .collect();
    all.sort_by_cached_key(|one| (one.name.to_lowercase(), one.resource.id.clone()));
    all
}

/// A service of this machine that was also written down is one thing: what was written down is shown.
fn without_twins(resources: &[Arc<Resource>]) -> Vec<Arc<Resource>> {
    let written: Vec<u16> = resources
        .iter()
        .filter(|r| r.id.kind() == "service" && WRITTEN.contains(&r.id.scope()))
        .filter_map(|r| r.text("url").and_then(own_port))
        .collect();
    let is_twin = |r: &Resource| {
        r.id.kind() == "service"
            && !WRITTEN.contains(&r.id.scope())
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

/// Tags as they were typed or found, divided by commas: in lower case, each once, sorted.
pub fn tags_of(texts: &[Option<&str>]) -> Vec<String> {
    let words =
        texts.iter().flatten().flat_map(|text| text.split(',')).map(|tag| tidy(tag, 24).to_lowercase());
    let mut tags: Vec<String> =
        words.map(|tag| tag.replace(' ', "-")).filter(|tag| !tag.is_empty()).collect();
    tags.sort();
    tags.dedup();
    tags.truncate(TAGS_MAX);
    tags
}

/// Where the link of a service leads for somebody who reached Hob under `host` (without port).
///
/// A service was probed at a loopback address; from another machine it is reached under the name by which this machine
/// was reached. `None` when the resource has no address.
pub fn link_target(resource: &Resource, host: Option<&str>) -> Option<String> {
    // A fact may come from a stranger, and only these two schemes lead a browser to a page.
    let url = resource.text("url").filter(|url| url.starts_with("http://") || url.starts_with("https://"))?;
    let loopback_only = matches!(resource.facts.get("loopback_only"), Some(Fact::Boolean(true)));
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
