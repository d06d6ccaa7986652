//! How well a filesystem is.
//!
//! **The rule.** By share in use, a filesystem is a warning from 85 % and critical from 95 % (both are settings). Where at
//! least [`AMPLE_BYTES`] are still free, the share says little: 94 % of a 10 TB disk leaves room for years of somebody's
//! photos. There the warning needs a forecast of less than [`AMPLE_FORECAST`] as well, and what would be critical is a
//! warning. By forecast, less than 14 days is a warning (a setting), and less than 2 days is critical if 80 % are in use
//! already. By inodes, it is a warning from 85 % and critical from 95 %. A limit once passed is only left again one point
//! below it, or with a quarter more time, so that a filesystem at the edge does not send a message every hour.
//!
//! Not mounted though wanted, read-only though wanted writable, and not answering are critical.

use super::forecast::Forecast;
use crate::config::Settings;
use crate::read::mounts::Mount;
use crate::read::usage::Usage;
use hob_base::units::{Bytes, Percent};
use hob_base::wording::duration_words;
use hob_base::{Health, Level, Timestamp};
use jiff::tz::TimeZone;
use std::time::Duration;

/// With this much free, a share alone is no reason to worry.
pub(crate) const AMPLE_BYTES: u64 = 200 * 1024 * 1024 * 1024;
/// With that much free, a high share is a warning if it will be full within this.
const AMPLE_FORECAST: Duration = Duration::from_secs(30 * 86_400);
/// Full within this is critical, if much is in use already.
const FORECAST_CRITICAL: Duration = super::forecast::RUNAWAY;
/// What "much" is.
const FORECAST_CRITICAL_PERCENT: f64 = 80.0;
/// Limits for inodes: there is no setting, since nobody plans them.
const INODES_WARNING_PERCENT: f64 = 85.0;
const INODES_CRITICAL_PERCENT: f64 = 95.0;
/// How far below a limit it must fall to be well again.
const HYSTERESIS_PERCENT: f64 = 1.0;

/// What is known of a filesystem at one time.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FilesystemReport {
    /// Where it is mounted, or should be.
    pub(crate) mount_point: String,
    /// How it was found.
    pub(crate) state: FilesystemState,
    /// The level it had at the last pass, for hysteresis.
    pub(crate) before: Option<Level>,
}

/// How a filesystem was found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum FilesystemState {
    /// It is mounted and answers.
    Mounted {
        /// What is mounted.
        mount: Mount,
        /// How full it is.
        usage: Usage,
        /// When it will be full.
        forecast: Option<Forecast>,
        /// Whether `/etc/fstab` wants it writable.
        wanted_writable: bool,
    },
    /// It is mounted and does not answer.
    Stuck {
        /// What is mounted.
        mount: Mount,
        /// For how long it has not answered.
        silent_for: Duration,
    },
    /// It is mounted, but how full it is cannot be seen.
    Unreadable {
        /// What is mounted.
        mount: Mount,
        /// What it answered.
        why: String,
        /// Whether that says that the filesystem itself is broken.
        broken: bool,
    },
    /// `/etc/fstab` wants it and it is not mounted.
    Missing {
        /// What `/etc/fstab` wants there.
        source: String,
    },
}

/// When it is and how that is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Today<'a> {
    /// Now.
    pub(crate) now: Timestamp,
    /// The zone of the people who read it.
    pub(crate) zone: &'a TimeZone,
}

/// Judges one filesystem.
pub(crate) fn judge_filesystem(report: &FilesystemReport, settings: &Settings, today: Today<'_>) -> Health {
    let place = &report.mount_point;
    match &report.state {
        FilesystemState::Missing { source } => {
            Health::critical(format!("{place} is in /etc/fstab but not mounted."))
                .with_evidence(format!("/etc/fstab wants {source} at {place}."))
                .with_remedy(format!("See what mounting says: `mount {}`", quoted(place)))
        }
        FilesystemState::Stuck { mount, silent_for } => judge_stuck(place, mount, *silent_for),
        FilesystemState::Unreadable { mount, why, broken } => judge_unreadable(place, mount, why, *broken),
        FilesystemState::Mounted { mount, usage, forecast, wanted_writable } => {
            let space = Space { place, usage, forecast: forecast.as_ref(), before: report.before, today };
            if mount.read_only && *wanted_writable {
                return judge_read_only(place, mount);
            }
            if mount.read_only {
                return Health::ok(format!("{place} is read-only, as it is meant to be."))
                    .with_evidence(space.figures());
            }
            judge_space(&space, settings).or_worse(judge_inodes(&space))
        }
    }
}

