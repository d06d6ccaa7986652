//! Images as pods use them: which digests are served under one name, and by whom they are used.

use super::{Look, owners};
use crate::{Finding, ObjectRef, Picture, Severity, ThingId};
use container_faults::{Image, quoted};
use std::collections::{BTreeMap, BTreeSet};

/// The most users that are named.
const USERS_MAX: usize = 8;

/// What is known of one image.
#[derive(Default)]
struct Used<'a> {
    digests: BTreeSet<&'a str>,
    users: BTreeSet<ObjectRef>,
}

/// Adds the images of all pods to the picture.
pub(super) fn examine(look: &Look<'_>, picture: &mut Picture) {
    let mut images: BTreeMap<&str, Used<'_>> = BTreeMap::new();
    for (owner, pods) in look.owners.iter() {
        for pod in pods.iter().filter(|pod| !matches!(&*pod.status.phase, "Succeeded" | "Failed")) {
            for container in pod.spec.containers.iter().chain(&pod.spec.init_containers) {
                let used = images.entry(&container.image).or_default();
                used.users.insert(owner.clone());
                let runs = super::memory::statuses(pod).find(|status| {
                    status.name == container.name
                        && status.state.running.is_some()
                        && !look.nodes.is_silent(&pod.spec.node_name)
                });
                used.digests.extend(runs.and_then(|status| status.digest()));
            }
        }
    }
    for (name, used) in images.iter().filter(|(name, _)| !name.is_empty()) {
        put(name, used, picture);
    }
}

fn put(name: &str, used: &Used<'_>, picture: &mut Picture) {
    let image = Image::of(name);
    let thing = picture.thing(ThingId::image(name));
    thing.title = name.to_owned();
    thing.fact("registry", image.registry);
    thing.fact("version", image.version());
    let users = used.users.iter().take(USERS_MAX).map(|user| owners::workload_id(user).name);
    thing.fact("used_by", users.collect::<Vec<_>>().join(", "));
    thing.fact("used_by_count", i64::try_from(used.users.len()).unwrap_or(i64::MAX));
    let digests: Vec<&str> = used.digests.iter().copied().take(USERS_MAX).collect();
    if !digests.is_empty() {
        thing.fact("digests", digests.join(", "));
    }
    let Some(user) = used.users.first().filter(|_| used.digests.len() > 1) else { return };
    // It is no fault of anything that runs now, so that the image stays unjudged.
    let judged = thing.judged;
    thing.find(
        Finding::new(
            "image-several-digests",
            Severity::Note,
            user.clone(),
            format!("{} different images are served at once under the name {}.", used.digests.len(), quoted(name)),
        )
        .evidence(&digests.join(", "))
        .remedy("The tag was moved between starts. Restart what runs the older one, or name images by version or digest.")
        .field("status.containerStatuses[].imageID"),
    );
    thing.judged = judged;
}
