use super::*;

fn id() -> ThingId {
    super::super::owners::job_id("media", "backup")
}

fn cron(schedule: &str, last: Option<&str>, more: Value) -> Value {
    let mut cron = json!({"metadata": {"name": "backup", "namespace": "media", "creationTimestamp": "2026-06-01T00:00:00Z"},
        "spec": {"schedule": schedule, "jobTemplate": {"spec": {"template": {"spec": {"containers": [{"name": "restic", "image": "restic/restic:0.18"}]}}}}},
        "status": {"lastScheduleTime": last}});
    merge(&mut cron, more);
    cron
}

fn job(name: &str, kind: &str, at: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "media", "creationTimestamp": at, "ownerReferences": [{"kind": "CronJob", "name": "backup", "controller": true}]},
        "status": {"failed": 1, "conditions": [{"type": kind, "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit", "lastTransitionTime": at}],
            "completionTime": if kind == "Complete" { Some(at) } else { None }}})
}

const LAST: &str = "2026-08-01T03:00:00Z";

#[test]
fn cron_job_failed() {
    let mut cluster = Cluster::new();
    cluster.add(
        Kind::CronJob,
        cron("0 3 * * *", Some(LAST), json!({"status": {"lastSuccessfulTime": "2026-07-31T03:05:00Z"}})),
    );
    cluster.add(Kind::Job, job("backup-2", "Failed", "2026-08-01T03:10:00Z"));
    let finding = cluster.only(&id());
    assert_eq!(
        said(&finding),
        ("cron-failed", Severity::Warning, "Its last run failed 8 hours ago: its pod failed.")
    );
    let mut pod = pod(
        "backup-2-x",
        "x",
        json!({"phase": "Failed", "containerStatuses": [{"name": "restic", "state": {"terminated": {"exitCode": 1, "reason": "Error",
        "message": "Fatal: unable to open repository: dial tcp: lookup nas on 10.43.0.10:53: no such host"}}}]}),
    );
    pod["metadata"]["ownerReferences"] = json!([{"kind": "Job", "name": "backup-2", "controller": true}]);
    pod["spec"]["containers"][0]["name"] = json!("restic");
    cluster.add(Kind::Pod, pod);
    let finding = cluster.only(&id());
    assert_eq!(
        finding.sentence,
        "Its last run failed 8 hours ago: the container “restic” ended with exit code 1: a host name that it needs cannot be looked up."
    );
    assert_eq!(finding.logs_of, Some(("backup-2-x".to_owned(), "restic".to_owned())));
    assert!(
        cluster.picture().things.keys().all(|id| id.kind != crate::ThingKind::Workload),
        "its pods are no workload of their own"
    );
}

#[test]
fn a_failure_that_a_success_followed_is_history() {
    let mut cluster = Cluster::new();
    cluster.add(Kind::CronJob, cron("0 3 * * *", Some(LAST), json!({})));
    cluster.add(Kind::Job, job("backup-1", "Failed", "2026-07-31T03:10:00Z"));
    cluster.add(Kind::Job, job("backup-2", "Complete", "2026-08-01T03:10:00Z"));
    assert_eq!(cluster.well(&id()), "Its last run came to a good end.");
    let picture = cluster.picture();
    let facts = &picture.things[&id()].facts;
    assert_eq!(facts["last_run_ms"], crate::Fact::Integer(ms(LAST)));
    assert_eq!(facts["next_run_ms"], crate::Fact::Integer(ms("2026-08-02T03:00:00Z")));
}

#[test]
fn cron_job_that_failed_for_long_is_critical() {
    let mut cluster = Cluster::new();
    cluster.add(
        Kind::CronJob,
        cron("0 3 * * *", Some(LAST), json!({"status": {"lastSuccessfulTime": "2026-07-20T03:05:00Z"}})),
    );
    cluster.add(Kind::Job, job("backup-2", "Failed", "2026-08-01T03:10:00Z"));
    assert_eq!(cluster.only(&id()).severity, Severity::Critical);
}

#[test]
fn cron_job_missed() {
    let mut cluster = Cluster::new();
    cluster.add(
        Kind::CronJob,
        cron(
            "0 * * * *",
            Some("2026-08-01T08:00:00Z"),
            json!({"status": {"lastSuccessfulTime": "2026-08-01T08:05:00Z"}}),
        ),
    );
    assert_eq!(
        said(&cluster.only(&id())),
        (
            "cron-missed",
            Severity::Warning,
            "It was not run at its last two times; its last run was 4 hours ago."
        )
    );
}

