//! Takes over checks from Uptime Kuma and Gatus, as pure functions: a file becomes definitions, and a list of what could
//! not be taken over, each with a sentence that says why and what is near it.
//!
//! Sources: Uptime Kuma's backup of version 1 (Settings → Backup; `server/model/monitor.js`, `toJSON`), and the monitors
//! that its API and socket tell in version 2; Gatus' configuration as its README describes it.

mod conditions;
mod gatus;
mod kuma;

pub(crate) use gatus::gatus;
pub(crate) use hob_web::upload::text_of;
pub(crate) use kuma::kuma;

use crate::model::definition::mistakes::{EVERY, IN_A_ROW, NAME_MAX, TIMEOUT};
use crate::model::definition::{ADDED_SCOPE, CheckDefinition, slug};
use hob_base::wording::tidy;
use hob_base::{ResourceId, Result};
use hob_feature::checks::{CheckSecret, CheckTarget};
use percent_encoding::percent_decode_str;
use std::collections::HashSet;
use std::time::Duration;

/// The largest file that is read.
pub(crate) const FILE_BYTES_MAX: usize = 8 << 20;
/// The most checks that are taken from one file.
pub(crate) const TAKEN_MAX: usize = 5000;
/// The most remarks that are made.
const LEFT_OUT_MAX: usize = 10_000;

/// Seals a secret of the file.
pub(crate) type Seal<'a> = &'a dyn Fn(&str) -> Result<CheckSecret>;

/// What came of a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Imported {
    /// From what it comes, in words.
    pub(crate) source: &'static str,
    /// Checks without a mistake; no two have the same slug.
    pub(crate) definitions: Vec<CheckDefinition>,
    /// What could not be taken over.
    pub(crate) left_out: Vec<LeftOut>,
}

/// Something that could not be taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// What it is called there.
    pub(crate) name: String,
    /// Whether the check is made all the same, without this.
    pub(crate) made: bool,
    /// One or two sentences: why, and what is near it.
    pub(crate) why: String,
}

/// Reads a file of either program.
///
/// # Errors
/// One sentence when it is of neither.
pub(crate) fn read(text: &str, seal: Seal<'_>) -> Result<Imported, String> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.is_empty() {
        return Err("There is nothing in it. Choose a file or paste its text.".to_owned());
    }
    if text.len() > FILE_BYTES_MAX {
        return Err("It is larger than 8 MiB, which is the most that is read.".to_owned());
    }
    if text.starts_with(['{', '[']) { kuma(text, seal) } else { gatus(text, seal) }
}

/// Definitions on their way.
struct Taking<'a> {
    seal: Seal<'a>,
    imported: Imported,
    slugs: HashSet<String>,
}

impl<'a> Taking<'a> {
    fn new(source: &'static str, seal: Seal<'a>) -> Self {
        Self { seal, imported: Imported { source, ..Imported::default() }, slugs: HashSet::new() }
    }

    /// Says what is lost although the check is made.
    fn without(&mut self, name: &str, why: impl AsRef<str>) {
        self.note(name, true, why.as_ref());
    }

    /// Says why nothing is made.
    fn leave(&mut self, name: &str, why: impl AsRef<str>) {
        self.note(name, false, why.as_ref());
    }

    fn note(&mut self, name: &str, made: bool, why: &str) {
        let name = match tidy(name, NAME_MAX) {
            empty if empty.is_empty() => "(without a name)".to_owned(),
            name => name,
        };
        if self.imported.left_out.len() < LEFT_OUT_MAX {
            self.imported.left_out.push(LeftOut { name, made, why: tidy(why, 600) });
        }
    }

    fn seal(&mut self, name: &str, value: &str) -> Option<CheckSecret> {
        let sealed = (self.seal)(value).ok().filter(|_| value.len() <= 10_000);
        if sealed.is_none() {
            self.without(name, "A password could not be sealed: type it anew under “Edit”.");
        }
        sealed
    }

