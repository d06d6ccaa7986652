//! The same thing found twice: one host behind two clusters, two engines or two routes is one tile.

use super::WRITTEN;
use hob_base::Resource;
use std::collections::HashMap;
use std::sync::Arc;

/// A thing, with the same thing as other sources found it.
pub(super) struct Folded {
    pub(super) resource: Arc<Resource>,
    pub(super) also: Vec<Arc<Resource>>,
}

/// Folds services whose address a person would call the same. What people wrote down stands for the others, then what has
/// a host name of its own route, then what comes first.
pub(super) fn folded(tiles: Vec<Arc<Resource>>) -> Vec<Folded> {
    let mut tiles = tiles;
    tiles.sort_by_key(|resource| !WRITTEN.contains(&resource.id.scope()));
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut all: Vec<Folded> = Vec::with_capacity(tiles.len());
    for resource in tiles {
        let known = addresses(&resource).find_map(|address| places.get(&address).copied());
        let at = known.unwrap_or(all.len());
        for address in addresses(&resource) {
            places.entry(address).or_insert(at);
        }
        match all.get_mut(at) {
            Some(first) => first.also.push(resource),
            None => all.push(Folded { resource, also: Vec::new() }),
        }
    }
    all
}

/// The addresses under which it is opened, in one spelling: its own, and the same path at its other names.
fn addresses(resource: &Resource) -> impl Iterator<Item = String> {
    let own = resource.text("url").and_then(address);
    let path =
        own.as_deref().and_then(|own| own.find('/').map(|at| own.get(at..).unwrap_or_default().to_owned()));
    let aliases = resource.text("aliases").unwrap_or_default().to_owned();
    let others: Vec<String> = match path {
        Some(path) => aliases
            .split(',')
            .take(32)
            .map(|alias| alias.trim().trim_end_matches('.').to_lowercase())
            .filter(|alias| !alias.is_empty())
            .map(|alias| format!("{alias}{path}"))
            .collect(),
        None => Vec::new(),
    };
    own.into_iter().chain(others)
}

/// `https://Photos.example.org:443/x/` is `photos.example.org/x`: scheme and usual port do not tell two things apart, the
/// path does. `None` for addresses of this machine itself, which mean another thing on every machine.
pub(super) fn address(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let authority = authority.rsplit('@').next().unwrap_or(authority).to_lowercase();
    let usual = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let host = authority.strip_suffix(usual).unwrap_or(&authority).trim_end_matches('.');
    let bare = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if host.is_empty() || super::OWN_NAMES.contains(&bare) || super::OWN_NAMES.contains(&host) {
        return None;
    }
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    Some(format!("{host}/{}", path.trim_start_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spellings_of_one_address_are_one() {
        for (url, expected) in [
            ("https://Photos.example.org/", Some("photos.example.org/")),
            ("http://photos.example.org:80", Some("photos.example.org/")),
            ("https://photos.example.org.:443/?x=1#y", Some("photos.example.org/")),
            ("https://example.org/dev/", Some("example.org/dev")),
            ("https://example.org:8443/dev", Some("example.org:8443/dev")),
            ("http://127.0.0.1:3000/", None),
            ("http://localhost/", None),
            ("http://[::1]:80/", None),
            ("tcp://nas.lan:22", None),
            ("nonsense", None),
        ] {
            assert_eq!(address(url).as_deref(), expected, "{url}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,60}") {
            let _ = address(&text);
            let _ = address(&format!("https://{text}"));
        }
    }
}
