//! Background work: the listener that watches all clusters, and the pass that asks registries.

mod credentials;

use crate::cluster::Watcher;
use crate::clusters::Clusters;
use crate::config::{self, ClusterSettings, Settings};
use crate::figures::Figures;
use crate::find::{self, Surroundings};
use crate::publish::SOURCE;
use hob_base::{Result, Source};
use hob_feature::{Ctx, Job};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// How often a cluster is looked for while there is none.
const FIND_EVERY: Duration = Duration::from_secs(60);

/// All jobs of the crate.
pub(crate) fn jobs(ctx: &Ctx) -> Vec<Job> {
    let settings = config::read(&ctx.config);
    let figures = Figures::register(&ctx.metrics);
    let registries = Arc::new(crate::credentials::settings::read(&ctx.config));
    let client = http_probe::Client::new();
    vec![
        Job::listener("kubernetes.watch", move |ctx, stop| {
            watch_all(ctx, stop, settings.clone(), figures.clone(), Surroundings::here())
        }),
        Job::pass("kubernetes.registries", credentials::EVERY, move |ctx| {
            credentials::run(ctx, registries.clone(), client.clone())
        }),
        Job::listener("kubernetes.live", crate::pages::live::follow),
    ]
}

/// Watches every cluster until the hub stops.
pub(crate) async fn watch_all(
    ctx: Ctx,
    stop: CancellationToken,
    settings: Settings,
    figures: Figures,
    around: Surroundings,
) -> Result<()> {
    let mut watchers = JoinSet::new();
    let mut names = BTreeSet::new();
    let start = |watchers: &mut JoinSet<()>, cluster: ClusterSettings, found: bool| {
        watchers.spawn(Watcher::new(ctx.clone(), cluster, found, figures.clone()).run());
    };
    for cluster in settings.clusters {
        names.insert(cluster.name.clone());
        start(&mut watchers, cluster, false);
    }
    let mut looking = settings.auto;
    let mut cleared = false;
    loop {
        if looking {
            let found = find::find(&around).await;
            ctx.memory.of::<Clusters>().set_candidates(found.candidates);
            if let Some(cluster) = found.cluster.filter(|cluster| !names.contains(&cluster.name)) {
                names.insert(cluster.name.clone());
                start(&mut watchers, cluster, true);
            }
            looking = names.is_empty();
        }
        if !std::mem::replace(&mut cleared, true) {
            forget_others(&ctx, &names).await;
        }
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            () = ctx.clock.sleep(FIND_EVERY) => {}
            Some(ended) = watchers.join_next(), if !watchers.is_empty() => {
                // One that panics takes all down with it, and the job driver begins anew.
                if let Err(error) = ended && error.is_panic() {
                    std::panic::resume_unwind(error.into_panic());
                }
            }
        }
    }
}

/// Takes back what was said of clusters that are no longer watched, also by registries.
async fn forget_others(ctx: &Ctx, names: &BTreeSet<String>) {
    for source in [SOURCE, crate::credentials::SOURCE] {
        take_back(ctx, source, |cluster| !names.contains(cluster)).await;
    }
}

/// Takes back what one source said of these clusters.
async fn take_back(ctx: &Ctx, source: &str, of: impl Fn(&str) -> bool) {
    let key = Source::from(source);
    for resource in ctx.resources.list() {
        if resource.words.contains_key(&key) && of(resource.id.scope()) {
            ctx.resources.withdraw(source, resource.id.clone()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_base::{Health, Observation, ResourceId};
    use hob_testkit::hub::TestHub;

    async fn say(ctx: &Ctx, source: &str, id: &ResourceId) {
        let said = Observation::new(source, id.clone(), Duration::from_secs(3600));
        ctx.resources.observe(said.judged(Health::ok("It could be pulled."))).await;
        ctx.resources.settle().await;
    }

    #[tokio::test]
    async fn nobody_speaks_any_more_of_a_cluster_that_is_not_watched_or_of_registries_that_are_not_asked() {
        let hub =
            TestHub::with(&[crate::FEATURE]).config("[kubernetes_auto]\nenabled = false\n").start().await;
        let ctx = hub.ctx();
        let (old, home) = (ResourceId::new("image", "old", "a"), ResourceId::new("image", "home", "a"));
        for id in [&old, &home] {
            say(ctx, SOURCE, id).await;
            say(ctx, crate::credentials::SOURCE, id).await;
        }
        forget_others(ctx, &BTreeSet::from(["home".to_owned()])).await;
        ctx.resources.settle().await;
        assert!(ctx.resources.get(&old).is_none());
        assert_eq!(ctx.resources.get(&home).unwrap().words.len(), 2);
        let settings = crate::credentials::settings::read(&ctx.config);
        let off = crate::credentials::settings::Settings { enabled: false, ..settings };
        credentials::run(ctx.clone(), Arc::new(off), http_probe::Client::new()).await.unwrap();
        ctx.resources.settle().await;
        let words = ctx.resources.get(&home).unwrap().words.clone();
        assert_eq!(words.into_keys().collect::<Vec<_>>(), [Source::from(SOURCE)]);
        hub.stop().await;
    }
}
