//! The programs that the tests lean on: which are there, what their absence means, how to get them.

use super::postgres;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Something that tests need and may do without.
pub(super) struct Need {
    /// What it is.
    name: &'static str,
    /// Debian's packages.
    packages: &'static [&'static str],
    /// What is not tested without it.
    untested: &'static str,
    is_there: fn() -> bool,
}

const NEEDS: &[Need] = &[
    Need {
        name: "a browser",
        packages: &["chromium", "chromium-driver"],
        untested: "browser journeys skip themselves",
        is_there: || find("chromedriver").is_some() && BROWSERS.iter().any(|name| find(name).is_some()),
    },
    Need {
        name: "PostgreSQL",
        packages: &["postgresql"],
        untested: "store tests run on SQLite only",
        is_there: || {
            std::env::var_os(super::POSTGRES_VARIABLE).is_some() || postgres::find_binaries().is_some()
        },
    },
    Need {
        name: "OpenSSL, Redis, Mosquitto and a container registry",
        packages: &["openssl", "redis-server", "mosquitto", "docker-registry"],
        untested: "probes are tried against servers of our own only",
        is_there: || {
            ["openssl", "redis-server", "mosquitto", "docker-registry"].iter().all(|name| is_installed(name))
        },
    },
    Need {
        name: "Prometheus with amtool",
        packages: &["prometheus", "prometheus-alertmanager"],
        untested: "the doors of Alertmanager's API are tried with made-up requests only",
        is_there: || ["prometheus", "amtool"].iter().all(|name| is_installed(name)),
    },
    Need {
        name: "curl and Apprise",
        packages: &["curl", "apprise"],
        untested: "what is passed on by that program is tried with programs of our own only",
        is_there: || ["curl", "apprise"].iter().all(|name| is_installed(name)),
    },
    Need {
        name: "Podman with runc and a static busybox",
        packages: &["podman", "runc", "busybox-static"],
        untested: "containers are watched on an engine of our own only",
        is_there: || ["podman", "runc", "busybox"].iter().all(|name| is_installed(name)),
    },
];

const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// Set by `cargo run` for this program. Build scripts that watch them would run again in every Cargo that inherits them.
const SET_BY_CARGO_RUN: &[&str] =
    &["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_", "CARGO_PRIMARY_"];

impl Need {
    pub(super) fn consequence(&self) -> String {
        format!("without {} {}", self.name, self.untested)
    }
}

/// What is not there.
pub(super) fn missing() -> Vec<&'static Need> {
    NEEDS.iter().filter(|need| !(need.is_there)()).collect()
}

/// Installs what is missing, where that can be done without asking: as root, with apt-get.
///
/// # Errors
/// With the reason why it was not done.
pub(super) fn install(missing: &[&Need]) -> Result<(), String> {
    let packages: Vec<&str> = missing.iter().flat_map(|need| need.packages).copied().collect();
    let by_hand = format!("apt-get install {}", packages.join(" "));
    if find("apt-get").is_none() {
        return Err(format!("this system has no apt-get; elsewhere it would be `{by_hand}`"));
    }
    if !is_root() {
        return Err(format!("only root may install it: sudo {by_hand}"));
    }
    println!("  installs {} from this system's own packages", packages.join(" "));
    apt_get(&["update"])?;
    let mut failed = Vec::new();
    for need in missing {
        let install = ["install", "--yes", "--no-install-recommends"];
        failed.extend(apt_get(&[&install, need.packages].concat()).err());
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
}

fn apt_get(arguments: &[&str]) -> Result<(), String> {
    let mut command = Command::new("apt-get");
    // What it unpacks is of interest to nobody; what goes wrong comes on the other stream.
    command.arg("-q").args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{} ended with {status}", words(&command))),
        Err(error) => Err(format!("{} did not start: {error}", words(&command))),
    }
}

/// The Cargo that runs this program, or the one on the path, as if called by hand.
pub(super) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        if SET_BY_CARGO_RUN.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            command.env_remove(name);
        }
    }
    command
}

/// Whether the command exists and ends well.
pub(super) fn runs(mut command: Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// The command as it would be typed.
pub(crate) fn words(command: &Command) -> String {
    let program = PathBuf::from(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    let arguments = command.get_args().map(|word| word.to_string_lossy().into_owned());
    [name].into_iter().chain(arguments).collect::<Vec<_>>().join(" ")
}

/// Where on the path a program is.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Whether a program is there; servers are not on everybody's path.
fn is_installed(program: &str) -> bool {
    let elsewhere = ["/usr/sbin", "/usr/local/sbin", "/sbin"];
    find(program).is_some() || elsewhere.iter().any(|folder| PathBuf::from(folder).join(program).is_file())
}

pub(crate) fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}
