//! The pass that asks endpoints what they are.

use super::Tools;
use super::ask::{Answer, ask};
use super::state::Discovery;
use crate::store;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hob_base::Result;
use hob_feature::Ctx;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// Endpoints asked at once.
const AT_ONCE: usize = 16;
/// Endpoints asked in one run; the rest is left to the next.
const PER_RUN: usize = 128;
/// What answers an endpoint gets at first, and when it is asked again because it may be slow.
const PATIENCE: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(10)];

/// An endpoint that is to be asked.
struct Question {
    name: String,
    targets: Vec<SocketAddr>,
    /// Its sockets, to know afterwards whether it is still the same.
    inodes: BTreeSet<u64>,
    patience: Duration,
}

pub(super) async fn run(ctx: Ctx, tools: Arc<Tools>) -> Result<String> {
    let discovery = ctx.memory.of::<Discovery>();
    let mut answers = FuturesUnordered::new();
    let (mut asked, mut last_error) = (0, None);
    loop {
        while answers.len() < AT_ONCE && asked < PER_RUN {
            let Some(question) = next_question(&ctx, &discovery).await else { break };
            asked += 1;
            let client = &tools.client;
            answers.push(async move {
                let answer = ask(client, &question.targets, question.patience).await;
                (question, answer)
            });
        }
        let Some((question, answer)) = answers.next().await else { break };
        if let Err(error) = take_in(&ctx, &tools, &discovery, question, answer).await {
            last_error = Some(error);
        }
    }
    if asked > 0 {
        discovery.lock().await.say_discovery(&ctx).await;
    }
    match last_error {
        Some(error) => Err(error),
        None if asked == 0 => Ok("Nothing new to ask.".to_owned()),
        None if asked == 1 => Ok("Asked 1 port what it is.".to_owned()),
        None => Ok(format!("Asked {asked} ports what they are.")),
    }
}

/// The endpoint that has waited longest.
async fn next_question(ctx: &Ctx, discovery: &Discovery) -> Option<Question> {
    let mut state = discovery.lock().await;
    let now = ctx.clock.monotonic();
    let waiting = state.tracked.values_mut().filter(|tracked| tracked.due.is_some_and(|due| due <= now));
    let tracked = waiting.min_by_key(|tracked| tracked.due)?;
    let patience = PATIENCE[usize::from(tracked.looks() > 0)];
    let inodes = tracked.begin_look(now);
    Some(Question { name: tracked.name.clone(), targets: tracked.targets(), inodes, patience })
}

async fn take_in(
    ctx: &Ctx,
    tools: &Tools,
    discovery: &Discovery,
    question: Question,
    answer: Answer,
) -> Result<()> {
    let Question { name, inodes, .. } = question;
    let now = ctx.clock.now();
    // The icon first, so that no page ever links to one that is not there.
    if let Some(icon) = &answer.icon {
        store::add_icon(&ctx.db, icon, now).await?;
    }
    let mut state = discovery.lock().await;
    let Some(tracked) = state.tracked.get_mut(&name) else { return Ok(()) };
    if !tracked.identified(answer.found, &inodes, now, ctx.clock.monotonic()) {
        return Ok(());
    }
    state.dirty.insert(name.clone());
    state.say(ctx, &name).await;
    state.publish_checks(ctx, tools);
    state.save(ctx).await
}
