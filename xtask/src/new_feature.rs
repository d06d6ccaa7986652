//! Writes the crate of a new feature: the same files under the same names as every other.
//!
//! The skeleton is real code in `xtask/skeleton`, compiled and tested with this crate, so that it cannot fall behind what
//! it uses.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// What is replaced by the feature's name, and by its title.
const NAME: &str = "example";
const TITLE: &str = "Example";

const FILES: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("../skeleton/Cargo.toml.in")),
    ("src/lib.rs", include_str!("../skeleton/src/lib.rs")),
    ("src/model.rs", include_str!("../skeleton/src/model.rs")),
    ("src/pages.rs", include_str!("../skeleton/src/pages.rs")),
    ("src/routes.rs", include_str!("../skeleton/src/routes.rs")),
    ("src/tests.rs", include_str!("../skeleton/src/tests.rs")),
];

/// Writes `crates/feat-<name>` below `root` and returns what is left to do by hand.
///
/// # Errors
/// When the name is none, the crate is there already, or it cannot be written.
pub fn new_feature(root: &Path, name: &str) -> io::Result<String> {
    let name = name.strip_prefix("feat-").unwrap_or(name);
    check_name(name)?;
    let folder = root.join(format!("crates/feat-{name}"));
    if folder.exists() {
        return Err(io::Error::other(format!("{} is there already", folder.display())));
    }
    for (path, text) in files(name) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(&folder))?;
        fs::write(path, text)?;
    }
    Ok(left_to_do(name))
}

fn files(name: &str) -> impl Iterator<Item = (PathBuf, String)> {
    let title = title(name);
    FILES
        .iter()
        .map(move |(path, text)| (PathBuf::from(path), text.replace(TITLE, &title).replace(NAME, name)))
}

/// The name is part of a crate's name, of tables' names and of addresses.
fn check_name(name: &str) -> io::Result<()> {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
    if starts && name.ends_with(is_word) && name.chars().all(|c| is_word(c) || c == '-') {
        return Ok(());
    }
    let what =
        format!("`{name}` is no name for a feature: small letters, digits and hyphens, such as `backups`");
    Err(io::Error::new(io::ErrorKind::InvalidInput, what))
}

fn title(name: &str) -> String {
    let mut words = name.replace('-', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

fn left_to_do(name: &str) -> String {
    let module = name.replace('-', "_");
    format!(
        "crates/feat-{name} is written. What is left to do by hand:\n\
         \n\
         1. Cargo.toml, [workspace.dependencies]:   feat-{name} = {{ path = \"crates/feat-{name}\" }}\n\
         2. crates/hob/Cargo.toml, [dependencies]:  feat-{name}.workspace = true\n\
         3. crates/hob/src/lib.rs, FEATURES:         feat_{module}::FEATURE,\n\
         4. crates/feat-{name}/src/lib.rs: say what it is for, what comes in and out, what always holds\n\
         \n\
         Where it needs them: store.rs and migrations/0001_name.sql (tables begin with {module}_), jobs.rs, config.rs.\n\
         Then: cargo test -p feat-{name} && cargo xtask tidy\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::{House, Member};

    #[test]
    fn a_new_feature_keeps_the_rules() {
        let mut house = House::default();
        for (path, text) in files("energy-use") {
            house.add_file(format!("crates/feat-energy-use/{}", path.display()), text);
        }
        let (name, folder) = ("feat-energy-use".to_owned(), "crates/feat-energy-use".to_owned());
        house.members.push(Member { name, folder, uses: vec![] });
        let violations: Vec<String> = crate::tidy::check(&house).iter().map(ToString::to_string).collect();
        assert_eq!(violations, Vec::<String>::new());
        let lib = &house.file("crates/feat-energy-use/src/lib.rs").unwrap().text;
        assert!(lib.starts_with("//! Energy use: one sentence"), "{lib}");
        assert!(lib.contains("Feature::new(\"energy-use\", \"Energy use\")"), "{lib}");
        assert!(house.files.iter().all(|file| !file.text.to_lowercase().contains("example")));
    }

    #[test]
    fn names_are_checked_and_nothing_is_overwritten() {
        for name in ["", "Backups", "-a", "a-", "a_b", "1a", "../a", "ä"] {
            assert!(check_name(name).is_err(), "{name}");
        }
        let root = std::env::temp_dir().join(format!("hob-new-feature-{}", std::process::id()));
        let told = new_feature(&root, "feat-solar").unwrap();
        assert!(told.contains("feat-solar.workspace = true") && told.contains("feat_solar::FEATURE,"));
        assert!(root.join("crates/feat-solar/src/tests.rs").is_file());
        let again = new_feature(&root, "solar").unwrap_err().to_string();
        fs::remove_dir_all(&root).unwrap();
        assert!(again.ends_with("is there already"), "{again}");
    }
}

/// The skeleton itself, so that it compiles and its tests run.
#[cfg(test)]
#[path = "../skeleton/src/lib.rs"]
pub mod skeleton;
