//! Claims and volumes: bound or not and why, how full, and when they will be.

use super::{Look, quantity};
use crate::objects::{Condition, PersistentVolume, PersistentVolumeClaim};
use crate::settings::Usage;
use crate::{Finding, Kind, ObjectRef, Picture, Severity, Thing, ThingId, ThingKind};
use container_faults::{cut, exit, quoted, single_line};
use std::collections::{BTreeMap, BTreeSet};

mod forecast;

/// How long a claim may wait, in milliseconds.
const PENDING_MS: i64 = 5 * 60_000;

/// For how long a measurement counts, in milliseconds.
const MEASURED_MS: i64 = 60 * 60_000;

/// Free space below which it is soon full, and below which it is as good as full, in per cent.
const FREE_WARNING: i64 = 15;
const FREE_CRITICAL: i64 = 3;

/// Adds claims, and volumes without one, to the picture.
pub(super) fn examine(look: &Look<'_>, picture: &mut Picture) {
    let mut users: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for pod in look.objects.pods.iter().filter(|pod| !matches!(&*pod.status.phase, "Succeeded" | "Failed")) {
        for claim in &pod.spec.claims {
            users.entry((&*pod.metadata.namespace, &**claim)).or_default().insert(&*pod.spec.node_name);
        }
    }
    for claim in look.objects.claims.iter() {
        let meta = &claim.metadata;
        let nodes = users.get(&(&*meta.namespace, &*meta.name));
        put(look, claim, nodes, picture);
    }
    for volume in look.objects.volumes.iter() {
        if let Some(finding) = left_over(look, volume) {
            let thing = picture.thing(ThingId::new(ThingKind::Volume, &*volume.metadata.name));
            thing.title = volume.metadata.name.to_string();
            thing.objects.insert(finding.object.clone());
            of_volume(volume, thing);
            thing.find(finding);
        }
    }
}

fn put(
    look: &Look<'_>,
    claim: &PersistentVolumeClaim,
    nodes: Option<&BTreeSet<&str>>,
    picture: &mut Picture,
) {
    let meta = &claim.metadata;
    let thing = picture.thing(ThingId::volume(&meta.namespace, &meta.name));
    thing.title = meta.name.to_string();
    thing.judged = true;
    thing.well = "It has its volume.".to_owned();
    thing.objects.insert(object(claim));
    thing.fact("namespace", meta.namespace.to_string());
    let size = quantity::of(&claim.status.capacity, "storage")
        .or_else(|| quantity::of(&claim.spec.resources.requests, "storage"));
    if let Some(size) = size {
        thing.fact("size_bytes", size);
    }
    if let Some(class) = claim.spec.storage_class_name.as_deref().filter(|class| !class.is_empty()) {
        thing.fact("storage_class", cut(class, 80));
    }
    thing.fact("access", cut(&claim.spec.access_modes.join(", "), 80));
    let volume = look.objects.volumes.get("", &claim.spec.volume_name);
    let unmeasurable = volume.and_then(|volume| of_volume(volume, thing));
    match &*claim.status.phase {
        "Lost" => {
            thing.find(lost(claim));
        }
        "Pending" => {
            thing.well = "It waits for its volume.".to_owned();
            if let Some(finding) = pending(look, claim, nodes) {
                thing.find(finding);
            }
        }
        _ => match unmeasurable {
            Some(why) => {
                thing.fact("not_measurable", why);
            }
            None => filling(look, claim, thing),
        },
    }
    if let Some(condition) = Condition::find(&claim.status.conditions, "FileSystemResizePending")
        .filter(|condition| condition.is_true())
    {
        let sentence = "It was made larger, but its pod sees that only after it is started anew.";
        thing.find(
            Finding::new("volume-resize-pending", Severity::Note, object(claim), sentence)
                .evidence(&condition.message)
                .field("status.conditions[FileSystemResizePending]"),
        );
    }
}

fn object(claim: &PersistentVolumeClaim) -> ObjectRef {
    ObjectRef::new("PersistentVolumeClaim", &claim.metadata.namespace, &claim.metadata.name)
}

