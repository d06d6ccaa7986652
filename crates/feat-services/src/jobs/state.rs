//! What both passes know together, and how it is told to the house.

use super::Tools;
use crate::model::favicon::is_icon_word;
use crate::model::tracked::{HOLDS_FOR, Identity, SOURCE, Tracked};
use crate::read::Owners;
use crate::store;
use hob_base::wording::counted;
use hob_base::{Health, Observation, ResourceId, Result};
use hob_feature::Ctx;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::sync::Mutex;

/// What was said is said again after this time, so that it holds on.
const SAY_AGAIN: Duration = Duration::from_secs(60);
/// The time at which a socket was last there is written this often at least.
const SAVE_AGAIN: Duration = Duration::from_secs(600);

/// Everything that is known of this machine's endpoints, in this crate's memory.
#[derive(Default)]
pub(crate) struct Discovery(Mutex<State>);

impl Discovery {
    /// Takes the knowledge in hand; the other pass waits meanwhile.
    pub(super) async fn lock(&self) -> tokio::sync::MutexGuard<'_, State> {
        self.0.lock().await
    }
}

#[derive(Default)]
pub(super) struct State {
    /// Whether the table has been read.
    pub(super) loaded: bool,
    /// Endpoints by name.
    pub(super) tracked: BTreeMap<String, Tracked>,
    /// What was last said of each.
    said: BTreeMap<String, Said>,
    /// Names of rows that are to be written.
    pub(super) dirty: BTreeSet<String>,
    /// Ids of rows that are to be deleted.
    gone: BTreeSet<String>,
    pub(super) owners: Owners,
    /// How many sockets are looked at, and how many there are.
    pub(super) sockets: [usize; 2],
    /// Whether Hob may see every process.
    pub(super) sees_all: bool,
    next_save: Duration,
}

struct Said {
    observation: Observation,
    at: Duration,
}

impl State {
    /// Reads the table, once. What was said of resources that are not in it any more is taken back.
    pub(super) async fn load(&mut self, ctx: &Ctx) -> Result<()> {
        if self.loaded {
            return Ok(());
        }
        for tracked in store::list_services(&ctx.db).await? {
            self.tracked.insert(tracked.name.clone(), tracked);
        }
        let ids: BTreeSet<ResourceId> =
            self.tracked.values().filter_map(|tracked| tracked.id(&ctx.hostname)).collect();
        for resource in ctx.resources.list() {
            let word = resource.words.get(&SOURCE.into());
            let is_ours = word.is_some_and(|word| !is_icon_word(word)) && resource.id.kind() != "discovery";
            if is_ours && !ids.contains(&resource.id) {
                ctx.resources.withdraw(SOURCE, resource.id.clone()).await;
            }
        }
        self.loaded = true;
        self.next_save = ctx.clock.monotonic() + SAVE_AGAIN;
        Ok(())
    }

    /// Says what is new of one endpoint, and what has not been said for a while. One that has become another resource is
    /// taken back first.
    pub(super) async fn say(&mut self, ctx: &Ctx, name: &str) {
        let Some(tracked) = self.tracked.get(name) else { return };
        let last_seen = tracked.last_listening_at.date_time(&ctx.zone);
        let Some(observation) = tracked.observation(&ctx.hostname, &ctx.this_host(), &last_seen) else {
            return;
        };
        let now = ctx.clock.monotonic();
        if let Some(said) = self.said.get(name) {
            if said.observation == observation && now.saturating_sub(said.at) < SAY_AGAIN {
                return;
            }
            let former = said.observation.resource.clone();
            if former != observation.resource {
                self.gone.insert(former.to_string());
                ctx.resources.withdraw(SOURCE, former).await;
            }
        }
        ctx.resources.observe(observation.clone()).await;
        self.said.insert(name.to_owned(), Said { observation, at: now });
    }

    /// Says everything that is new or has not been said for a while.
    pub(super) async fn say_all(&mut self, ctx: &Ctx) {
        let names: Vec<String> = self.tracked.keys().cloned().collect();
        for name in names {
            self.say(ctx, &name).await;
        }
    }

