//! Where engines answer: what the owner named, and the usual sockets of this machine.

use crate::config::{EngineSettings, Settings};
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// How many users' sockets are looked at.
const USERS_MAX: usize = 50;

/// Where an engine answers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Address {
    /// A socket of this machine.
    Socket(PathBuf),
    /// A port, in plain text: a read-only proxy.
    Tcp {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
    },
}

impl Address {
    /// Reads `unix:///var/run/docker.sock`, `tcp://nas.lan:2375` and `http://nas.lan:2375`.
    ///
    /// # Errors
    /// One sentence that says what would be right.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        const RIGHT: &str = "write for example \"tcp://nas.lan:2375\" or \"unix:///var/run/docker.sock\"";
        let (scheme, rest) = text.trim().split_once("://").ok_or_else(|| RIGHT.to_owned())?;
        match scheme {
            "unix" if rest.starts_with('/') && rest.len() > 1 => Ok(Self::Socket(PathBuf::from(rest))),
            "tcp" | "http" => {
                let rest = rest.trim_end_matches('/');
                let (host, port) = match rest.rsplit_once(':') {
                    Some((host, port)) if !port.contains(']') => (
                        host,
                        port.parse::<u16>().ok().filter(|port| *port > 0).ok_or_else(|| RIGHT.to_owned())?,
                    ),
                    _ => (rest, 2375),
                };
                let host = host.trim_start_matches('[').trim_end_matches(']');
                let fits =
                    !host.is_empty() && host.chars().all(|c| c.is_alphanumeric() || "-._:".contains(c));
                if fits { Ok(Self::Tcp { host: host.to_owned(), port }) } else { Err(RIGHT.to_owned()) }
            }
            "ssh" => Err(format!("engines are not asked over ssh; {RIGHT}")),
            "https" => Err(format!("a proxy is asked in plain text, within the own network; {RIGHT}")),
            _ => Err(RIGHT.to_owned()),
        }
    }

    /// Whether what the engine publishes is on this machine.
    pub(crate) fn is_here(&self) -> bool {
        match self {
            Self::Socket(_) => true,
            Self::Tcp { host, .. } => matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1"),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(path) => write!(f, "{}", path.display()),
            Self::Tcp { host, port } if host.contains(':') => write!(f, "tcp://[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "tcp://{host}:{port}"),
        }
    }
}

/// An engine that is to be watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// What is known of it.
    pub(crate) settings: EngineSettings,
    /// Whether the owner named it.
    pub(crate) named: bool,
}

/// What the environment says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Surroundings {
    /// `DOCKER_HOST`.
    pub(crate) docker_host: Option<String>,
    /// `XDG_RUNTIME_DIR`.
    pub(crate) runtime_dir: Option<PathBuf>,
    /// `/`, or another place in tests.
    pub(crate) root: PathBuf,
}

impl Surroundings {
    /// Those of this process.
    pub(crate) fn of_process() -> Self {
        Self {
            docker_host: std::env::var("DOCKER_HOST").ok().filter(|text| !text.is_empty()),
            runtime_dir: std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from),
            root: PathBuf::from("/"),
        }
    }
}

/// Every engine that is named, and those that are found on this machine if that is wanted. Looks at the file system.
pub(crate) fn places(settings: &Settings, around: &Surroundings) -> Vec<Place> {
    let mut found: Vec<Place> =
        settings.engines.iter().map(|engine| Place { settings: engine.clone(), named: true }).collect();
    if !settings.auto {
        return found;
    }
    let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
    for place in &found {
        if let Address::Socket(path) = &place.settings.address {
            seen.insert(real(path));
        }
    }
    for (name, address) in usual(around) {
        if let Address::Socket(path) = &address {
            let Some(open) = look(path) else { continue };
            if !seen.insert(real(path)) {
                continue;
            }
            // Another user's socket is that user's business. One of the machine is watched in vain, which says why.
            if !open && name.contains('-') {
                continue;
            }
        } else if found.iter().any(|place| place.settings.address == address) {
            continue;
        }
        let taken = |name: &str| found.iter().any(|place: &Place| place.settings.name == name);
        let name = if taken(&name) { format!("{name}-found") } else { name };
        if !taken(&name) {
            found.push(Place { settings: EngineSettings::new(&name, address), named: false });
        }
    }
    found
}

/// The places where engines usually are, with the names they get.
fn usual(around: &Surroundings) -> Vec<(String, Address)> {
    let mut places = Vec::new();
    if let Some(address) = around.docker_host.as_deref().and_then(|text| Address::parse(text).ok()) {
        let podman = address.to_string().contains("podman");
        places.push((if podman { "podman" } else { "docker" }.to_owned(), address));
    }
    let at = |path: &str| Address::Socket(around.root.join(path));
    places.push(("docker".to_owned(), at("var/run/docker.sock")));
    places.push(("docker".to_owned(), at("run/docker.sock")));
    places.push(("podman".to_owned(), at("run/podman/podman.sock")));
    let mut runtime_dirs: Vec<PathBuf> = around.runtime_dir.iter().cloned().collect();
    if let Ok(users) = std::fs::read_dir(around.root.join("run/user")) {
        let mut users: Vec<PathBuf> =
            users.filter_map(|user| Some(user.ok()?.path())).take(USERS_MAX).collect();
        users.sort();
        runtime_dirs.extend(users);
    }
    for dir in runtime_dirs {
        let user = dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        places.push((format!("docker-{user}"), Address::Socket(dir.join("docker.sock"))));
        places.push((format!("podman-{user}"), Address::Socket(dir.join("podman/podman.sock"))));
    }
    places
}

