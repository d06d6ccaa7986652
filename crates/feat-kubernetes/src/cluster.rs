//! Watches one cluster: connects, keeps the mirror in step, and says whether the API server answers.

use crate::client::{Api, Fault, Trouble};
use crate::clusters::{Clusters, State};
use crate::config::{ClusterSettings, Origin};
use crate::discovery::{self, Served};
use crate::examine::Examiner;
use crate::figures::Figures;
use crate::find::origin_words;
use crate::gaps::Gap;
use crate::logs::Tails;
use crate::mirror::{Mirror, Unit};
use crate::publish::{HOLDS_FOR, SOURCE, cluster_id};
use crate::usage::Measured;
use crate::watch::{Follower, Link, jitter, pause, units};
use cluster_model::Kind;
use hob_base::{Health, Observation, Timestamp};
use hob_feature::Ctx;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::{AbortHandle, JoinSet};

/// How often the API server is asked whether it is there.
const BEAT: Duration = Duration::from_secs(10);
/// How often while it is not.
const BEAT_AWAY: Duration = Duration::from_secs(2);
/// How long an answer to that may take.
const BEAT_WITHIN: Duration = Duration::from_secs(8);
/// For how long it may be away before that is said: a restart takes seconds.
const SAID_AFTER: Duration = Duration::from_secs(15);
/// After so long everything begins anew: the kubeconfig may be another one by now.
const ANEW_AFTER: Duration = Duration::from_secs(30);
/// From one question to the next no more time than this passes, unless the machine slept.
const SLEPT: Duration = Duration::from_secs(60);
/// So long before its end a client certificate is a finding.
const CERTIFICATE_SOON: Duration = Duration::from_secs(14 * 86_400);
/// The longest pause between two tries to connect.
const CONNECT_PAUSE_MAX: Duration = Duration::from_secs(15);
/// How often it is asked what the cluster has.
const DISCOVER: Duration = Duration::from_secs(90);
/// How soon after a kind vanished.
const DISCOVER_SOON: Duration = Duration::from_secs(3);
/// How long before its end what Hob signs in with is had anew, in milliseconds.
const EXPIRES_EARLY_MS: i64 = 60_000;
/// How often the resource of the cluster is said again.
const SAY_AGAIN: Duration = Duration::from_secs(240);

/// What watches one cluster.
pub(crate) struct Watcher {
    pub(crate) ctx: Ctx,
    pub(crate) settings: ClusterSettings,
    /// Whether nobody named it.
    pub(crate) found: bool,
    pub(crate) clusters: Arc<Clusters>,
    pub(crate) mirror: Arc<Mirror>,
    pub(crate) link: Arc<Link>,
    pub(crate) figures: Figures,
    /// How full its volumes are.
    pub(crate) measured: Measured,
    api: Mutex<Option<Api>>,
    contact: Mutex<Contact>,
    /// What is not read besides kinds: `pods/log`.
    other_gaps: Mutex<BTreeMap<&'static str, Gap>>,
}

/// When the API server was heard and missed.
#[derive(Debug, Clone, Copy, Default)]
struct Contact {
    /// Since when nothing was heard, by both clocks.
    missed: Option<(Duration, Timestamp)>,
    /// Whether it was ever heard.
    heard: bool,
    /// When its resource was last spoken of.
    said: Option<Duration>,
}

impl Watcher {
    pub(crate) fn new(ctx: Ctx, settings: ClusterSettings, found: bool, figures: Figures) -> Self {
        let clusters = ctx.memory.of::<Clusters>();
        let origin = match &settings.origin {
            Origin::InCluster => "the service account of Hob's own pod".to_owned(),
            Origin::Kubeconfig { files, context: Some(context) } => {
                format!("{}, context “{context}”", origin_words(files))
            }
            Origin::Kubeconfig { files, context: None } => origin_words(files),
        };
        clusters.update(&settings.name, |view| {
            view.name.clone_from(&settings.name);
            view.origin = origin;
            view.found = found;
        });
        Self {
            ctx,
            settings,
            found,
            clusters,
            mirror: Arc::default(),
            link: Arc::new(Link::new(figures.restarts.clone())),
            figures,
            measured: Measured::default(),
            api: Mutex::default(),
            contact: Mutex::default(),
            other_gaps: Mutex::default(),
        }
    }

