use super::*;

fn rolling(new: Value) -> Cluster {
    let mut cluster = Cluster::new();
    cluster
        .add(Kind::Deployment, deployment(1))
        .add(Kind::ReplicaSet, replica_set("app-new", "2"))
        .add(Kind::ReplicaSet, replica_set("app-old", "1"))
        .add(Kind::Pod, pod("app-old-1", "app-old", ready()))
        .add(Kind::Pod, pod("app-new-1", "app-new", new));
    cluster
}

#[test]
fn rollout_stuck_while_the_old_one_still_serves() {
    let cluster = rolling(waiting("ErrImagePull", "manifest unknown"));
    assert_eq!(
        said(&cluster.app()),
        (
            "rollout-stuck",
            Severity::Warning,
            "The new version does not start (the image “ghcr.io/owner/app:1.2” does not exist: the registry ghcr.io has no tag “1.2” of it); the old one still serves."
        )
    );
}

#[test]
fn a_rollout_under_way_is_no_fault() {
    let mut new = waiting("ContainerCreating", "");
    new["startTime"] = json!(ago(1));
    assert_eq!(rolling(new).well(&app()), "Its pod is ready.");
}

#[test]
fn one_of_three_pods_does_not_run() {
    let mut cluster = Cluster::new();
    cluster.add(Kind::Deployment, deployment(3)).add(Kind::ReplicaSet, replica_set("app-new", "2"));
    cluster
        .add(Kind::Pod, pod("app-new-1", "app-new", ready()))
        .add(Kind::Pod, pod("app-new-2", "app-new", ready()));
    let crash = crashing(4, json!({"exitCode": 1, "reason": "Error"}));
    cluster.add(Kind::Pod, pod("app-new-3", "app-new", crash.clone()));
    assert_eq!(
        said(&cluster.app()),
        (
            "crash-loop",
            Severity::Warning,
            "1 of 3 pods does not run: the container “app” crashes again and again (4 times in 30 minutes): it ended with exit code 1."
        )
    );
    cluster.add(Kind::Pod, pod("app-new-2", "app-new", crash.clone()));
    assert!(cluster.app().sentence.starts_with("2 of 3 pods do not run: "));
    cluster.add(Kind::Pod, pod("app-new-1", "app-new", crash));
    assert!(cluster.app().sentence.starts_with("None of 3 pods runs: "));
    assert_eq!(cluster.app().severity, Severity::Critical);
}

#[test]
fn switched_off_on_purpose() {
    let mut cluster = Cluster::new();
    cluster.add(Kind::Deployment, deployment(0));
    let finding = cluster.app();
    assert_eq!(
        said(&finding),
        ("workload-switched-off", Severity::Note, "It is switched off: no pods are wanted.")
    );
    assert_eq!(
        finding.remedy.as_deref(),
        Some("To switch it on: kubectl -n media scale deployment app --replicas=1")
    );
}

#[test]
fn halted_rollouts_are_a_note() {
    let mut cluster = with_pod(ready());
    let mut paused = deployment(1);
    paused["spec"]["paused"] = json!(true);
    cluster.add(Kind::Deployment, paused);
    assert_eq!((cluster.app().code, cluster.app().severity), ("workload-paused", Severity::Note));
}

#[test]
fn pods_cannot_be_made() {
    let mut cluster = Cluster::new();
    let mut refused = deployment(1);
    refused["status"]["conditions"] = json!([{"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate",
        "message": "pods \"app-1\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false"}]);
    cluster.add(Kind::Deployment, refused);
    assert_eq!(
        said(&cluster.app()),
        (
            "workload-pods-refused",
            Severity::Critical,
            "Its pods cannot be made: the security rules of its namespace forbid them (Pod Security)."
        )
    );
    let mut cluster = Cluster::new();
    cluster.add(Kind::Deployment, deployment(1));
    assert_eq!(
        said(&cluster.app()),
        (
            "workload-no-pods",
            Severity::Critical,
            "It has no pods, though some are wanted, and nothing says why."
        )
    );
    // Where pods cannot be read, nothing is said of them.
    cluster.settings.unread.insert(Kind::Pod);
    assert!(cluster.findings(&app()).is_empty());
}

#[test]
fn facts_and_needs_of_a_workload() {
    let mut cluster = with_pod(ready());
    cluster.add(
        Kind::PersistentVolumeClaim,
        json!({"metadata": {"name": "data", "namespace": "media"}, "status": {"phase": "Bound"}}),
    );
    let mut with_claim = deployment(1);
    with_claim["spec"]["template"]["spec"]["volumes"] = json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}, {"name": "x", "emptyDir": {}}]);
    cluster.add(Kind::Deployment, with_claim);
    let picture = cluster.picture();
    let thing = &picture.things[&app()];
    for (key, value) in [
        ("image", "ghcr.io/owner/app:1.2"),
        ("digest", "sha256:1111"),
        ("nodes", "node1"),
        ("memory_limit", "512Mi"),
        ("cpu_limit", "1"),
        ("namespace", "media"),
    ] {
        assert_eq!(thing.facts.get(key), Some(&crate::Fact::from(value)), "{key}");
    }
    assert_eq!(
        (&thing.facts["pods_ready"], &thing.facts["pods_wanted"]),
        (&crate::Fact::Integer(1), &crate::Fact::Integer(1))
    );
    let needs: Vec<String> = thing.needs.iter().map(ToString::to_string).collect();
    assert_eq!(needs, ["image/ghcr.io/owner/app:1.2", "host/node1", "volume/media/data"]);
}

