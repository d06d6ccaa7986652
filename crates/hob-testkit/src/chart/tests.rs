use super::*;
use crate::real_cluster::RealCluster;
use cluster_model::Kind;
use std::collections::BTreeSet;

/// What comes before the chart's own objects in the plain manifests.
const HEAD: &str = "# Hob in a cluster, without Helm:  kubectl apply -f deploy/kubernetes/hob.yaml
#
# Written from the chart beside it with its own values (docs/kubernetes.md says which there are); a test keeps both equal,
# and `HOB_WRITE=1 cargo test -p hob-testkit plain_manifests` writes this file anew.
---
apiVersion: v1
kind: Namespace
metadata:
  name: hob
  labels:
    pod-security.kubernetes.io/enforce: restricted
";

fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|object| object["kind"] == kind).collect()
}

fn texts(list: &Value) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Group and resource of everything that a role lets list.
fn listed(role: &Value) -> BTreeSet<(String, String)> {
    let rules =
        role["rules"].as_array().unwrap().iter().filter(|rule| texts(&rule["verbs"]).contains("list"));
    rules
        .flat_map(|rule| {
            let resources = texts(&rule["resources"]);
            let pairs = texts(&rule["apiGroups"]).into_iter();
            pairs.flat_map(move |group| resources.clone().into_iter().map(move |one| (group.clone(), one)))
        })
        .collect()
}

fn wanted(pick: impl Fn(Kind) -> bool) -> BTreeSet<(String, String)> {
    let kinds = Kind::ALL.iter().copied().filter(|kind| pick(*kind)).map(Kind::resource);
    kinds.map(|kind| (kind.group.to_owned(), kind.plural.to_owned())).collect()
}

#[test]
fn hob_may_read_exactly_what_it_reads() {
    let plain = objects("hob", "hob", &json!({}));
    let role = of_kind(&plain, "ClusterRole");
    assert_eq!(listed(role[0]), wanted(|kind| kind != Kind::Secret));
    let everything = objects("hob", "hob", &json!({"readSecrets": true}));
    assert_eq!(listed(of_kind(&everything, "ClusterRole")[0]), wanted(|_| true));
    let few = objects("hob", "hob", &json!({"readSecrets": true, "namespaces": ["media", "web"]}));
    assert_eq!(listed(of_kind(&few, "ClusterRole")[0]), wanted(|kind| !kind.resource().namespaced));
    let roles = of_kind(&few, "Role");
    assert_eq!(
        roles.iter().map(|role| role["metadata"]["namespace"].as_str().unwrap()).collect::<Vec<_>>(),
        ["media", "web"]
    );
    assert!(roles.iter().all(|role| listed(role) == wanted(|kind| kind.resource().namespaced)));
    assert_eq!(of_kind(&few, "RoleBinding").len(), 2);
    for role in plain.iter().chain(&everything).chain(&few).filter(|object| object["rules"].is_array()) {
        for rule in role["rules"].as_array().unwrap() {
            let (verbs, resources) = (texts(&rule["verbs"]), texts(&rule["resources"]));
            assert!(verbs.is_subset(&["get", "list", "watch"].map(str::to_owned).into()), "{rule}");
            assert!(!resources.contains("*") && !resources.contains("nodes/proxy"), "{rule}");
        }
    }
    let none = objects("hob", "hob", &json!({"readLogs": false, "readVolumeUsage": false}));
    let text = of_kind(&none, "ClusterRole")[0].to_string();
    assert!(!text.contains("pods/log") && !text.contains("nodes/stats"), "{text}");
}

#[test]
fn the_pod_runs_with_as_little_as_it_can() {
    let objects = objects("hob", "home", &json!({}));
    let pod = &of_kind(&objects, "Deployment")[0]["spec"]["template"]["spec"];
    assert_eq!(pod["securityContext"]["runAsNonRoot"], true);
    assert_eq!(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault");
    let container = &pod["containers"][0];
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
    assert_eq!(container["securityContext"]["allowPrivilegeEscalation"], false);
    assert_eq!(container["securityContext"]["capabilities"]["drop"], json!(["ALL"]));
    assert_eq!(container["livenessProbe"]["httpGet"]["path"], "/healthz");
    assert_eq!(container["readinessProbe"]["httpGet"]["path"], "/readyz");
    assert!(
        objects
            .iter()
            .all(|object| object["metadata"]["namespace"].as_str().is_none_or(|space| space == "home"))
    );
    let labels = &of_kind(&objects, "Deployment")[0]["spec"]["template"]["metadata"]["labels"];
    for selector in [
        &of_kind(&objects, "Service")[0]["spec"]["selector"],
        &of_kind(&objects, "Deployment")[0]["spec"]["selector"]["matchLabels"],
        &of_kind(&objects, "NetworkPolicy")[0]["spec"]["podSelector"]["matchLabels"],
    ] {
        assert_eq!(selector, labels);
    }
}

/// Everything that can be chosen, chosen.
fn all_chosen() -> Value {
    json!({
        "image": {"pullSecrets": ["ghcr"]}, "namespaces": ["default"], "readSecrets": true, "envSecrets": ["hob"],
        "config": "[push]\nbase_url = \"https://push.home.test\"\n", "timezone": "Europe/Zurich",
        "persistence": {"storageClass": "local-path"}, "nodeSelector": {"kubernetes.io/arch": "amd64"},
        "tolerations": [{"key": "a", "operator": "Exists"}], "podAnnotations": {"a/b": "c"},
        "ingress": {"enabled": true, "className": "traefik", "annotations": {"a/b": "true"}, "tlsSecret": "home"},
        "httpRoute": {"enabled": true, "sectionName": "web"}, "ingressRoute": {"enabled": true, "certResolver": "le"},
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "x", "operator": "Exists"}]}]}}},
    })
}