    /// Watches for ever.
    pub(crate) async fn run(self) {
        let watcher = Arc::new(self);
        let mut examiner = Examiner::new(watcher.clone());
        tokio::join!(
            watcher.connect(),
            examiner.run(),
            crate::tails::run(&watcher),
            crate::usage::run(&watcher)
        );
    }

    fn name(&self) -> &str {
        &self.settings.name
    }

    async fn connect(&self) {
        let mut failures = 0;
        loop {
            match self.reach().await {
                Ok((api, served)) => {
                    failures = 0;
                    self.session(&api, served).await;
                    self.ctx.clock.sleep(jitter(Duration::from_secs(1))).await;
                }
                Err(trouble) => {
                    failures += 1;
                    self.missed(&trouble).await;
                    self.ctx.clock.sleep(pause(failures).min(CONNECT_PAUSE_MAX)).await;
                }
            }
        }
    }

    async fn reach(&self) -> Result<(Api, Served), Trouble> {
        let api = Api::open(&self.settings.origin).await?;
        self.clusters.update(self.name(), |view| view.server.clone_from(&api.server));
        let served = discovery::discover(&api).await?;
        Ok((api, served))
    }

    /// Watches for as long as the server answers and takes what Hob signs in with.
    async fn session(&self, api: &Api, served: Served) {
        let mut session = Session {
            watcher: self,
            api,
            tasks: JoinSet::new(),
            running: BTreeMap::new(),
            missing: BTreeSet::new(),
        };
        *self.api.lock().unwrap_or_else(PoisonError::into_inner) = Some(api.clone());
        self.link.set(true);
        self.mirror.renew();
        session.take_in(served);
        self.heard().await;
        session.run().await;
    }

    /// It answers.
    async fn heard(&self) {
        let now = self.ctx.clock.moment();
        let mut contact = self.contact();
        let was_missed = contact.missed.take().is_some() || !contact.heard;
        contact.heard = true;
        let due = contact.said.is_none_or(|said| now.monotonic >= said + SAY_AGAIN);
        self.update_contact(contact);
        if let Some(view) = self.clusters.get(self.name())
            && (was_missed || due || view.state != State::Watching)
        {
            self.clusters.update(self.name(), |view| {
                view.state = State::Watching;
                view.heard_at = Some(now.wall);
            });
            self.say(self.well(now.wall)).await;
        } else {
            self.clusters.touch(self.name(), now.wall);
        }
    }

    /// How well a cluster is that answers: what Hob signs in with may end soon.
    fn well(&self, now: Timestamp) -> Health {
        let ends = self.api().and_then(|api| api.certificate_ends_ms).map(Timestamp::from_millis);
        let Some(ends) = ends.filter(|ends| *ends < now.plus(CERTIFICATE_SOON)) else {
            return Health::ok("The API server answers.");
        };
        let day = ends.zoned(&self.ctx.zone).date();
        let reason = format!("The client certificate with which Hob signs in to the cluster ends on {day}.");
        Health::warning(reason).with_remedy(
            "k3s renews it when it is restarted in its last 90 days, kubeadm by “kubeadm certs renew all”; then take the new kubeconfig.",
        )
    }

    /// It does not answer, or not to us.
    async fn missed(&self, trouble: &Trouble) {
        let now = self.ctx.clock.moment();
        let mut contact = self.contact();
        let (since, wall) = *contact.missed.get_or_insert((now.monotonic, now.wall));
        self.update_contact(contact);
        let certain = matches!(trouble.fault, Fault::Setup | Fault::Unauthorized | Fault::Tls);
        if !certain && now.monotonic < since + SAID_AFTER {
            return;
        }
        let reason = self.reason(trouble);
        let evidence = format!("{} {}", trouble.sentence, trouble.evidence).trim().to_owned();
        self.clusters.update(self.name(), |view| {
            view.state = State::Away {
                since: wall,
                reason: reason.clone(),
                evidence: evidence.clone(),
                remedy: trouble.remedy.clone(),
            };
        });
        // One that was merely found and never answered is no outage of anybody's.
        if self.found && !contact.heard {
            return;
        }
        let mut health = Health::critical(reason).with_evidence(evidence);
        health.remedy.clone_from(&trouble.remedy);
        self.say(health).await;
    }

