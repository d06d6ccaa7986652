//! What came of asking a registry, in words for the owner of what pulls from it.

use std::fmt;
use std::time::Duration;

use http_probe::ProbeError;

use crate::platform::Platform;
use crate::reference::{Digest, Reference};

/// Number of platforms named in a sentence.
const NAMED: usize = 8;

/// What came of it, for which image.
#[derive(Debug)]
pub struct Report {
    /// The image.
    pub reference: Reference,
    /// What came of it.
    pub outcome: Outcome,
    /// When the credential itself expires, in seconds since 1970, where that can be read from it: see
    /// [`Credential::expires_at`](crate::Credential::expires_at).
    pub credential_expires_at: Option<i64>,
}

/// Whether an image can be pulled, and if not, why. Exactly one of these holds.
///
/// What the registry said is cut to 200 characters and holds no control characters.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It can be pulled.
    Ok(Pullable),
    /// The registry does not take the credential: it is wrong, expired or withdrawn.
    CredentialRejected {
        /// What the registry said.
        said: Option<String>,
    },
    /// The registry wants a credential, and there is none. It may also be that the repository does not
    /// exist: to whom it does not know, a registry tells neither.
    NoCredential {
        /// What the registry said.
        said: Option<String>,
    },
    /// The repository is denied, or it does not exist. Registries do not tell these apart, so that
    /// nobody learns of what is not theirs. The credential, if one was needed, is valid.
    NoAccess {
        /// What the registry said.
        said: Option<String>,
    },
    /// The repository is there and the tag or digest is not.
    TagMissing,
    /// The image is there, but not for the platform.
    WrongArchitecture {
        /// The platform it should run on.
        wanted: Platform,
        /// The platforms it is made for.
        there: Vec<Platform>,
    },
    /// The registry lets nothing be pulled for a while.
    RateLimited {
        /// How long to wait, where the registry tells it in seconds.
        retry_after: Option<Duration>,
        /// What the registry told of its limits.
        limit: RateLimit,
    },
    /// There was no answer. Also an untrusted certificate, as nothing is asked of such a server.
    Network(ProbeError),
    /// Something answers, but no registry.
    NotARegistry {
        /// A clause about the answer: "the answer was a web page".
        saw: String,
    },
    /// The registry has a fault, or answers as no client can understand.
    RegistryFault {
        /// The status of its answer (RFC 9110, section 15).
        status: u16,
        /// A clause about the fault.
        reason: String,
    },
}

/// An image which can be pulled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pullable {
    /// The digest of what the tag stands for; for several platforms, of their index.
    pub digest: Digest,
    /// The platforms it is made for; empty if it does not tell, or is no image to run.
    pub platforms: Vec<Platform>,
    /// How long the token which was given out for this pull is good, where the registry told. It is
    /// made anew for each pull, and says nothing of how long the credential is good.
    pub token_lifetime: Option<Duration>,
    /// What the registry told of its limits.
    pub rate_limit: Option<RateLimit>,
    /// Whether the credential was asked for. A registry which gives the image to anybody may not have
    /// looked at it.
    pub credential_used: bool,
}

/// How much may be pulled, from `RateLimit-Limit` and `RateLimit-Remaining` as Docker Hub has them
/// (<https://docs.docker.com/docker-hub/usage/pulls/>), with or without `X-`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RateLimit {
    /// Number of pulls within the window.
    pub limit: Option<u64>,
    /// Number of those which are left.
    pub remaining: Option<u64>,
    /// The window.
    pub window: Option<Duration>,
}

impl Outcome {
    /// A word for each outcome, for machines; it stays the same between versions.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Ok(_) => "ok",
            Self::CredentialRejected { .. } => "credential_rejected",
            Self::NoCredential { .. } => "no_credential",
            Self::NoAccess { .. } => "no_access",
            Self::TagMissing => "tag_missing",
            Self::WrongArchitecture { .. } => "wrong_architecture",
            Self::RateLimited { .. } => "rate_limited",
            Self::Network(_) => "network",
            Self::NotARegistry { .. } => "not_a_registry",
            Self::RegistryFault { .. } => "registry_fault",
        }
    }
}

/// One or two plain sentences.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reference, outcome, .. } = self;
        let (registry, repository) = (reference.registry(), reference.repository());
        match outcome {
            Outcome::Ok(_) => write!(f, "{registry} lets {repository} be pulled."),
            Outcome::CredentialRejected { said } => {
                write!(
                    f,
                    "{registry} rejects the credential: it is wrong, expired or withdrawn.{}",
                    Said(said)
                )
            }
            Outcome::NoCredential { said } => write!(
                f,
                "{registry} wants a credential for {repository}, and there is none for it. It may also be that \
                 the repository does not exist.{}",
                Said(said)
            ),
            Outcome::NoAccess { said } => write!(
                f,
                "{registry} does not give out {repository}: it is not allowed, or it does not exist. Registries \
                 do not tell which.{}",
                Said(said)
            ),
            Outcome::TagMissing => write!(f, "{registry} has no {} in {repository}.", reference.version()),
            Outcome::WrongArchitecture { wanted, there } if there.is_empty() => {
                write!(f, "{repository} has no image for {wanted}.")
            }
            Outcome::WrongArchitecture { wanted, there } => {
                let named: Vec<String> = there.iter().take(NAMED).map(ToString::to_string).collect();
                let more = if there.len() > NAMED { " and others" } else { "" };
                write!(f, "{repository} has no image for {wanted}, only for {}{more}.", named.join(", "))
            }
            Outcome::RateLimited { retry_after: Some(wait), .. } => {
                write!(f, "{registry} lets nothing more be pulled for the next {} seconds.", wait.as_secs())
            }
            Outcome::RateLimited { retry_after: None, .. } => {
                write!(f, "{registry} lets nothing more be pulled for now: too much was asked of it.")
            }
            Outcome::Network(error) => error.fmt(f),
            Outcome::NotARegistry { saw } => write!(f, "{registry} is not a registry of images: {saw}."),
            Outcome::RegistryFault { status, reason } => {
                write!(f, "{registry} answered with status {status}: {reason}.")
            }
        }
    }
}

/// What a registry said, as a sentence of its own.
struct Said<'a>(&'a Option<String>);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(said) => write!(f, " It says: “{said}”"),
            None => Ok(()),
        }
    }
}
