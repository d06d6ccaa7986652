//! The kinds that the fake server can have.

use serde_json::{Value, json};

/// A kind of object, as a server's discovery tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FakeKind {
    /// The API group; empty for the core.
    pub group: String,
    /// The versions it is served in, the preferred one first.
    pub versions: Vec<String>,
    /// As in the path.
    pub plural: String,
    /// As in the field `kind`.
    pub kind: String,
    /// Whether it lives in namespaces.
    pub namespaced: bool,
    /// What kubectl takes besides: `po` for pods.
    pub short: Vec<String>,
    /// Whether its status is written at a path of its own, and nowhere else.
    pub status: bool,
    /// Whether a custom resource definition brought it.
    pub custom: bool,
}

/// group, versions, namespaced, status; then (plural, kind, short name).
type Row = (
    &'static str,
    &'static [&'static str],
    bool,
    bool,
    &'static [(&'static str, &'static str, &'static str)],
);

const V1: &[&str] = &["v1"];
const ALPHA: &[&str] = &["v1alpha1"];
const FLUX: &[&str] = &["v1", "v1beta2"];

/// What every server has.
const BUILT_IN: &[Row] = &[
    (
        "",
        V1,
        true,
        true,
        &[
            ("services", "Service", "svc"),
            ("pods", "Pod", "po"),
            ("persistentvolumeclaims", "PersistentVolumeClaim", "pvc"),
        ],
    ),
    (
        "",
        V1,
        true,
        false,
        &[
            ("events", "Event", "ev"),
            ("serviceaccounts", "ServiceAccount", "sa"),
            ("secrets", "Secret", ""),
            ("configmaps", "ConfigMap", "cm"),
        ],
    ),
    (
        "",
        V1,
        false,
        true,
        &[
            ("namespaces", "Namespace", "ns"),
            ("nodes", "Node", "no"),
            ("persistentvolumes", "PersistentVolume", "pv"),
        ],
    ),
    (
        "apps",
        V1,
        true,
        true,
        &[
            ("deployments", "Deployment", "deploy"),
            ("replicasets", "ReplicaSet", "rs"),
            ("statefulsets", "StatefulSet", "sts"),
            ("daemonsets", "DaemonSet", "ds"),
        ],
    ),
    ("batch", V1, true, true, &[("jobs", "Job", ""), ("cronjobs", "CronJob", "cj")]),
    (
        "networking.k8s.io",
        V1,
        true,
        true,
        &[("ingresses", "Ingress", "ing"), ("networkpolicies", "NetworkPolicy", "netpol")],
    ),
    ("networking.k8s.io", V1, false, false, &[("ingressclasses", "IngressClass", "")]),
    ("discovery.k8s.io", V1, true, false, &[("endpointslices", "EndpointSlice", "")]),
    (
        "rbac.authorization.k8s.io",
        V1,
        true,
        false,
        &[("roles", "Role", ""), ("rolebindings", "RoleBinding", "")],
    ),
    (
        "rbac.authorization.k8s.io",
        V1,
        false,
        false,
        &[("clusterroles", "ClusterRole", ""), ("clusterrolebindings", "ClusterRoleBinding", "")],
    ),
    (
        "apiextensions.k8s.io",
        V1,
        false,
        true,
        &[("customresourcedefinitions", "CustomResourceDefinition", "crd")],
    ),
];

