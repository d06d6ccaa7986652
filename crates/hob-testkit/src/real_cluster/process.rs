//! Servers that are gone when their test is, in whatever way it ends.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Runs the program beside a `cat` of its own standard input, which ends with the test process, and then kills it. A
/// signal handler would need unsafe code, and none runs on SIGKILL.
const CARETAKER: &str = r#"trap '' INT TERM HUP; exec 3<&0; "$@" </dev/null 3<&- & pid=$!
(cat <&3 >/dev/null; kill -9 $pid) & exec 3<&-; wait $pid"#;

/// A running program. Dropping it kills it and waits for its end.
#[derive(Debug)]
pub(super) struct Process(Child);

impl Process {
    /// Starts a program that writes what it has to say into a file.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn start(program: &Path, arguments: &[String], log: &Path) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{} does not start: {error}", program.display());
        let file = std::fs::OpenOptions::new().create(true).append(true).open(log).map_err(failed)?;
        let mut command = Command::new("sh");
        command.args(["-c", CARETAKER, "caretaker"]).arg(program).args(arguments);
        // A group of its own, so that Ctrl-C does not reach it before its time.
        command.current_dir("/").process_group(0).stdin(Stdio::piped()).stdout(Stdio::null());
        command.stderr(file).env_remove("GOMAXPROCS").spawn().map(Self).map_err(failed)
    }

    /// Whether it has ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
