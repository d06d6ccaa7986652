use super::*;
use crate::Severity;
use serde_json::json;

const COMMIT: &str = "main@sha1:0123456789abcdef0123456789abcdef01234567";
const NEWER: &str = "main@sha1:fedcba9876543210fedcba9876543210fedcba98";

fn condition(kind: &str, status: &str, reason: &str, message: &str) -> Value {
    json!({"type": kind, "status": status, "reason": reason, "message": message,
        "lastTransitionTime": "2026-11-23T09:00:00Z", "observedGeneration": 2})
}

fn kustomization(conditions: &[Value], applied: &str) -> Value {
    json!({"apiVersion": "kustomize.toolkit.fluxcd.io/v1", "kind": "Kustomization",
        "metadata": {"namespace": "flux-system", "name": "apps"},
        "spec": {"path": "./apps", "interval": "10m0s", "sourceRef": {"kind": "GitRepository", "name": "fleet"},
            "dependsOn": [{"name": "infra"}]},
        "status": {"conditions": conditions, "lastAppliedRevision": applied, "lastAttemptedRevision": NEWER}})
}

fn repository(conditions: &[Value], revision: &str) -> Value {
    json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "GitRepository",
        "metadata": {"namespace": "flux-system", "name": "fleet"},
        "spec": {"url": "https://github.com/me/fleet.git", "interval": "1m0s", "ref": {"branch": "main"},
            "secretRef": {"name": "fleet-auth"}},
        "status": {"conditions": conditions,
            "artifact": {"revision": revision, "lastUpdateTime": "2026-11-23T09:00:00Z"}}})
}

fn release(conditions: &[Value], extra: &Value) -> Value {
    let mut status = json!({"conditions": conditions, "helmChart": "flux-system/media-jellyfin",
        "lastAttemptedRevision": "2.0.0", "observedGeneration": 2});
    for (key, value) in extra.as_object().unwrap() {
        status[key] = value.clone();
    }
    json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
        "metadata": {"namespace": "media", "name": "jellyfin"},
        "spec": {"interval": "30m", "chart": {"spec": {"chart": "jellyfin", "version": "2.x",
            "sourceRef": {"kind": "HelmRepository", "name": "charts", "namespace": "flux-system"}}}},
        "status": status})
}

fn apps() -> ThingId {
    deployment_id("Kustomization", "flux-system", "apps")
}

fn jellyfin() -> ThingId {
    deployment_id("HelmRelease", "media", "jellyfin")
}

fn ready() -> Value {
    condition("Ready", "True", "ReconciliationSucceeded", "Applied revision: main@sha1:0123")
}

#[test]
fn what_is_well_needs_its_source_and_what_it_depends_on() {
    let picture = picture(&[kustomization(&[ready()], COMMIT), repository(&[ready()], COMMIT)]);
    let thing = &picture.things[&apps()];
    assert_eq!((thing.findings.len(), thing.judged), (0, true));
    assert_eq!(
        thing.needs,
        [
            deployment_id("GitRepository", "flux-system", "fleet"),
            deployment_id("Kustomization", "flux-system", "infra")
        ]
        .into()
    );
    assert_eq!(thing.facts["applied_revision"], "main@01234567".into());
}

#[test]
fn a_source_with_a_credential_that_is_rejected_is_told_with_what_stays() {
    let message = "failed to checkout and determine revision: unable to clone 'https://github.com/me/fleet.git': authentication required";
    let picture = picture(&[repository(
        &[
            condition("Ready", "False", "GitOperationFailed", message),
            condition("FetchFailed", "True", "GitOperationFailed", message),
        ],
        COMMIT,
    )]);
    let finding = only(&picture, &deployment_id("GitRepository", "flux-system", "fleet"));
    assert_eq!(
        finding.sentence,
        "Flux cannot fetch the GitRepository “fleet” from https://github.com/me/fleet.git: its source does not take the \
         credential, or there is none. What it fetched before (main@01234567) stays in use."
    );
    assert_eq!(
        finding.remedy.as_deref(),
        Some(
            "Make a new token or key and put it into the secret that the source names. Its secret is “fleet-auth”. Then: \
             flux reconcile source git fleet -n flux-system"
        )
    );
}

