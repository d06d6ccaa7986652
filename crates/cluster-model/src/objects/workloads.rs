//! What runs: pods and who owns them.

use super::meta::{Condition, Labels, Meta, each_or_skip, or_default, short_text, text_or_number, time_ms};
use super::table::object;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// Quantities by name, as they are written: `memory` → `512Mi`.
pub type Quantities = BTreeMap<Box<str>, Quantity>;

/// A quantity as it is written: `512Mi`, `2`, `500m`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Quantity(#[serde(deserialize_with = "text_or_number")] pub Box<str>);

/// A pod.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pod {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: PodSpec,
    /// What is.
    #[serde(deserialize_with = "or_default")]
    pub status: PodStatus,
}

/// What a pod, or the pods of an owner, shall be.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodSpec {
    /// The node it was given to; empty until then.
    #[serde(deserialize_with = "or_default")]
    pub node_name: Box<str>,
    /// Under which service account it runs; empty is `default`.
    #[serde(deserialize_with = "or_default")]
    pub service_account_name: Box<str>,
    /// `Always`, `OnFailure` or `Never`.
    #[serde(deserialize_with = "or_default")]
    pub restart_policy: Box<str>,
    /// The secrets with which images are pulled, in order.
    #[serde(deserialize_with = "names")]
    pub image_pull_secrets: Vec<Box<str>>,
    /// The containers.
    #[serde(deserialize_with = "each_or_skip")]
    pub containers: Vec<Container>,
    /// What runs before them, and sidecars (those that restart always).
    #[serde(deserialize_with = "each_or_skip")]
    pub init_containers: Vec<Container>,
    /// The claims that it mounts.
    #[serde(rename = "volumes", deserialize_with = "claims")]
    pub claims: Vec<Box<str>>,
    /// How long it may take to end, in seconds.
    #[serde(deserialize_with = "or_default")]
    pub termination_grace_period_seconds: Option<i64>,
}

/// One container as it is wanted.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Container {
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// The image as it is written.
    #[serde(deserialize_with = "or_default")]
    pub image: Box<str>,
    /// `Always` on an init container makes it a sidecar.
    #[serde(deserialize_with = "or_default")]
    pub restart_policy: Box<str>,
    /// What it may use.
    #[serde(deserialize_with = "or_default")]
    pub resources: Resources,
    /// The ports it says it listens on.
    #[serde(deserialize_with = "each_or_skip")]
    pub ports: Vec<ContainerPort>,
    /// What it is told on its command line of entry points and providers, as Traefik is; all else is dropped.
    #[serde(deserialize_with = "routing_args")]
    pub args: Vec<Box<str>>,
    /// How it is asked whether it is ready.
    #[serde(deserialize_with = "or_default")]
    pub readiness_probe: Option<Box<Probe>>,
    /// How it is asked whether it has started.
    #[serde(deserialize_with = "or_default")]
    pub startup_probe: Option<Box<Probe>>,
    /// How it is asked whether it lives.
    #[serde(deserialize_with = "or_default")]
    pub liveness_probe: Option<Box<Probe>>,
}

/// The longest word of a command line that is kept, in bytes.
const ARGUMENT_BYTES_MAX: usize = 200;

fn routing_args<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Box<str>>, D::Error> {
    let mut args: Vec<Box<str>> = each_or_skip(deserializer)?;
    args.retain(|arg| {
        let arg = arg.get(..16.min(arg.len())).unwrap_or_default().to_ascii_lowercase();
        ["--entrypoints.", "--providers.", "--core."].iter().any(|start| arg.starts_with(start))
    });
    args.retain(|arg| arg.len() <= ARGUMENT_BYTES_MAX);
    Ok(args)
}

/// What a container may use and what it asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Resources {
    /// The most it may use.
    #[serde(deserialize_with = "or_default")]
    pub limits: Quantities,
    /// What is kept for it.
    #[serde(deserialize_with = "or_default")]
    pub requests: Quantities,
}

/// A port of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerPort {
    /// Its name; may be empty.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// The number.
    #[serde(deserialize_with = "or_default")]
    pub container_port: u16,
    /// `TCP`, `UDP` or `SCTP`; empty is `TCP`.
    #[serde(deserialize_with = "or_default")]
    pub protocol: Box<str>,
}

