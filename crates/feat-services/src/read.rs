//! What the kernel tells of sockets and processes. Thin reading; the parsing is in `model`. Every root is an argument,
//! so that a test brings a machine of its own. These calls block: they run on a thread for that.

use crate::model::process::{Process, may_see_all};
use crate::model::sockets::{Line, Socket, parse_line};
use std::collections::{HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

/// Sockets looked at. More are counted only.
pub(crate) const SOCKETS_MAX: usize = 2_000;
/// Sockets counted.
const COUNTED_MAX: usize = 100_000;
/// The kernel lists sockets that listen before all others; after so many others in a row none will follow.
const OTHERS_MAX: usize = 1_000;
/// The longest line read; the kernel pads its lines to 150 bytes.
const LINE_MAX: u64 = 4_096;
/// Processes looked at to find the owners of sockets.
const PROCESSES_MAX: usize = 50_000;
/// Open files looked at, of all processes together.
const FILES_MAX: usize = 1_000_000;
/// The longest file of a process that is read.
const FILE_BYTES_MAX: u64 = 16 * 1024;

/// The sockets that listen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Listening {
    /// Those that are looked at, by port and address.
    pub(crate) sockets: Vec<Socket>,
    /// Ports of which some sockets are not.
    pub(crate) beyond: HashSet<u16>,
    /// How many there are in all.
    pub(crate) total: usize,
}

