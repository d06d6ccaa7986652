//! A container as it is shown and judged, from the list and from the full answer.

use crate::api::{Bindings, Inspected, Labels, Listed};
use app_catalog::{App, Hints, Look, look};
use hob_base::wording::tidy;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// How many ports of one container are looked at.
const PORTS_MAX: usize = 100;

/// The longest name, in characters.
const NAME_MAX: usize = 128;

/// A container.
#[derive(Debug, Clone, Default)]
pub(crate) struct Container {
    /// Its id.
    pub(crate) id: String,
    /// Its name, without the slash.
    pub(crate) name: String,
    /// Its image, as it was named.
    pub(crate) image: String,
    /// The id of its image.
    pub(crate) image_id: String,
    /// Its labels.
    pub(crate) labels: Labels,
    /// What its labels say to dashboards.
    pub(crate) hints: Hints,
    /// The ports that it publishes, also while it does not run.
    pub(crate) ports: Vec<Port>,
    /// The ports that its image names.
    pub(crate) exposed: BTreeSet<u16>,
    /// `bridge`, `host`, `none`, `container:ID`, or the name of a network.
    pub(crate) network_mode: String,
    /// `running`, `exited` …
    pub(crate) status: String,
    /// The code with which it last ended.
    pub(crate) exit_code: i64,
    /// Why it could not be started.
    pub(crate) error: String,
    /// Whether it was killed because its memory ran out.
    pub(crate) oom_killed: bool,
    /// When it was last started, in milliseconds since 1970.
    pub(crate) started_ms: Option<i64>,
    /// When it last ended.
    pub(crate) finished_ms: Option<i64>,
    /// What its own health check says.
    pub(crate) own_health: OwnHealth,
    /// How often the engine restarted it.
    pub(crate) restart_count: i64,
    /// Whether it is started again.
    pub(crate) restart: Restart,
    /// The memory it may use, in bytes.
    pub(crate) memory_limit: Option<i64>,
    /// Where Traefik listens, if that is what it is.
    pub(crate) traefik_arguments: Vec<String>,
    /// Whether it only holds a pod together.
    pub(crate) is_infra: bool,
}

/// What the health check of a container says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum OwnHealth {
    /// It has none.
    #[default]
    None,
    /// It has not ended yet.
    Starting,
    /// Well.
    Healthy,
    /// Not well, with what it wrote last, and how often it failed in a row.
    Unhealthy(String, i64),
}

/// Whether a container is started again when it ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Restart {
    /// Not.
    #[default]
    No,
    /// Always, unless somebody stops it.
    Always,
    /// When it fails, so often; 0: without end.
    OnFailure(i64),
}

/// A published port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Port {
    /// On the machine.
    pub(crate) public: u16,
    /// Within the container.
    pub(crate) private: u16,
    /// `tcp`, `udp`, `sctp`.
    pub(crate) protocol: String,
    /// Whether it is published on loopback only.
    pub(crate) loopback: bool,
}

impl Container {
    /// From the full answer, with what only the list tells.
    pub(crate) fn of(listed: Option<&Listed>, full: &Inspected) -> Self {
        let labels = full.config.labels.clone();
        // While it runs: where its ports are. Else: where they will be.
        let ports = match ports_of(&full.network_settings.ports) {
            ports if ports.is_empty() => ports_of(&full.host_config.port_bindings),
            ports => ports,
        };
        let exposed =
            full.config.exposed_ports.keys().filter_map(|key| tcp_port(key)).take(PORTS_MAX).collect();
        let state = &full.state;
        Self {
            id: plain_id(&full.id),
            name: plain_name(&full.name),
            image: image_of(&full.config.image, listed),
            image_id: full.image.clone(),
            hints: Hints::from_labels(labels.iter()),
            labels,
            ports,
            exposed,
            network_mode: full.host_config.network_mode.clone(),
            status: state.status.clone(),
            exit_code: state.exit_code,
            error: state.error.clone(),
            oom_killed: state.oom_killed,
            started_ms: moment(&state.started_at),
            finished_ms: moment(&state.finished_at),
            own_health: own_health(full),
            restart_count: full.restart_count.max(0),
            restart: restart(full),
            memory_limit: Some(full.host_config.memory).filter(|bytes| *bytes > 0),
            traefik_arguments: full.args.0.clone(),
            is_infra: full.is_infra
                || listed.is_some_and(|listed| listed.is_infra)
                || is_pause(&full.config.image),
        }
    }

    /// From the list alone, where the full answer is not to be had.
    pub(crate) fn of_list(listed: &Listed) -> Self {
        let mut ports: Vec<Port> = listed
            .ports
            .iter()
            .filter_map(|port| {
                let loopback = port.ip.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
                let public = port.public_port.filter(|public| *public > 0)?;
                Some(Port { public, private: port.private_port, protocol: port.protocol.clone(), loopback })
            })
            .take(PORTS_MAX)
            .collect();
        tidy_ports(&mut ports);
        Self {
            id: listed.id.clone(),
            name: listed
                .names
                .first()
                .map(|name| name.trim_start_matches('/').to_owned())
                .unwrap_or_default(),
            image: listed.image.clone(),
            image_id: listed.image_id.clone(),
            hints: Hints::from_labels(listed.labels.iter()),
            labels: listed.labels.clone(),
            ports,
            status: listed.state.clone(),
            is_infra: listed.is_infra || is_pause(&listed.image),
            ..Self::default()
        }
    }

