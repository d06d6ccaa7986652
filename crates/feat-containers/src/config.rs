//! The sections `[[containers]]` and `[containers_auto]` of `hob.toml`.

use crate::places::Address;
use hob_feature::{Config, ConfigSection, Problems, Reader};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The longest name of an engine, in characters.
const NAME_MAX: usize = 40;

/// What the owner says of one engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EngineSettings {
    /// What people call it; the scope of its resources.
    pub(crate) name: String,
    /// Where it answers.
    pub(crate) address: Address,
    /// The name under which the ports that it publishes are reached; `None`: this machine, or the host of the address.
    pub(crate) host: Option<String>,
    /// Whether the addresses of tiles are probed.
    pub(crate) probe: bool,
    /// Names of containers and Compose projects that get no tile.
    pub(crate) hide: Vec<String>,
}

impl EngineSettings {
    /// An engine of which nothing else is said.
    pub(crate) fn new(name: &str, address: Address) -> Self {
        Self { name: name.to_owned(), address, host: None, probe: true, hide: Vec::new() }
    }
}

/// Everything the owner says of engines.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Settings {
    /// The engines that are named.
    pub(crate) engines: Vec<EngineSettings>,
    /// Whether engines are found that nobody named.
    pub(crate) auto: bool,
}

/// `[[containers]]`.
pub(crate) const SECTION: ConfigSection = ConfigSection {
    key: "containers",
    check: |config, problems| {
        read_engines(config, problems);
    },
    example: EXAMPLE,
};

/// `[containers_auto]`.
pub(crate) const AUTO: ConfigSection = ConfigSection {
    key: "containers_auto",
    check: |config, problems| {
        read_auto(config, problems);
    },
    example: AUTO_EXAMPLE,
};

const EXAMPLE: &str = r#"# Docker and Podman. Sockets of this machine that Hob may read are found by themselves. Hob only ever reads.
#
# [[containers]]
# name = "docker"
# socket = "/var/run/docker.sock"
#   url = "tcp://nas.lan:2375"      # in place of a socket: a read-only proxy; it must allow GET of containers and events
# host = "nas.lan"                  # the name under which published ports are reached; default: that of the url
# probe = true                      # false: the addresses of tiles are not probed
# hide = ["watchtower", "backups"]  # containers and Compose projects without a tile
"#;

const AUTO_EXAMPLE: &str = r"# Whether sockets are found that nobody named. The environment variable HOB_AUTO=off says the same for everything.
[containers_auto]
# enabled = true
";

/// Reads both sections. What is wrong was reported when the hub started, and is left out here.
pub(crate) fn read(config: &Config) -> Settings {
    let problems = Problems::default();
    let engines = read_engines(config, &problems);
    let forbidden = std::env::var_os("HOB_AUTO").is_some_and(|value| value == "off");
    Settings { engines, auto: !forbidden && read_auto(config, &problems).unwrap_or(true) }
}

fn read_auto(config: &Config, problems: &Problems) -> Option<bool> {
    let reader = config.section("containers_auto", problems);
    let enabled = reader.boolean("enabled");
    reader.finish();
    enabled
}

fn read_engines(config: &Config, problems: &Problems) -> Vec<EngineSettings> {
    let mut names = BTreeSet::new();
    let mut engines = Vec::new();
    for reader in config.sections("containers", problems) {
        let engine = read_one(&reader);
        reader.finish();
        let Some(engine) = engine else { continue };
        if names.insert(engine.name.clone()) {
            engines.push(engine);
        } else {
            reader.problem("name", format!("another engine has the name “{}” already", engine.name));
        }
    }
    engines
}

