//! Whether what runs is older than what is installed.
//!
//! Debian and Ubuntu leave `/run/reboot-required`; Arch and others remove the running kernel's modules; NixOS has two
//! links, one to the system that was booted and one to the present one.

use super::{Reader, Roots};

/// A reboot is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RebootPending {
    /// The system says so, because of these packages.
    Packages(Vec<String>),
    /// The running kernel's modules are gone: whatever is not loaded yet can no longer be.
    ModulesGone {
        /// The running kernel's release.
        kernel: String,
    },
    /// Another kernel has been installed.
    NewKernel,
}

/// Looks for all three signs.
pub(crate) fn read(roots: &Roots, kernel: Option<&str>, reader: &mut Reader) -> Option<RebootPending> {
    // Both names are in use: /var/run is a link to /run.
    if roots.run.join("reboot-required").exists() {
        let packages = reader.text(&roots.run.join("reboot-required.pkgs")).map(parse_packages);
        return Some(RebootPending::Packages(packages.unwrap_or_default()));
    }
    if roots.is_container() {
        return None;
    }
    let target = |system: &str| std::fs::canonicalize(roots.run.join(system).join("kernel")).ok();
    if let (Some(booted), Some(current)) = (target("booted-system"), target("current-system")) {
        return (booted != current).then_some(RebootPending::NewKernel);
    }
    let kernel = kernel?;
    modules_gone(roots, kernel).then(|| RebootPending::ModulesGone { kernel: kernel.to_owned() })
}

/// Only where other kernels' modules are there: kernels without any modules, as many virtual machines have, are well.
fn modules_gone(roots: &Roots, kernel: &str) -> bool {
    if kernel.to_ascii_lowercase().contains("microsoft") {
        return false;
    }
    let directory = roots.root.join("lib/modules");
    let Ok(listing) = std::fs::read_dir(&directory) else { return false };
    let others = listing.flatten().any(|entry| entry.path().join("modules.dep").exists());
    others && !directory.join(kernel).exists()
}

/// One package a line, possibly more than once.
pub(crate) fn parse_packages(text: &str) -> Vec<String> {
    let mut packages: Vec<String> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).take(200).map(str::to_owned).collect();
    packages.sort();
    packages.dedup();
    packages
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn packages_are_named_once() {
        assert_eq!(parse_packages("linux-base\nlibc6\n\nlibc6\n"), ["libc6", "linux-base"]);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in ".*") {
            prop_assert!(parse_packages(&text).len() <= 200);
        }
    }
}