    /// The beginning of its id, as people see it.
    pub(crate) fn short_id(&self) -> &str {
        self.id.get(..12).unwrap_or(&self.id)
    }

    /// The project of Compose (or stack of Swarm) that it belongs to.
    pub(crate) fn project(&self) -> Option<&str> {
        ["com.docker.compose.project", "io.podman.compose.project", "com.docker.stack.namespace"]
            .iter()
            .find_map(|key| self.labels.get(key))
    }

    /// The service of Compose or Swarm that it is an instance of.
    pub(crate) fn service(&self) -> Option<&str> {
        self.labels.get("com.docker.compose.service").or_else(|| {
            let service = self.labels.get("com.docker.swarm.service.name")?;
            Some(
                self.project()
                    .and_then(|stack| service.strip_prefix(stack)?.strip_prefix('_'))
                    .unwrap_or(service),
            )
        })
    }

    /// What stays the same when it is made anew: its name, but for tasks of Swarm, whose names end in a random word.
    pub(crate) fn stable_name(&self) -> &str {
        match self.labels.get("com.docker.swarm.task.name").and_then(|task| task.rsplit_once('.')) {
            Some((stable, _)) if self.name.starts_with(stable) => stable,
            _ if self.name.is_empty() => self.short_id(),
            _ => &self.name,
        }
    }

    /// What is known of its image.
    pub(crate) fn look(&self) -> Option<Look> {
        look(&self.image)
    }

    /// The application that it is.
    pub(crate) fn app(&self) -> Option<&'static App> {
        app_catalog::app(&self.image)
    }

    /// Whether it is up.
    pub(crate) fn is_running(&self) -> bool {
        matches!(self.status.as_str(), "running" | "paused" | "restarting")
    }

    /// Whether it is on the network of the machine itself.
    pub(crate) fn is_on_host_network(&self) -> bool {
        self.network_mode == "host"
    }

    /// The id or name of the container whose network it shares.
    pub(crate) fn shares_network_of(&self) -> Option<&str> {
        self.network_mode.strip_prefix("container:")
    }
}

/// An id: hexadecimal digits, where an engine is honest.
fn plain_id(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).take(64).collect()
}

/// A name without the slash before it, as one bounded line.
fn plain_name(text: &str) -> String {
    tidy(text.trim_start_matches('/'), NAME_MAX)
}

fn own_health(full: &Inspected) -> OwnHealth {
    let Some(health) = &full.state.health else { return OwnHealth::None };
    match health.status.as_str() {
        "starting" => OwnHealth::Starting,
        "healthy" => OwnHealth::Healthy,
        "unhealthy" => {
            let output = health.log.last().map(|run| run.output.clone()).unwrap_or_default();
            OwnHealth::Unhealthy(output, health.failing_streak)
        }
        _ => OwnHealth::None,
    }
}

fn restart(full: &Inspected) -> Restart {
    let policy = &full.host_config.restart_policy;
    match policy.name.as_str() {
        "always" | "unless-stopped" => Restart::Always,
        "on-failure" => Restart::OnFailure(policy.maximum_retry_count.max(0)),
        _ => Restart::No,
    }
}

/// The image as somebody named it. An engine that has lost the name gives the id.
fn image_of(named: &str, listed: Option<&Listed>) -> String {
    let is_id = |text: &str| text.is_empty() || text.starts_with("sha256:");
    match listed {
        Some(listed) if is_id(named) && !is_id(&listed.image) => listed.image.clone(),
        _ => named.to_owned(),
    }
}

fn is_pause(image: &str) -> bool {
    image.starts_with("localhost/podman-pause:") || image.starts_with("k8s.gcr.io/pause:")
}

fn ports_of(bindings: &Bindings) -> Vec<Port> {
    let mut ports = Vec::new();
    for (key, places) in bindings.iter().take(PORTS_MAX) {
        let (number, protocol) = key.split_once('/').unwrap_or((key, "tcp"));
        let Ok(private) = number.parse::<u16>() else { continue };
        for place in places.iter().flatten().take(10) {
            let Some(public) = place.host_port.parse::<u16>().ok().filter(|port| *port > 0) else { continue };
            let loopback = place.host_ip.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
            ports.push(Port { public, private, protocol: protocol.to_owned(), loopback });
        }
    }
    tidy_ports(&mut ports);
    ports
}

/// One line for each port: it is published on IPv4 and IPv6 alike.
fn tidy_ports(ports: &mut Vec<Port>) {
    ports.sort();
    ports.dedup_by(|a, b| {
        let same = (a.public, a.private, &a.protocol) == (b.public, b.private, &b.protocol);
        if same {
            b.loopback &= a.loopback;
        }
        same
    });
    ports.truncate(PORTS_MAX);
}

fn tcp_port(key: &str) -> Option<u16> {
    let (number, protocol) = key.split_once('/').unwrap_or((key, "tcp"));
    number.parse().ok().filter(|_| protocol == "tcp")
}

/// A moment of the API, in milliseconds since 1970; `None` for the year 1, which stands for never.
fn moment(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond).filter(|ms| *ms > 0)
}
