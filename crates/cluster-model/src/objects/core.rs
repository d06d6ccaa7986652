//! Routing and storage of the core API: Service, `EndpointSlice`, Ingress, Node, volumes, events.

use super::meta::{Condition, Labels, Meta, each_or_skip, or_default, short_text, time_ms};
use super::table::object;
use super::workloads::{Quantities, Resources};
use serde::Deserialize;
use std::fmt;

/// Hosts and paths that a controller leads to Services.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Ingress {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: IngressSpec,
    /// What became of it.
    #[serde(deserialize_with = "or_default")]
    pub status: LoadBalancerStatus,
}

/// What an Ingress wants.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressSpec {
    /// The class that serves it; empty: by annotation, or the default class.
    #[serde(deserialize_with = "or_default")]
    pub ingress_class_name: Box<str>,
    /// Where what no rule takes goes.
    #[serde(deserialize_with = "or_default")]
    pub default_backend: Option<IngressBackend>,
    /// Its rules.
    #[serde(deserialize_with = "each_or_skip")]
    pub rules: Vec<IngressRule>,
    /// Its certificates.
    #[serde(deserialize_with = "each_or_skip")]
    pub tls: Vec<IngressTls>,
}

/// The paths of one host.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressRule {
    /// The host name; empty: all of them.
    #[serde(deserialize_with = "or_default")]
    pub host: Box<str>,
    /// The paths.
    #[serde(deserialize_with = "or_default")]
    pub http: IngressPaths,
}

/// The paths of a rule.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressPaths {
    /// The paths.
    #[serde(deserialize_with = "each_or_skip")]
    pub paths: Vec<IngressPath>,
}

/// One path and what serves it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressPath {
    /// The path; empty: all of them.
    #[serde(deserialize_with = "or_default")]
    pub path: Box<str>,
    /// `Prefix`, `Exact` or `ImplementationSpecific`.
    #[serde(deserialize_with = "or_default")]
    pub path_type: Box<str>,
    /// What serves it.
    #[serde(deserialize_with = "or_default")]
    pub backend: IngressBackend,
}

/// What serves a path: a Service or another object.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressBackend {
    /// A Service.
    #[serde(deserialize_with = "or_default")]
    pub service: Option<IngressServiceRef>,
    /// Something else, such as a bucket.
    #[serde(deserialize_with = "or_default")]
    pub resource: Option<TypedRef>,
}

/// A Service and its port.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressServiceRef {
    /// The name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// The port.
    #[serde(deserialize_with = "or_default")]
    pub port: IngressPort,
}

/// A port by number or by name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressPort {
    /// The number; 0: by name.
    #[serde(deserialize_with = "or_default")]
    pub number: u16,
    /// The name; empty: by number.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
}

/// An object by kind and name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TypedRef {
    /// The kind.
    #[serde(deserialize_with = "or_default")]
    pub kind: Box<str>,
    /// The name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
}

/// Which secret holds the certificate of which hosts.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressTls {
    /// The hosts; empty: all of the object.
    #[serde(deserialize_with = "each_or_skip")]
    pub hosts: Vec<Box<str>>,
    /// The secret; empty: the default certificate of the controller.
    #[serde(deserialize_with = "or_default")]
    pub secret_name: Box<str>,
}

/// At which addresses something is reached.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LoadBalancerStatus {
    /// The addresses.
    #[serde(deserialize_with = "or_default")]
    pub load_balancer: LoadBalancer,
}

/// Addresses of a load balancer.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LoadBalancer {
    /// The addresses.
    #[serde(deserialize_with = "each_or_skip")]
    pub ingress: Vec<LoadBalancerAddress>,
}

/// One address of a load balancer.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LoadBalancerAddress {
    /// An IP address; empty: by name.
    #[serde(deserialize_with = "or_default")]
    pub ip: Box<str>,
    /// A host name; empty: by address.
    #[serde(deserialize_with = "or_default")]
    pub hostname: Box<str>,
}

/// Which controller serves the ingresses of a class.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressClass {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: IngressClassSpec,
}

/// The controller of a class.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IngressClassSpec {
    /// The controller: `traefik.io/ingress-controller`.
    #[serde(deserialize_with = "or_default")]
    pub controller: Box<str>,
}

