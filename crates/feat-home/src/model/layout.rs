//! How one person wants the home page: favourites, order of the headings, what is folded or left out, how large tiles are.
//!
//! A layout only rearranges what the house consists of; it never decides what is known or how well it is.

use super::{Group, House, Tile};
use hob_base::ResourceId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Where somebody's favourites stand.
pub const FAVOURITES: &str = "Favourites";
/// From so many tiles on they are compact, unless somebody wants them large.
const LARGE_MAX: usize = 60;
/// The most entries of each list of a layout.
const ENTRIES_MAX: usize = 500;

/// How much a tile shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum View {
    /// Large ones while there are few.
    #[default]
    Auto,
    /// Name and health.
    Compact,
    /// With the history of ninety days.
    Large,
}

impl View {
    /// The word in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Compact => "compact",
            Self::Large => "large",
        }
    }

    /// Whether so many tiles are compact.
    pub fn is_compact(self, tiles: usize) -> bool {
        match self {
            Self::Auto => tiles > LARGE_MAX,
            Self::Compact => true,
            Self::Large => false,
        }
    }
}

/// How wide a column of tiles is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Width {
    /// Many columns.
    Narrow,
    /// As usual.
    #[default]
    Middle,
    /// Few columns.
    Wide,
}

impl Width {
    /// The word in forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Narrow => "narrow",
            Self::Middle => "middle",
            Self::Wide => "wide",
        }
    }
}

/// What one person wants; of somebody without an account, what the house wants.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layout {
    /// How much a tile shows.
    pub view: View,
    /// How wide a column is.
    pub width: Width,
    /// Whether tiles open in a tab of their own.
    pub new_tab: bool,
    /// What stands first, in this order.
    pub favourites: Vec<ResourceId>,
    /// Headings in the order in which they are wanted; the others follow.
    pub order: Vec<String>,
    /// Headings of which only the heading is shown.
    pub folded: BTreeSet<String>,
    /// Headings that are left out.
    pub hidden: BTreeSet<String>,
    /// What headings are called instead.
    pub names: BTreeMap<String, String>,
    /// Cards that are left out, as `feature-id`.
    pub cards_off: BTreeSet<String>,
}

/// A heading as one person sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Shelf<'a> {
    /// What it is called in the house; layouts refer to it by this.
    pub title: &'a str,
    /// What this person calls it.
    pub name: &'a str,
    /// Its tiles.
    pub tiles: Vec<&'a Tile>,
    /// Whether only its heading is shown.
    pub folded: bool,
    /// Whether it is left out.
    pub hidden: bool,
}

impl Layout {
    /// The headings of a house as this person wants them, favourites first. What is left out is still in the list.
    pub fn arrange<'a>(&'a self, house: &'a House) -> Vec<Shelf<'a>> {
        let wanted: HashMap<&ResourceId, usize> =
            self.favourites.iter().enumerate().map(|(at, id)| (id, at)).collect();
        let mut favourites: Vec<(usize, &Tile)> = Vec::new();
        let mut shelves: Vec<Shelf<'a>> = Vec::with_capacity(house.groups.len() + 1);
        for group in &house.groups {
            let mut shelf = self.shelf(group);
            for tile in &group.tiles {
                match wanted.get(&tile.resource.id) {
                    Some(at) => favourites.push((*at, tile)),
                    None => shelf.tiles.push(tile),
                }
            }
            if !shelf.tiles.is_empty() {
                shelves.push(shelf);
            }
        }
        let place: HashMap<&str, usize> =
            self.order.iter().enumerate().map(|(at, title)| (title.as_str(), at)).collect();
        shelves.sort_by_key(|shelf| place.get(shelf.title).copied().unwrap_or(usize::MAX));
        if !favourites.is_empty() {
            favourites.sort_by_key(|(at, _)| *at);
            let tiles = favourites.into_iter().map(|(_, tile)| tile).collect();
            let folded = self.folded.contains(FAVOURITES);
            shelves.insert(0, Shelf { title: FAVOURITES, name: FAVOURITES, tiles, folded, hidden: false });
        }
        shelves
    }

    fn shelf<'a>(&'a self, group: &'a Group) -> Shelf<'a> {
        Shelf {
            title: &group.title,
            name: self.names.get(&group.title).map_or(group.title.as_str(), String::as_str),
            tiles: Vec::with_capacity(group.tiles.len()),
            folded: self.folded.contains(&group.title),
            hidden: self.hidden.contains(&group.title),
        }
    }

    /// Makes something a favourite, or one no more.
    pub fn star(&mut self, id: &ResourceId) {
        let before = self.favourites.len();
        self.favourites.retain(|other| other != id);
        if self.favourites.len() == before && before < ENTRIES_MAX {
            self.favourites.push(id.clone());
        }
    }

    /// Moves a favourite one place up or down.
    pub fn move_favourite(&mut self, id: &ResourceId, up: bool) {
        let at = self.favourites.iter().position(|other| other == id);
        swap(&mut self.favourites, at, up);
    }

    /// Moves a heading one place up or down among those that are there.
    pub fn move_group(&mut self, title: &str, up: bool, house: &House) {
        let shelves = self.arrange(house);
        let mut titles: Vec<String> = shelves
            .iter()
            .filter(|shelf| shelf.title != FAVOURITES)
            .map(|shelf| shelf.title.to_owned())
            .collect();
        let at = titles.iter().position(|other| other == title);
        swap(&mut titles, at, up);
        // What is not there at this moment keeps its wish.
        let away = self.order.iter().filter(|old| !titles.contains(*old)).cloned();
        let away: Vec<String> = away.take(ENTRIES_MAX.saturating_sub(titles.len())).collect();
        titles.extend(away);
        titles.truncate(ENTRIES_MAX);
        self.order = titles;
    }

    /// Folds a heading, or opens it.
    pub fn fold(&mut self, title: &str, folded: bool) {
        set(&mut self.folded, title, folded);
    }

    /// Leaves a heading out, or shows it.
    pub fn hide(&mut self, title: &str, hidden: bool) {
        set(&mut self.hidden, title, hidden);
    }

    /// Leaves a card out, or shows it.
    pub fn card_off(&mut self, card: &str, off: bool) {
        set(&mut self.cards_off, card, off);
    }

    /// Calls a heading something else; nothing, or its own name, goes back.
    pub fn rename(&mut self, title: &str, name: &str) {
        if name.is_empty() || name == title {
            self.names.remove(title);
        } else if self.names.len() < ENTRIES_MAX {
            self.names.insert(title.to_owned(), name.to_owned());
        }
    }
}

fn swap<T>(list: &mut [T], at: Option<usize>, up: bool) {
    let Some(at) = at else { return };
    let other = if up { at.checked_sub(1) } else { Some(at + 1) };
    if let Some(other) = other.filter(|other| *other < list.len()) {
        list.swap(at, other);
    }
}

fn set(set: &mut BTreeSet<String>, title: &str, inside: bool) {
    if !inside {
        set.remove(title);
    } else if set.len() < ENTRIES_MAX {
        set.insert(title.chars().take(80).collect());
    }
}

#[cfg(test)]
mod tests;
