use super::*;
use crate::Severity;
use serde_json::json;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn application(status: &Value) -> Value {
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
        "metadata": {"namespace": "argocd", "name": "web", "creationTimestamp": "2026-11-01T00:00:00Z"},
        "spec": {"project": "default",
            "source": {"repoURL": "https://github.com/me/fleet.git", "path": "apps/web", "targetRevision": "main"},
            "destination": {"server": "https://kubernetes.default.svc", "namespace": "web"},
            "syncPolicy": {"automated": {"selfHeal": true}}},
        "status": status})
}

fn seen(status: &Value) -> Picture {
    picture(&[application(status)])
}

fn web() -> ThingId {
    deployment_id("Application", "argocd", "web")
}

fn well() -> Value {
    json!({"health": {"status": "Healthy"}, "sync": {"status": "Synced", "revision": COMMIT},
        "reconciledAt": "2026-11-23T11:58:00Z",
        "operationState": {"phase": "Succeeded", "finishedAt": "2026-11-23T11:00:00Z",
            "message": "successfully synced (all tasks run)", "syncResult": {"revision": COMMIT}}})
}

#[test]
fn one_that_is_well_says_what_it_is() {
    let picture = seen(&well());
    let thing = &picture.things[&web()];
    assert_eq!(thing.findings, []);
    assert_eq!(thing.well, "What runs is what the repository has at 01234567.");
    for (key, value) in [
        ("wanted_revision", "01234567"),
        ("applied_revision", "01234567"),
        ("path", "apps/web"),
        ("target_revision", "main"),
        ("last_applied_at", "2026-11-23T11:00:00Z"),
    ] {
        assert_eq!(thing.facts[key], value.into(), "{key}");
    }
}

#[test]
fn healthy_with_a_path_that_is_gone_cannot_be_synced() {
    let mut status = well();
    status["sync"]["status"] = json!("Unknown");
    status["conditions"] = json!([{"type": "ComparisonError", "lastTransitionTime": "2026-11-23T10:00:00Z",
        "message": "Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = apps/web: app path does not exist"}]);
    let finding = only(&seen(&status), &web());
    assert_eq!((finding.code, finding.severity), ("argo-comparison-error", Severity::Warning));
    assert_eq!(
        finding.sentence,
        "Argo CD cannot work out what belongs to “web”: the folder that it names is not in its repository. What runs \
         stays as it was, although Argo CD shows it as Healthy."
    );
    assert!(finding.evidence.ends_with("app path does not exist"));
    assert_eq!(
        finding.remedy.as_deref(),
        Some(
            "Correct the path, or put the folder back into the repository. Then: argocd app get web --hard-refresh"
        )
    );
}

#[test]
fn each_condition_that_stops_it_is_told_once() {
    for (kind, code, message, clause) in [
        (
            "InvalidSpecError",
            "argo-invalid-spec",
            "unable to find destination server: there are no clusters with this name: i-dont-exist",
            "the cluster that it is for is not known to Argo CD",
        ),
        (
            "ComparisonError",
            "argo-comparison-error",
            "Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = failed to list refs: authentication required",
            "its source does not take the credential, or there is none",
        ),
        (
            "SyncError",
            "argo-sync-error",
            "Failed sync attempt to 0123: one or more objects failed to apply, reason: Deployment.apps \"web\" is invalid: spec.selector: field is immutable",
            "a field that cannot be changed is to be changed",
        ),
        ("UnknownError", "argo-unknown-error", "something new", "“something new”"),
    ] {
        let mut status = well();
        status["conditions"] =
            json!([{"type": kind, "message": message}, {"type": "DeletionError", "message": "x"}]);
        let finding = only(&seen(&status), &web());
        if kind != "UnknownError" {
            assert_eq!(finding.code, code);
            assert!(finding.sentence.contains(clause), "{}", finding.sentence);
        }
    }
}

