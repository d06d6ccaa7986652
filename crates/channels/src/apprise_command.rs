//! The program `apprise` on this machine: <https://github.com/caronc/apprise>, which passes on to over a hundred services.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

use crate::channel::{Service, Way};
use crate::exchange::hex;
use crate::fields::{Field, Kind, Reader, Writer, Wrong};
use crate::note::{Note, Severity, State};
use crate::outcome::{Answer, Delivered, DeliveryError};
use crate::secret::Secret;
use crate::sender::Mask;
use crate::text::cut;

/// The program. It cannot be chosen: whoever may add a channel need not be able to run anything.
const PROGRAM: &str = "apprise";

/// What its manual begins with.
const MANUAL: &str = "Usage: ";

/// Longest time the program may take; it makes requests of its own.
const TIME_MAX: Duration = Duration::from_secs(40);

/// Most bytes of its output that are read.
const OUTPUT_MAX: u64 = 64 * 1024;

/// Most URLs of one channel.
const URLS_MAX: usize = 50;

/// Longest message in characters. Apprise cuts it further for each service.
const MESSAGE_MAX: usize = 8000;

/// What the program gets of the surroundings: where programs are, and the way out of the house.
const PASSED_ON: &[&str] = &[
    "PATH",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
];

/// Services which the program knows by its URLs. Each note is a message of its own.
///
/// Where one of several services fails, all get the note again: the program does not say which. So a channel for each
/// is better.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppriseCommand {
    /// Apprise's URLs, one on a line.
    pub urls: Secret,
}

impl Service for AppriseCommand {
    const KIND: Kind = Kind {
        id: "apprise_command",
        title: "Apprise on this machine",
        help: "The program `apprise`, which must be installed on this machine and passes on to over a hundred services. With one URL in a channel it is clear what failed.",
        fields: &[Field::text("urls", "URLs")
            .help("One on a line, as Apprise has them. They are not shown again.")
            .example("tgram://…")
            .secret()
            .required()],
    };

    fn read(values: &Reader<'_>) -> Self {
        Self { urls: values.secret("urls") }
    }

    fn write(&self, out: &mut Writer) {
        out.secret("urls", &self.urls);
    }

    fn wrong(&self) -> Vec<Wrong> {
        let wrong = |sentence: String| vec![("urls".to_owned(), sentence)];
        let lines: Vec<&str> = self.lines().collect();
        if lines.len() > URLS_MAX {
            return wrong(format!("There are more than {URLS_MAX} URLs."));
        }
        let bad = lines.iter().position(|line| !is_url(line));
        bad.map_or_else(Vec::new, |at| {
            wrong(format!("Line {} is no URL of Apprise, such as tgram://….", at + 1))
        })
    }

    fn way(&self) -> Way<'_> {
        Way::AppriseCommand(self)
    }

    fn place(&self) -> String {
        let kinds: Vec<&str> = self.lines().filter_map(|line| line.split("://").next()).collect();
        format!("Apprise on this machine ({})", cut(&kinds.join(", "), 100))
    }
}

impl AppriseCommand {
    fn lines(&self) -> impl Iterator<Item = &str> {
        self.urls.reveal().lines().map(str::trim).filter(|line| !line.is_empty())
    }

    pub(crate) async fn deliver(&self, note: &Note, mask: &Mask) -> Result<Delivered, DeliveryError> {
        let urls = self.lines().collect::<Vec<_>>().join("\n");
        // Writing a few lines to a file takes no time worth a thread.
        let settings = Settings::write(&urls).map_err(|error| unwritten(&error))?;
        self.run(PROGRAM, &settings, note, mask).await
    }

    /// Runs the program. The URLs are in a file which only its owner can read, and the text comes over a pipe: what
    /// stands behind the program's name is seen by everybody on the machine.
    async fn run(
        &self,
        program: &str,
        settings: &Settings,
        note: &Note,
        mask: &Mask,
    ) -> Result<Delivered, DeliveryError> {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(PASSED_ON.iter().filter_map(|&name| Some((name, std::env::var_os(name)?))))
            .envs([("LANG", "C.UTF-8"), ("PYTHONIOENCODING", "utf-8")])
            .env("HOME", &settings.folder)
            .current_dir(&settings.folder)
            .args(arguments(settings, note))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let child = command.spawn().map_err(|error| unstarted(program, &error))?;
        match tokio::time::timeout(TIME_MAX, converse(child, &message(note))).await {
            // Masked before anything is cut from it, as half a secret is not found any more.
            Ok(Ok((status, output))) => {
                judge(status, &mask.text(String::from_utf8_lossy(&output).into_owned()))
            }
            Ok(Err(error)) => Err(later(format!("The program {program} could not be heard: {error}."), true)),
            Err(_) => {
                let seconds = TIME_MAX.as_secs();
                Err(later(format!("The program {program} was not ready within {seconds} seconds."), true))
            }
        }
    }
}

/// A URL as Apprise has them. Its files know more than URLs, of which nothing is wanted: `include` reads other files.
fn is_url(line: &str) -> bool {
    let Some((scheme, rest)) = line.split_once("://") else { return false };
    let is_scheme = (2..=40).contains(&scheme.len()) && scheme.chars().all(|c| c.is_ascii_alphanumeric());
    is_scheme && !rest.is_empty() && !line.contains(char::is_control)
}

