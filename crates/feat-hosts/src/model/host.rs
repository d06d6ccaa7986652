//! How well the machine as a whole is.
//!
//! - memory: a warning if less than 5 % has been available for 5 minutes; if everything stood still for want of memory for
//!   10 % of the last 5 minutes (the kernel's pressure figure); if memory ran out and a process was ended in the last hour
//! - load: a warning if the average over 15 minutes is above 4 for each CPU
//! - temperature: critical at the sensor's "critical", a warning if it has been at "high" for 2 minutes
//! - a reboot that is due: a warning
//!
//! The worst is the reason; whatever else there is follows in the evidence.

use crate::read::load::Load;
use crate::read::memory::{Memory, Pressure};
use crate::read::network::Rates;
use crate::read::reboot::RebootPending;
use crate::read::temperature::Temperature;
use hob_base::units::{Bytes, Celsius, Percent};
use hob_base::wording::{counted, duration_words, listed};
use hob_base::{Health, Timestamp};
use std::time::Duration;

/// Less than this available is too little ...
pub(crate) const MEMORY_AVAILABLE_PERCENT_MIN: f64 = 5.0;
/// ... if it has been so for this long.
const MEMORY_LOW_MAX: Duration = Duration::from_secs(300);
/// Share of time in which everything may stand still for want of memory.
const STALL_PERCENT_MAX: f64 = 10.0;
/// Tasks that may run or wait, for each CPU.
const LOAD_PER_CPU_MAX: f64 = 4.0;
/// How long a sensor may be at its "high". A build or a film does that for a minute.
const HOT_MAX: Duration = Duration::from_secs(120);

/// A sensor and for how long it has been at or above its "high".
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Heat {
    /// The reading.
    pub(crate) temperature: Temperature,
    /// Zero while it is below.
    pub(crate) high_for: Duration,
}

/// What is known of the machine at one time.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct HostReport {
    /// What people call it.
    pub(crate) hostname: String,
    /// CPU in use since the last pass, 0 to 100.
    pub(crate) cpu_percent: Option<f64>,
    /// CPUs that are online.
    pub(crate) cpu_count: Option<u32>,
    /// Memory and swap.
    pub(crate) memory: Option<Memory>,
    /// For how long less than 5 % has been available. Zero while it is not.
    pub(crate) memory_low_for: Duration,
    /// Pressure on memory, where the kernel tells.
    pub(crate) memory_pressure: Option<Pressure>,
    /// Pressure on CPUs, where the kernel tells.
    pub(crate) cpu_pressure: Option<Pressure>,
    /// Pressure on disks, where the kernel tells.
    pub(crate) io_pressure: Option<Pressure>,
    /// Processes ended within the last hour because memory ran out.
    pub(crate) oom_kills: u64,
    /// Load averages.
    pub(crate) load: Option<Load>,
    /// Since boot.
    pub(crate) uptime: Option<Duration>,
    /// When it was started.
    pub(crate) booted_at: Option<Timestamp>,
    /// Network traffic.
    pub(crate) network: Option<Rates>,
    /// All sensors.
    pub(crate) heat: Vec<Heat>,
    /// Whether a reboot is due, and why.
    pub(crate) reboot: Option<RebootPending>,
}

impl HostReport {
    /// The hottest sensor.
    pub(crate) fn hottest(&self) -> Option<&Temperature> {
        self.heat.iter().map(|heat| &heat.temperature).max_by(|a, b| a.celsius.total_cmp(&b.celsius))
    }
}

/// Judges the machine.
pub(crate) fn judge_host(report: &HostReport) -> Health {
    if report.memory.is_none() && report.load.is_none() {
        return Health::unknown(format!("Hob cannot see how {} is.", report.hostname))
            .with_remedy("See the fact “cannot_see” for what could not be read, and why.");
    }
    let mut findings: Vec<Health> = report.heat.iter().filter_map(judge_heat).collect();
    findings.extend(
        [
            judge_oom(report),
            judge_stall(report),
            judge_memory(report),
            judge_load(report),
            judge_reboot(report),
        ]
        .into_iter()
        .flatten(),
    );
    // Of equals the first is the reason, in the order above: what hurts most at present comes first.
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    let mut findings = findings.into_iter();
    let Some(mut worst) = findings.next() else {
        return Health::ok(format!("{} runs well.", report.hostname)).with_evidence(figures(report));
    };
    for other in findings {
        worst.evidence.push_str(&format!(" Also: {}", other.reason));
    }
    worst
}

