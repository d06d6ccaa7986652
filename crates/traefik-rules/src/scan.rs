//! A rule's text as tokens of the language Go, which Traefik reads rules as; and whatever else people write.
//!
//! What Go would refuse is a token here as well, so that the values in it are not lost.

use std::ops::Range;

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: TokenKind<'a>,
    pub(crate) at: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TokenKind<'a> {
    /// A name: letters, digits and underscores, not beginning with a digit.
    Name(&'a str),
    /// A value in backticks or double quotes.
    Value(String),
    /// A value, but Go refuses the way it is written.
    BadValue(String, BadValue),
    Open,
    Close,
    Comma,
    And,
    Or,
    Not,
    /// The end of a line after which Go takes the expression as ended.
    Break,
    /// Anything else: numbers, addresses without quotes, other operators.
    Other(&'a str),
}

/// What is wrong with the way a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadValue {
    /// In single or typographic quotes.
    WrongQuotes,
    /// The quote at its end is missing.
    Open,
    /// In double quotes, with a backslash before something that has no meaning after one.
    Escape,
    /// In double quotes that have a backslash before them, as in a JSON file.
    EscapedQuotes,
}

/// What a text consists of.
#[derive(Debug, Default)]
pub(crate) struct Scanned<'a> {
    pub(crate) tokens: Vec<Token<'a>>,
    /// Where blanks stand that Go does not take for blanks, such as those of web pages.
    pub(crate) odd_blanks: Vec<Range<usize>>,
}

/// All tokens, in time that grows with the text's length.
pub(crate) fn scan(text: &str) -> Scanned<'_> {
    let mut scanner = Scanner { text, at: 0, tokens: Vec::new(), odd_blanks: Vec::new(), open_until: 0 };
    while scanner.step() {}
    Scanned { tokens: scanner.tokens, odd_blanks: scanner.odd_blanks }
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token<'a>>,
    odd_blanks: Vec<Range<usize>>,
    /// Up to here no double quote closes.
    open_until: usize,
}