/// A name and ports for pods, or for something outside of the cluster.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Service {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: ServiceSpec,
    /// What became of it.
    #[serde(deserialize_with = "or_default")]
    pub status: LoadBalancerStatus,
}

/// What a Service wants.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceSpec {
    /// `ClusterIP` (also when empty), `NodePort`, `LoadBalancer` or `ExternalName`.
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: Box<str>,
    /// Which pods; empty: its endpoints are written by somebody else.
    #[serde(deserialize_with = "or_default")]
    pub selector: Labels,
    /// Its ports.
    #[serde(deserialize_with = "each_or_skip")]
    pub ports: Vec<ServicePort>,
    /// The address in the cluster; `None`: it has none.
    #[serde(rename = "clusterIP", deserialize_with = "or_default")]
    pub cluster_ip: Box<str>,
    /// The name outside that it stands for.
    #[serde(deserialize_with = "or_default")]
    pub external_name: Box<str>,
    /// The address that was asked for.
    #[serde(rename = "loadBalancerIP", deserialize_with = "or_default")]
    pub load_balancer_ip: Box<str>,
    /// Further addresses that lead to it.
    #[serde(rename = "externalIPs", deserialize_with = "each_or_skip")]
    pub external_ips: Vec<Box<str>>,
}

/// A port of a Service.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServicePort {
    /// Its name; may be empty where there is one only.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// Its number.
    #[serde(deserialize_with = "or_default")]
    pub port: u16,
    /// The port of the pods; empty: the same number.
    #[serde(deserialize_with = "or_default")]
    pub target_port: Option<PortName>,
    /// The port on every node; 0: none.
    #[serde(deserialize_with = "or_default")]
    pub node_port: u16,
    /// `TCP` (also when empty), `UDP` or `SCTP`.
    #[serde(deserialize_with = "or_default")]
    pub protocol: Box<str>,
    /// What is spoken there, such as `http`.
    #[serde(deserialize_with = "or_default")]
    pub app_protocol: Box<str>,
}

/// A port by number or by name, as a field that takes both has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(untagged)]
pub enum PortName {
    /// By number.
    Number(u16),
    /// By name; a number in quotation marks as well.
    Name(Box<str>),
}

impl PortName {
    /// The number, also of one in quotation marks.
    pub fn number(&self) -> Option<u16> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Name(name) => name.trim().parse().ok(),
        }
    }
}

impl fmt::Display for PortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// Addresses behind a Service.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointSlice {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// The addresses.
    #[serde(deserialize_with = "each_or_skip")]
    pub endpoints: Vec<Endpoint>,
    /// The ports.
    #[serde(deserialize_with = "each_or_skip")]
    pub ports: Vec<EndpointPort>,
}

/// One address, or several of one pod.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Endpoint {
    /// The addresses.
    #[serde(deserialize_with = "each_or_skip")]
    pub addresses: Vec<Box<str>>,
    /// Whether it answers.
    #[serde(deserialize_with = "or_default")]
    pub conditions: EndpointConditions,
    /// The pod.
    #[serde(deserialize_with = "or_default")]
    pub target_ref: Option<TypedRef>,
    /// The node.
    #[serde(deserialize_with = "or_default")]
    pub node_name: Box<str>,
}

/// Whether an address answers.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointConditions {
    /// Ready; unknown counts as ready.
    #[serde(deserialize_with = "or_default")]
    pub ready: Option<bool>,
    /// Being deleted.
    #[serde(deserialize_with = "or_default")]
    pub terminating: Option<bool>,
}

/// A port of the addresses.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EndpointPort {
    /// The name of the Service's port.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// The number.
    #[serde(deserialize_with = "or_default")]
    pub port: Option<u16>,
}

/// A machine of the cluster.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Node {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: NodeSpec,
    /// What is.
    #[serde(deserialize_with = "or_default")]
    pub status: NodeStatus,
}

/// What is wanted of a node.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeSpec {
    /// Whether no new pods shall come (cordoned).
    #[serde(deserialize_with = "or_default")]
    pub unschedulable: bool,
    /// What keeps pods away.
    #[serde(deserialize_with = "each_or_skip")]
    pub taints: Vec<Taint>,
}

/// What keeps pods away from a node.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Taint {
    /// Its name.
    #[serde(deserialize_with = "or_default")]
    pub key: Box<str>,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    #[serde(deserialize_with = "or_default")]
    pub effect: Box<str>,
}

