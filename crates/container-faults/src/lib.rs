//! What is wrong with a container and what to do about it, in sentences: images that cannot be pulled, containers that
//! cannot be started, that end, that do not answer.
//!
//! The runtimes (containerd, CRI-O, Docker, Podman) and the kubelet say what happened in texts of their own; here are
//! the tables that turn them into a meaning. Pure: a text goes in, a [`Fault`] comes out, the same words for the same
//! fault wherever it happened.
//!
//! - [`pull`]: an image cannot be pulled.
//! - [`start`]: a container cannot be made or started.
//! - [`exit`]: a container ended; exit codes, signals, memory; ended again and again.
//! - [`probe`]: a container runs, but does not answer as it should.
//! - [`hints`]: what the last lines of a log tell.
//!
//! Invariants: no text makes it panic; what is not understood is said to be so, with the text; names that come from
//! outside are cut to a length; texts are compared without regard to case.

pub mod exit;
pub mod hints;
mod image;
pub mod probe;
pub mod pull;
pub mod start;
mod words;

pub use image::Image;
pub use words::{cut, quoted, single_line, without_queries};

/// How bad a fault is for the container that has it. What it means for the service is for the caller to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing, nothing is broken.
    Note,
    /// It will most likely pass, or it matters soon.
    Warning,
    /// It does not work and will not by itself.
    Critical,
}

/// Who runs the container: the next step names that one's commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Engine {
    /// A kubelet.
    #[default]
    Kubernetes,
    /// Docker.
    Docker,
    /// Podman.
    Podman,
}

impl Engine {
    /// The command with which people speak to it.
    pub const fn command(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubectl",
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }
}

/// What is wrong and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What it is, for programs: `image-pull-credential-rejected`.
    pub code: &'static str,
    /// How bad.
    pub severity: Severity,
    /// In one sentence.
    pub sentence: String,
    /// The next step, where there is one.
    pub remedy: Option<String>,
}

impl Fault {
    fn new(code: &'static str, severity: Severity, sentence: impl Into<String>) -> Self {
        Self { code, severity, sentence: sentence.into(), remedy: None }
    }

    fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// What is wrong as a part of another sentence: without the full stop, and beginning small where it begins with an
    /// article.
    pub fn clause(&self) -> String {
        words::clause(&self.sentence)
    }
}
