use super::*;

#[test]
fn image_pull_credential_rejected() {
    let text = r#"Back-off pulling image "ghcr.io/owner/app:1.2": ErrImagePull: failed to pull and unpack image "ghcr.io/owner/app:1.2": failed to resolve reference "ghcr.io/owner/app:1.2": failed to authorize: failed to fetch oauth token: unexpected status from GET request to https://ghcr.io/token?scope=repository%3Aowner%2Fapp%3Apull&service=ghcr.io: 403 Forbidden"#;
    let cluster = with_pod(waiting("ImagePullBackOff", text));
    let finding = cluster.app();
    assert_eq!(
        said(&finding),
        (
            "image-pull-credential-rejected",
            Severity::Critical,
            "The registry ghcr.io rejects the login in the pull secret “ghcr” for the image “ghcr.io/owner/app:1.2”: it is expired, revoked, or may not read this image."
        )
    );
    assert!(finding.remedy.as_ref().unwrap().contains("kubectl -n media create secret docker-registry ghcr"));
    assert!(finding.evidence.starts_with("failed to pull and unpack"));
    assert_eq!(finding.field, "status.containerStatuses[app].state.waiting");
    assert_eq!(cluster.only(&ThingId::image("ghcr.io/owner/app:1.2")).code, "image-pull-credential-rejected");
}

#[test]
fn image_pull_no_credential_with_the_secrets_of_the_service_account() {
    let text = "failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized";
    let mut cluster = with_pod(json!({}));
    let mut without = pod("app-new-1", "app-new", waiting("ErrImagePull", text));
    without["spec"]["imagePullSecrets"] = Value::Null;
    cluster.add(Kind::Pod, without);
    assert_eq!(
        said(&cluster.app()),
        (
            "image-pull-no-credential",
            Severity::Critical,
            "The registry ghcr.io wants a login for the image “ghcr.io/owner/app:1.2”, and none was shown."
        )
    );
    cluster.add(Kind::ServiceAccount, json!({"metadata": {"name": "default", "namespace": "media"}, "imagePullSecrets": [{"name": "house"}]}));
    assert!(
        cluster.app().sentence.contains("although the pull secret “house” is named"),
        "{}",
        cluster.app().sentence
    );
}

#[test]
fn image_pull_secret_missing() {
    let mut cluster = with_pod(waiting(
        "ErrImagePull",
        "failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized",
    ));
    let text = "Unable to retrieve some image pull secrets (other, ghcr); attempting to pull the image may not succeed.";
    cluster.add(Kind::Event, event("Pod", "app-new-1", "FailedToRetrieveImagePullSecret", text));
    assert_eq!(
        said(&cluster.app()),
        (
            "image-pull-secret-missing",
            Severity::Critical,
            "The registry ghcr.io wants a login for the image “ghcr.io/owner/app:1.2”, and the pull secret “ghcr” does not exist in namespace “media”."
        )
    );
}

