//! Plain types and pure rules: no I/O, so that every rule has a test that needs no patience.

pub(crate) mod address;
pub(crate) mod api;
pub(crate) mod definition;
pub(crate) mod judge;
pub(crate) mod keywords;
pub(crate) mod limit;
pub(crate) mod runs;
pub(crate) mod state;

/// What this feature calls itself where it speaks of resources.
pub(crate) const SOURCE: &str = "pings";
/// The most jobs of one hub.
pub(crate) const JOBS_MAX: usize = 20_000;
/// How many pings of each job are kept.
pub(crate) const PINGS_KEPT: u64 = 100;
/// What is kept of one ping's body, in bytes, as healthchecks does.
pub(crate) const BODY_BYTES_MAX: usize = 100_000;
/// What is kept of all bodies of one job, in bytes.
pub(crate) const JOB_BODY_BYTES_MAX: i64 = 1 << 20;
/// What is kept of the bodies of all jobs together, in bytes.
pub(crate) const ALL_BODY_BYTES_MAX: i64 = 256 << 20;
