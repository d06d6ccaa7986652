//! Operators of databases and backups, and k3s: `CloudNativePG`, `VolSync`, the helm controller of k3s.

use super::meta::{Condition, Meta, each_or_skip, or_default, short_text, time_ms};
use super::table::object;
use serde::{Deserialize, Deserializer};

/// A chart that k3s installs.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct K3sHelmChart {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What it should be.
    #[serde(deserialize_with = "or_default")]
    pub spec: K3sHelmChartSpec,
    /// What k3s says of it.
    #[serde(deserialize_with = "or_default")]
    pub status: K3sHelmChartStatus,
}

/// What a chart of k3s should be.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct K3sHelmChartSpec {
    /// The chart.
    #[serde(deserialize_with = "or_default")]
    pub chart: Box<str>,
    /// Its version.
    #[serde(deserialize_with = "or_default")]
    pub version: Box<str>,
    /// Where it comes from.
    #[serde(deserialize_with = "or_default")]
    pub repo: Box<str>,
    /// The namespace of the release.
    #[serde(deserialize_with = "or_default")]
    pub target_namespace: Box<str>,
}

/// What k3s says of a chart.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct K3sHelmChartStatus {
    /// What the controller says of it.
    #[serde(deserialize_with = "each_or_skip")]
    pub conditions: Vec<Condition>,
    /// The job that installs it.
    #[serde(deserialize_with = "or_default")]
    pub job_name: Box<str>,
}

/// A Cluster of `CloudNativePG`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DatabaseCluster {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What it should be.
    #[serde(deserialize_with = "or_default")]
    pub spec: DatabaseClusterSpec,
    /// What the operator says of it.
    #[serde(deserialize_with = "or_default")]
    pub status: DatabaseClusterStatus,
}

/// What a database should be.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DatabaseClusterSpec {
    /// How many instances.
    #[serde(deserialize_with = "or_default")]
    pub instances: i64,
    /// The image.
    #[serde(deserialize_with = "or_default")]
    pub image_name: Box<str>,
    /// Where its own backups go; a plugin says it elsewhere.
    #[serde(deserialize_with = "or_default")]
    pub backup: Option<DatabaseBackupSpec>,
    /// Plugins, such as for backups.
    #[serde(deserialize_with = "each_or_skip")]
    pub plugins: Vec<DatabasePlugin>,
}

/// Where the backups of a database go.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DatabaseBackupSpec {
    /// An object store.
    #[serde(deserialize_with = "or_default")]
    pub barman_object_store: Option<Present>,
    /// Snapshots.
    #[serde(deserialize_with = "or_default")]
    pub volume_snapshot: Option<Present>,
    /// How long they are kept.
    #[serde(deserialize_with = "or_default")]
    pub retention_policy: Box<str>,
}

/// Something of which only counts that it is there.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Present {
    /// Where it leads, if it says so.
    #[serde(deserialize_with = "or_default")]
    pub destination_path: Box<str>,
}

/// A plugin of a database.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DatabasePlugin {
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// Whether it archives the log of changes.
    #[serde(rename = "isWALArchiver", deserialize_with = "or_default")]
    pub is_wal_archiver: bool,
    /// Whether it is on.
    #[serde(deserialize_with = "or_default")]
    pub enabled: Option<bool>,
}

