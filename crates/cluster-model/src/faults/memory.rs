//! What one look at the objects cannot tell: causes that were said once and then only “back-off”, and how often a
//! container was started again within ten minutes, and since when an Application of Argo CD waits to be synced.

use crate::Objects;
use crate::objects::{ContainerStatus, Key, Pod};
use std::collections::BTreeMap;

/// Within how long restarts are counted.
pub(super) const RESTARTS_WITHIN_MS: i64 = 10 * 60_000;

/// The most counts that are kept of one container.
const COUNTS_MAX: usize = 16;

/// What was learned of containers, by their pod's identity and their name. Who watches a cluster keeps it from one
/// examination to the next.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    containers: BTreeMap<(Box<str>, Box<str>), Container>,
    /// The revision that an Application of Argo CD waits for, and since when, by namespace and name: it says only that
    /// it waits.
    applications: BTreeMap<Key, (Box<str>, i64)>,
    learned_ms: Option<i64>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Container {
    /// The last cause of a pull that failed.
    pull: Box<str>,
    /// When a count of restarts was first seen, and the count.
    restarts: Vec<(i64, i64)>,
}

impl Memory {
    /// Learns from the objects and forgets what is gone. To be called before each examination.
    pub fn learn(&mut self, objects: &Objects, now_ms: i64) {
        let mut learned = BTreeMap::new();
        let recent = self.learned_ms.is_some_and(|at| now_ms.saturating_sub(at) < RESTARTS_WITHIN_MS);
        for pod in objects.pods.iter() {
            for status in statuses(pod) {
                let at = (pod.metadata.uid.clone(), status.name.clone());
                let mut container = self.containers.remove(&at).unwrap_or_else(|| {
                    // What was never started again is not kept, so that it had not been at the last look.
                    let restarts = if recent { vec![(now_ms, 0)] } else { Vec::new() };
                    Container { restarts, ..Container::default() }
                });
                container.learn(status, now_ms);
                if !container.is_empty() {
                    learned.insert(at, container);
                }
            }
        }
        self.containers = learned;
        self.learned_ms = Some(now_ms);
        let mut waiting = BTreeMap::new();
        for application in objects.applications.iter() {
            let sync = &application.status.sync;
            if &*sync.status == "OutOfSync" {
                let key = application.metadata.key();
                let before = self.applications.get(&key).filter(|(revision, _)| *revision == sync.revision);
                let since = before.map_or(now_ms, |(_, since)| *since);
                waiting.insert(key, (sync.revision.clone(), since));
            }
        }
        self.applications = waiting;
    }

    /// Since when an Application of Argo CD has been seen to wait for the revision that it waits for now.
    pub(crate) fn waits_since(&self, application: &Key) -> Option<i64> {
        self.applications.get(application).map(|(_, since)| *since)
    }

    /// The last cause of a pull that failed.
    pub(super) fn pull_cause(&self, pod: &Pod, container: &str) -> Option<&str> {
        let container = self.containers.get(&(pod.metadata.uid.clone(), container.into()))?;
        (!container.pull.is_empty()).then_some(&*container.pull)
    }

    /// How often a container was started again within the last ten minutes; none where it was not seen for long enough
    /// to tell.
    pub(super) fn restarts(&self, pod: &Pod, container: &str, now_ms: i64) -> Option<i64> {
        let container = self.containers.get(&(pod.metadata.uid.clone(), container.into()))?;
        let (_, last) = container.restarts.last()?;
        let since = now_ms.saturating_sub(RESTARTS_WITHIN_MS);
        let before = container.restarts.iter().rev().find(|(at, _)| *at <= since);
        let (_, first) = before.or_else(|| container.restarts.first())?;
        Some(last.saturating_sub(*first))
    }
}

impl Container {
    fn learn(&mut self, status: &ContainerStatus, now_ms: i64) {
        match &status.state.waiting {
            Some(waiting) if super::container::is_pull(&waiting.reason) => {
                if let Some(cause) =
                    container_faults::pull::cause_in(&waiting.message).filter(|cause| !is_word(cause))
                {
                    self.pull = cause.into();
                }
            }
            _ => self.pull = Box::default(),
        }
        if self.restarts.last().is_none_or(|(_, count)| *count != status.restart_count) {
            self.restarts.push((now_ms, status.restart_count));
        }
        if self.restarts.len() > COUNTS_MAX {
            self.restarts.remove(0);
        }
    }

    /// A container that was never started again and lacks nothing is most of them.
    fn is_empty(&self) -> bool {
        self.pull.is_empty() && self.restarts.iter().all(|(_, count)| *count == 0)
    }
}

/// Whether a cause is only one of the kubelet's words.
fn is_word(cause: &str) -> bool {
    !cause.contains(' ')
}

/// The statuses of all containers of a pod, init containers first.
pub(super) fn statuses(pod: &Pod) -> impl Iterator<Item = &ContainerStatus> {
    pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses)
}
