//! Each fault by name, on objects as the API gives them, with the sentence that a person reads.

mod certificates;
mod cron;
mod images;
mod nodes;
mod pods;
mod rollouts;
mod volumes;

use crate::objects::Key;
use crate::{Finding, Kind, Objects, Picture, Settings, Severity, ThingId};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Now, in all tests: noon.
const NOW: &str = "2026-08-01T12:00:00Z";

/// A cluster under test.
struct Cluster {
    objects: Objects,
    settings: Settings,
}

/// Milliseconds since 1970.
fn ms(time: &str) -> i64 {
    time.parse::<Timestamp>().unwrap().as_millisecond()
}

/// A time so many minutes before now.
fn ago(minutes: i64) -> String {
    Timestamp::from_millisecond(ms(NOW) - minutes * 60_000).unwrap().to_string()
}

impl Cluster {
    fn new() -> Self {
        let settings = Settings { now_ms: ms(NOW), ..Settings::default() };
        let mut cluster = Self { objects: Objects::default(), settings };
        cluster.add(Kind::Node, node("node1", "True", json!({})));
        cluster
    }

    fn add(&mut self, kind: Kind, object: Value) -> &mut Self {
        self.objects.apply(kind, object).unwrap();
        self
    }

    fn remove(&mut self, kind: Kind, namespace: &str, name: &str) {
        self.objects.remove(kind, &Key::new(namespace, name));
    }

    fn picture(&self) -> Picture {
        let mut picture = Picture::default();
        super::examine(&self.objects, &self.settings, &mut picture);
        picture
    }

    fn findings(&self, id: &ThingId) -> Vec<Finding> {
        self.picture().things.get(id).map(|thing| thing.findings.clone()).unwrap_or_default()
    }

    /// The one finding of a thing.
    fn only(&self, id: &ThingId) -> Finding {
        let findings = self.findings(id);
        let [finding] = findings.as_slice() else { panic!("{id}: {findings:#?}") };
        finding.clone()
    }

    /// The one finding of `Deployment media/app`.
    fn app(&self) -> Finding {
        self.only(&app())
    }

    fn well(&self, id: &ThingId) -> String {
        let picture = self.picture();
        let thing = picture.things.get(id).unwrap_or_else(|| panic!("no {id}"));
        assert!(thing.judged, "{id} is not judged");
        assert_eq!(thing.findings, [], "{id}");
        thing.well.clone()
    }
}

fn app() -> ThingId {
    ThingId::workload("media", "Deployment", "app")
}

fn node(name: &str, ready: &str, more: Value) -> Value {
    let mut node = json!({
        "metadata": {"name": name, "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {"node-role.kubernetes.io/control-plane": "true"}},
        "status": {
            "conditions": [{"type": "Ready", "status": ready, "reason": "KubeletReady", "message": "kubelet is posting ready status", "lastTransitionTime": ago(30)}],
            "nodeInfo": {"kubeletVersion": "v1.33.1+k3s1", "osImage": "Debian GNU/Linux 13 (trixie)", "architecture": "arm64", "operatingSystem": "linux"},
            "capacity": {"cpu": "4", "memory": "8Gi", "pods": "110"},
            "addresses": [{"type": "InternalIP", "address": "192.168.1.10"}],
        },
    });
    merge(&mut node, more);
    node
}

/// A Deployment `media/app` with so many pods, whose newest roll-out is `app-new`.
fn deployment(replicas: i64) -> Value {
    json!({
        "metadata": {"name": "app", "namespace": "media", "creationTimestamp": ago(600), "generation": 2,
            "annotations": {"deployment.kubernetes.io/revision": "2"}},
        "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "app"}}, "template": {
            "metadata": {"labels": {"app": "app"}},
            "spec": {"containers": [{"name": "app", "image": "ghcr.io/owner/app:1.2",
                "resources": {"limits": {"memory": "512Mi", "cpu": 1}}}]}}},
        "status": {"observedGeneration": 2},
    })
}

fn replica_set(name: &str, revision: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "media", "creationTimestamp": ago(60),
        "annotations": {"deployment.kubernetes.io/revision": revision},
        "ownerReferences": [{"kind": "Deployment", "name": "app", "controller": true}]}})
}

/// A pod of `Deployment media/app` with one container, of the roll-out `set`.
fn pod(name: &str, set: &str, status: Value) -> Value {
    let mut pod = json!({
        "metadata": {"name": name, "namespace": "media", "uid": format!("uid-{name}"), "creationTimestamp": ago(30),
            "labels": {"app": "app"}, "ownerReferences": [{"kind": "ReplicaSet", "name": set, "controller": true}]},
        "spec": {"nodeName": "node1", "imagePullSecrets": [{"name": "ghcr"}], "containers": [{"name": "app", "image": "ghcr.io/owner/app:1.2",
            "resources": {"limits": {"memory": "512Mi"}},
            "readinessProbe": {"httpGet": {"path": "/health", "port": 8080}}}]},
        "status": {"phase": "Pending", "startTime": ago(30), "conditions": [
            {"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": "False", "lastTransitionTime": ago(30)}]},
    });
    merge(&mut pod["status"], status);
    pod
}

