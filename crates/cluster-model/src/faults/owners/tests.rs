use super::*;
use crate::Kind;
use serde_json::json;

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

fn pod(name: &str, owner: Option<(&str, &str)>, labels: &serde_json::Value) -> serde_json::Value {
    let owners = owner.map(|(kind, name)| json!([{"kind": kind, "name": name, "controller": true}]));
    json!({"metadata": {"name": name, "namespace": "media", "labels": labels, "ownerReferences": owners}})
}

fn objects() -> Objects {
    let mut objects = Objects::default();
    let mut add = |kind, object| objects.apply(kind, object).unwrap();
    add(
        Kind::Pod,
        pod(
            "jellyfin-6f8-abc",
            Some(("ReplicaSet", "jellyfin-6f8")),
            &json!({"app": "jellyfin", "pod-template-hash": "6f8"}),
        ),
    );
    add(Kind::Pod, pod("backup-123-x", Some(("Job", "backup-123")), &json!({"app": "backup"})));
    add(Kind::Pod, pod("once", Some(("Job", "once")), &json!({"app": "once"})));
    add(Kind::Pod, pod("bare", None, &json!({"app": "bare"})));
    add(Kind::Pod, pod("etcd-node1", Some(("Node", "node1")), &json!({"tier": "control-plane"})));
    add(
        Kind::ReplicaSet,
        json!({"metadata": {"name": "jellyfin-6f8", "namespace": "media",
        "ownerReferences": [{"kind": "Deployment", "name": "jellyfin", "controller": true}]}}),
    );
    add(
        Kind::Job,
        json!({"metadata": {"name": "backup-123", "namespace": "media",
        "ownerReferences": [{"kind": "CronJob", "name": "backup", "controller": true}]}}),
    );
    add(
        Kind::Deployment,
        json!({"metadata": {"name": "off", "namespace": "media"},
        "spec": {"replicas": 0, "template": {"metadata": {"labels": {"app": "off"}}}}}),
    );
    objects
}

fn owner(objects: &Objects, name: &str) -> String {
    owner_of(objects, objects.pods.get("media", name).unwrap()).to_string()
}

#[test]
fn a_pod_belongs_to_the_one_at_the_top() {
    let objects = objects();
    assert_eq!(owner(&objects, "jellyfin-6f8-abc"), "Deployment media/jellyfin");
    assert_eq!(owner(&objects, "backup-123-x"), "CronJob media/backup");
    assert_eq!(owner(&objects, "once"), "Job media/once");
    assert_eq!(owner(&objects, "bare"), "Pod media/bare");
    assert_eq!(owner(&objects, "etcd-node1"), "Pod media/etcd-node1", "a mirror of a pod of a node");
}

#[test]
fn a_replica_set_that_cannot_be_read_is_known_by_its_name() {
    let mut objects = objects();
    objects.remove(Kind::ReplicaSet, &crate::objects::Key::new("media", "jellyfin-6f8"));
    assert_eq!(owner(&objects, "jellyfin-6f8-abc"), "Deployment media/jellyfin");
}

#[test]
fn a_selector_means_workloads_even_those_without_pods() {
    let objects = objects();
    let owners = Owners::of(&objects);
    for (selector, expected) in [
        (labels(&[("app", "jellyfin")]), vec!["workload/media/deployment/jellyfin"]),
        (labels(&[("app", "off")]), vec!["workload/media/deployment/off"]),
        (labels(&[("app", "jellyfin"), ("tier", "web")]), vec![]),
        (labels(&[]), vec![]),
    ] {
        let found = owners.workloads_behind("media", &selector);
        assert_eq!(found.iter().map(ToString::to_string).collect::<Vec<_>>(), expected, "{selector:?}");
        assert_eq!(found, workloads_behind(&objects, "media", &selector), "{selector:?}");
    }
    assert!(owners.workloads_behind("books", &labels(&[("app", "jellyfin")])).is_empty());
}