fn judge_stuck(place: &str, mount: &Mount, silent_for: Duration) -> Health {
    let remedy = match mount.source.split_once(':') {
        Some((server, _)) if mount.may_hang() && !server.is_empty() => {
            format!(
                "See whether {server} is up: `ping -c 3 {}`. Then mount it anew: `umount -l {}`",
                quoted(server),
                quoted(place)
            )
        }
        _ => format!(
            "See what the kernel says: `dmesg --level=err,warn | tail -n 50`. To let go of it: `umount -l {}`",
            quoted(place)
        ),
    };
    Health::critical(format!("{place} does not answer: whatever opens a file there hangs."))
        .with_evidence(format!(
            "Asked for its free space, {} from {} has not answered for {}.",
            mount.fs_type,
            mount.source,
            duration_words(silent_for)
        ))
        .with_remedy(remedy)
}

fn judge_unreadable(place: &str, mount: &Mount, why: &str, broken: bool) -> Health {
    let evidence =
        format!("Asked for its free space, {} from {} answers: {why}.", mount.fs_type, mount.source);
    if !broken {
        return Health::unknown(format!("How full {place} is cannot be seen.")).with_evidence(evidence);
    }
    Health::critical(format!("{place} is mounted but does not work: {why}."))
        .with_evidence(evidence)
        .with_remedy(format!("Mount it anew: `umount -l {0} && mount {0}`", quoted(place)))
}

fn judge_read_only(place: &str, mount: &Mount) -> Health {
    Health::critical(format!("{place} has become read-only: nothing can be written there."))
        .with_evidence(format!(
            "/etc/fstab wants {place} writable, but {} on {} is mounted read-only, as the kernel does after an error.",
            mount.fs_type, mount.source
        ))
        .with_remedy(format!(
            "Look for disk errors with `dmesg --level=err,warn | tail -n 50`, check the filesystem, then `mount -o remount,rw {}`",
            quoted(place)
        ))
}

/// What the judgement of space looks at.
struct Space<'a> {
    place: &'a str,
    usage: &'a Usage,
    forecast: Option<&'a Forecast>,
    before: Option<Level>,
    today: Today<'a>,
}

impl Space<'_> {
    /// Whether a share has passed a limit; one that had passed it stays so until it is a point below.
    fn passed(&self, percent: f64, limit: f64, level: Level) -> bool {
        let stays = self.before.is_some_and(|before| before >= level);
        percent >= if stays { limit - HYSTERESIS_PERCENT } else { limit }
    }

    /// Whether it will be full within a limit; one that had passed it stays so until there is a quarter more time.
    fn full_within(&self, limit: Duration, level: Level) -> bool {
        let stays = self.before.is_some_and(|before| before >= level);
        let limit = if stays { limit + limit / 4 } else { limit };
        self.forecast.is_some_and(|forecast| forecast.full_in < limit)
    }

    fn figures(&self) -> String {
        let usage = self.usage;
        let mut text = format!(
            "{} of {} in use ({}), {} free",
            Bytes(usage.used_bytes),
            Bytes(usage.size_bytes),
            Percent(usage.used_percent()),
            Bytes(usage.available_bytes)
        );
        if let Some(inodes) = usage.inodes_used_percent() {
            text.push_str(&format!(", {} of its inodes in use", Percent(inodes)));
        }
        if let Some(forecast) = self.forecast {
            text.push_str(&format!(", {} more each day", Bytes(forecast.bytes_per_day as u64)));
        }
        text.push('.');
        text
    }

    fn foretold(&self) -> Option<String> {
        let forecast = self.forecast?;
        let day = self.today.now.plus(forecast.full_in).zoned(self.today.zone).strftime("%-d %b").to_string();
        Some(format!(
            "At the present rate it will be full in about {} (on {day}).",
            duration_words(forecast.full_in)
        ))
    }

    fn judged(&self, level: Level, reason: String) -> Health {
        let health = Health::new(level, reason).with_evidence(self.figures());
        if level <= Level::Unknown {
            return health;
        }
        health.with_remedy(format!(
            "Find what takes the space: `du -xh --max-depth=1 {} | sort -h`",
            quoted(self.place)
        ))
    }
}

