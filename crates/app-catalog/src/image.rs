//! Names of images, taken apart for showing, and what is known of an image.

use crate::apps::{self, App, Category, Role};
use crate::words::{letters, line, title};

/// The longest name that is looked at, in bytes: registry, repository, tag and digest together.
const MAX_LEN: usize = 1024;
/// The longest name of an unknown application, in characters.
const NAME_MAX: usize = 60;

/// The name of an image, taken apart as Docker and containerd do it (the grammar of `distribution/reference`), but without
/// refusing anything: this is for showing, not for pulling.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImageName {
    /// `docker.io` where the name has none.
    pub registry: String,
    /// `library/nginx`, `home-assistant/home-assistant`; in lower case.
    pub repository: String,
    /// The tag, where one is given; nothing is made up.
    pub tag: Option<String>,
    /// The digest with its algorithm, where one is given: `sha256:…`.
    pub digest: Option<String>,
}

impl ImageName {
    /// Reads the name of an image. `None` when there is none: an empty text, one over 1024 bytes, or only the id that an
    /// image has on one machine (`sha256:…` or its 64 digits).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        // What pods report may carry the protocol by which the runtime was asked.
        let text = ["docker-pullable://", "docker://", "https://", "http://"]
            .iter()
            .find_map(|prefix| text.strip_prefix(prefix))
            .unwrap_or(text);
        if text.is_empty() || text.len() > MAX_LEN || is_id(text) {
            return None;
        }
        let (text, digest) = match text.split_once('@') {
            Some((text, digest)) => (text, Some(digest.to_owned()).filter(|digest| !digest.is_empty())),
            None => (text, None),
        };
        let (registry, rest) = match text.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (first, rest),
            _ => ("docker.io", text),
        };
        let (repository, tag) = match rest.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag.to_owned())),
            _ => (rest, None),
        };
        let repository = repository.trim_matches(['/', ':']).to_lowercase();
        if repository.is_empty() {
            return None;
        }
        let registry = registry.to_lowercase();
        let registry = if registry == "index.docker.io" { "docker.io".to_owned() } else { registry };
        let official = registry == "docker.io" && !repository.contains('/');
        let repository = if official { format!("library/{repository}") } else { repository };
        Some(Self { registry, repository, tag: tag.filter(|tag| !tag.is_empty()), digest })
    }

    /// The last part of the repository: `jellyfin` of `linuxserver/jellyfin`.
    #[must_use]
    pub fn last(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or_default()
    }

    /// As people write it: without `docker.io` and `library/`, without the digest where there is a tag.
    #[must_use]
    pub fn short(&self) -> String {
        let registry =
            if self.registry == "docker.io" { String::new() } else { format!("{}/", self.registry) };
        let repository = self.repository.strip_prefix("library/").unwrap_or(&self.repository);
        let version = match (&self.tag, &self.digest) {
            (Some(tag), _) => format!(":{tag}"),
            (None, Some(digest)) => {
                let digest = digest.rsplit(':').next().unwrap_or_default();
                format!("@{}", digest.chars().take(12).collect::<String>())
            }
            (None, None) => String::new(),
        };
        format!("{registry}{repository}{version}")
    }
}

fn is_id(text: &str) -> bool {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// What is known of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// “Home Assistant”; for what is not in the catalogue the last part of the repository as a title.
    pub name: String,
    /// An emoji, or one or two letters.
    pub symbol: String,
    /// What it is for, where that is known.
    pub category: Option<Category>,
    /// Whether a person opens it.
    pub role: Role,
    /// Its entry of the catalogue.
    pub app: Option<&'static App>,
}

/// What is known of an image, by its name. `None` when the text names no image.
#[must_use]
pub fn look(image: &str) -> Option<Look> {
    let image = ImageName::parse(image)?;
    if let Some(app) = apps::of(&image) {
        let (name, symbol) = (app.name.to_owned(), app.symbol.to_owned());
        return Some(Look { name, symbol, category: Some(app.category), role: app.role, app: Some(app) });
    }
    let name = line(&title(apps::telling_part(&image)), NAME_MAX).unwrap_or_else(|| "?".to_owned());
    let (role, category) = apps::guess(&image);
    Some(Look { symbol: letters(&name), name, category, role, app: None })
}