/// How a container is asked how it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Probe {
    /// By HTTP.
    #[serde(deserialize_with = "or_default")]
    pub http_get: Option<ProbeAddress>,
    /// By opening a connection.
    #[serde(deserialize_with = "or_default")]
    pub tcp_socket: Option<ProbeAddress>,
    /// How long after the start, in seconds.
    #[serde(deserialize_with = "or_default")]
    pub initial_delay_seconds: Option<i64>,
    /// How often, in seconds.
    #[serde(deserialize_with = "or_default")]
    pub period_seconds: Option<i64>,
    /// After how many refusals it counts.
    #[serde(deserialize_with = "or_default")]
    pub failure_threshold: Option<i64>,
}

/// Where a probe asks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ProbeAddress {
    /// The path; empty is `/`.
    #[serde(deserialize_with = "or_default")]
    pub path: Box<str>,
    /// Number or name of the port.
    #[serde(deserialize_with = "text_or_number")]
    pub port: Box<str>,
}

/// What a pod is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PodStatus {
    /// `Pending`, `Running`, `Succeeded`, `Failed` or `Unknown`.
    #[serde(deserialize_with = "or_default")]
    pub phase: Box<str>,
    /// Why in one word: `Evicted`.
    #[serde(deserialize_with = "or_default")]
    pub reason: Box<str>,
    /// Why in words.
    #[serde(deserialize_with = "short_text")]
    pub message: Box<str>,
    /// When the kubelet took it, in milliseconds since 1970.
    #[serde(rename = "startTime", deserialize_with = "time_ms")]
    pub started_ms: Option<i64>,
    /// `PodScheduled`, `Ready` and others.
    #[serde(deserialize_with = "each_or_skip")]
    pub conditions: Vec<Condition>,
    /// The containers.
    #[serde(deserialize_with = "each_or_skip")]
    pub container_statuses: Vec<ContainerStatus>,
    /// The init containers.
    #[serde(deserialize_with = "each_or_skip")]
    pub init_container_statuses: Vec<ContainerStatus>,
}

/// What a container is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerStatus {
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// Whether it is ready.
    #[serde(deserialize_with = "or_default")]
    pub ready: bool,
    /// Whether its start is over, where that is known.
    #[serde(deserialize_with = "or_default")]
    pub started: Option<bool>,
    /// How often it was started again.
    #[serde(deserialize_with = "or_default")]
    pub restart_count: i64,
    /// The image as the runtime names it.
    #[serde(deserialize_with = "or_default")]
    pub image: Box<str>,
    /// The image that runs, with its digest.
    #[serde(rename = "imageID", deserialize_with = "or_default")]
    pub image_id: Box<str>,
    /// How it is.
    #[serde(deserialize_with = "or_default")]
    pub state: ContainerState,
    /// How it was before it was started again.
    #[serde(deserialize_with = "or_default")]
    pub last_state: ContainerState,
}

impl ContainerStatus {
    /// The digest that runs (`sha256:…`), where the runtime tells it. A digest without a name is that of the image's
    /// configuration, which no registry knows it by.
    pub fn digest(&self) -> Option<&str> {
        self.image_id
            .rsplit_once('@')
            .map(|(_, digest)| digest)
            .filter(|digest| digest.starts_with("sha256:"))
    }
}

/// How a container is: at most one of them is there.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ContainerState {
    /// It waits.
    #[serde(deserialize_with = "or_default")]
    pub waiting: Option<Box<Waiting>>,
    /// It runs.
    #[serde(deserialize_with = "or_default")]
    pub running: Option<Running>,
    /// It has ended.
    #[serde(deserialize_with = "or_default")]
    pub terminated: Option<Box<Terminated>>,
}

/// Why a container waits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Waiting {
    /// In one word: `ImagePullBackOff`.
    #[serde(deserialize_with = "or_default")]
    pub reason: Box<str>,
    /// In words.
    #[serde(deserialize_with = "short_text")]
    pub message: Box<str>,
}

/// A container that runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Running {
    /// Since when, in milliseconds since 1970.
    #[serde(rename = "startedAt", deserialize_with = "time_ms")]
    pub started_ms: Option<i64>,
}

