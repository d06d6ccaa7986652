//! Fetches the last lines of containers that fell over: once for each time they did.

use crate::client::{Api, Fault, Trouble};
use crate::cluster::Watcher;
use crate::clusters::ClusterView;
use crate::gaps::Gap;
use crate::logs::{Tails, Who, clean, who};
use crate::watch::encoded;
use futures_util::StreamExt;
use futures_util::stream;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

/// Lines that are asked for.
const LINES: usize = 20;
/// The most bytes of one answer.
const BYTES_MAX: usize = 16 * 1024;
/// How long one answer may take.
const WITHIN: Duration = Duration::from_secs(10);
/// Containers asked for at once.
const AT_ONCE: usize = 3;
/// Containers asked for in one go; the rest is left to the next.
const PER_GO: usize = 30;
/// From one go to the next.
const PAUSE: Duration = Duration::from_secs(5);
/// When it is asked again after it was not permitted.
const FORBIDDEN_AGAIN: Duration = Duration::from_secs(300);

/// Fetches for ever.
pub(crate) async fn run(watcher: &Watcher) {
    let mut versions = watcher.clusters.subscribe();
    // For which fault of a container its last lines were asked.
    let mut asked: BTreeMap<Who, u64> = BTreeMap::new();
    loop {
        if versions.changed().await.is_err() {
            return std::future::pending().await;
        }
        let Some(view) = watcher.clusters.get(&watcher.settings.name) else { continue };
        let wanted = wanted(&view);
        asked.retain(|who, _| wanted.contains_key(who));
        let open: Vec<(Who, u64)> = wanted
            .iter()
            .filter(|(who, mark)| asked.get(*who) != Some(mark))
            .map(|(who, mark)| (who.clone(), *mark))
            .take(PER_GO)
            .collect();
        let stale = view.tails.0.keys().any(|who| !wanted.contains_key(who));
        let Some(api) = watcher.api().filter(|_| stale || !open.is_empty()) else { continue };
        let (found, forbidden) = fetch(&api, &open).await;
        let mut tails = Tails::clone(&view.tails);
        tails.0.retain(|who, _| wanted.contains_key(who));
        for (who, mark, tail) in found {
            asked.insert(who.clone(), mark);
            tails.0.insert(who, tail);
        }
        if tails != *view.tails {
            let tails = Arc::new(tails);
            watcher.clusters.update(&watcher.settings.name, |view| view.tails = tails);
            watcher.mirror.poke();
        }
        let gap = forbidden.as_ref().map(|trouble| {
            let costs = "why a container fell over is known only as far as its exit code tells";
            Gap::forbidden("", "pods/log", &["get"], costs, &trouble.evidence)
        });
        let pause = if gap.is_some() { FORBIDDEN_AGAIN } else { PAUSE };
        if !open.is_empty() {
            watcher.note_gap("pods/log", gap);
        }
        watcher.ctx.clock.sleep(pause).await;
        versions.mark_changed();
    }
}

/// Whose last lines are wanted, each with a mark of the time it fell over: the same fall is not asked for twice.
fn wanted(view: &ClusterView) -> BTreeMap<Who, u64> {
    let whose = view.picture.findings().filter_map(|(_, finding)| who(finding));
    whose
        .map(|who| {
            let (namespace, pod, container) = &who;
            let pod = view.objects.pods.get(namespace, pod);
            let statuses = pod.iter().flat_map(|pod| {
                pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses)
            });
            let restarts = statuses
                .filter(|status| &*status.name == container)
                .map(|status| status.restart_count)
                .next();
            let mut hasher = DefaultHasher::new();
            (pod.map(|pod| &pod.metadata.uid), restarts).hash(&mut hasher);
            (who, hasher.finish())
        })
        .collect()
}

/// Asks for each, and stops at the first that is not permitted.
async fn fetch(api: &Api, open: &[(Who, u64)]) -> (Vec<(Who, u64, String)>, Option<Trouble>) {
    let answers = stream::iter(open.iter().cloned())
        .map(|(who, mark)| async move {
            let answer = tail(api, &who).await;
            (who, mark, answer)
        })
        .buffer_unordered(AT_ONCE);
    let mut answers = std::pin::pin!(answers);
    let (mut found, mut forbidden) = (Vec::new(), None);
    while let Some((who, mark, answer)) = answers.next().await {
        match answer {
            Ok(text) => found.push((who, mark, clean(&text))),
            Err(trouble) if trouble.fault == Fault::Forbidden => {
                forbidden = Some(trouble);
                break;
            }
            // The node is away, or the pod is gone by now: there is nothing to be had.
            Err(_) => found.push((who, mark, String::new())),
        }
    }
    (found, forbidden)
}

/// Of the container that fell over, else of the one that runs now.
async fn tail(api: &Api, (namespace, pod, container): &Who) -> Result<String, Trouble> {
    let path = format!(
        "/api/v1/namespaces/{}/pods/{}/log?container={}&tailLines={LINES}&limitBytes={BYTES_MAX}",
        encoded(namespace),
        encoded(pod),
        encoded(container)
    );
    match api.text(&format!("{path}&previous=true"), BYTES_MAX, WITHIN).await {
        Err(trouble) if trouble.fault == Fault::Protocol => api.text(&path, BYTES_MAX, WITHIN).await,
        other => other,
    }
}
