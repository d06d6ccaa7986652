//! Names of images, read as Docker and containerd read them.
//!
//! The grammar is that of <https://github.com/distribution/reference>; what a short name stands for
//! (`docker.io`, `library/`, `latest`) is from its `normalize.go`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// Longest name of a repository in bytes, without its registry.
const MAX_REPOSITORY: usize = 255;

/// Longest reference looked at, in bytes: a registry, a repository, a tag and a digest together.
const MAX_LEN: usize = 1024;

/// Longest tag in bytes.
const MAX_TAG: usize = 128;

/// The registry that a name without one stands for.
const DEFAULT_REGISTRY: &str = "docker.io";

/// What a registry is asked for: which image, in which repository, of which registry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// Why a text is not a [`Reference`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// There is no name.
    #[error("The name of the image is empty.")]
    Empty,
    /// It is longer than any name of an image can be.
    #[error("The name of the image is too long: a repository has at most 255 characters.")]
    TooLong,
    /// The repository holds capital letters.
    #[error("The repository holds capital letters; registries know only small ones.")]
    Uppercase,
    /// It is 64 hexadecimal digits, which is how an image is called on one machine only.
    #[error("This is the id of an image on one machine; no registry knows it by that.")]
    ImageId,
    /// The registry is no host name or address with or without a port.
    #[error("The part before the first slash is not a host, or not a host and a port.")]
    Registry,
    /// The repository breaks the grammar.
    #[error(
        "The repository is not written as registries want it: small letters and digits, \
         joined by single dots, underscores, dashes and slashes."
    )]
    Repository,
    /// The tag breaks the grammar.
    #[error(
        "The tag is not one: it has 1 to 128 letters, digits, dots, dashes and underscores, and begins with no dot or dash."
    )]
    Tag,
    /// The digest is none, or of a kind that registries do not use.
    #[error("The digest is not one: it is “sha256:” and 64 hexadecimal digits, or “sha512:” and 128.")]
    Digest,
}

/// The digest of a manifest or blob (OCI image specification, descriptor.md): `sha256` or `sha512`
/// and its value in lower case.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Digest(String);

impl Digest {
    /// Reads `sha256:` and 64 hexadecimal digits, or `sha512:` and 128, all in lower case.
    ///
    /// # Errors
    ///
    /// [`ReferenceError::Digest`] for anything else.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let (algorithm, value) = text.split_once(':').ok_or(ReferenceError::Digest)?;
        let length = match algorithm {
            "sha256" => 64,
            "sha512" => 128,
            _ => return Err(ReferenceError::Digest),
        };
        let fits =
            value.len() == length && value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if fits { Ok(Self(text.to_owned())) } else { Err(ReferenceError::Digest) }
    }

    /// The digest as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The SHA-256 of `bytes`.
    #[must_use]
    pub fn sha256(bytes: &[u8]) -> Self {
        Self(format!("sha256:{}", hex(&ring::digest::SHA256, bytes)))
    }

    /// Whether `bytes` have this digest.
    pub(crate) fn is_of(&self, bytes: &[u8]) -> bool {
        match self.0.split_once(':') {
            Some(("sha256", value)) => value == hex(&ring::digest::SHA256, bytes),
            Some(("sha512", value)) => value == hex(&ring::digest::SHA512, bytes),
            _ => false,
        }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn hex(algorithm: &'static ring::digest::Algorithm, bytes: &[u8]) -> String {
    use fmt::Write as _;
    let mut text = String::new();
    for byte in ring::digest::digest(algorithm, bytes).as_ref() {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

impl Reference {
    /// Reads a reference as `docker pull` takes it, and completes it: `nginx` is
    /// `docker.io/library/nginx:latest`. White space around it is dropped.
    ///
    /// # Errors
    ///
    /// [`ReferenceError`] says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ReferenceError::Empty);
        }
        if text.len() > MAX_LEN {
            return Err(ReferenceError::TooLong);
        }
        if text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(ReferenceError::ImageId);
        }
        let (registry, rest) = split_registry(text);
        let (rest, digest) = match rest.split_once('@') {
            Some((rest, digest)) => (rest, Some(Digest::parse(digest)?)),
            None => (rest, None),
        };
        let (repository, tag) = match rest.split_once(':') {
            Some((repository, tag)) => (repository, Some(parse_tag(tag)?)),
            None => (rest, None),
        };
        let registry = parse_registry(registry)?;
        let repository = parse_repository(&registry, repository)?;
        let tag = tag.or_else(|| digest.is_none().then(|| "latest".to_owned()));
        Ok(Self { registry, repository, tag, digest })
    }

    /// The registry as in the reference: `docker.io`, `ghcr.io`, `nas.lan:5000`. In lower case,
    /// but for a name without dot and port, which nothing but its capital letters tells from a part of a
    /// repository.
    #[must_use]
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The host, and the port where one is given, which answers for the registry. Only Docker Hub
    /// answers under another name than its own.
    #[must_use]
    pub fn host(&self) -> &str {
        if self.registry == DEFAULT_REGISTRY { "registry-1.docker.io" } else { &self.registry }
    }

    /// The repository, such as `library/nginx`.
    #[must_use]
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The tag; `None` where there is only a digest.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// The digest, where one is given. It rules: a tag beside it is not looked at.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// What the manifest is asked by: the digest, or else the tag.
    #[must_use]
    pub fn version(&self) -> &str {
        match (&self.digest, &self.tag) {
            (Some(digest), _) => digest.as_str(),
            (None, Some(tag)) => tag,
            (None, None) => "latest",
        }
    }

    /// Whether the registry is on this machine: `localhost` or a loopback address. Docker and
    /// containerd speak plain HTTP with such a one.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let host = without_port(&self.registry);
        let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        if let Some(digest) = &self.digest {
            write!(f, "@{digest}")?;
        }
        Ok(())
    }
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        Self::parse(text)
    }
}

