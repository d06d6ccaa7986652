//! Tokens as a tree: `||` under `&&` under `!`, and what to make of text that is no expression.

use crate::problem::shown;
use crate::scan::{BadValue, Scanned, Token, TokenKind};
use crate::{MAX_DEPTH, Problem, ProblemKind, Severity, Versions};
use std::ops::Range;

/// A rule as it is written, before anybody asks what its matchers mean.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    And(Vec<Node>),
    Or(Vec<Node>),
    Not(Box<Node>),
    Call(Call),
    /// Not understood: nothing that has values.
    Opaque(Range<usize>),
}

/// `Name(values)`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) name_at: Range<usize>,
    pub(crate) values: Vec<Given>,
    /// From the name to the parenthesis that closes.
    pub(crate) at: Range<usize>,
}

/// A value of a call.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Given {
    pub(crate) text: String,
    pub(crate) at: Range<usize>,
}

/// What a text is.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) tree: Option<Node>,
    /// Those of the text itself, which are the same in all versions.
    pub(crate) problems: Vec<Problem>,
    /// Parts were joined by guessing.
    pub(crate) guessed: bool,
}

pub(crate) fn read(text: &Scanned<'_>, length: usize) -> Read {
    let mut reader = Reader { tokens: &text.tokens, next: 0, depth: 0, length, read: Read::default() };
    for at in &text.odd_blanks {
        let sentence = "Here stands a blank of another kind, as web pages have it; Traefik refuses it.";
        reader.problem(ProblemKind::Grammar, at.clone(), sentence.to_owned(), Some(" ".to_owned()));
    }
    let mut parts = Vec::new();
    loop {
        parts.extend(reader.any());
        // What is left is a parenthesis, a comma or an end of line in the wrong place.
        let Some(token) = reader.take() else { break };
        match token.kind {
            TokenKind::Break if reader.peek().is_none() => break,
            TokenKind::Break => {
                reader.line_break(token.at.clone());
                reader.read.guessed = true;
            }
            TokenKind::Close => reader.grammar(token.at.clone(), "This parenthesis closes none."),
            _ => reader
                .grammar(token.at.clone(), "Between two matchers stands “&&” or “||”, and nothing else."),
        }
    }
    let mut read = reader.read;
    read.tree = joined(parts, Node::And);
    read
}

fn joined(mut parts: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Option<Node> {
    if parts.len() > 1 { Some(join(parts)) } else { parts.pop() }
}

struct Reader<'t, 'a> {
    tokens: &'t [Token<'a>],
    next: usize,
    depth: usize,
    length: usize,
    read: Read,
}

/// The operator that comes next.
#[derive(Clone, Copy, PartialEq)]
enum Operator {
    And,
    Or,
}

impl<'t, 'a> Reader<'t, 'a> {
    fn peek(&self) -> Option<&'t TokenKind<'a>> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    fn take(&mut self) -> Option<&'t Token<'a>> {
        let token = self.tokens.get(self.next)?;
        self.next += 1;
        Some(token)
    }

    fn here(&self) -> Range<usize> {
        self.tokens.get(self.next).map_or(self.length..self.length, |token| token.at.clone())
    }

    fn problem(&mut self, kind: ProblemKind, at: Range<usize>, sentence: String, instead: Option<String>) {
        let in_version = Versions::Both;
        self.read.problems.push(Problem {
            kind,
            severity: Severity::Refused,
            at,
            sentence,
            instead,
            in_version,
        });
    }

    fn grammar(&mut self, at: Range<usize>, sentence: &str) {
        self.read.guessed = true;
        self.problem(ProblemKind::Grammar, at, sentence.to_owned(), None);
    }

    fn line_break(&mut self, at: Range<usize>) {
        let sentence = "Traefik takes the rule as ended where this line ends: write it on one line, or put “&&” and “||” \
                        at the end of lines.";
        self.problem(ProblemKind::LineBreak, at, sentence.to_owned(), None);
    }

