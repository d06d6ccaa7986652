//! Everything that is said of one engine: from a snapshot of it to observations and checks.

use super::container::Container;
use super::judge::{Known, judge};
use super::restarts::Loop;
use super::routers::{Route, Routing};
use super::sites::sites;
use super::tiles;
use crate::api::Image;
use crate::config::EngineSettings;
use container_faults::Engine;
use hob_base::units::Bytes;
use hob_base::wording::{counted, duration_words, tidy};
use hob_base::{Health, Observation, ResourceId};
use hob_feature::CheckSpec;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The name under which this feature speaks.
pub(crate) const SOURCE: &str = "containers";
/// How long a word holds; it is said again well before.
pub(crate) const HOLDS_FOR: Duration = Duration::from_secs(900);
/// The longest text of a fact, in characters.
const FACT_MAX: usize = 300;

/// What is known of an engine.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    /// Its containers by id.
    pub(crate) containers: BTreeMap<String, Container>,
    /// Its images by id.
    pub(crate) images: BTreeMap<String, Image>,
    /// Whether it is Podman.
    pub(crate) podman: bool,
    /// Its version.
    pub(crate) release: Option<String>,
    /// What may not be read, in sentences.
    pub(crate) gaps: BTreeSet<&'static str>,
}

/// How it stands in the house.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    /// What the owner says of it.
    pub(crate) settings: EngineSettings,
    /// The resource that stands for this machine.
    pub(crate) host: ResourceId,
    /// Whether what it publishes is on this machine, where Hob sees the sockets itself.
    pub(crate) here: bool,
    /// Now, in milliseconds since 1970.
    pub(crate) now_ms: i64,
}

/// What was learnt of a container over time.
#[derive(Debug, Clone, Default)]
pub(crate) struct Learnt {
    /// Whether it comes and goes.
    pub(crate) looping: Option<Loop>,
    /// The last lines of its log.
    pub(crate) log: String,
}

/// A port of this machine, as discovery found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Its resource: `service/nas/8096` or `port/nas/5432`.
    pub(crate) id: ResourceId,
    /// Its port.
    pub(crate) port: u16,
    /// The beginning of the id of the container that listens, where discovery sees that.
    pub(crate) container: Option<String>,
}

/// What is said.
#[derive(Debug, Default)]
pub(crate) struct View {
    /// Of resources.
    pub(crate) observations: Vec<Observation>,
    /// What is to be probed.
    pub(crate) checks: Vec<CheckSpec>,
}

/// The whole picture while it is put together.
pub(crate) struct Picture<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) standing: &'a Standing,
    pub(crate) learnt: &'a BTreeMap<String, Learnt>,
    pub(crate) endpoints: &'a [Endpoint],
    /// Containers that are shown, one for each stable name.
    pub(crate) shown: Vec<&'a Container>,
    pub(crate) routing: Routing,
}

/// Puts together what is said of an engine that answers.
pub(crate) fn view(
    snapshot: &Snapshot,
    standing: &Standing,
    learnt: &BTreeMap<String, Learnt>,
    endpoints: &[Endpoint],
) -> View {
    let shown = shown(snapshot);
    let routing = Routing::of(&shown);
    let picture = Picture { snapshot, standing, learnt, endpoints, shown, routing };
    let sites = sites(&picture.routing);
    let mut view = View::default();
    view.observations.push(picture.engine());
    for container in &picture.shown {
        let routed = sites.iter().any(|site| site.containers.contains(&container.id));
        view.observations.push(picture.workload(container, routed));
    }
    view.observations.extend(picture.images());
    view.observations.extend(picture.routing.routes.iter().map(|route| picture.route(route)));
    tiles::add(&picture, &sites, &mut view);
    view
}

/// The resource that stands for an engine.
pub(crate) fn engine_id(name: &str) -> ResourceId {
    ResourceId::new("engine", SOURCE, name)
}

/// What is said of an engine that does not answer, or that Hob may not ask.
pub(crate) fn silent_engine(standing: &Standing, health: Health) -> Observation {
    let name = &standing.settings.name;
    let observation = Observation::new(SOURCE, engine_id(name), HOLDS_FOR)
        .named(title(name))
        .judged(health)
        .fact("engine", name.as_str())
        .fact("address", standing.settings.address.to_string());
    if standing.here { observation.needs(standing.host.clone()) } else { observation }
}

/// What people call an engine.
fn title(name: &str) -> String {
    match name {
        "docker" => "Docker".to_owned(),
        "podman" => "Podman".to_owned(),
        other => format!("Containers on {other}"),
    }
}

/// One container for each stable name, those that run first; those that hold pods together are left out.
fn shown(snapshot: &Snapshot) -> Vec<&Container> {
    let mut by_name: BTreeMap<&str, &Container> = BTreeMap::new();
    for container in snapshot.containers.values().filter(|container| !container.is_infra) {
        let place = by_name.entry(container.stable_name()).or_insert(container);
        let better = (container.is_running(), container.started_ms) > (place.is_running(), place.started_ms);
        if better {
            *place = container;
        }
    }
    by_name.into_values().collect()
}

