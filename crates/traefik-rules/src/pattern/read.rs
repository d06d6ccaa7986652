//! The text of a regular expression as a tree.

use std::iter::Peekable;
use std::str::Chars;

/// Deeper groups than this are not read.
const MOST_NESTED: usize = 32;

/// Go repeats nothing more often.
const MOST_REPEATED: u32 = 1000;

/// A part of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// One after the other; nothing is the empty text.
    Concat(Vec<Node>),
    Alternatives(Vec<Node>),
    /// At least so often, and at most.
    Repeat(Box<Node>, u32, Option<u32>),
    /// A letter, and whether in any case.
    Char(char, bool),
    Any {
        line_ends: bool,
    },
    Set(Set),
    Start,
    End,
}

/// A class of characters.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Set {
    ranges: Vec<(char, char)>,
    /// The opposite of Perl's classes within brackets.
    others: Vec<Set>,
    negated: bool,
    any_case: bool,
}

impl Set {
    pub(super) fn holds(&self, c: char) -> bool {
        let plain = |c: char| {
            self.ranges.iter().any(|(from, to)| (*from..=*to).contains(&c))
                || self.others.iter().any(|set| set.holds(c))
        };
        let found =
            plain(c) || (self.any_case && (plain(c.to_ascii_lowercase()) || plain(c.to_ascii_uppercase())));
        found != self.negated
    }
}

/// Why there is no tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Go refuses it: a clause that says why.
    Fault(&'static str),
    /// Go may take it; it is not evaluated here.
    Foreign,
}

use Trouble::{Fault, Foreign};

pub(super) fn read(text: &str) -> Result<Node, Trouble> {
    let mut reader =
        Reader { rest: text.chars().peekable(), depth: 0, any_case: false, line_ends: false, foreign: false };
    let node = reader.alternatives()?;
    if reader.rest.next().is_some() {
        return Err(Fault("a parenthesis closes none"));
    }
    if reader.foreign { Err(Foreign) } else { Ok(node) }
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    depth: usize,
    any_case: bool,
    line_ends: bool,
    /// Something was met that is not evaluated here.
    foreign: bool,
}