#[test]
fn a_source_whose_signature_is_wrong_is_told() {
    let conditions = [
        condition("Ready", "False", "VerificationError", "failed to verify"),
        condition(
            "SourceVerified",
            "False",
            "VerificationError",
            "failed to verify the signature using provider 'cosign': no matching signatures were found",
        ),
    ];
    let source = json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "OCIRepository",
        "metadata": {"namespace": "flux-system", "name": "app"}, "spec": {"url": "oci://ghcr.io/me/app"},
        "status": {"conditions": conditions}});
    let finding = only(&picture(&[source]), &deployment_id("OCIRepository", "flux-system", "app"));
    assert_eq!(
        finding.sentence,
        "Flux cannot fetch the OCIRepository “app” from oci://ghcr.io/me/app: what was fetched is not what it was said \
         to be: its checksum or signature is wrong. It has never fetched anything."
    );
}

#[test]
fn a_kustomization_whose_path_is_gone_keeps_what_was_applied() {
    let message = "kustomization path not found: stat /tmp/kustomization-1/apps: no such file or directory";
    let conditions = [condition("Ready", "False", "ArtifactFailed", message)];
    let finding = only(&picture(&[kustomization(&conditions, COMMIT)]), &apps());
    assert_eq!(
        finding.sentence,
        "Flux cannot apply the Kustomization “apps”: the folder that it names is not in its repository. What was applied \
         before (main@01234567) stays."
    );
    assert!(
        finding.remedy.unwrap().ends_with("flux reconcile kustomization apps -n flux-system --with-source")
    );
}

#[test]
fn what_waits_for_another_is_not_at_fault() {
    let message = "dependency 'flux-system/infra' is not ready";
    let conditions = [condition("Ready", "False", "DependencyNotReady", message)];
    let finding = only(&picture(&[kustomization(&conditions, COMMIT)]), &apps());
    assert_eq!((finding.code, finding.severity), ("flux-waits", Severity::Note));
    assert_eq!(finding.sentence, "The Kustomization “apps” waits for flux-system/infra to be ready.");
    let message = "dependency 'flux-system/infra' not found: kustomizations.kustomize.toolkit.fluxcd.io \"infra\" not found";
    let conditions = [condition("Ready", "False", "DependencyNotReady", message)];
    assert_eq!(
        only(&picture(&[kustomization(&conditions, COMMIT)]), &apps()).code,
        "flux-dependency-missing"
    );
}

#[test]
fn what_is_applied_and_does_not_get_ready_points_at_the_workload() {
    let message = "timeout waiting for: [Deployment/media/jellyfin status: 'InProgress']";
    let conditions = [condition("Ready", "False", "HealthCheckFailed", message)];
    let picture = picture(&[kustomization(&conditions, COMMIT)]);
    let finding = only(&picture, &apps());
    assert_eq!(
        finding.sentence,
        "The Kustomization “apps” is applied at main@fedcba98, but Deployment jellyfin does not become ready."
    );
    assert!(picture.things[&apps()].needs.contains(&ThingId::workload("media", "Deployment", "jellyfin")));
}

#[test]
fn what_is_suspended_is_a_note_and_its_old_faults_are_not_told() {
    let mut suspended = kustomization(&[condition("Ready", "False", "BuildFailed", "x")], COMMIT);
    suspended["spec"]["suspend"] = json!(true);
    let finding = only(&picture(&[suspended]), &apps());
    assert_eq!((finding.code, finding.severity), ("flux-suspended", Severity::Note));
    assert_eq!(
        finding.remedy.as_deref(),
        Some("When it shall go on: flux resume kustomization apps -n flux-system")
    );
}

