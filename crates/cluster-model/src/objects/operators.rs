//! Operators of databases and backups, and k3s.

use super::meta::{Meta, or_default};
use super::table::object;
use serde::Deserialize;

/// K3sHelmChart.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct K3sHelmChart {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// DatabaseCluster.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DatabaseCluster {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// ScheduledBackup.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScheduledBackup {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// DatabaseBackup.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DatabaseBackup {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// ReplicationSource.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicationSource {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

/// ReplicationDestination.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicationDestination {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

object!(
    K3sHelmChart,
    DatabaseCluster,
    ScheduledBackup,
    DatabaseBackup,
    ReplicationSource,
    ReplicationDestination
);
