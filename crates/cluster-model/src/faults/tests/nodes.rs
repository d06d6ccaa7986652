use super::*;

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": ago(40)})
}

#[expect(clippy::needless_pass_by_value, reason = "the calls read best with a literal")]
fn with(conditions: Value) -> Cluster {
    let mut cluster = Cluster::new();
    cluster.add(Kind::Node, node("node1", "True", json!({"status": {"conditions": conditions}})));
    cluster
}

#[test]
fn node_is_well() {
    let cluster = with_pod(ready());
    assert_eq!(cluster.well(&ThingId::host("node1")), "The node is ready; one pod runs on it.");
    let picture = cluster.picture();
    let facts = &picture.things[&ThingId::host("node1")].facts;
    assert_eq!(facts["version"], crate::Fact::from("v1.33.1+k3s1"));
    assert_eq!(facts["memory_bytes"], crate::Fact::Integer(8 << 30));
    assert_eq!(facts["cpus"], crate::Fact::Integer(4));
    assert_eq!(facts["roles"], crate::Fact::from("control-plane"));
}

#[test]
fn node_silent() {
    let cluster = with(json!([
        condition("Ready", "Unknown", "NodeStatusUnknown", "Kubelet stopped posting node status."),
        condition("MemoryPressure", "Unknown", "NodeStatusUnknown", "")
    ]));
    assert_eq!(
        said(&cluster.only(&ThingId::host("node1"))),
        (
            "node-silent",
            Severity::Critical,
            "Nobody has heard of the node “node1” for 40 minutes: it is off, cut off from the network, or its kubelet hangs."
        )
    );
}

#[test]
fn node_not_ready() {
    let text = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized";
    let cluster = with(json!([condition("Ready", "False", "KubeletNotReady", text)]));
    assert_eq!(
        said(&cluster.only(&ThingId::host("node1"))),
        (
            "node-not-ready",
            Severity::Critical,
            "The node “node1” is not ready: its network plugin is not ready."
        )
    );
}

#[test]
fn node_under_pressure() {
    for (kind, code, part) in [
        ("DiskPressure", "node-disk-pressure", "runs out of disk"),
        ("MemoryPressure", "node-memory-pressure", "runs out of memory"),
        ("PIDPressure", "node-pid-pressure", "runs out of process numbers"),
        ("NetworkUnavailable", "node-network-unavailable", "has no network for its pods"),
    ] {
        let cluster = with(json!([
            condition("Ready", "True", "KubeletReady", ""),
            condition(kind, "True", "Kubelet", "it is so")
        ]));
        let finding = cluster.only(&ThingId::host("node1"));
        assert_eq!(finding.code, code);
        assert!(finding.sentence.contains(part), "{}", finding.sentence);
    }
}

#[test]
fn node_cordoned_is_a_note() {
    let mut cluster = Cluster::new();
    cluster.add(Kind::Node, node("node1", "True", json!({"spec": {"unschedulable": true}})));
    assert_eq!(
        said(&cluster.only(&ThingId::host("node1"))),
        ("node-cordoned", Severity::Note, "The node “node1” takes no new pods (cordoned).")
    );
}

#[test]
fn node_versions_apart() {
    let mut cluster = Cluster::new();
    cluster.add(
        Kind::Node,
        node("old", "True", json!({"status": {"nodeInfo": {"kubeletVersion": "v1.31.4+k3s1"}}})),
    );
    assert_eq!(
        said(&cluster.only(&ThingId::host("old"))),
        (
            "node-version-skew",
            Severity::Note,
            "The node “old” runs Kubernetes v1.31.4+k3s1, 2 minor versions behind the newest node."
        )
    );
}

#[test]
fn node_out_of_memory() {
    let mut cluster = Cluster::new();
    cluster.add(Kind::Event, json!({"metadata": {"name": "node1.x", "namespace": "default"}, "type": "Warning", "reason": "SystemOOM", "lastTimestamp": ago(5),
        "message": "System OOM encountered, victim process: java, pid: 4711", "involvedObject": {"kind": "Node", "name": "node1"}}));
    assert_eq!(
        said(&cluster.only(&ThingId::host("node1"))),
        (
            "node-out-of-memory",
            Severity::Warning,
            "The memory of the node “node1” ran out 5 minutes ago; the process “java” was killed."
        )
    );
}