/// How a container ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Terminated {
    /// The exit code.
    #[serde(deserialize_with = "or_default")]
    pub exit_code: i64,
    /// The signal, where the runtime tells it; else 0.
    #[serde(deserialize_with = "or_default")]
    pub signal: i64,
    /// In one word: `OOMKilled`, `Error`, `Completed`, `ContainerCannotRun`, `StartError`.
    #[serde(deserialize_with = "or_default")]
    pub reason: Box<str>,
    /// In words, or the last lines of its log.
    #[serde(deserialize_with = "short_text")]
    pub message: Box<str>,
    /// When it had begun, in milliseconds since 1970.
    #[serde(rename = "startedAt", deserialize_with = "time_ms")]
    pub started_ms: Option<i64>,
    /// When it ended, in milliseconds since 1970.
    #[serde(rename = "finishedAt", deserialize_with = "time_ms")]
    pub finished_ms: Option<i64>,
}

/// What an owner makes its pods from.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Template {
    /// What every object has; here only labels and annotations.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What the pods shall be.
    #[serde(deserialize_with = "or_default")]
    pub spec: PodSpec,
}

/// Which pods belong to an owner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Selector {
    /// All of these labels.
    #[serde(deserialize_with = "or_default")]
    pub match_labels: Labels,
}

/// One roll-out of a Deployment. Its template is not kept: pods tell what runs.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaSet {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: ReplicaSetSpec,
    /// What is.
    #[serde(deserialize_with = "or_default")]
    pub status: ReplicaStatus,
}

/// What is wanted of a `ReplicaSet`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaSetSpec {
    /// How many pods; 1 where nothing is said.
    #[serde(deserialize_with = "or_default")]
    pub replicas: Option<i64>,
}

/// How many pods there are, of Deployments, `ReplicaSet`s and `StatefulSet`s.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReplicaStatus {
    /// Of which generation the counts are.
    #[serde(deserialize_with = "or_default")]
    pub observed_generation: i64,
    /// Pods.
    #[serde(deserialize_with = "or_default")]
    pub replicas: i64,
    /// Pods of the newest version.
    #[serde(deserialize_with = "or_default")]
    pub updated_replicas: i64,
    /// Pods that are ready.
    #[serde(deserialize_with = "or_default")]
    pub ready_replicas: i64,
    /// Pods that have been ready for long enough.
    #[serde(deserialize_with = "or_default")]
    pub available_replicas: i64,
    /// The version that served before (`StatefulSet`).
    #[serde(deserialize_with = "or_default")]
    pub current_revision: Box<str>,
    /// The version that is wanted (`StatefulSet`).
    #[serde(deserialize_with = "or_default")]
    pub update_revision: Box<str>,
    /// `Available`, `Progressing`, `ReplicaFailure`.
    #[serde(deserialize_with = "each_or_skip")]
    pub conditions: Vec<Condition>,
}

/// A Deployment.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Deployment {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: WorkloadSpec,
    /// What is.
    #[serde(deserialize_with = "or_default")]
    pub status: ReplicaStatus,
}

/// A `StatefulSet`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct StatefulSet {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: WorkloadSpec,
    /// What is.
    #[serde(deserialize_with = "or_default")]
    pub status: ReplicaStatus,
}

/// What is wanted of a Deployment, `StatefulSet` or `DaemonSet`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkloadSpec {
    /// How many pods; 1 where nothing is said.
    #[serde(deserialize_with = "or_default")]
    pub replicas: Option<i64>,
    /// Whether roll-outs are halted.
    #[serde(deserialize_with = "or_default")]
    pub paused: bool,
    /// Which pods are its own.
    #[serde(deserialize_with = "or_default")]
    pub selector: Selector,
    /// What pods are made from.
    #[serde(deserialize_with = "or_default")]
    pub template: Template,
    /// How new pods replace old ones.
    #[serde(deserialize_with = "or_default")]
    pub strategy: Strategy,
}

/// How new pods replace old ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Strategy {
    /// `RollingUpdate` or `Recreate`.
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: Box<str>,
}

/// A `DaemonSet`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DaemonSet {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: WorkloadSpec,
    /// What is.
    #[serde(deserialize_with = "or_default")]
    pub status: DaemonSetStatus,
}

