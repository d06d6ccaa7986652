//! What is to be probed. Features publish specifications; the feature that runs checks observes the results.

pub mod ending;
mod secret;
mod target;

pub use secret::CheckSecret;
pub use target::{
    CertificateDays, CheckTarget, DnsCheck, DockerCheck, DomainCheck, GroupCheck, GroupRule, GrpcCheck,
    HttpCheck, HttpLogin, HttpVersion, IpFamily, Matching, PingCheck, RegistryCheck, Security, ServerCheck,
    StartTls, TcpCheck, TlsCheck,
};

use hob_base::ResourceId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// One thing to probe at an interval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckSpec {
    /// The resource that the result is said of.
    pub resource: ResourceId,
    /// What to probe.
    pub target: CheckTarget,
    /// How often.
    pub every: Duration,
    /// How long one probe may take in all.
    pub timeout: Duration,
    /// How many failures in a row make it critical; between them it is probed again quickly.
    pub failures: u32,
    /// How many answers in a row make it well again.
    pub successes: u32,
    /// How soon to look again at what is not well; `None`: within seconds.
    pub retry: Option<Duration>,
    /// An answer that takes longer is a warning; `None`: one that takes most of `timeout`.
    pub warn_after: Option<Duration>,
    /// By how much a probe may be put off, so that checks do not fall into step; `None`: a little.
    pub jitter: Option<Duration>,
    /// Windows of time, one each, outside of which it is not probed. Empty: always probed.
    pub only: Vec<String>,
    /// Whether it is well when the probe fails, and critical when it succeeds: a port that must be closed.
    pub upside_down: bool,
}

impl CheckSpec {
    /// A check that has 10 seconds and counts after two failures in a row.
    pub fn new(resource: ResourceId, target: CheckTarget, every: Duration) -> Self {
        Self {
            resource,
            target,
            every,
            timeout: Duration::from_secs(10),
            failures: 2,
            successes: 1,
            retry: None,
            warn_after: None,
            jitter: None,
            only: Vec::new(),
            upside_down: false,
        }
    }
}

/// All check specifications by who published them. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct CheckBook(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    changed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    by_origin: BTreeMap<String, Vec<Arc<CheckSpec>>>,
    poked: Vec<ResourceId>,
}

impl CheckBook {
    /// Replaces what `origin` wants probed. Publishing the same again changes nothing.
    pub fn publish(&self, origin: &str, specs: Vec<CheckSpec>) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let before = state.by_origin.get(origin).map_or(&[][..], Vec::as_slice);
        if before.len() == specs.len() && before.iter().zip(&specs).all(|(a, b)| **a == *b) {
            return;
        }
        state.by_origin.insert(origin.to_owned(), specs.into_iter().map(Arc::new).collect());
        drop(state);
        self.0.changed.send_modify(|version| *version += 1);
    }

    /// Asks for a probe now, because something was seen to change.
    pub fn poke(&self, resource: ResourceId) {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).poked.push(resource);
        self.0.changed.send_modify(|version| *version += 1);
    }

    /// Every specification of everybody.
    pub fn all(&self) -> Vec<Arc<CheckSpec>> {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.by_origin.values().flatten().cloned().collect()
    }

    /// The specification for one resource.
    pub fn find(&self, resource: &ResourceId) -> Option<Arc<CheckSpec>> {
        let state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.by_origin.values().flatten().find(|spec| spec.resource == *resource).cloned()
    }

    /// What was poked since this was last asked.
    pub fn take_poked(&self) -> Vec<ResourceId> {
        std::mem::take(&mut self.0.state.lock().unwrap_or_else(PoisonError::into_inner).poked)
    }

    /// Changes whenever something is published or poked.
    pub fn subscribe(&self) -> watch::Receiver<u64> {
        self.0.changed.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishing_the_same_again_wakes_nobody() {
        let book = CheckBook::default();
        let mut changes = book.subscribe();
        let resource = ResourceId::new("service", "nas", "22");
        let spec = CheckSpec::new(resource, CheckTarget::tcp("127.0.0.1", 22), Duration::from_secs(30));
        book.publish("services", vec![spec.clone()]);
        assert!(changes.has_changed().unwrap());
        changes.borrow_and_update();
        book.publish("services", vec![spec.clone()]);
        assert!(!changes.has_changed().unwrap());
        assert_eq!(book.find(&spec.resource).as_deref(), Some(&spec));
        book.publish("services", vec![]);
        assert!(book.all().is_empty());
    }

    #[test]
    fn what_older_rows_do_not_say_has_its_default() {
        for (json, expected) in [
            (
                r#"{"kind":"http","url":"http://nas/"}"#,
                CheckTarget::Http(Box::new(HttpCheck::new("http://nas/"))),
            ),
            (r#"{"kind":"tls","host":"nas","port":443}"#, CheckTarget::Tls(TlsCheck::new("nas", 443))),
            (
                r#"{"kind":"redis","host":"nas","port":6379}"#,
                CheckTarget::Redis(ServerCheck::new("nas", 6379)),
            ),
            (r#"{"kind":"ping","host":"nas"}"#, CheckTarget::Ping(PingCheck::new("nas"))),
        ] {
            let target: CheckTarget = serde_json::from_str(json).unwrap();
            assert_eq!(target, expected);
            let again = serde_json::to_string(&target).unwrap();
            assert_eq!(serde_json::from_str::<CheckTarget>(&again).unwrap(), target);
            assert!(again.contains(&format!("\"kind\":\"{}\"", target.kind())), "{again}");
        }
    }
}