#[test]
fn a_failed_sync_names_the_object_and_why() {
    let mut status = well();
    status["sync"]["status"] = json!("OutOfSync");
    status["operationState"] = json!({"phase": "Failed", "message": "one or more synchronization tasks are not valid",
        "finishedAt": "2026-11-23T11:00:00Z", "syncResult": {"revision": COMMIT, "resources": [
            {"kind": "Service", "name": "web", "namespace": "web", "status": "Synced", "message": "ok"},
            {"kind": "ServiceMonitor", "name": "web", "namespace": "web", "status": "SyncFailed",
             "message": "the server could not find the requested resource"}]}});
    let finding = only(&seen(&status), &web());
    assert_eq!(finding.code, "argo-sync-failed");
    assert_eq!(
        finding.sentence,
        "The last sync of “web” to 01234567 failed at ServiceMonitor web: a kind of object that it uses is not installed \
         in the cluster."
    );
    status["sync"]["status"] = json!("Synced");
    assert_eq!(only(&seen(&status), &web()).severity, Severity::Note);
}

#[test]
fn what_differs_is_told_by_how_it_is_synced() {
    let mut status = well();
    status["sync"]["status"] = json!("OutOfSync");
    status["resources"] = json!([{"kind": "Ingress", "name": "web", "status": "OutOfSync"},
        {"kind": "ConfigMap", "name": "old", "status": "OutOfSync", "requiresPruning": true}]);
    let finding = only(&seen(&status), &web());
    assert_eq!(finding.code, "argo-drift");
    assert_eq!(
        finding.sentence,
        "“web” differs from its repository although it was synced: Ingress web and ConfigMap old (to be deleted)."
    );
    let mut by_hand = application(&status);
    by_hand["spec"]["syncPolicy"] = json!({"automated": {"enabled": false}});
    let finding = only(&picture(&[by_hand]), &web());
    assert_eq!((finding.code, finding.severity), ("argo-waits-for-sync", Severity::Note));
    status["operationState"]["syncResult"]["revision"] = json!("fedcba9876543210fedcba9876543210fedcba98");
    let finding = only(&seen(&status), &web());
    assert_eq!(finding.code, "argo-out-of-sync");
    assert!(finding.sentence.contains("01234567 is not applied yet; fedcba98 is"), "{}", finding.sentence);
    status["operationState"]["phase"] = json!("Running");
    assert_eq!(found(&seen(&status), &web()), []);
}

#[test]
fn a_revision_that_waits_for_long_is_a_warning() {
    let mut status = well();
    status["sync"]["status"] = json!("OutOfSync");
    status["operationState"]["syncResult"]["revision"] = json!("fedcba9876543210fedcba9876543210fedcba98");
    let objects = objects(&[application(&status)]);
    let mut settings = Settings { now_ms: NOW, ..Settings::default() };
    settings.memory.learn(&objects, NOW - 40 * 60_000);
    settings.memory.learn(&objects, NOW);
    let mut picture = Picture::default();
    examine(&objects, &settings, &mut picture);
    let finding = only(&picture, &web());
    assert_eq!(finding.severity, Severity::Warning);
    assert_eq!(
        finding.sentence,
        "Argo CD syncs “web” by itself, but 01234567 is not applied, for 40 minutes already; fedcba98 is."
    );
}

#[test]
fn health_is_told_with_what_it_rests_on() {
    for (health, code, severity) in [
        ("Degraded", Some("argo-degraded"), Severity::Warning),
        ("Missing", Some("argo-missing"), Severity::Warning),
        ("Suspended", Some("argo-suspended"), Severity::Note),
        ("Progressing", Some("argo-progressing"), Severity::Warning),
        ("Healthy", None, Severity::Note),
    ] {
        let mut status = well();
        status["health"] = json!({"status": health, "lastTransitionTime": "2026-11-23T09:00:00Z"});
        status["resources"] = json!([{"kind": "Deployment", "name": "web", "status": "Synced",
            "health": {"status": health, "message": "Deployment \"web\" exceeded its progress deadline"}}]);
        let findings = found(&seen(&status), &web());
        assert_eq!(findings.first().map(|finding| finding.code), code, "{findings:?}");
        assert!(findings.iter().all(|finding| finding.severity == severity), "{findings:?}");
    }
    let mut young = well();
    young["health"] = json!({"status": "Progressing", "lastTransitionTime": "2026-11-23T11:50:00Z"});
    assert_eq!(found(&seen(&young), &web()), []);
}

