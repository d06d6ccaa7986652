//! What came of asking about a domain, in words for its owner.

use std::fmt;
use std::time::Duration;

use http_probe::ProbeError;
use jiff::Timestamp;
use jiff::tz::Offset;

use crate::domain::Domain;

/// What came of it, for which domain.
#[derive(Debug)]
pub struct Report {
    /// The domain.
    pub domain: Domain,
    /// What came of it.
    pub outcome: Outcome,
}

/// When a domain expires, or why that is not known. Exactly one of these holds.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The registry tells when.
    Expires {
        /// The end of the registration. It may have passed: then the domain is about to be given away.
        at: Timestamp,
        /// Who registered it for its owner.
        registrar: Option<String>,
        /// Its states: see [`Record::status`](crate::Record::status).
        status: Vec<String>,
    },
    /// The domain is registered, and the registry does not tell until when.
    NoExpiry {
        /// Who registered it for its owner.
        registrar: Option<String>,
        /// Its states.
        status: Vec<String>,
    },
    /// The registry does not know the domain: nobody has registered it.
    NotFound,
    /// There is no RDAP for this top-level domain, as far as the server knows.
    Unsupported,
    /// Too much was asked of the server.
    RateLimited {
        /// How long to wait, where the server tells it in seconds.
        retry_after: Option<Duration>,
    },
    /// There was no answer. Also an untrusted certificate.
    Network(ProbeError),
    /// The answer is of no use.
    Fault {
        /// Its status (RFC 9110, section 15).
        status: u16,
        /// A clause about it.
        reason: String,
    },
}

impl Outcome {
    /// A word for each outcome, for machines; it stays the same between versions.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Expires { .. } => "expires",
            Self::NoExpiry { .. } => "no_expiry",
            Self::NotFound => "not_found",
            Self::Unsupported => "unsupported",
            Self::RateLimited { .. } => "rate_limited",
            Self::Network(_) => "network",
            Self::Fault { .. } => "fault",
        }
    }
}

/// One plain sentence.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { domain, outcome } = self;
        match outcome {
            Outcome::Expires { at, .. } => {
                write!(f, "The registration of {domain} ends on {}.", Offset::UTC.to_datetime(*at).date())
            }
            Outcome::NoExpiry { .. } => {
                write!(f, "{domain} is registered; its registry does not tell until when.")
            }
            Outcome::NotFound => write!(f, "{domain} is not registered: its registry does not know it."),
            Outcome::Unsupported => {
                write!(f, "Nobody is known who tells of domains under “{}” over RDAP.", domain.tld())
            }
            Outcome::RateLimited { retry_after: Some(wait) } => write!(
                f,
                "The server which tells of {domain} wants to be asked again in {} seconds at the earliest.",
                wait.as_secs()
            ),
            Outcome::RateLimited { retry_after: None } => {
                write!(f, "The server which tells of {domain} was asked too often.")
            }
            Outcome::Network(error) => error.fmt(f),
            Outcome::Fault { status, reason } => {
                write!(f, "The server which tells of {domain} answered with status {status}: {reason}.")
            }
        }
    }
}
