//! A PostgreSQL server for one run of the tests: its own folder, its own port, gone afterwards in whatever way the run
//! ends.

use super::tools::{find, is_root, words};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Between finding a free port and using it, somebody else may take it.
const TRIES: u32 = 3;

/// Nothing here must survive a power cut, and every test process opens a pool.
const SETTINGS: &str = "-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off \
     -c full_page_writes=off -c synchronous_commit=off -c max_connections=300";

/// Outlives this program, whatever ends it: its standard input ends with us. It then stops the server and removes the
/// folder. A signal handler would need unsafe code, and none runs on SIGKILL.
const CARETAKER: &str =
    r#"trap '' INT TERM HUP; folder=$1; shift; cat >/dev/null; "$@" >/dev/null 2>&1; rm -rf -- "$folder""#;

/// A running server. Dropping it stops it.
pub(super) struct Server {
    /// Where tests find it.
    pub(super) url: String,
    /// The folder of its programs.
    pub(super) binaries: PathBuf,
    caretaker: Child,
}

impl Server {
    /// Starts a server on a free loopback port.
    ///
    /// # Errors
    /// With what is in the way.
    pub(super) fn start() -> Result<Self, String> {
        let binaries = find_binaries().ok_or("PostgreSQL is not installed")?;
        let user = User::find()?;
        let folder = output(user.command(Path::new("mktemp")).args(["-d", "/tmp/hob-postgres-XXXXXXXX"]))?;
        let folder = PathBuf::from(folder.trim());
        let (data, pg_ctl) = (folder.join("data"), binaries.join("pg_ctl"));
        let caretaker = watch_over(&folder, user.command(&pg_ctl).arg("-D").arg(&data).args(STOP))?;
        let mut server = Self { url: String::new(), binaries, caretaker };
        let mut initdb = user.command(&server.binaries.join("initdb"));
        initdb.arg("-D").arg(&data);
        initdb.args("--username=postgres --auth=trust --encoding=UTF8 --locale=C --no-sync".split(' '));
        output(&mut initdb)?;
        let mut last = String::new();
        for _ in 0..TRIES {
            let port = free_port()?;
            let mut start = user.command(&pg_ctl);
            start.arg("-D").arg(&data).arg("-l").arg(folder.join("log"));
            start.args(["-w", "-t", "60", "-o", &format!("-p {port} {SETTINGS}"), "start"]);
            match output(&mut start) {
                Ok(_) => {
                    server.url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
                    return Ok(server);
                }
                Err(error) => last = error,
            }
        }
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        Err(format!("PostgreSQL does not start: {last} {}", log.lines().last().unwrap_or_default()))
    }
}

const STOP: [&str; 4] = ["-m", "immediate", "-w", "stop"];

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.caretaker.stdin.take());
        let _ = self.caretaker.wait();
    }
}

/// As whom PostgreSQL runs: it refuses to run as root.
enum User {
    Own,
    Postgres,
}

impl User {
    fn find() -> Result<Self, String> {
        match (is_root(), find("runuser")) {
            (false, _) => Ok(Self::Own),
            (true, Some(_)) => Ok(Self::Postgres),
            (true, None) => Err("PostgreSQL does not run as root, and there is no runuser".to_owned()),
        }
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = match self {
            Self::Own => Command::new(program),
            Self::Postgres => {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--"]).arg(program);
                command
            }
        };
        command.current_dir("/"); // the user postgres may not enter ours
        command
    }
}

/// Starts the caretaker of `folder`, in a process group of its own so that Ctrl-C does not reach it.
fn watch_over(folder: &Path, stop: &Command) -> Result<Child, String> {
    let mut command = Command::new("sh");
    command.args(["-c", CARETAKER, "caretaker"]).arg(folder).arg(stop.get_program()).args(stop.get_args());
    command.current_dir("/").process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map_err(|error| format!("sh did not start: {error}"))
}

/// The folder of the newest PostgreSQL on this machine.
pub(super) fn find_binaries() -> Option<PathBuf> {
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let versions = installed.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        Some((version, entry.path().join("bin")))
    });
    let newest = versions.filter(|(_, folder)| is_whole(folder)).max().map(|(_, folder)| folder);
    newest.or_else(|| Some(find("initdb")?.parent()?.to_path_buf()).filter(|folder| is_whole(folder)))
}

fn is_whole(folder: &Path) -> bool {
    ["initdb", "pg_ctl", "postgres"].iter().all(|program| folder.join(program).is_file())
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| format!("no free port: {error}"))?;
    listener.local_addr().map(|address| address.port()).map_err(|error| format!("no free port: {error}"))
}

/// What a command prints, or why it failed.
fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|error| format!("{} did not start: {error}", words(command)))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{} ended with {}: {}", words(command), output.status, said.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole life of a server; without PostgreSQL there is nothing to try.
    #[test]
    fn a_server_starts_answers_and_leaves_nothing() {
        if find_binaries().is_none() {
            eprintln!("skipped: PostgreSQL is not installed");
            return;
        }
        let server = Server::start().unwrap();
        let port = server.url.rsplit_once(':').and_then(|(_, rest)| rest.split('/').next()).unwrap();
        let address = format!("127.0.0.1:{port}");
        std::net::TcpStream::connect(&address).unwrap();
        let psql = server.binaries.join("psql");
        let asked = output(Command::new(psql).args(["-At", "-c", "SHOW fsync", &server.url])).unwrap();
        assert_eq!(asked.trim(), "off");
        let caretaker = server.caretaker.id();
        let arguments = std::fs::read_to_string(format!("/proc/{caretaker}/cmdline")).unwrap();
        let folder =
            arguments.split('\0').find(|word| word.starts_with("/tmp/hob-postgres-")).unwrap().to_owned();
        assert!(Path::new(&folder).exists());
        drop(server);
        assert!(std::net::TcpStream::connect(&address).is_err());
        assert!(!Path::new(&folder).exists());
    }
}