fn judge_space(space: &Space<'_>, settings: &Settings) -> Health {
    let place = space.place;
    let percent = space.usage.used_percent();
    let ample = space.usage.available_bytes >= AMPLE_BYTES;
    let free = Bytes(space.usage.available_bytes);
    let soon = space.full_within(FORECAST_CRITICAL, Level::Critical) && percent >= FORECAST_CRITICAL_PERCENT;
    let critical = space.passed(percent, settings.filesystem_critical_percent, Level::Critical);
    let high = space.passed(percent, settings.filesystem_warning_percent, Level::Warning);
    let foreseen = space.full_within(settings.forecast_warning, Level::Warning);
    let sentence = |text: String| match space.foretold() {
        Some(foretold) if foreseen || high => format!("{text} {foretold}"),
        _ => text,
    };
    let used = Percent(percent);
    if (critical && !ample) || soon {
        return space.judged(Level::Critical, sentence(format!("{place} is {used} full; {free} are left.")));
    }
    let warns =
        if ample { critical || (high && space.full_within(AMPLE_FORECAST, Level::Warning)) } else { high };
    if warns || foreseen {
        return space.judged(Level::Warning, sentence(format!("{place} is {used} full; {free} are left.")));
    }
    if high {
        return space.judged(
            Level::Ok,
            format!("{place} is {used} full, but {free} are left and it does not fill fast."),
        );
    }
    space.judged(Level::Ok, format!("{place} is {used} full."))
}

fn judge_inodes(space: &Space<'_>) -> Health {
    let place = space.place;
    let Some(percent) = space.usage.inodes_used_percent() else {
        return Health::ok(String::new());
    };
    let level = if space.passed(percent, INODES_CRITICAL_PERCENT, Level::Critical) {
        Level::Critical
    } else if space.passed(percent, INODES_WARNING_PERCENT, Level::Warning) {
        Level::Warning
    } else {
        return Health::ok(String::new());
    };
    Health::new(
        level,
        format!(
            "{place} has used {} of its inodes: soon no file can be made there, however much space is left.",
            Percent(percent)
        ),
    )
    .with_evidence(space.figures())
    .with_remedy(format!(
        "Find where the many files are: `du -x --inodes --max-depth=1 {} | sort -n`",
        quoted(space.place)
    ))
}

