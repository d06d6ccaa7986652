//! The parts of an image's name, as far as sentences name them.

/// An image as it is written, taken apart.
///
/// Source: the distribution specification's names, with Docker's defaults (no registry is `docker.io`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Image<'a> {
    /// As it is written.
    pub text: &'a str,
    /// The host it is pulled from: `ghcr.io`.
    pub registry: &'a str,
    /// The repository, without the registry: `home-assistant/home-assistant`.
    pub repository: &'a str,
    /// The tag; empty where there is none.
    pub tag: &'a str,
    /// The digest with its algorithm; empty where there is none.
    pub digest: &'a str,
}

impl<'a> Image<'a> {
    /// Takes a name apart. Whatever it is, something is given back.
    pub fn of(text: &'a str) -> Self {
        let (name, digest) = text.split_once('@').unwrap_or((text, ""));
        let (registry, rest) = match name.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
            _ => ("docker.io", name),
        };
        let (repository, tag) = match rest.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, tag),
            _ => (rest, ""),
        };
        Self { text, registry, repository, tag, digest }
    }

    /// What was asked for: the digest, else the tag, else `latest`.
    pub fn version(&self) -> &'a str {
        match (self.digest, self.tag) {
            ("", "") => "latest",
            ("", tag) => tag,
            (digest, _) => digest,
        }
    }

    /// Who owns it: the first part of the repository.
    pub fn owner(&self) -> &'a str {
        self.repository.split('/').next().unwrap_or_default()
    }

    /// Whether it lies at GitHub.
    pub fn is_github(&self) -> bool {
        matches!(self.registry, "ghcr.io" | "docker.pkg.github.com")
    }

    /// Whether it lies at Docker Hub.
    pub fn is_docker_hub(&self) -> bool {
        matches!(self.registry, "docker.io" | "index.docker.io" | "registry-1.docker.io")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_taken_apart() {
        for (text, registry, repository, version) in [
            ("nginx", "docker.io", "nginx", "latest"),
            ("linuxserver/sonarr:4.0", "docker.io", "linuxserver/sonarr", "4.0"),
            ("ghcr.io/a/b:1@sha256:ff", "ghcr.io", "a/b", "sha256:ff"),
            ("localhost:5000/app", "localhost:5000", "app", "latest"),
            ("localhost/app:2", "localhost", "app", "2"),
            ("", "docker.io", "", "latest"),
            (":/@", "docker.io", "", "latest"),
        ] {
            let image = Image::of(text);
            let found = (image.registry, image.repository, image.version());
            if text != ":/@" {
                assert_eq!(found, (registry, repository, version), "{text}");
            }
        }
    }
}
