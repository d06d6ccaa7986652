//! Runs the program.

use hob_testkit::client::Client;
use hob_testkit::fake_service::FakeService;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::Instant;

/// Long enough for a loaded machine; a test that waits this long fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Settings under which the hub knows only what the test tells it.
pub(crate) const QUIET: &str = "[hosts]\nenabled = false\n[services]\nenabled = false\n";

/// What a command said.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A directory with data and settings, and the program to run on them.
pub(crate) struct Place {
    dir: TempDir,
}

impl Place {
    /// Quiet settings and more.
    pub(crate) fn new(config: &str) -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap() };
        place.configure(config);
        place
    }

    pub(crate) fn configure(&self, config: &str) {
        std::fs::write(self.config(), format!("{QUIET}{config}")).unwrap();
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.dir.path().join("hob.toml")
    }

    /// The program with nothing from the environment of who runs the tests.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = hob();
        command.current_dir(self.dir.path()).args(arguments);
        command.arg("--data").arg(self.data()).arg("--config").arg(self.config());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        run(&mut self.command(arguments), "")
    }

    /// The same with something on its standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Said {
        run(&mut self.command(arguments), input)
    }

    /// Runs a command that must succeed, and returns what it printed.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
        said.out
    }

    /// Starts a hub on a free port and waits until it serves.
    pub(crate) fn serve(&self) -> Hub {
        Hub::start(self.command(&["serve", "--listen", "127.0.0.1:0"]))
    }
}

/// The program.
pub(crate) fn hob() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hob"));
    for name in ["HOB_CONFIG", "HOB_DATA", "HOB_DATABASE", "HOB_LISTEN", "HOB_LOG", "NOTIFY_SOCKET"] {
        command.env_remove(name);
    }
    // Never the clusters and containers of whoever runs the tests.
    command.env("HOB_AUTO", "off");
    command
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command, input: &str) -> Said {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It may end without reading.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A hub in a process of its own. Killed when dropped.
pub(crate) struct Hub {
    child: Child,
    printed: Arc<Mutex<String>>,
    log: Arc<Mutex<String>>,
    pub(crate) address: SocketAddr,
}

impl Hub {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let printed = collect(child.stdout.take().unwrap());
        let log = collect(child.stderr.take().unwrap());
        let mut hub = Self { child, printed, log, address: SocketAddr::from(([0, 0, 0, 0], 0)) };
        let address = hub.wait_for("http://");
        hub.address = address.split_whitespace().next().unwrap().parse().unwrap();
        hub
    }

    /// What stands after `mark` in what it printed, as soon as the line is whole.
    pub(crate) fn wait_for(&mut self, mark: &str) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let printed = self.printed();
            if let Some((line, _)) = printed.split_once(mark).and_then(|(_, rest)| rest.split_once('\n')) {
                return line.to_owned();
            }
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < end, "no {mark}: {ended:?} {printed} {}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn printed(&self) -> String {
        self.printed.lock().unwrap().clone()
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Sends SIGTERM and waits; returns how it ended and after how long.
    pub(crate) fn terminate(mut self) -> (ExitStatus, Duration) {
        let begun = Instant::now();
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, begun.elapsed());
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end: {}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// `kill -9`
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads everything, so that the program never waits for its reader.
fn collect(output: impl Read + Send + 'static) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    let shared = text.clone();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let mut text = shared.lock().unwrap();
            text.push_str(&line);
            text.push('\n');
        }
    });
    text
}

/// Services as the owner writes them down, asked every second.
pub(crate) fn services(list: &[(&str, &FakeService)]) -> String {
    let mut text = String::new();
    for (name, service) in list {
        let url = service.url();
        writeln!(text, "[[service]]\nname = \"{name}\"\nurl = \"{url}/\"\ninterval = \"1s\"\nfailures = 1")
            .unwrap();
    }
    text
}

/// Runs a command until its answer will do.
pub(crate) fn until(what: &str, mut ask: impl FnMut() -> Said, will_do: impl Fn(&Said) -> bool) -> Said {
    let end = Instant::now() + PATIENCE;
    loop {
        let said = ask();
        if will_do(&said) {
            return said;
        }
        assert!(Instant::now() < end, "not within {PATIENCE:?}: {what}: {said:?}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// Everything below a directory that exists.
pub(crate) fn files(path: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}
