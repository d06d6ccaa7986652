//! What runs on the machine: os-release(5), and the kernel's release from `/proc/sys/kernel`.

use super::{Reader, Roots};

/// What rarely changes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Identity {
    /// `Debian GNU/Linux 13 (trixie)`.
    pub(crate) os: Option<String>,
    /// The running kernel's release.
    pub(crate) kernel: Option<String>,
}

/// Reads it all; what is not there is left out.
pub(crate) fn read(roots: &Roots, reader: &mut Reader) -> Identity {
    let kernel = reader.line(&roots.proc.join("sys/kernel/osrelease")).map(str::to_owned);
    let os = ["etc/os-release", "usr/lib/os-release"]
        .iter()
        .find_map(|path| reader.text(&roots.root.join(path)).ok().and_then(parse_os_release));
    Identity { os, kernel }
}

/// `PRETTY_NAME` of os-release(5), without its quotes.
pub(crate) fn parse_os_release(text: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?.trim();
    let value = value.trim_matches(|c| c == '"' || c == '\'');
    (!value.is_empty()).then(|| value.replace('\\', ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_read_with_and_without_quotes() {
        assert_eq!(
            parse_os_release("NAME=x\nPRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\n").as_deref(),
            Some("Debian GNU/Linux 13 (trixie)")
        );
        assert_eq!(parse_os_release("PRETTY_NAME=Alpine\n").as_deref(), Some("Alpine"));
        assert_eq!(parse_os_release("PRETTY_NAME=\"\"\n"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in ".*") {
            let _ = parse_os_release(&format!("PRETTY_NAME={text}"));
        }
    }
}