#[test]
fn a_revision_that_waits_for_long_is_told() {
    let values = [kustomization(&[ready()], COMMIT), repository(&[ready()], NEWER)];
    let finding = only(&picture(&values), &apps());
    assert_eq!(
        finding.sentence,
        "The Kustomization “apps” still has main@01234567 applied; main@fedcba98 has been there for 3 hours."
    );
    let mut fresh = repository(&[ready()], NEWER);
    fresh["status"]["artifact"]["lastUpdateTime"] = json!("2026-11-23T11:50:00Z");
    assert_eq!(found(&picture(&[kustomization(&[ready()], COMMIT), fresh]), &apps()), []);
}

#[test]
fn work_without_an_end_is_told() {
    let conditions = [condition("Ready", "Unknown", "Progressing", "Reconciliation in progress")];
    assert_eq!(only(&picture(&[kustomization(&conditions, COMMIT)]), &apps()).code, "flux-working");
    let mut fresh = conditions;
    fresh[0]["lastTransitionTime"] = json!("2026-11-23T11:58:00Z");
    assert_eq!(found(&picture(&[kustomization(&fresh, COMMIT)]), &apps()), []);
}

#[test]
fn a_release_that_was_never_installed_is_critical() {
    let message =
        "Helm install failed for release media/jellyfin with chart jellyfin@2.0.0: context deadline exceeded";
    let conditions = [
        condition("Ready", "False", "InstallFailed", message),
        condition("Released", "False", "InstallFailed", message),
    ];
    let finding = only(&picture(&[release(&conditions, &json!({"failures": 1}))]), &jellyfin());
    assert_eq!((finding.code, finding.severity), ("helm-install-failed", Severity::Critical));
    assert_eq!(
        finding.sentence,
        "Flux cannot install the HelmRelease “jellyfin”: what it installs does not become ready in time. It was never \
         installed completely."
    );
}

#[test]
fn a_failed_upgrade_that_went_back_says_what_serves_and_that_it_is_given_up() {
    let failed = "Helm upgrade failed for release media/jellyfin with chart jellyfin@2.0.0: cannot patch \"jellyfin\" with kind StatefulSet: StatefulSet.apps \"jellyfin\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden";
    let conditions = [
        condition("Stalled", "True", "RetriesExceeded", "Failed to upgrade after 3 attempt(s)"),
        condition("Ready", "False", "RetriesExceeded", "Failed to upgrade after 3 attempt(s)"),
        condition("Released", "False", "UpgradeFailed", failed),
        condition(
            "Remediated",
            "True",
            "RollbackSucceeded",
            "Helm rollback to previous release media/jellyfin.v1 with chart jellyfin@1.9.0 succeeded",
        ),
    ];
    let history = json!({"failures": 3, "history": [
        {"chartName": "jellyfin", "chartVersion": "1.9.0", "appVersion": "10.9", "status": "deployed", "version": 3,
         "lastDeployed": "2026-11-23T08:00:00Z"},
        {"chartName": "jellyfin", "chartVersion": "2.0.0", "status": "failed", "version": 2},
        {"chartName": "jellyfin", "chartVersion": "1.8.0", "status": "superseded", "version": 1}]});
    let picture = picture(&[release(&conditions, &history)]);
    let finding = only(&picture, &jellyfin());
    assert_eq!(finding.code, "helm-upgrade-failed");
    assert_eq!(
        finding.sentence,
        "Flux could not upgrade the HelmRelease “jellyfin” to 2.0.0: a field that cannot be changed is to be changed. It \
         went back to 1.9.0, which serves. It is not tried again until something changes."
    );
    assert!(finding.remedy.unwrap().ends_with("flux reconcile helmrelease jellyfin -n media --reset"));
    let thing = &picture.things[&jellyfin()];
    assert_eq!(thing.facts["applied_revision"], "1.9.0".into());
    assert_eq!(thing.facts["app_version"], "10.9".into());
    assert!(thing.needs.contains(&deployment_id("HelmChart", "flux-system", "media-jellyfin")));
}

#[test]
fn a_failed_rollback_is_critical() {
    let conditions = [
        condition(
            "Ready",
            "False",
            "RollbackFailed",
            "Helm rollback to previous release media/jellyfin.v1 failed: timed out waiting for the condition",
        ),
        condition(
            "Released",
            "False",
            "RollbackFailed",
            "Helm rollback failed: timed out waiting for the condition",
        ),
    ];
    let finding = only(&picture(&[release(&conditions, &json!({}))]), &jellyfin());
    assert_eq!((finding.code, finding.severity), ("helm-rollback-failed", Severity::Critical));
}

