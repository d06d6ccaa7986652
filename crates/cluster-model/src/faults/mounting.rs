//! Why a pod that has a node is not made: its volumes cannot be mounted, or its network cannot be set up.
//!
//! Sources: events `FailedMount`, `FailedAttachVolume` and `FailedCreatePodSandBox` of the kubelet and of the controller
//! that attaches volumes, as people quote them.

use container_faults::{Fault, Severity, cut, quoted, single_line, without_queries};

/// Reasons of events that tell why a pod cannot be made.
pub(super) const REASONS: &[&str] = &[
    "FailedMount",
    "FailedAttachVolume",
    "FailedMapVolume",
    "FailedCreatePodSandBox",
    "FailedPodSandBoxStatus",
    "NetworkNotReady",
    "FailedCreatePodContainer",
];

/// All texts of one of the groups; code; why, with the volume’s name for `{}`; next step.
type Row = (&'static [&'static [&'static str]], &'static str, &'static str, &'static str);

/// The first row that fits counts.
const VOLUMES: &[Row] = &[
    (
        &[&["multi-attach"]],
        "mount-multi-attach",
        "its volume{} is still attached to another node",
        "It passes within minutes when the other node lets go. A volume for one node (ReadWriteOnce) allows one pod at a time: use the strategy Recreate. If the other node is off, delete its pod by force.",
    ),
    (
        &[&["nfs", "access denied"]],
        "mount-nfs-denied",
        "the NFS server refuses the share to its node",
        "Allow the node in the server’s exports, and check the path of the share.",
    ),
    (
        &[&["nfs", "bad option"], &["nfs", "helper program"]],
        "mount-nfs-tools",
        "its node cannot mount NFS",
        "Install nfs-common (Debian) or nfs-utils on that node.",
    ),
    (
        &[&["mount.nfs", "no such file"]],
        "mount-nfs-path",
        "the NFS server has no such share",
        "Check the path of the share.",
    ),
    (
        &[&["mount.nfs"], &["nfs", "mount failed"]],
        "mount-nfs",
        "the NFS server does not answer its node",
        "See whether the NAS is on and NFS runs there; check name and firewall.",
    ),
    (
        &[&["wrong fs type"], &["bad superblock"], &["structure needs cleaning"], &["fsck found errors"]],
        "mount-file-system",
        "the file system of its volume{} is damaged or of another type",
        "Check the disk, and repair the file system (fsck) while nothing mounts it.",
    ),
    (
        &[&["not found in the list of registered csi drivers"]],
        "mount-driver-missing",
        "the storage driver does not run on its node",
        "Look at the pods of the storage driver on that node.",
    ),
    (
        &[&["hostpath type check failed"], &["no such file or directory"], &["does not exist"]],
        "mount-path-missing",
        "the path of its volume{} is not on the node",
        "Make the path on the node, or let the pod run on the node that has it.",
    ),
    (
        &[&["input/output error"]],
        "mount-io-error",
        "the disk of its volume{} reports errors",
        "Check the disk (smartctl, dmesg).",
    ),
    (
        &[&["timed out"], &["deadline exceeded"]],
        "mount-timeout",
        "its volume{} could not be mounted in time",
        "Look at earlier events of the pod, at the storage driver, and at whether the server of the volume is on.",
    ),
];

/// As above, for the network of a pod; the last row fits always.
const NETWORK: &[Row] = &[
    (
        &[&["no available ip"], &["no ip addresses available"], &["failed to allocate for range"]],
        "sandbox-addresses",
        "its node has no address left for pods",
        "Remove leftovers of old pods (in /var/lib/cni/networks), or give the nodes larger ranges.",
    ),
    (
        &[&[]],
        "sandbox-failed",
        "its network cannot be set up on its node",
        "Look at the pods of the network plugin on that node (flannel, Calico, Cilium).",
    ),
];

/// Whether it is said of many pods in their first moments and passes by itself.
pub(super) fn passes(message: &str) -> bool {
    ["failed to sync", "not registered", "Multi-Attach"].iter().any(|sign| message.contains(sign))
}

/// What an event means for the pod it is about.
pub(super) fn classify(pod: &str, reason: &str, message: &str) -> Fault {
    let small = message.to_lowercase();
    if let Some(fault) = missing(pod, message, &small) {
        return fault;
    }
    let network = matches!(reason, "FailedCreatePodSandBox" | "NetworkNotReady" | "FailedPodSandBoxStatus");
    let table = if network { NETWORK } else { VOLUMES };
    let volume =
        named(message, "for volume \"").map(|volume| format!(" {}", quoted(volume))).unwrap_or_default();
    let row =
        table.iter().find(|(signs, ..)| signs.iter().any(|all| all.iter().all(|sign| small.contains(sign))));
    match row {
        Some((_, code, why, remedy)) => fault(code, pod, &why.replace("{}", &volume), remedy),
        None => {
            let said = cut(&single_line(&without_queries(message)), 200);
            fault(
                "mount-failed",
                pod,
                &format!("its volume{volume} cannot be mounted: {}", said.trim_end_matches('.')),
                "",
            )
        }
    }
}

fn fault(code: &'static str, pod: &str, why: &str, remedy: &str) -> Fault {
    Fault {
        code,
        severity: Severity::Critical,
        sentence: format!("The pod {} cannot start: {why}.", quoted(pod)),
        remedy: (!remedy.is_empty()).then(|| remedy.to_owned()),
    }
}

/// That a secret or a map that it mounts, or a key of one, is not there.
fn missing(pod: &str, message: &str, small: &str) -> Option<Fault> {
    for (words, kind, code) in [
        ("secret \"", "Secret", "mount-secret-missing"),
        ("configmap \"", "ConfigMap", "mount-config-map-missing"),
    ] {
        if let Some(object) = named(message, words).filter(|_| small.contains("not found")) {
            return Some(fault(
                code,
                pod,
                &format!("the {kind} {} that it mounts does not exist in its namespace", quoted(object)),
                "Make it in the same namespace, or correct its name under volumes in the manifest. Where a tool makes it (External Secrets, Sealed Secrets, SOPS), look at that tool’s object.",
            ));
        }
    }
    let key = small.contains("references non-existent secret key")
        || small.contains("references non-existent config key");
    key.then(|| {
        let key = message.rsplit("key: ").next().unwrap_or_default();
        let why = format!("what it mounts has no key {}", quoted(key));
        fault("mount-key-missing", pod, &why, "Add the key, or correct items of the volume in the manifest.")
    })
}

/// What stands between quotation marks after some words.
fn named<'a>(text: &'a str, before: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    rest.split_once('"').map(|(name, _)| name)
}
