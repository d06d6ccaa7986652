//! What is said to the person who wrote a template that cannot be read or rendered.

/// Why a template cannot be read or rendered, and where, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("In line {line}, at character {column}: {problem}.")]
pub struct TemplateError {
    line: usize,
    column: usize,
    problem: String,
    stage: Stage,
}

/// What was being done with a template when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It was read: it is wrong whatever the data are.
    Reading,
    /// It was rendered on some data.
    Rendering,
}

/// Longest text of an error, in characters.
const LONGEST: usize = 240;

impl TemplateError {
    /// Something that cannot be read.
    pub(crate) fn new(line: usize, column: usize, problem: &str) -> Self {
        Self { line, column, problem: shortened(problem, LONGEST), stage: Stage::Reading }
    }

    /// Where in the source a fault is; one that names no place is at its beginning.
    pub(crate) fn locate(source: &str, fault: &Fault, stage: Stage) -> Self {
        let mut at = fault.at.unwrap_or_default().min(source.len());
        while !source.is_char_boundary(at) {
            at -= 1;
        }
        let before = &source[..at];
        let line_begins = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before[line_begins..].chars().count() + 1;
        Self { stage, ..Self::new(line, column, &fault.problem) }
    }

    /// The same, said of a part of something larger, such as the title of a message.
    pub(crate) fn of(mut self, part: &str) -> Self {
        self.problem = shortened(&format!("{part}: {}", self.problem), LONGEST);
        self
    }

    /// Whether the template itself is wrong, or it and the data do not go together.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage
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

    /// What is wrong, without the place. At most 241 characters on one line.
    #[must_use]
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

/// What went wrong, before it is known where in the lines of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    problem: String,
    at: Option<usize>,
}

impl Fault {
    pub(crate) fn new(problem: impl Into<String>) -> Self {
        Self { problem: problem.into(), at: None }
    }

    /// Says where, as a byte of the source, unless that has been said already.
    pub(crate) fn at(mut self, at: usize) -> Self {
        self.at.get_or_insert(at);
        self
    }

    /// Says in which function, unless the problem itself does, or it is about a place of its own.
    pub(crate) fn of(mut self, function: &str) -> Self {
        let name = format!("“{function}”");
        if self.at.is_none() && !self.problem.contains(&name) {
            self.problem = format!("in {name}, {}", self.problem);
        }
        self
    }
}

impl From<&str> for Fault {
    fn from(problem: &str) -> Self {
        Self::new(problem)
    }
}

impl From<String> for Fault {
    fn from(problem: String) -> Self {
        Self::new(problem)
    }
}

/// Something of the template or its data that an error repeats: short, and on one line.
pub(crate) fn quoted(text: &str) -> String {
    format!("“{}”", shortened(text, 40))
}

fn shortened(text: &str, longest: usize) -> String {
    let mut shown: String =
        text.chars().take(longest).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(longest).is_some() {
        shown.push('…');
    }
    shown
}