/// What a node is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeStatus {
    /// `Ready`, `MemoryPressure`, `DiskPressure`, `PIDPressure`, `NetworkUnavailable`.
    #[serde(deserialize_with = "each_or_skip")]
    pub conditions: Vec<Condition>,
    /// Versions.
    #[serde(deserialize_with = "or_default")]
    pub node_info: NodeInfo,
    /// What it has: `cpu`, `memory`, `pods`, `ephemeral-storage`.
    #[serde(deserialize_with = "or_default")]
    pub capacity: Quantities,
    /// What pods may use of it.
    #[serde(deserialize_with = "or_default")]
    pub allocatable: Quantities,
    /// Its addresses.
    #[serde(deserialize_with = "each_or_skip")]
    pub addresses: Vec<NodeAddress>,
}

/// Versions of a node.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeInfo {
    /// Of the kubelet: `v1.33.1+k3s1`.
    #[serde(deserialize_with = "or_default")]
    pub kubelet_version: Box<str>,
    /// The system: `Debian GNU/Linux 13 (trixie)`.
    #[serde(deserialize_with = "or_default")]
    pub os_image: Box<str>,
    /// `linux` or `windows`.
    #[serde(deserialize_with = "or_default")]
    pub operating_system: Box<str>,
    /// `amd64`, `arm64`, …
    #[serde(deserialize_with = "or_default")]
    pub architecture: Box<str>,
    /// Of the kernel.
    #[serde(deserialize_with = "or_default")]
    pub kernel_version: Box<str>,
    /// Of the runtime: `containerd://2.0.5`.
    #[serde(deserialize_with = "or_default")]
    pub container_runtime_version: Box<str>,
}

/// An address of a node.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeAddress {
    /// `InternalIP`, `ExternalIP`, `Hostname`.
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: Box<str>,
    /// The address.
    #[serde(deserialize_with = "or_default")]
    pub address: Box<str>,
}

/// A claim on storage.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolumeClaim {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What is wanted.
    #[serde(deserialize_with = "or_default")]
    pub spec: ClaimSpec,
    /// What is.
    #[serde(deserialize_with = "or_default")]
    pub status: ClaimStatus,
}

/// What a claim wants.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimSpec {
    /// The storage class; none: the default class; empty: none at all.
    #[serde(deserialize_with = "or_default")]
    pub storage_class_name: Option<Box<str>>,
    /// The volume it has or wants.
    #[serde(deserialize_with = "or_default")]
    pub volume_name: Box<str>,
    /// How much it asks for.
    #[serde(deserialize_with = "or_default")]
    pub resources: Resources,
    /// `ReadWriteOnce`, `ReadWriteMany`, …
    #[serde(deserialize_with = "each_or_skip")]
    pub access_modes: Vec<Box<str>>,
}

/// What a claim is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimStatus {
    /// `Pending`, `Bound` or `Lost`.
    #[serde(deserialize_with = "or_default")]
    pub phase: Box<str>,
    /// How much it has.
    #[serde(deserialize_with = "or_default")]
    pub capacity: Quantities,
    /// `Resizing`, `FileSystemResizePending`, `ModifyVolumeError`.
    #[serde(deserialize_with = "each_or_skip")]
    pub conditions: Vec<Condition>,
}

/// A volume.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PersistentVolume {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// What it is made of.
    #[serde(deserialize_with = "or_default")]
    pub spec: VolumeSpec,
    /// What is.
    #[serde(deserialize_with = "or_default")]
    pub status: VolumeStatus,
}

/// What a volume is made of.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeSpec {
    /// How large.
    #[serde(deserialize_with = "or_default")]
    pub capacity: Quantities,
    /// The storage class.
    #[serde(deserialize_with = "or_default")]
    pub storage_class_name: Box<str>,
    /// `Retain`, `Delete` or `Recycle`.
    #[serde(deserialize_with = "or_default")]
    pub persistent_volume_reclaim_policy: Box<str>,
    /// Whose it is.
    #[serde(deserialize_with = "or_default")]
    pub claim_ref: Option<ClaimRef>,
    /// A folder of a node.
    #[serde(deserialize_with = "or_default")]
    pub host_path: Option<VolumePath>,
    /// A disk or folder of one node.
    #[serde(deserialize_with = "or_default")]
    pub local: Option<VolumePath>,
    /// A share by NFS.
    #[serde(deserialize_with = "or_default")]
    pub nfs: Option<VolumePath>,
    /// From a driver.
    #[serde(deserialize_with = "or_default")]
    pub csi: Option<VolumeDriver>,
}

