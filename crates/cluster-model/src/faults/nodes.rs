//! The machines of the cluster: ready, silent, under pressure, switched off.

use super::{Look, quantity};
use crate::objects::{Condition, Node};
use crate::{Finding, Kind, ObjectRef, Objects, Picture, Severity, Thing, ThingId};
use container_faults::{exit, quoted, single_line};
use std::collections::{BTreeMap, BTreeSet};

/// How long a new node may take to become ready, in milliseconds.
const START_MS: i64 = 2 * 60_000;

/// By how many minor versions a kubelet may be older than the newest (Kubernetes' version skew policy).
const SKEW_MAX: i64 = 3;

/// What other parts ask of nodes.
#[derive(Debug)]
pub(super) struct Nodes<'a> {
    by_name: BTreeMap<&'a str, &'a Node>,
}

impl<'a> Nodes<'a> {
    /// All nodes; none where they are not (yet) read, so that a missing one is not taken for one that is gone.
    pub(super) fn of(objects: &'a Objects, unread: &BTreeSet<Kind>) -> Self {
        if unread.contains(&Kind::Node) {
            return Self { by_name: BTreeMap::new() };
        }
        Self { by_name: objects.nodes.iter().map(|node| (&*node.metadata.name, &**node)).collect() }
    }

    /// The processor of a node; empty where it is not known.
    pub(super) fn architecture(&self, node: &str) -> &'a str {
        self.by_name.get(node).map_or("", |node| &*node.status.node_info.architecture)
    }

    /// Whether what is said of pods on a node must not be believed: nobody has heard of the node, or it is gone.
    pub(super) fn is_silent(&self, node: &str) -> bool {
        if node.is_empty() || self.by_name.is_empty() {
            return false;
        }
        self.by_name.get(node).is_none_or(|node| {
            Condition::find(&node.status.conditions, "Ready").is_some_and(|ready| &*ready.status == "Unknown")
        })
    }

    /// Whether a node is not ready or nobody has heard of it.
    pub(super) fn is_bad(&self, node: &str) -> bool {
        let Some(node) = self.by_name.get(node) else { return !self.by_name.is_empty() };
        Condition::find(&node.status.conditions, "Ready").is_some_and(|ready| !ready.is_true())
    }
}

/// Adds the nodes to the picture.
pub(super) fn examine(look: &Look<'_>, picture: &mut Picture) {
    let newest =
        look.objects.nodes.iter().filter_map(|node| minor(&node.status.node_info.kubelet_version)).max();
    let mut pods: BTreeMap<&str, i64> = BTreeMap::new();
    for pod in look.objects.pods.iter() {
        if matches!(&*pod.status.phase, "Running" | "Pending") {
            *pods.entry(&pod.spec.node_name).or_default() += 1;
        }
    }
    for node in look.objects.nodes.iter() {
        let count = pods.get(&*node.metadata.name).copied().unwrap_or_default();
        let thing = picture.thing(ThingId::host(&node.metadata.name));
        thing.title = node.metadata.name.to_string();
        thing.judged = true;
        thing.well = match count {
            1 => "The node is ready; one pod runs on it.".to_owned(),
            count => format!("The node is ready; {count} pods run on it."),
        };
        thing.objects.insert(object(node));
        facts(node, count, thing);
        for finding in findings(look, node) {
            thing.find(finding);
        }
        if let Some(finding) = skew(node, newest) {
            thing.find(finding);
        }
    }
}

fn object(node: &Node) -> ObjectRef {
    ObjectRef::new("Node", "", &node.metadata.name)
}

