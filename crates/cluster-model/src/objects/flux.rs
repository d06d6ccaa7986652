//! Flux: <https://fluxcd.io/flux/components/>.

use super::meta::{Condition, Meta, each_or_skip, or_default, time_ms};
use super::table::object;
use serde::{Deserialize, Deserializer};

/// What GitRepository, OCIRepository, HelmRepository, HelmChart and Bucket have in common.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FluxSource {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What it should be.
    #[serde(deserialize_with = "or_default")]
    pub spec: FluxSourceSpec,
    /// What Flux says of it.
    #[serde(deserialize_with = "or_default")]
    pub status: FluxSourceStatus,
}

/// Where something is fetched from.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FluxSourceSpec {
    /// The address; of a Bucket and a HelmChart there is none.
    #[serde(deserialize_with = "or_default")]
    pub url: Box<str>,
    /// The server of a Bucket.
    #[serde(deserialize_with = "or_default")]
    pub endpoint: Box<str>,
    /// The name of a Bucket.
    #[serde(deserialize_with = "or_default")]
    pub bucket_name: Box<str>,
    /// The name of a HelmChart.
    #[serde(deserialize_with = "or_default")]
    pub chart: Box<str>,
    /// The version of a HelmChart.
    #[serde(deserialize_with = "or_default")]
    pub version: Box<str>,
    /// Where a HelmChart comes from.
    #[serde(deserialize_with = "or_default")]
    pub source_ref: FluxRef,
    /// The branch, tag or commit.
    #[serde(rename = "ref", deserialize_with = "or_default")]
    pub reference: FluxSourceRef,
    /// What it logs in with.
    #[serde(deserialize_with = "or_default")]
    pub secret_ref: FluxRef,
    /// How often it is looked at.
    #[serde(deserialize_with = "or_default")]
    pub interval: Box<str>,
    /// Whether it is left alone.
    #[serde(deserialize_with = "or_default")]
    pub suspend: bool,
    /// `oci` for a HelmRepository that has no status.
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: Box<str>,
}

/// What of a repository.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FluxSourceRef {
    /// A branch.
    #[serde(deserialize_with = "or_default")]
    pub branch: Box<str>,
    /// A tag.
    #[serde(deserialize_with = "or_default")]
    pub tag: Box<str>,
    /// A range of versions.
    #[serde(deserialize_with = "or_default")]
    pub semver: Box<str>,
    /// A commit.
    #[serde(deserialize_with = "or_default")]
    pub commit: Box<str>,
    /// A reference of Git.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// A digest.
    #[serde(deserialize_with = "or_default")]
    pub digest: Box<str>,
}

/// What Flux says of a source.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FluxSourceStatus {
    /// What the controller says of it.
    #[serde(deserialize_with = "each_or_skip")]
    pub conditions: Vec<Condition>,
    /// What was fetched last.
    #[serde(deserialize_with = "or_default")]
    pub artifact: Option<FluxArtifact>,
    /// The generation that was looked at.
    #[serde(deserialize_with = "or_default")]
    pub observed_generation: i64,
    /// The last request to look again.
    #[serde(rename = "lastHandledReconcileAt", deserialize_with = "or_default")]
    pub last_handled: Box<str>,
}

/// What was fetched.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FluxArtifact {
    /// Its revision: `main@sha1:…` or a version.
    #[serde(deserialize_with = "or_default")]
    pub revision: Box<str>,
    /// When it was fetched.
    #[serde(rename = "lastUpdateTime", deserialize_with = "time_ms")]
    pub updated_ms: Option<i64>,
}

/// Names another object.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FluxRef {
    /// The kind.
    #[serde(deserialize_with = "or_default")]
    pub kind: Box<str>,
    /// The namespace; empty: the same.
    #[serde(deserialize_with = "or_default")]
    pub namespace: Box<str>,
    /// The name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
}

/// A Kustomization.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Kustomization {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What it should be.
    #[serde(deserialize_with = "or_default")]
    pub spec: KustomizationSpec,
    /// What Flux says of it.
    #[serde(deserialize_with = "or_default")]
    pub status: KustomizationStatus,
}

/// What a Kustomization should be.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KustomizationSpec {
    /// The folder in the source.
    #[serde(deserialize_with = "or_default")]
    pub path: Box<str>,
    /// The source.
    #[serde(deserialize_with = "or_default")]
    pub source_ref: FluxRef,
    /// What has to be ready before.
    #[serde(deserialize_with = "each_or_skip")]
    pub depends_on: Vec<FluxRef>,
    /// How often it is applied.
    #[serde(deserialize_with = "or_default")]
    pub interval: Box<str>,
    /// How soon it is tried again.
    #[serde(deserialize_with = "or_default")]
    pub retry_interval: Box<str>,
    /// How long it may take.
    #[serde(deserialize_with = "or_default")]
    pub timeout: Box<str>,
    /// Whether it is left alone.
    #[serde(deserialize_with = "or_default")]
    pub suspend: bool,
}

