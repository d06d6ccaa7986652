//! Argo CD: <https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/>.

use super::meta::{Condition, Meta, each_or_skip, or_default, short_text, time_ms};
use super::table::object;
use serde::{Deserialize, Deserializer};

/// An Application.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Application {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What it should be.
    #[serde(deserialize_with = "or_default")]
    pub spec: ApplicationSpec,
    /// What Argo CD says of it.
    #[serde(deserialize_with = "or_default")]
    pub status: ApplicationStatus,
}

/// What an Application should be.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationSpec {
    /// Its project.
    #[serde(deserialize_with = "or_default")]
    pub project: Box<str>,
    /// Where it comes from, if it is one place.
    #[serde(deserialize_with = "or_default")]
    pub source: ArgoSource,
    /// Where it comes from, if it is several places.
    #[serde(deserialize_with = "each_or_skip")]
    pub sources: Vec<ArgoSource>,
    /// Where it goes.
    #[serde(deserialize_with = "or_default")]
    pub destination: ArgoDestination,
    /// When it is synced.
    #[serde(deserialize_with = "or_default")]
    pub sync_policy: ArgoSyncPolicy,
}

/// A place that an Application comes from.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ArgoSource {
    /// The repository.
    #[serde(rename = "repoURL", deserialize_with = "or_default")]
    pub repo_url: Box<str>,
    /// The folder in it.
    #[serde(deserialize_with = "or_default")]
    pub path: Box<str>,
    /// The chart, where it is a repository of charts.
    #[serde(deserialize_with = "or_default")]
    pub chart: Box<str>,
    /// The branch, tag, commit or version; empty: `HEAD`.
    #[serde(deserialize_with = "or_default")]
    pub target_revision: Box<str>,
}

/// Where an Application goes.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ArgoDestination {
    /// The address of the cluster.
    #[serde(deserialize_with = "or_default")]
    pub server: Box<str>,
    /// The name of the cluster.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// The namespace.
    #[serde(deserialize_with = "or_default")]
    pub namespace: Box<str>,
}

/// When an Application is synced.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ArgoSyncPolicy {
    /// By itself, if it is there.
    #[serde(deserialize_with = "or_default")]
    pub automated: Option<ArgoAutomated>,
}

/// How an Application is synced by itself.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ArgoAutomated {
    /// Switches it off although it is there (3.0 and later).
    #[serde(deserialize_with = "or_default")]
    pub enabled: Option<bool>,
    /// Whether changes in the cluster are undone.
    #[serde(deserialize_with = "or_default")]
    pub self_heal: bool,
    /// Whether what is gone from the repository is deleted.
    #[serde(deserialize_with = "or_default")]
    pub prune: bool,
}

/// What Argo CD says of an Application.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationStatus {
    /// What the controller says of it.
    #[serde(deserialize_with = "each_or_skip")]
    pub conditions: Vec<Condition>,
    /// How its objects are.
    #[serde(deserialize_with = "or_default")]
    pub health: ArgoHealth,
    /// How it compares.
    #[serde(deserialize_with = "or_default")]
    pub sync: ArgoSync,
    /// The last sync.
    #[serde(deserialize_with = "or_default")]
    pub operation_state: Option<ArgoOperation>,
    /// When it was last compared.
    #[serde(rename = "reconciledAt", deserialize_with = "time_ms")]
    pub reconciled_ms: Option<i64>,
    /// The last syncs that went well, the newest last; only that one is kept.
    #[serde(deserialize_with = "newest_only")]
    pub history: Vec<ArgoDeployed>,
    /// Its objects: workloads, and those that are not as they should be.
    #[serde(deserialize_with = "noteworthy")]
    pub resources: Vec<ArgoResource>,
}

/// How objects are, as Argo CD says it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ArgoHealth {
    /// `Healthy`, `Progressing`, `Degraded`, `Suspended`, `Missing`, `Unknown`.
    #[serde(deserialize_with = "or_default")]
    pub status: Box<str>,
    /// Why.
    #[serde(deserialize_with = "short_text")]
    pub message: Box<str>,
    /// Since when.
    #[serde(rename = "lastTransitionTime", deserialize_with = "time_ms")]
    pub since_ms: Option<i64>,
}

/// How an Application compares with its repository.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ArgoSync {
    /// `Synced`, `OutOfSync`, `Unknown`.
    #[serde(deserialize_with = "or_default")]
    pub status: Box<str>,
    /// The commit or version it is compared with.
    #[serde(deserialize_with = "or_default")]
    pub revision: Box<str>,
    /// The same for several places.
    #[serde(deserialize_with = "each_or_skip")]
    pub revisions: Vec<Box<str>>,
}