    /// Parts with `||` between them.
    fn any(&mut self) -> Option<Node> {
        let mut parts = Vec::new();
        parts.extend(self.all());
        while self.operator(Operator::Or) {
            parts.extend(self.all());
        }
        joined(parts, Node::Or)
    }

    /// Parts with `&&` between them, or with nothing that is known.
    fn all(&mut self) -> Option<Node> {
        let mut parts = Vec::new();
        parts.extend(self.one());
        loop {
            if self.operator(Operator::And) {
                parts.extend(self.one());
            } else if self.begins_something() {
                let at = self.here();
                self.grammar(at, "Between two matchers “&&” or “||” is missing.");
                parts.extend(self.one());
            } else {
                return joined(parts, Node::And);
            }
        }
    }

    fn begins_something(&self) -> bool {
        matches!(
            self.peek(),
            Some(
                TokenKind::Name(_)
                    | TokenKind::Open
                    | TokenKind::Not
                    | TokenKind::Value(_)
                    | TokenKind::BadValue(..)
                    | TokenKind::Other(_)
            )
        )
    }

    /// Takes an operator if it is this one, also where it is written in words, single, or on the next line.
    fn operator(&mut self, wanted: Operator) -> bool {
        let breaks = matches!(self.peek(), Some(TokenKind::Break));
        let Some(token) = self.tokens.get(self.next + usize::from(breaks)) else { return false };
        let found = match token.kind {
            TokenKind::And => (Operator::And, "&&", true),
            TokenKind::Or => (Operator::Or, "||", true),
            TokenKind::Other("&") => (Operator::And, "&&", false),
            TokenKind::Other("|") => (Operator::Or, "||", false),
            TokenKind::Name(word) if word.eq_ignore_ascii_case("and") => (Operator::And, "&&", false),
            TokenKind::Name(word) if word.eq_ignore_ascii_case("or") => (Operator::Or, "||", false),
            _ => return false,
        };
        if found.0 != wanted {
            return false;
        }
        if breaks {
            let at = self.here();
            self.line_break(at);
        }
        self.next += 1 + usize::from(breaks);
        if !found.2 {
            let sentence = format!("Traefik knows no such operator: write “{}”.", found.1);
            self.problem(ProblemKind::Grammar, token.at.clone(), sentence, Some(found.1.to_owned()));
        }
        true
    }

    /// A matcher, a parenthesis, or the opposite of one.
    fn one(&mut self) -> Option<Node> {
        let mut negated = false;
        while matches!(self.peek(), Some(TokenKind::Not)) {
            self.next += 1;
            negated = !negated;
        }
        let node = self.plain()?;
        Some(if negated { Node::Not(Box::new(node)) } else { node })
    }

    fn plain(&mut self) -> Option<Node> {
        let here = self.here();
        match self.peek() {
            Some(TokenKind::Open) => self.parenthesis(),
            Some(TokenKind::Name(name)) => {
                self.next += 1;
                if matches!(self.peek(), Some(TokenKind::Open)) {
                    return Some(Node::Call(self.call(name, here)));
                }
                let sentence = format!(
                    "“{}” is no matcher: one has its values in parentheses behind its name.",
                    shown(name)
                );
                self.problem(ProblemKind::Grammar, here.clone(), sentence, None);
                Some(Node::Opaque(here))
            }
            Some(TokenKind::Value(_) | TokenKind::BadValue(..) | TokenKind::Other(_)) => {
                self.next += 1;
                self.grammar(here.clone(), "Here a matcher is expected, such as “Host(`a.example.org`)”.");
                Some(Node::Opaque(here))
            }
            Some(TokenKind::Close | TokenKind::Comma | TokenKind::And | TokenKind::Or | TokenKind::Break)
            | None
            | Some(TokenKind::Not) => {
                self.grammar(here, "Here a matcher is missing.");
                None
            }
        }
    }

