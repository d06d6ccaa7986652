//! The secrets with which images are pulled: whether they are there, can be read, and are for those images at all. Whether
//! a registry takes them is asked elsewhere.

use super::keyring::is_for;
use super::pulls::Pull;
use super::words::listed;
use crate::objects::{DOCKER_CFG, DOCKER_CONFIG_JSON, Registry, Secret};
use crate::picture::ObjectRef;
use crate::{Finding, Kind, Objects, Picture, Settings, Severity, ThingId};
use registry_probe::Reference;
use std::collections::{BTreeMap, BTreeSet};

/// Who names a secret for which images.
#[derive(Default)]
struct Use<'a> {
    images: BTreeSet<&'a str>,
    users: BTreeSet<&'a ThingId>,
}

/// Adds the credentials to the picture.
pub(super) fn examine(objects: &Objects, settings: &Settings, pulls: &[Pull], picture: &mut Picture) {
    let mut uses: BTreeMap<(&str, &str), Use<'_>> = BTreeMap::new();
    for pull in pulls {
        for secret in &pull.secrets {
            let used = uses.entry((&*pull.namespace, &**secret)).or_default();
            used.images.insert(&*pull.image);
            used.users.extend(&pull.used_by);
        }
        let id = ThingId::image(&pull.image);
        for login in pull.logins.iter().take(1) {
            picture.thing(id.clone()).needs.insert(ThingId::credential(&login.namespace, &login.secret));
        }
    }
    let are_read = !settings.unread.contains(&Kind::Secret);
    for ((namespace, name), used) in uses {
        let secret = objects.secrets.get(namespace, name);
        let thing = picture.thing(ThingId::credential(namespace, name));
        thing.objects.insert(ObjectRef::new("Secret", namespace, name));
        thing.fact("namespace", namespace).fact("secret", name);
        thing.fact("images", i64::try_from(used.images.len()).unwrap_or(i64::MAX));
        thing.fact("used_by", i64::try_from(used.users.len()).unwrap_or(i64::MAX));
        if !are_read {
            continue;
        }
        thing.judged = true;
        if let Some(registries) = secret.map(|secret| registries(secret)).filter(|text| !text.is_empty()) {
            thing.well = format!("It holds a login for {registries}.");
            thing.fact("registries", registries);
        }
        for finding in judge(objects, namespace, name, secret.map(AsRef::as_ref), &used) {
            thing.find(finding);
        }
    }
}

/// “ghcr.io as me and nas.lan:5000 as you”.
fn registries(secret: &Secret) -> String {
    let of = |registry: &Registry| match &registry.user {
        Some(user) => format!("{} as {user}", registry.key),
        None => registry.key.to_string(),
    };
    secret
        .pull
        .as_ref()
        .map(|pull| listed(&pull.registries().map(of).collect::<Vec<_>>()))
        .unwrap_or_default()
}

fn judge(
    objects: &Objects,
    namespace: &str,
    name: &str,
    secret: Option<&Secret>,
    used: &Use<'_>,
) -> Vec<Finding> {
    let object = ObjectRef::new("Secret", namespace, name);
    let Some(secret) = secret else { return vec![missing(objects, object, used)] };
    let Some(pull) = &secret.pull else { return vec![wrong_type(object, &secret.kind)] };
    if let Some(problem) = pull.problem() {
        let sentence = format!(
            "The kubelet cannot read the pull secret “{name}” in namespace “{namespace}”: images are pulled as if it \
             were not there."
        );
        let finding = Finding::new("pull-secret-unreadable", Severity::Warning, object, sentence);
        return vec![finding.evidence(problem).field("data").remedy(create(namespace, name))];
    }
    let mut findings = Vec::new();
    let tokens: Vec<&str> =
        pull.registries().filter(|entry| entry.is_token).map(|entry| &*entry.key).collect();
    if !tokens.is_empty() {
        let sentence = format!(
            "The pull secret “{name}” holds a token for {} where the kubelet reads a name and a password only, so \
             that it is not used.",
            listed(&tokens)
        );
        let finding = Finding::new("pull-secret-token", Severity::Warning, object.clone(), sentence);
        findings.push(finding.field("data").remedy(create(namespace, name)));
    }
    findings.extend(unused(object, pull.registries(), used));
    findings
}

