//! Memory, swap, pressure and the out-of-memory killer: proc_meminfo(5), proc_vmstat(5), the kernel's "PSI" page, and
//! OpenZFS' `arcstats`.

/// Memory of the whole machine, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Memory {
    /// Usable memory.
    pub(crate) total_bytes: u64,
    /// What programs could still get without swapping.
    pub(crate) available_bytes: u64,
    /// Swap space.
    pub(crate) swap_total_bytes: u64,
    /// Swap space not in use.
    pub(crate) swap_free_bytes: u64,
}

impl Memory {
    /// Share that is not available, 0 to 100.
    pub(crate) fn used_percent(&self) -> f64 {
        100.0 - self.available_percent()
    }

    /// Share that is available, 0 to 100.
    pub(crate) fn available_percent(&self) -> f64 {
        if self.total_bytes == 0 {
            return 100.0;
        }
        100.0 * self.available_bytes as f64 / self.total_bytes as f64
    }

    /// Swap in use.
    pub(crate) fn swap_used_bytes(&self) -> u64 {
        self.swap_total_bytes.saturating_sub(self.swap_free_bytes)
    }

    /// Counts ZFS' cache as available: it shrinks when programs need memory, but the kernel's own estimate leaves it out.
    #[must_use]
    pub(crate) fn with_reclaimable(mut self, bytes: u64) -> Self {
        self.available_bytes = self.available_bytes.saturating_add(bytes).min(self.total_bytes);
        self
    }
}

/// Reads `/proc/meminfo`. `None` without `MemTotal`. Kernels before 3.14 and some containers have no `MemAvailable`; then
/// free memory and caches stand in for it.
pub(crate) fn parse_meminfo(text: &str) -> Option<Memory> {
    let mut total = None;
    let mut available = None;
    let mut memory = Memory::default();
    let (mut free, mut caches, mut shared) = (0u64, 0u64, 0u64);
    for line in text.lines() {
        let Some((key, rest)) = line.split_once(':') else { continue };
        let Some(bytes) = kibibytes(rest) else { continue };
        match key {
            "MemTotal" => total = Some(bytes),
            "MemAvailable" => available = Some(bytes),
            "MemFree" => free = bytes,
            "Buffers" | "Cached" | "SReclaimable" => caches = caches.saturating_add(bytes),
            "Shmem" => shared = bytes,
            "SwapTotal" => memory.swap_total_bytes = bytes,
            "SwapFree" => memory.swap_free_bytes = bytes,
            _ => {}
        }
    }
    memory.total_bytes = total.filter(|bytes| *bytes > 0)?;
    let estimate = || free.saturating_add(caches.saturating_sub(shared));
    memory.available_bytes = available.unwrap_or_else(estimate).min(memory.total_bytes);
    Some(memory)
}

fn kibibytes(text: &str) -> Option<u64> {
    let number: u64 = text.split_ascii_whitespace().next()?.parse().ok()?;
    number.checked_mul(1024)
}

/// Reads how much of ZFS' cache can be given back, in bytes, from `/proc/spl/kstat/zfs/arcstats`: its size, less the
/// minimum it keeps.
pub(crate) fn parse_arcstats(text: &str) -> Option<u64> {
    let value = |name: &str| {
        text.lines().find_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            (fields.next() == Some(name)).then(|| fields.nth(1)?.parse::<u64>().ok()).flatten()
        })
    };
    Some(value("size")?.saturating_sub(value("c_min").unwrap_or(0)))
}

/// Share of time, 0 to 100, in which tasks stood still for want of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Pressure {
    /// At least one task stood still, over the last five minutes.
    pub(crate) some_percent: f64,
    /// All tasks stood still at once, over the last five minutes. Zero where the kernel does not say.
    pub(crate) full_percent: f64,
}

/// Reads `/proc/pressure/cpu`, `io` or `memory`: `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`.
pub(crate) fn parse_pressure(text: &str) -> Option<Pressure> {
    let avg300 = |word: &str| {
        text.lines().find_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            if fields.next() != Some(word) {
                return None;
            }
            let value: f64 = fields.find_map(|field| field.strip_prefix("avg300="))?.parse().ok()?;
            (0.0..=100.0).contains(&value).then_some(value)
        })
    };
    Some(Pressure { some_percent: avg300("some")?, full_percent: avg300("full").unwrap_or(0.0) })
}

/// Reads how many processes the out-of-memory killer has ended since boot, from `/proc/vmstat` (since Linux 4.13).
pub(crate) fn parse_oom_kills(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("oom_kill "))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn available_memory_is_the_kernels_own_estimate() {
        let memory = parse_meminfo(
            "MemTotal:       16000000 kB\nMemFree:  500000 kB\nMemAvailable:    4000000 kB\n\
             Cached: 3000000 kB\nSwapTotal: 2000000 kB\nSwapFree: 1500000 kB\n",
        )
        .unwrap();
        assert_eq!(memory.used_percent(), 75.0);
        assert_eq!(memory.swap_used_bytes(), 500_000 * 1024);
    }

    #[test]
    fn without_that_estimate_free_memory_and_caches_stand_in() {
        let memory = parse_meminfo(
            "MemTotal: 1000 kB\nMemFree: 100 kB\nBuffers: 50 kB\nCached: 250 kB\nShmem: 100 kB\n",
        );
        assert_eq!(memory.unwrap().available_bytes, 300 * 1024);
    }

    #[test]
    fn the_zfs_cache_can_be_given_back_but_not_below_its_minimum() {
        let text = "13 1 0x01 147 39984 1 2\nname                            type data\n\
                    hits                            4    123\nc_min                           4    1000\n\
                    size                            4    9000\n";
        assert_eq!(parse_arcstats(text), Some(8000));
        let memory = Memory { total_bytes: 10_000, available_bytes: 4000, ..Memory::default() };
        assert_eq!(memory.with_reclaimable(8000).available_bytes, 10_000);
    }

    #[test]
    fn pressure_is_read_with_and_without_its_full_line() {
        let cpu = parse_pressure("some avg10=0.13 avg60=3.07 avg300=3.06 total=20173331\n").unwrap();
        assert_eq!((cpu.some_percent, cpu.full_percent), (3.06, 0.0));
        let memory = parse_pressure(
            "some avg10=0 avg60=0 avg300=20.5 total=1\nfull avg10=0 avg60=0 avg300=11 total=1\n",
        );
        assert_eq!(memory.unwrap().full_percent, 11.0);
    }

    #[test]
    fn killed_processes_are_counted() {
        assert_eq!(parse_oom_kills("nr_free_pages 1\noom_kill 3\nfoo 4\n"), Some(3));
        assert_eq!(parse_oom_kills("nr_free_pages 1\n"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "((MemTotal:|size|some|oom_kill|.*)[ 0-9]*( avg300=.*)?\n?)*") {
            if let Some(memory) = parse_meminfo(&text) {
                prop_assert!(memory.available_bytes <= memory.total_bytes);
                prop_assert!((0.0..=100.0).contains(&memory.used_percent()));
            }
            let _ = (parse_arcstats(&text), parse_pressure(&text), parse_oom_kills(&text));
        }
    }
}