#[test]
fn what_nobody_looks_at_is_told() {
    let mut skipped = application(&json!({}));
    skipped["metadata"]["annotations"] = json!({"argocd.argoproj.io/skip-reconcile": "true"});
    assert_eq!(only(&picture(&[skipped]), &web()).code, "argo-skipped");
    assert_eq!(only(&seen(&json!({})), &web()).code, "argo-never-compared");
    let mut old = well();
    old["reconciledAt"] = json!("2026-11-20T11:58:00Z");
    let finding = only(&seen(&old), &deployment_id("Controller", "argocd", "argo-cd"));
    assert_eq!(
        finding.sentence,
        "Argo CD has compared no Application for 3 days: what it says of them is old."
    );
    let mut leaving = application(&well());
    leaving["metadata"]["deletionTimestamp"] = json!("2026-11-23T01:00:00Z");
    assert_eq!(only(&picture(&[leaving]), &web()).code, "argo-deletion-stuck");
}

#[test]
fn two_applications_with_the_same_object_are_told() {
    let mut status = well();
    status["conditions"] = json!([{"type": "SharedResourceWarning",
        "message": "Deployment/web is part of applications argocd/web and web2"}]);
    assert_eq!(only(&seen(&status), &web()).code, "argo-shared");
}

#[test]
fn a_set_that_cannot_make_its_applications_is_told_and_one_without_errors_is_well() {
    let set = |error: &str, message: &str| {
        json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet",
            "metadata": {"namespace": "argocd", "name": "all"},
            "status": {"conditions": [
                {"type": "ErrorOccurred", "status": error, "reason": "ApplicationGenerationFromParamsError", "message": message},
                {"type": "ParametersGenerated", "status": "True", "reason": "ParametersGenerated", "message": "x"}]}})
    };
    let id = deployment_id("ApplicationSet", "argocd", "all");
    let picture_of =
        picture(&[set("True", "error generating params: failed to list refs: authentication required")]);
    let finding = only(&picture_of, &id);
    assert_eq!(
        finding.sentence,
        "Argo CD cannot make the Applications of the ApplicationSet “all”: its source does not take the credential, or \
         there is none. Those that exist stay as they are."
    );
    assert_eq!(found(&picture(&[set("False", "Successfully generated parameters")]), &id), []);
}

#[test]
fn absurd_statuses_are_as_if_they_were_not_there() {
    for status in [
        json!(7),
        json!([]),
        json!({"conditions": {"a": 1}, "sync": "x", "operationState": [], "history": 3}),
    ] {
        let picture = seen(&status);
        assert!(picture.things.contains_key(&web()));
    }
}

#[test]
fn what_is_not_healthy_points_at_the_workload() {
    let mut status = well();
    status["health"] = json!({"status": "Degraded"});
    status["resources"] = json!([
        {"kind": "Deployment", "namespace": "web", "name": "web", "status": "Synced", "health": {"status": "Degraded"}},
        {"kind": "Deployment", "namespace": "web", "name": "cache", "status": "Synced", "health": {"status": "Healthy"}},
        {"kind": "Service", "namespace": "web", "name": "web", "status": "Synced"}]);
    assert_eq!(seen(&status).things[&web()].needs, [ThingId::workload("web", "Deployment", "web")].into());
    status["health"] = json!({"status": "Healthy"});
    assert!(seen(&status).things[&web()].needs.is_empty());
}