    fn reason(&self, trouble: &Trouble) -> String {
        let name = self.name();
        match trouble.fault {
            Fault::Setup | Fault::Unauthorized | Fault::Tls | Fault::Forbidden | Fault::Protocol => {
                format!("The cluster “{name}” cannot be watched: Hob cannot sign in to its API server.")
            }
            _ => format!("The API server of the cluster “{name}” does not answer."),
        }
    }

    /// What is not read besides kinds.
    pub(crate) fn other_gaps(&self) -> Vec<Gap> {
        self.other_gaps.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Notes that something besides kinds is not read, or is read again.
    pub(crate) fn note_gap(&self, what: &'static str, gap: Option<Gap>) {
        let mut gaps = self.other_gaps.lock().unwrap_or_else(PoisonError::into_inner);
        match gap {
            Some(gap) => gaps.insert(what, gap),
            None => gaps.remove(what),
        };
    }

    /// The last lines that are known.
    pub(crate) fn tails(&self) -> Arc<Tails> {
        self.clusters.get(self.name()).map(|view| view.tails.clone()).unwrap_or_default()
    }

    /// The API server, once it was reached.
    pub(crate) fn api(&self) -> Option<Api> {
        self.api.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn contact(&self) -> Contact {
        *self.contact.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn update_contact(&self, contact: Contact) {
        *self.contact.lock().unwrap_or_else(PoisonError::into_inner) = contact;
    }

    /// Speaks of the resource that stands for the cluster.
    async fn say(&self, health: Health) {
        let Some(view) = self.clusters.get(self.name()) else { return };
        let mut contact = self.contact();
        contact.said = Some(self.ctx.clock.monotonic());
        self.update_contact(contact);
        let mut said = Observation::new(SOURCE, cluster_id(self.name()), HOLDS_FOR)
            .named(format!("Cluster {}", self.name()))
            .fact("cluster", self.name())
            .fact("server", view.server.as_str())
            .judged(health);
        if !view.version.is_empty() {
            said = said.fact("version", view.version.as_str());
        }
        if let (State::Away { .. }, Some(heard)) = (&view.state, view.heard_at) {
            said = said.fact("known_until", heard.rfc3339());
        }
        self.ctx.resources.observe(said).await;
    }
}

/// One connection, for as long as it is good.
struct Session<'a> {
    watcher: &'a Watcher,
    api: &'a Api,
    tasks: JoinSet<Unit>,
    running: BTreeMap<Unit, (AbortHandle, String)>,
    /// Kinds that the cluster had and that it did not name last time.
    missing: BTreeSet<Kind>,
}

impl Session<'_> {
    async fn run(&mut self) {
        let watcher = self.watcher;
        let (clock, link) = (&watcher.ctx.clock, &watcher.link);
        let mut next_discovery = clock.monotonic() + DISCOVER + jitter(DISCOVER / 4);
        if !self.missing.is_empty() {
            next_discovery = clock.monotonic() + DISCOVER_SOON;
        }
        let mut beat = BEAT;
        let mut away_since = None;
        let mut last_beat = clock.now();
        loop {
            let to_discovery = next_discovery.saturating_sub(clock.monotonic());
            tokio::select! {
                Some(ended) = self.tasks.join_next(), if !self.tasks.is_empty() => {
                    if let Ok(unit) = ended {
                        self.running.remove(&unit);
                    }
                    continue;
                }
                () = link.vanished.notified() => {
                    next_discovery = next_discovery.min(clock.monotonic() + DISCOVER_SOON);
                    continue;
                }
                () = link.unknown.notified() => return self.end(),
                () = link.doubt.notified() => {}
                () = clock.sleep(beat) => {}
                () = clock.sleep(to_discovery) => {
                    next_discovery = clock.monotonic() + DISCOVER + jitter(DISCOVER / 4);
                    if let Ok(served) = discovery::discover(self.api).await {
                        self.take_in(served);
                    }
                    if !self.missing.is_empty() {
                        next_discovery = clock.monotonic() + DISCOVER_SOON;
                    }
                    continue;
                }
            }
            // A machine that slept has connections that nobody else knows of any more.
            let slept = clock.now().since(last_beat) > SLEPT;
            last_beat = clock.now();
            if slept || self.ends_soon() {
                return self.end();
            }
            match discovery::version(self.api, BEAT_WITHIN).await {
                Ok(_) => {
                    (beat, away_since) = (BEAT, None);
                    link.set(true);
                    watcher.heard().await;
                    // Many may doubt at once; one answer is enough for all of them.
                    clock.sleep(Duration::from_millis(200)).await;
                }
                Err(trouble) => {
                    link.set(false);
                    watcher.missed(&trouble).await;
                    beat = BEAT_AWAY;
                    let since = *away_since.get_or_insert(clock.monotonic());
                    if trouble.fault == Fault::Unauthorized || clock.monotonic() >= since + ANEW_AFTER {
                        return self.end();
                    }
                }
            }
        }
    }

    /// Whether what Hob signs in with ends within the minute.
    fn ends_soon(&self) -> bool {
        let now = self.watcher.ctx.clock.now().millis();
        self.api.expires_ms.is_some_and(|ends| now >= ends - EXPIRES_EARLY_MS)
    }

    fn end(&mut self) {
        self.tasks.abort_all();
        self.running.clear();
    }

    /// A server that has just started names its own kinds before those that were installed: what it had and does not name is
    /// gone only when it does not name it twice.
    fn doubt_absence(&mut self, served: &mut Served) {
        let had = self.watcher.mirror.kinds();
        let absent: BTreeSet<Kind> = had
            .into_iter()
            .filter(|kind| !served.paths.contains_key(kind) && !served.unclear.contains(kind))
            .collect();
        let first: BTreeSet<Kind> = absent.difference(&self.missing).copied().collect();
        served.unclear.extend(&first);
        self.missing = first;
    }

    /// Begins to watch what the cluster has, and ends what it no longer has.
    fn take_in(&mut self, mut served: Served) {
        let watcher = self.watcher;
        self.doubt_absence(&mut served);
        let wanted = |kind: &Kind| watcher.settings.secrets || *kind != Kind::Secret;
        let all: Vec<(Unit, &String)> = served
            .paths
            .iter()
            .filter(|(kind, _)| wanted(kind))
            .flat_map(|(kind, path)| {
                units(*kind, &watcher.settings.namespaces).into_iter().map(move |unit| (unit, path))
            })
            .collect();
        self.running.retain(|unit, (task, path)| {
            // What is unclear goes on as it is; what moved to another version begins anew.
            let stays = served.unclear.contains(&unit.kind)
                || all.iter().any(|(other, at)| other == unit && *at == path);
            if !stays {
                task.abort();
            }
            stays
        });
        let mut expected: Vec<Unit> = all.iter().map(|(unit, _)| unit.clone()).collect();
        expected.extend(self.running.keys().filter(|unit| served.unclear.contains(&unit.kind)).cloned());
        watcher.mirror.expect(&expected, &served.unclear);
        for (unit, path) in all {
            if self.running.contains_key(&unit) {
                continue;
            }
            let follower = Follower {
                api: self.api.clone(),
                mirror: watcher.mirror.clone(),
                link: watcher.link.clone(),
                clock: watcher.ctx.clock.clone(),
            };
            let task = self.tasks.spawn(follower.follow(unit.clone(), path.clone()));
            self.running.insert(unit, (task, path.clone()));
        }
        if !served.version.is_empty() {
            let name = watcher.name();
            if watcher.clusters.get(name).is_some_and(|view| view.version != served.version) {
                watcher.clusters.update(name, |view| view.version = served.version);
            }
        }
    }
}
