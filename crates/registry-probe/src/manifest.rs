//! What a manifest says of the platforms of its image (OCI image specification v1.1, image-index.md,
//! manifest.md, config.md; Docker's image manifest version 2, schemas 1 and 2).

use serde::Deserialize;
use serde_json::Value;

use crate::platform::Platform;
use crate::reference::Digest;

/// The kinds of manifests which are asked for, with the `Accept` header.
pub(crate) const ACCEPT: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.v2+json";

/// Number of images of an index which are looked at.
const MAX_IMAGES: usize = 256;

/// What a manifest is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Manifest {
    /// One for several platforms: an OCI index or a manifest list of Docker.
    Index(Vec<Image>),
    /// One image, of which only the configuration tells the platform.
    Image {
        /// The digest of the configuration.
        config: Digest,
    },
    /// An old one (schema 1) which tells its platform itself.
    Old(Platform),
    /// Something that is no image to run, such as a chart.
    Artifact,
}

/// One image of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// The digest of its manifest.
    pub digest: Digest,
    /// What it is made for; `None` where the index does not tell.
    pub platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Raw {
    manifests: Option<Vec<Value>>,
    config: Option<RawConfig>,
    architecture: Option<String>,
}

#[derive(Deserialize)]
struct RawConfig {
    #[serde(rename = "mediaType", default)]
    media_type: String,
    digest: String,
}

#[derive(Deserialize)]
struct RawImage {
    digest: String,
    platform: Option<RawPlatform>,
}

#[derive(Deserialize)]
struct RawPlatform {
    #[serde(default)]
    os: String,
    #[serde(default)]
    architecture: String,
    variant: Option<String>,
}

impl RawPlatform {
    /// `None` for what is not told, or told as `unknown`, as attestations have it.
    fn known(&self) -> Option<Platform> {
        let told = |word: &str| !word.is_empty() && word != "unknown";
        let known = told(&self.os) && told(&self.architecture);
        known.then(|| Platform::new(&self.os, &self.architecture, self.variant.as_deref()))
    }
}

impl Manifest {
    /// Reads a manifest. `None` if it is none; images of an index that cannot be read are left out.
    #[must_use]
    pub fn parse(json: &[u8]) -> Option<Self> {
        let raw: Raw = serde_json::from_slice(json).ok()?;
        if let Some(manifests) = raw.manifests {
            let images = manifests.into_iter().take(MAX_IMAGES).filter_map(|image| {
                let image: RawImage = serde_json::from_value(image).ok()?;
                let platform = match &image.platform {
                    Some(told) => Some(told.known()?),
                    None => None,
                };
                Some(Image { digest: Digest::parse(&image.digest).ok()?, platform })
            });
            return Some(Self::Index(images.collect()));
        }
        if let Some(config) = raw.config {
            let runs = config.media_type.is_empty()
                || matches!(
                    config.media_type.as_str(),
                    "application/vnd.oci.image.config.v1+json"
                        | "application/vnd.docker.container.image.v1+json"
                );
            let digest = Digest::parse(&config.digest).ok()?;
            return Some(if runs { Self::Image { config: digest } } else { Self::Artifact });
        }
        Some(Self::Old(Platform::new("linux", &raw.architecture?, None)))
    }
}

/// What the configuration of an image says that it is made for. `None` if it does not tell.
#[must_use]
pub fn platform_of_config(json: &[u8]) -> Option<Platform> {
    serde_json::from_slice::<RawPlatform>(json).ok()?.known()
}

/// The image of an index that suits a machine best. One without a platform suits only where no image
/// has one.
pub(crate) fn best<'a>(images: &'a [Image], machine: &Platform) -> Option<&'a Image> {
    let runs = |image: &&Image| image.platform.as_ref().is_some_and(|platform| machine.runs(platform));
    images
        .iter()
        .filter(runs)
        .max_by_key(|image| image.platform.as_ref().map(Platform::rank))
        .or_else(|| images.first().filter(|_| images.iter().all(|image| image.platform.is_none())))
}

