//! What is asked besides objects: last lines of containers, and how full volumes are.

use super::house::{PATIENCE, health, hub, view};
use hob_testkit::fake_cluster::FakeCluster;
use std::time::Duration;

const CRASHING: &str = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db, namespace: media, uid: s1}\n\
    spec: {replicas: 1, selector: {matchLabels: {app: db}}}\n---\n\
    apiVersion: v1\nkind: Pod\nmetadata:\n  name: db-0\n  namespace: media\n  uid: p1\n  labels: {app: db}\n\
    \x20 ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: db, uid: s1, controller: true}]\n\
    spec: {nodeName: a, containers: [{name: db, image: \"postgres:17\"}]}\n\
    status:\n  phase: Running\n  startTime: \"2026-01-01T00:00:00Z\"\n\
    \x20 conditions: [{type: PodScheduled, status: \"True\"}, {type: Ready, status: \"False\"}]\n\
    \x20 containerStatuses:\n  - name: db\n    ready: false\n    restartCount: 7\n    image: \"postgres:17\"\n\
    \x20   state: {waiting: {reason: CrashLoopBackOff, message: \"back-off 5m0s restarting failed container\"}}\n\
    \x20   lastState: {terminated: {exitCode: 1, reason: Error, finishedAt: \"2026-01-01T00:10:00Z\"}}\n";

const WORKLOAD: &str = "workload/home/media/statefulset/db";

#[tokio::test(flavor = "multi_thread")]
async fn the_last_lines_of_what_fell_over_are_told_once() {
    let cluster = FakeCluster::start().await;
    cluster.apply_yaml(CRASHING);
    cluster.set_log(
        "media",
        "db-0",
        "db",
        true,
        "starting\n\u{1b}[31mFATAL: could not write lock file: No space left on device\u{1b}[0m\n",
    );
    let hub = hub(&cluster).await;
    hub.wait_until("it is told", PATIENCE, |ctx| {
        let resource = ctx.resources.get(&WORKLOAD.parse().unwrap());
        resource.is_some_and(|resource| {
            resource.health.evidence.contains("FATAL: could not write lock file: No space left on device")
        })
    })
    .await;
    let resource = hub.ctx().resources.get(&WORKLOAD.parse().unwrap()).unwrap();
    let kept = crate::evidence::evidence(hub.ctx(), &resource);
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(kept[0].title, "Last lines of db in db-0");
    assert_eq!(cluster.count("get", "pods/log"), 1);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_that_are_not_permitted_are_a_gap() {
    let cluster = FakeCluster::start().await;
    cluster.forbid("pods/log");
    cluster.apply_yaml(CRASHING);
    let hub = hub(&cluster).await;
    hub.wait_until("it is broken all the same", PATIENCE, |ctx| {
        health(ctx, WORKLOAD).starts_with("critical")
    })
    .await;
    cluster.apply_yaml("apiVersion: v1\nkind: Namespace\nmetadata: {name: another}\n");
    hub.wait_until("the gap is named", PATIENCE, |ctx| {
        view(ctx, "home").gaps.iter().any(|gap| gap.what == "pods/log" && gap.grants.contains("pods/log"))
    })
    .await;
    hub.stop().await;
}

const CLAIM: &str = "apiVersion: v1\nkind: Node\nmetadata: {name: a}\n\
    status: {conditions: [{type: Ready, status: \"True\"}], addresses: [{type: InternalIP, address: 127.0.0.1}]}\n---\n\
    apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: config, namespace: media}\n\
    spec: {accessModes: [ReadWriteOnce], volumeName: pv1, resources: {requests: {storage: 1Gi}}}\nstatus: {phase: Bound}\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_volume_that_is_almost_full_is_said() {
    let cluster = FakeCluster::start().await;
    cluster.apply_yaml(CLAIM);
    let stats = r#"{"pods":[{"volume":[{"name":"v","usedBytes":990,"capacityBytes":1000,"pvcRef":{"name":"config","namespace":"media"}}]}]}"#;
    cluster.set_answer("/api/v1/nodes/a/proxy/stats/summary", 200, "application/json", stats);
    let hub = hub(&cluster).await;
    hub.wait_until("it is said", PATIENCE, |ctx| {
        health(ctx, "volume/home/media/config").starts_with("critical")
    })
    .await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn kubelets_that_may_not_be_asked_are_a_gap() {
    let cluster = FakeCluster::start().await;
    cluster.apply_yaml(CLAIM);
    cluster.set_answer(
        "/api/v1/nodes/a/proxy/stats/summary",
        403,
        "application/json",
        r#"{"kind":"Status","code":403,"message":"nodes \"a\" is forbidden"}"#,
    );
    let hub = hub(&cluster).await;
    hub.wait_until("the gap is named", PATIENCE + Duration::from_secs(10), |ctx| {
        view(ctx, "home").gaps.iter().any(|gap| gap.what == "nodes/stats")
    })
    .await;
    hub.stop().await;
}
