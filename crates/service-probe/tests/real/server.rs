//! Programs which are servers while a test runs.

use std::env;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use service_probe::{Answer, Client, Credential, Failure, Limits, Question, Security, Target, Tcp};
use tempfile::TempDir;

/// Between finding a free port and using it, somebody else may take it.
const TRIES: u32 = 3;

/// How long a server may take to begin.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ends the server when its standard input ends, which it does with the test, in whatever way that ends; and
/// ends when the server does.
const CARETAKER: &str = r#"signal=$1; shift; exec 3<&0
"$@" </dev/null 3<&- & server=$!
{ cat >/dev/null; kill -s "$signal" "$server"; } <&3 &
wait "$server""#;

/// Whether tests must fail, rather than be passed over, when their server is not installed.
fn required() -> bool {
    env::var_os("CI").is_some_and(|value| value == "true")
}

/// Where a program is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// CI has it.
    InCi,
    /// It is tried where it happens to be.
    WhereItIs,
}

/// Finds a program, or says that the test is passed over.
pub(crate) fn find(program: &str, need: Need) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> =
        env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]).collect();
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    versions.sort();
    // Debian keeps several versions side by side; the newest will do.
    folders.splice(0..0, versions.into_iter().rev());
    let found = folders.into_iter().map(|folder| folder.join(program)).find(|path| path.is_file());
    match found {
        Some(path) => Some(path),
        None if need == Need::InCi && required() => panic!("{program} is not installed"),
        None => {
            eprintln!("skipped: {program} is not installed");
            None
        }
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// A folder and the user to whom it belongs.
pub(crate) struct Home {
    pub(crate) folder: TempDir,
    /// As whom to run programs, where this process may be anybody.
    user: Option<&'static str>,
}

impl Home {
    /// A folder of this user.
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), user: None }
    }

    /// A folder for a server which refuses to run as root: there, of `user`.
    pub(crate) fn of(user: &'static str) -> Self {
        let home = Self { user: is_root().then_some(user), ..Self::new() };
        home.give_away();
        home
    }

    /// Hands over what was written into the folder.
    pub(crate) fn give_away(&self) {
        if let Some(user) = self.user {
            run(Command::new("chown").arg("-R").arg(user).arg(self.folder.path()));
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.path(name), text).unwrap();
        self.text(name)
    }

    /// A program with arguments, as the user of the folder.
    pub(crate) fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = match self.user {
            None => Command::new(program),
            Some(user) => {
                let mut command = Command::new("setpriv");
                command
                    .args([&format!("--reuid={user}"), &format!("--regid={user}"), "--clear-groups"])
                    .arg(program);
                command
            }
        };
        command.args(arguments).current_dir(self.folder.path());
        command
    }

    /// Writes a certificate for `localhost` and its key as files, and gives a client which trusts it.
    pub(crate) fn certificate(&self) -> Client {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap();
        self.write("certificate.pem", &certificate.pem());
        // PostgreSQL wants its key to itself.
        let file = self.write("key.pem", &key.serialize_pem());
        run(Command::new("chmod").arg("600").arg(file));
        self.give_away();
        Client::new(tls_probe::Client::with_roots(vec![certificate.der().clone()]))
    }
}

/// Runs a program to its end.
pub(crate) fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} ended with {}: {said}", output.status);
}

/// A server which runs until it is dropped.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) home: Home,
    caretaker: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.caretaker.stdin.take());
        drop(self.caretaker.wait());
    }
}

fn watch_over(server: &Command, signal: &str, log: fs::File) -> Child {
    let mut caretaker = Command::new("sh");
    caretaker.args(["-c", CARETAKER, "caretaker", signal]).arg(server.get_program()).args(server.get_args());
    caretaker.current_dir(server.get_current_dir().unwrap_or(Path::new("/")));
    caretaker.stdin(Stdio::piped()).stdout(log.try_clone().unwrap()).stderr(log);
    caretaker.spawn().unwrap()
}

impl Server {
    /// Starts what `command` makes of a port, and waits until it listens there on `host`. It is stopped by
    /// `signal`.
    pub(crate) async fn start(
        home: Home,
        host: &str,
        signal: &str,
        command: impl Fn(&Home, u16) -> Command,
    ) -> Self {
        let port = TcpListener::bind((host, 0)).unwrap().local_addr().unwrap().port();
        let log = fs::File::create(home.path("log")).unwrap();
        let caretaker = watch_over(&command(&home, port), signal, log);
        let mut server = Self { port, home, caretaker };
        for left in (0..TRIES).rev() {
            if server.listens(host).await {
                return server;
            }
            let log = fs::read_to_string(server.home.path("log")).unwrap_or_default();
            assert!(left > 0, "the server does not start: {log}");
            drop(server.caretaker.stdin.take());
            drop(server.caretaker.wait());
            server.port = TcpListener::bind((host, 0)).unwrap().local_addr().unwrap().port();
            let log = fs::File::create(server.home.path("log")).unwrap();
            server.caretaker = watch_over(&command(&server.home, server.port), signal, log);
        }
        server
    }

    async fn listens(&mut self, host: &str) -> bool {
        let start = tokio::time::Instant::now();
        let target = Target::new(host, self.port);
        while start.elapsed() < PATIENCE && self.caretaker.try_wait().is_ok_and(|ended| ended.is_none()) {
            let asked =
                Client::default().ask(&target, &Question::Tcp(Tcp::default()), &Limits::default()).await;
            if asked.is_ok() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    /// Asks it in plain text.
    pub(crate) async fn ask(&self, question: Question) -> Result<Answer, Failure> {
        self.ask_as(&Client::default(), Security::Plain, question).await
    }

    /// Asks it as `client`.
    pub(crate) async fn ask_as(
        &self,
        client: &Client,
        security: Security,
        question: Question,
    ) -> Result<Answer, Failure> {
        let family = service_probe::Family::V4;
        let target = Target { family, ..Target::new("localhost", self.port).over(security) };
        // The machine of the tests may be busy.
        let time = Duration::from_secs(30);
        let limits = Limits { total: time, connect: time, answer: time, ..Limits::default() };
        client.ask(&target, &question, &limits).await
    }
}

/// A user and a password, which may go to anybody.
pub(crate) fn login(user: Option<&str>, password: &str) -> Option<Credential> {
    Some(Credential { to_untrusted: true, ..Credential::new(user, password) })
}
