//! What another dashboard's file would change here: each of its entries names a tile that was found, or becomes a tile or a
//! bookmark of its own.

use super::links::{Link, LinkKind, short};
use super::twins::address;
use super::{House, TILE_KINDS, TileSettings, check_name, tags_of};
use app_catalog::Icon;
use dashboard_import::{Dashboard, Tile as Entry};
use hob_base::{Resource, ResourceId};
use hob_web::components::check_symbol;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// What becomes of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It tells about something that was found.
    Found(ResourceId),
    /// It becomes a tile, which is checked.
    Tile,
    /// It becomes a bookmark.
    Bookmark,
    /// It is there already.
    Known,
}

/// One entry and what becomes of it, unless somebody wants something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The entry.
    pub entry: Entry,
    /// What becomes of it.
    pub fate: Fate,
    /// What the thing that was found is called now.
    pub now: Option<String>,
}

/// What would be done, in the order of the file.
pub fn plan(
    dashboard: &Dashboard,
    house: &House,
    resources: &[Arc<Resource>],
    links: &[Link],
    hostname: &str,
) -> Vec<Step> {
    let found = Found::new(house, resources, hostname);
    let known: BTreeSet<(LinkKind, &str)> = links.iter().map(|link| (link.kind, link.url.as_str())).collect();
    let tiles = dashboard.tiles.iter().map(|entry| (entry, LinkKind::Tile));
    let bookmarks = dashboard.bookmarks.iter().map(|entry| (entry, LinkKind::Bookmark));
    let step = |(entry, kind): (&Entry, LinkKind)| {
        let resource = if kind == LinkKind::Tile { found.by_address(&entry.url) } else { None };
        let fate = match &resource {
            _ if known.contains(&(LinkKind::Tile, entry.url.as_str())) => Fate::Known,
            _ if known.contains(&(LinkKind::Bookmark, entry.url.as_str())) => Fate::Known,
            Some(resource) => Fate::Found(resource.id.clone()),
            None if kind == LinkKind::Tile && (entry.checked || found.is_own(&entry.url)) => Fate::Tile,
            None => Fate::Bookmark,
        };
        Step { entry: entry.clone(), fate, now: resource.map(|resource| resource.name.clone()) }
    };
    tiles.chain(bookmarks).map(step).collect()
}

/// Everything that was found and can be opened, by where it is.
struct Found<'a> {
    by_address: HashMap<String, &'a Arc<Resource>>,
    /// Services of this machine, by port.
    by_port: HashMap<u16, &'a Arc<Resource>>,
    /// The last two labels of the hosts of the house.
    domains: BTreeSet<String>,
    hostname: &'a str,
}

impl<'a> Found<'a> {
    fn new(house: &'a House, resources: &'a [Arc<Resource>], hostname: &'a str) -> Self {
        let hidden = house.hidden.iter().map(|hidden| &hidden.resource);
        let shown = house.groups.iter().flat_map(|group| &group.tiles).map(|tile| &tile.resource);
        let mut found =
            Self { by_address: HashMap::new(), by_port: HashMap::new(), domains: BTreeSet::new(), hostname };
        let rest = resources.iter().filter(|resource| TILE_KINDS.contains(&resource.id.kind()));
        // Tiles first: of the same thing found twice, what is shown is told about.
        for resource in shown.chain(hidden).chain(rest) {
            let Some(url) = resource.text("url") else { continue };
            if let Some(place) = address(url) {
                found.domains.extend(domain(&place));
                found.by_address.entry(place).or_insert(resource);
            }
            if let Some(port) = super::own_port(url) {
                found.by_port.entry(port).or_insert(resource);
            }
            let path = address(url).and_then(|place| Some(place.split_once('/')?.1.to_owned()));
            for alias in resource.text("aliases").unwrap_or_default().split(',').map(str::trim).take(32) {
                if let (false, Some(path)) = (alias.is_empty(), &path) {
                    found.by_address.entry(format!("{}/{path}", alias.to_lowercase())).or_insert(resource);
                }
            }
        }
        found
    }