/// Sets where it lies. Gives back why it cannot be measured, where that is so.
fn of_volume(volume: &PersistentVolume, thing: &mut Thing) -> Option<&'static str> {
    let spec = &volume.spec;
    thing.fact("volume", volume.metadata.name.to_string());
    if let Some(path) = &spec.host_path {
        thing.fact("place", format!("folder {}", cut(&path.path, 200)));
        return Some(
            "It is a folder on the disk of a node; how much of that disk is its own cannot be measured.",
        );
    }
    if let Some(share) = &spec.nfs {
        thing.fact("place", format!("NFS {}:{}", cut(&share.server, 80), cut(&share.path, 200)));
        return Some("It is a part of an NFS share; only the whole share can be measured, at its server.");
    }
    if let Some(path) = &spec.local {
        thing.fact("place", format!("disk of a node, {}", cut(&path.path, 200)));
    } else if let Some(driver) = &spec.csi {
        thing.fact("place", format!("driver {}", cut(&driver.driver, 80)));
    }
    None
}

fn lost(claim: &PersistentVolumeClaim) -> Finding {
    let sentence = format!(
        "Its volume {} is gone, and what was on it with it unless there is a backup.",
        quoted(&claim.spec.volume_name)
    );
    Finding::new("volume-lost", Severity::Critical, object(claim), sentence)
        .remedy("Restore the data from a backup onto a new claim; if the volume was only deleted in Kubernetes, make a PersistentVolume of the same name for it.")
        .field("status.phase")
}

fn pending(
    look: &Look<'_>,
    claim: &PersistentVolumeClaim,
    nodes: Option<&BTreeSet<&str>>,
) -> Option<Finding> {
    let age = look.ago(claim.metadata.created_ms)?;
    if age < PENDING_MS {
        return None;
    }
    let span = exit::span(age).unwrap_or_default();
    let (code, why, remedy, evidence) = why_pending(look, claim, nodes);
    let severity = match (code, nodes) {
        // Why the pod has no node is told there.
        ("claim-unused" | "claim-waits-for-pod", _) => Severity::Note,
        (_, Some(_)) => Severity::Critical,
        (_, None) => Severity::Warning,
    };
    let sentence = format!("It has been waiting for a volume for {span}: {why}.");
    Some(
        Finding::new(code, severity, object(claim), sentence)
            .evidence(&evidence)
            .remedy(remedy)
            .field("status.phase"),
    )
}

type Why = (&'static str, String, &'static str, String);

fn why_pending(look: &Look<'_>, claim: &PersistentVolumeClaim, nodes: Option<&BTreeSet<&str>>) -> Why {
    let meta = &claim.metadata;
    let class = claim.spec.storage_class_name.as_deref();
    if let Some(volume) = released_for(look, claim) {
        return (
            "claim-volume-released",
            format!(
                "the volume {} that it had before is there, but still belongs to the deleted claim",
                quoted(&volume.metadata.name)
            ),
            "To give it back with its data, remove spec.claimRef from the volume and name it under volumeName of the claim.",
            String::new(),
        );
    }
    let wanted = &*claim.spec.volume_name;
    if !wanted.is_empty()
        && look.objects.volumes.get("", wanted).is_none()
        && !look.settings.unread.contains(&Kind::PersistentVolume)
    {
        let why = format!("the volume {} that it names does not exist", quoted(wanted));
        return ("claim-volume-missing", why, "Make that volume, or leave volumeName out.", String::new());
    }
    let of = ("PersistentVolumeClaim", &*meta.namespace, &*meta.name);
    if let Some(event) = look.events.newest(
        of,
        &["ProvisioningFailed", "FailedBinding", "VolumeMismatch", "ProvisioningCleanupFailed"],
        i64::MIN,
    ) {
        let (code, why, remedy) = from_event(&event.message);
        return (code, why, remedy, event.message.to_string());
    }
    match (class, nodes) {
        (None, _) => (
            "claim-no-class",
            "it names no storage class, and the cluster has no default one".to_owned(),
            "Make a storage class the default (annotation storageclass.kubernetes.io/is-default-class: \"true\"), or name one.",
            String::new(),
        ),
        (Some(""), _) => (
            "claim-no-volume",
            "it wants a volume that was made by hand, and none fits".to_owned(),
            "Make a PersistentVolume of that size, access mode and empty storage class, or name a storage class.",
            String::new(),
        ),
        (Some(class), None) => (
            "claim-unused",
            format!("no pod uses it yet, and the storage class {} may wait for one", quoted(class)),
            "If nothing shall use it, delete it.",
            String::new(),
        ),
        (Some(class), Some(nodes)) if nodes.iter().all(|node| node.is_empty()) && !is_asked_for(claim) => (
            "claim-waits-for-pod",
            format!("its pod has no node yet, and the storage class {} waits for that", quoted(class)),
            "Look at why the pod has no node.",
            String::new(),
        ),
        (Some(class), Some(_)) => (
            "claim-not-provisioned",
            format!("the provisioner of the storage class {} makes none", quoted(class)),
            "Look at whether the pods of the storage driver run, and at their log.",
            String::new(),
        ),
    }
}

