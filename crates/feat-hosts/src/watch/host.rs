//! Watches the machine as a whole: CPU, memory, load, network, temperatures, and whether a reboot is due.

use super::{Machine, SOURCE};
use crate::history::recent::Sample;
use crate::model::host::{Heat, MEMORY_AVAILABLE_PERCENT_MIN};
use crate::model::{HostReport, judge_host};
use crate::read::cpu::{self, CpuTimes};
use crate::read::identity::{self, Identity};
use crate::read::memory::{Pressure, parse_arcstats, parse_meminfo, parse_oom_kills, parse_pressure};
use crate::read::network::{self, Interface};
use crate::read::reboot::{self, RebootPending};
use crate::read::temperature::{self, Sensor, Temperature};
use crate::read::usage::Answer;
use crate::read::{Reader, load, why};
use hob_base::wording::duration_words;
use hob_base::{Clock, Observation, ResourceId, Timestamp};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

/// How long a look at the machine holds: six passes.
const HOLDS_FOR: Duration = Duration::from_secs(60);
/// How often what rarely changes is read again.
const SLOW_EVERY: Duration = Duration::from_secs(60);
/// How long a process that was ended for want of memory is told.
const KILLS_TOLD: Duration = Duration::from_secs(3600);
/// Times at which processes were ended; more within an hour are added to the last.
const KILLS_MAX: usize = 64;
/// btime(5) moves by a second when the clock is set right; that is no other boot.
const BOOT_SLACK: Duration = Duration::from_secs(30);

/// What is remembered from one pass to the next.
#[derive(Default)]
pub(crate) struct HostWatch {
    reader: Reader,
    cpu_before: Option<CpuTimes>,
    network_before: Option<(Duration, Vec<Interface>)>,
    memory_low_since: Option<Duration>,
    high_since: HashMap<String, Duration>,
    kills: Kills,
    booted_at: Option<Timestamp>,
    slow: Option<(Duration, Slow)>,
    cannot_see: Vec<String>,
}

/// What rarely changes.
#[derive(Clone)]
struct Slow {
    identity: Identity,
    addresses: Vec<String>,
    sensors: Arc<Vec<Sensor>>,
    reboot: Option<RebootPending>,
    container: bool,
}

/// What came of one look.
#[derive(Debug)]
pub(crate) struct HostFindings {
    /// What is said of the host, but for what the other watches cannot see.
    pub(crate) observation: Observation,
    /// The figures for the last hour.
    pub(crate) sample: Sample,
    /// What could not be seen, and why.
    pub(crate) cannot_see: Vec<String>,
}

impl HostWatch {
    /// Looks at the machine. `needs` are the filesystems it cannot be without.
    pub(crate) async fn look(
        &mut self,
        machine: &Machine,
        clock: &Clock,
        needs: &[ResourceId],
    ) -> HostFindings {
        let now = clock.monotonic();
        self.cannot_see.clear();
        let slow = self.slow(machine, now);
        if slow.container {
            self.cannot_see.push("the machine outside of this container (Hob runs inside one)".to_owned());
        }
        let heat = self.heat(machine, clock, &slow.sensors).await;
        let mut report = HostReport {
            hostname: machine.hostname.clone(),
            heat,
            reboot: slow.reboot.clone(),
            ..HostReport::default()
        };
        self.read_cpu(machine, &mut report);
        self.read_memory(machine, now, &mut report);
        self.read_load(machine, &mut report);
        self.read_network(machine, now, &mut report);
        let observation = describe(machine, &report, &slow, needs).judged(judge_host(&report));
        HostFindings {
            observation,
            sample: sample(&report),
            cannot_see: std::mem::take(&mut self.cannot_see),
        }
    }

    fn slow(&mut self, machine: &Machine, now: Duration) -> Slow {
        if let Some((read_at, slow)) = &self.slow
            && now.saturating_sub(*read_at) < SLOW_EVERY
        {
            return slow.clone();
        }
        let (roots, reader) = (&machine.roots, &mut self.reader);
        let identity = identity::read(roots, reader);
        let slow = Slow {
            addresses: addresses(machine, reader),
            sensors: Arc::new(temperature::find_sensors(roots, reader)),
            reboot: reboot::read(roots, identity.kernel.as_deref(), reader),
            container: roots.is_container(),
            identity,
        };
        self.slow = Some((now, slow.clone()));
        slow
    }

