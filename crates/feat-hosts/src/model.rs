//! Judgement: pure functions from what was read to a [`hob_base::Health`] with its reason, evidence and remedy.

pub(crate) mod filesystem;
pub(crate) mod forecast;
pub(crate) mod host;
pub(crate) mod unit;

pub(crate) use filesystem::{FilesystemReport, FilesystemState, judge_filesystem};
pub(crate) use forecast::{Forecast, Point, forecast};
pub(crate) use host::{HostReport, judge_host};
pub(crate) use unit::{judge_recovered, judge_unit};
