//! The rules of the house, each with its reason. They run as a test, so that nobody has to remember them.

mod code;
mod crates;
mod files;

pub use crates::packages_in;

use crate::house::House;
use std::fmt;
use std::path::Path;

/// A rule and why it is one.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it is called.
    pub name: &'static str,
    /// Why it is kept.
    pub why: &'static str,
}

/// A place where a rule is not kept.
#[derive(Debug)]
pub struct Violation {
    /// The file.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The rule.
    pub rule: &'static Rule,
    /// What is there.
    pub what: String,
}

impl Violation {
    fn new(rule: &'static Rule, path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, rule, what: what.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, rule, what } = self;
        write!(f, "{path}:{line}: {}: {what}\n    why: {}", rule.name, rule.why)
    }
}

/// Everything in the repository at `root` that does not keep the rules.
///
/// # Errors
/// When the repository cannot be read.
pub fn tidy(root: &Path) -> std::io::Result<Vec<Violation>> {
    Ok(check(&House::read(root)?))
}

/// Everything in `house` that does not keep the rules, by file and line.
pub fn check(house: &House) -> Vec<Violation> {
    let mut found = Vec::new();
    crates::check(house, &mut found);
    code::check(house, &mut found);
    files::check(house, &mut found);
    found.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    found
}

#[cfg(test)]
mod tests;