/// Whether a provisioner was told to make its volume: at once, or since its pod has a node.
fn is_asked_for(claim: &PersistentVolumeClaim) -> bool {
    ["volume.kubernetes.io/storage-provisioner", "volume.beta.kubernetes.io/storage-provisioner"]
        .iter()
        .any(|key| claim.metadata.annotation(key).is_some())
}

/// A volume that a claim of the same name had before.
fn released_for<'a>(look: &Look<'a>, claim: &PersistentVolumeClaim) -> Option<&'a PersistentVolume> {
    let meta = &claim.metadata;
    let had = |volume: &&'a std::sync::Arc<PersistentVolume>| {
        let of = volume.spec.claim_ref.as_ref();
        &*volume.status.phase == "Released"
            && of.is_some_and(|of| of.namespace == meta.namespace && of.name == meta.name)
    };
    look.objects.volumes.iter().find(had).map(|volume| &**volume)
}

fn from_event(message: &str) -> (&'static str, String, &'static str) {
    let small = message.to_lowercase();
    let class = small.split_once("storageclass.storage.k8s.io \"").and_then(|(_, rest)| rest.split_once('"'));
    if let Some((class, _)) = class.filter(|_| small.contains("not found")) {
        return (
            "claim-class-missing",
            format!("the storage class {} does not exist", quoted(class)),
            "Make that storage class, or name one that exists (kubectl get storageclass).",
        );
    }
    if small.contains("no persistent volumes available") {
        return (
            "claim-no-volume",
            "no volume fits, and no storage class would make one".to_owned(),
            "Make a PersistentVolume that fits, or name a storage class.",
        );
    }
    if small.contains("exceeded quota") {
        return (
            "claim-quota",
            "the quota of its namespace is used up".to_owned(),
            "Raise the ResourceQuota, or ask for less.",
        );
    }
    if small.contains("not enough")
        || small.contains("no space")
        || small.contains("insufficient")
        || small.contains("out of capacity")
    {
        return (
            "claim-no-space",
            "the storage has too little space left".to_owned(),
            "Free space in the storage, or ask for less.",
        );
    }
    let said = cut(&single_line(message), 160);
    (
        "claim-provisioning-failed",
        format!("making one failed ({})", said.trim_end_matches('.')),
        "Look at the log of the storage driver.",
    )
}

fn filling(look: &Look<'_>, claim: &PersistentVolumeClaim, thing: &mut Thing) {
    let Some(usage) = look.settings.usage.get(&claim.metadata.key()).filter(|usage| usage.capacity_bytes > 0)
    else {
        return;
    };
    let used = usage.used_bytes.clamp(0, usage.capacity_bytes);
    let free = percent(usage.capacity_bytes - used, usage.capacity_bytes);
    thing.fact("used_bytes", used);
    thing.fact("capacity_bytes", usage.capacity_bytes);
    thing.fact("free_percent", free);
    thing.fact("measured_ms", usage.measured_ms);
    if look.ago(Some(usage.measured_ms)).is_some_and(|age| age > MEASURED_MS) {
        return;
    }
    thing.well = format!("{free} % of {} are free.", quantity::bytes(usage.capacity_bytes));
    if let Some(finding) = full(claim, usage, free) {
        thing.find(finding);
    }
    if let Some(finding) = inodes(claim, usage) {
        thing.find(finding);
    }
}

