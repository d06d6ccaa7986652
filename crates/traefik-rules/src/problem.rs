//! What is wrong with a rule.

use crate::{HostFault, Version};
use std::ops::Range;

/// Something in a rule that is wrong, or worth knowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What it is.
    pub kind: ProblemKind,
    /// What it costs.
    pub severity: Severity,
    /// Where it stands: bytes of the rule's text, at the borders of characters.
    pub at: Range<usize>,
    /// What is wrong, in a sentence for whoever runs the home lab.
    pub sentence: String,
    /// What to write in that place instead, where that is plain.
    pub instead: Option<String>,
    /// In which versions it is wrong.
    pub in_version: Versions,
}

/// What a problem costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Traefik does as it is told; worth knowing.
    Note,
    /// Traefik takes the rule, but this part of it never matches what it was written for.
    Never,
    /// Traefik refuses the rule: the route is not there, and requests for it are answered with 404.
    Refused,
}

/// The kinds of problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// There is no rule.
    Empty,
    /// The rule is longer than is read here; Traefik may well take it.
    TooLong,
    /// Nested deeper than is read here; Traefik may well take it.
    TooDeep,
    /// Not an expression: a parenthesis or an operator is missing or unknown.
    Grammar,
    /// A line ends where Go takes that as the end of the expression.
    LineBreak,
    /// A value is not in backticks or double quotes, or not properly so.
    Quotes,
    /// The matcher is in no version that is known here.
    UnknownMatcher,
    /// The matcher is known, but not written so.
    Spelling,
    /// The matcher is not in this version.
    OtherVersion,
    /// The matcher is one of the other protocol.
    OtherProtocol,
    /// There are too many values, too few, or empty ones.
    Values,
    /// A host that cannot be one, or not everywhere.
    Host(HostFault),
    /// A path that does not begin with a slash.
    Path,
    /// A regular expression that Go refuses.
    Regexp,
    /// A template of v2 where none is understood, or one that is not well-formed.
    Template,
    /// A parameter of a query in the form of another version.
    Query,
    /// Not an address and not a network.
    Network,
    /// A protocol that Traefik keeps to itself.
    Alpn,
    /// The syntax of Traefik 1.
    VersionOne,
}

/// The versions of the grammar that a problem is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Versions {
    /// Only in that of Traefik 2.
    V2,
    /// Only in that of Traefik 3.
    V3,
    /// In both.
    Both,
}

impl Versions {
    /// Whether this version is among them.
    #[must_use]
    pub fn contains(self, version: Version) -> bool {
        matches!((self, version), (Self::Both, _) | (Self::V2, Version::V2) | (Self::V3, Version::V3))
    }
}

impl From<Version> for Versions {
    fn from(version: Version) -> Self {
        match version {
            Version::V2 => Self::V2,
            Version::V3 => Self::V3,
        }
    }
}

/// The problems of both readings as one list in the order of the text; what both say is said once.
pub(crate) fn merged(v2: Vec<Problem>, v3: Vec<Problem>) -> Vec<Problem> {
    let mut all = v3;
    for mut problem in v2 {
        let twin = all.iter_mut().find(|other| {
            other.in_version == Versions::V3
                && (other.kind, other.severity, &other.at) == (problem.kind, problem.severity, &problem.at)
                && other.sentence == problem.sentence
        });
        match twin {
            Some(twin) => twin.in_version = Versions::Both,
            None => {
                problem.in_version = Versions::V2;
                all.push(problem);
            }
        }
    }
    all.sort_by_key(|problem| (problem.at.start, problem.at.end));
    all
}

/// A text from the rule as it may stand in a sentence: short, and without what moves the cursor.
pub(crate) fn shown(text: &str) -> String {
    let mut letters = text.chars().map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c });
    let mut shown: String = letters.by_ref().take(MOST_SHOWN).collect();
    if letters.next().is_some() {
        shown.push('…');
    }
    shown
}

/// Letters more than these are left out.
const MOST_SHOWN: usize = 80;

/// What changes the direction of writing, or has no width.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
