//! Regular expressions of rules, in the syntax of Go (RE2).
//!
//! What people write in rules is read and evaluated here. Of what is not (classes of Unicode, borders of words, flags
//! other than `i` and `s`) nothing is told; Go may well take it.

mod read;
mod run;

use read::{Node, Trouble};
use std::fmt;

/// More texts than this are not told.
const MOST_LITERALS: usize = 32;

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

    /// Whether it matches somewhere in a text. `None` where that cannot be told: the expression is wrong or of a kind
    /// that is not evaluated here, or the text is long or not in ASCII.
    #[must_use]
    pub fn is_match(&self, text: &str) -> Option<bool> {
        run::is_match(&self.node()?, text)
    }

    /// All texts that it matches, where they are few: `^(www\.)?example\.org$` matches two. `None` where it matches
    /// more, parts of texts, or texts in any case.
    #[must_use]
    pub fn literals(&self) -> Option<Vec<String>> {
        let mut texts = anchored(&self.node()?)?;
        texts.sort();
        texts.dedup();
        Some(texts)
    }

    /// Whether it matches every text that has no line ends.
    pub(crate) fn is_everything(&self) -> bool {
        self.node().is_some_and(|node| is_everything(&node))
    }

    /// Why Go refuses it, where that is certain.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        match read::read(&self.0) {
            Err(Trouble::Fault(fault)) => Some(fault),
            Err(Trouble::Foreign) | Ok(_) => None,
        }
    }

    fn node(&self) -> Option<Node> {
        read::read(&self.0).ok()
    }
}

fn is_everything(node: &Node) -> bool {
    match node {
        Node::Concat(parts) => match parts.as_slice() {
            [] | [Node::Start | Node::End] => true,
            [Node::Start, inner @ .., Node::End]
            | [Node::Start, inner @ ..]
            | [inner @ .., Node::End]
            | inner => !inner.is_empty() && inner.iter().all(takes_all),
        },
        Node::Alternatives(parts) => parts.iter().any(is_everything),
        node => takes_all(node),
    }
}

/// Whether it takes any text without line ends as a whole.
fn takes_all(node: &Node) -> bool {
    match node {
        Node::Concat(parts) => !parts.is_empty() && parts.iter().all(takes_all),
        Node::Alternatives(parts) => parts.iter().any(takes_all),
        Node::Repeat(inner, 0, None) => matches!(**inner, Node::Any { .. }),
        _ => false,
    }
}

/// The texts of an expression that stands for whole texts.
fn anchored(node: &Node) -> Option<Vec<String>> {
    match node {
        Node::Alternatives(parts) => {
            let mut texts = Vec::new();
            for part in parts {
                texts.extend(anchored(part)?);
                few(&texts)?;
            }
            Some(texts)
        }
        Node::Concat(parts) => match parts.as_slice() {
            [Node::Start, inner @ .., Node::End] => product(inner),
            _ => None,
        },
        _ => None,
    }
}

fn product(parts: &[Node]) -> Option<Vec<String>> {
    let mut texts = vec![String::new()];
    for part in parts {
        let next = texts_of(part)?;
        if texts.len().saturating_mul(next.len()) > MOST_LITERALS {
            return None;
        }
        texts = texts.iter().flat_map(|text| next.iter().map(move |tail| format!("{text}{tail}"))).collect();
    }
    few(&texts)?;
    Some(texts)
}

fn texts_of(node: &Node) -> Option<Vec<String>> {
    match node {
        // In any case: as many texts as there are ways to write it.
        Node::Char(c, true) if c.is_alphabetic() => None,
        Node::Char(c, _) => Some(vec![c.to_string()]),
        Node::Concat(parts) => product(parts),
        Node::Alternatives(parts) => {
            let mut texts = Vec::new();
            for part in parts {
                texts.extend(texts_of(part)?);
                few(&texts)?;
            }
            Some(texts)
        }
        Node::Repeat(inner, 0, Some(1)) => {
            let mut texts = texts_of(inner)?;
            texts.push(String::new());
            Some(texts)
        }
        Node::Set(_) | Node::Any { .. } | Node::Start | Node::End | Node::Repeat(..) => None,
    }
}

fn few(texts: &[String]) -> Option<()> {
    (texts.len() <= MOST_LITERALS && texts.iter().all(|text| text.len() <= 1024)).then_some(())
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