    /// Reading a sensor can take its time: an NVMe drive is sent a command for it.
    async fn heat(&mut self, machine: &Machine, clock: &Clock, sensors: &Arc<Vec<Sensor>>) -> Vec<Heat> {
        if sensors.is_empty() {
            return Vec::new();
        }
        let asked = Arc::clone(sensors);
        let read = move || Ok(temperature::read(&asked, &mut Reader::default()));
        let temperatures = match machine.prober.ask("temperatures", clock, read).await {
            Answer::Got(temperatures) => temperatures,
            Answer::Stuck(silent_for) => {
                let silence = duration_words(silent_for);
                self.cannot_see.push(format!("temperatures (a sensor has not answered for {silence})"));
                return Vec::new();
            }
            Answer::Failed(_) | Answer::NotAsked => {
                self.cannot_see.push("temperatures (too much else does not answer)".to_owned());
                return Vec::new();
            }
        };
        let now = clock.monotonic();
        let is_high = |t: &Temperature| t.max_celsius.is_some_and(|limit| t.celsius >= limit);
        self.high_since.retain(|sensor, _| temperatures.iter().any(|t| t.sensor == *sensor && is_high(t)));
        temperatures
            .into_iter()
            .map(|temperature| {
                let high_for = if is_high(&temperature) {
                    let since = self.high_since.entry(temperature.sensor.clone()).or_insert(now);
                    now.saturating_sub(*since)
                } else {
                    Duration::ZERO
                };
                Heat { temperature, high_for }
            })
            .collect()
    }

    fn read_cpu(&mut self, machine: &Machine, report: &mut HostReport) {
        let stat = match self.reader.text(&machine.roots.proc.join("stat")) {
            Ok(text) => cpu::parse_stat(text),
            Err(error) => return self.cannot_see.push(format!("CPUs (/proc/stat: {})", why(&error))),
        };
        let Some(stat) = stat else {
            return self.cannot_see.push("CPUs (/proc/stat is not as expected)".to_owned());
        };
        report.cpu_percent = self.cpu_before.and_then(|before| cpu::percent(before, stat.times));
        report.cpu_count = Some(stat.count);
        self.cpu_before = Some(stat.times);
        let booted_at = stat.booted_at_s.map(|s| Timestamp::from_millis(s.saturating_mul(1000)));
        let moved = |a: Timestamp, b: Timestamp| a.since(b).max(b.since(a));
        report.booted_at = match (self.booted_at, booted_at) {
            (Some(before), Some(now)) if moved(before, now) < BOOT_SLACK => Some(before),
            (_, now) => now,
        };
        self.booted_at = report.booted_at;
    }

    fn read_memory(&mut self, machine: &Machine, now: Duration, report: &mut HostReport) {
        let proc = &machine.roots.proc;
        let memory = match self.reader.text(&proc.join("meminfo")) {
            Ok(text) => parse_meminfo(text),
            Err(error) => {
                self.cannot_see.push(format!("memory (/proc/meminfo: {})", why(&error)));
                None
            }
        };
        let cache = self.reader.text(&proc.join("spl/kstat/zfs/arcstats")).ok().and_then(parse_arcstats);
        report.memory = memory.map(|memory| memory.with_reclaimable(cache.unwrap_or(0)));
        let low = report.memory.is_some_and(|m| m.available_percent() < MEMORY_AVAILABLE_PERCENT_MIN);
        self.memory_low_since = if low { self.memory_low_since.or(Some(now)) } else { None };
        report.memory_low_for =
            self.memory_low_since.map_or(Duration::ZERO, |since| now.saturating_sub(since));
        report.memory_pressure = self.pressure(machine, "memory");
        report.cpu_pressure = self.pressure(machine, "cpu");
        report.io_pressure = self.pressure(machine, "io");
        if let Ok(text) = self.reader.text(&proc.join("vmstat"))
            && let Some(count) = parse_oom_kills(text)
        {
            self.kills.count(now, count);
        }
        report.oom_kills = self.kills.within_the_hour(now);
    }

    /// Kernels without these figures are common (Raspberry Pi OS), so that their absence is not worth a word.
    fn pressure(&mut self, machine: &Machine, of: &str) -> Option<Pressure> {
        self.reader.text(&machine.roots.proc.join("pressure").join(of)).ok().and_then(parse_pressure)
    }

    fn read_load(&mut self, machine: &Machine, report: &mut HostReport) {
        let proc = &machine.roots.proc;
        match self.reader.text(&proc.join("loadavg")) {
            Ok(text) => report.load = load::parse_loadavg(text),
            Err(error) => self.cannot_see.push(format!("load (/proc/loadavg: {})", why(&error))),
        }
        let seconds = self.reader.text(&proc.join("uptime")).ok().and_then(load::parse_uptime);
        report.uptime = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    }

    fn read_network(&mut self, machine: &Machine, now: Duration, report: &mut HostReport) {
        let interfaces = match self.reader.text(&machine.roots.proc.join("net/dev")) {
            Ok(text) => network::parse_net_dev(text),
            Err(error) => return self.cannot_see.push(format!("network (/proc/net/dev: {})", why(&error))),
        };
        let interfaces = network::only_hardware(&machine.roots, interfaces);
        if let Some((at, before)) = &self.network_before {
            report.network = network::rates(before, &interfaces, now.saturating_sub(*at));
        }
        self.network_before = Some((now, interfaces));
    }
}

