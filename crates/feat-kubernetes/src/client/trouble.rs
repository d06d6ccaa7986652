//! What went wrong between Hob and an API server, in one sentence.

use hob_base::wording::{duration_words, tidy};
use std::error::Error;
use std::io;
use std::time::Duration;

/// The longest evidence, in characters.
const EVIDENCE_MAX: usize = 600;

/// What kind of failure it is, for what is done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The kubeconfig or its plugin: nothing was asked.
    Setup,
    /// Nobody answers there, or no longer.
    Away,
    /// It is not the server that it should be, or it does not take our certificate.
    Tls,
    /// It does not know who asks (401).
    Unauthorized,
    /// Whoever asks may not have that (403).
    Forbidden,
    /// There is no such thing (404).
    NotFound,
    /// What was known is too old to go on from (410).
    Gone,
    /// It is busy, or broken inside (429, 5xx).
    Busy,
    /// More than is read at once.
    TooLarge,
    /// It answers something else than Kubernetes does.
    Protocol,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// What kind of failure it is.
    pub(crate) fault: Fault,
    /// What went wrong, in one sentence.
    pub(crate) sentence: String,
    /// What that rests on. May be empty.
    pub(crate) evidence: String,
    /// The next step, where there is one.
    pub(crate) remedy: Option<String>,
}

impl Trouble {
    pub(super) fn new(fault: Fault, sentence: impl Into<String>, evidence: &str) -> Self {
        Self { fault, sentence: sentence.into(), evidence: tidy(evidence, EVIDENCE_MAX), remedy: None }
    }

    pub(super) fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// What `kube` says went wrong with a request.
    pub(super) fn of(server: &str, error: &kube::Error) -> Self {
        match error {
            kube::Error::Api(status) => Self::status(server, status.code, &status.message),
            kube::Error::Auth(error) => Self::new(
                Fault::Setup,
                format!("What is needed to sign in to {server} could not be had."),
                &chain(error),
            ),
            kube::Error::InferKubeconfig(error) => {
                Self::new(Fault::Setup, "The kubeconfig cannot be used.", &chain(error))
            }
            kube::Error::RustlsTls(error) => Self::new(
                Fault::Setup,
                "The certificates of the kubeconfig cannot be read.",
                &chain(error),
            )
            .remedy("Have the kubeconfig written anew, or compare its certificate-authority and client-certificate with where they came from."),
            other => Self::broken(server, other),
        }
    }

