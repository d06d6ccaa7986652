use super::*;
use crate::Severity;
use serde_json::json;

fn source(status: &Value) -> Value {
    json!({"apiVersion": "volsync.backube/v1alpha1", "kind": "ReplicationSource",
        "metadata": {"namespace": "media", "name": "jellyfin", "creationTimestamp": "2026-10-01T00:00:00Z"},
        "spec": {"sourcePVC": "jellyfin-config", "trigger": {"schedule": "0 3 * * *"},
            "restic": {"repository": "jellyfin-restic"}},
        "status": status})
}

fn id() -> ThingId {
    backup_id("ReplicationSource", "media", "jellyfin")
}

fn well() -> Value {
    json!({"lastSyncTime": "2026-11-23T03:01:00Z", "nextSyncTime": "2026-11-24T03:00:00Z", "lastSyncDuration": "1m0s",
        "latestMoverStatus": {"result": "Successful", "logs": "Restic completed in 3s"},
        "conditions": [{"type": "Synchronizing", "status": "False", "reason": "WaitingForSchedule", "message": "Waiting for next scheduled synchronization"}]})
}

#[test]
fn a_backup_that_is_well_needs_its_volume() {
    let picture = picture(&[source(&well())]);
    let thing = &picture.things[&id()];
    assert_eq!((thing.findings.len(), thing.well.as_str()), (0, "The last backup went well."));
    assert_eq!(thing.needs, [ThingId::volume("media", "jellyfin-config")].into());
    assert_eq!(thing.facts["next_backup_at"], "2026-11-24T03:00:00Z".into());
}

#[test]
fn a_backup_that_failed_says_why_from_its_log() {
    for (log, why) in [
        (
            "Fatal: unable to open config file: Stat: Get \"http://x:9000/\": dial tcp: lookup x: no such host\nIs there a repository at the following location?",
            ": the storage cannot be reached",
        ),
        (
            "repo already locked, waiting up to 0s for the lock\nunable to create lock in backend: repository is already locked exclusively by PID 43",
            ": the repository is locked by a run that was broken off",
        ),
        ("Fatal: wrong password or no key found", ": the password does not fit the repository"),
        ("write /cache: no space left on device", ": there is no space left"),
        ("Fatal: repository contains errors", ": the repository is damaged"),
        ("checking for changes\nrepacking packs\nexit status 1", ""),
        ("something new", ""),
    ] {
        let mut status = well();
        status["latestMoverStatus"] = json!({"result": "Failed", "logs": log});
        let finding = only(&picture(&[source(&status)]), &id());
        assert_eq!(
            finding.sentence,
            format!("The last backup “jellyfin” failed{why}; the last good one is 8 hours old.")
        );
        assert!(finding.remedy.is_some() && !finding.evidence.is_empty());
    }
}

#[test]
fn a_backup_that_was_missed_runs_for_long_or_cannot_start_is_told() {
    let mut missed = well();
    missed["lastSyncTime"] = json!("2026-11-20T03:01:00Z");
    assert_eq!(only(&picture(&[source(&missed)]), &id()).code, "backup-missed");
    assert_eq!(only(&picture(&[source(&json!({}))]), &id()).code, "backup-missed");
    let mut running = well();
    running["lastSyncStartTime"] = json!("2026-11-22T03:00:00Z");
    assert_eq!(only(&picture(&[source(&running)]), &id()).code, "backup-running-long");
    let mut error = well();
    error["conditions"] = json!([{"type": "Synchronizing", "status": "False", "reason": "Error", "message": "the peer list contains the node itself"}]);
    assert_eq!(only(&picture(&[source(&error)]), &id()).code, "backup-error");
}

#[test]
fn a_paused_backup_is_a_note_and_one_by_hand_is_never_missed() {
    let mut paused = source(&json!({}));
    paused["spec"]["paused"] = json!(true);
    assert_eq!(only(&picture(&[paused]), &id()).severity, Severity::Note);
    let mut by_hand = source(&json!({}));
    by_hand["spec"]["trigger"] = json!({"manual": "once"});
    assert_eq!(found(&picture(&[by_hand]), &id()), []);
}

#[test]
fn a_restore_that_failed_is_told() {
    let destination = json!({"apiVersion": "volsync.backube/v1alpha1", "kind": "ReplicationDestination",
        "metadata": {"namespace": "media", "name": "jellyfin-dst"}, "spec": {"trigger": {"manual": "restore-once"}},
        "status": {"latestMoverStatus": {"result": "Failed", "logs": "Fatal: wrong password or no key found"}}});
    let finding =
        only(&picture(&[destination]), &backup_id("ReplicationDestination", "media", "jellyfin-dst"));
    assert_eq!(
        finding.sentence,
        "The last restore “jellyfin-dst” failed: the password does not fit the repository; there is no good one."
    );
}