/// Reads which sockets listen.
///
/// # Errors
/// When `/proc/net/tcp` cannot be read, or `/proc/net/tcp6` cannot although it is there.
pub(crate) fn listening(proc: &Path) -> io::Result<Listening> {
    let mut sockets = read_table(&proc.join("net/tcp"))?;
    match read_table(&proc.join("net/tcp6")) {
        Ok(six) => sockets.extend(six),
        // A kernel without IPv6.
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    sockets.sort();
    sockets.dedup();
    let total = sockets.len();
    let beyond = sockets.drain(SOCKETS_MAX.min(total)..).map(|socket| socket.port).collect();
    Ok(Listening { sockets, beyond, total })
}

fn read_table(path: &Path) -> io::Result<Vec<Socket>> {
    read_lines(BufReader::with_capacity(64 * 1024, File::open(path)?))
}

/// The sockets of one table.
pub(crate) fn read_lines(mut reader: impl BufRead) -> io::Result<Vec<Socket>> {
    let (mut sockets, mut others, mut line) = (Vec::new(), 0, Vec::new());
    while others < OTHERS_MAX && sockets.len() < COUNTED_MAX {
        line.clear();
        if reader.by_ref().take(LINE_MAX).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        match parse_line(&String::from_utf8_lossy(&line)) {
            Line::Listening(socket) => {
                others = 0;
                sockets.push(socket);
            }
            Line::Other => others += 1,
        }
    }
    Ok(sockets)
}

/// The processes that hold the wanted sockets, as far as Hob may see them. Of several, the one with the lowest number,
/// which is the parent of the others; process 1 only holds sockets for others to start by.
pub(crate) fn owners(proc: &Path, wanted: &HashSet<u64>) -> HashMap<u64, u32> {
    let mut found: HashMap<u64, u32> = HashMap::new();
    let Ok(entries) = fs::read_dir(proc) else { return found };
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
    let mut pids: Vec<u32> = numbers.take(PROCESSES_MAX).collect();
    pids.sort_unstable();
    // Process 1 last, so that it gets only what nobody else holds.
    pids.sort_by_key(|pid| *pid == 1);
    let mut files_left = FILES_MAX;
    for pid in pids {
        if found.len() >= wanted.len() || files_left == 0 {
            break;
        }
        // Unreadable for somebody else's processes without the privilege for it.
        let Ok(files) = fs::read_dir(proc.join(pid.to_string()).join("fd")) else { continue };
        for file in files.flatten().take(files_left) {
            files_left -= 1;
            let Some(inode) = fs::read_link(file.path()).ok().and_then(|link| inode_of(link.to_str()?))
            else {
                continue;
            };
            if wanted.contains(&inode) {
                found.entry(inode).or_insert(pid);
            }
        }
    }
    found
}

/// `socket:[123456]`
fn inode_of(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

/// What a process is. `None` when it is gone.
pub(crate) fn process(proc: &Path, pid: u32) -> Option<Process> {
    let root = proc.join(pid.to_string());
    let comm = read_bounded(&root.join("comm")).ok()?;
    let cmdline = read_bounded(&root.join("cmdline")).unwrap_or_default();
    let cgroup = read_bounded(&root.join("cgroup")).unwrap_or_default();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(Process::new(pid, text(&comm).trim_end(), &cmdline, &text(&cgroup)))
}

/// Whether Hob may see who holds a socket, whoever that is.
pub(crate) fn sees_all(proc: &Path) -> bool {
    read_bounded(&proc.join("self/status")).is_ok_and(|status| may_see_all(&String::from_utf8_lossy(&status)))
}

/// Whether there is a process with this number.
pub(crate) fn is_alive(proc: &Path, pid: u32) -> bool {
    proc.join(pid.to_string()).exists()
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Who holds which socket, remembered, since a look at all processes is only needed when a socket is new.
#[derive(Debug, Default)]
pub(crate) struct Owners {
    by_inode: HashMap<u64, Option<u32>>,
    processes: HashMap<u32, Process>,
    /// Looks since those without a known owner were last looked for.
    looks: u32,
}

/// Sockets whose owner could not be found are looked for again after so many looks.
const RETRY_AFTER: u32 = 20;

impl Owners {
    /// Brings the memory up to date with the sockets that are there now.
    pub(crate) fn update(&mut self, proc: &Path, sockets: &[Socket]) {
        let present: HashSet<u64> = sockets.iter().map(|socket| socket.inode).collect();
        self.by_inode.retain(|inode, _| present.contains(inode));
        let gone: Vec<u32> = self.processes.keys().copied().filter(|pid| !is_alive(proc, *pid)).collect();
        for pid in gone {
            self.processes.remove(&pid);
            // The socket may live on in another process.
            self.by_inode.retain(|_, owner| *owner != Some(pid));
        }
        self.looks += 1;
        if self.looks >= RETRY_AFTER {
            self.looks = 0;
            self.by_inode.retain(|_, owner| owner.is_some());
        }
        let wanted: HashSet<u64> =
            present.into_iter().filter(|inode| !self.by_inode.contains_key(inode)).collect();
        if wanted.is_empty() {
            return;
        }
        let found = owners(proc, &wanted);
        for inode in wanted {
            let owner = found.get(&inode).copied();
            let owner = owner.filter(|pid| {
                if !self.processes.contains_key(pid)
                    && let Some(process) = process(proc, *pid)
                {
                    self.processes.insert(*pid, process);
                }
                self.processes.contains_key(pid)
            });
            self.by_inode.insert(inode, owner);
        }
        let used: HashSet<u32> = self.by_inode.values().flatten().copied().collect();
        self.processes.retain(|pid, _| used.contains(pid));
    }

    /// The processes by inode.
    pub(crate) fn pids(&self) -> HashMap<u64, u32> {
        self.by_inode.iter().filter_map(|(inode, pid)| Some((*inode, (*pid)?))).collect()
    }

    /// The process of the first of these sockets that has a known one.
    pub(crate) fn process_of<'a>(&self, mut inodes: impl Iterator<Item = &'a u64>) -> Option<&Process> {
        inodes.find_map(|inode| self.processes.get(&(*self.by_inode.get(inode)?)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn line(port: u16, state: &str, inode: u64) -> String {
        format!(
            "   0: 00000000:{port:04X} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1\n"
        )
    }

    struct Tree(tempfile::TempDir);

    impl Tree {
        fn new(tcp: &str) -> Self {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir_all(dir.path().join("net")).unwrap();
            fs::write(dir.path().join("net/tcp"), tcp).unwrap();
            Self(dir)
        }

        fn process(&self, pid: u32, name: &str, inodes: &[u64]) {
            let root = self.0.path().join(pid.to_string());
            fs::create_dir_all(root.join("fd")).unwrap();
            fs::write(root.join("comm"), format!("{name}\n")).unwrap();
            fs::write(root.join("cmdline"), format!("{name}\0--x\0")).unwrap();
            symlink("/dev/null", root.join("fd/0")).unwrap();
            for (n, inode) in inodes.iter().enumerate() {
                symlink(format!("socket:[{inode}]"), root.join(format!("fd/{}", n + 3))).unwrap();
            }
        }

        fn end(&self, pid: u32) {
            fs::remove_dir_all(self.0.path().join(pid.to_string())).unwrap();
        }

        fn path(&self) -> &Path {
            self.0.path()
        }
    }

    #[test]
    fn ten_thousand_sockets_are_counted_and_two_thousand_looked_at() {
        let text: String = (0..10_000_u16).rev().map(|n| line(n + 1, "0A", u64::from(n) + 1)).collect();
        let tree = Tree::new(&text);
        let found = listening(tree.path()).unwrap();
        assert_eq!((found.total, found.sockets.len(), found.beyond.len()), (10_000, SOCKETS_MAX, 8_000));
        assert_eq!(found.sockets[0].port, 1);
    }

    #[test]
    fn a_table_that_cannot_be_read_is_an_error_and_one_that_is_not_there_is_none() {
        let tree = Tree::new(
            &(line(80, "0A", 1) + &line(81, "01", 2) + "\u{0}\u{ff}garbage\n" + &line(82, "0A", 3)),
        );
        let ports: Vec<u16> = listening(tree.path()).unwrap().sockets.iter().map(|s| s.port).collect();
        assert_eq!(ports, [80, 82]);
        assert!(listening(Path::new("/nowhere")).is_err());
        fs::create_dir(tree.path().join("net/tcp6")).unwrap();
        assert!(listening(tree.path()).is_err());
    }

    #[test]
    fn owners_are_found_once_and_again_when_their_process_ends() {
        let tree = Tree::new("");
        tree.process(1, "systemd", &[5, 6]);
        tree.process(70, "nginx", &[6, 7]);
        tree.process(71, "nginx", &[7]);
        let socket = |inode| Socket { port: 80, address: "0.0.0.0".parse().unwrap(), inode, uid: 0 };
        let sockets = [socket(5), socket(6), socket(7), socket(8)];
        let mut owners = Owners::default();
        owners.update(tree.path(), &sockets);
        let mut pids: Vec<_> = owners.pids().into_iter().collect();
        pids.sort_unstable();
        assert_eq!(pids, [(5, 1), (6, 70), (7, 70)]);
        assert_eq!(owners.process_of([8, 7].iter()).unwrap().name, "nginx");
        tree.end(70);
        owners.update(tree.path(), &sockets);
        assert_eq!(owners.process_of([7].iter()).unwrap().pid, 71);
        assert_eq!(owners.process_of([6].iter()).unwrap().pid, 1);
        // One that could not be found is looked for again, but not every time.
        tree.process(72, "late", &[8]);
        owners.update(tree.path(), &sockets);
        assert!(owners.process_of([8].iter()).is_none());
        for _ in 0..RETRY_AFTER {
            owners.update(tree.path(), &sockets);
        }
        assert_eq!(owners.process_of([8].iter()).unwrap().name, "late");
    }

    #[test]
    fn this_machine_can_be_read() {
        let found = listening(Path::new("/proc")).unwrap();
        assert!(found.total >= found.sockets.len());
    }
}
