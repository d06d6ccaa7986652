use super::*;
use crate::Fact;
use serde_json::json;

fn deployment(labels: &Value, annotations: &Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"namespace": "media", "name": "jellyfin", "labels": labels, "annotations": annotations},
        "spec": {"template": {"spec": {"containers": [{"name": "app", "image": "jellyfin:2"}]}}}})
}

fn application(resources: &Value) -> Value {
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
        "metadata": {"namespace": "argocd", "name": "media"},
        "spec": {"destination": {"namespace": "media"}},
        "status": {"sync": {"status": "Synced", "revision": "0123456789abcdef0123456789abcdef01234567"},
            "resources": resources}})
}

fn managed_by(values: &[Value]) -> Option<Fact> {
    let picture = picture(values);
    picture.things[&ThingId::workload("media", "Deployment", "jellyfin")].facts.get("managed_by").cloned()
}

#[test]
fn a_workload_tells_what_brings_it() {
    let none = json!({});
    let listed =
        json!([{"kind": "Deployment", "namespace": "media", "name": "jellyfin", "status": "Synced"}]);
    let argo = Some("argocd/application/media".into());
    assert_eq!(managed_by(&[deployment(&none, &none), application(&listed)]), argo);
    let tracked = json!({"argocd.argoproj.io/tracking-id": "media:apps/Deployment:media/jellyfin"});
    assert_eq!(managed_by(&[deployment(&none, &tracked), application(&none)]), argo);
    let tracked = json!({"argocd.argoproj.io/tracking-id": "argocd_media:apps/Deployment:media/jellyfin"});
    assert_eq!(managed_by(&[deployment(&none, &tracked), application(&none)]), argo);
    let labelled = json!({"app.kubernetes.io/instance": "media"});
    assert_eq!(managed_by(&[deployment(&labelled, &none), application(&none)]), argo);
    assert_eq!(managed_by(&[deployment(&labelled, &none)]), None);
    let kustomized = json!({"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"});
    assert_eq!(managed_by(&[deployment(&kustomized, &none)]), Some("flux-system/kustomization/apps".into()));
    let released = json!({"helm.toolkit.fluxcd.io/name": "jellyfin", "helm.toolkit.fluxcd.io/namespace": "media",
        "kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"});
    assert_eq!(managed_by(&[deployment(&released, &none)]), Some("media/helmrelease/jellyfin".into()));
    assert_eq!(managed_by(&[deployment(&none, &none)]), None);
}

#[test]
fn a_release_of_helm_is_named_whoever_installed_it() {
    let none = json!({});
    let helm = json!({"meta.helm.sh/release-name": "jf", "meta.helm.sh/release-namespace": "media"});
    let seen = picture(&[deployment(&none, &helm)]);
    let thing = &seen.things[&ThingId::workload("media", "Deployment", "jellyfin")];
    assert_eq!(thing.facts["managed_by_title"], "Helm release media/jf".into());
    let chart = json!({"apiVersion": "helm.cattle.io/v1", "kind": "HelmChart",
        "metadata": {"namespace": "kube-system", "name": "jf"}, "spec": {"targetNamespace": "media"}});
    assert_eq!(managed_by(&[deployment(&none, &helm), chart]), Some("kube-system/k3s-helmchart/jf".into()));
}

#[test]
fn what_is_served_is_told_beside_what_is_wanted() {
    let listed =
        json!([{"kind": "Deployment", "namespace": "media", "name": "jellyfin", "status": "Synced"}]);
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "media", "name": "jellyfin-1-x",
            "labels": {"pod-template-hash": "1"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "jellyfin-1", "controller": true}]},
        "spec": {"containers": [{"name": "app", "image": "jellyfin:1"}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "app", "state": {"running": {}},
            "imageID": format!("docker.io/library/jellyfin@sha256:{}", "a".repeat(64))}]}});
    let seen = picture(&[deployment(&json!({}), &json!({})), application(&listed), pod]);
    let thing = &seen.things[&ThingId::workload("media", "Deployment", "jellyfin")];
    assert_eq!(thing.facts["wanted"], "jellyfin:2".into());
    assert_eq!(thing.facts["served"], "jellyfin:1@sha256:aaaaaaaaaaaa…".into());
    assert_eq!(thing.facts["wanted_revision"], "01234567".into());
    assert!(thing.needs.is_empty(), "a failing sync does not stop what serves");
}

#[test]
fn a_release_that_waits_for_what_does_not_start_rests_on_it() {
    let brought =
        json!({"helm.toolkit.fluxcd.io/name": "jellyfin", "helm.toolkit.fluxcd.io/namespace": "media"});
    let mut workload = deployment(&brought, &json!({}));
    workload["metadata"]["creationTimestamp"] = json!("2026-11-01T00:00:00Z");
    let release = |message: &str| {
        json!({"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease",
            "metadata": {"namespace": "media", "name": "jellyfin"}, "spec": {"interval": "30m"},
            "status": {"conditions": [{"type": "Ready", "status": "False", "reason": "UpgradeFailed", "message": message,
                "lastTransitionTime": "2026-11-23T09:00:00Z"}]}})
    };
    let needs = |message: &str| {
        let settings = Settings { now_ms: NOW, ..Settings::default() };
        let seen = crate::examine(&objects(&[workload.clone(), release(message)]), &settings);
        let id = ThingId::workload("media", "Deployment", "jellyfin");
        assert_eq!(seen.things[&id].findings[0].code, "workload-no-pods");
        seen.things[&deployment_id("HelmRelease", "media", "jellyfin")].needs.contains(&id)
    };
    assert!(needs(
        "Helm upgrade failed for release media/jellyfin with chart jellyfin@1.0.0: context deadline exceeded"
    ));
    assert!(!needs("no chart version found for jellyfin-99.0.0"));
}