    fn parenthesis(&mut self) -> Option<Node> {
        let start = self.here();
        if self.depth >= MAX_DEPTH {
            return Some(self.skip(start.start));
        }
        self.next += 1;
        self.depth += 1;
        let inner = self.any();
        self.depth -= 1;
        loop {
            match self.peek() {
                Some(TokenKind::Close) => {
                    self.next += 1;
                    return inner;
                }
                Some(TokenKind::Break) => {
                    let at = self.here();
                    self.next += 1;
                    self.line_break(at);
                }
                _ => {
                    self.grammar(start, "This parenthesis is not closed.");
                    return inner;
                }
            }
        }
    }

    /// What is nested too deeply: up to the parenthesis that closes it.
    fn skip(&mut self, start: usize) -> Node {
        let mut open = 0_usize;
        let mut end = start;
        while let Some(token) = self.take() {
            end = token.at.end;
            match token.kind {
                TokenKind::Open => open += 1,
                TokenKind::Close => open = open.saturating_sub(1),
                _ => {}
            }
            if open == 0 {
                break;
            }
        }
        let sentence = format!("What is nested in more than {MAX_DEPTH} parentheses is not read here.");
        let problem = Problem {
            kind: ProblemKind::TooDeep,
            severity: Severity::Note,
            at: start..end,
            sentence,
            instead: None,
            in_version: Versions::Both,
        };
        self.read.problems.push(problem);
        self.read.guessed = true;
        Node::Opaque(start..end)
    }

    /// The values of a matcher; the next token is the parenthesis that opens.
    fn call(&mut self, name: &str, name_at: Range<usize>) -> Call {
        let mut values = Vec::new();
        let mut end = self.here().end;
        self.next += 1;
        // Whether a value may come next: at first, and behind a comma.
        let mut expected = true;
        while let Some(token) = self.tokens.get(self.next) {
            match &token.kind {
                TokenKind::Close => {
                    self.next += 1;
                    end = token.at.end;
                    return Call { name: name.to_owned(), at: name_at.start..end, name_at, values };
                }
                TokenKind::Comma => {
                    if expected {
                        self.grammar(token.at.clone(), "Before this comma a value is missing.");
                    }
                    expected = true;
                }
                TokenKind::Break => self.line_break(token.at.clone()),
                kind => {
                    let Some(text) = self.value(kind, &token.at) else { break };
                    if !expected {
                        self.grammar(token.at.clone(), "Between two values stands a comma.");
                    }
                    expected = false;
                    values.push(Given { text, at: token.at.clone() });
                }
            }
            end = token.at.end;
            self.next += 1;
        }
        self.grammar(name_at.clone(), "The parenthesis behind this matcher is not closed.");
        Call { name: name.to_owned(), at: name_at.start..end, name_at, values }
    }

    /// The text of a value, whichever way it is written; `None` where this can be none.
    fn value(&mut self, kind: &TokenKind<'_>, at: &Range<usize>) -> Option<String> {
        let (text, sentence) = match kind {
            TokenKind::Value(text) => return Some(text.clone()),
            TokenKind::BadValue(text, fault) => (text.as_str(), said(*fault)),
            TokenKind::Name(text) | TokenKind::Other(text) => {
                (*text, "A value stands in backticks or double quotes; Traefik refuses it without.")
            }
            _ => return None,
        };
        let mut instead = String::new();
        let _ = crate::expr::quote(&mut instead, text);
        self.problem(ProblemKind::Quotes, at.clone(), sentence.to_owned(), Some(instead));
        Some(text.to_owned())
    }
}

fn said(fault: BadValue) -> &'static str {
    match fault {
        BadValue::WrongQuotes => {
            "Traefik takes values in backticks or double quotes; those in other quotes it refuses."
        }
        BadValue::Open => "The quote at the end of this value is missing.",
        BadValue::Escape => {
            "In double quotes a backslash must stand before a letter that has a meaning there, so Traefik refuses this; \
             in backticks it stands for itself."
        }
        BadValue::EscapedQuotes => {
            "The backslashes before these quotes belong to a JSON file; in a rule itself Traefik refuses them."
        }
    }
}
