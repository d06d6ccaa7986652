//! Reads the configuration files of other dashboards, as pure functions: Dashy (`conf.yml`), Homepage (`services.yaml`,
//! `bookmarks.yaml`, `widgets.yaml`, `settings.yaml`) and Homer (`config.yml`) become tiles, bookmarks, search engines and
//! widgets, and a list of what could not be taken over, each with a sentence that says why.
//!
//! Invariants: nothing here panics, whatever the text; every text that comes out is one bounded line; an address that comes
//! out is `http` or `https` and carries no credentials. Keys, tokens and passwords of widgets are never part of what comes
//! out: only how many there were is told.
//!
//! Sources: Dashy's docs/configuring.md (4.0), Homepage's docs/configs and docs/widgets (1.12), Homer's
//! docs/configuration.md (25.x). Of a file with several documents the first is read.

mod dashy;
mod homepage;
mod homer;
mod words;

use serde_json::Value;
use std::fmt;
use words::{Secrets, line};

/// The largest file that is read, in bytes.
pub const FILE_BYTES_MAX: usize = 4 << 20;
/// The most entries that are taken from one file.
pub const ENTRIES_MAX: usize = 2000;
/// The longest name, in letters.
pub const NAME_MAX: usize = 60;
/// The longest description, in letters.
pub const TEXT_MAX: usize = 120;

/// Whose file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// Dashy.
    Dashy,
    /// Homepage of gethomepage.dev.
    Homepage,
    /// Homer.
    Homer,
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Dashy => "Dashy",
            Self::Homepage => "Homepage",
            Self::Homer => "Homer",
        })
    }
}

/// What came of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dashboard {
    /// Whose file it is.
    pub program: Program,
    /// Headings in the order of the file.
    pub groups: Vec<String>,
    /// Services, in the order of the file.
    pub tiles: Vec<Tile>,
    /// Plain links.
    pub bookmarks: Vec<Tile>,
    /// Search engines: name, and address with `{query}` where the words go.
    pub engines: Vec<(String, String)>,
    /// Widgets that mean something without a login.
    pub widgets: Vec<Widget>,
    /// What could not be taken over.
    pub left_out: Vec<LeftOut>,
    /// How many keys, tokens and passwords were in the file. None of them is kept.
    pub secrets: usize,
}

/// One link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tile {
    /// What it is called.
    pub name: String,
    /// Where it leads.
    pub url: String,
    /// Under which heading.
    pub group: Option<String>,
    /// What the file says of its icon: a name, an emoji or an address.
    pub icon: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// Whether the dashboard looked if it is there.
    pub checked: bool,
}

/// A widget as data. What each kind has in `options`: `clock` (`zone`), `weather` (`latitude`, `longitude`, `place`,
/// `units`), `feed` (`url`, `count`), `calendar` (`url`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Widget {
    /// `clock`, `weather`, `feed` or `calendar`.
    pub kind: &'static str,
    /// Its heading.
    pub name: Option<String>,
    /// What it shows.
    pub options: Vec<(&'static str, String)>,
}

/// Something that could not be taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// What it is called there.
    pub name: String,
    /// One or two sentences.
    pub why: String,
}

/// Reads a file of any of these programs.
///
/// # Errors
/// One sentence when it is of none of them.
pub fn read(text: &str) -> Result<Dashboard, String> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim().is_empty() {
        return Err("There is nothing in it. Choose a file or paste its text.".to_owned());
    }
    if text.len() > FILE_BYTES_MAX {
        return Err("It is larger than 4 MiB, which is the most that is read.".to_owned());
    }
    let value = yaml_value::parse(text)?;
    let mut taking = Taking::new();
    taking.dashboard.secrets = Secrets::count(&value);
    match &value {
        Value::Array(groups) => homepage::lists(groups, &mut taking),
        Value::Object(file) if dashy::is(file) => dashy::read(file, &mut taking),
        Value::Object(file) if homer::is(file) => homer::read(file, &mut taking),
        Value::Object(file) if homepage::is_settings(file) => homepage::settings(file, &mut taking),
        _ => {
            return Err("It is none of these: conf.yml of Dashy (it has “sections”), services.yaml, bookmarks.yaml, \
                 widgets.yaml or settings.yaml of Homepage, config.yml of Homer (it has “services” with “items”)."
                .to_owned());
        }
    }
    Ok(taking.dashboard)
}

/// A dashboard on its way.
struct Taking {
    dashboard: Dashboard,
}

impl Taking {
    fn new() -> Self {
        let dashboard = Dashboard {
            program: Program::Homepage,
            groups: Vec::new(),
            tiles: Vec::new(),
            bookmarks: Vec::new(),
            engines: Vec::new(),
            widgets: Vec::new(),
            left_out: Vec::new(),
            secrets: 0,
        };
        Self { dashboard }
    }

    fn is_full(&self) -> bool {
        let dashboard = &self.dashboard;
        dashboard.tiles.len() + dashboard.bookmarks.len() + dashboard.left_out.len() >= ENTRIES_MAX
    }

    fn leave(&mut self, name: &str, why: impl AsRef<str>) {
        if self.dashboard.left_out.len() < ENTRIES_MAX {
            let name = line(name, NAME_MAX).unwrap_or_else(|| "(without a name)".to_owned());
            let why = line(why.as_ref(), 400).unwrap_or_default();
            self.dashboard.left_out.push(LeftOut { name, why });
        }
    }

    fn group(&mut self, name: &str) -> Option<String> {
        let name = line(name, NAME_MAX)?;
        if !self.dashboard.groups.contains(&name) {
            self.dashboard.groups.push(name.clone());
        }
        Some(name)
    }

    /// Keeps a link, or says why not.
    fn keep(&mut self, tile: Tile, bookmark: bool) {
        if self.is_full() {
            let last = format!("Only {ENTRIES_MAX} entries are taken from one file.");
            if self.dashboard.left_out.last().is_none_or(|left| left.why != last) {
                self.dashboard.left_out.push(LeftOut { name: tile.name, why: last });
            }
            return;
        }
        match words::address(&tile.url) {
            Ok(url) => {
                let name = line(&tile.name, NAME_MAX).unwrap_or_else(|| words::host(&url).to_owned());
                let tile = Tile { name, url, ..tile };
                let list = if bookmark { &mut self.dashboard.bookmarks } else { &mut self.dashboard.tiles };
                list.push(tile);
            }
            Err(why) => self.leave(&tile.name, why),
        }
    }

    fn engine(&mut self, name: &str, url: &str) {
        let url = words::with_query(url);
        match words::address(&url) {
            Ok(url) if self.dashboard.engines.iter().all(|(_, other)| *other != url) => {
                let name = line(name, NAME_MAX).unwrap_or_else(|| words::host(&url).to_owned());
                self.dashboard.engines.push((name, url));
            }
            Ok(_) => {}
            Err(why) => self.leave(name, why),
        }
    }

    /// A search engine that the program knows by name.
    fn known_engine(&mut self, name: &str) {
        match words::ENGINES.iter().find(|(known, _, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, title, url)) => self.engine(title, url),
            None => {
                self.leave(name, "This search engine is not known by name here: add its address by hand.");
            }
        }
    }
}
