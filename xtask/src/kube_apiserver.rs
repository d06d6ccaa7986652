//! `cargo xtask kube-apiserver`: a real API server of Kubernetes for the tests, built once from Debian's own source.
//!
//! Debian 12 is the last one that has Kubernetes 1.20 as a source package, with everything that it needs vendored; no other
//! way to a real server needs neither a registry of containers nor downloads from elsewhere. It takes five to ten minutes
//! on two cores and 2.5 GB in the folder for temporary files, which are given back. What comes of it stays outside of the
//! checkout, in `${HOB_TEST_CACHE:-$HOME/.cache/hob-tests}/kubernetes-1.20.2`.
#![expect(clippy::print_stdout, reason = "it talks to a person at a console")]
#![expect(
    clippy::disallowed_methods,
    reason = "it measures real time, and there is no hub whose clock it could ask"
)]

use crate::suite::tools::{find, is_root, words};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long it may take in a run of the tests.
pub const LIMIT: Duration = Duration::from_secs(20 * 60);

/// The source package of Debian 12.
const SOURCE: &str = "kubernetes=1.20.5+really1.20.2-1.1+deb12u1";

/// What the build needs of this machine.
const PACKAGES: &[&str] =
    &["golang-1.19-go", "make", "jq", "rsync", "dpkg-dev", "golang-github-modern-go-reflect2-dev"];

/// Debian's key, by which its packages are known.
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// Where the source is read from; a list of our own, so that none of the system's is touched.
const DEB_SRC: &str = "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm main\n";

/// What is built.
const PROGRAMS: &[&str] = &["kube-apiserver", "kube-controller-manager", "kubectl"];

/// reflect2 1.0.1, which is vendored, panics with today's Go at the first server-side apply; Debian's own 1.0.2 does not.
const REFLECT: (&str, &str) =
    ("/usr/share/gocode/src/github.com/modern-go/reflect2", "vendor/github.com/modern-go/reflect2");

/// Where the programs are kept.
pub fn cache() -> PathBuf {
    let named = std::env::var_os("HOB_TEST_CACHE").map(PathBuf::from);
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/hob-tests");
    named.unwrap_or_else(home).join("kubernetes-1.20.2")
}

/// Whether everything is there that a test with a real server needs.
pub fn is_there() -> bool {
    let built = |name: &str| cache().join(name).is_file();
    PROGRAMS.iter().all(|name| built(name)) && (built("etcd") || find("etcd").is_some())
}

/// Builds what is missing.
///
/// # Errors
/// With a sentence that says why it cannot be had here.
pub fn obtain(limit: Duration) -> Result<PathBuf, String> {
    let cache = cache();
    if is_there() {
        return Ok(cache);
    }
    can_be_built()?;
    let work = Folder::new()?;
    std::fs::create_dir_all(&cache)
        .map_err(|error| format!("{} cannot be made: {error}", cache.display()))?;
    let run = Run { end: Instant::now() + limit, folder: work.0.clone() };
    println!("  builds Kubernetes 1.20.2 from Debian's source, once: five to ten minutes on two cores");
    run.packages()?;
    if find("etcd").is_none() {
        run.etcd(&cache)?;
    }
    let tree = run.source()?;
    run.build(&tree)?;
    for name in PROGRAMS {
        keep(&tree.join("_output/bin").join(name), &cache.join(name))?;
    }
    Ok(cache)
}

/// Whether this machine is one where it can be built.
fn can_be_built() -> Result<(), String> {
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    if find("apt-get").is_none() || !release.lines().any(|line| line == "VERSION_CODENAME=bookworm") {
        return Err("a real API server can be built on Debian 12 only, and this is another system".to_owned());
    }
    if !Path::new(KEYRING).is_file() {
        return Err(format!("{KEYRING} is missing, by which Debian's source is known"));
    }
    if !is_root() {
        return Err("only root may install what the build needs: sudo cargo xtask kube-apiserver".to_owned());
    }
    Ok(())
}