fn facts(node: &Node, pods: i64, thing: &mut Thing) {
    let info = &node.status.node_info;
    for (key, value) in [
        ("version", &info.kubelet_version),
        ("os", &info.os_image),
        ("arch", &info.architecture),
        ("kernel", &info.kernel_version),
        ("runtime", &info.container_runtime_version),
    ] {
        if !value.is_empty() {
            thing.fact(key, container_faults::cut(value, 120));
        }
    }
    let capacity = &node.status.capacity;
    for (key, name) in [
        ("cpus", "cpu"),
        ("memory_bytes", "memory"),
        ("disk_bytes", "ephemeral-storage"),
        ("pods_max", "pods"),
    ] {
        if let Some(value) = quantity::of(capacity, name) {
            thing.fact(key, value);
        }
    }
    thing.fact("pods", pods);
    let address = node.status.addresses.iter().find(|address| &*address.kind == "InternalIP");
    if let Some(address) = address {
        thing.fact("address", address.address.to_string());
    }
    let prefix = "node-role.kubernetes.io/";
    let roles: Vec<&str> =
        node.metadata.labels.keys().filter_map(|label| label.strip_prefix(prefix)).collect();
    if !roles.is_empty() {
        thing.fact("roles", roles.join(", "));
    }
}

fn findings(look: &Look<'_>, node: &Node) -> Vec<Finding> {
    let conditions = &node.status.conditions;
    let name = quoted(&node.metadata.name);
    let mut found = Vec::new();
    let young = look.ago(node.metadata.created_ms).is_some_and(|age| age < START_MS);
    match Condition::find(conditions, "Ready") {
        Some(ready) if &*ready.status == "Unknown" => {
            found.push(silent(look, node, ready));
            return cordoned(node, found);
        }
        // A new node waits for its network.
        Some(ready) if !(ready.is_true() || young && ready.message.to_lowercase().contains("network")) => {
            found.push(not_ready(node, ready));
        }
        _ => {}
    }
    for (kind, code, severity, words, remedy) in PRESSURES {
        let Some(condition) = Condition::find(conditions, kind).filter(|condition| condition.is_true())
        else {
            continue;
        };
        found.push(
            Finding::new(code, *severity, object(node), format!("The node {name} {words}."))
                .evidence(&evidence(condition))
                .remedy(*remedy)
                .field(format!("status.conditions[{kind}]")),
        );
    }
    found.extend(ran_out(look, node));
    cordoned(node, found)
}

/// That the memory of a node ran out within the last hour, or that its disk cannot be cleared: events tell only that.
fn ran_out(look: &Look<'_>, node: &Node) -> Option<Finding> {
    let name = quoted(&node.metadata.name);
    let since = look.settings.now_ms.saturating_sub(3_600_000);
    let reasons = ["SystemOOM", "FreeDiskSpaceFailed", "ImageGCFailed"];
    let event = look.events.newest(("Node", "", &node.metadata.name), &reasons, since)?;
    let (code, sentence, remedy) = if &*event.reason == "SystemOOM" {
        let when = look
            .ago(event.seen_ms())
            .and_then(exit::span)
            .map_or_else(|| "just now".to_owned(), |span| format!("{span} ago"));
        let victim =
            event.message.split_once("victim process: ").and_then(|(_, rest)| rest.split(',').next());
        let victim =
            victim.map(|victim| format!("; the process {} was killed", quoted(victim))).unwrap_or_default();
        (
            "node-out-of-memory",
            format!("The memory of the node {name} ran out {when}{victim}."),
            "Set memory limits, or move pods to other nodes.",
        )
    } else {
        (
            "node-disk-not-cleared",
            format!("The node {name} wants to free disk space, but cannot."),
            "Look at what fills the disk beside images: logs, local volumes, other programs.",
        )
    };
    Some(
        Finding::new(code, Severity::Warning, object(node), sentence)
            .evidence(&event.message)
            .remedy(remedy)
            .field("status"),
    )
}

/// Condition; code; how bad; words; next step.
const PRESSURES: &[(&str, &str, Severity, &str, &str)] = &[
    (
        "DiskPressure",
        "node-disk-pressure",
        Severity::Warning,
        "runs out of disk, so that it ends pods and takes no new ones",
        "Free space on that node: crictl rmi --prune removes images that nothing uses; look for large logs and folders.",
    ),
    (
        "MemoryPressure",
        "node-memory-pressure",
        Severity::Warning,
        "runs out of memory, so that it ends pods",
        "Find what uses the memory (kubectl top pods -A), set memory limits, or move pods to other nodes.",
    ),
    (
        "PIDPressure",
        "node-pid-pressure",
        Severity::Warning,
        "runs out of process numbers",
        "Find the pod that starts too many processes.",
    ),
    (
        "NetworkUnavailable",
        "node-network-unavailable",
        Severity::Critical,
        "has no network for its pods",
        "Look at the pods of the network plugin on that node (flannel, Calico, Cilium).",
    ),
];