    /// What is opened at an address: the same address, or the front page of the same host, since dashboards often link
    /// deeper (`/admin`, `/web/index.html`); or a port of this machine under any of its names.
    fn by_address(&self, url: &str) -> Option<&'a Arc<Resource>> {
        if let Some(port) = super::own_port(url) {
            return self.by_port.get(&port).copied();
        }
        let place = address(url)?;
        let host = place.split('/').next().unwrap_or_default();
        let same = self.by_address.get(&place).or_else(|| self.by_address.get(&format!("{host}/")));
        same.copied().or_else(|| {
            let (name, port) = match host.rsplit_once(':') {
                Some((name, port)) => (name, port.parse().ok()?),
                None => (host, if url.starts_with("https") { 443 } else { 80 }),
            };
            let own = name.split('.').next().is_some_and(|first| first.eq_ignore_ascii_case(self.hostname));
            self.by_port.get(&port).filter(|_| own).copied()
        })
    }

    /// Whether an address is in the house: a private one, a name without or with a private ending, or under a domain under
    /// which something was found.
    fn is_own(&self, url: &str) -> bool {
        const ENDINGS: [&str; 7] =
            [".lan", ".local", ".home", ".internal", ".home.arpa", ".localdomain", ".ts.net"];
        let Some(place) = address(url) else { return true };
        let host = place.split('/').next().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        if let Ok(ip) = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>() {
            return match ip {
                std::net::IpAddr::V4(ip) => {
                    ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.octets()[0] == 100
                }
                std::net::IpAddr::V6(ip) => {
                    ip.is_unique_local() || ip.is_loopback() || ip.is_unicast_link_local()
                }
            };
        }
        !name.contains('.')
            || ENDINGS.iter().any(|ending| name.ends_with(ending))
            || domain(&place).is_some_and(|domain| self.domains.contains(&domain))
    }
}

/// The last two labels of a host with a name.
fn domain(place: &str) -> Option<String> {
    let host = place.split(['/', ':']).next()?;
    let mut labels: Vec<&str> = host.rsplit('.').take(2).collect();
    labels.reverse();
    let named = labels.len() == 2 && labels.iter().all(|label| label.contains(char::is_alphabetic));
    named.then(|| labels.join("."))
}

/// The symbol that stands for a dashboard's icon here, where pictures of other hosts are never fetched.
pub fn symbol(icon: Option<&str>) -> Option<String> {
    let symbol = match Icon::parse(icon?)? {
        Icon::App(app) => app.symbol.to_owned(),
        Icon::Symbol(symbol) => symbol,
        Icon::Url(_) => return None,
    };
    check_symbol(&symbol).ok()
}

/// An entry as a link of its own.
pub fn link(entry: &Entry, kind: LinkKind) -> Link {
    let name = check_name(&entry.name).unwrap_or_else(|_| "Link".to_owned());
    Link {
        group: entry.group.as_deref().and_then(|group| check_name(group).ok()),
        icon: symbol(entry.icon.as_deref()),
        description: entry.description.as_deref().and_then(|text| short(text, 120)),
        tags: short(&tags_of(&[Some(&entry.tags.join(","))]).join(", "), 300),
        ..Link::new(kind, name, entry.url.clone())
    }
}