/// A folder for temporary files that is removed in the end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("hob-kubernetes-{}", std::process::id()));
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("{} cannot be made: {error}", folder.display()))?;
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Copies a program, so that nobody ever sees half of it.
fn keep(from: &Path, to: &Path) -> Result<(), String> {
    let part = to.with_extension("part");
    let kept = std::fs::copy(from, &part).and_then(|_| std::fs::rename(&part, to));
    kept.map_err(|error| format!("{} cannot be kept as {}: {error}", from.display(), to.display()))
}

/// Commands in a folder, until a moment.
struct Run {
    end: Instant,
    folder: PathBuf,
}

impl Run {
    fn packages(&self) -> Result<(), String> {
        println!("  installs {} from this system's own packages", PACKAGES.join(" "));
        self.command(apt_get().arg("update"))?;
        let install = ["install", "--yes", "--no-install-recommends"];
        self.command(apt_get().args(install).args(PACKAGES))
    }

    /// etcd without installing it: a package that is installed may start its server.
    fn etcd(&self, cache: &Path) -> Result<(), String> {
        self.command(apt_get().args(["-o", "APT::Sandbox::User=root", "download", "etcd-server"]))?;
        let entries = std::fs::read_dir(&self.folder).map_err(|error| error.to_string())?;
        let mut files = entries.flatten().map(|entry| entry.path());
        let package = files.find(|path| path.extension().is_some_and(|end| end == "deb"));
        let package = package.ok_or("Debian's package etcd-server was not downloaded")?;
        let unpacked = self.folder.join("etcd");
        self.command(Command::new("dpkg-deb").arg("-x").arg(package).arg(&unpacked))?;
        keep(&unpacked.join("usr/bin/etcd"), &cache.join("etcd"))
    }

    /// Reads and unpacks the source; returns its folder.
    fn source(&self) -> Result<PathBuf, String> {
        let here = |name: &str| self.folder.join(name).display().to_string();
        let failed = |error: std::io::Error| format!("{} cannot be prepared: {error}", self.folder.display());
        for folder in ["lists/partial", "cache/archives/partial", "go/src/k8s.io"] {
            std::fs::create_dir_all(self.folder.join(folder)).map_err(failed)?;
        }
        std::fs::write(self.folder.join("sources.list"), DEB_SRC).map_err(failed)?;
        let own = [
            format!("Dir::Etc::SourceList={}", here("sources.list")),
            "Dir::Etc::SourceParts=-".to_owned(),
            format!("Dir::State::Lists={}", here("lists")),
            format!("Dir::Cache={}", here("cache")),
            "APT::Sandbox::User=root".to_owned(),
        ];
        let apt_get = || {
            let mut command = apt_get();
            for option in &own {
                command.arg("-o").arg(option);
            }
            command
        };
        self.command(apt_get().arg("update"))?;
        self.command(apt_get().args(["--only-source", "source", SOURCE]))?;
        let entries = std::fs::read_dir(&self.folder).map_err(failed)?;
        let mut folders = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
        let unpacked = folders.find(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("kubernetes-"))
        });
        let unpacked = unpacked.ok_or("Debian's source of Kubernetes was not unpacked")?;
        // The layout of the days before modules: the build looks for itself below GOPATH.
        let tree = self.folder.join("go/src/k8s.io/kubernetes");
        std::fs::rename(unpacked, &tree).map_err(failed)?;
        let vendored = tree.join(REFLECT.1);
        std::fs::remove_dir_all(&vendored).map_err(failed)?;
        self.command(Command::new("cp").arg("-r").arg(REFLECT.0).arg(&vendored))?;
        Ok(tree)
    }

    fn build(&self, tree: &Path) -> Result<(), String> {
        let what: Vec<String> = PROGRAMS.iter().map(|name| format!("cmd/{name}")).collect();
        let mut path = std::ffi::OsString::from("/usr/lib/go-1.19/bin:");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        let mut make = Command::new("nice");
        make.args(["-n", "10", "make", "-C"]).arg(tree).arg(format!("WHAT={}", what.join(" ")));
        make.env("PATH", path).env("GOPATH", self.folder.join("go")).env("HOME", &self.folder);
        make.env("GOCACHE", self.folder.join("gocache")).env("GOPROXY", "off").env("GOFLAGS", "");
        make.env("GO111MODULE", "off").env("CGO_ENABLED", "0");
        self.command(&mut make)
    }

    /// Runs a command to its end, which comes when the time is over at the latest.
    fn command(&self, command: &mut Command) -> Result<(), String> {
        let log = self.folder.join("log");
        let failed = |error: std::io::Error| format!("{} did not start: {error}", words(command));
        let file = std::fs::File::create(&log).map_err(failed)?;
        let second = file.try_clone().map_err(failed)?;
        let mut child = {
            let command = &mut *command;
            // A group of its own: what a build starts is ended with it.
            command
                .current_dir(&self.folder)
                .process_group(0)
                .stdin(Stdio::null())
                .stdout(file)
                .stderr(second);
            command.spawn().map_err(|error| format!("{} did not start: {error}", words(command)))?
        };
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if Instant::now() < self.end => std::thread::sleep(Duration::from_millis(100)),
                Ok(None) => {
                    end_group(&mut child);
                    return Err(format!("the time was over in {}", words(command)));
                }
                Err(error) => return Err(format!("{} cannot be waited for: {error}", words(command))),
            }
        };
        if status.success() {
            return Ok(());
        }
        let said = std::fs::read_to_string(&log).unwrap_or_default();
        let last: Vec<&str> = said.lines().rev().filter(|line| !line.trim().is_empty()).take(3).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        Err(format!("{} ended with {status}: {}", words(command), last.join(" / ")))
    }
}