fn judge_heat(heat: &Heat) -> Option<Health> {
    let Temperature { sensor, celsius, max_celsius, crit_celsius } = &heat.temperature;
    let evidence = |word: &str, limit: f64| {
        format!("{sensor} reads {}; its “{word}” is {}.", Celsius(*celsius), Celsius(limit))
    };
    let remedy = "See that the fans turn and that neither dust nor a warm place keeps the heat in.";
    if let Some(limit) = crit_celsius.filter(|limit| celsius >= limit) {
        let reason = format!("{sensor} is critically hot: {}.", Celsius(*celsius));
        return Some(Health::critical(reason).with_evidence(evidence("critical", limit)).with_remedy(remedy));
    }
    let limit = max_celsius.filter(|limit| celsius >= limit && heat.high_for >= HOT_MAX)?;
    let reason =
        format!("{sensor} has been too hot for {}: {}.", duration_words(heat.high_for), Celsius(*celsius));
    Some(Health::warning(reason).with_evidence(evidence("high", limit)).with_remedy(remedy))
}

fn judge_oom(report: &HostReport) -> Option<Health> {
    let kills = usize::try_from(report.oom_kills).unwrap_or(usize::MAX);
    if kills == 0 {
        return None;
    }
    let (ended, were) =
        (counted(kills, "process").replace("processs", "processes"), if kills == 1 { "was" } else { "were" });
    let reason = format!("{} ran out of memory: {ended} {were} ended in the last hour.", report.hostname);
    Some(
        Health::warning(reason)
            .with_evidence(memory_figures(report))
            .with_remedy("See which: `journalctl -k --since \"1 hour ago\" | grep -i \"killed process\"`"),
    )
}

const WHO_USES_MEMORY: &str = "See who uses it: `ps -eo pid,user,rss,comm --sort=-rss | head`";

fn judge_stall(report: &HostReport) -> Option<Health> {
    let pressure = report.memory_pressure.filter(|pressure| pressure.full_percent >= STALL_PERCENT_MAX)?;
    let reason = format!(
        "{} stands still for want of memory: for {} of the last five minutes nothing went on.",
        report.hostname,
        Percent(pressure.full_percent)
    );
    Some(Health::warning(reason).with_evidence(memory_figures(report)).with_remedy(WHO_USES_MEMORY))
}

fn judge_memory(report: &HostReport) -> Option<Health> {
    let memory = report.memory.filter(|_| report.memory_low_for >= MEMORY_LOW_MAX)?;
    let reason = format!(
        "{} has had hardly any memory available for {}: {} of {}.",
        report.hostname,
        duration_words(report.memory_low_for),
        Bytes(memory.available_bytes),
        Bytes(memory.total_bytes)
    );
    Some(Health::warning(reason).with_evidence(memory_figures(report)).with_remedy(WHO_USES_MEMORY))
}

fn judge_load(report: &HostReport) -> Option<Health> {
    let load = report.load?;
    let cpus = report.cpu_count?.max(1);
    if load.fifteen <= LOAD_PER_CPU_MAX * f64::from(cpus) {
        return None;
    }
    let reason = format!(
        "{} is overloaded: over the last 15 minutes {:.0} tasks on average ran or waited, on {}.",
        report.hostname,
        load.fifteen,
        counted(cpus as usize, "CPU")
    );
    let mut evidence = format!("Load {:.2}, {:.2}, {:.2}.", load.one, load.five, load.fifteen);
    for (what, pressure) in [("a CPU", report.cpu_pressure), ("a disk", report.io_pressure)] {
        if let Some(pressure) = pressure {
            evidence.push_str(&format!(
                " Tasks waited for {what} in {} of the time.",
                Percent(pressure.some_percent)
            ));
        }
    }
    Some(Health::warning(reason).with_evidence(evidence).with_remedy(
        "See who runs (R) and who waits for a disk or a network filesystem (D): `ps -eo state,pid,pcpu,comm --sort=-pcpu | grep '^[RD]'`",
    ))
}