fn missing(objects: &Objects, object: ObjectRef, used: &Use<'_>) -> Finding {
    let (namespace, name) = (object.namespace.clone(), object.name.clone());
    let elsewhere: Vec<&str> = objects
        .secrets
        .iter()
        .filter(|secret| *secret.metadata.name == *name && secret.pull.is_some())
        .map(|secret| &*secret.metadata.namespace)
        .collect();
    let who = users(used);
    let (sentence, remedy) = match elsewhere.first() {
        Some(other) => (
            format!(
                "{who} in namespace “{namespace}” name the pull secret “{name}”, which exists in namespace {} only: \
                 secrets are not shared between namespaces.",
                listed(&elsewhere.iter().map(|other| format!("“{other}”")).collect::<Vec<_>>())
            ),
            format!(
                "Copy it: kubectl get secret {name} -n {other} -o yaml | sed 's/namespace: {other}/namespace: \
                 {namespace}/' | kubectl apply -f -"
            ),
        ),
        None => (
            format!(
                "{who} in namespace “{namespace}” name the pull secret “{name}”, which does not exist there, or is \
                 of a type that holds no login for a registry."
            ),
            create(&namespace, &name),
        ),
    };
    Finding::new("pull-secret-missing", Severity::Warning, object, sentence)
        .field("spec.imagePullSecrets")
        .remedy(remedy)
}

fn wrong_type(object: ObjectRef, kind: &str) -> Finding {
    let sentence = format!(
        "The secret “{}” is named for pulling images, but it is of the type {kind}: the kubelet takes only \
         {DOCKER_CONFIG_JSON} and {DOCKER_CFG}.",
        object.name
    );
    let remedy = format!(
        "The type of a secret cannot be changed. Delete it and create it anew: {}",
        create(&object.namespace, &object.name)
    );
    Finding::new("pull-secret-type", Severity::Warning, object, sentence).field("type").remedy(remedy)
}

/// A secret that is for none of the images of those who name it: mostly an address that was written differently.
fn unused<'a>(
    object: ObjectRef,
    registries: impl Iterator<Item = &'a Registry>,
    used: &Use<'_>,
) -> Option<Finding> {
    let keys: Vec<&str> = registries.map(|registry| &*registry.key).collect();
    let images: Vec<Reference> =
        used.images.iter().filter_map(|image| Reference::parse(image).ok()).collect();
    if images.is_empty() || images.iter().any(|image| keys.iter().any(|key| is_for(key, image))) {
        return None;
    }
    let from: BTreeSet<&str> = images.iter().map(Reference::registry).collect();
    let from: Vec<&str> = from.into_iter().collect();
    let holds = match keys.as_slice() {
        [] => "no login at all".to_owned(),
        keys => format!("a login for {} only", listed(keys)),
    };
    let sentence = format!(
        "The pull secret “{}” holds {holds}, and the images of those who name it come from {}: it is not used.",
        object.name,
        listed(&from)
    );
    let finding = Finding::new("pull-secret-other-registry", Severity::Note, object, sentence).field("data");
    Some(finding.remedy("If those images need a login, its address has to be that of their registry."))
}

fn create(namespace: &str, name: &str) -> String {
    format!(
        "kubectl create secret docker-registry {name} -n {namespace} --docker-server=REGISTRY --docker-username=USER \
         --docker-password=TOKEN"
    )
}

fn users(used: &Use<'_>) -> String {
    match used.users.len() {
        1 => used.users.iter().map(|id| format!("The pods of {}", id.name)).collect(),
        n => format!("The pods of {n} workloads"),
    }
}
