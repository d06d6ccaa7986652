//! How a delivery ended.

use std::fmt;
use std::time::Duration;

use crate::text::{clean_line, cut};

/// Longest text of an answer that is kept, in characters.
const TEXT_MAX: usize = 500;
/// Longest time that somebody may ask us to wait.
const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// What the other side said, for showing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// The status of HTTP; for other protocols the nearest thing, or 0.
    pub status: u16,
    /// The beginning of its text on one line: at most 500 characters, without secrets of the channel.
    pub text: String,
}

impl Answer {
    /// What was said, cut and made printable.
    #[must_use]
    pub fn new(status: u16, text: &[u8]) -> Self {
        // Only the beginning is shown, and no character has more than four bytes.
        let beginning = text.get(..TEXT_MAX * 8).unwrap_or(text);
        Self { status, text: cut(&clean_line(&String::from_utf8_lossy(beginning)), TEXT_MAX) }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.status, self.text.as_str()) {
            (0, text) => f.write_str(text),
            (status, "") => write!(f, "status {status}"),
            (status, text) => write!(f, "status {status}: {text}"),
        }
    }
}

/// The other side took it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delivered {
    /// What a later note of the same thread edits or replies to. To be kept as it is, and passed as
    /// `previous`; `None` where the service knows nothing of the kind.
    pub reference: Option<String>,
    /// What it said.
    pub answer: Answer,
    /// Whom it did not reach while others have it, one sentence. It is not tried again: they would get it twice.
    pub missed: Option<String>,
}

/// Why something was not delivered. `Display` is one sentence for the owner, without any secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// It may work later.
    #[error("{sentence}")]
    TryAgain {
        /// What happened.
        sentence: String,
        /// What the other side said, if anything.
        answer: Option<Answer>,
        /// Not to be tried again before, as the other side says: at most a day.
        retry_after: Option<Duration>,
        /// Whether the message may have got through all the same: the connection broke after it was
        /// sent.
        unsure: bool,
    },
    /// It cannot work before somebody changes something.
    #[error("{sentence}")]
    Wrong {
        /// What is wrong, and what to do.
        sentence: String,
        /// What the other side said, if anything.
        answer: Option<Answer>,
    },
    /// The message which was to be edited is no more. [`Sender`](crate::Sender) then sends a new one.
    #[error("The message that was to be updated is gone.")]
    Gone {
        /// What the other side said.
        answer: Answer,
    },
}

impl DeliveryError {
    /// Whether it is worth trying again without any change.
    #[must_use]
    pub fn is_worth_trying_again(&self) -> bool {
        !matches!(self, Self::Wrong { .. })
    }

    /// How long the other side asks to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TryAgain { retry_after, .. } => *retry_after,
            Self::Wrong { .. } | Self::Gone { .. } => None,
        }
    }

    /// What the other side said, if anything.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Self::TryAgain { answer, .. } | Self::Wrong { answer, .. } => answer.as_ref(),
            Self::Gone { answer } => Some(answer),
        }
    }

    /// It cannot work, and nobody was asked.
    pub(crate) fn unsendable(sentence: impl Into<String>) -> Self {
        Self::Wrong { sentence: sentence.into(), answer: None }
    }

    /// The other side said that it cannot work.
    pub(crate) fn wrong(sentence: impl Into<String>, answer: Answer) -> Self {
        Self::Wrong { sentence: sentence.into(), answer: Some(answer) }
    }

    /// The other side said that it does not work now.
    pub(crate) fn later(sentence: impl Into<String>, answer: Answer, retry_after: Option<Duration>) -> Self {
        let retry_after = retry_after.map(|wait| wait.min(WAIT_MAX));
        Self::TryAgain { sentence: sentence.into(), answer: Some(answer), retry_after, unsure: false }
    }

    /// The same with every text passed through `change`.
    pub(crate) fn map_texts(self, change: impl Fn(String) -> String) -> Self {
        let answered = |answer: Option<Answer>| {
            answer.map(|answer| Answer { status: answer.status, text: change(answer.text) })
        };
        match self {
            Self::TryAgain { sentence, answer, retry_after, unsure } => {
                Self::TryAgain { sentence: change(sentence), answer: answered(answer), retry_after, unsure }
            }
            Self::Wrong { sentence, answer } => {
                Self::Wrong { sentence: change(sentence), answer: answered(answer) }
            }
            Self::Gone { answer } => Self::Gone { answer: answered(Some(answer)).unwrap_or_default() },
        }
    }
}
