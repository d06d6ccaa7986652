//! What engines answer, as far as it is used. Podman answers otherwise here and there (no labels are `null`, a health check
//! is called `Healthcheck`), proxies cut things away, versions differ: a field that is missing or absurd is as if it were
//! empty, and costs nothing else.
//!
//! What may hold secrets is never read: environment variables, and labels that hold other programs' passwords.

mod labels;
mod log;

pub(crate) use labels::Labels;
pub(crate) use log::log_text;

use hob_base::wording::tidy;
use http::header::HeaderMap;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// The longest text that is kept, in characters.
const TEXT_MAX: usize = 300;

/// Who answers, by the headers of `/_ping`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Ping {
    /// The newest version of the API that it speaks.
    pub(crate) version: Option<(u32, u32)>,
    /// Whether it is Podman.
    pub(crate) podman: bool,
    /// Its own version, where the header tells: Podman's does.
    pub(crate) release: Option<String>,
}

impl Ping {
    /// Reads `Api-Version: 1.45` and `Libpod-Api-Version: 5.2.0`.
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let text =
            |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(|text| tidy(text, 40));
        let version = text("api-version").and_then(|text| {
            let (major, minor) = text.split_once('.')?;
            Some((major.parse().ok()?, minor.parse().ok()?))
        });
        let podman = text("libpod-api-version");
        let server = text("server").unwrap_or_default();
        // “Docker/27.3.1 (linux)”.
        let docker =
            server.strip_prefix("Docker/").map(|rest| rest.split(' ').next().unwrap_or_default().to_owned());
        Self { version, podman: podman.is_some() || server.starts_with("Libpod"), release: podman.or(docker) }
    }
}

/// One container of the list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Listed {
    /// Its id.
    #[serde(deserialize_with = "or_default")]
    pub(crate) id: String,
    /// Its names, each with a slash before it.
    #[serde(deserialize_with = "or_default")]
    pub(crate) names: Vec<String>,
    /// Its image, as it was named.
    #[serde(deserialize_with = "or_default")]
    pub(crate) image: String,
    /// The id of its image.
    #[serde(rename = "ImageID", deserialize_with = "or_default")]
    pub(crate) image_id: String,
    /// Its ports.
    #[serde(deserialize_with = "or_default")]
    pub(crate) ports: Vec<ListedPort>,
    /// Its labels.
    #[serde(deserialize_with = "or_default")]
    pub(crate) labels: Labels,
    /// `running`, `exited` …
    #[serde(deserialize_with = "or_default")]
    pub(crate) state: String,
    /// Whether Podman made it to hold a pod together.
    #[serde(deserialize_with = "or_default")]
    pub(crate) is_infra: bool,
}

/// A port in the list.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct ListedPort {
    /// The address on which it is published.
    #[serde(rename = "IP", deserialize_with = "or_default")]
    pub(crate) ip: String,
    /// Within the container.
    #[serde(deserialize_with = "or_default")]
    pub(crate) private_port: u16,
    /// On the machine.
    #[serde(deserialize_with = "or_default")]
    pub(crate) public_port: Option<u16>,
    /// `tcp`, `udp` or `sctp`.
    #[serde(rename = "Type", deserialize_with = "or_default")]
    pub(crate) protocol: String,
}