fn silent(look: &Look<'_>, node: &Node, ready: &Condition) -> Finding {
    let name = quoted(&node.metadata.name);
    let since =
        look.ago(ready.since_ms).and_then(exit::span).map(|span| format!(" for {span}")).unwrap_or_default();
    Finding::new(
        "node-silent",
        Severity::Critical,
        object(node),
        format!("Nobody has heard of the node {name}{since}: it is off, cut off from the network, or its kubelet hangs."),
    )
    .evidence(&evidence(ready))
    .remedy("See whether the machine is on and reachable; then look at its kubelet (journalctl -u k3s, -u k3s-agent or -u kubelet).")
    .field("status.conditions[Ready]")
}

fn not_ready(node: &Node, ready: &Condition) -> Finding {
    let name = quoted(&node.metadata.name);
    let small = ready.message.to_lowercase();
    let (why, remedy) = if small.contains("cni")
        || small.contains("network plugin")
        || small.contains("networkready=false")
    {
        (
            "its network plugin is not ready",
            "Look at the pods of the network plugin on that node (flannel, Calico, Cilium).",
        )
    } else if small.contains("pleg") {
        (
            "its container runtime answers too slowly",
            "Look at the load and the disk of that machine; restart containerd or k3s there.",
        )
    } else if small.contains("container runtime is down")
        || small.contains("runtime service")
        || small.contains("containerd.sock")
    {
        ("its container runtime is down", "Restart containerd or k3s on that machine and look at its log.")
    } else if small.contains("shutting down") || small.contains("shutdown") {
        ("it is shutting down", "It passes when the machine is on again.")
    } else if small.contains("disk") || small.contains("no space") {
        ("its disk is full or broken", "Look at the disk of that machine.")
    } else if small.contains("csinode") {
        ("a storage driver is not registered yet", "Look at the pods of the storage driver on that node.")
    } else {
        (
            "its kubelet reports trouble",
            "Look at the kubelet’s log on that machine (journalctl -u k3s, -u k3s-agent or -u kubelet).",
        )
    };
    Finding::new(
        "node-not-ready",
        Severity::Critical,
        object(node),
        format!("The node {name} is not ready: {why}."),
    )
    .evidence(&evidence(ready))
    .remedy(remedy)
    .field("status.conditions[Ready]")
}

fn cordoned(node: &Node, mut found: Vec<Finding>) -> Vec<Finding> {
    if node.spec.unschedulable {
        let name = &node.metadata.name;
        let sentence = format!("The node {} takes no new pods (cordoned).", quoted(name));
        found.push(
            Finding::new("node-cordoned", Severity::Note, object(node), sentence)
                .remedy(format!("When its maintenance is over: kubectl uncordon {name}"))
                .field("spec.unschedulable"),
        );
    }
    found
}

fn evidence(condition: &Condition) -> String {
    single_line(&format!("{}: {}", condition.reason, condition.message))
}

fn skew(node: &Node, newest: Option<i64>) -> Option<Finding> {
    let version = &node.status.node_info.kubelet_version;
    let (own, newest) = (minor(version)?, newest?);
    let behind = newest.saturating_sub(own);
    if behind < 1 {
        return None;
    }
    let severity = if behind > SKEW_MAX { Severity::Warning } else { Severity::Note };
    let plural = if behind == 1 { "version" } else { "versions" };
    Some(
        Finding::new(
            "node-version-skew",
            severity,
            object(node),
            format!(
                "The node {} runs Kubernetes {version}, {behind} minor {plural} behind the newest node.",
                quoted(&node.metadata.name)
            ),
        )
        .remedy("Upgrade that node; a kubelet may be at most three minor versions older than the API server.")
        .field("status.nodeInfo.kubeletVersion"),
    )
}

/// The minor version of `v1.33.1+k3s1`.
fn minor(version: &str) -> Option<i64> {
    let mut parts = version.strip_prefix('v')?.split('.');
    (parts.next()? == "1").then_some(())?;
    parts.next()?.parse().ok()
}
