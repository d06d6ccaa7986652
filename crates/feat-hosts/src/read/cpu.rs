//! CPU time from `/proc/stat`, see proc_stat(5).

/// Time all CPUs together have spent since boot, in clock ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct CpuTimes {
    /// Doing something.
    pub(crate) busy: u64,
    /// Altogether, idle and waiting for disks included.
    pub(crate) total: u64,
}

/// What `/proc/stat` tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CpuStat {
    /// Time spent.
    pub(crate) times: CpuTimes,
    /// CPUs that are online.
    pub(crate) count: u32,
    /// When the machine was started, in seconds since 1970.
    pub(crate) booted_at_s: Option<i64>,
}

/// Reads the `cpu`, `cpuN` and `btime` lines. `None` without a usable `cpu` line.
pub(crate) fn parse_stat(text: &str) -> Option<CpuStat> {
    let mut times = None;
    let mut count = 0;
    let mut booted_at_s = None;
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("cpu ") {
            times = parse_times(rest);
        } else if let Some(rest) = line.strip_prefix("cpu") {
            count += u32::from(rest.starts_with(|c: char| c.is_ascii_digit()));
        } else if let Some(rest) = line.strip_prefix("btime ") {
            booted_at_s = rest.trim().parse().ok();
        }
    }
    Some(CpuStat { times: times?, count: count.max(1), booted_at_s })
}

/// user nice system idle iowait irq softirq steal; guest times are already within user and nice.
fn parse_times(text: &str) -> Option<CpuTimes> {
    let mut total = 0u64;
    let mut idle = 0u64;
    let mut fields = 0;
    for (i, field) in text.split_ascii_whitespace().take(8).enumerate() {
        let ticks: u64 = field.parse().ok()?;
        total = total.saturating_add(ticks);
        if i == 3 || i == 4 {
            idle = idle.saturating_add(ticks);
        }
        fields += 1;
    }
    (fields >= 4).then(|| CpuTimes { busy: total.saturating_sub(idle), total })
}

/// Share of the time between two readings in which the CPUs were busy. `None` when no time has passed, or when the
/// counters went back (the kernel may correct iowait downwards).
pub(crate) fn percent(before: CpuTimes, after: CpuTimes) -> Option<f64> {
    let total = after.total.checked_sub(before.total).filter(|ticks| *ticks > 0)?;
    let busy = after.busy.saturating_sub(before.busy).min(total);
    Some((100.0 * busy as f64 / total as f64).min(100.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const STAT: &str = "cpu  1000 50 500 8000 400 0 50 0 10 0\n\
        cpu0 500 25 250 4000 200 0 25 0 5 0\n\
        cpu1 500 25 250 4000 200 0 25 0 5 0\n\
        intr 12345 0 0\nctxt 99\nbtime 1795000000\nprocesses 4\n";

    #[test]
    fn busy_is_all_but_idle_and_waiting() {
        let stat = parse_stat(STAT).unwrap();
        assert_eq!(stat.times, CpuTimes { busy: 1600, total: 10_000 });
        assert_eq!((stat.count, stat.booted_at_s), (2, Some(1_795_000_000)));
    }

    #[test]
    fn the_share_is_of_the_time_between() {
        let before = CpuTimes { busy: 1600, total: 10_000 };
        let after = CpuTimes { busy: 1700, total: 10_400 };
        assert_eq!(percent(before, after), Some(25.0));
        assert_eq!(percent(before, before), None);
        assert_eq!(percent(after, before), None);
    }

    #[test]
    fn garbled_lines_cost_only_themselves() {
        assert_eq!(parse_stat("cpu  x y z\n"), None);
        assert_eq!(parse_stat(""), None);
        assert_eq!(parse_stat("cpu  1 2 3 4\nbtime soon\n").unwrap().booted_at_s, None);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(cpu[ 0-9]*|btime|.*)( [0-9]{0,25}| .*)*\n?") {
            let _ = parse_stat(&text);
        }

        #[test]
        fn a_share_is_between_nothing_and_all(a in any::<(u64, u64)>(), b in any::<(u64, u64)>()) {
            let before = CpuTimes { busy: a.0, total: a.1 };
            let after = CpuTimes { busy: b.0, total: b.1 };
            if let Some(share) = percent(before, after) {
                prop_assert!((0.0..=100.0).contains(&share));
            }
        }
    }
}
