//! What a server says of itself: groups, kinds, and just enough of OpenAPI for kubectl to leave checking to the server.

use super::kinds::FakeKind;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const VERBS: &[&str] = &["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// `/api`.
pub(super) fn core_versions(address: &str) -> Value {
    json!({
        "kind": "APIVersions", "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}],
    })
}

/// `/apis`.
pub(super) fn groups(kinds: &[FakeKind]) -> Value {
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": versions(kinds).iter().map(group_of).collect::<Vec<_>>()})
}

/// `/apis/GROUP`.
pub(super) fn group(kinds: &[FakeKind], name: &str) -> Option<Value> {
    let mut group = versions(kinds).iter().find(|(group, _)| group.as_str() == name).map(group_of)?;
    group["kind"] = "APIGroup".into();
    group["apiVersion"] = "v1".into();
    Some(group)
}

/// `/api/v1` and `/apis/GROUP/VERSION`.
pub(super) fn resources(kinds: &[FakeKind], group: &str, version: &str) -> Option<Value> {
    let served =
        kinds.iter().filter(|kind| kind.group == group && kind.versions.iter().any(|one| one == version));
    let mut resources = Vec::new();
    for kind in served {
        let resource = |name: String, verbs: &[&str]| {
            json!({
                "name": name, "singularName": kind.kind.to_lowercase(), "namespaced": kind.namespaced,
                "kind": kind.kind, "verbs": verbs, "shortNames": kind.short,
            })
        };
        resources.push(resource(kind.plural.clone(), VERBS));
        if kind.status {
            resources.push(resource(format!("{}/status", kind.plural), &["get", "patch", "update"]));
        }
        if kind.group.is_empty() && kind.plural == "pods" {
            resources.push(resource("pods/log".to_owned(), &["get"]));
        }
    }
    if resources.is_empty() {
        return None;
    }
    let name = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    Some(json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": resources}))
}

/// The groups but the core, each with its versions.
fn versions(kinds: &[FakeKind]) -> BTreeMap<String, Vec<String>> {
    let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for kind in kinds.iter().filter(|kind| !kind.group.is_empty()) {
        let known = groups.entry(kind.group.clone()).or_default();
        for version in &kind.versions {
            if !known.contains(version) {
                known.push(version.clone());
            }
        }
    }
    groups
}

fn group_of((name, versions): (&String, &Vec<String>)) -> Value {
    let version = |version: &String| json!({"groupVersion": format!("{name}/{version}"), "version": version});
    json!({
        "name": name, "versions": versions.iter().map(version).collect::<Vec<_>>(),
        "preferredVersion": versions.first().map(version),
    })
}

/// `/openapi/v3`: where the description of each group is.
pub(super) fn openapi_index(kinds: &[FakeKind]) -> Value {
    let mut paths = Map::new();
    for kind in kinds {
        for version in &kind.versions {
            let path = root(&kind.group, version);
            paths.insert(path.clone(), json!({"serverRelativeURL": format!("/openapi/v3/{path}?hash=0")}));
        }
    }
    json!({"paths": paths})
}

/// `/openapi/v3/apis/GROUP/VERSION`: that the server itself checks fields. Newer kubectl looks for this before it applies.
pub(super) fn openapi(kinds: &[FakeKind], path: &str) -> Value {
    let mut paths = Map::new();
    for kind in kinds {
        for version in kind.versions.iter().filter(|version| root(&kind.group, version) == path) {
            let patch = json!({
                "parameters": [{"name": "fieldValidation", "in": "query", "schema": {"type": "string"}}],
                "x-kubernetes-group-version-kind": {"group": kind.group, "version": version, "kind": kind.kind},
                "responses": {"200": {"description": "OK"}},
            });
            let space = if kind.namespaced { "namespaces/{namespace}/" } else { "" };
            let at = format!("/{path}/{space}{}/{{name}}", kind.plural);
            paths.insert(at, json!({"patch": patch}));
        }
    }
    json!({"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "fake"}, "paths": paths, "components": {}})
}

fn root(group: &str, version: &str) -> String {
    if group.is_empty() { format!("api/{version}") } else { format!("apis/{group}/{version}") }
}

#[cfg(test)]
mod tests {
    use super::super::kinds;
    use super::*;

    #[test]
    fn groups_and_kinds_are_told() {
        let all: Vec<_> = kinds::built_in().into_iter().chain(kinds::custom()).collect();
        let gateway = group(&all, "gateway.networking.k8s.io").unwrap();
        assert_eq!(gateway["preferredVersion"]["version"], "v1");
        let v1 = resources(&all, "", "v1").unwrap();
        let names: Vec<_> =
            v1["resources"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
        assert!(
            names.contains(&"pods/log") && names.contains(&"nodes/status") && !names.contains(&"deployments")
        );
        assert!(resources(&all, "apps", "v2").is_none() && group(&all, "example.org").is_none());
        assert!(groups(&all)["groups"].as_array().unwrap().len() > 10);
    }
}
