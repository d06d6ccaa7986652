//! What is mounted and what should be: proc_pid_mountinfo(5) and fstab(5), and the choice of what is worth watching.

use std::collections::BTreeMap;

/// More mounts than this are not looked at: a container host with thousands has them all from containers.
const MOUNTS_MAX: usize = 4096;

/// Filesystems that hold no data of their own, or that are full by design.
const PSEUDO: [&str; 44] = [
    "autofs",
    "binder",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "cpuset",
    "cramfs",
    "debugfs",
    "devfs",
    "devpts",
    "devtmpfs",
    "ecryptfs",
    "efivarfs",
    "erofs",
    "fuse.fuse-overlayfs",
    "fuse.gvfsd-fuse",
    "fuse.lxcfs",
    "fuse.portal",
    "fuse.snapfuse",
    "fusectl",
    "hugetlbfs",
    "iso9660",
    "mqueue",
    "nfsd",
    "none",
    "nsfs",
    "nullfs",
    "proc",
    "pstore",
    "ramfs",
    "resctrl",
    "romfs",
    "rootfs",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "squashfs",
    "swap",
    "sysfs",
    "tmpfs",
    "tracefs",
    "udf",
];

/// Filesystems that belong to somebody else, unless they are all there is: those of containers and virtual machines.
const LENT: [&str; 4] = ["overlay", "9p", "virtiofs", "aufs"];

/// Filesystems behind a network, or behind a program that may be.
const REMOTE: [&str; 11] =
    ["nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "afs", "lustre", "ncpfs", "davfs", "glusterfs"];

/// Where container engines, snaps and the system keep mounts that nobody made by hand.
const FOREIGN_PLACES: [&str; 9] = [
    "/proc/",
    "/sys/",
    "/dev/",
    "/snap/",
    "/var/snap/",
    "/var/lib/docker/",
    "/var/lib/containers/",
    "/var/lib/containerd/",
    "/var/lib/kubelet/",
];

/// A mounted filesystem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mount {
    /// `major:minor`: the same for every mount of one filesystem.
    pub(crate) device_number: String,
    /// The directory within the filesystem that is mounted, `/` for all of it.
    pub(crate) root: String,
    /// Where.
    pub(crate) mount_point: String,
    /// `ext4`, `nfs4`, `fuse.mergerfs`.
    pub(crate) fs_type: String,
    /// `/dev/sda1`, `nas:/export`, `tank/data`.
    pub(crate) source: String,
    /// Whether the filesystem itself is read-only, as after an error. A mount that is read-only only for some, as
    /// systemd's `ProtectSystem=` makes for Hob itself, does not count.
    pub(crate) read_only: bool,
}

impl Mount {
    /// Whether it belongs to what runs the container or virtual machine. An overlay that is read-only was made so.
    pub(crate) fn is_lent(&self) -> bool {
        LENT.contains(&self.fs_type.as_str())
    }

    /// Whether asking it may wait for another machine or another program.
    pub(crate) fn may_hang(&self) -> bool {
        REMOTE.contains(&self.fs_type.as_str()) || self.fs_type.starts_with("fuse")
    }
}

/// Reads `/proc/self/mountinfo`. Where one mount covers another at the same place, the upper one is given.
///
/// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`
pub(crate) fn parse_mountinfo(text: &str) -> Vec<Mount> {
    let mut by_place: BTreeMap<String, Mount> = BTreeMap::new();
    for mount in text.lines().take(MOUNTS_MAX).filter_map(parse_mount) {
        by_place.insert(mount.mount_point.clone(), mount);
    }
    by_place.into_values().collect()
}

fn parse_mount(line: &str) -> Option<Mount> {
    let (left, right) = line.split_once(" - ")?;
    let mut left = left.split(' ').skip(2);
    let mut right = right.split(' ');
    let device_number = left.next()?.to_owned();
    let root = unescape(left.next()?);
    let mount_point = unescape(left.next()?);
    let fs_type = right.next()?.to_owned();
    let source = unescape(right.next()?);
    // What a kernel without the last column leaves out is taken to be writable.
    let read_only = right.next().is_some_and(|options| has_option(options, "ro"));
    mount_point.starts_with('/').then_some(Mount {
        device_number,
        root,
        mount_point,
        fs_type,
        source,
        read_only,
    })
}

/// A line of `/etc/fstab` that names a place in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FstabEntry {
    /// `UUID=…`, `/dev/sda1`, `nas:/export`.
    pub(crate) source: String,
    /// Where it belongs.
    pub(crate) mount_point: String,
    /// Whether it is to be read-only.
    pub(crate) read_only: bool,
    /// Whether it is to be mounted at boot, and not only when somebody asks for it.
    pub(crate) mounted_at_boot: bool,
}