fn judge_reboot(report: &HostReport) -> Option<Health> {
    const PACKAGES_TOLD: usize = 8;
    let hostname = &report.hostname;
    let (reason, evidence) = match report.reboot.as_ref()? {
        RebootPending::Packages(packages) => {
            let told = &packages[..packages.len().min(PACKAGES_TOLD)];
            let evidence = match packages.len() {
                0 => "/run/reboot-required is there.".to_owned(),
                n if n > PACKAGES_TOLD => {
                    format!("Asked for by {} and {} more.", told.join(", "), n - PACKAGES_TOLD)
                }
                _ => format!("Asked for by {}.", listed(told)),
            };
            (
                format!("{hostname} needs a reboot: updates have been installed that only then take effect."),
                evidence,
            )
        }
        RebootPending::ModulesGone { kernel } => (
            format!("{hostname} needs a reboot: its running kernel has been replaced on disk."),
            format!(
                "The modules of the running kernel {kernel} are no longer in /lib/modules, so nothing new can be loaded."
            ),
        ),
        RebootPending::NewKernel => (
            format!("{hostname} needs a reboot: another kernel has been installed than the one that runs."),
            "/run/booted-system and /run/current-system name different kernels.".to_owned(),
        ),
    };
    let remedy = "Reboot when it suits you: `sudo systemctl reboot`";
    Some(Health::warning(reason).with_evidence(evidence).with_remedy(remedy))
}

fn memory_figures(report: &HostReport) -> String {
    let Some(memory) = report.memory else { return String::new() };
    let mut text = format!("{} of {} available", Bytes(memory.available_bytes), Bytes(memory.total_bytes));
    if memory.swap_total_bytes > 0 {
        let (used, total) = (Bytes(memory.swap_used_bytes()), Bytes(memory.swap_total_bytes));
        text.push_str(&format!(", {used} of {total} swap in use"));
    }
    if let Some(pressure) = report.memory_pressure {
        text.push_str(&format!(
            ", tasks waited for memory in {} of the time",
            Percent(pressure.some_percent)
        ));
    }
    text.push('.');
    text
}

