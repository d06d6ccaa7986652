//! Regular expressions of rules, in the syntax of Go (RE2).
//!
//! What people write in rules is read and evaluated here. Of what is not (classes of Unicode, borders of words, flags
//! other than `i` and `s`) nothing is told; Go may well take it.

mod read;
mod run;

use read::{Node, Trouble};
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// More texts than this are not told.
const MOST_LITERALS: usize = 32;

/// A regular expression in the syntax of Go (RE2). Two are the same if their texts are.
#[derive(Clone)]
pub struct Pattern {
    text: Arc<str>,
    /// Read once: rules are compared with each other often.
    node: Result<Arc<Node>, Trouble>,
}

impl Pattern {
    /// This text as a regular expression.
    #[must_use]
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        let node = read::read(&text).map(Arc::new);
        Self { text, node }
    }

    /// The expression.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it matches somewhere in a text. `None` where that cannot be told: the expression is wrong or of a kind
    /// that is not evaluated here, or the text is long or not in ASCII.
    #[must_use]
    pub fn is_match(&self, text: &str) -> Option<bool> {
        run::is_match(self.node()?, text)
    }

    /// All texts that it matches, where they are few: `^(www\.)?example\.org$` matches two. `None` where it matches
    /// more, parts of texts, or texts in any case.
    #[must_use]
    pub fn literals(&self) -> Option<Vec<String>> {
        let mut texts = anchored(self.node()?)?;
        texts.sort();
        texts.dedup();
        Some(texts)
    }

    /// Whether it matches every text that has no line ends.
    pub(crate) fn is_everything(&self) -> bool {
        self.node().is_some_and(is_everything)
    }

    /// Why Go refuses it, where that is certain.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        match self.node {
            Err(Trouble::Fault(fault)) => Some(fault),
            Err(Trouble::Foreign) | Ok(_) => None,
        }
    }

    fn node(&self) -> Option<&Node> {
        self.node.as_deref().ok()
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
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.text).finish()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl PartialOrd for Pattern {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pattern {
    fn cmp(&self, other: &Self) -> Ordering {
        self.text.cmp(&other.text)
    }
}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}