#[test]
fn retries_of_the_old_kind_are_told_too() {
    let conditions = [
        condition("Ready", "False", "UpgradeFailed", "upgrade retries exhausted"),
        condition(
            "Released",
            "False",
            "UpgradeFailed",
            "Helm upgrade failed: another operation (install/upgrade/rollback) is in progress",
        ),
    ];
    let mut old = release(&conditions, &json!({"lastAppliedRevision": "1.9.0", "upgradeFailures": 4}));
    old["apiVersion"] = json!("helm.toolkit.fluxcd.io/v2beta1");
    let finding = only(&picture(&[old]), &jellyfin());
    assert_eq!(
        finding.sentence,
        "Flux could not upgrade the HelmRelease “jellyfin” to 2.0.0: Helm still counts an earlier operation as running, \
         which was broken off. 1.9.0 was installed before. It is not tried again until something changes."
    );
}

#[test]
fn what_failed_and_is_being_tried_again_still_counts_as_failed() {
    let mut working =
        condition("Ready", "Unknown", "Progressing", "Running 'upgrade' action with timeout of 5m0s");
    working["lastTransitionTime"] = json!("2026-11-23T11:58:00Z");
    let finding = only(&picture(&[release(&[working], &json!({"failures": 2}))]), &jellyfin());
    assert_eq!(finding.code, "helm-tried-again");
}

#[test]
fn a_newer_chart_that_is_not_installed_for_long_is_told() {
    let chart = json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "HelmChart",
        "metadata": {"namespace": "flux-system", "name": "media-jellyfin"},
        "spec": {"chart": "jellyfin", "version": "2.x", "sourceRef": {"kind": "HelmRepository", "name": "charts"}},
        "status": {"conditions": [ready()], "artifact": {"revision": "2.0.0", "lastUpdateTime": "2026-11-23T01:00:00Z"}}});
    let history = json!({"history": [{"chartVersion": "1.9.0+0123abcd", "status": "deployed"}]});
    let picture = picture(&[release(&[ready()], &history), chart]);
    assert_eq!(
        only(&picture, &jellyfin()).sentence,
        "The HelmRelease “jellyfin” still has 1.9.0 applied; 2.0.0 has been there for 11 hours."
    );
}

#[test]
fn a_chart_whose_tag_is_no_version_is_not_behind() {
    let of = |tag: &str, installed: &str| {
        let chart = json!({"apiVersion": "source.toolkit.fluxcd.io/v1", "kind": "OCIRepository",
            "metadata": {"namespace": "media", "name": "jellyfin"}, "spec": {"url": "oci://ghcr.io/me/jellyfin"},
            "status": {"conditions": [ready()], "artifact": {"revision": tag, "lastUpdateTime": "2026-11-23T01:00:00Z"}}});
        let history = json!({"history": [{"chartVersion": installed, "status": "deployed"}]});
        let mut release = release(&[ready()], &history);
        release["spec"] = json!({"chartRef": {"kind": "OCIRepository", "name": "jellyfin"}});
        let findings = found(&picture(&[release, chart]), &jellyfin());
        findings.iter().map(|finding| finding.code).collect::<Vec<_>>()
    };
    let digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    assert_eq!(of(&format!("latest@{digest}"), "1.2.3+0123456789ab"), Vec::<&str>::new());
    assert_eq!(of(digest, "1.2.3"), Vec::<&str>::new());
    assert_eq!(of(&format!("v1.2.3@{digest}"), "1.2.3+0123456789ab"), Vec::<&str>::new());
    assert_eq!(of(&format!("1.2.3_up1.0@{digest}"), "1.2.3+up1.0"), Vec::<&str>::new());
    assert_eq!(of(&format!("1.3.0@{digest}"), "1.2.3+0123456789ab"), ["flux-behind"]);
}