/// The platforms of an index, each once.
pub(crate) fn platforms(images: &[Image]) -> Vec<Platform> {
    let mut platforms: Vec<Platform> = Vec::new();
    for platform in images.iter().filter_map(|image| image.platform.as_ref()) {
        if !platforms.contains(platform) {
            platforms.push(platform.clone());
        }
    }
    platforms
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const B: &str = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";

    fn index() -> Vec<Image> {
        let json = format!(
            r#"{{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [
                {{"digest": "{A}", "size": 1, "platform": {{"architecture": "amd64", "os": "linux"}}}},
                {{"digest": "{B}", "platform": {{"architecture": "arm64", "os": "linux", "variant": "v8"}}}},
                {{"digest": "{B}", "platform": {{"architecture": "arm", "os": "linux", "variant": "v7"}}}},
                {{"digest": "{A}", "platform": {{"architecture": "unknown", "os": "unknown"}}}},
                {{"digest": "nonsense"}}, 5,
                {{"digest": "{A}", "platform": {{"architecture": "amd64", "os": "linux"}}}}
            ]}}"#
        );
        match Manifest::parse(json.as_bytes()) {
            Some(Manifest::Index(images)) => images,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_index_tells_its_platforms() {
        let all: Vec<_> = platforms(&index()).iter().map(ToString::to_string).collect();
        assert_eq!(all, ["linux/amd64", "linux/arm64", "linux/arm/v7"]);
    }

    #[test]
    fn the_best_image_is_chosen() {
        let best =
            |machine| best(&index(), &Platform::parse(machine).unwrap()).map(|image| image.clone().digest);
        assert_eq!(best("linux/amd64").unwrap().as_str(), A);
        assert_eq!(best("linux/arm64").unwrap().as_str(), B);
        assert_eq!(best("linux/arm/v6"), None);
        assert_eq!(best("linux/riscv64"), None);
    }

    #[test]
    fn images_without_a_platform_suit_where_there_is_nothing_else() {
        let bare = |digest| Image { digest: Digest::parse(digest).unwrap(), platform: None };
        let machine = Platform::parse("linux/amd64").unwrap();
        assert_eq!(best(&[bare(A)], &machine), Some(&bare(A)));
        let arm = Image { platform: Some(Platform::parse("linux/arm64").unwrap()), ..bare(B) };
        assert_eq!(best(&[bare(A), arm], &machine), None);
        assert_eq!(best(&[], &machine), None);
    }

    #[test]
    fn kinds_are_told_apart() {
        let config =
            |kind: &str| format!(r#"{{"config": {{"mediaType": "{kind}", "digest": "{A}"}}, "layers": []}}"#);
        for kind in
            ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json", ""]
        {
            let image = Manifest::Image { config: Digest::parse(A).unwrap() };
            assert_eq!(Manifest::parse(config(kind).as_bytes()), Some(image));
        }
        let chart = config("application/vnd.cncf.helm.config.v1+json");
        assert_eq!(Manifest::parse(chart.as_bytes()), Some(Manifest::Artifact));
        let old = Manifest::parse(br#"{"schemaVersion": 1, "architecture": "amd64", "fsLayers": []}"#);
        assert_eq!(old, Some(Manifest::Old(Platform::parse("linux/amd64").unwrap())));
        for none in [&b""[..], b"<html>", b"{}", b"[]", b"null", br#"{"config": {"digest": "x"}}"#] {
            assert_eq!(Manifest::parse(none), None);
        }
    }

    #[test]
    fn a_configuration_tells_its_platform() {
        let told =
            platform_of_config(br#"{"architecture": "arm", "variant": "v6", "os": "linux", "config": {}}"#);
        assert_eq!(told, Some(Platform::parse("linux/arm/v6").unwrap()));
        assert_eq!(platform_of_config(b"{}"), None);
        assert_eq!(platform_of_config(b"x"), None);
    }

    proptest! {
        #[test]
        fn any_manifest_is_read(json: Vec<u8>) {
            let _ = (Manifest::parse(&json), platform_of_config(&json));
        }

        #[test]
        fn the_best_image_runs(words in proptest::collection::vec("(linux|windows)/(amd64|arm64|arm/v[5-8]|386)", 0..6)) {
            let images: Vec<_> = words.iter().map(|word| Image {
                digest: Digest::parse(A).unwrap(),
                platform: Some(Platform::parse(word).unwrap()),
            }).collect();
            let machine = Platform::parse("linux/arm64").unwrap();
            let some = images.iter().any(|image| machine.runs(image.platform.as_ref().unwrap()));
            let best = best(&images, &machine);
            prop_assert_eq!(best.is_some(), some);
            if let Some(platform) = best.and_then(|image| image.platform.as_ref()) {
                prop_assert!(machine.runs(platform));
                let native = words.iter().any(|word| word == "linux/arm64");
                prop_assert_eq!(native, platform.architecture() == "arm64");
            }
        }
    }
}