#[test]
fn what_is_chosen_is_there_and_what_is_not_leaves_no_trace() {
    let all = objects("hob", "hob", &all_chosen());
    let text = of_kind(&all, "ConfigMap")[0]["data"]["hob.toml"].as_str().unwrap().to_owned();
    assert!(text.contains("namespaces = [\"default\"]") && text.contains("secrets = \"auto\""), "{text}");
    assert!(text.ends_with("[push]\nbase_url = \"https://push.home.test\"\n"), "{text}");
    for kind in ["Ingress", "HTTPRoute", "IngressRoute", "PersistentVolumeClaim"] {
        assert_eq!(of_kind(&all, kind).len(), 1, "{kind}");
    }
    let none = json!({"persistence": {"enabled": false}, "networkPolicy": {"enabled": false}});
    let few: Vec<String> =
        objects("hob", "hob", &none).iter().map(|one| one["kind"].as_str().unwrap().to_owned()).collect();
    let wanted =
        ["ServiceAccount", "ClusterRole", "ClusterRoleBinding", "ConfigMap", "Deployment", "Service"];
    assert_eq!(few, wanted);
    let mine = objects("hob", "hob", &json!({"persistence": {"existingClaim": "mine"}}));
    assert!(of_kind(&mine, "PersistentVolumeClaim").is_empty());
    let volumes = &of_kind(&mine, "Deployment")[0]["spec"]["template"]["spec"]["volumes"];
    assert_eq!(volumes[0]["persistentVolumeClaim"]["claimName"], "mine");
}

#[test]
fn the_plain_manifests_say_what_the_chart_says() {
    let file = folder().join("../hob.yaml");
    let rendered = format!("{HEAD}{}", render("hob", "hob", &json!({})).replace(": Helm\n", ": kubectl\n"));
    if std::env::var_os("HOB_WRITE").is_some_and(|value| value == "1") {
        std::fs::write(&file, &rendered).unwrap();
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        there == rendered,
        "deploy/kubernetes/hob.yaml is not what the chart says: HOB_WRITE=1 cargo test -p hob-testkit plain_manifests"
    );
}

/// What Helm itself makes of the chart.
#[test]
fn helm_says_the_same() {
    let Some(helm) = crate::kubectl::on_path("helm") else {
        eprintln!("skipped: helm is not installed; the chart was rendered by the crate go-template only");
        return;
    };
    for over in [json!({}), all_chosen()] {
        let values = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(values.path(), over.to_string()).unwrap();
        let mut command = std::process::Command::new(&helm);
        command.args(["template", "hob", "--namespace", "hob", "--values"]).arg(values.path()).arg(folder());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let key = |object: &Value| (object["kind"].to_string(), object["metadata"]["namespace"].to_string());
        let mut theirs = crate::yaml::objects(&String::from_utf8_lossy(&output.stdout)).unwrap();
        let mut ours = objects("hob", "hob", &over);
        theirs.sort_by_key(key);
        ours.sort_by_key(key);
        assert_eq!(theirs, ours);
    }
}

/// A real server knows every field, and says when one is misspelt or of another type.
#[tokio::test]
async fn on_kube_apiserver_1_20_the_chart_and_the_manifests_are_taken() {
    let Some(cluster) = RealCluster::builder().start_or_skip().await else { return };
    cluster.install_definitions(&[]).await;
    let file = folder().join("../hob.yaml").display().to_string();
    cluster.kubectl(&["apply", "--dry-run=client", "-f", &file], "").await.unwrap();
    cluster.kubectl(&["create", "namespace", "hob"], "").await.unwrap();
    cluster.kubectl(&["apply", "--dry-run=server", "-f", &file], "").await.unwrap();
    let all = render("hob", "hob", &all_chosen());
    cluster.kubectl(&["apply", "--dry-run=server", "-f", "-"], &all).await.unwrap();
    cluster.apply_yaml(&std::fs::read_to_string(&file).unwrap()).await;
    let account = cluster.kubeconfig_of_account("hob", "hob").await;
    for (what, may) in [
        ("list pods", true),
        ("watch events", true),
        ("get pods --subresource=log", true),
        ("list secrets", false),
        ("delete pods", false),
        ("create pods", false),
        ("get nodes --subresource=proxy", false),
    ] {
        let arguments: Vec<&str> = ["auth", "can-i", "-A"].into_iter().chain(what.split(' ')).collect();
        let said = cluster.kubectl_as(&account, &arguments, "").await;
        assert_eq!(said.is_ok(), may, "{what}: {said:?}");
    }
}
