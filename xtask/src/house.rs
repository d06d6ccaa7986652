//! The house as the rules see it: the crates of the workspace, and every text file of the repository.

use crate::source::Source;
use cargo_metadata::{DependencyKind, MetadataCommand};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Larger files are data, not text that somebody writes.
const FILE_BYTES_MAX: u64 = 1_000_000;

/// What the rules look at. Paths are relative to the repository and have forward slashes.
#[derive(Debug, Default)]
pub struct House {
    /// The crates of the workspace.
    pub members: Vec<Member>,
    /// Every text file.
    pub files: Vec<TextFile>,
}

/// One crate of the workspace.
#[derive(Debug)]
pub struct Member {
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub folder: String,
    /// What it uses, of ours and of others.
    pub uses: Vec<Use>,
}

/// That one crate uses another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The other crate.
    pub name: String,
    /// Whether only tests do.
    pub dev: bool,
}

/// One file.
#[derive(Debug)]
pub struct TextFile {
    /// Where it is.
    pub path: String,
    /// All of it.
    pub text: String,
    /// The same taken apart, where it is Rust.
    pub rust: Option<Source>,
}

impl House {
    /// Reads the repository at `root`.
    ///
    /// # Errors
    /// When Cargo cannot read the workspace, or a folder cannot be read.
    pub fn read(root: &Path) -> io::Result<Self> {
        let metadata = MetadataCommand::new()
            .manifest_path(root.join("Cargo.toml"))
            .no_deps()
            .exec()
            .map_err(io::Error::other)?;
        let members = metadata.packages.into_iter().map(|package| Member {
            folder: relative(
                root,
                package.manifest_path.parent().map_or(root, |folder| folder.as_std_path()),
            ),
            uses: package
                .dependencies
                .into_iter()
                .map(|used| Use { name: used.name, dev: used.kind == DependencyKind::Development })
                .collect(),
            name: package.name.to_string(),
        });
        let mut house = Self { members: members.collect(), files: Vec::new() };
        house.read_folder(root, root)?;
        house.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(house)
    }

    /// Adds a file.
    pub fn add_file(&mut self, path: String, text: String) {
        let rust = path.ends_with(".rs").then(|| Source::new(&path, &text));
        self.files.push(TextFile { path, text, rust });
    }

    /// The file at `path`.
    pub fn file(&self, path: &str) -> Option<&TextFile> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The Rust files with their sources.
    pub fn rust_files(&self) -> impl Iterator<Item = (&TextFile, &Source)> {
        self.files.iter().filter_map(|file| Some((file, file.rust.as_ref()?)))
    }

    fn read_folder(&mut self, root: &Path, folder: &Path) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let (path, kind) = (entry.path(), entry.file_type()?);
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if kind.is_dir() {
                let ours = !name.starts_with('.') || matches!(&*name, ".ci" | ".cargo");
                if ours && !matches!(&*name, "target" | "hob-data") {
                    self.read_folder(root, &path)?;
                }
            } else if kind.is_file()
                && entry.metadata()?.len() <= FILE_BYTES_MAX
                && let Ok(text) = String::from_utf8(fs::read(&path)?)
            {
                self.add_file(relative(root, &path), text);
            }
        }
        Ok(())
    }
}

/// The repository that this program belongs to.
pub fn root() -> PathBuf {
    // Cargo says where the manifest is now; the path at build time is only right where nothing was moved.
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let own = manifest.filter(|folder| folder.ends_with("xtask"));
    let own = own.unwrap_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    own.parent().map_or_else(|| own.clone(), Path::to_path_buf)
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}
