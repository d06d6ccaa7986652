//! The data directory: created private, owned by one hub at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A data directory that this process owns until it is dropped.
#[derive(Debug)]
pub struct DataDirectory {
    path: PathBuf,
    // The operating system frees the lock when the file is closed, also after `kill -9`.
    _lock: File,
}

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Another hub runs on it.
    #[error(
        "Another hub (process {pid}) already runs on the data directory {path}. Stop it first, or give this one its own with --data."
    )]
    InUse {
        /// Which directory.
        path: PathBuf,
        /// The other hub's process id, or "unknown".
        pid: String,
    },
    /// It cannot be created or written.
    #[error(
        "The data directory {path} cannot be {what}: {source}. Hob needs a directory that it may write to; choose another with --data, or change its owner."
    )]
    Unusable {
        /// Which directory.
        path: PathBuf,
        /// "created" or "written to".
        what: &'static str,
        /// The operating system's answer.
        source: std::io::Error,
    },
}

impl DataDirectory {
    /// Creates the directory if it is not there (readable by its owner only) and takes its lock.
    ///
    /// # Errors
    /// When another hub holds it or it cannot be written.
    pub fn claim(path: &Path) -> Result<Self, DirectoryError> {
        let unusable = |what| move |source| DirectoryError::Unusable { path: path.to_owned(), what, source };
        DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(unusable("created"))?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path.join("hob.lock"))
            .map_err(unusable("written to"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let _ = file.read_to_string(&mut pid);
                let pid = if pid.trim().is_empty() { "unknown".to_owned() } else { pid.trim().to_owned() };
                return Err(DirectoryError::InUse { path: path.to_owned(), pid });
            }
            Err(TryLockError::Error(source)) => return Err(unusable("locked")(source)),
        }
        let write_pid = |file: &mut File| -> std::io::Result<()> {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        // A full disk must not keep the hub from starting: the lock holds without the number.
        let _ = write_pid(&mut file);
        Ok(Self { path: path.to_owned(), _lock: file })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
