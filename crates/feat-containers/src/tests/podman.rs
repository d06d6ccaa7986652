//! Against a real Podman. Needs `podman`, `runc` and `busybox-static` of Debian, and the right to start containers; says
//! which of it was missing.

use super::*;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A Podman of the test's own: its storage, and its service on a socket.
struct Podman {
    dir: TempDir,
    service: Option<Child>,
}

impl Podman {
    /// Starts the service and makes an image; or says why that cannot be.
    fn start() -> Result<Self, String> {
        let mut podman = Self { dir: tempfile::tempdir().unwrap(), service: None };
        for program in ["podman", "runc", "/bin/busybox"] {
            let there =
                Command::new(program).arg("--help").stdout(Stdio::null()).stderr(Stdio::null()).status();
            there.map_err(|_| format!("{program} is not there"))?;
        }
        let root = podman.dir.path().join("rootfs/bin");
        std::fs::create_dir_all(&root).map_err(|error| error.to_string())?;
        std::fs::copy("/bin/busybox", root.join("busybox")).map_err(|error| error.to_string())?;
        let archive = podman.dir.path().join("box.tar");
        let tar = Command::new("tar")
            .arg("-C")
            .arg(podman.dir.path().join("rootfs"))
            .arg("-cf")
            .arg(&archive)
            .arg(".")
            .status();
        if !tar.is_ok_and(|status| status.success()) {
            return Err("tar does not work".to_owned());
        }
        podman.run(&["import", "-q", &archive.display().to_string(), "localhost/box:1"])?;
        let service = podman
            .command()
            .args(["system", "service", "--time=0"])
            .arg(format!("unix://{}", podman.socket().display()))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        podman.service = Some(service.map_err(|error| error.to_string())?);
        for _ in 0..100 {
            if podman.socket().exists() {
                return Ok(podman);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        Err("its service makes no socket".to_owned())
    }

    fn socket(&self) -> std::path::PathBuf {
        self.dir.path().join("podman.sock")
    }

    fn command(&self) -> Command {
        let at = |name: &str| self.dir.path().join(name).display().to_string();
        let mut command = Command::new("podman");
        command.args(["--root", &at("root"), "--runroot", &at("run"), "--storage-driver", "vfs"]);
        command.args(["--cgroup-manager", "cgroupfs", "--runtime", "runc"]);
        command
    }

    fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let output = self.command().args(arguments).output().map_err(|error| error.to_string())?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        Err(format!("podman {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
    }

    /// Starts a container in the background.
    fn start_container(&self, name: &str, more: &[&str], command: &[&str]) -> Result<String, String> {
        let limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1000:1000"];
        let mut arguments = vec!["run", "-d", "--name", name, "--network", "host"];
        arguments.extend_from_slice(&limits);
        arguments.extend_from_slice(more);
        arguments.push("localhost/box:1");
        arguments.push("/bin/busybox");
        arguments.extend_from_slice(command);
        self.run(&arguments)
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        let _ = self.run(&["rm", "-a", "-f", "-t", "0"]);
        if let Some(service) = &mut self.service {
            let _ = service.kill();
            let _ = service.wait();
        }
    }
}

/// Podman is not among what CI must have: whether containers can be started within it is not for this test to say.
fn skip(why: &str) {
    println!("skipped: a real Podman cannot be had here: {why}");
}

#[tokio::test]
async fn a_real_podman_is_watched() {
    let podman = match tokio::task::spawn_blocking(Podman::start).await.unwrap() {
        Ok(podman) => podman,
        Err(why) => return skip(&why),
    };
    if let Err(why) = podman.start_container(
        "stays",
        &["--label", "hob.name=Stays", "--label", "hob.url=http://stays.lan/"],
        &["sleep", "600"],
    ) {
        return skip(&why);
    }
    let settings = format!(
        "[[containers]]\nname = \"podman\"\nsocket = \"{}\"\nprobe = false\n[containers_auto]\nenabled = false\n",
        podman.socket().display()
    );
    let hub = TestHub::with(FEATURES).config(&settings).start().await;
    let within = Duration::from_secs(20);
    hub.wait_until("one that runs", within, |ctx| level(ctx, "workload/podman/stays") == Some(Level::Ok))
        .await;
    let engine = hub.ctx().resources.get(&id("engine/containers/podman")).unwrap();
    assert!(engine.health.reason.starts_with("Podman "), "{engine:?}");
    let tile = hub.ctx().resources.get(&id("service/podman/stays")).unwrap();
    assert_eq!((tile.name.as_str(), tile.text("url")), ("Stays", Some("http://stays.lan/")));
    assert!(hub.ctx().resources.get(&id("image/podman/localhost/box:1")).unwrap().text("digest").is_some());
    // What happens from now on is told by events.
    podman.start_container("fails", &[], &["sh", "-c", "echo no database >&2; exit 3"]).unwrap();
    hub.wait_until("one that fails", within, |ctx| {
        level(ctx, "workload/podman/fails") == Some(Level::Warning)
    })
    .await;
    let fails = hub.ctx().resources.get(&id("workload/podman/fails")).unwrap();
    assert!(fails.health.reason.contains("exit code 3"), "{fails:?}");
    assert!(fails.health.evidence.contains("no database"), "{fails:?}");
    podman.run(&["pause", "stays"]).ok();
    podman.run(&["rm", "-f", "-t", "0", "stays"]).unwrap();
    hub.wait_until("it is gone", within, |ctx| level(ctx, "workload/podman/stays").is_none()).await;
    println!("ran on {}", podman.run(&["--version"]).unwrap());
    hub.stop().await;
}