/// Splits off what is before the first slash, if that is a registry and no part of a repository.
fn split_registry(text: &str) -> (&str, &str) {
    match text.split_once('/') {
        Some((first, rest)) if is_registry(first) => (first, rest),
        _ => (DEFAULT_REGISTRY, text),
    }
}

/// Whether a first part is a registry: it holds a dot, a colon or a capital letter, or is `localhost`.
fn is_registry(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn without_port(registry: &str) -> &str {
    match registry.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => registry,
    }
}

fn parse_registry(registry: &str) -> Result<String, ReferenceError> {
    let (host, port) = if let Some(rest) = registry.strip_prefix('[') {
        let (address, port) = rest.split_once(']').ok_or(ReferenceError::Registry)?;
        address.parse::<Ipv6Addr>().map_err(|_| ReferenceError::Registry)?;
        (None, port.strip_prefix(':').or(if port.is_empty() { None } else { Some("") }))
    } else {
        let (host, port) =
            registry.split_once(':').map_or((registry, None), |(host, port)| (host, Some(port)));
        (Some(host), port)
    };
    let port_fits = port.is_none_or(|port| {
        port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    let host_fits = host.is_none_or(|host| host.len() <= 253 && host.split('.').all(is_label));
    if !port_fits || !host_fits {
        return Err(ReferenceError::Registry);
    }
    let small = registry.to_ascii_lowercase();
    // A name without a dot is a registry by its capital letters alone.
    let registry = if is_registry(&small) { small } else { registry.to_owned() };
    Ok(if registry == "index.docker.io" { DEFAULT_REGISTRY.to_owned() } else { registry })
}

fn is_label(label: &str) -> bool {
    let bytes = label.as_bytes();
    bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
}

fn parse_repository(registry: &str, repository: &str) -> Result<String, ReferenceError> {
    if repository.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(ReferenceError::Uppercase);
    }
    if !repository.split('/').all(is_component) {
        return Err(ReferenceError::Repository);
    }
    let official = registry == DEFAULT_REGISTRY && !repository.contains('/');
    let repository = if official { format!("library/{repository}") } else { repository.to_owned() };
    if repository.len() > MAX_REPOSITORY { Err(ReferenceError::TooLong) } else { Ok(repository) }
}

/// Small letters and digits with separators between them: one dot, one or two underscores, or any
/// number of dashes.
fn is_component(component: &str) -> bool {
    let is_text = |byte: char| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = component.starts_with(is_text) && component.ends_with(is_text);
    ends && component.split(is_text).all(|separator| {
        matches!(separator, "" | "." | "_" | "__") || separator.bytes().all(|byte| byte == b'-')
    })
}

fn parse_tag(tag: &str) -> Result<String, ReferenceError> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let fits = tag.len() <= MAX_TAG
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|byte| word(byte) || matches!(byte, b'.' | b'-'));
    if fits { Ok(tag.to_owned()) } else { Err(ReferenceError::Tag) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn full(text: &str) -> String {
        Reference::parse(text).unwrap().to_string()
    }

    #[test]
    fn short_names_are_completed() {
        for (short, long) in [
            ("nginx", "docker.io/library/nginx:latest"),
            (" nginx:1.27 ", "docker.io/library/nginx:1.27"),
            ("docker.io/nginx", "docker.io/library/nginx:latest"),
            ("index.docker.io/library/nginx", "docker.io/library/nginx:latest"),
            ("grafana/grafana", "docker.io/grafana/grafana:latest"),
            ("ghcr.io/owner/app:v1", "ghcr.io/owner/app:v1"),
            ("ghcr.io/app", "ghcr.io/app:latest"),
            ("localhost/app", "localhost/app:latest"),
            ("localhost:5000/app", "localhost:5000/app:latest"),
            ("nas:5000/team/sub/app:1", "nas:5000/team/sub/app:1"),
            ("NAS/app", "NAS/app:latest"),
            ("NAS.lan/app", "nas.lan/app:latest"),
            ("NAS:5000/app", "nas:5000/app:latest"),
            ("192.168.1.2:5000/app", "192.168.1.2:5000/app:latest"),
            ("[2001:db8::1]:5000/app", "[2001:db8::1]:5000/app:latest"),
            ("[::1]/app", "[::1]/app:latest"),
            ("a__b/c-----d.e_f", "docker.io/a__b/c-----d.e_f:latest"),
            ("registry.example.com/app:v1.0_x-Y", "registry.example.com/app:v1.0_x-Y"),
        ] {
            assert_eq!(full(short), long, "{short}");
        }
    }

    #[test]
    fn a_digest_rules_over_the_tag() {
        let both = Reference::parse(&format!("nginx:1.27@{DIGEST}")).unwrap();
        assert_eq!((both.tag(), both.version()), (Some("1.27"), DIGEST));
        let alone = Reference::parse(&format!("nginx@{DIGEST}")).unwrap();
        assert_eq!((alone.tag(), alone.version()), (None, DIGEST));
        assert_eq!(alone.to_string(), format!("docker.io/library/nginx@{DIGEST}"));
        assert!(alone.digest().unwrap().is_of(b"") && !alone.digest().unwrap().is_of(b"x"));
        let long = Digest::parse(&format!("sha512:{}", hex(&ring::digest::SHA512, b"x"))).unwrap();
        assert!(long.is_of(b"x") && !long.is_of(b""));
    }

    #[test]
    fn refuses_what_no_registry_takes() {
        use ReferenceError as E;
        for (text, error) in [
            ("", E::Empty),
            ("  ", E::Empty),
            ("Nginx", E::Uppercase),
            ("owner/App", E::Uppercase),
            ("ghcr.io/Owner/app", E::Uppercase),
            (&"a".repeat(64), E::ImageId),
            (&format!("ghcr.io/{}", "a".repeat(256)), E::TooLong),
            (&"a".repeat(2000), E::TooLong),
            ("nginx:", E::Tag),
            ("nginx:.a", E::Tag),
            ("nginx:-a", E::Tag),
            ("nginx:a b", E::Tag),
            ("nginx:a:b", E::Tag),
            (&format!("nginx:{}", "a".repeat(129)), E::Tag),
            ("nginx@", E::Digest),
            ("nginx@sha256:abc", E::Digest),
            ("nginx@md5:d41d8cd98f00b204e9800998ecf8427e", E::Digest),
            (&format!("nginx@{}", DIGEST.to_uppercase()), E::Digest),
            ("/nginx", E::Repository),
            ("nginx/", E::Repository),
            ("a//b", E::Repository),
            ("a..b", E::Repository),
            ("a___b", E::Repository),
            ("a._b", E::Repository),
            ("-a", E::Repository),
            ("a-", E::Repository),
            ("näme", E::Repository),
            ("https://ghcr.io/a", E::Registry),
            ("ghcr.io:/a", E::Registry),
            ("ghcr.io:0/a", E::Registry),
            ("ghcr.io:65536/a", E::Registry),
            ("ghcr.io:+80/a", E::Registry),
            ("ghcr..io/a", E::Registry),
            ("-ghcr.io/a", E::Registry),
            ("user@ghcr.io/a", E::Registry),
            ("[::1/a", E::Registry),
            ("[::1]5000/a", E::Registry),
            ("[nas.lan]:5000/a", E::Registry),
        ] {
            assert_eq!(Reference::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn docker_hub_answers_under_another_name() {
        assert_eq!(Reference::parse("nginx").unwrap().host(), "registry-1.docker.io");
        assert_eq!(Reference::parse("nas:5000/nginx").unwrap().host(), "nas:5000");
    }

    #[test]
    fn loopback_is_local() {
        for local in ["localhost/a", "localhost:5000/a", "127.0.0.1:5000/a", "127.1.2.3/a.b", "[::1]:5000/a"]
        {
            assert!(Reference::parse(local).unwrap().is_local(), "{local}");
        }
        for other in
            ["a", "nas:5000/a", "192.168.1.2/a", "localhost.lan/a", "[2001:db8::1]/a", "127.0.0.1.lan/a"]
        {
            assert!(!Reference::parse(other).unwrap().is_local(), "{other}");
        }
    }

    proptest! {
        #[test]
        fn what_is_read_is_read_again_as_it_is_written(text in "[a-zA-Z0-9._:/@\\[\\]-]{1,60}") {
            if let Ok(reference) = Reference::parse(&text) {
                prop_assert_eq!(Reference::parse(&reference.to_string()), Ok(reference));
            }
        }

        #[test]
        fn the_grammar_is_taken(
            registry in "[a-z][a-z0-9]{0,8}\\.[a-z]{2,5}(:[1-9][0-9]{0,3})?/",
            repository in "[a-z0-9]{1,6}((\\.|_|__|-{1,3})[a-z0-9]{1,5}){0,2}(/[a-z0-9]{1,6}){0,3}",
            tag in "(:[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,20})?",
        ) {
            let reference = Reference::parse(&format!("{registry}{repository}{tag}")).unwrap();
            prop_assert!(reference.repository().ends_with(&repository));
            prop_assert_eq!(reference.tag().unwrap(), tag.strip_prefix(':').unwrap_or("latest"));
        }

        #[test]
        fn any_text_is_judged(text: String) {
            let _ = Reference::parse(&text);
        }
    }
}
