//! What an outcome means for who would pull: how bad it is, in one sentence, and the next step. The same words whoever
//! asks, a check that somebody made or a cluster whose pods would pull.

use crate::outcome::{Outcome, Report};

/// The longest name in a sentence, in characters.
const NAME_CHARS: usize = 100;

/// Who asks, in the words of who shows the answer.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// Who logs in, if somebody does.
    pub user: Option<&'a str>,
    /// Whether a credential is shown.
    pub has_credential: bool,
    /// Where it is kept: “the file /run/secrets/ghcr”.
    pub place: &'a str,
    /// That there is none, as a clause: “this check has none”.
    pub lacks: &'a str,
    /// How one is given, as the beginning of a sentence: “Give this check a user and a password”.
    pub give: &'a str,
    /// How less is asked, after a full stop; empty where nothing can be done about it.
    pub slower: &'a str,
}

/// How bad an outcome is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// It can be pulled.
    Well,
    /// It cannot be pulled for now, or not here.
    Warning,
    /// It cannot be pulled, and that will not pass by itself.
    Critical,
}

/// What an outcome means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How bad it is.
    pub severity: Severity,
    /// One sentence.
    pub sentence: String,
    /// The next step; `None` where it is well.
    pub remedy: Option<String>,
}

impl Verdict {
    fn new(severity: Severity, sentence: String, remedy: impl Into<String>) -> Self {
        Self { severity, sentence, remedy: Some(remedy.into()) }
    }

    fn well(sentence: String) -> Self {
        Self { severity: Severity::Well, sentence, remedy: None }
    }
}

impl Asker<'_> {
    /// “the credential of me”.
    #[must_use]
    pub fn whose(&self) -> String {
        match self.user {
            Some(user) => format!("the credential of {}", cut(user)),
            None => "the credential".to_owned(),
        }
    }
}

impl Report {
    /// What came of it, in words for `asker`; `None` where there was no answer, of which the caller knows more.
    #[must_use]
    pub fn verdict(&self, asker: &Asker<'_>) -> Option<Verdict> {
        let registry = cut(self.reference.registry());
        let image = cut(self.reference.repository());
        let (whose, place) = (asker.whose(), asker.place);
        Some(match &self.outcome {
            Outcome::Ok(pullable) if asker.has_credential && !pullable.credential_used => Verdict::well(
                format!("{registry} gives {image} to anybody, so that it does not look at {whose}."),
            ),
            Outcome::Ok(_) => Verdict::well(format!("{registry} lets {image} be pulled.")),
            Outcome::CredentialRejected { .. } => Verdict::new(
                Severity::Critical,
                format!("The registry {registry} rejects {whose}: it is wrong, expired or withdrawn."),
                format!("Create a new token at {registry} and replace it in {place}."),
            ),
            Outcome::NoCredential { .. } if asker.has_credential => Verdict::new(
                Severity::Critical,
                format!(
                    "The registry {registry} wants another credential for {image} than {whose}, or the image does not exist."
                ),
                "Look whether the name of the image is right, and give a token that may read it.",
            ),
            Outcome::NoCredential { .. } => Verdict::new(
                Severity::Critical,
                format!(
                    "The registry {registry} wants a credential for {image}, and {}; or the image does not exist.",
                    asker.lacks
                ),
                format!("{}, or look whether the name of the image is right.", asker.give),
            ),
            Outcome::NoAccess { .. } => Verdict::new(
                Severity::Critical,
                format!(
                    "The registry {registry} takes {whose} but does not give out {image}: it is not allowed, or it does not exist."
                ),
                format!("Give the token the right to read {image}, or look whether the name is right."),
            ),
            Outcome::TagMissing => Verdict::new(
                Severity::Critical,
                format!("{registry} has no {} of {image}.", cut(self.reference.version())),
                "Look which tags there are: this one may have been deleted or never pushed.",
            ),
            Outcome::WrongArchitecture { wanted, .. } => Verdict::new(
                Severity::Warning,
                format!("{registry} has {image}, but not for {wanted}, which is what runs here."),
                "Have the image built for this platform, or take another tag.",
            ),
            Outcome::RateLimited { .. } => Verdict::new(
                Severity::Warning,
                format!(
                    "{registry} lets nothing more be pulled for now: too much was asked of it from here."
                ),
                format!("Wait, or log in with an account that may pull more{}.", asker.slower),
            ),
            Outcome::NotARegistry { .. } => Verdict::new(
                Severity::Critical,
                format!("{registry} answers, but is no registry of images."),
                "Look whether the name of the registry is right, and whether a proxy stands before it.",
            ),
            Outcome::RegistryFault { .. } => Verdict::new(
                Severity::Critical,
                format!("The registry {registry} answers with a fault."),
                "Wait for it to recover; if it is your own, its log should say what happened.",
            ),
            Outcome::Network(_) => return None,
        })
    }
}

/// A name as it may stand in a sentence.
fn cut(text: &str) -> String {
    let clean: String = text.chars().filter(|c| !c.is_control()).collect();
    if clean.chars().count() <= NAME_CHARS {
        return clean;
    }
    clean.chars().take(NAME_CHARS - 1).chain(['…']).collect()
}
