//! Which images the cluster pulls, and with which credentials.

use super::keyring::{self, Login};
use crate::faults::owners::{job_id, owner_of, workload_id};
use crate::objects::{Meta, Pod, PodSpec, Secret};
use crate::{Objects, ThingId};
use registry_probe::Reference;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The service account of a pod that names none.
const DEFAULT_ACCOUNT: &str = "default";

/// One image as it is pulled: an image may be pulled by several workloads, each with other credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// The image as it is written in the pod.
    pub image: Box<str>,
    /// The namespace of the pods.
    pub namespace: Box<str>,
    /// The secrets that are named for pulling, in order, whether they are there or not.
    pub secrets: Vec<Box<str>>,
    /// The logins that the kubelet shows, in its order. None: it asks as anybody does.
    pub logins: Vec<Login>,
    /// What pulls it.
    pub used_by: BTreeSet<ThingId>,
    /// The platforms of the nodes that it runs on: `linux/amd64`.
    pub platforms: BTreeSet<Box<str>>,
}

/// The secrets with which the images of a pod are pulled, in order. What a pod names counts; the service account's are
/// for those that name none, and are written into the pod as it is made.
pub fn pull_secrets_of(objects: &Objects, namespace: &str, spec: &PodSpec) -> Vec<Box<str>> {
    if !spec.image_pull_secrets.is_empty() {
        return spec.image_pull_secrets.clone();
    }
    let account =
        if spec.service_account_name.is_empty() { DEFAULT_ACCOUNT } else { &*spec.service_account_name };
    let Some(account) = objects.service_accounts.get(namespace, account) else { return Vec::new() };
    let names = account.image_pull_secrets.iter().map(|secret| secret.name.clone());
    names.filter(|name| !name.is_empty()).collect()
}

/// The logins that the kubelet shows for one image of a pod, in its order. Empty: none fits, or the image's name cannot
/// be read.
pub fn credentials_of(objects: &Objects, pod: &Pod, image: &str) -> Vec<Login> {
    let namespace = &*pod.metadata.namespace;
    logins_for(objects, namespace, &pull_secrets_of(objects, namespace, &pod.spec), image)
}

fn logins_for(objects: &Objects, namespace: &str, secrets: &[Box<str>], image: &str) -> Vec<Login> {
    let Ok(reference) = Reference::parse(image) else { return Vec::new() };
    let secrets: Vec<&Arc<Secret>> =
        secrets.iter().filter_map(|name| objects.secrets.get(namespace, name)).collect();
    keyring::logins(&secrets, &reference)
}

/// Every image that is in use, once for each namespace and set of credentials: those of pods that have not ended, and
/// those of scheduled jobs, which pull when nobody looks.
pub fn pulls(objects: &Objects) -> Vec<Pull> {
    let mut found = Found::default();
    for pod in objects.pods.iter() {
        if matches!(&*pod.status.phase, "Succeeded" | "Failed") || pod.metadata.deleted_ms.is_some() {
            continue;
        }
        let user = workload_id(&owner_of(objects, pod));
        let platform = platform(objects, &pod.spec.node_name);
        found.take(objects, &pod.metadata, &pod.spec, &user, platform.as_deref());
    }
    for job in objects.cron_jobs.iter().filter(|job| !job.spec.suspend) {
        let user = job_id(&job.metadata.namespace, &job.metadata.name);
        found.take(objects, &job.metadata, &job.spec.job_template.spec.template.spec, &user, None);
    }
    let mut pulls: Vec<Pull> = found.0.into_values().collect();
    for pull in &mut pulls {
        pull.logins = logins_for(objects, &pull.namespace, &pull.secrets, &pull.image);
    }
    pulls
}

/// Pulls by namespace, image and secrets.
#[derive(Default)]
struct Found(BTreeMap<(Box<str>, Box<str>, Vec<Box<str>>), Pull>);

impl Found {
    fn take(
        &mut self,
        objects: &Objects,
        meta: &Meta,
        spec: &PodSpec,
        user: &ThingId,
        platform: Option<&str>,
    ) {
        let secrets = pull_secrets_of(objects, &meta.namespace, spec);
        for container in spec.containers.iter().chain(&spec.init_containers) {
            if container.image.is_empty() {
                continue;
            }
            let key = (meta.namespace.clone(), container.image.clone(), secrets.clone());
            let pull = self.0.entry(key).or_insert_with(|| Pull {
                image: container.image.clone(),
                namespace: meta.namespace.clone(),
                secrets: secrets.clone(),
                logins: Vec::new(),
                used_by: BTreeSet::new(),
                platforms: BTreeSet::new(),
            });
            pull.used_by.insert(user.clone());
            pull.platforms.extend(platform.map(Into::into));
        }
    }
}

/// What runs on a node, as its labels say it.
fn platform(objects: &Objects, node: &str) -> Option<Box<str>> {
    let node = objects.nodes.get("", node)?;
    let architecture = node.metadata.label("kubernetes.io/arch")?;
    let system = node.metadata.label("kubernetes.io/os").unwrap_or("linux");
    Some(format!("{system}/{architecture}").into())
}
