//! What registries said.

use hob_base::Timestamp;
use registry_probe::{Digest, Outcome, Platform, Pullable, RateLimit, Reference, Report};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is asked: an image, and the fingerprint of the login that is shown; `None`: as anybody.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    pub(crate) image: String,
    pub(crate) login: Option<String>,
}

/// What came of it, as far as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It can be pulled.
    Ok,
    /// It can be pulled by anybody: nobody asked who it is.
    Open,
    Rejected,
    NoCredential,
    NoAccess,
    TagMissing,
    WrongArchitecture,
    RateLimited,
    /// There was no answer.
    Silent,
    NotARegistry,
    Fault,
}

impl Answer {
    const ALL: [(Self, &'static str); 11] = [
        (Self::Ok, "ok"),
        (Self::Open, "open"),
        (Self::Rejected, "credential_rejected"),
        (Self::NoCredential, "no_credential"),
        (Self::NoAccess, "no_access"),
        (Self::TagMissing, "tag_missing"),
        (Self::WrongArchitecture, "wrong_architecture"),
        (Self::RateLimited, "rate_limited"),
        (Self::Silent, "network"),
        (Self::NotARegistry, "not_a_registry"),
        (Self::Fault, "registry_fault"),
    ];

    /// The word for the database.
    pub(crate) fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(answer, _)| *answer == self).map_or("", |(_, word)| word)
    }

    /// From the word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == word).map(|(answer, _)| *answer)
    }

    /// Whether the image could be pulled.
    pub(crate) fn is_good(self) -> bool {
        matches!(self, Self::Ok | Self::Open)
    }

    /// Whether it says something of the image or the credential, and not only of the moment.
    pub(crate) fn is_final(self) -> bool {
        !matches!(self, Self::RateLimited | Self::Silent | Self::Fault)
    }

    fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Ok(pullable) if pullable.credential_used => Self::Ok,
            Outcome::Ok(_) => Self::Open,
            Outcome::CredentialRejected { .. } => Self::Rejected,
            Outcome::NoCredential { .. } => Self::NoCredential,
            Outcome::NoAccess { .. } => Self::NoAccess,
            Outcome::TagMissing => Self::TagMissing,
            Outcome::WrongArchitecture { .. } => Self::WrongArchitecture,
            Outcome::RateLimited { .. } => Self::RateLimited,
            Outcome::NotARegistry { .. } => Self::NotARegistry,
            Outcome::RegistryFault { .. } => Self::Fault,
            // What a later version may tell is as if there were no answer.
            _ => Self::Silent,
        }
    }
}

/// What is known of one question.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Known {
    /// The name of its row; empty until it is written.
    pub(crate) id: String,
    /// The last answer that says something of the image or the credential; while there was none, the last of all.
    pub(crate) answer: Answer,
    /// The last of all.
    pub(crate) latest: Answer,
    /// Of a wrong architecture the one that is wanted; else what the registry said, in a sentence.
    pub(crate) detail: String,
    /// What the tag stands for; empty where nobody said.
    pub(crate) digest: String,
    /// For which platforms it is made.
    pub(crate) platforms: Vec<String>,
    /// When it was last asked.
    pub(crate) asked_at: Timestamp,
    /// When it was last good.
    pub(crate) good_at: Option<Timestamp>,
    /// How often in a row the answer said nothing.
    pub(crate) failures: u32,
    /// When the credential ends, in seconds since 1970.
    pub(crate) expires_at: Option<i64>,
}

