//! How somebody wants a thing to be probed.

use super::truth;
use crate::words::{address, line};

/// The longest path, in characters.
const PATH_MAX: usize = 500;
/// How many lines of an endpoint of Gatus are looked at.
const LINES: usize = 100;

/// How a thing is to be probed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// Not at all.
    Off,
    /// Otherwise than by its own address.
    At {
        /// The path to ask for, beginning with a slash; `None`: that of its address.
        path: Option<String>,
        /// The whole address to ask; `None`: its own.
        url: Option<String>,
        /// The status codes that are right; empty: those of any page.
        statuses: Vec<u16>,
    },
}

impl Probe {
    /// Reads `none`, `/path`, or an address.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let value = value.trim();
        if value.eq_ignore_ascii_case("none") || truth(value) == Some(false) {
            return Some(Self::Off);
        }
        match path(value) {
            Some(path) => Some(Self::At { path: Some(path), url: None, statuses: Vec::new() }),
            None => address(value).map(Self::of_url),
        }
    }

    pub(super) const fn of_url(url: String) -> Self {
        Self::At { path: None, url: Some(url), statuses: Vec::new() }
    }

    /// Reads an endpoint as Gatus wants it (a little YAML): its `url`, and conditions on the status such as
    /// `[STATUS] == 401` and `[STATUS] == any(200, 403)`. Whatever else it says is left alone.
    pub(super) fn of_gatus(value: &str) -> Option<Self> {
        let mut url = None;
        let mut statuses = Vec::new();
        for text in value.lines().take(LINES) {
            let text = text.trim().trim_start_matches("- ").trim();
            if let Some(rest) = text.strip_prefix("url:") {
                url = url.or_else(|| address(unquoted(rest)));
            }
            statuses.extend(wanted_statuses(text));
        }
        statuses.sort_unstable();
        statuses.dedup();
        statuses.truncate(20);
        (url.is_some() || !statuses.is_empty()).then_some(Self::At { path: None, url, statuses })
    }
}

fn path(value: &str) -> Option<String> {
    let fits = value.starts_with('/')
        && !value.starts_with("//")
        && address(&format!("http://host{value}")).is_some()
        && value.chars().count() <= PATH_MAX;
    fits.then(|| line(value, PATH_MAX)).flatten()
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

/// The codes of every `[STATUS] == …` in a line.
fn wanted_statuses(text: &str) -> Vec<u16> {
    let mut found = Vec::new();
    for part in text.split("[STATUS]").skip(1).take(10) {
        let Some(rest) = part.trim_start().strip_prefix("==") else { continue };
        let rest = rest.trim_start();
        let list = match rest.strip_prefix("any(") {
            Some(list) => list.split(')').next().unwrap_or_default(),
            None => rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default(),
        };
        let codes = list.split(',').take(20).filter_map(|code| code.trim().parse::<u16>().ok());
        found.extend(codes.filter(|code| (100..600).contains(code)));
    }
    found
}