/// What Flux says of a Kustomization.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct KustomizationStatus {
    /// What the controller says of it.
    #[serde(deserialize_with = "each_or_skip")]
    pub conditions: Vec<Condition>,
    /// The revision that is applied.
    #[serde(deserialize_with = "or_default")]
    pub last_applied_revision: Box<str>,
    /// The revision that was tried last.
    #[serde(deserialize_with = "or_default")]
    pub last_attempted_revision: Box<str>,
    /// The generation that was looked at.
    #[serde(deserialize_with = "or_default")]
    pub observed_generation: i64,
}

/// A HelmRelease.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HelmRelease {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What it should be.
    #[serde(deserialize_with = "or_default")]
    pub spec: HelmReleaseSpec,
    /// What Flux says of it.
    #[serde(deserialize_with = "or_default")]
    pub status: HelmReleaseStatus,
}

/// What a HelmRelease should be.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HelmReleaseSpec {
    /// The chart, where Flux makes a HelmChart for it.
    #[serde(deserialize_with = "or_default")]
    pub chart: FluxChartTemplate,
    /// The chart, where it is an object of its own.
    #[serde(deserialize_with = "or_default")]
    pub chart_ref: FluxRef,
    /// The name of the release; empty: that of the object.
    #[serde(deserialize_with = "or_default")]
    pub release_name: Box<str>,
    /// The namespace of the release; empty: that of the object.
    #[serde(deserialize_with = "or_default")]
    pub target_namespace: Box<str>,
    /// What has to be ready before.
    #[serde(deserialize_with = "each_or_skip")]
    pub depends_on: Vec<FluxRef>,
    /// How often it is looked at.
    #[serde(deserialize_with = "or_default")]
    pub interval: Box<str>,
    /// Whether it is left alone.
    #[serde(deserialize_with = "or_default")]
    pub suspend: bool,
}

/// A chart.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FluxChartTemplate {
    /// Which.
    #[serde(deserialize_with = "or_default")]
    pub spec: FluxChartSpec,
}

/// Which chart.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FluxChartSpec {
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub chart: Box<str>,
    /// Its version or range.
    #[serde(deserialize_with = "or_default")]
    pub version: Box<str>,
    /// Where it comes from.
    #[serde(deserialize_with = "or_default")]
    pub source_ref: FluxRef,
}

/// What Flux says of a HelmRelease.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HelmReleaseStatus {
    /// What the controller says of it.
    #[serde(deserialize_with = "each_or_skip")]
    pub conditions: Vec<Condition>,
    /// The HelmChart: `namespace/name`.
    #[serde(deserialize_with = "or_default")]
    pub helm_chart: Box<str>,
    /// The releases, the newest first; two are kept.
    #[serde(deserialize_with = "newest_two")]
    pub history: Vec<HelmSnapshot>,
    /// How often it failed since it last went well.
    #[serde(deserialize_with = "or_default")]
    pub failures: i64,
    /// How often installing failed.
    #[serde(deserialize_with = "or_default")]
    pub install_failures: i64,
    /// How often upgrading failed.
    #[serde(deserialize_with = "or_default")]
    pub upgrade_failures: i64,
    /// The version of the chart that was tried last.
    #[serde(deserialize_with = "or_default")]
    pub last_attempted_revision: Box<str>,
    /// The version of the chart that is installed (until v2beta1).
    #[serde(deserialize_with = "or_default")]
    pub last_applied_revision: Box<str>,
    /// The number of the release (until v2beta2).
    #[serde(deserialize_with = "or_default")]
    pub last_release_revision: i64,
    /// `install` or `upgrade`.
    #[serde(rename = "lastAttemptedReleaseAction", deserialize_with = "or_default")]
    pub last_attempted_action: Box<str>,
    /// The generation that was looked at.
    #[serde(deserialize_with = "or_default")]
    pub observed_generation: i64,
}

/// A release of Helm.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct HelmSnapshot {
    /// The chart.
    #[serde(deserialize_with = "or_default")]
    pub chart_name: Box<str>,
    /// Its version.
    #[serde(deserialize_with = "or_default")]
    pub chart_version: Box<str>,
    /// The version of what it installs.
    #[serde(deserialize_with = "or_default")]
    pub app_version: Box<str>,
    /// `deployed`, `failed`, `superseded` …
    #[serde(deserialize_with = "or_default")]
    pub status: Box<str>,
    /// The number of the release.
    #[serde(deserialize_with = "or_default")]
    pub version: i64,
    /// When.
    #[serde(rename = "lastDeployed", deserialize_with = "time_ms")]
    pub deployed_ms: Option<i64>,
}

object!(FluxSource, Kustomization, HelmRelease);

/// A source of Git.
pub type GitRepository = FluxSource;
/// A source in a registry.
pub type OCIRepository = FluxSource;
/// A repository of charts.
pub type HelmRepository = FluxSource;
/// A chart.
pub type HelmChart = FluxSource;
/// A bucket.
pub type Bucket = FluxSource;

fn newest_two<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<HelmSnapshot>, D::Error> {
    let mut all: Vec<HelmSnapshot> = each_or_skip(deserializer)?;
    all.truncate(2);
    all.shrink_to_fit();
    Ok(all)
}