/// What the operator says of a database.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DatabaseClusterStatus {
    /// What the controller says of it.
    #[serde(deserialize_with = "each_or_skip")]
    pub conditions: Vec<Condition>,
    /// In words: `Cluster in healthy state`.
    #[serde(deserialize_with = "or_default")]
    pub phase: Box<str>,
    /// Why it is in this phase.
    #[serde(deserialize_with = "short_text")]
    pub phase_reason: Box<str>,
    /// How many instances there are.
    #[serde(deserialize_with = "or_default")]
    pub instances: i64,
    /// How many of them are ready.
    #[serde(deserialize_with = "or_default")]
    pub ready_instances: i64,
    /// The pod that takes changes.
    #[serde(deserialize_with = "or_default")]
    pub current_primary: Box<str>,
    /// The pod that should.
    #[serde(deserialize_with = "or_default")]
    pub target_primary: Box<str>,
    /// Since when the pod that takes changes fails.
    #[serde(rename = "currentPrimaryFailingSinceTimestamp", deserialize_with = "time_ms")]
    pub primary_failing_since_ms: Option<i64>,
    /// When a backup last went well.
    #[serde(rename = "lastSuccessfulBackup", deserialize_with = "time_ms")]
    pub last_successful_backup_ms: Option<i64>,
    /// When a backup last failed.
    #[serde(rename = "lastFailedBackup", deserialize_with = "time_ms")]
    pub last_failed_backup_ms: Option<i64>,
    /// As far back it can be restored.
    #[serde(rename = "firstRecoverabilityPoint", deserialize_with = "time_ms")]
    pub first_recoverability_point_ms: Option<i64>,
    /// The image it runs.
    #[serde(deserialize_with = "or_default")]
    pub image: Box<str>,
    /// Claims that cannot be used.
    #[serde(rename = "unusablePVC", deserialize_with = "each_or_skip")]
    pub unusable_claims: Vec<Box<str>>,
    /// Claims that grow.
    #[serde(rename = "resizingPVC", deserialize_with = "each_or_skip")]
    pub resizing_claims: Vec<Box<str>>,
}

/// A ScheduledBackup of `CloudNativePG`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScheduledBackup {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What it should be.
    #[serde(deserialize_with = "or_default")]
    pub spec: ScheduledBackupSpec,
    /// What the operator says of it.
    #[serde(deserialize_with = "or_default")]
    pub status: ScheduledBackupStatus,
}

/// When a database is backed up.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScheduledBackupSpec {
    /// Cron with seconds in front.
    #[serde(deserialize_with = "or_default")]
    pub schedule: Box<str>,
    /// Whether it is left out.
    #[serde(deserialize_with = "or_default")]
    pub suspend: bool,
    /// The database.
    #[serde(deserialize_with = "or_default")]
    pub cluster: LocalName,
}

/// Names an object of the same namespace.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LocalName {
    /// The name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
}

/// What the operator says of backups.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ScheduledBackupStatus {
    /// When one was last made.
    #[serde(rename = "lastScheduleTime", deserialize_with = "time_ms")]
    pub last_schedule_ms: Option<i64>,
    /// When the next one is made.
    #[serde(rename = "nextScheduleTime", deserialize_with = "time_ms")]
    pub next_schedule_ms: Option<i64>,
    /// What is wrong.
    #[serde(deserialize_with = "short_text")]
    pub error: Box<str>,
}

/// A Backup of `CloudNativePG`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DatabaseBackup {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// Of what.
    #[serde(deserialize_with = "or_default")]
    pub spec: DatabaseBackupRef,
    /// What came of it.
    #[serde(deserialize_with = "or_default")]
    pub status: DatabaseBackupStatus,
}

/// Of what a backup is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DatabaseBackupRef {
    /// The database.
    #[serde(deserialize_with = "or_default")]
    pub cluster: LocalName,
    /// How it is made.
    #[serde(deserialize_with = "or_default")]
    pub method: Box<str>,
}

/// What came of a backup.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DatabaseBackupStatus {
    /// `completed`, `failed`, `running` …
    #[serde(deserialize_with = "or_default")]
    pub phase: Box<str>,
    /// What went wrong.
    #[serde(deserialize_with = "short_text")]
    pub error: Box<str>,
    /// What the program said.
    #[serde(deserialize_with = "short_text")]
    pub command_error: Box<str>,
    /// When it began.
    #[serde(rename = "startedAt", deserialize_with = "time_ms")]
    pub started_ms: Option<i64>,
    /// When it ended.
    #[serde(rename = "stoppedAt", deserialize_with = "time_ms")]
    pub stopped_ms: Option<i64>,
}