impl Reader<'_> {
    /// Up to the end, or to a parenthesis that closes.
    fn alternatives(&mut self) -> Result<Node, Trouble> {
        let mut parts = vec![self.sequence()?];
        while self.rest.next_if_eq(&'|').is_some() {
            parts.push(self.sequence()?);
        }
        match parts.pop() {
            Some(only) if parts.is_empty() => Ok(only),
            last => {
                parts.extend(last);
                Ok(Node::Alternatives(parts))
            }
        }
    }

    fn sequence(&mut self) -> Result<Node, Trouble> {
        let mut parts = Vec::new();
        // Whether what came last was repeated already.
        let mut repeated = false;
        while let Some(c) = self.rest.peek().copied().filter(|c| !matches!(c, '|' | ')')) {
            let repetition = self.repetition(c)?;
            if let Some((least, most)) = repetition {
                if repeated {
                    return Err(Fault("something is repeated twice in a row"));
                }
                let inner =
                    parts.pop().ok_or(Fault("there is nothing to repeat before “*”, “+”, “?” or “{”"))?;
                self.rest.next_if_eq(&'?');
                parts.push(Node::Repeat(Box::new(inner), least, most));
                repeated = true;
                continue;
            }
            repeated = false;
            self.rest.next();
            parts.extend(self.one(c)?);
        }
        Ok(Node::Concat(parts))
    }

    /// How often, if that comes next.
    fn repetition(&mut self, c: char) -> Result<Option<(u32, Option<u32>)>, Trouble> {
        let found = match c {
            '*' => (0, None),
            '+' => (1, None),
            '?' => (0, Some(1)),
            '{' => return self.counted(),
            _ => return Ok(None),
        };
        self.rest.next();
        Ok(Some(found))
    }

    /// `{2}`, `{2,}` or `{2,5}`; another brace stands for itself.
    fn counted(&mut self) -> Result<Option<(u32, Option<u32>)>, Trouble> {
        let mut ahead = self.rest.clone();
        ahead.next();
        let inner: String = ahead.by_ref().take_while(|c| *c != '}').take(12).collect();
        let (least, most) = match inner.split_once(',') {
            None => (inner.as_str(), Some(inner.as_str())),
            Some((least, "")) => (least, None),
            Some((least, most)) => (least, Some(most)),
        };
        let digits = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_digit())
                && (text == "0" || !text.starts_with('0'))
        };
        let closed = self.rest.clone().nth(inner.chars().count() + 1) == Some('}');
        if !closed || !digits(least) || !most.is_none_or(digits) {
            return Ok(None);
        }
        let number = |text: &str| text.parse().ok().filter(|count| *count <= MOST_REPEATED);
        let wrong = Fault("a count of repetitions is too high or upside down");
        let least = number(least).ok_or(wrong)?;
        let most = most.map(|most| number(most).ok_or(wrong)).transpose()?;
        if most.is_some_and(|most| most < least) {
            return Err(wrong);
        }
        self.rest = ahead;
        Ok(Some((least, most)))
    }

    fn one(&mut self, c: char) -> Result<Option<Node>, Trouble> {
        Ok(Some(match c {
            '(' => return self.group(),
            '[' => Node::Set(self.class()?),
            '.' => Node::Any { line_ends: self.line_ends },
            '^' => Node::Start,
            '$' => Node::End,
            '\\' => self.escape()?,
            c => Node::Char(c, self.any_case),
        }))
    }

    fn group(&mut self) -> Result<Option<Node>, Trouble> {
        let outer = (self.any_case, self.line_ends);
        if self.rest.next_if_eq(&'?').is_some() && self.flags()? {
            // `(?i)`: for the rest of the group around it.
            return Ok(None);
        }
        if self.depth >= MOST_NESTED {
            return Err(Foreign);
        }
        self.depth += 1;
        let inner = self.alternatives()?;
        self.depth -= 1;
        (self.any_case, self.line_ends) = outer;
        if self.rest.next().is_none() {
            return Err(Fault("a parenthesis is not closed"));
        }
        Ok(Some(inner))
    }

    /// What stands behind `(?`; whether that was the whole group.
    fn flags(&mut self) -> Result<bool, Trouble> {
        let mut on = true;
        while let Some(c) = self.rest.next() {
            match c {
                ':' => return Ok(false),
                ')' => return Ok(true),
                '-' => on = false,
                'i' => self.any_case = on,
                's' => self.line_ends = on,
                'm' | 'U' => self.foreign = true,
                'P' | '<' => return self.name(c).map(|()| false),
                '=' | '!' => return Err(Fault("Go knows no look-ahead, “(?=” and “(?!”")),
                _ => return Err(Fault("there is something behind “(?” that Go does not know")),
            }
        }
        Err(Fault("a parenthesis is not closed"))
    }

    /// `(?P<name>` and `(?<name>`.
    fn name(&mut self, first: char) -> Result<(), Trouble> {
        if first == 'P' && self.rest.next() != Some('<') {
            return Err(Fault("behind “(?P” stands a name in “<” and “>”"));
        }
        if matches!(self.rest.peek(), Some('=' | '!')) {
            return Err(Fault("Go knows no look-behind, “(?<=” and “(?<!”"));
        }
        let mut length = 0;
        for c in self.rest.by_ref() {
            match c {
                '>' if length > 0 => return Ok(()),
                c if c == '_' || c.is_ascii_alphanumeric() => length += 1,
                c if !c.is_ascii() => return Err(Foreign),
                _ => break,
            }
        }
        Err(Fault("the name of a group is wrong"))
    }

    /// What stands behind a backslash, outside of brackets.
    fn escape(&mut self) -> Result<Node, Trouble> {
        let c = self.rest.next().ok_or(Fault("there is nothing behind the backslash at its end"))?;
        if let Some(set) = perl(c) {
            return Ok(Node::Set(set));
        }
        match c {
            'A' => Ok(Node::Start),
            'z' => Ok(Node::End),
            'b' | 'B' | 'C' | 'p' | 'P' | 'Q' | 'x' | '0' => Err(Foreign),
            '1'..='7' if self.rest.peek().is_some_and(|next| matches!(next, '0'..='7')) => Err(Foreign),
            '1'..='9' => Err(Fault("Go knows no references to groups, such as “\\1”")),
            c => plain(c).map(|c| Node::Char(c, self.any_case)),
        }
    }

    /// Between brackets; the first one is read.
    fn class(&mut self) -> Result<Set, Trouble> {
        let mut set = Set { any_case: self.any_case, ..Set::default() };
        set.negated = self.rest.next_if_eq(&'^').is_some();
        let mut first = true;
        loop {
            let c = self.rest.next().ok_or(OPEN_CLASS)?;
            if c == ']' && !first {
                return Ok(set);
            }
            first = false;
            if c == '[' && self.rest.peek() == Some(&':') {
                self.posix(&mut set)?;
                continue;
            }
            if c == '\\'
                && let Some(perl) = self.rest.peek().copied().and_then(perl)
            {
                self.rest.next();
                set.others.push(perl);
                continue;
            }
            let from = self.member(c)?;
            let mut ahead = self.rest.clone();
            let to = if ahead.next() == Some('-') && ahead.next().is_some_and(|next| next != ']') {
                self.rest.next();
                let next = self.rest.next().ok_or(OPEN_CLASS)?;
                self.member(next)?
            } else {
                from
            };
            if to < from {
                return Err(Fault("a range in brackets is upside down"));
            }
            set.ranges.push((from, to));
        }
    }

    fn member(&mut self, c: char) -> Result<char, Trouble> {
        if c != '\\' {
            return Ok(c);
        }
        let c = self.rest.next().ok_or(OPEN_CLASS)?;
        match c {
            'p' | 'P' | 'x' | '0'..='9' | 'd' | 'D' | 's' | 'S' | 'w' | 'W' => Err(Foreign),
            c => plain(c),
        }
    }

    /// `[:alpha:]`; the bracket is read.
    fn posix(&mut self, set: &mut Set) -> Result<(), Trouble> {
        let mut ahead = self.rest.clone();
        ahead.next();
        let name: String = ahead.by_ref().take_while(|c| *c != ':').take(10).collect();
        if self.rest.clone().nth(name.chars().count() + 1) != Some(':') || ahead.next() != Some(']') {
            // A bracket and a colon that stand for themselves.
            set.ranges.push(('[', '['));
            return Ok(());
        }
        let ranges: &[(char, char)] = match name.as_str() {
            "alpha" => &[('A', 'Z'), ('a', 'z')],
            "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
            "digit" => &[('0', '9')],
            "lower" => &[('a', 'z')],
            "upper" => &[('A', 'Z')],
            "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
            "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
            _ => return Err(Foreign),
        };
        set.ranges.extend(ranges);
        self.rest = ahead;
        Ok(())
    }
}

const OPEN_CLASS: Trouble = Fault("a bracket “[” is not closed");

/// `\d` and its like.
fn perl(c: char) -> Option<Set> {
    let ranges: &[(char, char)] = match c.to_ascii_lowercase() {
        'd' => &[('0', '9')],
        's' => &[('\t', '\n'), ('\u{c}', '\r'), (' ', ' ')],
        'w' => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        _ => return None,
    };
    Some(Set { ranges: ranges.to_vec(), negated: c.is_ascii_uppercase(), ..Set::default() })
}

/// A letter behind a backslash that stands for one letter.
fn plain(c: char) -> Result<char, Trouble> {
    match c {
        'a' => Ok('\u{7}'),
        'f' => Ok('\u{c}'),
        'n' => Ok('\n'),
        'r' => Ok('\r'),
        't' => Ok('\t'),
        'v' => Ok('\u{b}'),
        c if c.is_ascii() && !c.is_ascii_alphanumeric() => Ok(c),
        _ => Err(Fault("a backslash stands before a letter that has no meaning there for Go")),
    }
}
