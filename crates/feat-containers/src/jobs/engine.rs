//! One engine, watched: all of it once, then what its events say has changed.

use super::Logs;
use super::publish::Publisher;
use crate::api::{Event, Inspected, Listed, log_text};
use crate::client::{AskError, Client, Events};
use crate::model::container::Container;
use crate::model::judge::wants_log;
use crate::model::restarts::Restarts;
use crate::model::view::{Endpoint, Learnt, Snapshot, Standing, silent_engine, view};
use crate::places::{Address, Place, own_container};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use hob_base::{Health, ResourceId};
use hob_feature::{BoxFuture, Ctx, boxed};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

/// Everything is read anew after this time.
const ALL_ANEW: Duration = Duration::from_secs(600);
/// Where events may not be heard, the list is read this often.
const WITHOUT_EVENTS: Duration = Duration::from_secs(30);
/// What is said is looked over this often, since ages and loops change by themselves.
const LOOK_OVER: Duration = Duration::from_secs(60);
/// Changes are gathered for this time before they are looked at.
const GATHER: Duration = Duration::from_millis(300);
/// So many containers are asked for at once.
const AT_ONCE: usize = 4;
/// So many containers of one engine are looked at.
const CONTAINERS_MAX: usize = 2000;
/// So many lines of a log are asked for.
const LOG_LINES: u32 = 20;
/// The most of a log that is kept, in characters.
const LOG_MAX: usize = 4000;
/// The longest pause before an engine is tried again.
const PAUSE_MAX: Duration = Duration::from_secs(60);

/// One engine, watched.
pub(super) struct Watch {
    ctx: Ctx,
    place: Place,
    client: Client,
    snapshot: Snapshot,
    restarts: Restarts,
    /// The last lines of containers, with the end that they were asked after.
    logs: BTreeMap<String, (i64, String)>,
    publisher: Publisher,
    /// What discovery had found when this was last said.
    endpoints: Vec<Endpoint>,
    /// The id of the container that Hob itself runs in.
    own_container: Option<String>,
    /// The last moment that was heard of, in seconds since 1970 by the engine's own clock.
    heard_s: i64,
}

impl Watch {
    pub(super) fn new(ctx: Ctx, place: Place) -> Self {
        let client = Client::new(place.settings.address.clone());
        Self {
            ctx,
            place,
            client,
            snapshot: Snapshot::default(),
            restarts: Restarts::default(),
            logs: BTreeMap::new(),
            publisher: Publisher::default(),
            endpoints: Vec::new(),
            own_container: own_container(),
            heard_s: 0,
        }
    }

    /// Watches. Ends only when an engine that was found by itself is gone for good.
    pub(super) async fn run(&mut self) {
        let mut failures: u32 = 0;
        loop {
            let began = self.ctx.clock.monotonic();
            let error = self.session().await;
            if self.ctx.clock.monotonic().saturating_sub(began) > PAUSE_MAX {
                failures = 0;
            }
            failures = failures.saturating_add(1);
            if self.is_gone(&error) && failures > 3 {
                self.publisher.withdraw_all(&self.ctx, &self.place.settings.name).await;
                return;
            }
            // An engine that is restarted is away for a moment: the first failure is no news.
            if failures > 1 || error.is_barred() {
                let health = self.why_silent(&error);
                let said = silent_engine(&self.standing(), health);
                self.publisher.say(&self.ctx, said).await;
            }
            tracing::debug!(engine = %self.place.settings.name, error = %error.detail(), "an engine does not answer");
            let pause = Duration::from_secs(1 << failures.min(6)).min(PAUSE_MAX);
            self.ctx.clock.sleep(pause).await;
        }
    }

    /// Reads everything and follows the events, until something fails.
    async fn session(&mut self) -> AskError {
        match self.follow().await {
            Ok(never) => match never {},
            Err(error) => error,
        }
    }

    async fn follow(&mut self) -> Result<std::convert::Infallible, AskError> {
        let ping = self.client.ping().await?;
        (self.snapshot.podman, self.snapshot.release) = (ping.podman, ping.release);
        self.snapshot.gaps.clear();
        let since = if self.heard_s > 0 { self.heard_s } else { self.ctx.clock.now().millis() / 1000 };
        // First the stream, then the list: what happens between the two is told.
        let mut events = self.events(since).await?;
        self.read_all().await?;
        let mut changes = self.ctx.resources.subscribe();
        let mut last_all = self.ctx.clock.monotonic();
        loop {
            self.say().await;
            let every = if events.is_some() { ALL_ANEW } else { WITHOUT_EVENTS };
            let rest = every.saturating_sub(self.ctx.clock.monotonic().saturating_sub(last_all));
            let happened = self.wait(&mut events, &mut changes, rest).await?;
            match happened {
                Happened::Events(first) => self.take_in(first, &mut events).await?,
                Happened::AllAnew => {
                    self.read_all().await?;
                    last_all = self.ctx.clock.monotonic();
                }
                Happened::Endpoints => {
                    // Discovery says several things in a row.
                    self.ctx.clock.sleep(GATHER).await;
                    while changes.try_recv().is_ok() {}
                }
                Happened::Nothing => {}
            }
        }
    }

