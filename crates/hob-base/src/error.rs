//! The one error type that crosses crates. Its kind decides the answer a person or a program gets.

use std::fmt;

/// A result with Hob's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, by the answer it deserves. Local error enums are only worth having where a caller branches on them.
#[derive(Debug)]
pub enum Error {
    /// The thing that was asked for does not exist.
    NotFound {
        /// What sort of thing, in the words of a page ("service", "user").
        what: &'static str,
        /// Which one.
        name: String,
    },
    /// The input cannot be used; the text says what would be right.
    Invalid {
        /// The form field or setting that is wrong.
        field: String,
        /// One sentence: what is wrong and what would be right.
        problem: String,
    },
    /// The input is fine, but the present state forbids it.
    Conflict(String),
    /// Known, but not allowed.
    Forbidden(String),
    /// Not known: log in, or send a token.
    Unauthenticated(String),
    /// Too many tries; the number is the seconds to wait.
    TooMany {
        /// One sentence for the person.
        problem: String,
        /// Seconds after which another try makes sense.
        retry_after_s: u64,
    },
    /// Something Hob needs is away for the moment.
    Unavailable(String),
    /// A fault of Hob's own or of what it stands on.
    Internal {
        /// What was being done, and on what.
        doing: String,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Error {
    /// A missing thing.
    pub fn not_found(what: &'static str, name: impl Into<String>) -> Self {
        Self::NotFound { what, name: name.into() }
    }

    /// Unusable input.
    pub fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), problem: problem.into() }
    }

    /// An internal fault with what was being done.
    pub fn internal(
        doing: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Internal { doing: doing.into(), source: source.into() }
    }

    /// The error and its sources in one line, for the log.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            let cause_text = cause.to_string();
            // Many libraries repeat their source in their own text.
            if !text.ends_with(&cause_text) {
                text.push_str(": ");
                text.push_str(&cause_text);
            }
            next = cause.source();
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { what, name } => write!(f, "There is no {what} “{name}”."),
            Self::Invalid { field, problem } => write!(f, "{field}: {problem}"),
            Self::Conflict(text)
            | Self::Forbidden(text)
            | Self::Unauthenticated(text)
            | Self::Unavailable(text) => f.write_str(text),
            Self::TooMany { problem, .. } => f.write_str(problem),
            Self::Internal { doing, .. } => write!(f, "{doing} failed"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Internal { source, .. } => Some(source.as_ref()),
            _ => None,
        }
    }
}

/// Adds what was being done to any error.
pub trait Doing<T> {
    /// Turns the error into [`Error::Internal`] with `doing` as its context.
    ///
    /// # Errors
    /// The error of `self`, wrapped.
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T>;
}

impl<T, E: Into<Box<dyn std::error::Error + Send + Sync>>> Doing<T> for std::result::Result<T, E> {
    fn doing(self, doing: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|e| Error::internal(doing(), e))
    }
}

/// Turns "not there" into an answer.
pub trait OrNotFound<T> {
    /// The value, or [`Error::NotFound`].
    ///
    /// # Errors
    /// When there is no value.
    fn or_not_found(self, what: &'static str, name: &str) -> Result<T>;
}

impl<T> OrNotFound<T> for Option<T> {
    fn or_not_found(self, what: &'static str, name: &str) -> Result<T> {
        self.ok_or_else(|| Error::not_found(what, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_names_what_was_done_and_why_it_failed() {
        let io = std::io::Error::other("disk on fire");
        let error = Err::<(), _>(io).doing(|| "Reading hob.toml".to_owned()).unwrap_err();
        assert_eq!(error.chain(), "Reading hob.toml failed: disk on fire");
    }
}