impl Known {
    /// Folds in what was heard. `wanted` are the platforms that it has to run on. An answer that says nothing of the image
    /// or the credential leaves what was known before.
    pub(crate) fn hear(before: Option<&Self>, report: &Report, wanted: &[Platform], now: Timestamp) -> Self {
        let mut heard = Self {
            id: before.map(|before| before.id.clone()).unwrap_or_default(),
            answer: Answer::of(&report.outcome),
            latest: Answer::of(&report.outcome),
            detail: report.to_string(),
            digest: before.map(|before| before.digest.clone()).unwrap_or_default(),
            platforms: before.map(|before| before.platforms.clone()).unwrap_or_default(),
            asked_at: now,
            good_at: before.and_then(|before| before.good_at),
            failures: 0,
            expires_at: report.credential_expires_at.or_else(|| before.and_then(|before| before.expires_at)),
        };
        match &report.outcome {
            Outcome::Ok(pullable) => {
                heard.good_at = Some(now);
                heard.digest = pullable.digest.to_string();
                heard.platforms = pullable.platforms.iter().map(ToString::to_string).collect();
                let runs = |wanted: &Platform| pullable.platforms.iter().any(|there| wanted.runs(there));
                let lacking = wanted.iter().find(|wanted| !pullable.platforms.is_empty() && !runs(wanted));
                if let Some(lacking) = lacking {
                    (heard.answer, heard.latest) = (Answer::WrongArchitecture, Answer::WrongArchitecture);
                    heard.detail = lacking.to_string();
                }
            }
            Outcome::WrongArchitecture { wanted, .. } => heard.detail = wanted.to_string(),
            _ => {}
        }
        if !heard.latest.is_final() {
            heard.failures = before.map_or(0, |before| before.failures).saturating_add(1);
            if let Some(before) = before.filter(|before| before.answer.is_final()) {
                heard.answer = before.answer;
                heard.detail.clone_from(&before.detail);
            }
        }
        heard
    }

    /// What was heard, for words; `None` for an image whose name cannot be read, or where there was no answer.
    pub(crate) fn report(&self, image: &str) -> Option<Report> {
        let reference = Reference::parse(image).ok()?;
        let outcome = match self.answer {
            Answer::Ok | Answer::Open => Outcome::Ok(Pullable {
                digest: Digest::parse(&self.digest).ok()?,
                platforms: Vec::new(),
                token_lifetime: None,
                rate_limit: None,
                credential_used: self.answer == Answer::Ok,
            }),
            Answer::Rejected => Outcome::CredentialRejected { said: None },
            Answer::NoCredential => Outcome::NoCredential { said: None },
            Answer::NoAccess => Outcome::NoAccess { said: None },
            Answer::TagMissing => Outcome::TagMissing,
            Answer::WrongArchitecture => {
                let wanted = Platform::parse(&self.detail).ok()?;
                Outcome::WrongArchitecture { wanted, there: Vec::new() }
            }
            Answer::RateLimited => Outcome::RateLimited { retry_after: None, limit: RateLimit::default() },
            Answer::NotARegistry => Outcome::NotARegistry { saw: String::new() },
            Answer::Fault => Outcome::RegistryFault { status: 0, reason: String::new() },
            Answer::Silent => return None,
        };
        Some(Report { reference, outcome, credential_expires_at: self.expires_at })
    }
}

/// Everything that is known, in memory. Kept in `Ctx::memory`.
#[derive(Default)]
pub(crate) struct Answers {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    is_loaded: bool,
    known: BTreeMap<Key, Known>,
    said: BTreeMap<hob_base::ResourceId, Said>,
}

/// What was last said of a resource.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    pub(crate) word: super::words::Word,
    pub(crate) at: std::time::Duration,
}

impl Answers {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether what the database holds was read.
    pub(crate) fn is_loaded(&self) -> bool {
        self.inner().is_loaded
    }

    /// Takes in what the database holds.
    pub(crate) fn load(&self, known: Vec<(Key, Known)>) {
        let mut inner = self.inner();
        inner.known = known.into_iter().collect();
        inner.is_loaded = true;
    }

    /// A copy of everything.
    pub(crate) fn all(&self) -> BTreeMap<Key, Known> {
        self.inner().known.clone()
    }

    /// Keeps what was heard.
    pub(crate) fn keep(&self, key: Key, known: Known) {
        self.inner().known.insert(key, known);
    }

    /// Drops what nobody asks any more.
    pub(crate) fn drop_all(&self, keys: &[Key]) {
        let mut inner = self.inner();
        for key in keys {
            inner.known.remove(key);
        }
    }

    /// What was last said, by resource.
    pub(crate) fn said(&self) -> BTreeMap<hob_base::ResourceId, Said> {
        self.inner().said.clone()
    }

    /// Remembers what was said; `None`: taken back.
    pub(crate) fn set_said(&self, id: hob_base::ResourceId, said: Option<Said>) {
        let mut inner = self.inner();
        match said {
            Some(said) => inner.said.insert(id, said),
            None => inner.said.remove(&id),
        };
    }
}