/// Whether a socket can be opened; `None` when there is none. The kernel is asked by connecting: nothing is sent.
#[cfg(unix)]
fn look(path: &Path) -> Option<bool> {
    match std::os::unix::net::UnixStream::connect(path) {
        Ok(_) => Some(true),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied && path.exists() => Some(false),
        // Left behind by an engine that does not run.
        Err(_) => None,
    }
}

#[cfg(not(unix))]
fn look(_: &Path) -> Option<bool> {
    None
}

/// The id of the container that this process runs in, where the kernel tells.
pub(crate) fn own_container() -> Option<String> {
    let told = |path: &str| std::fs::read_to_string(path).ok().and_then(|text| container_id(&text));
    told("/proc/self/cgroup").or_else(|| told("/proc/self/mountinfo"))
}

/// The first run of 64 hexadecimal digits that stands in a path of containers.
fn container_id(text: &str) -> Option<String> {
    let lines =
        text.lines().filter(|line| ["docker", "containers", "libpod"].iter().any(|word| line.contains(word)));
    let words = lines.flat_map(|line| line.split(|c: char| !c.is_ascii_hexdigit()));
    words.filter(|word| word.len() == 64).map(str::to_lowercase).next()
}

fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixListener;

    #[test]
    fn addresses_are_sockets_and_plain_ports() {
        let tcp = |host: &str, port| Ok(Address::Tcp { host: host.to_owned(), port });
        assert_eq!(Address::parse("unix:///run/x.sock"), Ok(Address::Socket(PathBuf::from("/run/x.sock"))));
        assert_eq!(Address::parse("tcp://nas.lan:2375"), tcp("nas.lan", 2375));
        assert_eq!(Address::parse("tcp://nas.lan"), tcp("nas.lan", 2375));
        assert_eq!(Address::parse("tcp://[fd00::1]:2375/"), tcp("fd00::1", 2375));
        assert_eq!(Address::parse("http://127.0.0.1:2375").unwrap().to_string(), "tcp://127.0.0.1:2375");
        for bad in ["", "nas:2375", "ssh://nas", "tcp://", "tcp://nas:0", "tcp://a b:1", "unix://", "fd://3"]
        {
            assert!(Address::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_process_knows_its_container() {
        let id = "0123456789abcdef".repeat(4);
        for text in [
            format!("0::/system.slice/docker-{id}.scope"),
            format!("620 610 254:1 /var/lib/docker/containers/{id}/hostname /etc/hostname rw"),
            format!("0::/machine.slice/libpod-{id}.scope/container"),
        ] {
            assert_eq!(container_id(&text).as_deref(), Some(id.as_str()), "{text}");
        }
        assert_eq!(container_id("0::/user.slice/user-1000.slice\n"), None);
        assert_eq!(container_id(&format!("overlay /x/{id}/y")), None);
    }

    #[test]
    fn sockets_of_this_machine_are_found_once_each() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir_all(root.join("run/podman")).unwrap();
        std::fs::create_dir_all(root.join("run/user/1000/podman")).unwrap();
        std::fs::create_dir_all(root.join("var")).unwrap();
        std::os::unix::fs::symlink(root.join("run"), root.join("var/run")).unwrap();
        let around = Surroundings {
            docker_host: None,
            runtime_dir: Some(root.join("run/user/1000")),
            root: root.to_owned(),
        };
        let auto = Settings { engines: vec![], auto: true };
        assert_eq!(places(&auto, &around), []);
        let _docker = UnixListener::bind(root.join("run/docker.sock")).unwrap();
        let _own = UnixListener::bind(root.join("run/user/1000/podman/podman.sock")).unwrap();
        // One that nobody listens to any more.
        drop(UnixListener::bind(root.join("run/podman/podman.sock")).unwrap());
        let names: Vec<String> =
            places(&auto, &around).into_iter().map(|place| place.settings.name).collect();
        assert_eq!(names, ["docker", "podman-1000"]);
        assert_eq!(places(&Settings { auto: false, ..auto.clone() }, &around), []);
        let here = EngineSettings::new("mine", Address::Socket(root.join("run/docker.sock")));
        let named = places(&Settings { engines: vec![here], auto: true }, &around);
        let names: Vec<&str> = named.iter().map(|place| place.settings.name.as_str()).collect();
        assert_eq!(names, ["mine", "podman-1000"], "one that is named is not found as well");
    }
}