/// One container in full.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Inspected {
    /// Its id.
    #[serde(deserialize_with = "or_default")]
    pub(crate) id: String,
    /// Its name, with a slash before it.
    #[serde(deserialize_with = "or_default")]
    pub(crate) name: String,
    /// The id of its image.
    #[serde(deserialize_with = "or_default")]
    pub(crate) image: String,
    /// How it is.
    #[serde(deserialize_with = "or_default")]
    pub(crate) state: State,
    /// How often the engine restarted it.
    #[serde(deserialize_with = "or_default")]
    pub(crate) restart_count: i64,
    /// How it was made.
    #[serde(deserialize_with = "or_default")]
    pub(crate) config: ContainerConfig,
    /// How it is run.
    #[serde(deserialize_with = "or_default")]
    pub(crate) host_config: HostConfig,
    /// Its ports, while it runs.
    #[serde(deserialize_with = "or_default")]
    pub(crate) network_settings: NetworkSettings,
    /// Its arguments. Only those that say where Traefik listens are kept.
    #[serde(deserialize_with = "or_default")]
    pub(crate) args: TraefikArguments,
    /// Whether Podman made it to hold a pod together.
    #[serde(deserialize_with = "or_default")]
    pub(crate) is_infra: bool,
}

/// How a container is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct State {
    /// `created`, `running`, `paused`, `restarting`, `removing`, `exited`, `dead`; Podman also `configured`, `stopped` …
    #[serde(deserialize_with = "or_default")]
    pub(crate) status: String,
    /// The code with which it last ended.
    #[serde(deserialize_with = "or_default")]
    pub(crate) exit_code: i64,
    /// Why it could not be started.
    #[serde(deserialize_with = "text")]
    pub(crate) error: String,
    /// Whether it was killed because its memory ran out.
    #[serde(rename = "OOMKilled", deserialize_with = "or_default")]
    pub(crate) oom_killed: bool,
    /// When it was last started, RFC 3339.
    #[serde(deserialize_with = "or_default")]
    pub(crate) started_at: String,
    /// When it last ended; the year 1 where it never did.
    #[serde(deserialize_with = "or_default")]
    pub(crate) finished_at: String,
    /// Its own health check; old Podman calls it `Healthcheck`.
    #[serde(alias = "Healthcheck", deserialize_with = "or_default")]
    pub(crate) health: Option<OwnHealth>,
}

/// What the health check of a container says.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct OwnHealth {
    /// `none`, `starting`, `healthy`, `unhealthy`; empty where there is no check.
    #[serde(deserialize_with = "or_default")]
    pub(crate) status: String,
    /// How often it failed in a row.
    #[serde(deserialize_with = "or_default")]
    pub(crate) failing_streak: i64,
    /// The last runs, the newest last.
    #[serde(deserialize_with = "or_default")]
    pub(crate) log: Vec<OwnHealthRun>,
}

/// One run of a health check.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct OwnHealthRun {
    /// What its command wrote.
    #[serde(deserialize_with = "text")]
    pub(crate) output: String,
}

/// How a container was made.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct ContainerConfig {
    /// Its image, as it was named.
    #[serde(deserialize_with = "or_default")]
    pub(crate) image: String,
    /// Its labels.
    #[serde(deserialize_with = "or_default")]
    pub(crate) labels: Labels,
    /// The ports that its image says it listens on: `8096/tcp`.
    #[serde(deserialize_with = "or_default")]
    pub(crate) exposed_ports: BTreeMap<String, Value>,
    /// Whether it has a terminal: then its log is plain text.
    #[serde(deserialize_with = "or_default")]
    pub(crate) tty: bool,
}

/// How a container is run.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct HostConfig {
    /// `bridge`, `host`, `none`, `container:ID`, or the name of a network.
    #[serde(deserialize_with = "or_default")]
    pub(crate) network_mode: String,
    /// The ports that are to be published.
    #[serde(deserialize_with = "or_default")]
    pub(crate) port_bindings: Bindings,
    /// Whether it is started again.
    #[serde(deserialize_with = "or_default")]
    pub(crate) restart_policy: RestartPolicy,
    /// The memory it may use, in bytes; 0: any.
    #[serde(deserialize_with = "or_default")]
    pub(crate) memory: i64,
}

/// Whether a container is started again.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct RestartPolicy {
    /// Empty, `no`, `always`, `unless-stopped`, `on-failure`.
    #[serde(deserialize_with = "or_default")]
    pub(crate) name: String,
    /// How often; 0: without end.
    #[serde(deserialize_with = "or_default")]
    pub(crate) maximum_retry_count: i64,
}