fn arguments(settings: &Settings, note: &Note) -> Vec<String> {
    let kind = match (note.state, note.severity) {
        (State::Resolved, _) => "success",
        (_, Severity::Critical) => "failure",
        (_, Severity::Warning) => "warning",
        (_, Severity::Info) => "info",
    };
    vec![
        // With an equals sign nothing of a note can be taken for an option.
        format!("--config={}", settings.file.display()),
        format!("--title={} {}", note.sign(), note.title),
        format!("--notification-type={kind}"),
        "--input-format=text".to_owned(),
        "--verbose".to_owned(),
    ]
}

fn message(note: &Note) -> String {
    let links: String = note.all_links().map(|(label, url)| format!("\n{label}: {url}")).collect();
    let text = format!("{}{links}", cut(&note.body, MESSAGE_MAX)).trim().to_owned();
    // A message without text is none to Apprise.
    if text.is_empty() { note.title.clone() } else { text }
}

/// Tells the program the text, and hears what it says until it ends.
async fn converse(mut child: Child, text: &str) -> io::Result<(ExitStatus, Vec<u8>)> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let tell = async {
        if let Some(mut stdin) = stdin {
            // A program which ends before it has read everything says why.
            drop(stdin.write_all(text.as_bytes()).await);
        }
    };
    let (status, (), said, complained) = tokio::join!(child.wait(), tell, hear(stdout), hear(stderr));
    Ok((status?, [complained, said].concat()))
}

/// Reads to the end, and keeps the beginning.
async fn hear(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut kept = Vec::new();
    if let Some(mut stream) = stream {
        drop((&mut stream).take(OUTPUT_MAX).read_to_end(&mut kept).await);
        drop(tokio::io::copy(&mut stream, &mut tokio::io::sink()).await);
    }
    kept
}

fn judge(status: ExitStatus, output: &str) -> Result<Delivered, DeliveryError> {
    let code = status.code().and_then(|code| u16::try_from(code).ok()).unwrap_or(0);
    let answer = Answer::new(code, last_lines(output).as_bytes());
    if status.success() {
        return Ok(Delivered { reference: None, answer, missed: None });
    }
    let said = if answer.text.is_empty() { "it does not say why".to_owned() } else { answer.text.clone() };
    match status.code() {
        // Its manual instead of an answer: nothing of what it was given makes sense to it.
        Some(_) if output.contains(MANUAL) => Err(DeliveryError::wrong(
            format!("Apprise does not know what to do with the URLs of this channel ({said})."),
            answer,
        )),
        Some(_) => {
            let sentence = format!("Apprise could not pass it on to each of its services ({said}).");
            Err(DeliveryError::later(sentence, answer, None))
        }
        None => Err(later("The program apprise was ended by a signal.".to_owned(), true)),
    }
}

/// What a program said last says most; without its manual and the times of its log.
fn last_lines(output: &str) -> String {
    const LINES: usize = 6;
    let said = output.split(MANUAL).next().unwrap_or_default();
    let lines: Vec<&str> = said.lines().map(without_time).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(LINES)..].join(" · ")
}

/// A line of the log: `2026-11-23 13:33:54,383 - ERROR - …`.
fn without_time(line: &str) -> &str {
    match line.split_once(" - ") {
        Some((time, rest)) if time.starts_with(|c: char| c.is_ascii_digit()) => rest.trim(),
        _ => line.trim(),
    }
}

fn later(sentence: String, unsure: bool) -> DeliveryError {
    DeliveryError::TryAgain { sentence, answer: None, retry_after: None, unsure }
}

fn unstarted(program: &str, error: &io::Error) -> DeliveryError {
    if error.kind() == io::ErrorKind::NotFound {
        return DeliveryError::unsendable(format!(
            "The program {program} is not installed on this machine: install it (on Debian `apt install apprise`), or use a server of Apprise API."
        ));
    }
    let why = tls_probe::words::plain(error);
    later(format!("The program {program} could not be started: {why}."), false)
}

fn unwritten(error: &io::Error) -> DeliveryError {
    let (folder, why) = (std::env::temp_dir(), tls_probe::words::plain(error));
    later(
        format!("The URLs for Apprise could not be written to a file below {}: {why}.", folder.display()),
        false,
    )
}

/// A file with the URLs, which only its owner can read and which goes when this does.
struct Settings {
    folder: PathBuf,
    file: PathBuf,
}

impl Settings {
    fn write(urls: &str) -> io::Result<Self> {
        let mut name = [0; 16];
        SystemRandom::new()
            .fill(&mut name)
            .map_err(|_| io::Error::other("this machine has no randomness"))?;
        let folder = std::env::temp_dir().join(format!("apprise-{}", hex(&name)));
        // Made anew and for nobody else, so that nobody can have put a link in its place.
        DirBuilder::new().mode(0o700).create(&folder)?;
        // Apprise tells by the ending how to read it.
        let settings = Self { file: folder.join("urls.conf"), folder };
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&settings.file)?;
        file.write_all(urls.as_bytes())?;
        Ok(settings)
    }
}

impl Drop for Settings {
    fn drop(&mut self) {
        // Python may have left its own files beside.
        drop(std::fs::remove_dir_all(Path::new(&self.folder)));
    }
}

#[cfg(test)]
mod tests;