fn end_group(child: &mut Child) {
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", child.id())]).status();
    let _ = child.wait();
}

fn apt_get() -> Command {
    let mut command = Command::new("apt-get");
    command.arg("-q").env("DEBIAN_FRONTEND", "noninteractive");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(limit: Duration) -> (Run, Folder) {
        let folder = std::env::temp_dir().join(format!(
            "hob-kubernetes-test-{}-{}",
            std::process::id(),
            limit.as_millis()
        ));
        std::fs::create_dir_all(&folder).unwrap();
        (Run { end: Instant::now() + limit, folder: folder.clone() }, Folder(folder))
    }

    #[test]
    fn a_command_says_what_went_wrong_and_ends_with_its_time() {
        let (well, folder) = run(Duration::from_secs(60));
        well.command(&mut Command::new("true")).unwrap();
        let said = well
            .command(Command::new("sh").args(["-c", "echo one; echo no such package >&2; exit 3"]))
            .unwrap_err();
        assert!(said.contains("no such package") && said.contains("exit status: 3"), "{said}");
        let (late, late_folder) = run(Duration::from_millis(50));
        let said = late.command(Command::new("sh").args(["-c", "sleep 60 & wait"])).unwrap_err();
        assert!(said.starts_with("the time was over in sh"), "{said}");
        let paths = [folder.0.clone(), late_folder.0.clone()];
        drop((folder, late_folder));
        assert!(paths.iter().all(|path| !path.exists()));
    }

    #[test]
    fn a_program_is_kept_whole_and_can_be_run() {
        let (_, folder) = run(Duration::from_millis(70));
        let to = folder.0.join("kept");
        keep(Path::new("/bin/true"), &to).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&to).unwrap().permissions());
        assert_eq!(mode & 0o111, 0o111, "it can be run");
        assert!(!to.with_extension("part").exists());
        assert!(keep(Path::new("/nowhere"), &to).unwrap_err().contains("/nowhere"));
    }
}