fn read_one(reader: &Reader<'_>) -> Option<EngineSettings> {
    let name = reader.required_text("name", "docker");
    let socket = reader.text("socket");
    let url = reader.parsed("url", Address::parse);
    let host = reader.parsed("host", |text| {
        let fits = !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-._:[]".contains(c));
        fits.then(|| text.to_owned())
            .ok_or_else(|| "it must be a host name or an address, such as nas.lan".to_owned())
    });
    let probe = reader.boolean("probe").unwrap_or(true);
    let hide = reader.texts("hide").unwrap_or_default();
    let name = name?;
    if name.is_empty()
        || name.chars().count() > NAME_MAX
        || name.contains(|c: char| c == '/' || c.is_control())
    {
        reader.problem("name", format!("it must have 1 to {NAME_MAX} characters and no slash"));
        return None;
    }
    let address = match (socket, url) {
        (Some(path), None) if path.starts_with('/') => Address::Socket(PathBuf::from(path)),
        (Some(_), None) => {
            reader.problem("socket", "it must be a whole path, such as \"/var/run/docker.sock\"");
            return None;
        }
        (None, Some(url)) => url,
        (Some(_), Some(_)) => {
            reader.problem("url", "name either a socket or a url, not both");
            return None;
        }
        (None, None) => {
            // A url that is wrong has been reported.
            if reader.text("url").is_none() {
                reader
                    .problem("socket", "it is missing; write for example socket = \"/var/run/docker.sock\"");
            }
            return None;
        }
    };
    Some(EngineSettings { name, address, host, probe, hide })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read_text(text: &str) -> (Settings, Vec<String>) {
        let config = Config::parse(Path::new("hob.toml"), text).unwrap();
        let problems = Problems::default();
        let engines = read_engines(&config, &problems);
        let auto = read_auto(&config, &problems).unwrap_or(true);
        (Settings { engines, auto }, problems.into_sorted().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn without_a_section_sockets_are_found() {
        assert_eq!(read_text(""), (Settings { engines: vec![], auto: true }, vec![]));
        assert_eq!(read_text(EXAMPLE), (Settings { engines: vec![], auto: true }, vec![]));
        assert!(!read_text("[containers_auto]\nenabled = false\n").0.auto);
    }

    #[test]
    fn engines_are_named_with_a_socket_or_a_url() {
        let (settings, problems) = read_text(
            "[[containers]]\nname = \"nas\"\nurl = \"tcp://nas.lan:2375\"\nhost = \"nas.lan\"\nhide = \"x\"\nprobe = false\n\
             [[containers]]\nname = \"here\"\nsocket = \"/run/podman/podman.sock\"\n",
        );
        assert_eq!(problems, [""; 0]);
        let [nas, here] = settings.engines.as_slice() else { panic!("{settings:?}") };
        assert_eq!(nas.address, Address::Tcp { host: "nas.lan".to_owned(), port: 2375 });
        assert_eq!((nas.host.as_deref(), nas.probe, nas.hide.len()), (Some("nas.lan"), false, 1));
        assert_eq!(here.address, Address::Socket(PathBuf::from("/run/podman/podman.sock")));
    }

    #[test]
    fn mistakes_say_what_would_be_right() {
        for (text, said) in [
            ("[[containers]]\nname = \"a\"\n", "socket = \"/var/run/docker.sock\""),
            ("[[containers]]\nname = \"a\"\nsocket = \"docker.sock\"\n", "a whole path"),
            ("[[containers]]\nname = \"a\"\nsocket = \"/x\"\nurl = \"tcp://a:1\"\n", "not both"),
            ("[[containers]]\nname = \"a\"\nurl = \"ssh://nas\"\n", "tcp://nas.lan:2375"),
            ("[[containers]]\nname = \"a/b\"\nsocket = \"/x\"\n", "no slash"),
            ("[[containers]]\nsocket = \"/x\"\n", "it is missing"),
            (
                "[[containers]]\nname = \"a\"\nsocket = \"/x\"\n[[containers]]\nname = \"a\"\nsocket = \"/y\"\n",
                "already",
            ),
            ("[containers_auto]\nenable = true\n", "enabled"),
        ] {
            let (_, problems) = read_text(text);
            assert_eq!(problems.len(), 1, "{text}: {problems:?}");
            assert!(problems[0].contains(said), "{problems:?}");
        }
    }
}