impl<'a> Scanner<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn push(&mut self, kind: TokenKind<'a>, length: usize) {
        let at = self.at..self.at.saturating_add(length).min(self.text.len());
        self.at = at.end;
        self.tokens.push(Token { kind, at });
    }

    fn step(&mut self) -> bool {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return false };
        match first {
            '\n' => self.line_end(),
            ' ' | '\t' | '\r' => self.at += 1,
            c if c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{feff}') => {
                let end = self.at + c.len_utf8();
                self.odd_blanks.push(self.at..end);
                self.at = end;
            }
            '(' => self.push(TokenKind::Open, 1),
            ')' => self.push(TokenKind::Close, 1),
            ',' => self.push(TokenKind::Comma, 1),
            '!' if !rest.starts_with("!=") => self.push(TokenKind::Not, 1),
            '&' if rest.starts_with("&&") => self.push(TokenKind::And, 2),
            '|' if rest.starts_with("||") => self.push(TokenKind::Or, 2),
            '/' if rest.starts_with("//") => self.at += rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => self.comment(),
            '`' => self.raw(),
            '"' => self.quoted(),
            '\\' if rest.starts_with("\\\"") => self.escaped_quotes(),
            '\'' | '‘' | '’' | '“' | '”' | '„' | '´' => self.wrongly_quoted(first),
            _ => self.word(),
        }
        true
    }

    /// Go ends a statement at the end of a line whose last token could end one.
    fn line_end(&mut self) {
        let ends = matches!(
            self.tokens.last().map(|token| &token.kind),
            Some(
                TokenKind::Name(_)
                    | TokenKind::Value(_)
                    | TokenKind::BadValue(..)
                    | TokenKind::Close
                    | TokenKind::Other(_)
            )
        );
        if ends {
            self.push(TokenKind::Break, 1);
        } else {
            self.at += 1;
        }
    }

    fn comment(&mut self) {
        let inner = self.rest().get(2..).unwrap_or_default();
        let length = inner.find("*/").map_or(inner.len(), |end| end + 2);
        let over_lines = inner.get(..length).is_some_and(|inner| inner.contains('\n'));
        self.at += 2 + length;
        if over_lines && self.at < self.text.len() {
            // As if the line ended behind it.
            self.at -= 1;
            self.line_end_behind_comment();
        }
    }

    fn line_end_behind_comment(&mut self) {
        let before = self.at;
        self.line_end();
        self.at = before + 1;
    }

    fn raw(&mut self) {
        let inner = self.rest().get(1..).unwrap_or_default();
        match inner.find('`') {
            Some(end) => {
                let value = inner.get(..end).unwrap_or_default().replace('\r', "");
                self.push(TokenKind::Value(value), end + 2);
            }
            None => self.unclosed(inner, 1),
        }
    }

    /// A value whose quote at the end is missing: what could be the value, up to what cannot be part of one.
    fn unclosed(&mut self, inner: &str, opening: usize) {
        let end = inner.find(['`', '"', ')', '\n', ' ']).unwrap_or(inner.len());
        let value = inner.get(..end).unwrap_or_default().to_owned();
        self.push(TokenKind::BadValue(value, BadValue::Open), opening + end);
    }

    /// In double quotes, with Go's escapes.
    fn quoted(&mut self) {
        let opening = 1;
        let inner = self.rest().get(opening..).unwrap_or_default();
        if self.at < self.open_until {
            return self.unclosed(inner, opening);
        }
        let mut value = Vec::new();
        let mut fault = None;
        let mut chars = inner.char_indices();
        while let Some((index, c)) = chars.next() {
            if c == '"' {
                let value = String::from_utf8_lossy(&value).into_owned();
                let kind = match fault {
                    None => TokenKind::Value(value),
                    Some(fault) => TokenKind::BadValue(value, fault),
                };
                return self.push(kind, opening + index + 1);
            }
            if c == '\n' {
                self.open_until = self.at + opening + index;
                return self.unclosed(inner, opening);
            }
            if c != '\\' {
                value.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            match escape(chars.as_str()) {
                Some((bytes, length)) => {
                    value.extend_from_slice(&bytes);
                    let end = index + 1 + length;
                    while chars.clone().next().is_some_and(|(next, _)| next < end) {
                        chars.next();
                    }
                }
                None => {
                    value.push(b'\\');
                    fault = fault.or(Some(BadValue::Escape));
                }
            }
        }
        self.open_until = self.text.len();
        self.unclosed(inner, opening);
    }

    /// `\"…\"`, as it stands in JSON; Go sees the backslashes.
    fn escaped_quotes(&mut self) {
        let inner = self.rest().get(2..).unwrap_or_default();
        match inner.find('"') {
            Some(end) => {
                let value = inner.get(..end).unwrap_or_default();
                let value = value.strip_suffix('\\').unwrap_or(value).to_owned();
                self.push(TokenKind::BadValue(value, BadValue::EscapedQuotes), end + 3);
            }
            None => self.unclosed(inner, 2),
        }
    }

    fn wrongly_quoted(&mut self, first: char) {
        let opening = first.len_utf8();
        let inner = self.rest().get(opening..).unwrap_or_default();
        match inner.char_indices().find(|(_, c)| matches!(c, '\'' | '‘' | '’' | '“' | '”' | '„' | '´' | '\n'))
        {
            Some((end, c)) if c != '\n' => {
                let value = inner.get(..end).unwrap_or_default().to_owned();
                self.push(TokenKind::BadValue(value, BadValue::WrongQuotes), opening + end + c.len_utf8());
            }
            _ => self.unclosed(inner, opening),
        }
    }

    /// A name, or whatever stands together.
    fn word(&mut self) {
        let rest = self.rest();
        let part = |c: char| c == '_' || c.is_alphanumeric();
        let name = rest.find(|c| !part(c)).unwrap_or(rest.len());
        let stop = |c: char| c.is_whitespace() || "()`\"'!,&|‘’“”„´\\".contains(c);
        let word = rest.find(stop).unwrap_or(rest.len());
        let first = rest.chars().next().map_or(0, char::len_utf8);
        if name > 0 && name >= word && !rest.starts_with(char::is_numeric) {
            self.push(TokenKind::Name(rest.get(..name).unwrap_or_default()), name);
        } else {
            let length = word.max(first);
            self.push(TokenKind::Other(rest.get(..length).unwrap_or_default()), length);
        }
    }
}

/// What stands behind a backslash in double quotes: its bytes, and its length in the text.
fn escape(text: &str) -> Option<(Vec<u8>, usize)> {
    let first = text.chars().next()?;
    let plain = match first {
        'a' => 7,
        'b' => 8,
        't' => 9,
        'n' => 10,
        'v' => 11,
        'f' => 12,
        'r' => 13,
        '\\' => b'\\',
        '"' => b'"',
        'x' => u8::from_str_radix(digits(text, 1, 2, 16)?, 16).ok()?,
        '0'..='7' => u8::from_str_radix(digits(text, 0, 3, 8)?, 8).ok()?,
        'u' => return letter(digits(text, 1, 4, 16)?, 5),
        'U' => return letter(digits(text, 1, 8, 16)?, 9),
        _ => return None,
    };
    let length = match first {
        'x' | '0'..='7' => 3,
        _ => 1,
    };
    Some((vec![plain], length))
}

fn letter(digits: &str, length: usize) -> Option<(Vec<u8>, usize)> {
    let c = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)?;
    Some((c.encode_utf8(&mut [0; 4]).as_bytes().to_vec(), length))
}

/// Exactly `count` digits behind the first `skip` bytes.
fn digits(text: &str, skip: usize, count: usize, radix: u32) -> Option<&str> {
    text.get(skip..skip + count).filter(|digits| digits.chars().all(|c| c.is_digit(radix)))
}
