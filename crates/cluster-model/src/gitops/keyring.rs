//! Which logins the kubelet shows to the registry of an image, in its order.
//!
//! Source: <https://kubernetes.io/docs/concepts/containers/images/#config-json> and the keyring of the kubelet
//! (`pkg/credentialprovider`): keys of all secrets together are sorted, the last first, and each that fits is tried;
//! Docker Hub's own key is asked when none fits.

use crate::objects::{Registry, Secret};
use registry_probe::Reference;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The key of Docker Hub, without what stands around it.
const HUB: &str = "index.docker.io";

/// A login that the kubelet shows to the registry of an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Login {
    /// The namespace of the secret.
    pub namespace: Box<str>,
    /// The secret.
    pub secret: Box<str>,
    /// The key of the entry in it, as it is written there.
    pub key: Box<str>,
    /// Who logs in.
    pub user: Option<Box<str>>,
    /// A fingerprint of name and password; see [`Registry::fingerprint`].
    pub fingerprint: Box<str>,
}

impl Login {
    fn new(secret: &Secret, registry: &Registry) -> Self {
        Self {
            namespace: secret.metadata.namespace.clone(),
            secret: secret.metadata.name.clone(),
            key: registry.key.clone(),
            user: registry.user.clone(),
            fingerprint: registry.fingerprint.as_str().into(),
        }
    }
}

/// The logins of `secrets` that fit an image, in the order in which they are tried.
pub(super) fn logins(secrets: &[&Arc<Secret>], image: &Reference) -> Vec<Login> {
    let mut by_key: BTreeMap<String, Vec<Login>> = BTreeMap::new();
    for secret in secrets {
        let Some(pull) = secret.pull.as_ref().filter(|pull| pull.problem().is_none()) else { continue };
        // The kubelet reads names and passwords only.
        for registry in pull.registries().filter(|registry| !registry.is_token) {
            by_key.entry(normal(&registry.key)).or_default().push(Login::new(secret, registry));
        }
    }
    let target = format!("{}/{}", image.registry(), image.repository());
    let fitting: Vec<Login> = by_key
        .iter()
        .rev()
        .filter(|(key, _)| fits(key, &target))
        .flat_map(|(_, logins)| logins.clone())
        .collect();
    if fitting.is_empty() && image.registry() == "docker.io" {
        return by_key.remove(HUB).unwrap_or_default();
    }
    fitting
}

/// Whether an entry may be for an image at all.
pub(super) fn is_for(key: &str, image: &Reference) -> bool {
    let key = normal(key);
    fits(&key, &format!("{}/{}", image.registry(), image.repository()))
        || (key == HUB && image.registry() == "docker.io")
}

/// A key as the kubelet keeps it: host and path, without scheme and without the version of Docker's old interface.
fn normal(key: &str) -> String {
    let key = key.trim();
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let Some(at) = key.find('/') else { return key.to_owned() };
    let (host, path) = key.split_at(at);
    let path = match path.get(..4) {
        Some("/v1/" | "/v2/") => path.get(3..).unwrap_or_default(),
        _ => path,
    };
    if path == "/" { host.to_owned() } else { format!("{host}{path}") }
}

/// Whether a normal key fits `host/repository`: the host part by part, where `*` stands for letters within one part; the
/// port alike; the path as a beginning, even in the middle of a word.
fn fits(key: &str, target: &str) -> bool {
    let split = |text: &'_ str| -> (String, String, String) {
        let (host, path) = text.find('/').map_or((text, ""), |at| text.split_at(at));
        let (host, port) = host.rsplit_once(':').unwrap_or((host, ""));
        (host.to_owned(), port.to_owned(), path.to_owned())
    };
    let ((host, port, path), (target_host, target_port, target_path)) = (split(key), split(target));
    let (mut wanted, mut parts) = (host.split('.'), target_host.split('.'));
    let hosts = loop {
        match (wanted.next(), parts.next()) {
            (None, None) => break true,
            (Some(pattern), Some(part)) if part_fits(pattern.as_bytes(), part.as_bytes()) => {}
            _ => break false,
        }
    };
    hosts && port == target_port && target_path.starts_with(&path)
}

/// A pattern with `*` and `?`. Goes back to the last star only, so that it costs no more than the product of the lengths.
fn part_fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(wanted) if *wanted == b'?' || text.get(t) == Some(wanted) => {
                p += 1;
                t += 1;
            }
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                p = at + 1;
                t = from + 1;
            }
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|byte| *byte == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_fits(key: &str, image: &str) -> bool {
        is_for(key, &Reference::parse(image).unwrap())
    }

    #[test]
    fn keys_fit_as_the_documentation_of_kubernetes_says() {
        for (key, image, is_fitting) in [
            ("ghcr.io", "ghcr.io/me/app:1", true),
            ("https://ghcr.io", "ghcr.io/me/app:1", true),
            ("https://ghcr.io/", "ghcr.io/me/app:1", true),
            ("ghcr.io", "docker.io/library/nginx", false),
            ("https://index.docker.io/v1/", "nginx", true),
            // Without the slash at its end it is the path “/v1”, which no image has: it never fits.
            ("https://index.docker.io/v1", "nginx", false),
            ("docker.io", "nginx:1", true),
            ("registry-1.docker.io", "nginx:1", false),
            ("ghcr.io/me", "ghcr.io/me/app", true),
            ("ghcr.io/you", "ghcr.io/me/app", false),
            ("ghcr.io/me", "ghcr.io/meanwhile/app", true),
            ("*.kubernetes.io", "abc.kubernetes.io/x", true),
            ("*.kubernetes.io", "kubernetes.io/x", false),
            ("*.*.kubernetes.io", "a.b.kubernetes.io/x", true),
            ("prefix.*.io", "prefix.kubernetes.io/x", true),
            ("*-good.kubernetes.io", "prefix-good.kubernetes.io/x", true),
            ("nas.lan:5000", "nas.lan:5000/app", true),
            ("nas.lan", "nas.lan:5000/app", false),
            ("*.lan:5000", "nas.lan:5000/app", true),
            ("https://gcr.io/v2/", "gcr.io/x/y", true),
        ] {
            assert_eq!(key_fits(key, image), is_fitting, "{key} and {image}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_key_is_answered(key in ".{0,40}", image in "[a-z*?.:/]{1,30}") {
            if let Ok(image) = Reference::parse(&image) {
                is_for(&key, &image);
            }
        }
    }
}
