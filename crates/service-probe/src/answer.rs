//! What a service said.

use std::net::SocketAddr;
use std::time::Duration;

use tls_probe::Examination;

/// A service answered as its protocol says.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answer {
    /// One clause which says who or what answered: “OpenSSH_9.2p1 Debian”, “PostgreSQL asks for a
    /// password (SCRAM-SHA-256)”. What the service said of itself is in it on one line and cut.
    pub summary: String,
    /// What else is known, under words which stay the same between versions; a word may occur several
    /// times. Which words there are, each question says.
    pub details: Vec<(&'static str, String)>,
    /// The address which answered.
    pub remote: Option<SocketAddr>,
    /// How long it took from the beginning of the probe until the answer was there.
    pub took: Duration,
    /// What the service showed of itself in the TLS handshake, if there was one. Its certificate may be
    /// as bad as it likes: that is for the caller to judge.
    pub tls: Option<Examination>,
}

impl Answer {
    /// The first detail under `word`.
    #[must_use]
    pub fn detail(&self, word: &str) -> Option<&str> {
        self.details.iter().find(|(name, _)| *name == word).map(|(_, value)| value.as_str())
    }

    /// All details under `word`, in their order.
    pub fn all<'a>(&'a self, word: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.details.iter().filter(move |(name, _)| *name == word).map(|(_, value)| value.as_str())
    }
}

/// What a conversation found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) summary: String,
    pub(crate) details: Vec<(&'static str, String)>,
}

impl Said {
    pub(crate) fn new(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), details: Vec::new() }
    }

    /// Adds a detail, unless it is empty.
    pub(crate) fn with(mut self, word: &'static str, value: impl Into<String>) -> Self {
        let value = value.into();
        if !value.is_empty() {
            self.details.push((word, value));
        }
        self
    }

    /// Adds what is true of a service which wants to know who asks.
    pub(crate) fn asks_for_login(self) -> Self {
        self.with("authentication", "required")
    }
}