#[test]
fn image_pull_cause_from_events_before_kubernetes_1_32() {
    let mut cluster =
        with_pod(waiting("ImagePullBackOff", r#"Back-off pulling image "ghcr.io/owner/app:1.2""#));
    assert_eq!(cluster.app().code, "image-pull-unknown");
    cluster.add(Kind::Event, event("Pod", "app-new-1", "Failed", r#"Failed to pull image "ghcr.io/owner/app:1.2": rpc error: code = NotFound desc = ghcr.io/owner/app:1.2: not found"#));
    assert_eq!(
        said(&cluster.app()),
        (
            "image-pull-tag-missing",
            Severity::Critical,
            "The image “ghcr.io/owner/app:1.2” does not exist: the registry ghcr.io has no tag “1.2” of it."
        )
    );
}

#[test]
fn image_pull_cause_is_remembered_while_only_back_off_is_said() {
    let mut cluster = with_pod(waiting(
        "ErrImagePull",
        r#"rpc error: code = NotFound desc = ghcr.io/owner/app:1.2: not found"#,
    ));
    cluster.settings.memory.learn(&cluster.objects, ms(NOW) - 60_000);
    cluster.add(
        Kind::Pod,
        pod(
            "app-new-1",
            "app-new",
            waiting("ImagePullBackOff", r#"Back-off pulling image "ghcr.io/owner/app:1.2""#),
        ),
    );
    cluster.settings.memory.learn(&cluster.objects, ms(NOW));
    assert_eq!(cluster.app().code, "image-pull-tag-missing");
    // A pod of another identity starts anew, and what is gone is forgotten.
    cluster.remove(Kind::Pod, "media", "app-new-1");
    cluster.settings.memory.learn(&cluster.objects, ms(NOW));
    assert_eq!(cluster.settings.memory, {
        let mut empty = super::super::Memory::default();
        empty.learn(&Objects::default(), ms(NOW));
        empty
    });
}

#[test]
fn image_pull_wrong_architecture() {
    let cluster = with_pod(waiting(
        "ErrImagePull",
        "failed to pull and unpack image: no match for platform in manifest: not found",
    ));
    assert_eq!(
        cluster.app().sentence,
        "The image “ghcr.io/owner/app:1.2” does not exist for this machine’s processor (arm64)."
    );
}

#[test]
fn image_pull_rate_limit_network_incident_and_name() {
    for (reason, text, code) in [
        (
            "ErrImagePull",
            "429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit.",
            "image-pull-rate-limited",
        ),
        ("ErrImagePull", "dial tcp: lookup ghcr.io on 10.0.0.1:53: no such host", "image-pull-dns"),
        (
            "ErrImagePull",
            "unauthenticated: User cannot be authenticated with the token provided.",
            "image-pull-not-authenticated",
        ),
        (
            "InvalidImageName",
            "Failed to apply default image tag \"X:\": couldn't parse image reference",
            "image-pull-invalid-name",
        ),
        (
            "ErrImageNeverPull",
            "Container image \"app\" is not present with pull policy of Never",
            "image-pull-never",
        ),
    ] {
        assert_eq!(with_pod(waiting(reason, text)).app().code, code, "{text}");
    }
}

#[test]
fn crash_loop_with_exit_code_and_last_log_lines() {
    let status = crashing(7, json!({"exitCode": 1, "reason": "Error", "finishedAt": ago(3)}));
    let mut cluster = with_pod(status);
    let finding = cluster.app();
    assert_eq!(
        said(&finding),
        (
            "crash-loop",
            Severity::Critical,
            "The container “app” crashes again and again (7 times in 30 minutes): it ended with exit code 1."
        )
    );
    assert_eq!(finding.logs_of, Some(("app-new-1".to_owned(), "app".to_owned())));
    let log = "starting\nFATAL:  password authentication failed for user \"app\"\n";
    cluster.settings.logs.insert(("uid-app-new-1".into(), "app".into()), log.into());
    let finding = cluster.app();
    assert_eq!(
        finding.sentence,
        "The container “app” crashes again and again (7 times in 30 minutes): it ended with exit code 1: the database refuses its login."
    );
    assert_eq!(
        finding.evidence,
        "FATAL:  password authentication failed for user \"app\"".replace("  ", " ")
    );
}

#[test]
fn out_of_memory_with_its_limit() {
    let cluster =
        with_pod(crashing(4, json!({"exitCode": 137, "reason": "OOMKilled", "finishedAt": ago(3)})));
    assert_eq!(
        said(&cluster.app()),
        (
            "out-of-memory",
            Severity::Critical,
            "The container “app” crashes again and again (4 times in 30 minutes): it was killed because it used more memory than its limit of 512Mi."
        )
    );
}

#[test]
fn out_of_memory_a_while_ago_is_worth_knowing() {
    let mut status = ready();
    status["containerStatuses"][0]["restartCount"] = json!(1);
    status["containerStatuses"][0]["lastState"] =
        json!({"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": ago(25)}});
    assert_eq!(
        said(&with_pod(status).app()),
        (
            "out-of-memory-recently",
            Severity::Warning,
            "It runs again, but 25 minutes ago the container “app” was killed because it used more memory than its limit of 512Mi."
        )
    );
}

#[test]
fn three_restarts_in_ten_minutes_are_a_crash_loop() {
    let running = |restarts: i64| {
        let mut status = ready();
        status["containerStatuses"][0]["restartCount"] = json!(restarts);
        status["containerStatuses"][0]["lastState"] =
            json!({"terminated": {"exitCode": 139, "reason": "Error", "finishedAt": ago(1)}});
        status
    };
    // Three in its whole life of half an hour are none.
    let mut cluster = with_pod(running(3));
    assert_eq!(cluster.well(&app()), "Its pod is ready.");
    // Three more within five minutes are.
    cluster.settings.memory.learn(&cluster.objects, ms(NOW) - 5 * 60_000);
    cluster.add(Kind::Pod, pod("app-new-1", "app-new", running(6)));
    cluster.settings.memory.learn(&cluster.objects, ms(NOW));
    assert_eq!(cluster.app().code, "crash-loop");
    // And half an hour later no longer.
    cluster.settings.now_ms += 30 * 60_000;
    cluster.settings.memory.learn(&cluster.objects, cluster.settings.now_ms);
    assert_eq!(cluster.well(&app()), "Its pod is ready.");
}

#[test]
fn the_first_tries_of_a_young_pod_are_no_fault() {
    let young = |status: Value| {
        let mut cluster = with_pod(json!({}));
        let mut pod = pod("app-new-1", "app-new", status);
        pod["status"]["startTime"] = json!("2026-08-01T11:59:20Z");
        cluster.add(Kind::Pod, pod);
        cluster
    };
    let crash = |restarts| crashing(restarts, json!({"exitCode": 1, "reason": "Error"}));
    assert_eq!(young(crash(1)).well(&app()), "It is starting.");
    assert_eq!(young(crash(3)).app().code, "crash-loop");
    let ended = json!({"phase": "Running", "containerStatuses": [{"name": "app", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]});
    assert_eq!(with_pod(ended).well(&app()), "It is starting.");
}

#[test]
fn configuration_missing() {
    let cluster = with_pod(waiting(
        "CreateContainerConfigError",
        "couldn't find key DB_PASSWORD in Secret media/app-secrets",
    ));
    assert_eq!(
        said(&cluster.app()),
        (
            "config-key-missing",
            Severity::Critical,
            "The container “app” cannot start: the Secret “app-secrets” has no key “DB_PASSWORD”."
        )
    );
    let cluster = with_pod(waiting("CreateContainerConfigError", "configmap \"app\" not found"));
    assert_eq!(
        cluster.app().sentence,
        "The container “app” cannot start: the ConfigMap “app” does not exist in its namespace."
    );
}

#[test]
fn run_container_error() {
    let text = r#"failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "servre": executable file not found in $PATH: unknown"#;
    assert_eq!(
        with_pod(waiting("RunContainerError", text)).app().sentence,
        "The container “app” cannot start: its command “servre” does not exist in the image."
    );
    // Once it backs off, the message stands in the last state.
    let status = crashing(5, json!({"exitCode": 128, "reason": "StartError", "message": text}));
    assert_eq!(
        with_pod(status).app().sentence,
        "The container “app” crashes again and again (5 times in 30 minutes): it cannot start: its command “servre” does not exist in the image."
    );
}

#[test]
fn init_container_fails() {
    let status = json!({"initContainerStatuses": [{"name": "migrate", "restartCount": 6,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "message": "error: Dirty database version 12. Fix and force version."}}}],
        "containerStatuses": [{"name": "app", "state": {"waiting": {"reason": "PodInitializing"}}}]});
    assert_eq!(
        with_pod(status).app().sentence,
        "The container “migrate” crashes again and again (6 times in 30 minutes): it ended with exit code 1: the change of its database to the new version failed."
    );
}

#[test]
fn init_container_waits_for_ever() {
    let status = json!({"initContainerStatuses": [{"name": "wait-for-db", "state": {"running": {"startedAt": ago(25)}}}],
        "containerStatuses": [{"name": "app", "state": {"waiting": {"reason": "PodInitializing"}}}]});
    assert_eq!(
        said(&with_pod(status).app()),
        (
            "init-does-not-end",
            Severity::Critical,
            "The pod waits for its init container “wait-for-db”, which has been running for 25 minutes."
        )
    );
}

#[test]
fn unschedulable_and_why() {
    let text = "0/3 nodes are available: 1 Insufficient memory, 2 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.";
    let status = json!({"startTime": null, "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": text, "lastTransitionTime": ago(10)}]});
    let mut cluster = with_pod(json!({}));
    let mut waits = pod("app-new-1", "app-new", status);
    waits["spec"]["nodeName"] = Value::Null;
    cluster.add(Kind::Pod, waits.clone());
    assert_eq!(
        said(&cluster.app()),
        (
            "unschedulable-memory",
            Severity::Critical,
            "No node takes the pod: on 2 of 3 nodes a taint keeps pods away (node-role.kubernetes.io/control-plane); on one of 3 nodes too little memory is free."
        )
    );
    // Within the first seconds it is no fault.
    waits["status"]["conditions"][0]["lastTransitionTime"] = json!("2026-08-01T11:59:50Z");
    cluster.add(Kind::Pod, waits);
    assert_eq!(cluster.well(&app()), "It is starting.");
}

#[test]
fn readiness_probe_fails() {
    let status = json!({"phase": "Running", "containerStatuses": [{"name": "app", "ready": false, "started": true, "state": {"running": {"startedAt": ago(20)}}}]});
    let mut cluster = with_pod(status.clone());
    assert_eq!(
        said(&cluster.app()),
        (
            "not-ready",
            Severity::Critical,
            "The container “app” runs, but its readiness probe (/health on port 8080) does not succeed."
        )
    );
    cluster.add(
        Kind::Event,
        event(
            "Pod",
            "app-new-1",
            "Unhealthy",
            "Readiness probe failed: HTTP probe failed with statuscode: 503",
        ),
    );
    assert_eq!(
        said(&cluster.app()),
        (
            "probe-readiness",
            Severity::Critical,
            "The container “app” gets no requests because of its readiness probe (/health on port 8080): it answers with HTTP status 503."
        )
    );
    // Within the first minutes it is no fault.
    let mut young = status;
    young["containerStatuses"][0]["state"]["running"]["startedAt"] = json!(ago(1));
    cluster.add(Kind::Pod, pod("app-new-1", "app-new", young));
    assert_eq!(cluster.well(&app()), "It is starting.");
}

#[test]
fn liveness_probe_ends_it_again_and_again() {
    let mut cluster =
        with_pod(crashing(5, json!({"exitCode": 137, "reason": "Error", "finishedAt": ago(3)})));
    cluster.add(Kind::Event, event("Pod", "app-new-1", "Unhealthy", r#"Liveness probe failed: Get "http://10.42.0.5:8080/": dial tcp 10.42.0.5:8080: connect: connection refused"#));
    assert_eq!(
        said(&cluster.app()),
        (
            "probe-liveness",
            Severity::Critical,
            "The container “app” is started again and again by its liveness probe: nothing listens on the port that is asked."
        )
    );
}

#[test]
fn stuck_creating_since_a_volume_cannot_be_mounted() {
    for (reason, text, code, part) in [
        (
            "FailedMount",
            r#"MountVolume.SetUp failed for volume "config" : configmap "app-config" not found"#,
            "mount-config-map-missing",
            "the ConfigMap “app-config” that it mounts does not exist",
        ),
        (
            "FailedMount",
            r#"MountVolume.SetUp failed for volume "creds" : secret "app-creds" not found"#,
            "mount-secret-missing",
            "the Secret “app-creds” that it mounts",
        ),
        (
            "FailedAttachVolume",
            r#"Multi-Attach error for volume "pvc-1" Volume is already used by pod(s) app-old-1"#,
            "mount-multi-attach",
            "its volume “pvc-1” is still attached to another node",
        ),
        (
            "FailedMount",
            r#"MountVolume.SetUp failed for volume "media" : mount failed: exit status 32 Output: mount.nfs: Connection timed out"#,
            "mount-nfs",
            "the NFS server does not answer",
        ),
        (
            "FailedMount",
            r#"MountVolume.SetUp failed for volume "media" : mount failed: exit status 32 Output: mount.nfs: access denied by server while mounting nas:/x"#,
            "mount-nfs-denied",
            "refuses the share",
        ),
        (
            "FailedMount",
            r#"Unable to attach or mount volumes: unmounted volumes=[data], unattached volumes=[data]: timed out waiting for the condition"#,
            "mount-timeout",
            "could not be mounted in time",
        ),
        (
            "FailedMount",
            r#"MountVolume.SetUp failed for volume "usb" : hostPath type check failed: /mnt/usb is not a directory"#,
            "mount-path-missing",
            "the path of its volume “usb” is not on the node",
        ),
        (
            "FailedCreatePodSandBox",
            r#"Failed to create pod sandbox: plugin type="flannel" failed (add): failed to delegate add: failed to allocate for range 0: no IP addresses available in range set"#,
            "sandbox-addresses",
            "no address left",
        ),
    ] {
        let mut cluster = with_pod(waiting("ContainerCreating", ""));
        cluster.add(Kind::Event, event("Pod", "app-new-1", reason, text));
        let finding = cluster.app();
        assert_eq!(
            (finding.code, finding.severity),
            (code, Severity::Critical),
            "{text}\n{}",
            finding.sentence
        );
        assert!(finding.sentence.contains(part), "{}", finding.sentence);
    }
    let cluster = with_pod(waiting("ContainerCreating", ""));
    assert_eq!(
        cluster.app().sentence,
        "The containers of the pod “app-new-1” have not been made for 30 minutes, and no event says why."
    );
}

#[test]
fn a_young_pod_is_only_starting() {
    let mut cluster = with_pod(json!({}));
    let mut young = pod("app-new-1", "app-new", waiting("ContainerCreating", ""));
    young["status"]["startTime"] = json!(ago(1));
    young["metadata"]["creationTimestamp"] = json!(ago(1));
    cluster.add(Kind::Pod, young);
    assert_eq!(cluster.well(&app()), "It is starting.");
}

#[test]
fn stuck_terminating() {
    let mut cluster = with_pod(ready());
    cluster.add(Kind::ReplicaSet, replica_set("app-old", "1"));
    let mut ending = pod("app-old-1", "app-old", ready());
    ending["metadata"]["deletionTimestamp"] = json!(ago(40));
    cluster.add(Kind::Pod, ending.clone());
    assert_eq!(
        said(&cluster.app()),
        ("pod-stuck-terminating", Severity::Warning, "The pod “app-old-1” should have ended 40 minutes ago.")
    );
    ending["metadata"]["deletionTimestamp"] = json!(ago(1));
    cluster.add(Kind::Pod, ending);
    assert_eq!(cluster.well(&app()), "Its pod is ready.");
}

#[test]
fn evicted_pods_are_told_once_and_finished_ones_not_at_all() {
    let mut cluster = with_pod(ready());
    cluster.add(Kind::ReplicaSet, replica_set("app-old", "1"));
    for name in ["app-old-1", "app-old-2"] {
        cluster.add(Kind::Pod, pod(name, "app-old", json!({"phase": "Failed", "reason": "Evicted", "startTime": ago(25), "conditions": [{"type": "DisruptionTarget", "status": "True", "lastTransitionTime": ago(20)}],
            "message": "The node was low on resource: ephemeral-storage. Threshold quantity: 1Gi, available: 900Mi. "})));
    }
    assert_eq!(
        said(&cluster.app()),
        (
            "pod-evicted",
            Severity::Warning,
            "2 of its pods were evicted, the last 20 minutes ago: the node was low on resource: ephemeral-storage."
        )
    );
    let mut cluster = with_pod(ready());
    cluster.add(Kind::ReplicaSet, replica_set("app-old", "1"));
    cluster.add(Kind::Pod, pod("app-old-1", "app-old", json!({"phase": "Succeeded"})));
    assert_eq!(cluster.well(&app()), "Its pod is ready.");
}

#[test]
fn a_bare_pod_is_a_workload_of_its_own() {
    let mut bare = pod("tool", "none", waiting("ErrImagePull", "manifest unknown"));
    bare["metadata"]["ownerReferences"] = Value::Null;
    let mut cluster = Cluster::new();
    cluster.add(Kind::Pod, bare.clone());
    let id = ThingId::workload("media", "Pod", "tool");
    assert_eq!(cluster.only(&id).code, "image-pull-tag-missing");
    bare["status"] = json!({"phase": "Succeeded"});
    cluster.add(Kind::Pod, bare);
    assert!(!cluster.picture().things.contains_key(&id), "a pod that came to its end is nothing to look for");
}

#[test]
fn a_bare_pod_that_failed_is_a_task_that_failed() {
    let mut failed = pod(
        "tool",
        "none",
        json!({"phase": "Failed", "containerStatuses": [{"name": "app", "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]}),
    );
    failed["metadata"]["ownerReferences"] = Value::Null;
    let mut cluster = Cluster::new();
    cluster.add(Kind::Pod, failed.clone());
    let id = ThingId::workload("media", "Pod", "tool");
    assert_eq!(
        said(&cluster.only(&id)),
        ("exit-1", Severity::Warning, "The container “app” ended with exit code 1.")
    );
    failed["metadata"]["creationTimestamp"] = json!("2026-06-01T00:00:00Z");
    cluster.add(Kind::Pod, failed);
    assert_eq!(cluster.only(&id).severity, Severity::Note);
}

#[test]
fn pods_that_a_reboot_left_behind_are_nothing() {
    let mut cluster = with_pod(ready());
    let left = json!({"phase": "Failed", "containerStatuses": [{"name": "app", "state": {"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown"}}}]});
    cluster.add(Kind::Pod, pod("app-new-0", "app-new", left));
    assert_eq!(cluster.well(&app()), "Its pod is ready.");
}

#[test]
fn a_staged_status_counts_though_no_node_is_named() {
    let mut cluster = with_pod(json!({}));
    let mut bare = pod("app-new-1", "app-new", waiting("ErrImagePull", "manifest unknown"));
    bare["spec"]["nodeName"] = Value::Null;
    bare["status"]["conditions"] = Value::Null;
    cluster.add(Kind::Pod, bare);
    assert_eq!(cluster.app().code, "image-pull-tag-missing");
}

#[test]
fn a_crash_loop_is_the_same_between_two_starts() {
    let waiting = with_pod(crashing(4, json!({"exitCode": 1, "reason": "Error"}))).app();
    let ended = json!({"phase": "Running", "containerStatuses": [{"name": "app", "restartCount": 4,
        "state": {"terminated": {"exitCode": 1, "reason": "Error"}}}]});
    assert_eq!(said(&with_pod(ended).app()), said(&waiting));
}
