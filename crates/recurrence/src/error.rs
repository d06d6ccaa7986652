//! What is said to the person who wrote what cannot be read.

use std::fmt;

/// Longest piece of the text that an error repeats, in characters.
const SHOWN: usize = 32;

/// Why a text is no schedule or window: what is wrong, where, and what would be right, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found} {place} {problem}: {instead}.")]
pub struct ParseError {
    found: Found,
    place: Place,
    problem: String,
    instead: String,
}

impl ParseError {
    /// The line, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.place.line
    }

    /// The character of the line, counted from 1.
    #[must_use]
    pub fn character(&self) -> usize {
        self.place.character
    }

    /// What would be right, as half a sentence that begins in lower case.
    #[must_use]
    pub fn instead(&self) -> &str {
        &self.instead
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    line: usize,
    character: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 1 {
            write!(f, "in line {} ", self.line)?;
        }
        write!(f, "at character {}", self.character)
    }
}

/// What stands there: short, and without characters that would disturb a terminal or a page.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found(String);

impl Found {
    fn new(text: &str) -> Self {
        let mut shown: String = text.chars().take(SHOWN).map(without_control).collect();
        if text.chars().nth(SHOWN).is_some() {
            shown.push('…');
        }
        Self(shown)
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { f.write_str("What is missing") } else { write!(f, "“{}”", self.0) }
    }
}

/// Control characters, and those that turn the direction of writing, become a sign for what is unknown.
fn without_control(character: char) -> char {
    let turns =
        matches!(character, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    match character {
        '\n' | '\t' => ' ',
        _ if character.is_control() || turns => '\u{fffd}',
        _ => character,
    }
}

/// A part of a text that knows the whole, so that an error can say where it stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'a> {
    whole: &'a str,
    text: &'a str,
}

impl<'a> Piece<'a> {
    pub(crate) fn new(whole: &'a str) -> Self {
        Self { whole, text: whole }
    }

    pub(crate) fn text(self) -> &'a str {
        self.text
    }

    /// `part`, which is a slice of this piece.
    pub(crate) fn of(self, part: &'a str) -> Self {
        Self { whole: self.whole, text: part }
    }

    pub(crate) fn trim(self) -> Self {
        self.of(self.text.trim())
    }

    pub(crate) fn is_empty(self) -> bool {
        self.text.is_empty()
    }

    pub(crate) fn is(self, word: &str) -> bool {
        self.text.eq_ignore_ascii_case(word)
    }

    pub(crate) fn split(self, separator: char) -> impl Iterator<Item = Self> {
        self.text.split(separator).map(move |part| self.of(part))
    }

    pub(crate) fn split_once(self, separator: &str) -> Option<(Self, Self)> {
        self.text.split_once(separator).map(|(left, right)| (self.of(left), self.of(right)))
    }

    pub(crate) fn words(self) -> impl DoubleEndedIterator<Item = Self> {
        self.text.split_whitespace().map(move |part| self.of(part))
    }

    /// What stands before `later`, a piece of the same whole, and what stands after it.
    pub(crate) fn around(self, later: Self) -> (Self, Self) {
        let at = later.offset().saturating_sub(self.offset());
        let before = self.text.get(..at).unwrap_or_default();
        let after = self.text.get(at + later.text.len()..).unwrap_or_default();
        (self.of(before), self.of(after))
    }

    /// A number of up to four digits.
    pub(crate) fn number(self) -> Option<u32> {
        let digits = self.text;
        let plain = (1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| digits.parse().ok()).flatten()
    }

    /// The error that begins with this piece: `problem` follows it, as in “is no minute”, and `instead` says
    /// what would be right.
    pub(crate) fn error(self, problem: impl Into<String>, instead: impl Into<String>) -> ParseError {
        let before = self.whole.get(..self.offset()).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let character = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        ParseError {
            found: Found::new(self.text.trim()),
            place: Place { line, character },
            problem: problem.into(),
            instead: instead.into(),
        }
    }

    /// The error that this piece is not what belongs here: `noun` is what does, as in “minute”.
    pub(crate) fn is_no(self, noun: &str, instead: impl Into<String>) -> ParseError {
        let missing = self.text.trim().is_empty();
        self.error(if missing { format!("is the {noun}") } else { format!("is no {noun}") }, instead)
    }

    /// The error for a text longer than `most` bytes, before any work is done on it.
    pub(crate) fn bounded(self, most: usize) -> Result<Self, ParseError> {
        if self.text.len() <= most {
            return Ok(self);
        }
        Err(self.error("is too long", format!("write at most {most} bytes")))
    }

    fn offset(self) -> usize {
        (self.text.as_ptr() as usize).saturating_sub(self.whole.as_ptr() as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_where_and_what_instead() {
        let whole = Piece::new("0 2,ö 61 * *");
        let word = whole.words().nth(2).unwrap();
        let error = word.error("is no day", "write a number from 1 to 31");
        assert_eq!(error.to_string(), "“61” at character 7 is no day: write a number from 1 to 31.");
        assert_eq!((error.line(), error.character()), (1, 7));
    }

    #[test]
    fn lines_are_counted_and_what_is_shown_is_short_and_harmless() {
        let text = format!("daily\n\u{1b}[31m\u{202e}{}", "x".repeat(100));
        let second = Piece::new(&text).split('\n').nth(1).unwrap();
        let error = second.error("is odd", "write less").to_string();
        assert!(error.starts_with("“\u{fffd}[31m\u{fffd}xxx"), "{error}");
        assert!(error.ends_with("x…” in line 2 at character 1 is odd: write less."), "{error}");
        assert!(error.chars().count() < 100, "{error}");
    }

    #[test]
    fn numbers_have_one_to_four_digits() {
        for (text, number) in
            [("7", Some(7)), ("0007", Some(7)), ("", None), ("+7", None), ("12345", None), ("٣", None)]
        {
            assert_eq!(Piece::new(text).number(), number, "{text}");
        }
    }
}
