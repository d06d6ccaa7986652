use super::*;
use crate::Severity;
use serde_json::json;

fn cluster(status: &Value) -> Value {
    json!({"apiVersion": "postgresql.cnpg.io/v1", "kind": "Cluster",
        "metadata": {"namespace": "db", "name": "main", "creationTimestamp": "2026-10-01T00:00:00Z"},
        "spec": {"instances": 3, "backup": {"barmanObjectStore": {"destinationPath": "s3://x/"}}},
        "status": status})
}

fn well() -> Value {
    json!({"phase": "Cluster in healthy state", "instances": 3, "readyInstances": 3, "currentPrimary": "main-1",
        "lastSuccessfulBackup": "2026-11-23T03:00:10Z",
        "conditions": [{"type": "Ready", "status": "True", "reason": "ClusterIsReady", "message": "Cluster is Ready"},
            {"type": "ContinuousArchiving", "status": "True", "reason": "ContinuousArchivingSuccess", "message": "Continuous archiving is working"}]})
}

fn main() -> ThingId {
    database_id("db", "main")
}

#[test]
fn a_database_that_is_well_says_how_many_are_ready() {
    let picture = picture(&[cluster(&well())]);
    let thing = &picture.things[&main()];
    assert_eq!((thing.findings.len(), thing.well.as_str()), (0, "3 of 3 instances are ready."));
    assert_eq!(thing.facts["last_backup_at"], "2026-11-23T03:00:10Z".into());
}

#[test]
fn instances_that_are_not_ready_are_counted() {
    for (ready, code, severity) in
        [(0, "database-down", Severity::Critical), (2, "database-degraded", Severity::Warning)]
    {
        let mut status = well();
        status["readyInstances"] = json!(ready);
        status["phase"] = json!("Waiting for the instances to become active");
        status["conditions"] =
            json!([{"type": "Ready", "status": "False", "lastTransitionTime": "2026-11-23T11:00:00Z"}]);
        let finding = only(&picture(&[cluster(&status)]), &main());
        assert_eq!((finding.code, finding.severity), (code, severity));
        status["conditions"][0]["lastTransitionTime"] = json!("2026-11-23T11:59:30Z");
        assert_eq!(found(&picture(&[cluster(&status)]), &main()), []);
    }
}

#[test]
fn phases_that_are_faults_are_told() {
    for (phase, code) in [
        ("Not enough disk space", "database-disk-full"),
        ("Cluster is unrecoverable and needs manual intervention", "database-unrecoverable"),
        ("Waiting for user action", "database-waits-for-you"),
        (
            "Cluster cannot proceed to reconciliation due to an unknown plugin being required",
            "database-plugin-missing",
        ),
    ] {
        let mut status = well();
        status["phase"] = json!(phase);
        assert_eq!(only(&picture(&[cluster(&status)]), &main()).code, code);
    }
}

#[test]
fn archiving_that_fails_is_told_with_its_reason() {
    let mut status = well();
    status["conditions"][1] = json!({"type": "ContinuousArchiving", "status": "False", "reason": "ContinuousArchivingFailing",
        "message": "unexpected failure invoking barman-cloud-wal-archive: exit status 4: WAL archive check failed for server main: Expected empty archive"});
    let finding = only(&picture(&[cluster(&status)]), &main());
    assert_eq!(
        finding.sentence,
        "The database “main” is not backed up continuously: the archive already holds the log of another database. The \
         log stays on its disk until that is full."
    );
}

#[test]
fn a_failed_backup_is_told_with_the_age_of_the_last_good_one() {
    let mut status = well();
    status["lastSuccessfulBackup"] = json!("2026-11-20T12:00:00Z");
    let backup = |name: &str, phase: &str, at: &str| {
        json!({"apiVersion": "postgresql.cnpg.io/v1", "kind": "Backup",
            "metadata": {"namespace": "db", "name": name, "labels": {"cnpg.io/scheduled-backup": "nightly"}},
            "spec": {"cluster": {"name": "main"}},
            "status": {"phase": phase, "startedAt": at, "stoppedAt": at, "error": "can't execute backup: exit status 1"}})
    };
    let scheduled = json!({"apiVersion": "postgresql.cnpg.io/v1", "kind": "ScheduledBackup",
        "metadata": {"namespace": "db", "name": "nightly", "creationTimestamp": "2026-10-01T00:00:00Z"},
        "spec": {"schedule": "0 0 3 * * *", "cluster": {"name": "main"}}});
    let id = backup_id("ScheduledBackup", "db", "nightly");
    let failed = [
        cluster(&status),
        scheduled.clone(),
        backup("a", "completed", "2026-11-20T12:00:00Z"),
        backup("b", "failed", "2026-11-23T03:00:00Z"),
        backup("c", "running", "2026-11-23T11:59:00Z"),
    ];
    let finding = only(&picture(&failed), &id);
    assert_eq!(finding.code, "backup-failed");
    assert_eq!(
        finding.sentence,
        "The last backup of the database “main” failed; the last good one is 3 days old."
    );
    let finding = only(&picture(&[cluster(&status), scheduled.clone()]), &id);
    assert_eq!(finding.code, "backup-missed");
    assert_eq!(found(&picture(&[cluster(&well()), scheduled.clone()]), &id), []);
    let mut suspended = scheduled;
    suspended["spec"]["suspend"] = json!(true);
    assert_eq!(only(&picture(&[cluster(&status), suspended]), &id).severity, Severity::Note);
}

#[test]
fn a_database_without_any_backup_is_noted_and_one_that_sleeps_is_not_down() {
    let mut bare = cluster(&well());
    bare["spec"]["backup"] = json!(null);
    assert_eq!(only(&picture(&[bare.clone()]), &main()).code, "database-no-backup");
    bare["spec"]["plugins"] = json!([{"name": "barman-cloud.cloudnative-pg.io", "isWALArchiver": true}]);
    assert_eq!(found(&picture(&[bare]), &main()), []);
    let mut asleep = cluster(&json!({"phase": "Cluster in healthy state", "readyInstances": 0}));
    asleep["metadata"]["annotations"] = json!({"cnpg.io/hibernation": "on"});
    assert_eq!(only(&picture(&[asleep]), &main()).severity, Severity::Note);
}

#[test]
fn a_chart_of_k3s_that_cannot_be_installed_is_told() {
    let chart = |conditions: &Value| {
        json!({"apiVersion": "helm.cattle.io/v1", "kind": "HelmChart", "metadata": {"namespace": "kube-system", "name": "traefik"},
            "spec": {"chart": "traefik"}, "status": {"jobName": "helm-install-traefik", "conditions": conditions}})
    };
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"namespace": "kube-system", "name": "helm-install-traefik"},
        "status": {"failed": 7}});
    let id = deployment_id(k3s::KIND, "kube-system", "traefik");
    assert_eq!(
        only(&picture(&[chart(&json!([])), job]), &id).sentence,
        "k3s cannot install the chart “traefik”: its job “helm-install-traefik” has failed 7 times."
    );
    let failed = json!([{"type": "Failed", "status": "True", "reason": "Unsupported version", "message": "chart \"x\" version \"9\" not found"}]);
    assert_eq!(only(&picture(&[chart(&failed)]), &id).code, "k3s-chart-failed");
    assert_eq!(found(&picture(&[chart(&json!([]))]), &id), []);
}
