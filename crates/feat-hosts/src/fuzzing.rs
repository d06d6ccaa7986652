//! Doors to what reads the machine's files, for the targets in `fuzz/`: text in, and a panic where a promise is broken.

use crate::history::usage::UsageHistory;
use crate::model::{Point, forecast};
use crate::read::{cpu, identity, load, memory, mounts, network, reboot, systemd, temperature};
use hob_base::Timestamp;
use std::time::Duration;

/// The files of `/proc` and `/sys` that hold figures, as they were and as they are.
pub fn figures(before: &str, after: &str) {
    if let (Some(before), Some(after)) = (cpu::parse_stat(before), cpu::parse_stat(after)) {
        let share = cpu::percent(before.times, after.times).unwrap_or(0.0);
        assert!((0.0..=100.0).contains(&share), "the CPUs are busy for {share} %");
    }
    if let Some(memory) = memory::parse_meminfo(after) {
        let memory = memory.with_reclaimable(memory::parse_arcstats(before).unwrap_or(0));
        assert!(memory.available_bytes <= memory.total_bytes, "more memory is available than there is");
        assert!((0.0..=100.0).contains(&memory.used_percent()), "{memory:?}");
        memory.swap_used_bytes();
    }
    if let Some(pressure) = memory::parse_pressure(after) {
        assert!((0.0..=100.0).contains(&pressure.some_percent), "{pressure:?}");
        assert!((0.0..=100.0).contains(&pressure.full_percent), "{pressure:?}");
    }
    memory::parse_oom_kills(after);
    load::parse_loadavg(after);
    load::parse_uptime(after);
    temperature::parse_reading(after);
    identity::parse_os_release(after);
    assert!(reboot::parse_packages(after).len() <= 200, "too many packages");
}

/// The files of `/proc/net`.
pub fn network(before: &str, after: &str) {
    let (then, now) = (network::parse_net_dev(before), network::parse_net_dev(after));
    if let Some(rates) = network::rates(&then, &now, Duration::from_secs(10)) {
        assert!(rates.rx_bytes_per_s >= 0.0 && rates.tx_bytes_per_s >= 0.0, "{rates:?}");
    }
    assert!(network::parse_ipv4(before, after).len() <= 16, "too many addresses");
    assert!(network::parse_ipv6(after).len() <= 16, "too many addresses");
}

/// `/proc/self/mountinfo`, `/etc/fstab`, and a path that the owner does not want to hear of.
pub fn mounts(mountinfo: &str, fstab: &str, ignored: &str) {
    let mounts = mounts::parse_mountinfo(mountinfo);
    let ignored = [ignored.to_owned()];
    let chosen = mounts::choose(&mounts, &ignored);
    for mount in &chosen {
        assert!(!mounts::is_ignored(&mount.mount_point, &ignored), "{mount:?} is not to be watched");
        mount.may_hang();
    }
    for entry in mounts::missing(&mounts::parse_fstab(fstab), &mounts, &ignored) {
        assert!(entry.mount_point.starts_with('/'), "{entry:?} is no place in the tree");
        assert!(mounts.iter().all(|mount| mount.mount_point != entry.mount_point), "{entry:?} is mounted");
    }
}

/// What systemctl lists, and what it shows.
pub fn systemd(list: &str, show: &str) {
    for unit in systemd::parse_failed_units(list).unwrap_or_default() {
        assert!(!unit.unit.starts_with('-'), "{unit:?} could be an option");
        assert!(!unit.unit.contains('\0'), "{unit:?} could not be passed on");
    }
    assert!(systemd::parse_endings(show).len() <= systemd::UNITS_MAX, "too many units");
}

/// `hosts-usage.json`, and what is foretold from it.
pub fn usage(file: &[u8], mount_point: &str) {
    let Ok(mut history) = UsageHistory::from_json(file) else { return };
    let now = history.points(mount_point).last().map_or(Timestamp::default(), |point| point.at);
    foretell(history.points(mount_point));
    history.add(
        mount_point,
        Point { at: now.plus(Duration::from_secs(1800)), used_bytes: 9, available_bytes: 1 },
    );
    foretell(history.points(mount_point));
}

fn foretell(points: &[Point]) {
    if let Some(forecast) = forecast(points) {
        assert!(forecast.bytes_per_day > 0.0 && forecast.bytes_per_day.is_finite(), "{forecast:?}");
        assert!(forecast.full_in <= Duration::from_secs(5 * 365 * 86_400), "{forecast:?}");
    }
}