/// The status of a pod whose container waits.
fn waiting(reason: &str, message: &str) -> Value {
    json!({"containerStatuses": [{"name": "app", "image": "ghcr.io/owner/app:1.2", "state": {"waiting": {"reason": reason, "message": message}}}]})
}

/// The status of a pod whose container crashes.
#[expect(clippy::needless_pass_by_value, reason = "the calls read best with a literal")]
fn crashing(restarts: i64, terminated: Value) -> Value {
    json!({"phase": "Running", "containerStatuses": [{"name": "app", "restartCount": restarts,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 5m0s restarting failed container=app"}},
        "lastState": {"terminated": terminated}}]})
}

/// The status of a pod that serves.
fn ready() -> Value {
    json!({"phase": "Running",
        "conditions": [{"type": "PodScheduled", "status": "True"}, {"type": "Ready", "status": "True", "lastTransitionTime": ago(20)}],
        "containerStatuses": [{"name": "app", "ready": true, "started": true, "restartCount": 0,
            "imageID": "ghcr.io/owner/app@sha256:1111", "state": {"running": {"startedAt": ago(25)}}}]})
}

/// A warning about a pod.
fn event(kind: &str, name: &str, reason: &str, message: &str) -> Value {
    json!({"metadata": {"name": format!("{name}.{reason}"), "namespace": "media"}, "type": "Warning", "reason": reason, "message": message,
        "involvedObject": {"kind": kind, "namespace": "media", "name": name}, "lastTimestamp": ago(2), "count": 7})
}

/// Puts the fields of one object over those of another.
fn merge(into: &mut Value, over: Value) {
    match (into, over) {
        (Value::Object(into), Value::Object(over)) => {
            for (name, value) in over {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (into, over) => *into = over,
    }
}

/// A Deployment with one pod of that status.
fn with_pod(status: Value) -> Cluster {
    let mut cluster = Cluster::new();
    cluster
        .add(Kind::Deployment, deployment(1))
        .add(Kind::ReplicaSet, replica_set("app-new", "2"))
        .add(Kind::Pod, pod("app-new-1", "app-new", status));
    cluster
}

/// What a finding says, in the order in which it is compared.
fn said(finding: &Finding) -> (&'static str, Severity, &str) {
    (finding.code, finding.severity, &finding.sentence)
}

#[test]
fn absurd_objects_do_no_harm() {
    let mut cluster = Cluster::new();
    for kind in Kind::ALL {
        for (index, object) in [
            json!({"metadata": {"name": "a", "namespace": "x"}, "spec": 7, "status": "no"}),
            json!({"metadata": {"name": "b", "namespace": "x", "creationTimestamp": "2290-01-01T00:00:00Z", "ownerReferences": [{"kind": "Pod", "name": "b"}]},
                "spec": {"schedule": "x", "replicas": -5, "containers": [{}], "nodeName": "nowhere", "timeZone": "Mars/Olympus"},
                "status": {"phase": "Pending", "conditions": [{"type": "Ready", "status": "Unknown"}], "containerStatuses": [{"state": {"waiting": {"reason": "CrashLoopBackOff"}}}],
                    "notAfter": "0001-01-01T00:00:00Z", "renewalTime": "9999-12-31T23:59:59Z"}}),
        ].into_iter().enumerate() {
            let result = cluster.objects.apply(*kind, object);
            assert!(result.is_ok() || index == 0, "{kind:?}: {result:?}");
        }
    }
    let picture = cluster.picture();
    assert_eq!(picture, cluster.picture());
}

#[test]
fn the_order_of_objects_does_not_matter() {
    let objects = [
        (Kind::Deployment, deployment(2)),
        (Kind::ReplicaSet, replica_set("app-new", "2")),
        (Kind::ReplicaSet, replica_set("app-old", "1")),
        (Kind::Pod, pod("app-new-1", "app-new", waiting("ErrImagePull", "manifest unknown"))),
        (Kind::Pod, pod("app-old-1", "app-old", ready())),
        (Kind::Event, event("Pod", "app-new-1", "Failed", "Failed to pull image \"x\": denied: denied")),
    ];
    let mut forth = Cluster::new();
    let mut back = Cluster::new();
    for (kind, object) in objects.iter().cloned() {
        forth.add(kind, object);
    }
    for (kind, object) in objects.iter().rev().cloned() {
        back.add(kind, object);
    }
    assert_eq!(forth.picture(), back.picture());
}
