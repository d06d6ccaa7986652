//! The processes behind a browser: chromedriver, the Chromiums it starts, and a watcher that ends them all.

use std::env;
use std::io::{self, BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::runtime::{self, Handle};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{BrowserError, BrowserUnavailable, lock, page};

const DRIVER: &str = "chromedriver";
const CHROMIUMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
/// A session that takes longer than this to wipe is stuck.
const WIPE_TIMEOUT: Duration = Duration::from_secs(10);

const START_TIMEOUT: Duration = Duration::from_secs(30);

const FLAGS: [&str; 14] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-features=MediaRouter,OptimizationHints,Translate",
    "--hide-scrollbars",
    "--mute-audio",
    "--lang=en-US",
];

/// Ends everything as soon as its input is closed, which happens even if the test process is killed. The group
/// still exists at that moment: its leader is not waited for before the watcher is done.
const WATCH: &str = r#"
read -r _
kill -s KILL -- "-$1"
for _ in 1 2 3 4 5 6 7 8 9 10; do
    rm -rf -- "$2" 2>/dev/null
    sleep 0.05
    [ -e "$2" ] || exit 0
done
"#;

/// A running chromedriver, with the browser sessions that no page uses at the moment.
#[derive(Debug)]
pub(super) struct Driver {
    processes: Processes,
    chromium: PathBuf,
    port: u16,
    profiles: AtomicU32,
    idle: Mutex<Vec<JoinHandle<Option<Client>>>>,
    sessions: Handle,
    /// Dropping it ends the thread on which the sessions live.
    _sessions_end: oneshot::Sender<()>,
}

impl Driver {
    /// Starts chromedriver. Blocks until it listens.
    pub(super) fn launch() -> Result<Arc<Self>, BrowserUnavailable> {
        let driver = find(&[DRIVER])?;
        let chromium = find(&CHROMIUMS)?;
        let (processes, port) = Processes::start(&driver)
            .map_err(|error| BrowserUnavailable::new(&format!("{DRIVER} does not start: {error}")))?;
        let (sessions, end) = session_runtime()
            .map_err(|error| BrowserUnavailable::new(&format!("no thread for the sessions: {error}")))?;
        let idle = Mutex::default();
        let profiles = AtomicU32::new(0);
        Ok(Arc::new(Self { processes, chromium, port, profiles, idle, sessions, _sessions_end: end }))
    }

    /// A blank session that a page has finished with.
    pub(super) async fn take_idle(&self) -> Option<Client> {
        loop {
            let wiped = lock(&self.idle).pop()?;
            // One that could not be wiped, for instance because its Chromium crashed, has been closed.
            if let Ok(Some(session)) = wiped.await {
                return Some(session);
            }
        }
    }

    /// Keeps a session for the next page. It is wiped at once, so that no page holds on to the service under
    /// test after its test.
    pub(super) fn put_idle(&self, session: Client) {
        let wiped = self.sessions.spawn(async move {
            tokio::time::timeout(WIPE_TIMEOUT, page::wipe(&session)).await.ok()?.ok()?;
            Some(session)
        });
        lock(&self.idle).push(wiped);
    }

    /// Starts another Chromium, with an empty profile.
    pub(super) async fn new_session(&self) -> Result<Client, BrowserError> {
        let profile = self.profiles.fetch_add(1, Ordering::Relaxed);
        let profile = self.processes.dir.join(format!("profile-{profile}"));
        let Value::Object(capabilities) = capabilities(&self.chromium, &profile) else {
            unreachable!("the capabilities are written as an object")
        };
        let url = format!("http://127.0.0.1:{}/", self.port);
        // On its own thread: a session outlives the runtime of the test that first needed it.
        let started = self.sessions.spawn(async move {
            ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).connect(&url).await
        });
        match started.await {
            Ok(Ok(client)) => Ok(client),
            Ok(Err(error)) => Err(BrowserError::new(format!("Chromium does not start: {error}"))),
            Err(error) => Err(BrowserError::new(format!("Chromium does not start: {error}"))),
        }
    }
}

/// Killed, with everything they started, when this is dropped or when the test process ends in whatever way.
#[derive(Debug)]
struct Processes {
    driver: Child,
    watcher: Child,
    watched: Option<ChildStdin>,
    dir: PathBuf,
}