/// The claim that has a volume.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimRef {
    /// The namespace.
    #[serde(deserialize_with = "or_default")]
    pub namespace: Box<str>,
    /// The name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
}

/// Where a volume lies.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumePath {
    /// The path.
    #[serde(deserialize_with = "or_default")]
    pub path: Box<str>,
    /// The server; empty: the node itself.
    #[serde(deserialize_with = "or_default")]
    pub server: Box<str>,
}

/// The driver of a volume.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeDriver {
    /// Its name: `driver.longhorn.io`.
    #[serde(deserialize_with = "or_default")]
    pub driver: Box<str>,
}

/// What a volume is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct VolumeStatus {
    /// `Available`, `Bound`, `Released` or `Failed`.
    #[serde(deserialize_with = "or_default")]
    pub phase: Box<str>,
    /// Why, in words.
    #[serde(deserialize_with = "short_text")]
    pub message: Box<str>,
}

/// What a part of the cluster says of an object.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Event {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
    /// The object.
    #[serde(deserialize_with = "or_default")]
    pub involved_object: EventObject,
    /// Why, in one word: `FailedMount`.
    #[serde(deserialize_with = "or_default")]
    pub reason: Box<str>,
    /// What happened.
    #[serde(deserialize_with = "short_text")]
    pub message: Box<str>,
    /// `Normal` or `Warning`.
    #[serde(rename = "type", deserialize_with = "or_default")]
    pub kind: Box<str>,
    /// How often.
    #[serde(deserialize_with = "or_default")]
    pub count: i64,
    /// When first, in milliseconds since 1970.
    #[serde(rename = "firstTimestamp", deserialize_with = "time_ms")]
    pub first_ms: Option<i64>,
    /// When last, in milliseconds since 1970.
    #[serde(rename = "lastTimestamp", deserialize_with = "time_ms")]
    pub last_ms: Option<i64>,
    /// When, where neither of both is there.
    #[serde(rename = "eventTime", deserialize_with = "time_ms")]
    pub at_ms: Option<i64>,
    /// How often and when last, in the newer form.
    #[serde(deserialize_with = "or_default")]
    pub series: Option<EventSeries>,
}

/// The object that an event is about.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventObject {
    /// The kind.
    #[serde(deserialize_with = "or_default")]
    pub kind: Box<str>,
    /// The namespace.
    #[serde(deserialize_with = "or_default")]
    pub namespace: Box<str>,
    /// The name.
    #[serde(deserialize_with = "or_default")]
    pub name: Box<str>,
    /// The identity.
    #[serde(deserialize_with = "or_default")]
    pub uid: Box<str>,
    /// The part of it: `spec.containers{app}`.
    #[serde(deserialize_with = "or_default")]
    pub field_path: Box<str>,
}

/// An event that happened several times.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventSeries {
    /// How often.
    #[serde(deserialize_with = "or_default")]
    pub count: i64,
    /// When last, in milliseconds since 1970.
    #[serde(rename = "lastObservedTime", deserialize_with = "time_ms")]
    pub last_ms: Option<i64>,
}

impl Event {
    /// When it was last seen, in milliseconds since 1970.
    pub fn seen_ms(&self) -> Option<i64> {
        let series = self.series.as_ref().and_then(|series| series.last_ms);
        series.max(self.last_ms).max(self.at_ms).or(self.first_ms).or(self.metadata.created_ms)
    }

    /// How often it was seen.
    pub fn times(&self) -> i64 {
        self.series.as_ref().map_or(0, |series| series.count).max(self.count).max(1)
    }
}

/// Namespace.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Namespace {
    /// What every object has.
    #[serde(deserialize_with = "or_default")]
    pub metadata: Meta,
}

object!(
    Ingress,
    IngressClass,
    Service,
    EndpointSlice,
    Node,
    PersistentVolumeClaim,
    PersistentVolume,
    Event,
    Namespace
);
