//! This machine as resources: how well it is, how full its filesystems are, and which of its systemd units failed.
//!
//! ```text
//!  /proc /sys /etc /run ─ read ─▶ watch ─ model ─▶ observations
//!  statvfs, systemctl                │                (host/home/<name>, filesystem/<name>/<mount point>, unit/<name>/<unit>)
//!                                    └─▶ history ─▶ cards
//! ```
//!
//! - `read`: thin reading and pure parsing, a file for each subject
//! - `model`: pure judgement, with reason, evidence and remedy
//! - `watch`: what must be remembered from one look to the next
//! - `history`: the last hour for charts, two weeks of each filesystem for forecasts
//!
//! Invariants:
//!
//! - What cannot be read costs that figure, never the pass; it is told in the host's fact `cannot_see`.
//! - Nothing waits for a filesystem or a sensor longer than 3 seconds, and none that is stuck is asked again.
//! - The only child process is systemctl, at most once a minute, or twice if a unit has failed.
//! - Nothing is kept in SQL but the resources themselves; the filesystems' history is `hosts-usage.json`.
//! - What is no longer there (an unmounted disk, a unit that is well) is withdrawn, also across a restart.
//!
//! The Cargo feature `fuzzing` opens what reads foreign bytes to the targets in `fuzz/`.

mod config;
mod evidence;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod history;
mod jobs;
mod model;
mod pages;
mod read;
mod watch;

use hob_feature::Feature;

/// Watches the machine the hub runs on.
pub const FEATURE: Feature = Feature {
    jobs: jobs::jobs,
    cards: pages::cards,
    evidence: evidence::evidence,
    config: &[config::SECTION],
    ..Feature::new("hosts", "Hosts")
};

#[cfg(test)]
mod tests;
