//! Made-up machines: trees of `/proc`, `/sys`, `/etc` and `/run` in a temporary directory, with what such machines show.

use crate::read::Roots;
use crate::read::usage::{Prober, Usage};
use crate::watch::Machine;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

const GIB: u64 = 1024 * 1024 * 1024;

/// A tree and the machine it makes.
pub(super) struct Tree {
    directory: TempDir,
    pub(super) machine: Machine,
}

impl Tree {
    fn new(hostname: &str, files: &[(&str, &str)]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let machine = Machine {
            hostname: hostname.to_owned(),
            roots: Roots::under(directory.path()),
            systemctl: fixture("systemctl-well"),
            ask_usage: Arc::new(|_| Ok(half_full())),
            prober: Prober::default(),
        };
        let tree = Self { directory, machine };
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }

    /// Puts a file there, or replaces it.
    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.directory.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Puts a symbolic link there.
    pub(super) fn link(&self, path: &str, target: &str) {
        std::os::unix::fs::symlink(target, self.directory.path().join(path)).unwrap();
    }

    /// Takes a file away.
    pub(super) fn remove(&self, path: &str) {
        std::fs::remove_file(self.directory.path().join(path)).unwrap();
    }

    /// Lets a mount point answer as told, and all others as half full.
    pub(super) fn answer(
        &mut self,
        place: &'static str,
        answer: impl Fn() -> io::Result<Usage> + Send + Sync + 'static,
    ) {
        let others = self.machine.ask_usage.clone();
        self.machine.ask_usage =
            Arc::new(move |path: &Path| if path == Path::new(place) { answer() } else { others(path) });
    }
}

/// A program that stands for systemctl.
pub(super) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// 50 GiB of 100 GiB.
pub(super) fn half_full() -> Usage {
    full_to(50)
}

/// This many of 100 GiB.
pub(super) fn full_to(gib: u64) -> Usage {
    Usage {
        size_bytes: 100 * GIB,
        used_bytes: gib * GIB,
        available_bytes: (100 - gib) * GIB,
        inodes: 6_553_600,
        inodes_free: 6_000_000,
    }
}

pub(super) const UPTIME: (&str, &str) = ("proc/uptime", "350735.47 234388.90\n");
const LOADAVG: (&str, &str) = ("proc/loadavg", "0.20 0.18 0.12 1/80 11206\n");
const STAT: (&str, &str) = (
    "proc/stat",
    "cpu  1000 0 500 8000 500 0 0 0 0 0\ncpu0 500 0 250 4000 250 0 0 0 0 0\ncpu1 500 0 250 4000 250 0 0 0 0 0\n\
     cpu2 0 0 0 0 0 0 0 0 0 0\ncpu3 0 0 0 0 0 0 0 0 0 0\nintr 1 2 3\nctxt 9\nbtime 1795000000\n",
);
const DEV: (&str, &str) = (
    "proc/net/dev",
    "Inter-|   Receive    |  Transmit\n face |bytes packets errs drop fifo frame compressed multicast|bytes packets\n\
     lo: 5000 1 0 0 0 0 0 0 5000 1 0 0 0 0 0 0\n  eth0: 1000000 1 0 0 0 0 0 0 200000 1 0 0 0 0 0 0\n\
     veth12: 77 1 0 0 0 0 0 0 77 1 0 0 0 0 0 0\n",
);

/// Raspberry Pi OS: no pressure figures, a thermal zone's sensor, vfat boot partition, packages that ask for a reboot.
pub(super) fn raspberry_pi() -> Tree {
    Tree::new(
        "pi",
        &[
            UPTIME,
            LOADAVG,
            STAT,
            DEV,
            (
                "proc/meminfo",
                "MemTotal: 3884136 kB\nMemFree: 200000 kB\nMemAvailable: 3000000 kB\nSwapTotal: 102396 kB\nSwapFree: 102396 kB\n",
            ),
            ("proc/sys/kernel/osrelease", "6.12.25+rpt-rpi-v8\n"),
            ("etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nID=debian\n"),
            (
                "etc/fstab",
                "proc /proc proc defaults 0 0\nPARTUUID=a-01 /boot/firmware vfat defaults 0 2\nPARTUUID=a-02 / ext4 defaults,noatime 0 1\n",
            ),
            (
                "proc/self/mountinfo",
                "23 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw\n\
                24 23 0:6 / /dev rw - devtmpfs udev rw\n30 23 0:26 / /run rw - tmpfs tmpfs rw\n\
                40 23 179:1 / /boot/firmware rw,relatime - vfat /dev/mmcblk0p1 rw\n",
            ),
            ("sys/class/thermal/thermal_zone0/type", "cpu-thermal\n"),
            ("sys/class/thermal/thermal_zone0/temp", "48312\n"),
            ("sys/class/thermal/thermal_zone0/trip_point_0_type", "critical\n"),
            ("sys/class/thermal/thermal_zone0/trip_point_0_temp", "110000\n"),
            ("run/reboot-required", "*** System restart required ***\n"),
            ("run/reboot-required.pkgs", "linux-image-rpi-v8\nlibc6\nlibc6\n"),
            ("run/systemd/system/.keep", ""),
        ],
    )
}

