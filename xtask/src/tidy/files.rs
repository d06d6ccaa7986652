//! What files are called, and what no file may say.

use super::{Rule, Violation};
use crate::house::House;
use std::collections::BTreeMap;

static NAMES: Rule = Rule {
    name: "names-say-something",
    why: "a file called utils is where things go that nobody placed: name it after what it holds",
};
static MIGRATIONS: Rule = Rule {
    name: "migrations",
    why: "migrations run in the order of their numbers and are recorded by them: a gap or a stray file is one that some \
          house never ran",
};
static HOSTS: Rule = Rule {
    name: "no-foreign-hosts",
    why: "what is in the repository must hold for everybody who clones it, so no file names a host that only some can \
          reach",
};

const BANNED_NAMES: &[&str] =
    &["util", "utils", "helper", "helpers", "common", "manager", "managers", "misc", "stuff"];

/// Hosts that no file may mention. None so far.
const FORBIDDEN_HOSTS: &[&str] = &[];

pub(super) fn check(house: &House, found: &mut Vec<Violation>) {
    for file in house.files.iter().filter(|file| file.rust.is_some()) {
        for part in file.path.split('/') {
            let stem = part.split('.').next().unwrap_or(part);
            if BANNED_NAMES.contains(&stem) {
                found.push(Violation::new(&NAMES, &file.path, 1, format!("`{part}` says nothing")));
            }
        }
    }
    migrations(house, found);
    forbidden_hosts(house, FORBIDDEN_HOSTS, found);
}

pub(super) fn forbidden_hosts(house: &House, hosts: &[&str], found: &mut Vec<Violation>) {
    for file in &house.files {
        for (index, line) in file.text.lines().enumerate() {
            for host in hosts.iter().filter(|host| line.contains(**host)) {
                found.push(Violation::new(&HOSTS, &file.path, index + 1, format!("mentions {host}")));
            }
        }
    }
}

fn migrations(house: &House, found: &mut Vec<Violation>) {
    let mut folders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in &house.files {
        if let Some((folder, name)) = file.path.rsplit_once('/')
            && folder.ends_with("/migrations")
            && folder.starts_with("crates/")
        {
            folders.entry(folder).or_default().push(name);
        }
    }
    for (folder, names) in folders {
        let sources: String = house
            .rust_files()
            .filter(|(file, _)| {
                folder.split('/').nth(1).is_some_and(|of| file.path.starts_with(&format!("crates/{of}/")))
            })
            .map(|(file, _)| file.text.as_str())
            .collect();
        for (name, what) in faults(&names) {
            found.push(Violation::new(&MIGRATIONS, &format!("{folder}/{name}"), 1, what));
        }
        for name in names.iter().filter(|name| name.ends_with(".sql") && !sources.contains(**name)) {
            let what = "no source of its crate includes it, so it never runs";
            found.push(Violation::new(&MIGRATIONS, &format!("{folder}/{name}"), 1, what));
        }
    }
}

/// What is wrong with the files of one folder of migrations.
fn faults<'a>(names: &[&'a str]) -> Vec<(&'a str, String)> {
    let mut faults = Vec::new();
    let mut numbered = BTreeMap::new();
    for name in names {
        match number(name) {
            None => faults.push((*name, "is not called NNNN_name.sql or NNNN_name.postgres.sql".to_owned())),
            Some(_) if name.ends_with(".postgres.sql") => {
                let plain = name.replace(".postgres.sql", ".sql");
                if !names.contains(&plain.as_str()) {
                    faults.push((*name, format!("{plain} is missing beside it")));
                }
            }
            Some(number) => {
                if let Some(other) = numbered.insert(number, *name) {
                    faults.push((*name, format!("has the number of {other}")));
                }
            }
        }
    }
    for (expected, (number, name)) in (1..).zip(numbered) {
        if number != expected {
            faults.push((name, format!("number {expected:04} is missing before it")));
            break;
        }
    }
    faults
}

fn number(name: &str) -> Option<u32> {
    let stem = name.strip_suffix(".postgres.sql").or_else(|| name.strip_suffix(".sql"))?;
    let (number, rest) = stem.split_once('_')?;
    let named =
        !rest.is_empty() && rest.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    (named && number.len() == 4).then(|| number.parse().ok()).flatten()
}
