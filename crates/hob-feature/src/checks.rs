//! What is to be probed. Features publish specifications; the feature that runs checks observes the results.

use hob_base::ResourceId;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// What to connect to, and what to expect.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum CheckTarget {
    /// A GET of this address.
    Http {
        /// `http://…` or `https://…`, without user or password.
        url: String,
        /// Statuses that are well. Empty: 200 to 399, and 401, 403 and 405, since a service that asks who is there is up.
        expect_status: Vec<u16>,
        /// Text that the body must contain.
        expect_text: Option<String>,
        /// Whether it was merely found, not named by the owner: then redirects are followed on the same host only, and
        /// nobody has to vouch for its certificate.
        found: bool,
    },
    /// A TCP connection.
    Tcp {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
    },
}

/// One thing to probe at an interval.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
        let spec = CheckSpec {
            resource: ResourceId::new("service", "nas", "22"),
            target: CheckTarget::Tcp { host: "127.0.0.1".into(), port: 22 },
            every: Duration::from_secs(30),
            timeout: Duration::from_secs(5),
            failures: 2,
        };
        book.publish("services", vec![spec.clone()]);
        assert!(changes.has_changed().unwrap());
        changes.borrow_and_update();
        book.publish("services", vec![spec.clone()]);
        assert!(!changes.has_changed().unwrap());
        assert_eq!(book.find(&spec.resource).as_deref(), Some(&spec));
        book.publish("services", vec![]);
        assert!(book.all().is_empty());
    }
}
