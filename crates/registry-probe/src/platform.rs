//! Operating systems and architectures, and which image runs on which machine.

use std::fmt;
use std::str::FromStr;

/// Longest part of a platform which is kept of what a registry says, in characters.
const MAX_PART: usize = 32;

/// An operating system and an architecture as in an image index (OCI image specification,
/// image-index.md), such as `linux/arm64` and `linux/arm/v7`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Platform {
    os: String,
    architecture: String,
    variant: Option<String>,
}

/// Why a text is not a [`Platform`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("A platform is written as “linux/amd64” or “linux/arm/v7”.")]
pub struct PlatformError;

impl Platform {
    /// What runs in containers on the machine of this program: its architecture, and Linux, as
    /// elsewhere containers run in a virtual machine with it.
    #[must_use]
    pub fn of_this_machine() -> Self {
        let architecture = match std::env::consts::ARCH {
            "powerpc64" if cfg!(target_endian = "little") => "ppc64le",
            "powerpc64" => "ppc64",
            "loongarch64" => "loong64",
            other => other,
        };
        // `arm` is told without its version, and a machine that runs Rust's programs is at least v6.
        let variant = (architecture == "arm").then_some("v7");
        Self::new("linux", architecture, variant)
    }

    /// A platform of parts, in the words that registries use: `x86_64` is `amd64`, `aarch64` is
    /// `arm64`, `armhf` is `arm/v7`. Parts are cut to 32 characters, and characters that can stand
    /// in no such word are dropped.
    #[must_use]
    pub fn new(os: &str, architecture: &str, variant: Option<&str>) -> Self {
        let os = match word(os).as_str() {
            "macos" => "darwin".to_owned(),
            _ => word(os),
        };
        let variant = variant.map(word).filter(|variant| !variant.is_empty());
        let (architecture, variant) = match (word(architecture).as_str(), variant.as_deref()) {
            ("x86_64" | "x86-64" | "amd64", None | Some("v1")) => ("amd64".to_owned(), None),
            ("x86_64" | "x86-64", _) => ("amd64".to_owned(), variant),
            ("i386" | "i486" | "i586" | "i686" | "x86", _) => ("386".to_owned(), None),
            ("aarch64" | "arm64", None | Some("8" | "v8")) => ("arm64".to_owned(), None),
            ("aarch64", _) => ("arm64".to_owned(), variant),
            ("armhf", _) | ("arm", None) => ("arm".to_owned(), Some("v7".to_owned())),
            ("armel", _) => ("arm".to_owned(), Some("v6".to_owned())),
            ("arm", Some(version @ ("5" | "6" | "7" | "8"))) => {
                ("arm".to_owned(), Some(format!("v{version}")))
            }
            (other, _) => (other.to_owned(), variant),
        };
        Self { os, architecture, variant }
    }

    /// Reads `os/architecture` or `os/architecture/variant`.
    ///
    /// # Errors
    ///
    /// [`PlatformError`] if the text has fewer or more parts, or one that is no word.
    pub fn parse(text: &str) -> Result<Self, PlatformError> {
        let parts: Vec<&str> = text.trim().split('/').collect();
        let fits = |part: &&str| {
            !part.is_empty()
                && part.len() <= MAX_PART
                && part.chars().all(|c| is_word(c.to_ascii_lowercase()))
        };
        if !parts.iter().all(fits) {
            return Err(PlatformError);
        }
        match parts[..] {
            [os, architecture] => Ok(Self::new(os, architecture, None)),
            [os, architecture, variant] => Ok(Self::new(os, architecture, Some(variant))),
            _ => Err(PlatformError),
        }
    }

    /// The operating system, such as `linux`.
    #[must_use]
    pub fn os(&self) -> &str {
        &self.os
    }

    /// The architecture, such as `amd64`.
    #[must_use]
    pub fn architecture(&self) -> &str {
        &self.architecture
    }

    /// The variant of the architecture, such as `v7`.
    #[must_use]
    pub fn variant(&self) -> Option<&str> {
        self.variant.as_deref()
    }