#[test]
fn stateful_set_stuck_at_an_ordinal() {
    let mut cluster = Cluster::new();
    cluster.add(Kind::StatefulSet, json!({"metadata": {"name": "db", "namespace": "media", "creationTimestamp": ago(600)},
        "spec": {"replicas": 3, "template": {"spec": {"containers": [{"name": "app", "image": "postgres:17"}]}}}}));
    for (name, status) in
        [("db-0", ready()), ("db-1", crashing(4, json!({"exitCode": 1, "reason": "Error"})))]
    {
        let mut pod = pod(name, "x", status);
        pod["metadata"]["ownerReferences"] =
            json!([{"kind": "StatefulSet", "name": "db", "controller": true}]);
        cluster.add(Kind::Pod, pod);
    }
    let finding = cluster.only(&ThingId::workload("media", "StatefulSet", "db"));
    assert_eq!(
        said(&finding),
        (
            "crash-loop",
            Severity::Warning,
            "The pod “db-1” does not run, so that those after it are not started or renewed: the container “app” crashes again and again (4 times in 30 minutes): it ended with exit code 1."
        )
    );
}

#[test]
fn daemon_set_fails_on_one_node() {
    let mut cluster = Cluster::new();
    cluster.add(Kind::DaemonSet, json!({"metadata": {"name": "agent", "namespace": "media"}, "status": {"desiredNumberScheduled": 2, "numberReady": 1}}));
    for (name, status) in [
        ("agent-a", ready()),
        ("agent-b", waiting("CreateContainerConfigError", "secret \"agent\" not found")),
    ] {
        let mut pod = pod(name, "x", status);
        pod["metadata"]["ownerReferences"] =
            json!([{"kind": "DaemonSet", "name": "agent", "controller": true}]);
        cluster.add(Kind::Pod, pod);
    }
    assert_eq!(
        said(&cluster.only(&ThingId::workload("media", "DaemonSet", "agent"))),
        (
            "config-secret-missing",
            Severity::Warning,
            "It does not run on the node “node1”: the container “app” cannot start: the Secret “agent” does not exist in its namespace."
        )
    );
}

#[test]
fn job_failed() {
    let mut cluster = Cluster::new();
    cluster.add(Kind::Job, json!({"metadata": {"name": "import", "namespace": "media"}, "status": {"failed": 7, "conditions": [
        {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit", "lastTransitionTime": ago(180)}]}}));
    let id = ThingId::workload("media", "Job", "import");
    assert_eq!(
        said(&cluster.only(&id)),
        ("job-failed", Severity::Warning, "It failed 3 hours ago: its pods failed 7 times.")
    );
    let mut pod = pod(
        "import-x",
        "x",
        json!({"phase": "Failed", "containerStatuses": [{"name": "app", "state": {"terminated": {"exitCode": 127, "reason": "Error"}}}]}),
    );
    pod["metadata"]["ownerReferences"] = json!([{"kind": "Job", "name": "import", "controller": true}]);
    cluster.add(Kind::Pod, pod);
    assert_eq!(
        cluster.only(&id).sentence,
        "It failed 3 hours ago: the container “app” ended with exit code 127: its command does not exist in the image."
    );
}

#[test]
fn what_runs_on_a_silent_node_is_not_believed() {
    let mut cluster = with_pod(ready());
    cluster.add(Kind::Node, node("node1", "Unknown", json!({})));
    assert_eq!(
        said(&cluster.app()),
        (
            "workload-node-silent",
            Severity::Unknown,
            "Whether it runs is not known: nobody hears of the node “node1”."
        )
    );
    let picture = cluster.picture();
    assert!(picture.things[&app()].needs.contains(&ThingId::host("node1")));
    assert_eq!(picture.things[&app()].facts["pods_ready"], crate::Fact::Integer(0));
}

#[test]
fn a_pod_that_must_end_before_the_next_is_made_is_no_fault() {
    // As with each restart of a StatefulSet, or with the strategy Recreate.
    let mut cluster = Cluster::new();
    let mut ending = pod("app-new-1", "app-new", ready());
    ending["metadata"]["deletionTimestamp"] = json!(ago(0));
    cluster
        .add(Kind::Deployment, deployment(1))
        .add(Kind::ReplicaSet, replica_set("app-new", "2"))
        .add(Kind::Pod, ending.clone());
    assert_eq!(cluster.well(&app()), "Its pod is ending, and another will follow.");
    ending["metadata"]["deletionTimestamp"] = json!(ago(10));
    cluster.add(Kind::Pod, ending);
    let codes: Vec<&str> = cluster.findings(&app()).iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["workload-no-pods", "pod-stuck-terminating"]);
}

#[test]
fn the_largest_number_of_a_pod_does_no_harm() {
    let mut cluster = Cluster::new();
    let owner = json!([{"kind": "StatefulSet", "name": "db", "controller": true}]);
    let mut last = pod("db-9223372036854775807", "", crashing(9, json!({"exitCode": 1})));
    let mut first = pod("db-0", "", ready());
    last["metadata"]["ownerReferences"] = owner.clone();
    first["metadata"]["ownerReferences"] = owner;
    cluster.add(Kind::Pod, first).add(Kind::Pod, last).add(
        Kind::StatefulSet,
        json!({"metadata": {"name": "db", "namespace": "media"}, "spec": {"replicas": 2}}),
    );
    assert_eq!(cluster.only(&ThingId::workload("media", "StatefulSet", "db")).code, "crash-loop");
}