/// A sync.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ArgoOperation {
    /// `Running`, `Terminating`, `Succeeded`, `Failed`, `Error`.
    #[serde(deserialize_with = "or_default")]
    pub phase: Box<str>,
    /// What came of it.
    #[serde(deserialize_with = "short_text")]
    pub message: Box<str>,
    /// When it began.
    #[serde(rename = "startedAt", deserialize_with = "time_ms")]
    pub started_ms: Option<i64>,
    /// When it ended.
    #[serde(rename = "finishedAt", deserialize_with = "time_ms")]
    pub finished_ms: Option<i64>,
    /// How often it was tried again.
    #[serde(deserialize_with = "or_default")]
    pub retry_count: i64,
    /// What was synced.
    #[serde(deserialize_with = "or_default")]
    pub sync_result: ArgoSyncResult,
}

/// What was synced.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ArgoSyncResult {
    /// The commit or version.
    #[serde(deserialize_with = "or_default")]
    pub revision: Box<str>,
    /// The same for several places.
    #[serde(deserialize_with = "each_or_skip")]
    pub revisions: Vec<Box<str>>,
    /// The objects that failed.
    #[serde(deserialize_with = "failed_only")]
    pub resources: Vec<ArgoSynced>,
}

/// One object of a sync.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ArgoSynced {
    /// Its kind.
    #[serde(deserialize_with = "or_default")]
    pub kind: Box<str>,
    /// Its namespace.
    #[serde(deserialize_with = "or_default")]
    pub namespace: Box<str>,
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// `Synced`, `SyncFailed`, `Pruned`, `PruneSkipped`.
    #[serde(deserialize_with = "or_default")]
    pub status: Box<str>,
    /// How a hook ended.
    #[serde(deserialize_with = "or_default")]
    pub hook_phase: Box<str>,
    /// What was said of it.
    #[serde(deserialize_with = "short_text")]
    pub message: Box<str>,
}

/// A sync that went well.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ArgoDeployed {
    /// The commit or version.
    #[serde(deserialize_with = "or_default")]
    pub revision: Box<str>,
    /// The same for several places.
    #[serde(deserialize_with = "each_or_skip")]
    pub revisions: Vec<Box<str>>,
    /// When it ended.
    #[serde(rename = "deployedAt", deserialize_with = "time_ms")]
    pub deployed_ms: Option<i64>,
}

/// An object of an Application.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ArgoResource {
    /// Its kind.
    #[serde(deserialize_with = "or_default")]
    pub kind: Box<str>,
    /// Its namespace.
    #[serde(deserialize_with = "or_default")]
    pub namespace: Box<str>,
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// `Synced`, `OutOfSync` or nothing.
    #[serde(deserialize_with = "or_default")]
    pub status: Box<str>,
    /// How it is.
    #[serde(deserialize_with = "or_default")]
    pub health: ArgoHealth,
    /// Whether it is gone from the repository and would be deleted.
    #[serde(deserialize_with = "or_default")]
    pub requires_pruning: bool,
}

/// An ApplicationSet.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationSet {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What Argo CD says of it.
    #[serde(deserialize_with = "or_default")]
    pub status: ApplicationSetStatus,
}

/// What Argo CD says of an ApplicationSet.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ApplicationSetStatus {
    /// What the controller says of it.
    #[serde(deserialize_with = "each_or_skip")]
    pub conditions: Vec<Condition>,
}

object!(Application, ApplicationSet);

impl Application {
    /// Where it comes from.
    pub fn sources(&self) -> impl Iterator<Item = &ArgoSource> {
        let one = (!self.spec.source.repo_url.is_empty()).then_some(&self.spec.source);
        one.into_iter().chain(&self.spec.sources)
    }

    /// Whether Argo CD syncs it by itself.
    pub fn is_automated(&self) -> bool {
        self.spec.sync_policy.automated.as_ref().is_some_and(|automated| automated.enabled != Some(false))
    }
}

/// The kinds of objects that run something.
pub(crate) const WORKLOAD_KINDS: [&str; 5] = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"];
/// How many objects of an Application are kept.
const RESOURCES_MAX: usize = 200;
/// How many failed objects of a sync are kept.
const FAILED_MAX: usize = 10;

fn newest_only<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ArgoDeployed>, D::Error> {
    let mut all: Vec<ArgoDeployed> = each_or_skip(deserializer)?;
    Ok(all.pop().into_iter().collect())
}

fn noteworthy<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ArgoResource>, D::Error> {
    let mut all: Vec<ArgoResource> = each_or_skip(deserializer)?;
    all.retain(|resource| {
        WORKLOAD_KINDS.contains(&&*resource.kind)
            || &*resource.status == "OutOfSync"
            || matches!(&*resource.health.status, "Degraded" | "Missing")
    });
    all.truncate(RESOURCES_MAX);
    all.shrink_to_fit();
    Ok(all)
}

fn failed_only<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ArgoSynced>, D::Error> {
    let mut all: Vec<ArgoSynced> = each_or_skip(deserializer)?;
    all.retain(|synced| &*synced.status == "SyncFailed" || matches!(&*synced.hook_phase, "Failed" | "Error"));
    all.truncate(FAILED_MAX);
    all.shrink_to_fit();
    Ok(all)
}
