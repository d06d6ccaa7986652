//! Hob's own figures for `/metrics`: no names of the house in them, since the page needs no login.

use prometheus_client::encoding::text::encode;
use prometheus_client::registry::{Metric, Registry};
use std::sync::{Arc, Mutex, PoisonError};

/// The registry that `/metrics` is written from. Cheap to clone.
#[derive(Clone, Default)]
pub struct Metrics(Arc<Mutex<Registry>>);

impl Metrics {
    /// Adds a metric under `hob_<name>`; the returned clone counts.
    pub fn register<M: Metric + Clone>(&self, name: &str, help: &str, metric: M) -> M {
        let mut registry = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register(format!("hob_{name}"), help, metric.clone());
        metric
    }

    /// All figures in OpenMetrics text, which Prometheus reads.
    pub fn render(&self) -> String {
        let registry = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &registry);
        text
    }
}