    /// Endpoints that are gone and that somebody had Hob forget, and those that listen and must be said anew.
    pub(super) fn forgotten(&mut self, ctx: &Ctx) -> Vec<String> {
        let source = SOURCE.into();
        let absent: Vec<String> = self
            .said
            .iter()
            .filter(|(_, said)| {
                let resource = ctx.resources.get(&said.observation.resource);
                resource.is_none_or(|resource| !resource.words.contains_key(&source))
            })
            .map(|(name, _)| name.clone())
            .collect();
        for name in &absent {
            self.said.remove(name);
        }
        absent.into_iter().filter(|name| self.tracked.get(name).is_some_and(Tracked::is_gone)).collect()
    }

    /// Drops an endpoint and everything that was said of it.
    pub(super) async fn remove(&mut self, ctx: &Ctx, name: &str) {
        let Some(tracked) = self.tracked.remove(name) else { return };
        self.dirty.remove(name);
        if let Some(id) = tracked.id(&ctx.hostname) {
            self.gone.insert(id.to_string());
            ctx.resources.withdraw(SOURCE, id).await;
        }
        if let Some(said) = self.said.remove(name) {
            ctx.resources.withdraw(SOURCE, said.observation.resource).await;
        }
    }

    /// Has every web service checked.
    pub(super) fn publish_checks(&self, ctx: &Ctx, tools: &Tools) {
        let checks = self.tracked.values().filter_map(|t| t.check(&ctx.hostname, tools.settings.interval));
        ctx.checks.publish(SOURCE, checks.collect());
    }

    /// Writes what changed; from time to time also when everything was last seen.
    pub(super) async fn save(&mut self, ctx: &Ctx) -> Result<()> {
        let now = ctx.clock.monotonic();
        if now >= self.next_save {
            self.next_save = now + SAVE_AGAIN;
            self.dirty.extend(self.tracked.keys().cloned());
        }
        let rows: Vec<(String, Tracked)> = self
            .dirty
            .iter()
            .filter_map(|name| self.tracked.get(name))
            .filter(|tracked| tracked.is_kept())
            .filter_map(|tracked| Some((tracked.id(&ctx.hostname)?.to_string(), tracked.clone())))
            .collect();
        let gone: Vec<String> = self.gone.iter().cloned().collect();
        store::update_services(&ctx.db, &rows, &gone).await?;
        self.dirty.clear();
        self.gone.clear();
        Ok(())
    }

    /// How many web services, how many other ports, and of how many of both together the process is not known.
    pub(super) fn counts(&self) -> [usize; 3] {
        let count = |wanted: &dyn Fn(&Tracked) -> bool| {
            self.tracked.values().filter(|tracked| !tracked.is_gone() && wanted(tracked)).count()
        };
        [
            count(&|tracked| matches!(tracked.identity, Identity::Web(_))),
            count(&|tracked| matches!(tracked.identity, Identity::Other(_))),
            count(&|tracked| tracked.process.is_none() && tracked.identity != Identity::Unknown),
        ]
    }

    /// Tells how complete the picture is. Returns what was found, in a sentence.
    pub(super) async fn say_discovery(&self, ctx: &Ctx) -> String {
        let [services, others, unnamed] = self.counts();
        let [looked_at, total] = self.sockets;
        let found = format!(
            "Found {} and {} on this machine.",
            counted(services, "web service"),
            counted(others, "other port")
        );
        let health = if total > looked_at {
            Health::warning(format!(
                "This machine listens on {total} sockets; Hob looks at the first {looked_at} by port."
            ))
            .with_remedy("Find the program that opens so many; what it hides is not watched.")
        } else if unnamed > 0 && self.sees_all {
            Health::ok(format!(
                "{found} The processes behind {unnamed} of {} cannot be seen from here: they belong to the kernel \
                 or to another container.",
                counted(services + others, "port")
            ))
        } else if unnamed > 0 {
            Health::ok(format!(
                "{found} Hob may not see which process owns {unnamed} of {}; run it as root or grant it \
                 CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH to name them.",
                counted(services + others, "port")
            ))
        } else {
            Health::ok(found.clone())
        };
        let observation = Observation::new(SOURCE, discovery_id(ctx), HOLDS_FOR)
            .named("Discovery of services")
            .judged(health)
            .needs(ctx.this_host())
            .fact("services_count", services as u64)
            .fact("other_ports_count", others as u64)
            .fact("unnamed_count", unnamed as u64);
        ctx.resources.observe(observation).await;
        found
    }
}

/// The resource that tells how complete the picture is.
pub(super) fn discovery_id(ctx: &Ctx) -> ResourceId {
    ResourceId::new("discovery", &ctx.hostname, "ports")
}