    /// A slug that no other one of this file has.
    fn slug(&mut self, name: &str) -> String {
        let stem = slug(name);
        let mut unique = stem.clone();
        let mut number = 2_u32;
        while !stem.is_empty() && !self.slugs.insert(unique.clone()) {
            unique = format!("{stem}-{number}");
            number += 1;
        }
        unique
    }

    /// Keeps a definition that has no mistakes; the others are left out with these. Returns its resource.
    fn keep(&mut self, mut definition: CheckDefinition) -> Option<ResourceId> {
        if self.imported.definitions.len() >= TAKEN_MAX {
            self.leave(&definition.name, format!("Only {TAKEN_MAX} checks are taken from one file."));
            return None;
        }
        let mistakes = definition.mistakes();
        if !mistakes.is_empty() {
            let said: Vec<String> =
                mistakes.iter().map(|mistake| format!("{}: {}", mistake.field, mistake.problem)).collect();
            self.leave(
                &definition.name,
                format!("It cannot be a check here as it stands: {}.", said.join("; ")),
            );
            return None;
        }
        let name = definition.name.clone();
        definition.slug = self.slug(&name);
        let id = definition.resource(ADDED_SCOPE);
        self.imported.definitions.push(definition);
        Some(id)
    }
}

/// A definition of this name, with times that Hob allows.
fn definition(name: &str, target: CheckTarget) -> CheckDefinition {
    CheckDefinition::new(tidy(name, NAME_MAX), target)
}

fn every(seconds: f64) -> Duration {
    bounded(seconds, *EVERY.start(), *EVERY.end())
}

fn timeout(seconds: f64) -> Duration {
    bounded(seconds, *TIMEOUT.start(), *TIMEOUT.end())
}

fn bounded(seconds: f64, least: Duration, most: Duration) -> Duration {
    let ms = Duration::try_from_secs_f64(seconds).unwrap_or(most).as_millis();
    Duration::from_millis(u64::try_from(ms).unwrap_or(u64::MAX)).clamp(least, most)
}

fn in_a_row(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX).clamp(*IN_A_ROW.start(), *IN_A_ROW.end())
}

/// An address in pieces: `scheme://user:password@host:port/path?query`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Place {
    scheme: String,
    user: Option<String>,
    password: Option<String>,
    host: String,
    port: Option<u16>,
    /// Path and query, as they stand.
    rest: String,
}

/// Takes an address apart. Whatever is missing is empty.
fn place(text: &str) -> Place {
    let text = text.trim();
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, rest) = rest.split_at(end);
    let (login, host) =
        authority.rsplit_once('@').map_or((None, authority), |(login, host)| (Some(login), host));
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let (user, password) = match login.map(|login| login.split_once(':').unwrap_or((login, ""))) {
        Some((user, password)) => (Some(decode(user)), Some(decode(password))),
        None => (None, None),
    };
    let (host, port) = host_and_port(host);
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    Place {
        scheme: scheme.to_ascii_lowercase(),
        user: filled(user),
        password: filled(password),
        host,
        port,
        rest: rest.to_owned(),
    }
}

fn host_and_port(text: &str) -> (String, Option<u16>) {
    let bare = |host: &str| host.trim_start_matches('[').trim_end_matches(']').to_owned();
    match text.rsplit_once(':') {
        // A colon within an address of IPv6 begins no port.
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => match port.parse() {
            Ok(port) => (bare(host), Some(port)),
            Err(_) => (bare(text), None),
        },
        _ => (bare(text), None),
    }
}

/// The address without user and password.
fn without_login(text: &str) -> String {
    let Some((scheme, rest)) = text.trim().split_once("://") else { return text.trim().to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

/// Whether the value of a header of this name should not be shown.
fn is_secret_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["authorization", "cookie", "token", "secret", "api-key", "apikey", "password", "auth-key"]
        .iter()
        .any(|word| name.contains(word))
}

#[cfg(test)]
mod tests;
