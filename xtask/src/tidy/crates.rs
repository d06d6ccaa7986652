//! Who may use whom, and what a manifest looks like.

use super::{Rule, Violation};
use crate::house::{House, Member, TextFile, Use};
use crate::source::Source;

/// Cargo.lock may hold this many packages. Whoever raises it says in the commit what was worth it.
pub(super) const LOCK_PACKAGES_MAX: usize = 410;

static ARROWS: Rule = Rule {
    name: "arrows-point-down",
    why: "hob → feat-* → hob-web, hob-feature → hob-db → hob-base, and feat-*, hob-feature → engines: what crosses between features \
          goes through hob-base and hob-feature, so that one feature can be read, built and removed alone",
};
static FOLDER: Rule =
    Rule { name: "folder-is-name", why: "`ls crates` is the map: a crate's folder has the crate's name" };
static MANIFEST: Rule = Rule {
    name: "manifest",
    why: "version, edition, lints and the versions of dependencies are stated once, in the workspace's manifest",
};
static LIB: Rule = Rule {
    name: "crate-doc",
    why: "a crate's first lines say what it is for; a feature exports one `pub const FEATURE`, which is all the binary \
          needs to know of it",
};
static BUDGET: Rule = Rule {
    name: "dependency-budget",
    why: "every package is something to build, to audit and to update; the budget makes adding one a decision",
};

/// What a crate is in the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// `hob`: lists the features.
    Binary,
    /// `feat-*`: one capability.
    Feature,
    /// `hob-web`, `hob-feature`, `hob-db`, `hob-base`, from the top (3) down (0).
    Layer(u8),
    /// `hob-testkit`: a library for tests.
    Testkit,
    /// `hob-tests`, `hob-bench`: use anything.
    Tests,
    /// Chores: use nothing of ours, but try the skeleton of a feature.
    Xtask,
    /// A library that knows nothing of Hob.
    Engine,
    /// `hob-*` without a place in the house.
    Unknown,
}

impl Role {
    fn of(name: &str) -> Self {
        match name {
            "hob" => Self::Binary,
            "hob-web" => Self::Layer(3),
            "hob-feature" => Self::Layer(2),
            "hob-db" => Self::Layer(1),
            "hob-base" => Self::Layer(0),
            "hob-testkit" => Self::Testkit,
            "hob-tests" | "hob-bench" => Self::Tests,
            "xtask" => Self::Xtask,
            _ if name.starts_with("feat-") => Self::Feature,
            _ if name.starts_with("hob") => Self::Unknown,
            _ => Self::Engine,
        }
    }

    fn may_use(self, other: Self, dev: bool) -> bool {
        if dev && other == Self::Testkit {
            return true;
        }
        match self {
            Self::Tests => other != Self::Unknown,
            Self::Binary => matches!(other, Self::Feature | Self::Layer(_)),
            Self::Feature | Self::Testkit => matches!(other, Self::Layer(_) | Self::Engine),
            // Silences recur: the layer that keeps them may stand on an engine, like the features above it.
            Self::Layer(2) if other == Self::Engine => true,
            Self::Layer(level) => matches!(other, Self::Layer(below) if below < level),
            Self::Engine => other == Self::Engine,
            Self::Xtask => dev && matches!(other, Self::Layer(_)), // the skeleton of a feature
            Self::Unknown => false,
        }
    }
}

pub(super) fn check(house: &House, found: &mut Vec<Violation>) {
    for member in &house.members {
        let path = format!("{}/Cargo.toml", member.folder);
        let Some(manifest) = house.file(&path) else { continue };
        arrows(house, member, manifest, found);
        folder(member, manifest, found);
        inherits(manifest, found);
        root_module(house, member, found);
    }
    budget(house, found);
}

fn arrows(house: &House, member: &Member, manifest: &TextFile, found: &mut Vec<Violation>) {
    let role = Role::of(&member.name);
    if role == Role::Unknown {
        let what =
            format!("{} has no place in the house; give it one in xtask/src/tidy/crates.rs", member.name);
        found.push(Violation::new(&ARROWS, &manifest.path, 1, what));
    }
    let is_ours = |used: &&Use| house.members.iter().any(|other| other.name == used.name);
    for used in member.uses.iter().filter(is_ours) {
        if !role.may_use(Role::of(&used.name), used.dev) {
            let how = if used.dev { "use in its tests" } else { "use" };
            let what = format!("{} must not {how} {}", member.name, used.name);
            let line = line_of(&manifest.text, |line| key(line) == Some(&used.name));
            found.push(Violation::new(&ARROWS, &manifest.path, line, what));
        }
    }
}

