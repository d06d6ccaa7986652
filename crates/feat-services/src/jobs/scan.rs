//! The pass that looks at the sockets: what is new, what is gone, what is back.

use super::Tools;
use super::state::{Discovery, State, discovery_id};
use crate::model::endpoints::{Endpoint, group, names};
use crate::model::tracked::{HOLDS_FOR, Presence, SOURCE, Tracked};
use crate::read::{self, Listening, Owners};
use hob_base::error::Doing;
use hob_base::{Health, Observation, ResourceId, Result};
use hob_feature::Ctx;
use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

pub(super) async fn run(ctx: Ctx, tools: Arc<Tools>) -> Result<String> {
    if !tools.settings.enabled {
        return retire(&ctx).await;
    }
    let discovery = ctx.memory.of::<Discovery>();
    let mut state = discovery.lock().await;
    state.load(&ctx).await?;
    for name in state.forgotten(&ctx) {
        state.remove(&ctx, &name).await;
    }
    let owners = std::mem::take(&mut state.owners);
    let look = look(tools.proc.clone(), owners).await?;
    (state.owners, state.sees_all) = (look.owners, look.sees_all);
    let listening = match look.listening {
        Ok(listening) => listening,
        // Nothing can be said of any socket; what was said holds for a while.
        Err(error) => {
            say_blind(&ctx, &error).await;
            return Ok("The table of sockets could not be read.".to_owned());
        }
    };
    let poked = take_in(&ctx, &tools, &mut state, &listening).await;
    state.say_all(&ctx).await;
    state.publish_checks(&ctx, &tools);
    for id in poked {
        ctx.checks.poke(id);
    }
    state.sockets = [listening.sockets.len(), listening.total];
    let report = state.say_discovery(&ctx).await;
    if state.tracked.values().any(|tracked| tracked.due.is_some_and(|due| due <= ctx.clock.monotonic())) {
        ctx.jobs.poke("services.identify");
    }
    let saved = state.save(&ctx).await;
    // The next look must see its own words, to notice when somebody has them forgotten.
    ctx.resources.settle().await;
    saved.map(|()| report)
}

/// What one look at the machine saw.
struct Look {
    listening: io::Result<Listening>,
    owners: Owners,
    sees_all: bool,
}

/// Reads sockets and owners on a thread where that may block.
async fn look(proc: PathBuf, mut owners: Owners) -> Result<Look> {
    tokio::task::spawn_blocking(move || {
        let listening = read::listening(&proc);
        if let Ok(listening) = &listening {
            owners.update(&proc, &listening.sockets);
        }
        Look { listening, owners, sees_all: read::sees_all(&proc) }
    })
    .await
    .doing(|| "Looking at the sockets".to_owned())
}

/// Compares what listens with what is known. Returns the resources whose checks are to be run at once.
async fn take_in(ctx: &Ctx, tools: &Tools, state: &mut State, listening: &Listening) -> Vec<ResourceId> {
    let mut ignored: HashSet<u16> = ctx.own_ports().into_iter().collect();
    ignored.extend(&tools.settings.ignore_ports);
    let sockets: Vec<_> =
        listening.sockets.iter().filter(|socket| !ignored.contains(&socket.port)).cloned().collect();
    let endpoints = group(&sockets, &state.owners.pids());
    let named = names(&endpoints, |name| state.tracked.get(name).map(|tracked| tracked.addresses.clone()));
    let mut present = HashSet::new();
    let mut poked = Vec::new();
    for (name, endpoint) in named.into_iter().zip(&endpoints) {
        if is_ignored_process(tools, state, endpoint) {
            ignored.insert(endpoint.port);
            continue;
        }
        if see(ctx, state, &name, endpoint) == Presence::Returned {
            poked.extend(state.tracked.get(&name).and_then(|tracked| tracked.id(&ctx.hostname)));
        }
        present.insert(name);
    }
    let absent: Vec<String> = state.tracked.keys().filter(|name| !present.contains(*name)).cloned().collect();
    let (now, forget_after) = (ctx.clock.now(), tools.settings.forget_after);
    for name in absent {
        let Some(tracked) = state.tracked.get_mut(&name) else { continue };
        if ignored.contains(&tracked.port) {
            state.remove(ctx, &name).await;
            continue;
        }
        // It may be among the sockets that were only counted.
        if listening.beyond.contains(&tracked.port) {
            continue;
        }
        if tracked.missed() == Presence::Vanished {
            poked.extend(tracked.id(&ctx.hostname));
            state.dirty.insert(name.clone());
        }
        let tracked = state.tracked.get(&name);
        let is_over = |tracked: &Tracked| {
            tracked.is_passing() || (tracked.is_gone() && now > tracked.missed_until(forget_after))
        };
        if tracked.is_some_and(is_over) {
            state.remove(ctx, &name).await;
        }
    }
    poked
}

fn is_ignored_process(tools: &Tools, state: &State, endpoint: &Endpoint) -> bool {
    let Some(process) = state.owners.process_of(endpoint.inodes.iter()) else { return false };
    tools.settings.ignore_processes.iter().any(|name| *name == process.comm || *name == process.name)
}

fn see(ctx: &Ctx, state: &mut State, name: &str, endpoint: &Endpoint) -> Presence {
    let process = state.owners.process_of(endpoint.inodes.iter()).cloned();
    let (now, monotonic) = (ctx.clock.now(), ctx.clock.monotonic());
    match state.tracked.get_mut(name) {
        Some(tracked) => {
            let before = (tracked.identity.clone(), tracked.process_name.clone());
            let presence = tracked.seen(endpoint, process, now, monotonic);
            if presence != Presence::Same
                || before != (tracked.identity.clone(), tracked.process_name.clone())
            {
                state.dirty.insert(name.to_owned());
            }
            presence
        }
        None => {
            let tracked = Tracked::new(name.to_owned(), endpoint, process, now, monotonic);
            state.dirty.insert(name.to_owned());
            state.tracked.insert(name.to_owned(), tracked);
            Presence::Same
        }
    }
}

async fn say_blind(ctx: &Ctx, error: &io::Error) {
    let health =
        Health::warning("Hob cannot read which sockets listen, so it finds no services on this machine.")
            .with_evidence(error.to_string())
            .with_remedy("Let Hob read /proc/net/tcp; a sandbox or a mount option of /proc may hide it.");
    let observation = Observation::new(SOURCE, discovery_id(ctx), HOLDS_FOR)
        .named("Discovery of services")
        .judged(health)
        .needs(ctx.this_host());
    ctx.resources.observe(observation).await;
}

/// Discovery was switched off: what it once said is taken back.
async fn retire(ctx: &Ctx) -> Result<String> {
    ctx.checks.publish(SOURCE, Vec::new());
    for resource in ctx.resources.list() {
        if resource.words.contains_key(&SOURCE.into()) {
            ctx.resources.withdraw(SOURCE, resource.id.clone()).await;
        }
    }
    Ok("Discovery is switched off in hob.toml.".to_owned())
}
