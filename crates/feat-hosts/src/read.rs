//! The machine's own files: thin reading here, pure parsing in each subject's file.
//!
//! Every parser takes text and gives what it understood. A missing or garbled line costs that figure, never the pass.

pub(crate) mod cpu;
pub(crate) mod identity;
pub(crate) mod load;
pub(crate) mod memory;
pub(crate) mod mounts;
pub(crate) mod network;
pub(crate) mod reboot;
pub(crate) mod systemd;
pub(crate) mod temperature;
pub(crate) mod usage;

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The largest file that is read whole. `/proc/stat` of a machine with hundreds of cores stays far below.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// Where the machine's own files are. Arguments, so that a test brings a machine of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Roots {
    /// `/`: for `/lib/modules`.
    pub(crate) root: PathBuf,
    /// `/proc`, see proc(5).
    pub(crate) proc: PathBuf,
    /// `/sys`, see sysfs(5).
    pub(crate) sys: PathBuf,
    /// `/etc`.
    pub(crate) etc: PathBuf,
    /// `/run`.
    pub(crate) run: PathBuf,
}

impl Roots {
    /// The machine this process runs on.
    pub(crate) fn system() -> Self {
        Self::under(Path::new("/"))
    }

    /// A machine whose files lie in a directory.
    pub(crate) fn under(root: &Path) -> Self {
        let at = |name: &str| root.join(name);
        Self { root: root.to_owned(), proc: at("proc"), sys: at("sys"), etc: at("etc"), run: at("run") }
    }

    /// Whether this is a container, where the kernel, its modules and its devices belong to somebody else.
    pub(crate) fn is_container(&self) -> bool {
        ["run/systemd/container", "run/.containerenv", ".dockerenv"]
            .iter()
            .any(|marker| self.root.join(marker).exists())
            || self.root.join("run/secrets/kubernetes.io").exists()
    }
}

/// Reads small files into one buffer, so that a pass every ten seconds allocates nothing once it is warm.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    buffer: Vec<u8>,
}

impl Reader {
    /// The file as text; bytes that are not UTF-8 become replacement characters.
    ///
    /// # Errors
    /// When the file cannot be opened or read.
    pub(crate) fn text(&mut self, path: &Path) -> io::Result<&str> {
        self.buffer.clear();
        File::open(path)?.take(FILE_BYTES_MAX).read_to_end(&mut self.buffer)?;
        if std::str::from_utf8(&self.buffer).is_err() {
            self.buffer = String::from_utf8_lossy(&self.buffer).into_owned().into_bytes();
        }
        // Checked above, so the empty text is never given.
        Ok(std::str::from_utf8(&self.buffer).unwrap_or_default())
    }

    /// The trimmed text of a file that may well not be there.
    pub(crate) fn line(&mut self, path: &Path) -> Option<&str> {
        self.text(path).ok().map(str::trim).filter(|text| !text.is_empty())
    }

    /// A whole number, alone in its file, as sysfs gives them.
    pub(crate) fn number(&mut self, path: &Path) -> Option<i64> {
        self.line(path)?.parse().ok()
    }
}

/// Why a file could not be read, in the words of a person.
pub(crate) fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "it is not there".to_owned(),
        io::ErrorKind::PermissionDenied => "Hob may not read it".to_owned(),
        _ => error.to_string(),
    }
}
