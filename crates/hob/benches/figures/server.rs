//! A hub in a process of its own, and what it takes.

use crate::Outcome;
use crate::http::{Answer, Connection};
use crate::hub::OUTAGE;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::File;
use std::io::Write;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The release binary.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_hob");
/// How often a hub that starts is asked whether it answers.
const ASK_EVERY: Duration = Duration::from_micros(500);
const START_WITHIN: Duration = Duration::from_secs(30);
const STOP_WITHIN: Duration = Duration::from_secs(10);
/// The unit of times in `/proc/PID/stat`; Linux has shown programs this one on all machines for ever.
const TICKS_PER_SECOND: f64 = 100.0;

/// A running hub. Dropping it ends the process.
pub(crate) struct Server {
    child: Child,
    began: Instant,
    pub(crate) address: SocketAddr,
    data: PathBuf,
}

/// What a process took over a span of time.
#[derive(Clone, Copy)]
pub(crate) struct Usage {
    /// Of one core.
    pub(crate) cpu_percent: f64,
    /// At the end.
    pub(crate) rss_mb: f64,
}

/// The time. Benchmarks measure the real one.
#[expect(clippy::disallowed_methods, reason = "it measures real time; the hub is another process")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// `hob` with this data directory and nothing of this machine's settings.
pub(crate) fn hob(data: &Path) -> Command {
    let mut command = Command::new(BINARY);
    isolate(&mut command, data);
    command
}

fn isolate(command: &mut Command, data: &Path) {
    for name in ["HOB_CONFIG", "HOB_DATABASE", "HOB_LISTEN", "HOB_LOG", "NOTIFY_SOCKET"] {
        command.env_remove(name);
    }
    command.current_dir(data).env("HOB_DATA", data).env("HOB_AUTO", "off");
}

impl Server {
    /// `hob serve` with this configuration, on these processors if it is said.
    pub(crate) fn serve(data: &Path, config: Option<&Path>, cpu: Option<&str>) -> Outcome<Self> {
        let mut command = match cpu {
            Some(cpu) => {
                let mut command = Command::new("taskset");
                command.args(["-c", cpu, BINARY]);
                isolate(&mut command, data);
                command
            }
            None => hob(data),
        };
        let address = free_address()?;
        command.args(["serve", "--log", "warn", "--listen", &address.to_string()]);
        if let Some(config) = config {
            command.arg("--config").arg(config);
        }
        Self::spawn(command, address, data)
    }

    /// This program as a hub in which so many services change per second.
    pub(crate) fn changing(data: &Path, services: usize, changes_per_second: u32) -> Outcome<Self> {
        let address = free_address()?;
        let mut command = Command::new(std::env::current_exe()?);
        isolate(&mut command, data);
        command.arg("--hub").arg(data).arg(address.to_string());
        command.args([services.to_string(), changes_per_second.to_string()]);
        Self::spawn(command, address, data)
    }

    /// This program as a hub in which a thousand of ten thousand resources break at once.
    pub(crate) fn outage(data: &Path) -> Outcome<Self> {
        let address = free_address()?;
        let mut command = Command::new(std::env::current_exe()?);
        isolate(&mut command, data);
        command.arg("--hub").arg(data).arg(address.to_string()).arg(OUTAGE);
        Self::spawn(command, address, data)
    }

    fn spawn(mut command: Command, address: SocketAddr, data: &Path) -> Outcome<Self> {
        let log = File::create(data.join("figures.log"))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let began = now();
        let child = command.spawn()?;
        Ok(Self { child, began, address, data: data.to_owned() })
    }

    /// Asks until there is an answer with 200, and returns it with the time since the process was started.
    pub(crate) fn first_answer(
        &mut self,
        path: &str,
        connect: impl Fn(&Self) -> Outcome<Connection>,
    ) -> Outcome<(Duration, Answer)> {
        loop {
            if let Ok(mut connection) = connect(self)
                && let Ok(answer) = connection.get(path, &[("accept-encoding", "gzip, deflate, br")])
                && answer.status == 200
            {
                return Ok((self.began.elapsed(), answer));
            }
            if let Some(status) = self.child.try_wait()? {
                let log = std::fs::read_to_string(self.data.join("figures.log")).unwrap_or_default();
                return Err(format!("the hub ended with {status}: {log}").into());
            }
            if self.began.elapsed() > START_WITHIN {
                return Err(format!("the hub did not answer within {START_WITHIN:?}").into());
            }
            std::thread::sleep(ASK_EVERY);
        }
    }

    /// A connection to its port.
    pub(crate) fn tcp(&self) -> Outcome<Connection> {
        Connection::tcp(self.address)
    }

    /// A connection to the socket in its data directory, over which everything may be asked.
    pub(crate) fn local(&self) -> Outcome<Connection> {
        Connection::local(&self.data.join(hob_web::hub::LOCAL_SOCKET))
    }

    /// Asks it to stop and waits until it has.
    pub(crate) fn stop(mut self) -> Outcome<()> {
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            kill_process(pid, Signal::TERM)?;
        }
        let end = now() + STOP_WITHIN;
        while self.child.try_wait()?.is_none() {
            if now() > end {
                return Err(format!("the hub did not stop within {STOP_WITHIN:?}").into());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }

    /// What it takes during each of `windows` spans of `each`, one after the other.
    pub(crate) fn watch(&self, windows: usize, each: Duration) -> Outcome<Vec<Usage>> {
        let mut usage = Vec::with_capacity(windows);
        for _ in 0..windows {
            let (cpu, began) = (self.cpu_s()?, now());
            std::thread::sleep(each);
            let cpu_percent = 100.0 * (self.cpu_s()? - cpu) / began.elapsed().as_secs_f64();
            usage.push(Usage { cpu_percent, rss_mb: self.rss_mb()? });
        }
        Ok(usage)
    }

    fn cpu_s(&self) -> Outcome<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in parentheses may hold anything. After it utime and stime are the 12th and 13th (proc(5)).
        let (_, rest) = stat.rsplit_once(')').ok_or("no name in /proc/PID/stat")?;
        let fields = rest.split_whitespace().skip(11).take(2);
        let ticks = fields.map(str::parse::<f64>).sum::<Result<f64, _>>()?;
        Ok(ticks / TICKS_PER_SECOND)
    }

    fn rss_mb(&self) -> Outcome<f64> {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let line = rollup.lines().find_map(|line| line.strip_prefix("Rss:")).ok_or("no Rss")?;
        let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib * 1024.0 / 1e6)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A user, so that the hub is set up, and the token with which a browser's requests are made.
pub(crate) fn let_in(data: &Path) -> Outcome<String> {
    let mut add = hob(data);
    add.args(["user", "add", "anna", "--admin", "--password-stdin"]);
    let mut child = add.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    child.stdin.take().ok_or("no standard input")?.write_all(b"a kettle on the hob\n")?;
    if !child.wait()?.success() {
        return Err("hob user add failed".into());
    }
    let made = hob(data).args(["token", "create", "figures", "--scope", "read"]).output()?;
    let text = String::from_utf8(made.stdout)?;
    let token =
        text.split_whitespace().find(|word| word.starts_with("hob_")).ok_or("no token was printed")?;
    Ok(token.to_owned())
}

fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