fn figures(report: &HostReport) -> String {
    let mut parts = Vec::new();
    if let Some(percent) = report.cpu_percent {
        parts.push(format!("CPU at {}", Percent(percent)));
    }
    if let Some(memory) = report.memory {
        parts.push(format!(
            "{} of {} memory available",
            Bytes(memory.available_bytes),
            Bytes(memory.total_bytes)
        ));
    }
    if let (Some(load), Some(cpus)) = (report.load, report.cpu_count) {
        parts.push(format!("load {:.2} on {}", load.fifteen, counted(cpus as usize, "CPU")));
    }
    if let Some(hottest) = report.hottest() {
        parts.push(format!("{} at most ({})", Celsius(hottest.celsius), hottest.sensor));
    }
    if let Some(uptime) = report.uptime {
        parts.push(format!("up for {}", duration_words(uptime)));
    }
    if parts.is_empty() { String::new() } else { format!("{}.", parts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hob_base::Level;
    use proptest::prelude::*;

    const GIB: u64 = 1024 * 1024 * 1024;

    fn well() -> HostReport {
        HostReport {
            hostname: "nas".to_owned(),
            cpu_percent: Some(12.0),
            cpu_count: Some(4),
            memory: Some(Memory { total_bytes: 16 * GIB, available_bytes: 8 * GIB, ..Memory::default() }),
            load: Some(Load { one: 0.5, five: 0.4, fifteen: 0.3 }),
            uptime: Some(Duration::from_secs(12 * 86_400)),
            ..HostReport::default()
        }
    }

    fn heat(celsius: f64, seconds: u64) -> Heat {
        let temperature = Temperature {
            sensor: "coretemp Package id 0".to_owned(),
            celsius,
            max_celsius: Some(80.0),
            crit_celsius: Some(100.0),
        };
        Heat { temperature, high_for: Duration::from_secs(seconds) }
    }

    #[test]
    fn a_machine_that_is_well_says_so_with_its_figures() {
        let health = judge_host(&well());
        assert_eq!((health.level, health.reason.as_str()), (Level::Ok, "nas runs well."));
        assert_eq!(
            health.evidence,
            "CPU at 12 %, 8.0 GiB of 16 GiB memory available, load 0.30 on 4 CPUs, up for 12 days."
        );
    }

    #[test]
    fn a_machine_that_shows_nothing_is_unknown() {
        assert_eq!(judge_host(&HostReport::default()).level, Level::Unknown);
    }

    #[test]
    fn memory_must_be_short_for_a_while() {
        let mut report = well();
        report.memory_low_for = Duration::from_secs(299);
        assert_eq!(judge_host(&report).level, Level::Ok);
        report.memory_low_for = Duration::from_secs(300);
        assert!(judge_host(&report).reason.contains("hardly any memory available for 5 minutes"));
    }

    #[test]
    fn a_short_heat_is_borne_and_a_critical_one_is_not() {
        for (celsius, seconds, level) in [
            (79.0, 0, Level::Ok),
            (85.0, 60, Level::Ok),
            (85.0, 120, Level::Warning),
            (100.0, 0, Level::Critical),
        ] {
            let report = HostReport { heat: vec![heat(celsius, seconds)], ..well() };
            assert_eq!(judge_host(&report).level, level, "{celsius} °C for {seconds} s");
        }
    }

    #[test]
    fn the_worst_is_the_reason_and_the_rest_is_told_too() {
        let report = HostReport {
            heat: vec![heat(101.0, 600)],
            reboot: Some(RebootPending::Packages(vec!["libc6".to_owned(), "linux-base".to_owned()])),
            oom_kills: 2,
            ..well()
        };
        let health = judge_host(&report);
        assert_eq!(health.level, Level::Critical);
        assert_eq!(health.reason, "coretemp Package id 0 is critically hot: 101 °C.");
        assert!(
            health.evidence.contains("Also: nas ran out of memory: 2 processes were ended"),
            "{}",
            health.evidence
        );
        assert!(health.evidence.contains("Also: nas needs a reboot"), "{}", health.evidence);
    }

    #[test]
    fn a_due_reboot_names_who_asks_for_it() {
        let report = HostReport { reboot: Some(RebootPending::Packages(vec!["libc6".to_owned()])), ..well() };
        let health = judge_host(&report);
        assert_eq!((health.level, health.evidence.as_str()), (Level::Warning, "Asked for by libc6."));
    }

    #[test]
    fn load_counts_for_each_cpu() {
        let mut report = well();
        report.load = Some(Load { one: 30.0, five: 25.0, fifteen: 16.0 });
        assert_eq!(judge_host(&report).level, Level::Ok);
        report.load = Some(Load { one: 30.0, five: 25.0, fifteen: 17.0 });
        assert_eq!(judge_host(&report).level, Level::Warning);
    }

    proptest! {
        #[test]
        fn whatever_is_wrong_has_a_reason_and_a_next_step(
            low in 0u64..1000, stall in 0.0f64..100.0, kills in 0u64..3, load in 0.0f64..100.0, celsius in 0.0f64..120.0
        ) {
            let report = HostReport {
                memory_low_for: Duration::from_secs(low),
                memory_pressure: Some(Pressure { some_percent: stall, full_percent: stall }),
                oom_kills: kills,
                load: Some(Load { one: load, five: load, fifteen: load }),
                heat: vec![heat(celsius, 600)],
                ..well()
            };
            let health = judge_host(&report);
            prop_assert!(health.reason.ends_with('.'));
            prop_assert!(health.level == Level::Ok || health.remedy.is_some());
        }
    }
}