/// How many pods of a `DaemonSet` there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DaemonSetStatus {
    /// Of which generation the counts are.
    #[serde(deserialize_with = "or_default")]
    pub observed_generation: i64,
    /// On how many nodes it shall run.
    #[serde(deserialize_with = "or_default")]
    pub desired_number_scheduled: i64,
    /// On how many it is ready.
    #[serde(deserialize_with = "or_default")]
    pub number_ready: i64,
    /// On how many the newest version runs.
    #[serde(deserialize_with = "or_default")]
    pub updated_number_scheduled: i64,
}

/// A Job.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Job {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: JobSpec,
    /// What is.
    #[serde(deserialize_with = "or_default")]
    pub status: JobStatus,
}

/// What is wanted of a Job.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobSpec {
    /// How many failed tries are allowed.
    #[serde(deserialize_with = "or_default")]
    pub backoff_limit: Option<i64>,
    /// How long it may take, in seconds.
    #[serde(deserialize_with = "or_default")]
    pub active_deadline_seconds: Option<i64>,
    /// Whether it is halted.
    #[serde(deserialize_with = "or_default")]
    pub suspend: bool,
    /// What pods are made from.
    #[serde(deserialize_with = "or_default")]
    pub template: Template,
}

/// What a Job is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobStatus {
    /// Pods that run.
    #[serde(deserialize_with = "or_default")]
    pub active: i64,
    /// Pods that came to a good end.
    #[serde(deserialize_with = "or_default")]
    pub succeeded: i64,
    /// Pods that failed.
    #[serde(deserialize_with = "or_default")]
    pub failed: i64,
    /// When it began, in milliseconds since 1970.
    #[serde(rename = "startTime", deserialize_with = "time_ms")]
    pub started_ms: Option<i64>,
    /// When it came to a good end, in milliseconds since 1970.
    #[serde(rename = "completionTime", deserialize_with = "time_ms")]
    pub completed_ms: Option<i64>,
    /// `Complete`, `Failed`, `Suspended`, …
    #[serde(deserialize_with = "each_or_skip")]
    pub conditions: Vec<Condition>,
}

/// A `CronJob`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CronJob {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: CronJobSpec,
    /// What is.
    #[serde(deserialize_with = "or_default")]
    pub status: CronJobStatus,
}

/// What is wanted of a `CronJob`.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CronJobSpec {
    /// When, as in a crontab.
    #[serde(deserialize_with = "or_default")]
    pub schedule: Box<str>,
    /// The time zone of the schedule; empty is that of the controller.
    #[serde(deserialize_with = "or_default")]
    pub time_zone: Box<str>,
    /// Whether it is switched off.
    #[serde(deserialize_with = "or_default")]
    pub suspend: bool,
    /// What jobs are made from.
    #[serde(deserialize_with = "or_default")]
    pub job_template: JobTemplate,
}

/// What jobs are made from.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct JobTemplate {
    /// What the jobs shall be.
    #[serde(deserialize_with = "or_default")]
    pub spec: JobSpec,
}

/// What a `CronJob` is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CronJobStatus {
    /// When a job was last made, in milliseconds since 1970.
    #[serde(rename = "lastScheduleTime", deserialize_with = "time_ms")]
    pub last_schedule_ms: Option<i64>,
    /// When a job last came to a good end, in milliseconds since 1970.
    #[serde(rename = "lastSuccessfulTime", deserialize_with = "time_ms")]
    pub last_success_ms: Option<i64>,
}

/// Reads a list of `{name: …}` into the names.
fn names<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Box<str>>, D::Error> {
    #[derive(Deserialize)]
    struct Named {
        name: Box<str>,
    }
    let items: Vec<Named> = each_or_skip(deserializer)?;
    Ok(items.into_iter().map(|item| item.name).filter(|name| !name.is_empty()).collect())
}

/// Reads the volumes of a pod into the names of the claims among them.
fn claims<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Box<str>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Volume {
        persistent_volume_claim: Claim,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Claim {
        claim_name: Box<str>,
    }
    let items: Vec<Volume> = each_or_skip(deserializer)?;
    Ok(items.into_iter().map(|item| item.persistent_volume_claim.claim_name).collect())
}

object!(Pod, ReplicaSet, Deployment, StatefulSet, DaemonSet, Job, CronJob);