impl Picture<'_> {
    pub(crate) fn scope(&self) -> &str {
        &self.standing.settings.name
    }

    /// An observation of something of this engine.
    pub(crate) fn says(&self, id: ResourceId) -> Observation {
        Observation::new(SOURCE, id, HOLDS_FOR).fact("engine", self.scope())
    }

    pub(crate) fn workload_id(&self, container: &Container) -> ResourceId {
        ResourceId::new("workload", self.scope(), container.stable_name())
    }

    pub(crate) fn by_id(&self, id: &str) -> Option<&Container> {
        self.shown.iter().copied().find(|container| container.id == id)
    }

    fn engine_kind(&self) -> Engine {
        if self.snapshot.podman { Engine::Podman } else { Engine::Docker }
    }

    fn engine(&self) -> Observation {
        let all = self.snapshot.containers.len();
        let running = self.snapshot.containers.values().filter(|c| c.is_running()).count();
        let product = if self.snapshot.podman { "Podman" } else { "Docker" };
        let release =
            self.snapshot.release.as_deref().map(|release| format!(" {release}")).unwrap_or_default();
        let mut health = Health::ok(format!(
            "{product}{release} answers: {} of {} run.",
            running,
            counted(all, "container")
        ));
        if !self.snapshot.gaps.is_empty() {
            let gaps: Vec<&str> = self.snapshot.gaps.iter().copied().collect();
            health = health.with_evidence(gaps.join(" "));
        }
        let observation = silent_engine(self.standing, health)
            .fact("product", product)
            .fact("containers_count", all as u64)
            .fact("running_count", running as u64)
            .fact("images_count", self.snapshot.images.len() as u64);
        with_text(observation, "version", self.snapshot.release.as_deref())
    }

    fn workload(&self, container: &Container, routed: bool) -> Observation {
        let nothing = Learnt::default();
        let learnt = self.learnt.get(&container.id).unwrap_or(&nothing);
        let known = Known {
            engine: self.engine_kind(),
            looping: learnt.looping,
            log: &learnt.log,
            serves: routed || container.ports.iter().any(|port| port.protocol == "tcp"),
            now_ms: self.standing.now_ms,
        };
        let mut health = judge(container, &known);
        if self.routing.left_out.contains(&container.id) && container.is_running() {
            health = health.or_worse(
                Health::warning("It has rules for Traefik, but not the label traefik.enable=true, so Traefik leaves it out.")
                    .with_evidence("Traefik was started with --providers.docker.exposedbydefault=false.")
                    .with_remedy("Add the label traefik.enable=true and make the container anew."),
            );
        }
        let mut observation = self
            .says(self.workload_id(container))
            .named(container.stable_name())
            .judged(health)
            .needs(engine_id(self.scope()))
            .fact("state", tidy(&container.status, 40))
            .fact("container", container.short_id())
            .fact("restarts_count", container.restart_count);
        for (key, value) in self.workload_facts(container) {
            observation = with_text(observation, key, value.as_deref());
        }
        if let Some(bytes) = container.memory_limit {
            observation = observation.fact("memory_limit_bytes", bytes);
        }
        if let Some(ms) = container.started_ms.filter(|_| container.is_running()) {
            observation = observation.fact("started_at", rfc3339(ms));
        }
        if !container.image.is_empty() {
            observation = observation.needs(self.image_id(&container.image));
        }
        self.dependencies(container).into_iter().fold(observation, Observation::needs)
    }

    fn workload_facts(&self, container: &Container) -> Vec<(&'static str, Option<String>)> {
        let image = self.snapshot.images.get(&container.image_id);
        // The tag has moved on: another image has the name by now.
        let newer = image.is_some()
            && self.snapshot.images.values().any(|other| {
                other.id != container.image_id
                    && other.repo_tags.iter().any(|tag| same_name(tag, &container.image))
            });
        let ports: Vec<String> = container
            .ports
            .iter()
            .map(|port| format!("{}→{}/{}", port.public, port.private, port.protocol))
            .collect();
        vec![
            ("image", Some(container.image.clone())),
            ("digest", image.and_then(digest)),
            ("image_age", image.and_then(|image| self.age(image.created * 1000))),
            (
                "newer_image",
                newer.then(|| {
                    "another image has this name by now; it runs when the container is made anew".to_owned()
                }),
            ),
            ("ports", Some(ports.join(", "))),
            ("project", container.project().map(str::to_owned)),
            ("compose_service", container.service().map(str::to_owned)),
            ("network", Some(container.network_mode.clone())),
            ("unit", container.labels.get("PODMAN_SYSTEMD_UNIT").map(str::to_owned)),
            ("app", container.app().map(|app| app.id.to_owned())),
        ]
    }

    /// What Compose says it depends on, and the container whose network it uses.
    fn dependencies(&self, container: &Container) -> Vec<ResourceId> {
        let mut needs = Vec::new();
        let project = container.project();
        let named = container.labels.get("com.docker.compose.depends_on").unwrap_or_default();
        for service in
            named.split(',').filter_map(|part| part.split(':').next()).filter(|name| !name.is_empty())
        {
            let same = |other: &&&Container| other.project() == project && other.service() == Some(service);
            // One that is to end before this one starts is no condition for its life.
            needs.extend(
                self.shown
                    .iter()
                    .find(same)
                    .filter(|other| other.id != container.id)
                    .filter(|_| {
                        !named
                            .split(',')
                            .any(|part| part.starts_with(&format!("{service}:service_completed")))
                    })
                    .map(|other| self.workload_id(other)),
            );
        }
        if let Some(provider) = container.shares_network_of() {
            let provider = self.shown.iter().find(|other| other.id == provider || other.name == provider);
            needs.extend(provider.map(|other| self.workload_id(other)));
        }
        needs
    }

    fn age(&self, since_ms: i64) -> Option<String> {
        let age = u64::try_from(self.standing.now_ms - since_ms).ok().filter(|_| since_ms > 0)?;
        Some(duration_words(Duration::from_millis(age)))
    }

    fn image_id(&self, name: &str) -> ResourceId {
        ResourceId::new("image", self.scope(), name)
    }

    /// The images that containers use.
    fn images(&self) -> Vec<Observation> {
        let mut used: BTreeMap<&str, Vec<&Container>> = BTreeMap::new();
        for container in self.shown.iter().filter(|container| !container.image.is_empty()) {
            used.entry(&container.image).or_default().push(container);
        }
        used.into_iter().map(|(name, containers)| self.image(name, &containers)).collect()
    }

    fn image(&self, name: &str, containers: &[&Container]) -> Observation {
        let image = containers.iter().find_map(|container| self.snapshot.images.get(&container.image_id));
        let age = image.and_then(|image| self.age(image.created * 1000));
        let built = age.map(|age| format!(" It was built {age} ago.")).unwrap_or_default();
        let (verb, used) =
            (if containers.len() == 1 { "uses" } else { "use" }, counted(containers.len(), "container"));
        let observation = self
            .says(self.image_id(name))
            .named(app_catalog::ImageName::parse(name).map_or_else(|| name.to_owned(), |image| image.short()))
            .judged(Health::ok(format!("{used} {verb} it.{built}")))
            .fact("image", tidy(name, FACT_MAX));
        let observation = with_text(observation, "digest", image.and_then(digest).as_deref());
        match image.filter(|image| image.size > 0) {
            Some(image) => observation
                .fact("size_bytes", image.size)
                .fact("built_at", rfc3339(image.created.saturating_mul(1000)))
                .fact("size", Bytes(u64::try_from(image.size).unwrap_or(0)).to_string()),
            None => observation,
        }
    }

    pub(crate) fn route_id(&self, key: &str) -> ResourceId {
        ResourceId::new("route", self.scope(), key)
    }

    fn route(&self, route: &Route) -> Observation {
        let mut observation = self
            .says(self.route_id(&format!("{}/{}", route.kind, route.name)))
            .named(format!("Router {}", tidy(&route.name, 80)))
            .judged(route.health.clone())
            .fact("tls", route.secure);
        observation = with_text(observation, "rule", Some(&route.router.rule));
        observation = with_text(observation, "entry_points", Some(&route.router.entry_points.join(", ")));
        observation = with_text(observation, "middlewares", Some(&route.router.middlewares.join(", ")));
        let containers = route.containers.iter().filter_map(|id| self.by_id(id));
        containers.fold(observation, |observation, container| observation.needs(self.workload_id(container)))
    }
}

/// Adds a text that is not empty, bounded.
pub(crate) fn with_text(observation: Observation, key: &str, text: Option<&str>) -> Observation {
    match text.map(|text| tidy(text, FACT_MAX)).filter(|text| !text.is_empty()) {
        Some(text) => observation.fact(key, text),
        None => observation,
    }
}

fn digest(image: &Image) -> Option<String> {
    image.repo_digests.iter().find_map(|name| Some(name.split_once('@')?.1.to_owned()))
}

/// Whether two names are the same image name, written short or in full.
fn same_name(a: &str, b: &str) -> bool {
    let full = |text: &str| {
        let name = app_catalog::ImageName::parse(text)?;
        Some((name.registry, name.repository, name.tag.unwrap_or_else(|| "latest".to_owned()), name.digest))
    };
    full(a).is_some_and(|a| a.3.is_none() && Some(a) == full(b))
}

fn rfc3339(ms: i64) -> String {
    hob_base::Timestamp::from_millis(ms).rfc3339()
}
