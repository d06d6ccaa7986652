//! What is probed of a cluster: the address of each tile, by its real route.

use crate::publish::resource_id;
use cluster_model::{Fact, Picture, ThingKind};
use hob_feature::{CheckSpec, CheckTarget};
use std::time::Duration;

/// How often.
const EVERY: Duration = Duration::from_secs(60);
/// The most tiles of one cluster that are probed.
const MAX: usize = 2_000;

/// Under which name the checks of a cluster are published.
pub(crate) fn origin(cluster: &str) -> String {
    format!("kubernetes/{cluster}")
}

/// A check for every tile that is shown and has an address.
pub(crate) fn specs(cluster: &str, picture: &Picture) -> Vec<CheckSpec> {
    let tiles = picture.things.iter().filter(|(id, _)| id.kind == ThingKind::Service);
    let shown = tiles.filter(|(_, tile)| tile.facts.get("hidden") != Some(&Fact::Boolean(true)));
    let unwanted = |tile: &cluster_model::Thing| tile.facts.get("probe") == Some(&Fact::Boolean(false));
    shown
        .filter(|(_, tile)| !unwanted(tile))
        .filter_map(|(id, tile)| {
            let Some(Fact::Text(url)) = tile.facts.get("url") else { return None };
            // A path (“/health”) or an address of an annotation is asked in place of the page itself.
            let url = match (tile.facts.get("probe"), tile.facts.get("probe_url")) {
                (Some(Fact::Text(path)), _) if path.starts_with('/') => with_path(url, path),
                (_, Some(Fact::Text(asked))) => asked.clone(),
                _ => url.clone(),
            };
            Some(CheckSpec::new(resource_id(cluster, id), CheckTarget::found(url), EVERY))
        })
        .take(MAX)
        .collect()
}

/// The address with another path.
fn with_path(url: &str, path: &str) -> String {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find('/').map_or(url.len(), |at| host + at);
    format!("{}{path}", &url[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use cluster_model::ThingId;

    #[test]
    fn what_is_shown_and_has_an_address_is_probed() {
        let mut picture = Picture::default();
        picture.thing(ThingId::tile("a.example.org", "/")).fact("url", "https://a.example.org/");
        picture
            .thing(ThingId::tile("b.example.org", "/"))
            .fact("url", "https://b.example.org/")
            .fact("hidden", true);
        picture.thing(ThingId::tile("c.example.org", "/"));
        picture
            .thing(ThingId::tile("d.example.org", "/"))
            .fact("url", "https://d.example.org/")
            .fact("probe", false);
        picture
            .thing(ThingId::tile("e.example.org", "/"))
            .fact("url", "https://e.example.org/x")
            .fact("probe", "/health");
        picture
            .thing(ThingId::tile("f.example.org", "/"))
            .fact("url", "https://f.example.org")
            .fact("probe_url", "https://f.example.org/api/ping");
        let specs = specs("home", &picture);
        let targets: Vec<(&str, &CheckTarget)> =
            specs.iter().map(|spec| (spec.resource.as_str(), &spec.target)).collect();
        assert_eq!(
            targets,
            [
                ("service/home/a.example.org", &CheckTarget::found("https://a.example.org/")),
                ("service/home/e.example.org", &CheckTarget::found("https://e.example.org/health")),
                ("service/home/f.example.org", &CheckTarget::found("https://f.example.org/api/ping")),
            ]
        );
    }
}
