//! Hob's own figures of its watches.

use crate::mirror::Snapshot;
use hob_feature::metrics::Metrics;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Hob's own figures of its watches, of all clusters together. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Figures {
    objects: Gauge,
    examinations: Histogram,
    /// Watches that ended and began anew.
    pub(crate) restarts: Counter,
    /// How many objects each cluster has.
    each: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Figures {
    /// Adds them to `/metrics`. To be called once.
    pub(crate) fn register(metrics: &Metrics) -> Self {
        let buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0];
        Self {
            objects: metrics.register(
                "kubernetes_objects",
                "Objects of clusters that are watched",
                Gauge::default(),
            ),
            examinations: metrics.register(
                "kubernetes_examination_seconds",
                "Time that it took to look at everything in a cluster",
                Histogram::new(buckets),
            ),
            restarts: metrics.register(
                "kubernetes_watches_restarted",
                "Watches that ended and began anew",
                Counter::default(),
            ),
            each: Arc::default(),
        }
    }

    pub(crate) fn examined(&self, cluster: &str, took: Duration, snapshot: &Snapshot) {
        self.examinations.observe(took.as_secs_f64());
        let mut each = self.each.lock().unwrap_or_else(PoisonError::into_inner);
        each.insert(cluster.to_owned(), snapshot.count());
        let all: usize = each.values().sum();
        self.objects.set(i64::try_from(all).unwrap_or(i64::MAX));
    }
}