#[test]
fn the_time_zone_of_the_schedule_counts() {
    // 09:00 in Tokyo is 00:00 UTC: the run of today has been.
    let mut cluster = Cluster::new();
    let zone =
        json!({"spec": {"timeZone": "Asia/Tokyo"}, "status": {"lastSuccessfulTime": "2026-08-01T00:05:00Z"}});
    cluster.add(Kind::CronJob, cron("0 9 * * *", Some("2026-08-01T00:00:00Z"), zone));
    assert_eq!(cluster.well(&id()), "Its last run came to a good end.");
    assert_eq!(
        cluster.picture().things[&id()].facts["next_run_ms"],
        crate::Fact::Integer(ms("2026-08-02T00:00:00Z"))
    );
}

#[test]
fn a_run_that_goes_on_for_too_long() {
    let mut cluster = Cluster::new();
    cluster.add(
        Kind::CronJob,
        cron(
            "0 * * * *",
            Some("2026-08-01T08:00:00Z"),
            json!({"status": {"lastSuccessfulTime": "2026-08-01T07:05:00Z"}}),
        ),
    );
    cluster.add(Kind::Job, json!({"metadata": {"name": "backup-3", "namespace": "media", "ownerReferences": [{"kind": "CronJob", "name": "backup", "controller": true}]},
        "status": {"active": 1, "startTime": "2026-08-01T08:00:00Z"}}));
    assert_eq!(
        cluster.only(&id()).sentence,
        "Its run has been going on for 4 hours, so that later runs were left out."
    );
}

#[test]
fn cron_job_that_never_succeeded() {
    let mut cluster = Cluster::new();
    cluster.add(Kind::CronJob, cron("0 3 * * *", Some(LAST), json!({})));
    assert_eq!(
        said(&cluster.only(&id())),
        (
            "cron-never-succeeded",
            Severity::Warning,
            "It has been run, but no run is known to have come to a good end."
        )
    );
}

#[test]
fn cron_job_suspended_is_a_note() {
    let mut cluster = Cluster::new();
    cluster.add(
        Kind::CronJob,
        cron("0 3 * * *", Some("2026-01-01T00:00:00Z"), json!({"spec": {"suspend": true}})),
    );
    cluster.add(Kind::Job, job("backup-2", "Failed", "2026-08-01T03:10:00Z"));
    assert_eq!(
        said(&cluster.only(&id())),
        ("cron-suspended", Severity::Note, "It is switched off (suspended) and does not run.")
    );
}

#[test]
fn a_run_that_does_not_get_on() {
    let mut cluster = Cluster::new();
    cluster.add(
        Kind::CronJob,
        cron("0 3 * * *", Some(LAST), json!({"status": {"lastSuccessfulTime": "2026-07-31T03:05:00Z"}})),
    );
    cluster.add(Kind::Job, json!({"metadata": {"name": "backup-3", "namespace": "media", "ownerReferences": [{"kind": "CronJob", "name": "backup", "controller": true}]}, "status": {"active": 1}}));
    let mut pod = pod("backup-3-x", "x", waiting("ErrImagePull", "manifest unknown"));
    pod["metadata"]["ownerReferences"] = json!([{"kind": "Job", "name": "backup-3", "controller": true}]);
    cluster.add(Kind::Pod, pod);
    assert!(
        cluster
            .only(&id())
            .sentence
            .starts_with("Its run does not get on: the image “ghcr.io/owner/app:1.2” does not exist")
    );
}

#[test]
fn short_forms_of_schedules_are_read() {
    for (schedule, next) in [
        ("@daily", "2026-08-02T00:00:00Z"),
        ("@hourly", "2026-08-01T13:00:00Z"),
        ("CRON_TZ=Asia/Tokyo 0 9 * * *", "2026-08-02T00:00:00Z"),
    ] {
        let mut cluster = Cluster::new();
        cluster.add(Kind::CronJob, cron(schedule, Some("2026-08-01T11:00:00Z"), json!({})));
        assert_eq!(
            cluster.picture().things[&id()].facts["next_run_ms"],
            crate::Fact::Integer(ms(next)),
            "{schedule}"
        );
    }
}