fn percent(part: i64, of: i64) -> i64 {
    i64::try_from(i128::from(part.max(0)) * 100 / i128::from(of.max(1))).unwrap_or(0)
}

fn full(claim: &PersistentVolumeClaim, usage: &Usage, free: i64) -> Option<Finding> {
    let left = quantity::bytes(usage.capacity_bytes.saturating_sub(usage.used_bytes));
    let soon = forecast::full_in_ms(usage).filter(|ms| *ms < forecast::SOON_MS);
    let when = soon.map(|ms| exit::span(ms.max(3_600_000)).unwrap_or_default());
    let (code, severity, sentence) = match (free, when) {
        (..FREE_CRITICAL, _) => {
            ("volume-full", Severity::Critical, format!("It is as good as full: {left} ({free} %) are free."))
        }
        (_, Some(when)) => (
            "volume-full-soon",
            Severity::Critical,
            format!("At its present pace it is full in about {when}: {left} ({free} %) are free."),
        ),
        (..FREE_WARNING, None) => {
            ("volume-filling", Severity::Warning, format!("It is getting full: {left} ({free} %) are free."))
        }
        _ => return None,
    };
    Some(
        Finding::new(code, severity, object(claim), sentence)
            .remedy("Delete what is not needed, or make it larger: raise spec.resources.requests.storage, if its storage class allows that (allowVolumeExpansion).")
            .field("spec.resources.requests.storage"),
    )
}

fn inodes(claim: &PersistentVolumeClaim, usage: &Usage) -> Option<Finding> {
    if usage.inodes <= 0 {
        return None;
    }
    let free = percent(usage.inodes.saturating_sub(usage.inodes_used), usage.inodes);
    let severity = match free {
        free if free < FREE_CRITICAL => Severity::Critical,
        free if free < FREE_WARNING => Severity::Warning,
        _ => return None,
    };
    let sentence = format!("It can hold only few more files: {free} % of its inodes are free.");
    Some(
        Finding::new("volume-inodes", severity, object(claim), sentence)
            .remedy("Look for folders with very many small files (caches, sessions, mail).")
            .field("status.capacity"),
    )
}

/// A volume that no claim has any more, or that could not be deleted.
fn left_over(look: &Look<'_>, volume: &PersistentVolume) -> Option<Finding> {
    let object = ObjectRef::new("PersistentVolume", "", &volume.metadata.name);
    let name = quoted(&volume.metadata.name);
    let of =
        volume.spec.claim_ref.as_ref().map(|of| format!("{}/{}", of.namespace, of.name)).unwrap_or_default();
    match &*volume.status.phase {
        "Released" => {
            let taken = volume.spec.claim_ref.as_ref().is_some_and(|of| {
                look.objects
                    .claims
                    .get(&of.namespace, &of.name)
                    .is_some_and(|claim| claim.spec.volume_name == volume.metadata.name)
            });
            (!taken).then(|| {
                let sentence =
                    format!("The volume {name} still holds the data of the deleted claim {}.", quoted(&of));
                Finding::new("volume-released", Severity::Note, object, sentence)
                    .remedy(format!(
                        "If the data are not needed: kubectl delete pv {}, and delete them in the storage.",
                        volume.metadata.name
                    ))
                    .field("status.phase")
            })
        }
        "Failed" => {
            let sentence =
                format!("The volume {name} of the deleted claim {} could not be deleted.", quoted(&of));
            Some(
                Finding::new("volume-failed", Severity::Warning, object, sentence)
                    .evidence(&volume.status.message)
                    .remedy("Look at the log of the storage driver.")
                    .field("status.phase"),
            )
        }
        _ => None,
    }
}
