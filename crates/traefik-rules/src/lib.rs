//! The rule grammar of Traefik v2 and v3: what a router's rule says, as values. No I/O, no clock, no dependencies.
//!
//! ```text
//! Host(`a.example.org`) && PathPrefix(`/api`) && !PathPrefix(`/api/dev`)
//! ```
//!
//! [`parse`] never fails as a whole: it gives a [`Rule`] with an [`Expr`] of all that was understood, and a list of
//! [`Problem`]s. A matcher that is not known becomes [`Expr::Unknown`] and costs nothing else, so that hosts are found
//! in rules of Traefik versions still to come, of plugins, and in rules with mistakes. What a rule answers:
//!
//! - [`Rule::targets`]: which hosts and paths it serves, under which conditions, and whether a person can open them.
//! - [`Rule::valid_in`]: whether Traefik 2 or 3 takes it, why not, and what to write instead.
//! - [`Rule::matches`]: whether a request is served, where that is certain.
//! - [`shadows`] and [`same`]: whether one rule leaves another one nothing to do.
//!
//! One expression stands for both versions: what only v2 can say (lists, templates such as `{name:[a-z]+}`) is told in
//! the words of v3. `Rule`'s text form is that expression as a rule for Traefik 3.
//!
//! Rules come from strangers: texts are bounded ([`MAX_LENGTH`]), nesting is ([`MAX_DEPTH`]), and so is the number of
//! cases that a rule is taken apart into.
//!
//! Facts: Traefik's documentation, “Routers” of v2.11 and “Rules & Priority” of v3.7, and how its own reader
//! behaves: a rule is an expression of the language Go, with Go's strings, comments and line ends.

mod cases;
mod evaluate;
mod expr;
mod grammar;
mod host;
mod meaning;
mod network;
mod pattern;
mod problem;
mod relation;
mod rule;
mod scan;
mod shadow;
mod target;
mod template;
#[cfg(test)]
mod tests;
mod version_one;

pub use evaluate::Request;
pub use expr::{Expr, Matcher};
pub use host::HostFault;
pub use network::Network;
pub use pattern::Pattern;
pub use problem::{Problem, ProblemKind, Severity, Versions};
pub use rule::{Rule, Verdict, parse};
pub use shadow::{Shadow, same, shadows};
pub use target::{Condition, HostPattern, PathPattern, Target};

/// Rules longer than this, in bytes, are not read.
pub const MAX_LENGTH: usize = 8 * 1024;

/// What is nested deeper than this is not read.
pub const MAX_DEPTH: usize = 64;

/// A version of Traefik's rule grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// Traefik 2, and routers of Traefik 3 with `syntax: v2`.
    V2,
    /// Traefik 3.
    V3,
}

/// In which grammar a rule is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Syntax {
    /// That of Traefik 2.
    V2,
    /// That of Traefik 3.
    V3,
    /// Whichever takes the rule; that of Traefik 3 where both do, unless it holds a template of v2.
    #[default]
    Auto,
}

impl Syntax {
    /// What the field `syntax` of a route (`ruleSyntax` of a router) says; `Auto` where it says nothing known.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name.trim() {
            "v2" | "V2" => Self::V2,
            "v3" | "V3" => Self::V3,
            _ => Self::Auto,
        }
    }
}

impl From<Version> for Syntax {
    fn from(version: Version) -> Self {
        match version {
            Version::V2 => Self::V2,
            Version::V3 => Self::V3,
        }
    }
}

/// What a router routes: the two kinds know different matchers. (UDP routers have no rule.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Requests.
    Http,
    /// Connections.
    Tcp,
}
