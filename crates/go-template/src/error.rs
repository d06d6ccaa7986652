//! What is said to the person who wrote a template that cannot be read or rendered.

/// Why a template cannot be read or rendered, and where, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, character {column}: {problem}")]
pub struct TemplateError {
    line: usize,
    column: usize,
    problem: String,
}

/// Longest text of an error, in characters.
const LONGEST: usize = 240;

impl TemplateError {
    pub(crate) fn new(line: usize, column: usize, problem: &str) -> Self {
        let mut shown: String =
            problem.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
        if problem.chars().nth(LONGEST).is_some() {
            shown.push('…');
        }
        Self { line, column, problem: shown }
    }

    /// The line, counted from 1.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// The character of the line, counted from 1.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// What is wrong, without the place. At most 240 characters on one line.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}