fn addresses(machine: &Machine, reader: &mut Reader) -> Vec<String> {
    let net = machine.roots.proc.join("net");
    let route = reader.text(&net.join("route")).unwrap_or_default().to_owned();
    let v4 = reader.text(&net.join("fib_trie")).map(|text| network::parse_ipv4(text, &route));
    let mut addresses: Vec<String> = v4.unwrap_or_default().iter().map(ToString::to_string).collect();
    let v6 = reader.text(&net.join("if_inet6")).map(network::parse_ipv6).unwrap_or_default();
    addresses.extend(v6.iter().map(ToString::to_string));
    addresses
}

/// Processes ended for want of memory, by when.
#[derive(Debug, Default)]
struct Kills {
    count: Option<u64>,
    recent: VecDeque<(Duration, u64)>,
}

impl Kills {
    /// Takes in the count since boot. What was ended before Hob started is not news.
    fn count(&mut self, now: Duration, count: u64) {
        let new = self.count.map_or(0, |before| count.saturating_sub(before));
        self.count = Some(count);
        if new == 0 {
            return;
        }
        let full = self.recent.len() >= KILLS_MAX;
        match self.recent.back_mut() {
            Some(last) if full => *last = (now, last.1.saturating_add(new)),
            _ => self.recent.push_back((now, new)),
        }
    }

    fn within_the_hour(&mut self, now: Duration) -> u64 {
        self.recent.retain(|(at, _)| now.saturating_sub(*at) < KILLS_TOLD);
        self.recent.iter().fold(0, |sum, (_, kills)| sum.saturating_add(*kills))
    }
}

/// One decimal: more says nothing and makes every pass a change.
fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

fn describe(machine: &Machine, report: &HostReport, slow: &Slow, needs: &[ResourceId]) -> Observation {
    let mut said = Observation::new(SOURCE, machine.id(), HOLDS_FOR)
        .named(&machine.hostname)
        .fact("hostname", machine.hostname.as_str());
    for (key, text) in [("os", &slow.identity.os), ("kernel", &slow.identity.kernel)] {
        if let Some(text) = text {
            said = said.fact(key, text.as_str());
        }
    }
    if !slow.addresses.is_empty() {
        said = said.fact("addresses", slow.addresses.join(", "));
    }
    if let Some(count) = report.cpu_count {
        said = said.fact("cpu_count", count);
    }
    if let Some(memory) = report.memory {
        said = said
            .fact("memory_total_bytes", memory.total_bytes)
            .fact("memory_available_bytes", memory.available_bytes)
            .fact("swap_used_bytes", memory.swap_used_bytes());
    }
    if let Some(load) = report.load {
        said = said.fact("load_1", load.one).fact("load_5", load.five).fact("load_15", load.fifteen);
    }
    if let Some(uptime) = report.uptime {
        said = said.fact("uptime_s", uptime.as_secs());
    }
    if let Some(at) = report.booted_at {
        said = said.fact("booted_at", at.rfc3339());
    }
    let figures = sample(report);
    for (key, value) in [
        ("cpu_percent", figures.cpu_percent),
        ("memory_used_percent", figures.memory_percent),
        ("network_rx_bytes_per_s", figures.rx_bytes_per_s.map(f64::round)),
        ("network_tx_bytes_per_s", figures.tx_bytes_per_s.map(f64::round)),
        ("temperature_celsius", figures.celsius),
    ] {
        if let Some(value) = value {
            said = said.fact(key, tenths(value));
        }
    }
    needs.iter().cloned().fold(said, Observation::needs)
}

fn sample(report: &HostReport) -> Sample {
    Sample {
        cpu_percent: report.cpu_percent,
        memory_percent: report.memory.map(|memory| memory.used_percent()),
        rx_bytes_per_s: report.network.map(|rates| rates.rx_bytes_per_s),
        tx_bytes_per_s: report.network.map(|rates| rates.tx_bytes_per_s),
        celsius: report.hottest().map(|temperature| temperature.celsius),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_ended_before_the_start_or_an_hour_ago_are_not_told() {
        let mut kills = Kills::default();
        let at = Duration::from_secs;
        kills.count(at(0), 7);
        assert_eq!(kills.within_the_hour(at(0)), 0);
        kills.count(at(10), 9);
        assert_eq!(kills.within_the_hour(at(3609)), 2);
        assert_eq!(kills.within_the_hour(at(3610)), 0);
        for i in 0..1000 {
            kills.count(at(4000), 10 + i);
        }
        assert_eq!(kills.within_the_hour(at(4001)), 1000);
    }
}