fn folder(member: &Member, manifest: &TextFile, found: &mut Vec<Violation>) {
    let expected = match Role::of(&member.name) {
        Role::Xtask => "xtask".to_owned(),
        _ => format!("crates/{}", member.name),
    };
    if member.folder != expected {
        let what = format!("{} lives in {}; its place is {expected}", member.name, member.folder);
        let line = line_of(&manifest.text, |line| key(line) == Some("name"));
        found.push(Violation::new(&FOLDER, &manifest.path, line, what));
    }
}

/// What a manifest must take from the workspace. There is no need for a TOML parser: every manifest is written alike.
fn inherits(manifest: &TextFile, found: &mut Vec<Violation>) {
    let text = &manifest.text;
    let mut complain =
        |line: usize, what: String| found.push(Violation::new(&MANIFEST, &manifest.path, line, what));
    for needed in ["version", "edition", "rust-version", "license", "publish"] {
        let inherited = format!("{needed}.workspace = true");
        if !text.lines().any(|line| line.trim() == inherited) {
            let line = line_of(text, |line| key(line) == Some(needed));
            complain(line, format!("`{inherited}` is missing"));
        }
    }
    let mut section = String::new();
    let mut lints = false;
    for (index, line) in text.lines().enumerate() {
        if let Some(name) = line.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.to_owned();
            if name.contains("dependencies.") {
                complain(index + 1, format!("write [{name}] as one line of its section"));
            }
            continue;
        }
        let compact = line.replace(' ', "");
        lints |= section == "lints" && compact == "workspace=true";
        let inherited = compact.contains(".workspace=true") || compact.contains("{workspace=true");
        if section.ends_with("dependencies") && key(line).is_some() && !inherited {
            let name = key(line).unwrap_or_default();
            complain(
                index + 1,
                format!("state {name}'s version in [workspace.dependencies] and inherit it here"),
            );
        }
    }
    if !lints {
        complain(1, "`[lints] workspace = true` is missing".to_owned());
    }
}

fn root_module(house: &House, member: &Member, found: &mut Vec<Violation>) {
    let path = |name: &str| format!("{}/src/{name}.rs", member.folder);
    let Some(file) = house.file(&path("lib")).or_else(|| house.file(&path("main"))) else {
        let what = format!("{} has neither lib.rs nor main.rs", member.name);
        found.push(Violation::new(&LIB, &format!("{}/Cargo.toml", member.folder), 1, what));
        return;
    };
    let doc = file.text.lines().next().and_then(|line| line.strip_prefix("//!")).map(str::trim);
    if doc.is_none_or(|text| text.is_empty() || text == "Placeholder.") {
        let what = format!("{} does not say what it is for: it begins without a module doc", member.name);
        found.push(Violation::new(&LIB, &file.path, 1, what));
    }
    let exports = |source: &Source| source.code_lines("pub const FEATURE").next().is_some();
    if Role::of(&member.name) == Role::Feature && !file.rust.as_ref().is_some_and(exports) {
        let what = format!("{} exports no `pub const FEATURE`", member.name);
        found.push(Violation::new(&LIB, &file.path, 1, what));
    }
}

fn budget(house: &House, found: &mut Vec<Violation>) {
    let Some(lock) = house.file("Cargo.lock") else { return };
    let packages = packages_in(&lock.text);
    if packages > LOCK_PACKAGES_MAX {
        let what = format!("{packages} packages; the budget is {LOCK_PACKAGES_MAX}");
        found.push(Violation::new(&BUDGET, &lock.path, 1, what));
    }
}

/// How many packages a Cargo.lock lists.
pub fn packages_in(lock: &str) -> usize {
    lock.lines().filter(|line| *line == "[[package]]").count()
}

/// What stands before the first dot, space or equals sign of a `key = value` line.
fn key(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))?;
    let (name, rest) = line.split_at(end);
    (!name.is_empty() && (rest.starts_with('.') || rest.trim_start().starts_with('='))).then_some(name)
}

fn line_of(text: &str, is_it: impl Fn(&str) -> bool) -> usize {
    text.lines().position(is_it).map_or(1, |index| index + 1)
}