    /// Waits until something is to be done.
    async fn wait(
        &self,
        events: &mut Option<Events>,
        changes: &mut Receiver<Arc<Vec<ResourceId>>>,
        rest: Duration,
    ) -> Result<Happened, AskError> {
        let all_anew = self.ctx.clock.sleep(rest);
        let look_over = self.ctx.clock.sleep(LOOK_OVER);
        tokio::pin!(all_anew, look_over);
        loop {
            tokio::select! {
                heard = next(events) => return Ok(Happened::Events(heard?)),
                () = &mut all_anew => return Ok(Happened::AllAnew),
                () = &mut look_over => return Ok(Happened::Nothing),
                changed = changes.recv() => {
                    // Mostly it is a check that was run, which changes nothing here.
                    if self.is_of_interest(changed) && endpoints(&self.ctx) != self.endpoints {
                        return Ok(Happened::Endpoints);
                    }
                }
            }
        }
    }

    /// The stream of events; `None` where it is not allowed.
    async fn events(&mut self, since: i64) -> Result<Option<Events>, AskError> {
        match self.client.events(since).await {
            Ok(events) => Ok(Some(events)),
            Err(error) if error.is_forbidden() => {
                self.snapshot.gaps.insert(
                    "What happens is seen every 30 seconds only, because GET /events is not allowed here (EVENTS=1 of the proxy).",
                );
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether ports of this machine changed: discovery may have found one that a container publishes.
    fn is_of_interest(&self, changed: Result<Arc<Vec<ResourceId>>, RecvError>) -> bool {
        match changed {
            Ok(ids) => ids
                .iter()
                .any(|id| matches!(id.kind(), "service" | "port") && id.scope() == self.ctx.hostname),
            Err(_) => true,
        }
    }

    /// Reads all containers and images.
    async fn read_all(&mut self) -> Result<(), AskError> {
        let listed: Vec<Listed> = self.client.containers().await?.into_iter().take(CONTAINERS_MAX).collect();
        let containers = self.inspect_all(&listed).await?;
        self.snapshot.containers =
            containers.into_iter().map(|container| (container.id.clone(), container)).collect();
        self.read_images().await?;
        let there = &self.snapshot.containers;
        self.restarts.keep(|id| there.contains_key(id));
        self.logs.retain(|id, _| there.contains_key(id));
        let all: BTreeSet<String> = self.snapshot.containers.keys().cloned().collect();
        self.read_logs(&all).await;
        Ok(())
    }

    async fn inspect_all(&mut self, listed: &[Listed]) -> Result<Vec<Container>, AskError> {
        let asked: Vec<BoxFuture<(usize, Result<Option<Inspected>, AskError>)>> = listed
            .iter()
            .enumerate()
            .map(|(at, one)| {
                let (client, id) = (self.client.clone(), one.id.clone());
                boxed(async move { (at, client.inspect(&id).await) })
            })
            .collect();
        let answers: Vec<_> = stream::iter(asked).buffer_unordered(AT_ONCE).collect().await;
        let mut containers = Vec::new();
        for (at, answer) in answers {
            let Some(listed) = listed.get(at) else { continue };
            match answer {
                Ok(Some(full)) => containers.push(Container::of(Some(listed), &full)),
                Ok(None) => {}
                Err(AskError::Connect { address, error }) => {
                    return Err(AskError::Connect { address, error });
                }
                // One that cannot be read in full is better shown in part than not at all.
                Err(_) => {
                    self.snapshot.gaps.insert(
                        "Not every container can be read in full, so why one ended may not be known.",
                    );
                    containers.push(Container::of_list(listed));
                }
            }
        }
        Ok(containers)
    }

    async fn read_images(&mut self) -> Result<(), AskError> {
        match self.client.images().await {
            Ok(images) => {
                self.snapshot.images = images.into_iter().map(|image| (image.id.clone(), image)).collect();
                Ok(())
            }
            Err(AskError::Connect { address, error }) => Err(AskError::Connect { address, error }),
            Err(_) => {
                self.snapshot.gaps.insert(
                    "The age and the digest of images are not known, because GET /images/json is not allowed here (IMAGES=1 of the proxy).",
                );
                Ok(())
            }
        }
    }

    /// Takes in events, and what comes close behind them.
    async fn take_in(&mut self, first: Vec<Event>, events: &mut Option<Events>) -> Result<(), AskError> {
        let heard = gather(&self.ctx, first, events).await?;
        let mut ids = BTreeSet::new();
        let mut images = false;
        for event in &heard {
            self.heard_s = self.heard_s.max(event.time);
            match event.kind.as_str() {
                "container" if event.matters() => {
                    self.note(event);
                    ids.insert(event.actor.id.clone());
                }
                "image" => images = true,
                _ => {}
            }
        }
        for id in &ids {
            match self.client.inspect(id).await {
                Ok(Some(full)) if self.snapshot.containers.len() < CONTAINERS_MAX => {
                    self.snapshot.containers.insert(full.id.clone(), Container::of(None, &full));
                }
                Ok(None) => {
                    self.snapshot.containers.remove(id);
                }
                Err(AskError::Connect { address, error }) => {
                    return Err(AskError::Connect { address, error });
                }
                // Too many; or the next full reading sets it right.
                Ok(Some(_)) | Err(_) => {}
            }
        }
        let unknown_image = ids.iter().filter_map(|id| self.snapshot.containers.get(id)).any(|container| {
            !container.image_id.is_empty() && !self.snapshot.images.contains_key(&container.image_id)
        });
        if images || unknown_image {
            self.read_images().await?;
        }
        self.read_logs(&ids).await;
        Ok(())
    }

    /// Remembers ends, for who comes and goes.
    fn note(&mut self, event: &Event) {
        let at_ms = event.time.saturating_mul(1000);
        match (event.action.as_str(), event.exit_code()) {
            ("die" | "died", code) => self.restarts.ended(&event.actor.id, at_ms, code.unwrap_or(0)),
            ("oom", _) => self.restarts.ran_out_of_memory(&event.actor.id, at_ms),
            _ => {}
        }
    }

    /// Asks for the last lines of those that ended badly, once for each end.
    async fn read_logs(&mut self, ids: &BTreeSet<String>) {
        let now = self.ctx.clock.now().millis();
        let wanted: Vec<(String, i64)> = ids
            .iter()
            .filter_map(|id| self.snapshot.containers.get(id))
            .filter(|container| wants_log(container, self.restarts.loop_of(&container.id, now).is_some()))
            .map(|container| (container.id.clone(), container.finished_ms.unwrap_or(0)))
            .filter(|(id, end)| self.logs.get(id).is_none_or(|(asked, _)| asked != end))
            .collect();
        let asked: Vec<BoxFuture<(String, i64, Result<Bytes, AskError>)>> = wanted
            .into_iter()
            .map(|(id, end)| {
                let client = self.client.clone();
                boxed(async move {
                    let log = client.log_tail(&id, LOG_LINES).await;
                    (id, end, log)
                })
            })
            .collect();
        let answers: Vec<_> = stream::iter(asked).buffer_unordered(AT_ONCE).collect().await;
        for (id, end, log) in answers {
            let text = match log {
                Ok(bytes) => last_part(&log_text(&bytes), LOG_MAX),
                Err(error) => {
                    if error.is_forbidden() {
                        self.snapshot.gaps.insert(
                            "The last lines of what ended are not known, because logs may not be read here.",
                        );
                    }
                    String::new()
                }
            };
            self.logs.insert(id, (end, text));
        }
    }

    fn standing(&self) -> Standing {
        let settings = self.place.settings.clone();
        // Hob's own container, if it runs in one of this engine's: then it sees that one's sockets, not the machine's.
        let own = self.own_container.as_ref().and_then(|id| self.snapshot.containers.get(id));
        let boxed = own.is_some_and(|own| !own.is_on_host_network());
        Standing {
            here: settings.address.is_here() && settings.host.is_none() && !boxed,
            settings,
            host: self.ctx.this_host(),
            now_ms: self.ctx.clock.now().millis(),
        }
    }

    /// Says what is known now.
    async fn say(&mut self) {
        let standing = self.standing();
        let learnt: BTreeMap<String, Learnt> = self
            .snapshot
            .containers
            .keys()
            .map(|id| {
                let looping = self.restarts.loop_of(id, standing.now_ms);
                let log = self.logs.get(id).map(|(_, log)| log.clone()).unwrap_or_default();
                (id.clone(), Learnt { looping, log })
            })
            .collect();
        self.endpoints = endpoints(&self.ctx);
        let view = view(&self.snapshot, &standing, &learnt, &self.endpoints);
        let scope = &self.place.settings.name;
        let logs = self.snapshot.containers.values().filter_map(|container| {
            let log =
                learnt.get(&container.id).map(|learnt| learnt.log.clone()).filter(|log| !log.is_empty())?;
            Some((ResourceId::new("workload", scope, container.stable_name()), log))
        });
        self.ctx.memory.of::<Logs>().replace(scope, logs);
        self.publisher.publish(&self.ctx, scope, view).await;
    }

    /// Whether an engine that was found by itself is not there any more: its socket is gone, and it was never spoken to.
    fn is_gone(&self, error: &AskError) -> bool {
        let absent = matches!(&self.place.settings.address, Address::Socket(path) if !path.exists());
        let never = self.snapshot.containers.is_empty();
        !self.place.named
            && never
            && (absent || matches!(error, AskError::Connect { .. }))
            && !error.is_barred()
    }

    /// Why an engine does not answer, and what to do.
    fn why_silent(&self, error: &AskError) -> Health {
        let settings = &self.place.settings;
        let product = if settings.name.starts_with("podman") { "Podman" } else { "Docker" };
        if error.is_barred() {
            let said = format!("{product} runs here, but Hob may not read its socket {}.", settings.address);
            let health = if self.place.named { Health::unknown(said) } else { Health::ok(said) };
            return health.with_evidence(error.detail()).with_remedy(format!(
                "Either let Hob's user read it (usually: usermod -aG docker hob), knowing that whoever may use this socket can \
                 become root; or run a read-only proxy for it and name that in hob.toml: [[containers]] name = \"{}\", url = \
                 \"tcp://127.0.0.1:2375\". [containers_auto] enabled = false makes this go away.",
                settings.name
            ));
        }
        if error.is_forbidden() {
            return Health::unknown("Hob may not list the containers here, so none of them is seen.")
                .with_evidence(error.detail())
                .with_remedy(
                    "Let the proxy allow GET /containers (CONTAINERS=1) and GET /events (EVENTS=1).",
                );
        }
        let known = self.snapshot.containers.len();
        let last = if known > 0 {
            format!(" What is shown of its {known} containers is what was known before.")
        } else {
            String::new()
        };
        Health::critical(format!("{product} does not answer at {}.{last}", settings.address))
            .with_evidence(error.detail())
            .with_remedy(match &settings.address {
                Address::Socket(_) => {
                    format!("Look whether it runs: systemctl status {}", product.to_lowercase())
                }
                Address::Tcp { .. } => "Look whether the proxy and the engine behind it run.".to_owned(),
            })
    }
}

/// What woke the watch.
enum Happened {
    Events(Vec<Event>),
    AllAnew,
    Endpoints,
    Nothing,
}

async fn next(events: &mut Option<Events>) -> Result<Vec<Event>, AskError> {
    match events {
        Some(events) => events.next().await,
        None => std::future::pending().await,
    }
}

/// What comes close behind the first events.
async fn gather(ctx: &Ctx, first: Vec<Event>, events: &mut Option<Events>) -> Result<Vec<Event>, AskError> {
    let mut heard = first;
    let gathering = ctx.clock.sleep(GATHER);
    tokio::pin!(gathering);
    // Bounded: what comes beyond is heard in the next round.
    while heard.len() < 5000 {
        tokio::select! {
            () = &mut gathering => break,
            more = next(events) => heard.extend(more?),
        }
    }
    Ok(heard)
}

/// The ports of this machine that discovery found.
fn endpoints(ctx: &Ctx) -> Vec<Endpoint> {
    let source = "services".into();
    let of = |kind: &str| ctx.resources.of_kind(kind);
    of("service")
        .into_iter()
        .chain(of("port"))
        .filter(|resource| resource.id.scope() == ctx.hostname)
        .filter_map(|resource| {
            let word = resource.words.get(&source)?;
            let port = word.facts.get("port")?.as_number()?;
            let container = word.facts.get("container").and_then(|fact| fact.as_text()).map(str::to_owned);
            Some(Endpoint { id: resource.id.clone(), port: port as u16, container })
        })
        .collect()
}

/// The end of a text, from the beginning of a line where that is possible.
fn last_part(text: &str, max: usize) -> String {
    let count = text.chars().count();
    let cut: String = text.chars().skip(count.saturating_sub(max)).collect();
    match cut.split_once('\n') {
        Some((_, rest)) if count > max => rest.trim().to_owned(),
        _ => cut.trim().to_owned(),
    }
}