/// A NAS with ZFS, an NFS mount, a missing backup disk, a bind mount and a drive whose temperature must not be asked.
pub(super) fn nas() -> Tree {
    Tree::new(
        "nas",
        &[
            UPTIME,
            LOADAVG,
            STAT,
            DEV,
            (
                "proc/meminfo",
                "MemTotal: 16000000 kB\nMemFree: 300000 kB\nMemAvailable: 500000 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
            ),
            (
                "proc/spl/kstat/zfs/arcstats",
                "13 1 0x01 147 39984 1 2\nname type data\nc_min 4 1024000000\nsize 4 9216000000\n",
            ),
            (
                "proc/pressure/memory",
                "some avg10=0.00 avg60=0.00 avg300=0.50 total=0\nfull avg10=0 avg60=0 avg300=0.10 total=0\n",
            ),
            ("proc/pressure/cpu", "some avg10=0.13 avg60=3.07 avg300=3.06 total=20173331\n"),
            ("proc/vmstat", "nr_free_pages 5691988\noom_kill 4\n"),
            (
                "proc/net/fib_trie",
                "Local:\n     |-- 192.168.1.20\n        /32 host LOCAL\n     |-- 127.0.0.1\n        /32 host LOCAL\n",
            ),
            ("proc/net/if_inet6", "fd00000000000000000000000000abcd 02 40 00 80     eth0\n"),
            (
                "etc/fstab",
                "/dev/sda2 / ext4 errors=remount-ro 0 1\nfiler:/export /mnt/filer nfs _netdev 0 0\nUUID=9 /mnt/backup ext4 nofail 0 2\n",
            ),
            (
                "proc/self/mountinfo",
                "1 0 8:2 / / rw - ext4 /dev/sda2 rw,errors=remount-ro\n\
                2 1 0:40 / /tank rw - zfs tank rw\n3 1 0:41 / /tank/media rw - zfs tank/media rw\n\
                4 1 0:41 / /srv/media rw - zfs tank/media rw\n5 1 0:50 / /mnt/filer rw - nfs4 filer:/export rw\n\
                6 1 0:60 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw\n",
            ),
            ("sys/class/net/eth0/device/uevent", ""),
            ("sys/class/hwmon/hwmon0/name", "coretemp\n"),
            ("sys/class/hwmon/hwmon0/temp1_input", "45000\n"),
            ("sys/class/hwmon/hwmon0/temp1_label", "Package id 0\n"),
            ("sys/class/hwmon/hwmon0/temp1_max", "80000\n"),
            ("sys/class/hwmon/hwmon0/temp1_crit", "100000\n"),
            ("sys/class/hwmon/hwmon1/name", "drivetemp\n"),
            ("sys/class/hwmon/hwmon1/temp1_input", "99000\n"),
            ("sys/class/hwmon/hwmon2/name", "nct6775\n"),
            ("sys/class/hwmon/hwmon2/temp1_input", "120000\n"),
            ("sys/class/hwmon/hwmon2/temp1_max", "80000\n"),
            ("lib/modules/6.1.0-1/modules.dep", ""),
            ("proc/sys/kernel/osrelease", "6.1.0-1\n"),
            ("run/systemd/system/.keep", ""),
        ],
    )
}

/// A laptop on Arch after an update of the kernel, encrypted btrfs with subvolumes.
pub(super) fn laptop() -> Tree {
    Tree::new(
        "laptop",
        &[
            UPTIME,
            LOADAVG,
            STAT,
            DEV,
            ("proc/meminfo", "MemTotal: 16000000 kB\nMemFree: 300000 kB\nMemAvailable: 9000000 kB\n"),
            ("etc/fstab", "UUID=1 / btrfs subvol=/@ 0 0\nUUID=1 /home btrfs subvol=/@home 0 0\n"),
            (
                "proc/self/mountinfo",
                "1 0 0:33 /@ / rw - btrfs /dev/mapper/root rw,subvol=/@\n\
                2 1 0:33 /@home /home rw - btrfs /dev/mapper/root rw,subvol=/@home\n\
                3 1 0:70 / /run/user/1000/doc rw - fuse.portal portal rw\n\
                4 1 8:17 / /run/media/ada/USB\\040stick rw - exfat /dev/sdb1 rw\n",
            ),
            ("proc/sys/kernel/osrelease", "6.17.1-arch1-1\n"),
            ("lib/modules/6.17.2-arch1-1/modules.dep", ""),
        ],
    )
}

/// An unprivileged container: an overlay for a root, a data directory of the machine outside, hardly anything else.
pub(super) fn container() -> Tree {
    Tree::new(
        "hob",
        &[
            ("proc/meminfo", "MemTotal: 8000000 kB\nMemFree: 300000 kB\nMemAvailable: 5000000 kB\n"),
            LOADAVG,
            (
                "proc/self/mountinfo",
                "1 0 0:99 / / rw - overlay overlay rw,lowerdir=/x\n2 1 0:98 / /proc rw - proc proc rw\n\
                3 1 8:1 /var/lib/docker/containers/x/hosts /etc/hosts rw - ext4 /dev/sda1 rw\n\
                4 1 8:1 /srv/hob /data rw - ext4 /dev/sda1 rw\n",
            ),
            (".dockerenv", ""),
            ("etc/fstab", "# UNCONFIGURED FSTAB FOR BASE SYSTEM\n"),
        ],
    )
}
