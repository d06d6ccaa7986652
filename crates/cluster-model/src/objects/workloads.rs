//! What runs: pods and who owns them.

use super::meta::{Meta, or_default};
use super::table::object;
use serde::Deserialize;

/// Pod.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pod {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// ReplicaSet.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaSet {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// Deployment.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Deployment {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// StatefulSet.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatefulSet {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// DaemonSet.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DaemonSet {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// Job.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Job {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// CronJob.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CronJob {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

object!(Pod, ReplicaSet, Deployment, StatefulSet, DaemonSet, Job, CronJob);