/// A word as a shell takes it whole.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-@:,+=%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GIB: u64 = 1024 * 1024 * 1024;

    fn mount(fs_type: &str, source: &str) -> Mount {
        Mount {
            device_number: "8:1".to_owned(),
            root: "/".to_owned(),
            mount_point: "/mnt/data".to_owned(),
            fs_type: fs_type.to_owned(),
            source: source.to_owned(),
            read_only: false,
        }
    }

    fn usage(size_gib: u64, free_gib: u64) -> Usage {
        Usage {
            size_bytes: size_gib * GIB,
            used_bytes: (size_gib - free_gib) * GIB,
            available_bytes: free_gib * GIB,
            inodes: 1000,
            inodes_free: 900,
        }
    }

    fn in_days(days: u64) -> Option<Forecast> {
        Some(Forecast { full_in: Duration::from_secs(days * 86_400 + 60), bytes_per_day: GIB as f64 })
    }

    fn report(usage: Usage, forecast: Option<Forecast>) -> FilesystemReport {
        let mount = mount("ext4", "/dev/sda1");
        FilesystemReport {
            mount_point: "/mnt/data".to_owned(),
            state: FilesystemState::Mounted { mount, usage, forecast, wanted_writable: true },
            before: None,
        }
    }

    fn judge(report: &FilesystemReport) -> Health {
        // 23 Nov 2026, 14:42 UTC.
        let today = Today { now: Timestamp::from_millis(1_795_444_920_000), zone: &TimeZone::UTC };
        judge_filesystem(report, &Settings::default(), today)
    }

    #[test]
    fn shares_of_a_small_disk_count() {
        for (free, level) in
            [(20, Level::Ok), (15, Level::Warning), (6, Level::Warning), (5, Level::Critical)]
        {
            assert_eq!(judge(&report(usage(100, free), None)).level, level, "{free} % free");
        }
    }

    #[test]
    fn shares_of_a_large_disk_count_only_if_it_fills() {
        for (free, forecast, level) in [
            (600, None, Level::Ok),
            (600, in_days(60), Level::Ok),
            (600, in_days(29), Level::Warning),
            (300, None, Level::Warning),
            (150, None, Level::Critical),
        ] {
            assert_eq!(
                judge(&report(usage(10_000, free), forecast)).level,
                level,
                "{free} GiB free, {forecast:?}"
            );
        }
    }

    #[test]
    fn the_forecast_is_told_with_its_date() {
        let health = judge(&report(usage(100, 40), in_days(9)));
        assert_eq!(health.level, Level::Warning);
        assert_eq!(
            health.reason,
            "/mnt/data is 60 % full; 40 GiB are left. At the present rate it will be full in about 9 days (on 2 Dec)."
        );
        assert_eq!(
            health.remedy.as_deref(),
            Some("Find what takes the space: `du -xh --max-depth=1 /mnt/data | sort -h`")
        );
        assert!(
            health.evidence.contains("60 GiB of 100 GiB in use (60 %), 40 GiB free"),
            "{}",
            health.evidence
        );
    }

    #[test]
    fn full_within_two_days_is_critical_only_if_much_is_in_use() {
        assert_eq!(judge(&report(usage(100, 20), in_days(1))).level, Level::Critical);
        assert_eq!(judge(&report(usage(100, 30), in_days(1))).level, Level::Warning);
    }

    #[test]
    fn inodes_run_out_before_space() {
        let mut full = usage(100, 60);
        full.inodes_free = 40;
        let health = judge(&report(full, None));
        assert_eq!(health.level, Level::Critical);
        assert!(health.remedy.unwrap().contains("--inodes"));
    }

    #[test]
    fn a_filesystem_at_the_edge_does_not_flicker() {
        let mut edge = report(usage(1000, 155), None);
        assert_eq!(judge(&edge).level, Level::Ok);
        edge.before = Some(Level::Warning);
        assert_eq!(judge(&edge).level, Level::Warning);
    }

    #[test]
    fn read_only_is_critical_unless_meant() {
        let mut report = report(usage(100, 0), None);
        let FilesystemState::Mounted { mount, wanted_writable, .. } = &mut report.state else { panic!() };
        mount.read_only = true;
        *wanted_writable = false;
        assert_eq!(judge(&report).level, Level::Ok);
        let FilesystemState::Mounted { wanted_writable, .. } = &mut report.state else { panic!() };
        *wanted_writable = true;
        assert!(judge(&report).reason.contains("read-only"));
        assert_eq!(judge(&report).level, Level::Critical);
    }

    #[test]
    fn what_is_missing_or_silent_says_what_to_do() {
        let missing = FilesystemReport {
            mount_point: "/mnt/my disk".to_owned(),
            state: FilesystemState::Missing { source: "UUID=1".to_owned() },
            before: None,
        };
        assert_eq!(judge(&missing).reason, "/mnt/my disk is in /etc/fstab but not mounted.");
        assert!(judge(&missing).remedy.unwrap().contains("`mount '/mnt/my disk'`"));
        let silent_for = Duration::from_secs(63);
        let stuck = FilesystemReport {
            mount_point: "/mnt/nfs".to_owned(),
            state: FilesystemState::Stuck { mount: mount("nfs4", "nas:/export"), silent_for },
            before: None,
        };
        assert!(judge(&stuck).reason.starts_with("/mnt/nfs does not answer"));
        assert!(judge(&stuck).remedy.unwrap().contains("ping -c 3 nas"));
    }

    proptest! {
        #[test]
        fn less_space_is_never_better(size in 1u64..100_000, a in 0u64..100_000, b in 0u64..100_000, days in proptest::option::of(0u64..100)) {
            let (less, more) = (a.min(b).min(size), a.max(b).min(size));
            let level = |free| judge(&report(usage(size, free), days.and_then(in_days))).level;
            prop_assert!(level(less) >= level(more));
        }

        #[test]
        fn sooner_full_is_never_better(free in 0u64..1000, a in 0u64..100, b in 0u64..100) {
            let level = |days| judge(&report(usage(1000, free), in_days(days))).level;
            prop_assert!(level(a.min(b)) >= level(a.max(b)));
        }

        #[test]
        fn a_quoted_word_is_closed(word in ".*") {
            // What is left after the escaped quotes are taken out is plain, or one pair of quotes around it all.
            let bare = quoted(&word).replace(r"'\''", "");
            prop_assert!(bare == word || (bare.starts_with('\'') && bare.ends_with('\'') && bare.matches('\'').count() == 2));
        }
    }
}