impl Processes {
    fn start(driver: &Path) -> io::Result<(Self, u16)> {
        // The watcher deletes it, so that it also goes when nobody is left to drop a TempDir.
        let dir = tempfile::Builder::new().prefix("hob-browser-").tempdir()?.keep();
        let mut driver = Command::new(driver)
            .arg("--port=0")
            // Nothing of the developer's home is read or written, and nothing depends on their time zone.
            .env("HOME", &dir)
            .env("TMPDIR", &dir)
            .env("TZ", "UTC")
            .env("DBUS_SESSION_BUS_ADDRESS", "/dev/null")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_CACHE_HOME")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()?;
        let output = driver.stdout.take().expect("the output is piped");
        let mut watcher = Command::new("sh")
            .args(["-c", WATCH, "watch-browser"])
            .arg(driver.id().to_string())
            .arg(&dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C is for the test process only: the watcher has to survive it.
            .process_group(0)
            .spawn()
            .inspect_err(|_| {
                // Nobody watches yet; the error about the watcher says more than one about this would.
                let _ = driver.kill();
                let _ = driver.wait();
            })?;
        let watched = watcher.stdin.take();
        let processes = Self { driver, watcher, watched, dir };
        let port = announced_port(output)?;
        Ok((processes, port))
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        drop(self.watched.take());
        // There is nobody to tell if any of this fails.
        let _ = self.watcher.wait();
        // It is dead by now; but if the watcher was not up to it, waiting must not take forever.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Reads which port chromedriver chose, and keeps reading so that its output never blocks it.
fn announced_port(output: impl io::Read + Send + 'static) -> io::Result<u16> {
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new().name("chromedriver-output".to_owned()).spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Some((_, port)) = line.split_once("started successfully on port ") {
                // The receiver may have given up.
                let _ = sender.send(port.trim_end_matches('.').parse());
            }
        }
    })?;
    match receiver.recv_timeout(START_TIMEOUT) {
        Ok(Ok(port)) => Ok(port),
        Ok(Err(_)) | Err(_) => Err(io::Error::other("it did not say on which port it listens")),
    }
}

/// A runtime on a thread of its own, until the sender is dropped.
fn session_runtime() -> io::Result<(Handle, oneshot::Sender<()>)> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let (end, ended) = oneshot::channel::<()>();
    thread::Builder::new().name("browser-sessions".to_owned()).spawn(move || {
        // Nothing is ever sent: the error is how the end announces itself.
        let _ = runtime.block_on(ended);
    })?;
    Ok((handle, end))
}

fn capabilities(chromium: &Path, profile: &Path) -> Value {
    let profile = format!("--user-data-dir={}", profile.display());
    let flags: Vec<&str> = FLAGS.into_iter().chain([profile.as_str()]).collect();
    json!({
        "goog:chromeOptions": {
            "binary": chromium,
            "args": flags,
            "perfLoggingPrefs": { "enableNetwork": true, "enablePage": false },
        },
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        "timeouts": { "pageLoad": 30_000, "script": 10_000 },
    })
}

/// The first of these programs that is on the PATH.
fn find(names: &[&str]) -> Result<PathBuf, BrowserUnavailable> {
    let path = env::var_os("PATH").unwrap_or_default();
    let found = names
        .iter()
        .find_map(|name| env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file()));
    found.ok_or_else(|| BrowserUnavailable::new(&format!("{} is not on the PATH", names.join(" or "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The processes of a group that are more than an entry waiting for its parent.
    fn members(group: u32) -> Vec<String> {
        let mut found = Vec::new();
        for stat in std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path().join("stat")) {
            let stat = std::fs::read_to_string(stat).unwrap_or_default();
            let Some((name, rest)) = stat.rsplit_once(')') else { continue };
            let fields: Vec<&str> = rest.split_whitespace().collect();
            if fields[0] != "Z" && fields[2] == group.to_string() {
                found.push(name.to_owned());
            }
        }
        found
    }

    #[tokio::test]
    async fn nothing_is_left_behind() {
        let Ok(driver) = Driver::launch() else {
            assert!(!super::super::required(), "there is no browser");
            return;
        };
        let session = driver.new_session().await.unwrap();
        let (group, dir) = (driver.processes.driver.id(), driver.processes.dir.clone());
        assert!(members(group).len() > 2, "chromedriver and Chromium run in one group");
        assert!(dir.join("profile-0").exists());
        drop(driver);
        // The kernel may take a moment to end what was killed.
        for _ in 0..100 {
            if members(group).is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(members(group), Vec::<String>::new());
        assert!(!dir.exists());
        drop(session);
    }

    #[test]
    fn a_missing_program_is_named_with_what_to_install() {
        let message = find(&["no-such-program"]).unwrap_err().to_string();
        assert!(message.contains("no-such-program is not on the PATH"), "{message}");
        assert!(message.contains("apt-get install chromium chromium-driver"), "{message}");
    }
}
