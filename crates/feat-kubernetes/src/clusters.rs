//! What is known of every cluster, for pages and for other parts of this crate: memory only.

use crate::gaps::Gap;
use crate::logs::Tails;
use cluster_model::{Objects, Picture, Settings};
use hob_base::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// Whether a cluster answers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) enum State {
    /// Not asked yet, or reading for the first time.
    #[default]
    Connecting,
    /// It answers, and what is shown is what is.
    Watching,
    /// It does not answer; what is shown is what was known then.
    Away {
        /// Since when.
        since: Timestamp,
        /// Why, in one sentence.
        reason: String,
        /// What that rests on.
        evidence: String,
        /// The next step, where there is one.
        remedy: Option<String>,
    },
}

/// One cluster, as it was last examined.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClusterView {
    /// What people call it; the scope of its resources.
    pub(crate) name: String,
    /// How it is reached, in words: “the kubeconfig /etc/rancher/k3s/k3s.yaml”.
    pub(crate) origin: String,
    /// Whether nobody named it and it was found.
    pub(crate) found: bool,
    /// The address of its API server; empty until it is known.
    pub(crate) server: String,
    /// `v1.33.4+k3s1`; empty until it is known.
    pub(crate) version: String,
    /// Whether it answers.
    pub(crate) state: State,
    /// Its objects, as far as they are read.
    pub(crate) objects: Objects,
    /// What was made of them.
    pub(crate) picture: Arc<Picture>,
    /// What the examination was told besides the objects.
    pub(crate) settings: Settings,
    /// The last lines of containers that fell over.
    pub(crate) tails: Arc<Tails>,
    /// What is not read.
    pub(crate) gaps: Vec<Gap>,
    /// When it was last heard of.
    pub(crate) heard_at: Option<Timestamp>,
    /// When it was last examined.
    pub(crate) examined_at: Option<Timestamp>,
    /// Whether everything was read that can be.
    pub(crate) complete: bool,
}

impl ClusterView {
    /// How many objects are known.
    pub(crate) fn object_count(&self) -> usize {
        cluster_model::Kind::ALL.iter().map(|kind| self.objects.count(*kind)).sum()
    }
}

/// A cluster that was found, but is not watched before somebody says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// What it would be called.
    pub(crate) name: String,
    /// Where it was found: “the kubeconfig /home/anna/.kube/config, context “work””.
    pub(crate) origin: String,
    /// The address of its API server; empty where it is not known.
    pub(crate) server: String,
    /// Why it is not watched, in one sentence.
    pub(crate) reason: String,
    /// The lines of `hob.toml` that have it watched.
    pub(crate) lines: String,
}

/// All clusters. Kept in `Ctx::memory`.
#[derive(Default)]
pub(crate) struct Clusters {
    inner: Mutex<Inner>,
    version: watch::Sender<u64>,
}

#[derive(Default)]
struct Inner {
    views: BTreeMap<String, Arc<ClusterView>>,
    candidates: Vec<Candidate>,
}

impl Clusters {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All clusters by name.
    pub(crate) fn list(&self) -> Vec<Arc<ClusterView>> {
        self.inner().views.values().cloned().collect()
    }

    /// One cluster.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<ClusterView>> {
        self.inner().views.get(name).cloned()
    }

    /// Clusters that were found but are not watched.
    pub(crate) fn candidates(&self) -> Vec<Candidate> {
        self.inner().candidates.clone()
    }

    /// Changes with every examination and every change of a state.
    pub(crate) fn subscribe(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }

    /// Changes what is known of one cluster, which is there from then on.
    pub(crate) fn update(&self, name: &str, change: impl FnOnce(&mut ClusterView)) {
        let mut inner = self.inner();
        let view = inner.views.entry(name.to_owned()).or_default();
        change(Arc::make_mut(view));
        drop(inner);
        self.version.send_modify(|version| *version += 1);
    }

    /// Notes that a cluster was heard. Nothing is drawn anew for that.
    pub(crate) fn touch(&self, name: &str, at: Timestamp) {
        if let Some(view) = self.inner().views.get_mut(name) {
            Arc::make_mut(view).heard_at = Some(at);
        }
    }

    pub(crate) fn set_candidates(&self, candidates: Vec<Candidate>) {
        let mut inner = self.inner();
        if inner.candidates == candidates {
            return;
        }
        inner.candidates = candidates;
        drop(inner);
        self.version.send_modify(|version| *version += 1);
    }
}