    /// A connection that was not made, or broke.
    pub(super) fn broken(server: &str, error: &(dyn Error + 'static)) -> Self {
        let text = chain(error);
        let lower = text.to_lowercase();
        let kind = io_kind(error);
        let away = |sentence: String| Self::new(Fault::Away, sentence, &text);
        if lower.contains("expired") && lower.contains("certificate") {
            let sentence = format!("A certificate between Hob and the API server {server} has expired.");
            return Self::new(Fault::Tls, sentence, &text)
                .remedy("k3s renews its certificates when it is restarted in their last 90 days; kubeadm by “kubeadm certs renew all”. Then take the new kubeconfig.");
        }
        if lower.contains("certificate") || lower.contains("unknownissuer") || lower.contains("alert") {
            let sentence = format!(
                "The TLS connection to the API server {server} failed: one side does not trust the other's certificate."
            );
            return Self::new(Fault::Tls, sentence, &text)
                .remedy("The kubeconfig may be of another cluster, or of this one before it was installed anew: take its present one.");
        }
        if lower.contains("dns error") || lower.contains("failed to lookup address") {
            return away(format!("The name in {server} could not be resolved."));
        }
        match kind {
            Some(io::ErrorKind::ConnectionRefused) => {
                away(format!("The API server {server} refused the connection: nothing listens there."))
            }
            Some(io::ErrorKind::TimedOut) => away(format!("The API server {server} did not answer in time.")),
            Some(io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable) => {
                away(format!("There is no way to the API server {server}."))
            }
            _ => away(format!("The connection to the API server {server} broke.")),
        }
    }

    /// Nothing came in time.
    pub(super) fn silent(server: &str, limit: Duration) -> Self {
        let sentence = format!("The API server {server} did not answer within {}.", duration_words(limit));
        Self::new(Fault::Away, sentence, "")
    }

    /// An answer that is no success: most are a `Status` in JSON.
    pub(super) fn refused(server: &str, code: u16, body: &[u8]) -> Self {
        let status: Option<serde_json::Value> = serde_json::from_slice(body).ok();
        let message = status.as_ref().and_then(|status| status.get("message")?.as_str());
        let text = message.map_or_else(|| String::from_utf8_lossy(body).into_owned(), ToOwned::to_owned);
        Self::status(server, code, &text)
    }

    /// The error in the midst of a watch.
    pub(crate) fn in_watch(server: &str, status: &serde_json::Value) -> Self {
        let code = status.get("code").and_then(serde_json::Value::as_u64).unwrap_or(500);
        let message = status.get("message").and_then(serde_json::Value::as_str).unwrap_or_default();
        Self::status(server, u16::try_from(code).unwrap_or(500), message)
    }

    fn status(server: &str, code: u16, message: &str) -> Self {
        let (fault, sentence) = match code {
            401 => (
                Fault::Unauthorized,
                format!(
                    "The API server {server} does not accept what Hob signs in with: it is expired, or of another cluster."
                ),
            ),
            403 => (Fault::Forbidden, "This is not permitted to the account that Hob uses.".to_owned()),
            404 => (Fault::NotFound, "The API server has no such thing.".to_owned()),
            410 => (Fault::Gone, "What was known is too old to go on from.".to_owned()),
            429 | 500..=599 => {
                (Fault::Busy, format!("The API server {server} answers with an error ({code})."))
            }
            _ => {
                (Fault::Protocol, format!("The API server {server} answers {code}, which says nothing here."))
            }
        };
        let trouble = Self::new(fault, sentence, message);
        match fault {
            Fault::Unauthorized => trouble.remedy("Take a new kubeconfig or token; tokens of “kubectl create token” end after an hour by default."),
            _ => trouble,
        }
    }

    /// A node that does not say where it is.
    pub(crate) fn unknown_address(node: &str) -> Self {
        Self::new(
            Fault::Away,
            format!("The node {node} has no address at which its kubelet could be asked."),
            "",
        )
    }

    /// A kubelet that is not asked, because the kubeconfig has nobody's certificate checked.
    pub(super) fn unchecked(address: &std::net::SocketAddr) -> Self {
        Self::new(
            Fault::Setup,
            format!(
                "The kubelet at {address} is not asked: the kubeconfig says insecure-skip-tls-verify, and whoever answers there would get what Hob signs in with."
            ),
            "",
        )
        .remedy("Put the certificate authority of the cluster into the kubeconfig in place of insecure-skip-tls-verify.")
    }

    pub(super) fn too_large(server: &str, max: usize) -> Self {
        let sentence =
            format!("The API server {server} answered with more than {} MB at once.", max / 1_048_576);
        Self::new(Fault::TooLarge, sentence, "")
    }

    pub(super) fn protocol(server: &str, evidence: &str) -> Self {
        Self::new(
            Fault::Protocol,
            format!("What answers at {server} does not speak as Kubernetes does."),
            evidence,
        )
    }
}

/// An error with what it rests on, each once.
pub(super) fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        next = cause.source();
    }
    text
}

/// What the operating system said.
fn io_kind(error: &(dyn Error + 'static)) -> Option<io::ErrorKind> {
    let mut next = Some(error);
    let mut kind = None;
    while let Some(cause) = next {
        kind = cause.downcast_ref::<io::Error>().map(io::Error::kind).or(kind);
        next = cause.source();
    }
    kind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_told_apart() {
        for (code, fault) in [
            (401, Fault::Unauthorized),
            (403, Fault::Forbidden),
            (404, Fault::NotFound),
            (410, Fault::Gone),
            (429, Fault::Busy),
            (503, Fault::Busy),
            (302, Fault::Protocol),
        ] {
            let trouble =
                Trouble::refused("https://k", code, br#"{"kind":"Status","message":"pods is forbidden"}"#);
            assert_eq!((trouble.fault, trouble.evidence.as_str()), (fault, "pods is forbidden"));
        }
        assert_eq!(Trouble::refused("https://k", 500, b"<html>\noops").evidence, "<html> oops");
    }

    #[test]
    fn what_the_system_says_becomes_a_sentence() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let trouble = Trouble::broken("https://10.0.0.1:6443", &refused);
        assert_eq!(trouble.fault, Fault::Away);
        assert_eq!(
            trouble.sentence,
            "The API server https://10.0.0.1:6443 refused the connection: nothing listens there."
        );
        let expired = io::Error::other("invalid peer certificate: certificate expired: verification time 1");
        assert_eq!(Trouble::broken("https://k", &expired).fault, Fault::Tls);
    }
}
