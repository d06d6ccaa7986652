//! Watches what is mounted, what should be, and how full it is.

use super::{Findings, Machine, SOURCE};
use crate::config::Settings;
use crate::history::usage::UsageHistory;
use crate::model::filesystem::Today;
use crate::model::{FilesystemReport, FilesystemState, Forecast, Point, forecast, judge_filesystem};
use crate::read::mounts::{self, FstabEntry, Mount};
use crate::read::usage::{Answer, Usage};
use crate::read::{Reader, load, why};
use futures_util::future::join_all;
use hob_base::{Clock, Level, Observation};
use jiff::tz::TimeZone;
use rustix::io::Errno;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long a look holds: six passes.
const HOLDS_FOR: Duration = Duration::from_secs(180);
/// Network filesystems come some time after the machine.
const GRACE_AFTER_BOOT: Duration = Duration::from_secs(180);
/// More filesystems than this are not watched.
const FILESYSTEMS_MAX: usize = 256;
/// How many filesystems that may hang are asked at once.
const ASKED_AT_ONCE: usize = 8;
/// What the machine itself cannot be without.
const SYSTEM_PLACES: [&str; 3] = ["/", "/usr", "/var"];

/// What is remembered from one pass to the next.
#[derive(Default)]
pub(crate) struct FilesystemWatch {
    reader: Reader,
    /// What was said last of each filesystem, by mount point.
    levels: BTreeMap<String, Level>,
    forecasts: HashMap<String, Option<Forecast>>,
}

/// What each look is given.
pub(crate) struct Surroundings<'a> {
    /// The machine.
    pub(crate) machine: &'a Machine,
    /// The time.
    pub(crate) clock: &'a Clock,
    /// The zone in which people are told the time.
    pub(crate) zone: &'a TimeZone,
    /// The limits.
    pub(crate) settings: &'a Settings,
    /// How full each filesystem was.
    pub(crate) history: &'a Mutex<UsageHistory>,
}

impl FilesystemWatch {
    /// Tells what was said before a restart, so that it can be taken back, and that a filesystem at the edge stays there.
    pub(crate) fn remember(&mut self, mount_point: &str, level: Level) {
        self.levels.entry(mount_point.to_owned()).or_insert(level);
    }

    /// The filesystems that the machine cannot be without, as far as they are watched.
    pub(crate) fn system_places(&self) -> Vec<&'static str> {
        SYSTEM_PLACES.into_iter().filter(|place| self.levels.contains_key(*place)).collect()
    }

    /// Looks at all filesystems.
    pub(crate) async fn look(&mut self, around: &Surroundings<'_>) -> Findings {
        let mut findings = Findings::default();
        let Some((mounted, fstab)) = self.read_tables(around.machine, &mut findings.cannot_see) else {
            return findings;
        };
        let ignored = &around.settings.ignore_filesystems;
        let mut chosen = mounts::choose(&mounted, ignored);
        if chosen.len() > FILESYSTEMS_MAX {
            findings.cannot_see.push(format!("filesystems beyond the first {FILESYSTEMS_MAX}"));
            chosen.truncate(FILESYSTEMS_MAX);
        }
        let mut states = Vec::new();
        if self.has_long_been_up(around.machine) {
            for entry in mounts::missing(&fstab, &mounted, ignored).into_iter().take(FILESYSTEMS_MAX) {
                if !is_mounted_elsewhere(around, entry, &mounted).await {
                    let state = FilesystemState::Missing { source: entry.source.clone() };
                    states.push((entry.mount_point.clone(), state));
                }
            }
        }
        for (mount, answer) in ask_all(around, chosen).await {
            if let Some(state) = self.understand(around, &fstab, &mount, answer, &mut findings.cannot_see) {
                states.push((mount.mount_point, state));
            }
        }
        let mut levels = BTreeMap::new();
        for (mount_point, state) in states {
            let before = self.levels.get(&mount_point).copied();
            let report = FilesystemReport { mount_point, state, before };
            let said = say(around, &report);
            levels.insert(
                report.mount_point,
                said.health.as_ref().map_or(Level::Unknown, |health| health.level),
            );
            findings.observations.push(said);
        }
        let gone = self.levels.keys().filter(|place| !levels.contains_key(*place));
        findings.withdrawn = gone.map(|place| around.machine.filesystem_id(place)).collect();
        self.forecasts.retain(|place, _| levels.contains_key(place));
        self.levels = levels;
        findings
    }

    /// `None` when not even what is mounted can be seen.
    fn read_tables(
        &mut self,
        machine: &Machine,
        cannot_see: &mut Vec<String>,
    ) -> Option<(Vec<Mount>, Vec<FstabEntry>)> {
        let mounted = match self.reader.text(&machine.roots.proc.join("self/mountinfo")) {
            Ok(text) => mounts::parse_mountinfo(text),
            Err(error) => {
                cannot_see.push(format!("filesystems (/proc/self/mountinfo: {})", why(&error)));
                return None;
            }
        };
        let fstab = match self.reader.text(&machine.roots.etc.join("fstab")) {
            Ok(text) => mounts::parse_fstab(text),
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    cannot_see.push(format!("what should be mounted (/etc/fstab: {})", why(&error)));
                }
                Vec::new()
            }
        };
        Some((mounted, fstab))
    }

    fn has_long_been_up(&mut self, machine: &Machine) -> bool {
        let seconds = self.reader.text(&machine.roots.proc.join("uptime")).ok().and_then(load::parse_uptime);
        seconds.is_none_or(|seconds| seconds >= GRACE_AFTER_BOOT.as_secs_f64())
    }

    /// `None` for what is nobody's business: a filesystem that Hob may not look at or that is hidden from it.
    fn understand(
        &mut self,
        around: &Surroundings<'_>,
        fstab: &[FstabEntry],
        mount: &Mount,
        answer: Answer<Usage>,
        cannot_see: &mut Vec<String>,
    ) -> Option<FilesystemState> {
        let place = &mount.mount_point;
        let mount = mount.clone();
        match answer {
            // Filesystems without a size hold nothing: control interfaces that no list knows.
            Answer::Got(usage) if usage.size_bytes == 0 => None,
            Answer::Got(usage) => {
                let wanted_writable = !mount.is_lent()
                    && fstab.iter().any(|entry| entry.mount_point == *place && !entry.read_only);
                let forecast = self.forecast(around, place, &usage);
                Some(FilesystemState::Mounted { mount, usage, forecast, wanted_writable })
            }
            Answer::Stuck(silent_for) => Some(FilesystemState::Stuck { mount, silent_for }),
            Answer::NotAsked => {
                let why = "too many other filesystems do not answer".to_owned();
                Some(FilesystemState::Unreadable { mount, why, broken: false })
            }
            Answer::Failed(error)
                if matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::NotFound) =>
            {
                cannot_see.push(format!("the filesystem {place} ({})", why(&error)));
                None
            }
            Answer::Failed(error) => {
                let broken = is_broken(&error);
                Some(FilesystemState::Unreadable { mount, why: plain(&error), broken })
            }
        }
    }

    fn forecast(&mut self, around: &Surroundings<'_>, place: &str, usage: &Usage) -> Option<Forecast> {
        let point = Point {
            at: around.clock.now(),
            used_bytes: usage.used_bytes,
            available_bytes: usage.available_bytes,
        };
        let mut history = around.history.lock().unwrap_or_else(PoisonError::into_inner);
        let added = history.add(place, point);
        if added || !self.forecasts.contains_key(place) {
            self.forecasts.insert(place.to_owned(), forecast(history.points(place)));
        }
        self.forecasts.get(place).copied().flatten()
    }
}