    /// Whether a machine of this platform runs an image made for `image`. A newer variant runs what
    /// is made for an older one, `amd64` runs `386`, and `arm64` runs `arm`, as containerd has it
    /// (<https://github.com/containerd/platforms>).
    #[must_use]
    pub fn runs(&self, image: &Self) -> bool {
        if self.os != image.os {
            return false;
        }
        match (self.architecture.as_str(), image.architecture.as_str()) {
            (here, there) if here == there => match (self.level(), image.level()) {
                (Some(here), Some(there)) => there <= here,
                _ => self.variant == image.variant,
            },
            ("amd64", "386") => true,
            ("arm64", "arm") => image.level().is_some_and(|level| level <= 8),
            _ => false,
        }
    }

    /// How well an image for this platform suits, where several run: the greater the better.
    pub(crate) fn rank(&self) -> (bool, u32) {
        (!matches!(self.architecture.as_str(), "386" | "arm"), self.level().unwrap_or(0))
    }

    /// The number of the variant; without one, that of the architecture's first.
    fn level(&self) -> Option<u32> {
        match (self.architecture.as_str(), &self.variant) {
            ("amd64", None) => Some(1),
            ("arm64", None) => Some(8),
            (_, None) => None,
            (_, Some(variant)) => variant.strip_prefix('v')?.parse().ok(),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Platform {
    type Err = PlatformError;

    fn from_str(text: &str) -> Result<Self, PlatformError> {
        Self::parse(text)
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-')
}

fn word(text: &str) -> String {
    text.chars().map(|c| c.to_ascii_lowercase()).filter(|c| is_word(*c)).take(MAX_PART).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn platform(text: &str) -> Platform {
        Platform::parse(text).unwrap()
    }

    #[test]
    fn words_are_those_of_registries() {
        for (text, written) in [
            ("linux/amd64", "linux/amd64"),
            ("Linux/x86_64", "linux/amd64"),
            ("linux/amd64/v1", "linux/amd64"),
            ("linux/x86_64/v3", "linux/amd64/v3"),
            ("linux/aarch64", "linux/arm64"),
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/arm", "linux/arm/v7"),
            ("linux/arm/6", "linux/arm/v6"),
            ("linux/armel", "linux/arm/v6"),
            ("linux/i686", "linux/386"),
            ("macos/arm64", "darwin/arm64"),
            ("linux/s390x", "linux/s390x"),
        ] {
            assert_eq!(platform(text).to_string(), written, "{text}");
        }
        for bad in ["", "linux", "linux/", "/amd64", "linux/arm/v7/x", "li nux/amd64", "linux/ä"] {
            assert_eq!(Platform::parse(bad), Err(PlatformError), "{bad}");
        }
        assert_eq!(Platform::of_this_machine().os(), "linux");
    }

    #[test]
    fn machines_run_what_containerd_lets_them_run() {
        for (machine, image) in [
            ("linux/amd64", "linux/amd64"),
            ("linux/amd64", "linux/386"),
            ("linux/amd64/v3", "linux/amd64/v2"),
            ("linux/amd64/v3", "linux/amd64"),
            ("linux/arm64", "linux/arm64/v8"),
            ("linux/arm64", "linux/arm/v7"),
            ("linux/arm/v7", "linux/arm/v6"),
            ("linux/riscv64", "linux/riscv64"),
        ] {
            assert!(platform(machine).runs(&platform(image)), "{machine} {image}");
        }
        for (machine, image) in [
            ("linux/amd64", "linux/arm64"),
            ("linux/amd64", "windows/amd64"),
            ("linux/amd64", "linux/amd64/v2"),
            ("linux/386", "linux/amd64"),
            ("linux/arm/v6", "linux/arm/v7"),
            ("linux/arm/v7", "linux/arm64"),
            ("linux/riscv64", "linux/riscv64/rva23"),
        ] {
            assert!(!platform(machine).runs(&platform(image)), "{machine} {image}");
        }
    }

    proptest! {
        #[test]
        fn what_a_registry_says_stays_short_and_plain(os: String, architecture: String, variant: Option<String>) {
            let platform = Platform::new(&os, &architecture, variant.as_deref());
            let text = platform.to_string();
            prop_assert!(text.len() <= 3 * MAX_PART + 3 && text.chars().all(|c| is_word(c) || c == '/'));
            prop_assert!(platform.runs(&platform), "{}", text);
        }

        #[test]
        fn what_is_read_is_read_again_as_it_is_written(text in "[a-z0-9_/.-]{1,30}") {
            if let Ok(platform) = Platform::parse(&text) {
                prop_assert_eq!(Platform::parse(&platform.to_string()), Ok(platform));
            }
        }
    }
}