/// A ReplicationSource of `VolSync`: a backup.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicationSource {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What it should be.
    #[serde(deserialize_with = "or_default")]
    pub spec: ReplicationSpec,
    /// What `VolSync` says of it.
    #[serde(deserialize_with = "or_default")]
    pub status: ReplicationStatus,
}

/// A ReplicationDestination of `VolSync`: a restore.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicationDestination {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What it should be.
    #[serde(deserialize_with = "or_default")]
    pub spec: ReplicationSpec,
    /// What `VolSync` says of it.
    #[serde(deserialize_with = "or_default")]
    pub status: ReplicationStatus,
}

/// What is copied, and when.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicationSpec {
    /// The claim that is copied.
    #[serde(rename = "sourcePVC", deserialize_with = "or_default")]
    pub source_claim: Box<str>,
    /// When.
    #[serde(deserialize_with = "or_default")]
    pub trigger: ReplicationTrigger,
    /// Whether it is left out.
    #[serde(deserialize_with = "or_default")]
    pub paused: bool,
    /// With restic, where to.
    #[serde(deserialize_with = "or_default")]
    pub restic: Option<ReplicationRepository>,
    /// With kopia, where to.
    #[serde(deserialize_with = "or_default")]
    pub kopia: Option<ReplicationRepository>,
}

/// When something is copied.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicationTrigger {
    /// Cron, in UTC.
    #[serde(deserialize_with = "or_default")]
    pub schedule: Box<str>,
    /// A word; a new one copies once.
    #[serde(deserialize_with = "or_default")]
    pub manual: Box<str>,
}

/// Where copies go.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicationRepository {
    /// The secret that says it.
    #[serde(deserialize_with = "or_default")]
    pub repository: Box<str>,
}

/// What `VolSync` says of a copy.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicationStatus {
    /// What the controller says of it.
    #[serde(deserialize_with = "each_or_skip")]
    pub conditions: Vec<Condition>,
    /// When it last went well.
    #[serde(rename = "lastSyncTime", deserialize_with = "time_ms")]
    pub last_sync_ms: Option<i64>,
    /// Since when it runs.
    #[serde(rename = "lastSyncStartTime", deserialize_with = "time_ms")]
    pub last_sync_start_ms: Option<i64>,
    /// How long the last one took.
    #[serde(deserialize_with = "or_default")]
    pub last_sync_duration: Box<str>,
    /// When it is due.
    #[serde(rename = "nextSyncTime", deserialize_with = "time_ms")]
    pub next_sync_ms: Option<i64>,
    /// The word that was last followed.
    #[serde(deserialize_with = "or_default")]
    pub last_manual_sync: Box<str>,
    /// What came of the last try.
    #[serde(rename = "latestMoverStatus", deserialize_with = "or_default")]
    pub mover: MoverStatus,
}

/// What came of a try to copy.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MoverStatus {
    /// `Successful` or `Failed`.
    #[serde(deserialize_with = "or_default")]
    pub result: Box<str>,
    /// The last lines of its log, cut to a length.
    #[serde(deserialize_with = "last_lines")]
    pub logs: Box<str>,
}

object!(
    K3sHelmChart,
    DatabaseCluster,
    ScheduledBackup,
    DatabaseBackup,
    ReplicationSource,
    ReplicationDestination
);

/// How much of the end of a log is kept, in characters.
const LOG_CHARS: usize = 600;

/// Reads a log and keeps its end, where the reason stands.
fn last_lines<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<str>, D::Error> {
    let text: String = or_default(deserializer)?;
    let skip = text.chars().count().saturating_sub(LOG_CHARS);
    Ok(text.chars().skip(skip).collect::<String>().into_boxed_str())
}
