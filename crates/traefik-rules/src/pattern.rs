//! Regular expressions of rules.

use std::fmt;

/// A regular expression in the syntax of Go (RE2), kept as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(String);

impl Pattern {
    /// This text as a regular expression.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The expression.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether it matches somewhere in a text, where that can be told.
    #[must_use]
    pub fn is_match(&self, _text: &str) -> Option<bool> {
        None
    }

    /// All that it matches, where that are few texts and the whole text must match.
    #[must_use]
    pub fn literals(&self) -> Option<Vec<String>> {
        None
    }

    /// Whether it matches every text.
    pub(crate) fn is_everything(&self) -> bool {
        matches!(self.0.as_str(), ".*" | "^.*" | ".*$" | "^.*$" | "")
    }

    /// Why Go refuses it, where that is certain.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        None
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
