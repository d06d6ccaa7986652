//! The pass that asks registries whether what runs could be pulled again.

use crate::clusters::{ClusterView, Clusters};
use crate::credentials::SOURCE;
use crate::credentials::ask::Asking;
use crate::credentials::known::{Answers, Said};
use crate::credentials::plan::{Cluster, Need, needs, outdated, plan};
use crate::credentials::settings::Settings;
use crate::credentials::words::{Word, words};
use crate::store;
use hob_base::wording::counted;
use hob_base::{Observation, ResourceId, Result, Source};
use hob_feature::Ctx;
use http_probe::Client;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// How often it is looked at what is due.
pub(super) const EVERY: Duration = Duration::from_secs(60);
/// How long a word holds.
const HOLDS_FOR: Duration = Duration::from_secs(13 * 3600);
/// How often it is said again.
const SAY_EVERY: Duration = Duration::from_secs(4 * 3600);
/// How often a question is followed by the next one in the same pass: of several logins the second counts when the first is
/// refused.
const ROUNDS: usize = 3;

/// Asks what is due, and says what is known.
pub(super) async fn run(ctx: Ctx, settings: Arc<Settings>, client: Client) -> Result<String> {
    let answers = ctx.memory.of::<Answers>();
    if !settings.enabled {
        // What an earlier run of the hub was told would else be called silent one day.
        super::take_back(&ctx, SOURCE, |_| true).await;
        return Ok("No registry is asked: hob.toml or HOB_AUTO says so.".to_owned());
    }
    if !answers.is_loaded() {
        answers.load(store::list_pulls(&ctx.db, &ctx.sealer).await?);
    }
    let views = ctx.memory.of::<Clusters>().list();
    hold(&ctx, &views).await;
    let ready: Vec<Arc<ClusterView>> = views.iter().filter(|view| view.complete).cloned().collect();
    let needs = wanted(&ready, &settings).await;
    let mut asked = 0;
    if ctx.clock.monotonic() >= settings.start_after {
        for _ in 0..ROUNDS {
            let round = ask_round(&ctx, &settings, &client, &ready, &needs, &answers).await?;
            asked += round;
            if round == 0 {
                break;
            }
        }
    }
    if !ready.is_empty() && ready.len() == views.len() {
        let old = outdated(&needs, &answers.all(), ctx.clock.now());
        let known = answers.all();
        let ids: Vec<String> = old.iter().filter_map(|key| Some(known.get(key)?.id.clone())).collect();
        store::delete_pulls(&ctx.db, &ids).await?;
        answers.drop_all(&old);
    }
    say(&ctx, &ready, &needs, &answers).await;
    let images: BTreeSet<&str> = needs.iter().map(|need| &*need.pull.image).collect();
    Ok(match asked {
        0 => format!("Nothing to ask about {}.", counted(images.len(), "image")),
        n => format!("Asked registries {} about {}.", counted(n, "question"), counted(images.len(), "image")),
    })
}

/// What the clusters pull. Looking at thousands of pods takes a moment.
async fn wanted(ready: &[Arc<ClusterView>], settings: &Arc<Settings>) -> Arc<Vec<Need>> {
    let (views, settings) = (ready.to_vec(), settings.clone());
    let look = tokio::task::spawn_blocking(move || {
        let clusters: Vec<Cluster<'_>> = views
            .iter()
            .map(|view| Cluster { name: &view.name, objects: &view.objects, examined: &view.settings })
            .collect();
        Arc::new(needs(&clusters, &settings))
    });
    look.await.unwrap_or_default()
}

async fn ask_round(
    ctx: &Ctx,
    settings: &Settings,
    client: &Client,
    ready: &[Arc<ClusterView>],
    needs: &[Need],
    answers: &Answers,
) -> Result<usize> {
    let known = answers.all();
    let due = plan(needs, &known, settings, ctx.clock.now());
    Asking { client, ctx, answers, settings, views: ready, known: &known }.run(due).await
}

/// Says what is new, and now and then all of it; takes back what is no longer used.
async fn say(ctx: &Ctx, ready: &[Arc<ClusterView>], needs: &[Need], answers: &Answers) {
    let words = words(needs, &answers.all(), ctx.clock.now());
    let now = ctx.clock.monotonic();
    let said = answers.said();
    for (id, word) in &words {
        let before = said.get(id);
        if before.is_some_and(|before| before.word == *word && now < before.at + SAY_EVERY) {
            continue;
        }
        ctx.resources.observe(observation(id, word)).await;
        answers.set_said(id.clone(), Some(Said { word: word.clone(), at: now }));
    }
    let scopes: BTreeSet<&str> = ready.iter().map(|view| view.name.as_str()).collect();
    let source = Source::from(SOURCE);
    for resource in ctx.resources.list() {
        let ours = resource.words.contains_key(&source) && scopes.contains(resource.id.scope());
        if ours && !words.contains_key(&resource.id) {
            ctx.resources.withdraw(SOURCE, resource.id.clone()).await;
            answers.set_said(resource.id.clone(), None);
        }
    }
}

fn observation(id: &ResourceId, word: &Word) -> Observation {
    let mut said = Observation::new(SOURCE, id.clone(), HOLDS_FOR);
    said.facts.clone_from(&word.facts);
    said.health.clone_from(&word.health);
    said
}

/// While a cluster is not read, what was said of its images stands: a restart of the hub is no news of them.
async fn hold(ctx: &Ctx, views: &[Arc<ClusterView>]) {
    let source = Source::from(SOURCE);
    let away: BTreeSet<&str> =
        views.iter().filter(|view| !view.complete).map(|view| view.name.as_str()).collect();
    if away.is_empty() {
        return;
    }
    for resource in ctx.resources.list().into_iter().filter(|resource| away.contains(resource.id.scope())) {
        if let Some(word) = resource.words.get(&source) {
            let word = Word { health: word.health.clone(), facts: word.facts.clone() };
            ctx.resources.observe(observation(&resource.id, &word)).await;
        }
    }
}