/// What an entry says of something that was found, on top of what people said of it before.
pub fn settings(entry: &Entry, resource: &Resource, before: &TileSettings) -> TileSettings {
    let name = check_name(&entry.name).ok().filter(|name| *name != resource.name);
    let tags = tags_of(&[before.tags.as_deref(), Some(&entry.tags.join(","))]);
    // Its own icon is better than a symbol that stands for it.
    let icon = if resource.text("icon").is_some() { None } else { symbol(entry.icon.as_deref()) };
    TileSettings {
        name: name.or_else(|| before.name.clone()),
        group: entry
            .group
            .as_deref()
            .and_then(|group| check_name(group).ok())
            .or_else(|| before.group.clone()),
        icon: before.icon.clone().or(icon),
        // Who had it on the old page wants to see it.
        hidden: if before.hidden == Some(true) { Some(false) } else { before.hidden.or(Some(false)) },
        pinned: before.pinned,
        tags: Some(tags.join(", ")).filter(|tags| !tags.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Settings, house};
    use hob_base::resource::{Moment, observe};
    use hob_base::{Health, Observation, Timestamp};
    use std::time::Duration;

    fn service(id: &str, name: &str, url: &str) -> Arc<Resource> {
        let now = Moment { wall: Timestamp::from_millis(1_000_000), monotonic: Duration::ZERO };
        let said = Observation::new("test", id.parse().unwrap(), Duration::from_secs(60));
        let said = said.named(name).fact("url", url).judged(Health::ok("Answers."));
        Arc::new(observe(None, said, now))
    }

    fn fates(file: &str, links: &[Link]) -> Vec<(String, Fate)> {
        let resources = [
            service("service/home/jellyfin.example.org", "jellyfin", "https://jellyfin.example.org/"),
            service("service/nas/3000", "Grafana", "http://127.0.0.1:3000/"),
        ];
        let house = house(&resources, &Settings::default());
        let dashboard = dashboard_import::read(file).unwrap();
        let steps = plan(&dashboard, &house, &resources, links, "nas");
        steps.into_iter().map(|step| (step.entry.name, step.fate)).collect()
    }

    fn item(name: &str, url: &str) -> String {
        format!("  - {{name: {name}, url: \"{url}\"}}\n")
    }

    fn homer(items: &[(&str, &str)]) -> String {
        let items: String = items.iter().map(|(name, url)| item(name, url)).collect();
        format!("services:\n- name: Media\n  items:\n{items}")
    }

    #[test]
    fn an_entry_tells_about_what_was_found_at_its_address() {
        let file = homer(&[
            ("Same", "https://Jellyfin.example.org"),
            ("Deeper", "https://jellyfin.example.org/web/index.html"),
            ("Local", "http://localhost:3000"),
            ("ByName", "http://nas.lan:3000/d/1"),
        ]);
        let fates = fates(&file, &[]);
        let jellyfin = Fate::Found("service/home/jellyfin.example.org".parse().unwrap());
        let grafana = Fate::Found("service/nas/3000".parse().unwrap());
        let expected =
            [("Same", &jellyfin), ("Deeper", &jellyfin), ("Local", &grafana), ("ByName", &grafana)];
        for ((name, fate), (wanted, expected)) in fates.iter().zip(expected) {
            assert_eq!((name.as_str(), fate), (wanted, expected));
        }
    }

    #[test]
    fn what_was_not_found_is_a_tile_in_the_house_and_a_bookmark_elsewhere() {
        let file = homer(&[
            ("Router", "http://192.168.1.1/"),
            ("Nas", "http://storage:5000/"),
            ("Lan", "https://x.lan/"),
            ("Own", "https://new.example.org/"),
            ("Far", "https://www.reddit.com/r/selfhosted"),
        ]);
        let told: Vec<Fate> = fates(&file, &[]).into_iter().map(|(_, fate)| fate).collect();
        assert_eq!(told, [Fate::Tile, Fate::Tile, Fate::Tile, Fate::Tile, Fate::Bookmark]);
        let again = [Link::new(LinkKind::Bookmark, "Far", "https://www.reddit.com/r/selfhosted")];
        assert_eq!(fates(&file, &again)[4].1, Fate::Known);
    }

    #[test]
    fn what_people_said_before_stays_where_the_file_says_nothing() {
        let resource = service("service/nas/3000", "Grafana", "http://127.0.0.1:3000/");
        let before = TileSettings {
            group: Some("Mine".into()),
            icon: Some("📈".into()),
            tags: Some("a".into()),
            ..TileSettings::default()
        };
        let entry = Entry {
            name: "Charts".into(),
            icon: Some("mdi-home".into()),
            tags: vec!["b".into()],
            ..Entry::default()
        };
        let after = settings(&entry, &resource, &before);
        assert_eq!(after.name.as_deref(), Some("Charts"));
        assert_eq!((after.group.as_deref(), after.icon.as_deref()), (Some("Mine"), Some("📈")));
        assert_eq!((after.tags.as_deref(), after.hidden), (Some("a, b"), Some(false)));
    }

    #[test]
    fn icons_of_other_dashboards_become_symbols_and_pictures_elsewhere_are_not_fetched() {
        assert_eq!(symbol(Some("https://example.org/x.png")), None);
        assert_eq!(symbol(Some("📚")).as_deref(), Some("📚"));
        assert_eq!(symbol(None), None);
        assert!(symbol(Some("hl-jellyfin")).is_some());
    }
}
