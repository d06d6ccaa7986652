//! Which tile stands under which heading, and in which order, without anybody saying so.

use super::twins::Folded;
use super::{Group, PINNED, Settings, Tile, TileSettings, UNGROUPED, tags_of};
use hob_base::Resource;
use hob_base::wording::tidy;
use std::collections::BTreeMap;

/// A heading that nobody chose needs more tiles than this to be worth a heading.
const TINY: usize = 2;
/// The longest heading.
const TITLE_MAX: usize = 60;

/// Who says under which heading a tile stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Pinned,
    Titled,
    Ungrouped,
}

/// One tile on the way to its heading.
struct Loose {
    place: Place,
    title: String,
    /// Whether a person chose the heading; it stands however small it is.
    chosen: bool,
    /// What kind of application it is, as a heading.
    category: Option<String>,
    /// The smaller, the earlier.
    weight: i64,
    tile: Tile,
}

/// The tiles under their headings: pinned ones, headings by name, and what has none.
pub(super) fn groups(folded: &[Folded], settings: &Settings) -> Vec<Group> {
    let mut loose: Vec<Loose> = folded.iter().map(|one| loose(one, settings)).collect();
    gather_tiny(&mut loose);
    let mut groups: BTreeMap<(Place, String), (String, Vec<Loose>)> = BTreeMap::new();
    for one in loose {
        let key = (one.place, one.title.to_lowercase());
        groups.entry(key).or_insert_with(|| (one.title.clone(), Vec::new())).1.push(one);
    }
    let sorted = groups.into_values().map(|(title, mut tiles)| {
        tiles.sort_by_cached_key(|one| {
            (one.weight, one.tile.name.to_lowercase(), one.tile.resource.id.clone())
        });
        Group { title, tiles: tiles.into_iter().map(|one| one.tile).collect() }
    });
    sorted.collect()
}

fn loose(folded: &Folded, settings: &Settings) -> Loose {
    let resource = &folded.resource;
    let wanted = settings.of(&resource.id);
    let (place, title, chosen) = heading(resource, &wanted);
    let tags = tags_of(&[resource.text("tags"), wanted.tags.as_deref()]);
    let icon = wanted.icon.or_else(|| found_symbol(resource));
    let name = wanted.name.unwrap_or_else(|| resource.name.clone());
    Loose {
        place,
        title,
        chosen,
        category: resource
            .text("category")
            .map(|category| tidy(category, TITLE_MAX))
            .filter(|c| !c.is_empty()),
        weight: weight(resource),
        tile: Tile { resource: resource.clone(), name, icon, tags, also: folded.also.clone() },
    }
}

/// Dashboards write weights as numbers or as text, some with a point; in thousandths.
fn weight(resource: &Resource) -> i64 {
    let number = resource.number("weight").or_else(|| resource.text("weight")?.trim().parse().ok());
    number.filter(|weight| weight.is_finite()).map_or(0, |weight| (weight.clamp(-1e9, 1e9) * 1e3) as i64)
}

/// The symbol that a source gives. A catalog's is only better than a letter: the service's own icon goes before it.
fn found_symbol(resource: &Resource) -> Option<String> {
    let symbol = resource.text("symbol")?;
    let own_icon = resource.text("icon").is_some();
    let from_catalog = resource.text("app").is_some();
    (!(own_icon && from_catalog)).then(|| tidy(symbol, 16))
}

fn heading(resource: &Resource, wanted: &TileSettings) -> (Place, String, bool) {
    if wanted.pinned.unwrap_or(false) {
        return (Place::Pinned, PINNED.to_owned(), true);
    }
    if let Some(group) = &wanted.group {
        return (Place::Titled, group.clone(), true);
    }
    let said =
        |key: &str| resource.text(key).map(|text| tidy(text, TITLE_MAX)).filter(|text| !text.is_empty());
    let home = said("namespace").or_else(|| said("project")).map(|name| title_case(&name));
    match (said("group"), home) {
        (Some(group), Some(home)) if title_case(&group) == home => (Place::Titled, home, false),
        (Some(group), _) => (Place::Titled, group, true),
        (None, Some(home)) => (Place::Titled, home, false),
        (None, None) => (Place::Ungrouped, UNGROUPED.to_owned(), false),
    }
}

/// A heading of one or two tiles that nobody chose tells less than what kind of application they are; of kinds that occur
/// once, all together are “Services”.
fn gather_tiny(loose: &mut [Loose]) {
    let count = |loose: &[Loose]| {
        let mut sizes: BTreeMap<(Place, String), usize> = BTreeMap::new();
        for one in loose {
            *sizes.entry((one.place, one.title.to_lowercase())).or_default() += 1;
        }
        sizes
    };
    let small = |sizes: &BTreeMap<(Place, String), usize>, one: &Loose, least: usize| {
        !one.chosen && sizes.get(&(one.place, one.title.to_lowercase())).is_some_and(|size| *size <= least)
    };
    // A whole house that is one heading keeps it.
    let sizes = count(loose);
    if sizes.len() <= 1 {
        return;
    }
    let mut moved = Vec::new();
    for (at, one) in loose.iter_mut().enumerate() {
        if one.place != Place::Pinned && (one.place == Place::Ungrouped || small(&sizes, one, TINY)) {
            if let Some(category) = one.category.clone() {
                (one.place, one.title) = (Place::Titled, category);
                moved.push(at);
            } else if !one.chosen {
                (one.place, one.title) = (Place::Ungrouped, UNGROUPED.to_owned());
            }
        }
    }
    let sizes = count(loose);
    for at in moved {
        if let Some(one) = loose.get_mut(at).filter(|one| small(&sizes, one, 1)) {
            (one.place, one.title) = (Place::Ungrouped, UNGROUPED.to_owned());
        }
    }
}

/// `home-automation` is “Home Automation”. Words that have capitals of their own keep them.
pub fn title_case(name: &str) -> String {
    let words = name.split(['-', '_', '.', ' ']).filter(|word| !word.is_empty());
    let titled = words.map(|word| {
        let mut letters = word.chars();
        letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
    });
    titled.collect::<Vec<_>>().join(" ")
}