/// What custom resource definitions bring.
const CUSTOM: &[Row] = &[
    ("traefik.io", ALPHA, true, false, TRAEFIK),
    ("traefik.containo.us", ALPHA, true, false, TRAEFIK),
    (
        "gateway.networking.k8s.io",
        &["v1", "v1beta1"],
        true,
        true,
        &[("gateways", "Gateway", "gtw"), ("httproutes", "HTTPRoute", "")],
    ),
    (
        "gateway.networking.k8s.io",
        &["v1", "v1beta1"],
        false,
        true,
        &[("gatewayclasses", "GatewayClass", "gc")],
    ),
    ("gateway.networking.k8s.io", &["v1", "v1alpha2"], true, true, &[("grpcroutes", "GRPCRoute", "")]),
    (
        "gateway.networking.k8s.io",
        &["v1", "v1alpha3", "v1alpha2"],
        true,
        true,
        &[("tlsroutes", "TLSRoute", "")],
    ),
    (
        "gateway.networking.k8s.io",
        &["v1beta1"],
        true,
        false,
        &[("referencegrants", "ReferenceGrant", "refgrant")],
    ),
    (
        "cert-manager.io",
        V1,
        true,
        true,
        &[
            ("certificates", "Certificate", "cert"),
            ("certificaterequests", "CertificateRequest", "cr"),
            ("issuers", "Issuer", ""),
        ],
    ),
    ("cert-manager.io", V1, false, true, &[("clusterissuers", "ClusterIssuer", "")]),
    ("acme.cert-manager.io", V1, true, true, &[("orders", "Order", ""), ("challenges", "Challenge", "")]),
    (
        "argoproj.io",
        ALPHA,
        true,
        false,
        &[("applications", "Application", "app"), ("appprojects", "AppProject", "appproj")],
    ),
    ("argoproj.io", ALPHA, true, true, &[("applicationsets", "ApplicationSet", "appset")]),
    (
        "source.toolkit.fluxcd.io",
        FLUX,
        true,
        true,
        &[
            ("gitrepositories", "GitRepository", "gitrepo"),
            ("ocirepositories", "OCIRepository", "ocirepo"),
            ("helmrepositories", "HelmRepository", "helmrepo"),
            ("helmcharts", "HelmChart", ""),
            ("buckets", "Bucket", ""),
        ],
    ),
    ("kustomize.toolkit.fluxcd.io", FLUX, true, true, &[("kustomizations", "Kustomization", "ks")]),
    (
        "helm.toolkit.fluxcd.io",
        &["v2", "v2beta2", "v2beta1"],
        true,
        true,
        &[("helmreleases", "HelmRelease", "hr")],
    ),
    (
        "helm.cattle.io",
        V1,
        true,
        true,
        &[("helmcharts", "HelmChart", ""), ("helmchartconfigs", "HelmChartConfig", "")],
    ),
    (
        "postgresql.cnpg.io",
        V1,
        true,
        true,
        &[
            ("clusters", "Cluster", ""),
            ("scheduledbackups", "ScheduledBackup", ""),
            ("backups", "Backup", ""),
        ],
    ),
    (
        "volsync.backube",
        ALPHA,
        true,
        true,
        &[
            ("replicationsources", "ReplicationSource", ""),
            ("replicationdestinations", "ReplicationDestination", ""),
        ],
    ),
];

const TRAEFIK: &[(&str, &str, &str)] = &[
    ("ingressroutes", "IngressRoute", ""),
    ("ingressroutetcps", "IngressRouteTCP", ""),
    ("ingressrouteudps", "IngressRouteUDP", ""),
    ("middlewares", "Middleware", ""),
    ("middlewaretcps", "MiddlewareTCP", ""),
    ("serverstransports", "ServersTransport", ""),
    ("tlsoptions", "TLSOption", ""),
    ("tlsstores", "TLSStore", ""),
    ("traefikservices", "TraefikService", ""),
];

/// What every server has.
pub(super) fn built_in() -> Vec<FakeKind> {
    from_rows(BUILT_IN, false)
}

/// What custom resource definitions bring: every kind of the groups that are known.
pub fn custom() -> Vec<FakeKind> {
    from_rows(CUSTOM, true)
}

fn from_rows(rows: &[Row], custom: bool) -> Vec<FakeKind> {
    let kinds = rows.iter().flat_map(|(group, versions, namespaced, status, names)| {
        names.iter().map(|(plural, kind, short)| FakeKind {
            group: (*group).to_owned(),
            versions: versions.iter().map(|version| (*version).to_owned()).collect(),
            plural: (*plural).to_owned(),
            kind: (*kind).to_owned(),
            namespaced: *namespaced,
            short: if short.is_empty() { Vec::new() } else { vec![(*short).to_owned()] },
            status: *status,
            custom,
        })
    });
    kinds.collect()
}

impl FakeKind {
    /// What a CustomResourceDefinition (apiextensions.k8s.io/v1) defines, as far as it is served at all.
    pub(super) fn of_definition(definition: &Value) -> Option<Self> {
        let spec = definition.get("spec")?;
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let names = spec.get("names")?;
        let versions = spec.get("versions")?.as_array()?;
        let served =
            versions.iter().filter(|version| version.get("served").and_then(Value::as_bool) != Some(false));
        let mut served: Vec<String> = served.filter_map(|version| text(version, "name")).collect();
        served.sort_by_key(|version| rank(version));
        if served.is_empty() {
            return None;
        }
        let short = names.get("shortNames").and_then(Value::as_array);
        Some(Self {
            group: text(spec, "group")?,
            versions: served,
            plural: text(names, "plural")?,
            kind: text(names, "kind")?,
            namespaced: text(spec, "scope")? == "Namespaced",
            short: short.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect(),
            status: versions.iter().any(|version| version.pointer("/subresources/status").is_some()),
            custom: true,
        })
    }

