//! What was: the last hour of the machine for charts, and two weeks of each filesystem for the forecast.
//!
//! Both are bounded and small. Metrics never go into SQL, so the two weeks are one JSON file in the data directory.

pub(crate) mod recent;
pub(crate) mod usage;
