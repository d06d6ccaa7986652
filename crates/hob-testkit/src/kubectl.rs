//! The program kubectl, which speaks with API servers as nobody of ours does.

use std::path::{Path, PathBuf};

/// Where built programs of Kubernetes lie that the tests may use: outside of the checkout, so that they are built once.
/// `cargo xtask kube-apiserver` puts them there.
pub fn cache() -> PathBuf {
    let folder = std::env::var_os("HOB_TEST_CACHE").map(PathBuf::from);
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/hob-tests");
    folder.unwrap_or_else(home).join("kubernetes-1.20.2")
}

/// The kubectl on the path, or the one that was built with the server; `None` where there is none.
pub fn find() -> Option<PathBuf> {
    on_path("kubectl").or_else(|| Some(cache().join("kubectl")).filter(|file| file.is_file()))
}

/// Where on the path a program is.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.extend(["/usr/sbin", "/usr/local/sbin", "/sbin"].map(|folder| Path::new(folder).to_owned()));
    folders.into_iter().map(|folder| folder.join(program)).find(|file| file.is_file())
}