/// Reads `/etc/fstab`, leaving out swap and filesystems without data.
pub(crate) fn parse_fstab(text: &str) -> Vec<FstabEntry> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut fields = line.split_ascii_whitespace();
            let source = unescape(fields.next()?);
            let mount_point = without_trailing_slash(&unescape(fields.next()?)).to_owned();
            let fs_type = fields.next()?;
            let options = fields.next().unwrap_or("defaults");
            let on_demand = has_option(options, "noauto") || has_option(options, "x-systemd.automount");
            // A bind mount has the type "none".
            let binds = has_option(options, "bind") || has_option(options, "rbind");
            (mount_point.starts_with('/') && (binds || !is_pseudo(fs_type))).then(|| FstabEntry {
                source,
                mount_point,
                read_only: has_option(options, "ro"),
                mounted_at_boot: !on_demand,
            })
        })
        .take(MOUNTS_MAX)
        .collect()
}

fn has_option(options: &str, wanted: &str) -> bool {
    options.split(',').any(|option| option == wanted)
}

fn without_trailing_slash(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => "/",
        trimmed => trimmed,
    }
}

/// Both files write blanks as `\040`, tabs as `\011`, newlines as `\012` and backslashes as `\134`.
fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while let Some(byte) = bytes.get(i) {
        let octal = (*byte == b'\\').then(|| bytes.get(i + 1..i + 4)).flatten().and_then(octal);
        plain.push(octal.unwrap_or(*byte));
        i += if octal.is_some() { 4 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}

fn octal(digits: &[u8]) -> Option<u8> {
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

fn is_pseudo(fs_type: &str) -> bool {
    PSEUDO.contains(&fs_type)
}

/// Chooses what is worth watching: filesystems with data, each once however often it is mounted. Of several mounts the
/// one that shows the whole filesystem stands for it, then the one with the shortest path. `ignored` are paths; one that
/// ends in `/*` means everything below.
pub(crate) fn choose(mounts: &[Mount], ignored: &[String]) -> Vec<Mount> {
    let mut by_device: BTreeMap<&str, &Mount> = BTreeMap::new();
    let rank = |mount: &Mount| (mount.root != "/", mount.mount_point.len(), mount.mount_point.clone());
    for mount in mounts.iter().filter(|mount| is_worth_watching(mount)) {
        by_device
            .entry(&mount.device_number)
            .and_modify(|chosen| {
                if rank(mount) < rank(chosen) {
                    *chosen = mount;
                }
            })
            .or_insert(mount);
    }
    let mut chosen: Vec<Mount> =
        by_device.into_values().filter(|mount| !is_ignored(&mount.mount_point, ignored)).cloned().collect();
    chosen.sort_by(|a, b| a.mount_point.cmp(&b.mount_point));
    chosen
}

fn is_worth_watching(mount: &Mount) -> bool {
    if is_pseudo(&mount.fs_type) {
        return false;
    }
    if mount.is_lent() {
        return mount.mount_point == "/";
    }
    // Container engines put single files of the machine into the container, each as a mount.
    let single_file =
        ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"].contains(&mount.mount_point.as_str());
    !single_file && !is_foreign(&mount.mount_point)
}

fn is_foreign(mount_point: &str) -> bool {
    let removable = mount_point.starts_with("/run/media/");
    (mount_point.starts_with("/run/") && !removable)
        || FOREIGN_PLACES.iter().any(|place| mount_point.starts_with(place))
}

/// Whether the owner does not want to hear of it.
pub(crate) fn is_ignored(mount_point: &str, ignored: &[String]) -> bool {
    ignored.iter().any(|pattern| match pattern.strip_suffix("/*") {
        Some(place) => mount_point.strip_prefix(place).is_some_and(|rest| rest.starts_with('/')),
        None => without_trailing_slash(pattern) == mount_point,
    })
}

/// What `/etc/fstab` wants mounted and is not. Its paths may lead through symbolic links, so the caller resolves what is
/// left before it speaks of it.
pub(crate) fn missing<'a>(
    fstab: &'a [FstabEntry],
    mounts: &[Mount],
    ignored: &[String],
) -> Vec<&'a FstabEntry> {
    fstab
        .iter()
        .filter(|entry| entry.mounted_at_boot && !is_ignored(&entry.mount_point, ignored))
        .filter(|entry| !mounts.iter().any(|mount| mount.mount_point == entry.mount_point))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MOUNTINFO: &str = "\
22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / ro,relatime shared:1 - ext4 /dev/vda rw,discard
31 27 8:17 / /mnt/with\\040blank rw master:1 - xfs /dev/sdb1 rw
32 27 8:17 /sub /srv/sub rw - xfs /dev/sdb1 rw
33 27 0:50 / /mnt/nfs rw - nfs4 nas:/export rw,vers=4.2
34 27 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro
35 27 0:60 / /var/lib/docker/overlay2/abc/merged rw - overlay overlay rw
36 27 0:70 /@home /home rw - btrfs /dev/sdc ro
37 27 0:70 /@ /btrfs rw - btrfs /dev/sdc ro
garbled
";

    fn chosen(text: &str, ignored: &[&str]) -> Vec<String> {
        let ignored: Vec<String> = ignored.iter().map(ToString::to_string).collect();
        choose(&parse_mountinfo(text), &ignored).into_iter().map(|mount| mount.mount_point).collect()
    }

    #[test]
    fn each_filesystem_with_data_is_chosen_once() {
        assert_eq!(chosen(MOUNTINFO, &[]), ["/", "/home", "/mnt/nfs", "/mnt/with blank"]);
    }

    #[test]
    fn what_the_owner_ignores_is_not_chosen() {
        assert_eq!(chosen(MOUNTINFO, &["/mnt/*", "/home/"]), ["/"]);
    }

    #[test]
    fn only_a_filesystem_that_is_itself_read_only_is_called_so() {
        let mounts = parse_mountinfo(MOUNTINFO);
        let read_only = |place: &str| mounts.iter().find(|m| m.mount_point == place).unwrap().read_only;
        assert!(!read_only("/"), "systemd's ProtectSystem= makes only the mount read-only");
        assert!(read_only("/home"));
    }

    #[test]
    fn the_upper_of_two_mounts_is_the_one_that_is_seen() {
        let text = "1 0 0:1 / /mnt/a rw - autofs systemd-1 rw\n2 1 0:2 / /mnt/a rw - nfs nas:/a rw\n";
        assert_eq!(parse_mountinfo(text)[0].fs_type, "nfs");
    }

    #[test]
    fn a_containers_root_is_kept_and_its_single_files_are_not() {
        let text = "1 0 0:1 / / rw - overlay overlay rw,lowerdir=/a\n\
            2 1 8:1 /var/lib/docker/containers/x/hosts /etc/hosts rw - ext4 /dev/sda1 rw\n\
            3 1 8:1 /srv/hob /data rw - ext4 /dev/sda1 rw\n";
        assert_eq!(chosen(text, &[]), ["/", "/data"]);
    }

    const FSTAB: &str = "\
# <file system> <mount point> <type> <options>
UUID=1 / ext4 errors=remount-ro 0 1
UUID=2\tnone swap sw 0 0
nas:/export /mnt/nfs/ nfs _netdev 0 0
/dev/sdz1 /mnt/backup ext4 noauto 0 0
/dev/sdy1 /mnt/lazy ext4 x-systemd.automount 0 0
tmpfs /tmp tmpfs defaults 0 0
/mnt/nfs/films /export/films none bind 0 0
/dev/sr0 /mnt/gone\\040disk ext4 ro,nofail
half
";

    #[test]
    fn what_fstab_wants_and_is_not_there_is_missing() {
        let fstab = parse_fstab(FSTAB);
        let mounts = parse_mountinfo(MOUNTINFO);
        let places: Vec<&str> =
            missing(&fstab, &mounts, &[]).iter().map(|entry| entry.mount_point.as_str()).collect();
        assert_eq!(places, ["/export/films", "/mnt/gone disk"]);
        assert_eq!(missing(&fstab, &mounts, &["/mnt/gone disk".to_owned()]).len(), 1);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "([^\n]*( - )?[^\n]*\n)*") {
            let mounts = parse_mountinfo(&text);
            let _ = (choose(&mounts, &[]), missing(&parse_fstab(&text), &mounts, &[]));
        }

        #[test]
        fn no_filesystem_is_chosen_twice(
            lines in proptest::collection::vec((0u8..4, "/[a-c]{0,2}", "/[a-z]{1,4}"), 0..12)
        ) {
            let text: String = lines
                .iter()
                .map(|(minor, root, place)| format!("1 0 8:{minor} {root} {place} rw - ext4 /dev/x rw\n"))
                .collect();
            let chosen = choose(&parse_mountinfo(&text), &[]);
            let mut devices: Vec<&str> = chosen.iter().map(|m| m.device_number.as_str()).collect();
            devices.sort_unstable();
            let all = devices.len();
            devices.dedup();
            prop_assert_eq!(devices.len(), all);
        }

        #[test]
        fn escapes_are_undone(path in "[a-z \t\\\\]{0,20}") {
            let escaped = path.replace('\\', "\\134").replace(' ', "\\040").replace('\t', "\\011");
            prop_assert_eq!(unescape(&escaped), path);
        }
    }
}
