//! Which of the kinds that Hob understands a cluster has, and under which path.

use crate::client::{Api, Fault, Trouble};
use cluster_model::Kind;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long one question may take.
const WITHIN: Duration = Duration::from_secs(20);

/// What a cluster has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Served {
    /// The path under which each kind is: `/apis/traefik.io/v1alpha1`.
    pub(crate) paths: BTreeMap<Kind, String>,
    /// Kinds of groups that did not answer: nobody knows whether they are there.
    pub(crate) unclear: BTreeSet<Kind>,
    /// `v1.33.4+k3s1`.
    pub(crate) version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Version {
    #[serde(rename = "gitVersion")]
    git_version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GroupList {
    groups: Vec<Group>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Group {
    name: String,
    versions: Vec<GroupVersion>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct GroupVersion {
    version: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct ResourceList {
    resources: Vec<Resource>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resource {
    name: String,
    verbs: Vec<String>,
}

impl ResourceList {
    /// Whether the kind is there and can be listed.
    fn lists(&self, plural: &str) -> bool {
        let found = self.resources.iter().find(|resource| resource.name == plural);
        found.is_some_and(|resource| {
            resource.verbs.is_empty() || resource.verbs.iter().any(|verb| verb == "list")
        })
    }
}

/// The version of the server; empty where it does not say.
///
/// # Errors
/// When nobody answers, or not to us.
pub(crate) async fn version(api: &Api, within: Duration) -> Result<String, Trouble> {
    match api.get::<Version>("/version", within).await {
        Ok(version) => Ok(version.git_version),
        // It answers: that is what is asked here.
        Err(trouble) if matches!(trouble.fault, Fault::Forbidden | Fault::NotFound) => Ok(String::new()),
        Err(trouble) => Err(trouble),
    }
}

/// Asks what the cluster has.
///
/// # Errors
/// When it does not say even of its core.
pub(crate) async fn discover(api: &Api) -> Result<Served, Trouble> {
    let mut served = Served { version: version(api, WITHIN).await?, ..Served::default() };
    let groups: GroupList = api.get("/apis", WITHIN).await?;
    for group in groups_wanted() {
        let kinds = kinds_of(group);
        let versions = match groups.groups.iter().find(|have| have.name == group) {
            _ if group.is_empty() => vec!["v1".to_owned()],
            Some(have) => in_order(
                &kinds,
                &have.versions.iter().map(|version| version.version.as_str()).collect::<Vec<_>>(),
            ),
            None => continue,
        };
        let mut open: BTreeSet<Kind> = kinds.iter().copied().collect();
        let mut silent = false;
        for version in versions {
            if open.is_empty() {
                break;
            }
            let path =
                if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
            match api.get::<ResourceList>(&path, WITHIN).await {
                Ok(list) => open.retain(|kind| {
                    let there = list.lists(kind.resource().plural);
                    if there {
                        served.paths.insert(*kind, path.clone());
                    }
                    !there
                }),
                Err(trouble) if trouble.fault == Fault::NotFound => {}
                Err(trouble) if group.is_empty() => return Err(trouble),
                Err(_) => silent = true,
            }
        }
        if silent {
            served.unclear.extend(open);
        }
    }
    Ok(served)
}

fn groups_wanted() -> BTreeSet<&'static str> {
    Kind::ALL.iter().map(|kind| kind.resource().group).collect()
}

fn kinds_of(group: &str) -> Vec<Kind> {
    Kind::ALL.iter().copied().filter(|kind| kind.resource().group == group).collect()
}

/// The versions that a server has, those that are understood first and in our order.
fn in_order(kinds: &[Kind], have: &[&str]) -> Vec<String> {
    let mut order: Vec<String> = Vec::new();
    let understood = kinds.iter().flat_map(|kind| kind.resource().versions.iter().copied());
    for version in understood.filter(|version| have.contains(version)).chain(have.iter().copied()) {
        if !order.iter().any(|known| known == version) {
            order.push(version.to_owned());
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_understood_is_asked_for_first_and_the_rest_after_it() {
        assert_eq!(
            in_order(&[Kind::HelmRelease], &["v2beta1", "v3alpha1", "v2"]),
            ["v2", "v2beta1", "v3alpha1"]
        );
        assert_eq!(in_order(&[Kind::CronJob], &["v1"]), ["v1"]);
    }

    #[test]
    fn a_kind_that_cannot_be_listed_is_not_there() {
        let list: ResourceList = serde_json::from_str(
            r#"{"resources":[{"name":"pods","verbs":["get","list","watch"]},{"name":"bindings","verbs":["create"]},{"name":"pods/log"}]}"#,
        )
        .unwrap();
        assert!(list.lists("pods") && !list.lists("bindings") && !list.lists("nodes"));
    }
}