/// Errors that say that the filesystem itself is broken, and not only Hob's view of it.
fn is_broken(error: &io::Error) -> bool {
    [Errno::IO, Errno::STALE, Errno::NOTCONN, Errno::HOSTDOWN, Errno::HOSTUNREACH, Errno::TIMEDOUT]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// The error without its number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// A path of `/etc/fstab` may lead through symbolic links; the kernel names mounts without them.
async fn is_mounted_elsewhere(around: &Surroundings<'_>, entry: &FstabEntry, mounted: &[Mount]) -> bool {
    let root = around.machine.roots.root.clone();
    let path = root.join(entry.mount_point.trim_start_matches('/'));
    let question = move || std::fs::canonicalize(path);
    let key = format!("path {}", entry.mount_point);
    match around.machine.prober.ask(&key, around.clock, question).await {
        Answer::Got(real) => {
            let real: PathBuf = Path::new("/").join(real.strip_prefix(&root).unwrap_or(&real));
            mounted.iter().any(|mount| Path::new(&mount.mount_point) == real)
        }
        Answer::Failed(_) => false,
        // What cannot be looked at is not called missing.
        Answer::Stuck(_) | Answer::NotAsked => true,
    }
}

/// Local filesystems answer at once and are asked one after the other; those that may hang are asked together.
async fn ask_all(around: &Surroundings<'_>, chosen: Vec<Mount>) -> Vec<(Mount, Answer<Usage>)> {
    let (remote, local): (Vec<Mount>, Vec<Mount>) = chosen.into_iter().partition(Mount::may_hang);
    let mut answers = Vec::new();
    for mount in local {
        let answer = ask(around, &mount).await;
        answers.push((mount, answer));
    }
    for some in remote.chunks(ASKED_AT_ONCE) {
        let asked = some.iter().map(|mount| async move { (mount.clone(), ask(around, mount).await) });
        answers.extend(join_all(asked).await);
    }
    answers
}

async fn ask(around: &Surroundings<'_>, mount: &Mount) -> Answer<Usage> {
    let ask_usage = around.machine.ask_usage.clone();
    let path = PathBuf::from(&mount.mount_point);
    around.machine.prober.ask(&mount.mount_point, around.clock, move || ask_usage(&path)).await
}

fn say(around: &Surroundings<'_>, report: &FilesystemReport) -> Observation {
    let today = Today { now: around.clock.now(), zone: around.zone };
    let health = judge_filesystem(report, around.settings, today);
    let place = &report.mount_point;
    let mut said = Observation::new(SOURCE, around.machine.filesystem_id(place), HOLDS_FOR)
        .named(place)
        .judged(health)
        .fact("mount_point", place.as_str());
    match &report.state {
        FilesystemState::Missing { source } => said = said.fact("device", source.as_str()),
        FilesystemState::Stuck { mount, .. } | FilesystemState::Unreadable { mount, .. } => {
            said = with_mount(said, mount);
        }
        FilesystemState::Mounted { mount, usage, forecast, .. } => {
            said = with_mount(said, mount)
                .fact("size_bytes", usage.size_bytes)
                .fact("used_bytes", usage.used_bytes)
                .fact("available_bytes", usage.available_bytes)
                .fact("used_percent", tenths(usage.used_percent()));
            if let Some(inodes) = usage.inodes_used_percent() {
                said = said.fact("inodes_used_percent", tenths(inodes));
            }
            if let Some(forecast) = forecast {
                said = said.fact("forecast_full_days", tenths(forecast.full_in.as_secs_f64() / 86_400.0));
            }
        }
    }
    said
}

fn with_mount(said: Observation, mount: &Mount) -> Observation {
    said.fact("device", mount.source.as_str()).fact("fs_type", mount.fs_type.as_str())
}

fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}
