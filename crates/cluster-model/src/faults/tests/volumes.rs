use super::*;
use crate::settings::Usage;

fn id() -> ThingId {
    ThingId::volume("media", "data")
}

fn claim(phase: &str, more: Value) -> Value {
    let mut claim = json!({"metadata": {"name": "data", "namespace": "media", "creationTimestamp": ago(60)},
        "spec": {"storageClassName": "longhorn", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}},
        "status": {"phase": phase}});
    merge(&mut claim, more);
    claim
}

fn used_by_pod(cluster: &mut Cluster) {
    let mut pod = pod("app-new-1", "app-new", json!({}));
    pod["spec"]["volumes"] = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]);
    cluster.add(Kind::Pod, pod);
}

#[test]
fn claim_pending_and_why() {
    for (more, text, code, severity, sentence) in [
        (
            json!({}),
            Some(r#"storageclass.storage.k8s.io "longhorn" not found"#),
            "claim-class-missing",
            Severity::Critical,
            "It has been waiting for a volume for 60 minutes: the storage class “longhorn” does not exist.",
        ),
        (
            json!({}),
            Some(
                "failed to provision volume with StorageClass \"longhorn\": rpc error: code = ResourceExhausted desc = not enough space",
            ),
            "claim-no-space",
            Severity::Critical,
            "It has been waiting for a volume for 60 minutes: the storage has too little space left.",
        ),
        (
            json!({"spec": {"storageClassName": null}}),
            None,
            "claim-no-class",
            Severity::Critical,
            "It has been waiting for a volume for 60 minutes: it names no storage class, and the cluster has no default one.",
        ),
        (
            json!({"spec": {"volumeName": "pv-nas"}}),
            None,
            "claim-volume-missing",
            Severity::Critical,
            "It has been waiting for a volume for 60 minutes: the volume “pv-nas” that it names does not exist.",
        ),
        (
            json!({}),
            None,
            "claim-not-provisioned",
            Severity::Critical,
            "It has been waiting for a volume for 60 minutes: the provisioner of the storage class “longhorn” makes none.",
        ),
    ] {
        let mut cluster = Cluster::new();
        used_by_pod(&mut cluster);
        cluster.add(Kind::PersistentVolumeClaim, claim("Pending", more));
        if let Some(text) = text {
            cluster.add(Kind::Event, event("PersistentVolumeClaim", "data", "ProvisioningFailed", text));
        }
        assert_eq!(said(&cluster.only(&id())), (code, severity, sentence));
    }
}

#[test]
fn claim_that_nothing_uses_is_a_note_and_a_young_one_nothing() {
    let mut cluster = Cluster::new();
    cluster.add(Kind::PersistentVolumeClaim, claim("Pending", json!({})));
    assert_eq!((cluster.only(&id()).code, cluster.only(&id()).severity), ("claim-unused", Severity::Note));
    cluster.add(
        Kind::PersistentVolumeClaim,
        claim("Pending", json!({"metadata": {"creationTimestamp": ago(2)}})),
    );
    assert_eq!(cluster.well(&id()), "It waits for its volume.");
}

#[test]
fn claim_lost() {
    let mut cluster = Cluster::new();
    cluster.add(Kind::PersistentVolumeClaim, claim("Lost", json!({"spec": {"volumeName": "pv-1"}})));
    assert_eq!(
        said(&cluster.only(&id())),
        (
            "volume-lost",
            Severity::Critical,
            "Its volume “pv-1” is gone, and what was on it with it unless there is a backup."
        )
    );
}

#[test]
fn volume_released_keeps_the_data_of_a_deleted_claim() {
    let mut cluster = Cluster::new();
    let volume = json!({"metadata": {"name": "pv-1"}, "spec": {"capacity": {"storage": "10Gi"}, "claimRef": {"namespace": "media", "name": "data"}, "hostPath": {"path": "/srv/data"}}, "status": {"phase": "Released"}});
    cluster.add(Kind::PersistentVolume, volume);
    let own = ThingId::new(crate::ThingKind::Volume, "pv-1");
    assert_eq!(
        said(&cluster.only(&own)),
        (
            "volume-released",
            Severity::Note,
            "The volume “pv-1” still holds the data of the deleted claim “media/data”."
        )
    );
    used_by_pod(&mut cluster);
    cluster.add(Kind::PersistentVolumeClaim, claim("Pending", json!({})));
    assert_eq!(cluster.only(&id()).code, "claim-volume-released");
}

fn filled(used_gib: i64, growing: bool) -> Cluster {
    let mut cluster = Cluster::new();
    cluster.add(Kind::PersistentVolumeClaim, claim("Bound", json!({"spec": {"volumeName": "pv-1"}})));
    cluster.add(Kind::PersistentVolume, json!({"metadata": {"name": "pv-1"}, "spec": {"csi": {"driver": "driver.longhorn.io"}}, "status": {"phase": "Bound"}}));
    let hour = 3_600_000;
    let gib = 1_i64 << 30;
    let earlier = (1..=48)
        .rev()
        .map(|hours| (ms(NOW) - hours * hour, (used_gib - if growing { hours } else { 0 }) * gib))
        .collect();
    let usage = Usage {
        measured_ms: ms(NOW),
        used_bytes: used_gib * gib,
        capacity_bytes: 100 * gib,
        earlier,
        ..Usage::default()
    };
    cluster.settings.usage.insert(Key::new("media", "data"), usage);
    cluster
}

#[test]
fn volume_filling() {
    assert_eq!(filled(50, false).well(&id()), "50 % of 100 GiB are free.");
    assert_eq!(
        said(&filled(90, false).only(&id())),
        ("volume-filling", Severity::Warning, "It is getting full: 10 GiB (10 %) are free.")
    );
    assert_eq!(
        said(&filled(98, false).only(&id())),
        ("volume-full", Severity::Critical, "It is as good as full: 2 GiB (2 %) are free.")
    );
}

#[test]
fn volume_full_within_four_days() {
    assert_eq!(
        said(&filled(60, true).only(&id())),
        (
            "volume-full-soon",
            Severity::Critical,
            "At its present pace it is full in about 40 hours: 40 GiB (40 %) are free."
        )
    );
}

#[test]
fn inodes_run_out() {
    let mut cluster = filled(10, false);
    let usage = cluster.settings.usage.get_mut(&Key::new("media", "data")).unwrap();
    (usage.inodes, usage.inodes_used) = (1000, 980);
    assert_eq!(
        said(&cluster.only(&id())),
        ("volume-inodes", Severity::Critical, "It can hold only few more files: 2 % of its inodes are free.")
    );
}

#[test]
fn what_cannot_be_measured_is_said_so() {
    for (source, part) in [
        (json!({"hostPath": {"path": "/opt/local-path-provisioner/x"}}), "folder on the disk of a node"),
        (json!({"nfs": {"server": "nas", "path": "/media"}}), "part of an NFS share"),
    ] {
        let mut cluster = filled(99, false);
        cluster.remove(Kind::PersistentVolume, "", "pv-1");
        cluster.add(
            Kind::PersistentVolume,
            json!({"metadata": {"name": "pv-1"}, "spec": source, "status": {"phase": "Bound"}}),
        );
        assert_eq!(cluster.well(&id()), "It has its volume.");
        let picture = cluster.picture();
        let crate::Fact::Text(why) = &picture.things[&id()].facts["not_measurable"] else { panic!() };
        assert!(why.contains(part), "{why}");
    }
}

#[test]
fn a_claim_that_waits_for_the_node_of_its_pod_is_not_where_the_fault_is() {
    let mut cluster = Cluster::new();
    let mut waiting = pod("app-new-1", "app-new", json!({}));
    waiting["spec"]["volumes"] = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]);
    waiting["spec"]["nodeName"] = json!("");
    cluster.add(Kind::Pod, waiting).add(Kind::PersistentVolumeClaim, claim("Pending", json!({})));
    let finding = cluster.only(&id());
    assert_eq!(
        said(&finding),
        (
            "claim-waits-for-pod",
            Severity::Note,
            "It has been waiting for a volume for 60 minutes: its pod has no node yet, and the storage class “longhorn” waits for that."
        )
    );
    // A class that waits for nothing has asked its provisioner.
    let asked = json!({"metadata": {"annotations": {"volume.kubernetes.io/storage-provisioner": "driver.longhorn.io"}}});
    cluster.add(Kind::PersistentVolumeClaim, claim("Pending", asked));
    assert_eq!(
        (cluster.only(&id()).code, cluster.only(&id()).severity),
        ("claim-not-provisioned", Severity::Critical)
    );
}
