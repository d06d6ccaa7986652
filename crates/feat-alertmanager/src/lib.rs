//! Alertmanager: an existing Prometheus sends its alerts here, and amtool, Grafana and Karma work unchanged.
//!
//! Data flow: `POST /alertmanager/api/v2/alerts` is read and bounded (`model/wire.rs`, `model/alert.rs`) and goes into
//! the book of alerts in memory (`model/book.rs`), which answers the API at once. The pass `alertmanager.tell` lets time
//! pass in the book (what ended, what nobody repeats any more) and tells the house of what changed: each alert is a
//! resource `alert/prometheus/<fingerprint>`. After a restart the book is filled from these resources (`model/facts.rs`).
//! Silences are those of the house (`Ctx.silences`), in Alertmanager's words (`model/silence.rs`).
//!
//! Invariants:
//! - Whoever posts, at most [`model::book::ALERTS_MAX`] alerts of together [`model::book::TEXT_BYTES_MAX`] bytes are
//!   kept; what does not fit is refused with the limit in the answer.
//! - An alert whose sender ends it is resolved and soon withdrawn. One whose sender has fallen silent altogether is not
//!   taken for resolved: it becomes `unknown`, and says so.
//! - A sender that repeats its alerts every minute changes nothing that anybody is shown.
//! - An edge to another resource is drawn only where the label `instance` names it exactly.
//! - Nothing is answered to who shows no token, apart from `/-/healthy` and `/-/ready`.
//!
//! It owns no tables.

mod jobs;
mod memory;
mod model;
mod pages;
mod routes;

use hob_feature::Feature;

/// Alertmanager's API.
pub const FEATURE: Feature = Feature {
    door_routes: routes::routes,
    jobs: jobs::jobs,
    cards: pages::cards,
    ..Feature::new("alertmanager", "Alertmanager")
};

#[cfg(test)]
mod tests;