/// The ports of a container that runs.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct NetworkSettings {
    /// `8096/tcp` and where it is published; `null` where it is not.
    #[serde(deserialize_with = "or_default")]
    pub(crate) ports: Bindings,
}

/// Ports by `8096/tcp`, and where each is published.
pub(crate) type Bindings = BTreeMap<String, Option<Vec<Binding>>>;

/// Where a port is published.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Binding {
    /// The address; empty: all.
    #[serde(deserialize_with = "or_default")]
    pub(crate) host_ip: String,
    /// The port, as text.
    #[serde(deserialize_with = "or_default")]
    pub(crate) host_port: String,
}

/// Those arguments of a container that say where Traefik listens and what it shows. All others may hold secrets, and are
/// dropped while they are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TraefikArguments(pub(crate) Vec<String>);

impl<'de> Deserialize<'de> for TraefikArguments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let all = Vec::<String>::deserialize(deserializer)?;
        let kept = all.into_iter().filter(|argument| {
            let small = argument.to_ascii_lowercase();
            argument.len() <= 500
                && (small.starts_with("--entrypoints.")
                    || small.starts_with("--providers.docker.exposedbydefault"))
        });
        Ok(Self(kept.take(100).collect()))
    }
}

/// One image.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Image {
    /// Its id.
    #[serde(deserialize_with = "or_default")]
    pub(crate) id: String,
    /// Its names with tags.
    #[serde(deserialize_with = "or_default")]
    pub(crate) repo_tags: Vec<String>,
    /// Its names with digests.
    #[serde(deserialize_with = "or_default")]
    pub(crate) repo_digests: Vec<String>,
    /// When it was built, in seconds since 1970.
    #[serde(deserialize_with = "or_default")]
    pub(crate) created: i64,
    /// Its size in bytes.
    #[serde(deserialize_with = "or_default")]
    pub(crate) size: i64,
}

/// One event.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Event {
    /// `container`, `image` …
    #[serde(rename = "Type", deserialize_with = "or_default")]
    pub(crate) kind: String,
    /// `start`, `die`, `oom`, `health_status: unhealthy`, `exec_create: …`
    #[serde(deserialize_with = "or_default")]
    pub(crate) action: String,
    /// What it happened to.
    #[serde(deserialize_with = "or_default")]
    pub(crate) actor: Actor,
    /// When, in seconds since 1970.
    #[serde(rename = "time", deserialize_with = "or_default")]
    pub(crate) time: i64,
}

/// What an event happened to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Actor {
    /// Its id.
    #[serde(rename = "ID", deserialize_with = "or_default")]
    pub(crate) id: String,
    /// What is said of it; the labels are among it.
    #[serde(rename = "Attributes", deserialize_with = "or_default")]
    attributes: Attributes,
}

/// What is used of an event's attributes.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Attributes {
    #[serde(rename = "exitCode", deserialize_with = "or_default")]
    exit_code: String,
}

impl Event {
    /// The code with which a container ended.
    pub(crate) fn exit_code(&self) -> Option<i64> {
        self.actor.attributes.exit_code.parse().ok()
    }

    /// Whether it changes anything that is shown. Health checks run a command in the container every few seconds, which
    /// is told as three events.
    pub(crate) fn matters(&self) -> bool {
        const IDLE: [&str; 9] =
            ["exec_", "exec", "top", "attach", "detach", "resize", "archive-path", "extract-to-dir", "copy"];
        !IDLE.iter().any(|idle| self.action.starts_with(idle))
    }
}

/// A value, or nothing of it: whatever is wrong with a field costs that field only.
fn or_default<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// A text as one bounded line.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(tidy(&or_default::<D, String>(deserializer)?, TEXT_MAX))
}

#[cfg(test)]
mod tests;