    /// A definition of it (apiextensions.k8s.io/v1) that takes every field.
    pub fn definition(&self) -> Value {
        let anything =
            json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
        let version = |name: &String| {
            let first = self.versions.first() == Some(name);
            let mut version = json!({"name": name, "served": true, "storage": first, "schema": anything});
            if self.status {
                version["subresources"] = json!({"status": {}});
            }
            version
        };
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {
                "name": self.resource(),
                // Groups of Kubernetes itself are protected (KEP-1111).
                "annotations": {"api-approved.kubernetes.io": "unapproved, for tests only"},
            },
            "spec": {
                "group": self.group, "scope": if self.namespaced { "Namespaced" } else { "Cluster" },
                "names": {"plural": self.plural, "singular": self.kind.to_lowercase(), "kind": self.kind,
                    "listKind": format!("{}List", self.kind), "shortNames": self.short},
                "versions": self.versions.iter().map(version).collect::<Vec<_>>(),
            },
        })
    }

    /// `apiVersion` of the preferred version.
    pub fn api_version(&self) -> String {
        self.api_version_of(self.versions.first().map_or("v1", String::as_str))
    }

    pub(super) fn api_version_of(&self, version: &str) -> String {
        if self.group.is_empty() { version.to_owned() } else { format!("{}/{version}", self.group) }
    }

    /// `deployments.apps`, `pods`: as messages and custom resource definitions name it.
    pub fn resource(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// Whether a test means it by `pods`, `deployments.apps`, `traefik.io` or `Pod`.
    pub(super) fn is_called(&self, name: &str) -> bool {
        name == self.plural
            || name == self.resource()
            || name == self.kind
            || (!self.group.is_empty() && name == self.group)
    }
}

/// The order of Kubernetes: v2 before v1 before v1beta2 before v1alpha1, the rest by name.
fn rank(version: &str) -> (u8, std::cmp::Reverse<u32>, std::cmp::Reverse<u32>, String) {
    let digits = |text: &str| text.parse::<u32>().ok();
    let none = (3, std::cmp::Reverse(0), std::cmp::Reverse(0), version.to_owned());
    let Some(rest) = version.strip_prefix('v') else { return none };
    for (word, stage) in [("beta", 1), ("alpha", 2)] {
        if let Some((major, minor)) = rest.split_once(word) {
            let (Some(major), Some(minor)) = (digits(major), digits(minor)) else { return none };
            return (stage, std::cmp::Reverse(major), std::cmp::Reverse(minor), String::new());
        }
    }
    digits(rest).map_or(none, |major| (0, std::cmp::Reverse(major), std::cmp::Reverse(0), String::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_that_is_read_is_there() {
        let all: Vec<_> = built_in().into_iter().chain(custom()).collect();
        for kind in cluster_model::Kind::ALL {
            let wanted = kind.resource();
            let found = all.iter().find(|one| one.group == wanted.group && one.plural == wanted.plural);
            let found = found.unwrap_or_else(|| panic!("{}.{} is missing", wanted.plural, wanted.group));
            assert_eq!((found.kind.as_str(), found.namespaced), (wanted.kind, wanted.namespaced));
            assert!(found.versions.iter().any(|version| wanted.versions.contains(&version.as_str())));
        }
    }

    #[test]
    fn versions_are_ordered_as_servers_order_them() {
        let mut versions = ["v1alpha1", "v1beta1", "foo", "v2", "v1", "v1beta2", "v11alpha2"];
        versions.sort_by_key(|version| rank(version));
        assert_eq!(versions, ["v2", "v1", "v1beta2", "v1beta1", "v11alpha2", "v1alpha1", "foo"]);
    }

    #[test]
    fn a_definition_says_what_it_brings() {
        let definition = serde_json::json!({"spec": {
            "group": "example.org", "scope": "Namespaced",
            "names": {"plural": "ovens", "kind": "Oven", "shortNames": ["ov"]},
            "versions": [
                {"name": "v1alpha1", "served": true}, {"name": "v1", "served": true, "subresources": {"status": {}}},
                {"name": "v0", "served": false},
            ],
        }});
        let kind = FakeKind::of_definition(&definition).unwrap();
        assert_eq!(
            (kind.resource().as_str(), kind.api_version().as_str()),
            ("ovens.example.org", "example.org/v1")
        );
        assert!(kind.status && kind.namespaced && kind.versions.len() == 2);
        assert_eq!(FakeKind::of_definition(&serde_json::json!({"spec": {}})), None);
        for kind in custom() {
            assert_eq!(FakeKind::of_definition(&kind.definition()), Some(kind));
        }
    }
}
